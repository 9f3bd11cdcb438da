"""Enrolment: a one-time code, shown once to a person, binds one public key to one station."""

import base64
import datetime as dt
import hashlib
import secrets
import uuid
from collections import OrderedDict
from typing import Final, Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import select, update
from sqlalchemy.engine import CursorResult
from sqlalchemy.ext.asyncio import AsyncSession

from hub.intake import ledger
from hub.intake.tables import EnrolmentCode, StationKey
from hub.kernel.clock import Clock
from hub.kernel.db import upsert
from protocols.errors import Malformed, Refused
from protocols.sync.enrolment import PREFIX, EnrolReply, EnrolRequest

LIFETIME: Final = dt.timedelta(hours=48)
_MAX_CODE: Final = 64


class Directory(Protocol):
    """What the stations' room knows of a station. Filled by the wiring."""

    async def name_of(self, session: AsyncSession, station_id: uuid.UUID) -> str | None:
        """The station's name; None when there is no such station."""


class Enrolment:
    """Issues codes and trades them for an identity."""

    def __init__(self, clock: Clock, directory: Directory) -> None:
        self._clock = clock
        self._directory = directory

    async def issue(self, session: AsyncSession, station_id: uuid.UUID) -> tuple[str, EnrolmentCode]:
        """A fresh code, good once. Raises Refused `not_found`."""
        code = _fresh_code()
        return code, await self.arm(session, station_id, code)

    async def arm(self, session: AsyncSession, station_id: uuid.UUID, code: str) -> EnrolmentCode:
        """Make this code good once for 48 hours; older unused codes of the station end. Raises Refused `not_found`."""
        if await self._directory.name_of(session, station_id) is None:
            raise Refused("not_found", station_id=str(station_id))
        now = self._clock.now()
        await self._end_codes(session, station_id)
        hashed = _hash(code)
        row = await session.scalar(select(EnrolmentCode).where(EnrolmentCode.code_hash == hashed))
        if row is None:
            row = EnrolmentCode(
                id=self._clock.new_id(), created_at=now, station_id=station_id, code_hash=hashed, used_at=None
            )
            session.add(row)
        row.expires_at, row.used_at = now + LIFETIME, None
        await session.flush()
        return row

    async def is_enrolled(self, session: AsyncSession, station_id: uuid.UUID) -> bool:
        """Whether a key is bound to the station."""
        return await session.get(StationKey, station_id) is not None

    async def enrol(self, session: AsyncSession, asked: EnrolRequest) -> EnrolReply:
        """Bind the key. Raises Malformed, Refused code_unknown, code_used, code_expired, bad_proof, key_revoked.

        `code_of_another_station`: a store full of one station's facts must not speak for another one.
        """
        key = _proven(asked)
        row = await session.scalar(select(EnrolmentCode).where(EnrolmentCode.code_hash == _hash(asked.code)))
        if row is None:
            raise Refused("code_unknown")
        if asked.station_id not in (None, row.station_id):
            raise Refused("code_of_another_station")
        now = self._clock.now()
        name = await self._directory.name_of(session, row.station_id)
        if row.used_at is not None:
            return await self._again(session, row.station_id, key, name)
        if row.expires_at <= now or name is None:
            raise Refused("code_expired")
        before = await session.get(StationKey, row.station_id)
        if before is not None and before.revoked_at is not None and before.public_key == key:
            raise Refused("key_revoked")
        if not await _use_up(session, row.id, now):
            raise Refused("code_used")
        bound = {
            "station_id": row.station_id,
            "public_key": key,
            "enrolled_at": now,
            "sync_number": 0,
            "live_number": 0,
            "revoked_at": None,
            "revoked_by": None,
            "revoked_why": None,
        }
        await upsert(session, StationKey, bound, key=("station_id",))
        return await _reply(session, row.station_id, name)

    async def _again(self, session: AsyncSession, station_id: uuid.UUID, key: bytes, name: str | None) -> EnrolReply:
        """The same key may repeat the trade whose answer it never saw; for anybody else the code is used."""
        bound = await session.get(StationKey, station_id)
        if bound is None or bound.public_key != key or bound.revoked_at is not None or name is None:
            raise Refused("code_used")
        return await _reply(session, station_id, name)

    async def revoke(self, session: AsyncSession, station_id: uuid.UUID, by: uuid.UUID, why: str) -> StationKey:
        """Take nothing from the station's key any more, and end its unused codes. Raises Refused `not_found`.

        What waits at the station stays there, until it is enrolled anew. A second time changes nothing.
        """
        row = await session.get(StationKey, station_id, with_for_update=True)
        if row is None:
            raise Refused("not_found")
        if row.revoked_at is None:
            row.revoked_at, row.revoked_by, row.revoked_why = self._clock.now(), by, why
            await self._end_codes(session, station_id)
            await session.flush()
        return row

    async def _end_codes(self, session: AsyncSession, station_id: uuid.UUID) -> None:
        await session.execute(
            update(EnrolmentCode)
            .where(EnrolmentCode.station_id == station_id, EnrolmentCode.used_at.is_(None))
            .values(expires_at=self._clock.now())
        )


