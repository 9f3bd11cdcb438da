"""Trades a one-time code for an identity: the station's key is made here, the hub gets its public half and a proof.

A try that failed may be repeated: it uses the key that is already there.
"""

import uuid
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import aiohttp
import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edge_agent.uplink.identity import (
    KEY_FILE,
    NEXT_KEY_FILE,
    Identity,
    load_identity,
    load_key,
    make_key,
    save_identity,
    take_next_key,
)
from edge_agent.uplink.verdicts import floor_of
from protocols.sync.enrolment import PREFIX, EnrolReply, EnrolRequest

PATH: Final = "/api/v1/stations/enrol"
_TIMEOUT: Final = aiohttp.ClientTimeout(total=30, sock_connect=5)
_MAX_REPLY_BYTES: Final = 65_536


class EnrolmentError(Exception):
    """No identity came of it. `code`: already_enrolled, other_station, bad_url, no_answer, refused or bad_reply."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


async def enrol(*, hub_url: str, code: str, data_dir: Path, agent_version: str, revoked: bool = False) -> Identity:
    """Enrol this station and save who it is. Raises EnrolmentError, IdentityError.

    A station whose key is `revoked` makes a new one and stays who it is: its store speaks for no other station.
    """
    known = load_identity(data_dir)
    if known is not None and not revoked:
        raise EnrolmentError(
            "already_enrolled", f"this is {known.name} ({known.station_id}) at {known.hub_url} already"
        )
    hub_url = _checked(hub_url)
    name = KEY_FILE if known is None else NEXT_KEY_FILE
    key = load_key(data_dir, name) or make_key(data_dir, name)
    request = _request(key, code.strip(), agent_version, None if known is None else known.station_id)
    reply = await _trade(hub_url, request)
    if known is not None:
        if reply.station_id != known.station_id:  # a hub that does not know the field
            raise EnrolmentError("other_station", f"the code was for {reply.name} ({reply.station_id})")
        take_next_key(data_dir)
    identity = Identity(
        station_id=reply.station_id,
        name=reply.name,
        hub_url=hub_url,
        key=key,
        epoch_floor=floor_of([reply.epoch_floor]),
        time_key=reply.time_key,
    )
    save_identity(data_dir, identity)
    return identity


def _checked(hub_url: str) -> str:
    parts = urlsplit(hub_url.strip())
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise EnrolmentError("bad_url", f"{hub_url!r} is no address like https://hub.example")
    return hub_url.strip().rstrip("/")


def _request(key: Ed25519PrivateKey, code: str, agent_version: str, station_id: uuid.UUID | None) -> EnrolRequest:
    return EnrolRequest(
        code=code,
        public_key=key.public_key().public_bytes_raw().hex(),
        proof=key.sign(PREFIX + code.encode()).hex(),
        agent=agent_version,
        station_id=station_id,
    )


async def _trade(hub_url: str, request: EnrolRequest) -> EnrolReply:
    headers = {"Content-Type": "application/json"}
    try:
        async with (
            aiohttp.ClientSession(timeout=_TIMEOUT) as session,
            session.post(hub_url + PATH, data=msgspec.json.encode(request), headers=headers) as response,
        ):
            status = response.status
            data = await response.content.read(_MAX_REPLY_BYTES)
    except (TimeoutError, aiohttp.ClientError, OSError) as error:
        raise EnrolmentError("no_answer", f"{hub_url} does not answer: {str(error) or type(error).__name__}") from error
    if status not in {200, 201}:
        raise EnrolmentError("refused", f"the hub refused (HTTP {status}): {_reason(data)}")
    try:
        return msgspec.json.decode(data, type=EnrolReply)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise EnrolmentError("bad_reply", f"the hub's answer cannot be read: {error}") from error


class _Problem(msgspec.Struct, frozen=True):
    code: str = ""
    title: str = ""
    detail: str = ""


def _reason(data: bytes) -> str:
    """What a problem+json says, in one line; the bytes' beginning where it is none."""
    try:
        problem = msgspec.json.decode(data, type=_Problem)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return data[:200].decode("utf-8", "replace") or "no reason given"
    return " · ".join(part for part in (problem.code, problem.detail or problem.title) if part) or "no reason given"