class RateLimit:
    """A few tries per address and minute: codes have 80 random bits, but a flood is a flood."""

    def __init__(self, clock: Clock, *, tries: int = 10, per_s: float = 60.0, addresses: int = 4096) -> None:
        self._clock = clock
        self._tries = tries
        self._per = dt.timedelta(seconds=per_s)
        self._addresses = addresses
        self._seen: OrderedDict[str, tuple[dt.datetime, int]] = OrderedDict()

    def check(self, address: str) -> float | None:
        """None when the address may try; otherwise how many seconds it should wait."""
        now = self._clock.now()
        since, count = self._seen.pop(address, (now, 0))
        if abs(now - since) >= self._per:  # the clock may have been set back
            since, count = now, 0
        self._seen[address] = (since, count + 1)
        while len(self._seen) > self._addresses:
            self._seen.popitem(last=False)
        return None if count < self._tries else (since + self._per - now).total_seconds()


async def _reply(session: AsyncSession, station_id: uuid.UUID, name: str) -> EnrolReply:
    """A new card begins above all that the one before it told: its history is no fork of the other's."""
    told = await ledger.highest_epoch(session, station_id)
    return EnrolReply(station_id=station_id, name=name, epoch_floor=told + 1 if told else 0)


async def _use_up(session: AsyncSession, code_id: uuid.UUID, now: dt.datetime) -> bool:
    done = await session.execute(
        update(EnrolmentCode)
        .where(EnrolmentCode.id == code_id, EnrolmentCode.used_at.is_(None))
        .values(used_at=now)
        .execution_options(synchronize_session=False)
    )
    return isinstance(done, CursorResult) and done.rowcount == 1


def _proven(asked: EnrolRequest) -> bytes:
    if not 0 < len(asked.code) <= _MAX_CODE:
        raise Malformed("bad_code", "1 to 64 characters")
    try:
        key, proof = bytes.fromhex(asked.public_key), bytes.fromhex(asked.proof)
        public = Ed25519PublicKey.from_public_bytes(key)
    except ValueError as error:
        raise Malformed("bad_public_key", "public_key and proof are hex of an Ed25519 key and signature") from error
    try:
        public.verify(proof, PREFIX + asked.code.encode())
    except InvalidSignature as error:
        raise Refused("bad_proof") from error
    return key


def _hash(code: str) -> str:
    """Codes are typed by people: case, blanks and dashes do not matter."""
    plain = "".join(sign for sign in code.upper() if sign.isalnum())
    return hashlib.sha256(b"voltdock-code:" + plain.encode()).hexdigest()


def _fresh_code() -> str:
    text = base64.b32encode(secrets.token_bytes(10)).decode()
    return "-".join(text[at : at + 4] for at in range(0, 16, 4))
