"""One signed HTTPS exchange with the hub: packs, sends, reads the answer, and names what went wrong.

Knows bytes and status codes; what a reply means is the pump's business.
"""

import asyncio
import gzip
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

import aiohttp
import msgspec
import zstandard

from edge_agent.uplink.identity import Identity
from edge_agent.uplink.tls import is_out_of_period
from protocols.errors import Malformed
from protocols.sync.envelope import MAX_BYTES, MAX_FACTS, SyncReply, SyncRequest, decode_reply, encode
from protocols.sync.signing import sign

PATH: Final = "/api/v1/sync"
CONNECT_S: Final = 5.0
WHOLE_S: Final = 30.0
# Of 500 facts level 1 makes no more bytes than level 3 (19.8 kB of 192 against 21.5), in 0.6 ms against 1.5.
_ZSTD_LEVEL: Final = 1
MAX_REPLY_BYTES: Final = 32 * 1024 * 1024
MAX_RETRY_AFTER_S: Final = 3600.0
_LAST_MS: Final = 253_402_300_799_000  # the year 9999, the end of datetime
_TIMEOUT: Final = aiohttp.ClientTimeout(total=WHOLE_S, sock_connect=CONNECT_S)


class ExchangeFailed(Exception):
    """No reply came of it. `reason` is a short code; `retry_after_s` is what the hub asked for.

    `smaller` says that a smaller request may do better; `problem` and `epoch_floor` come from a problem+json.
    `out_of_period`: all that is wrong with the hub's certificate, as far as is known, is that it is too early or late.
    """

    def __init__(
        self,
        reason: str,
        detail: str = "",
        *,
        retry_after_s: float | None = None,
        smaller: bool = False,
        problem: "Problem | None" = None,
        out_of_period: bool = False,
    ) -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason
        self.retry_after_s = retry_after_s
        self.smaller = smaller
        self.problem = problem or Problem()
        self.out_of_period = out_of_period


class Problem(msgspec.Struct, frozen=True):
    """What we read of a problem+json; `epoch_floor` comes with a request number that is too low."""

    code: str = ""
    detail: str = ""
    epoch_floor: int | None = None
    params: dict[str, object] = {}


@dataclass(frozen=True, slots=True)
class Answer:
    """A status, what the hub asked for, and the body."""

    status: int
    retry_after_s: float | None
    body: bytes


class Exchange:
    """Sends sync requests over one aiohttp session. Not for two requests at a time."""

    def __init__(self, *, identity: Identity, numbers: Callable[[], int], session: aiohttp.ClientSession) -> None:
        self._identity = identity
        self._numbers = numbers
        self._session = session
        self._url = identity.hub_url.rstrip("/") + PATH
        self._path = urlsplit(self._url).path
        self._coding = "zstd"

    def use(self, identity: Identity) -> None:
        """Sign with another key from now on."""
        self._identity = identity

    async def send(self, request: SyncRequest) -> SyncReply:
        """The hub's reply. Raises ExchangeFailed."""
        large = sum(len(batch.records) for batch in request.batches) > MAX_FACTS
        plain = await asyncio.to_thread(encode, request) if large else encode(request)
        answer = await self._post(plain)
        if answer.status == 415 and self._coding == "zstd":
            self._coding = "gzip"
            answer = await self._post(plain)
        if answer.status != 200:
            raise _refusal(answer)
        try:
            return _checked(decode_reply(answer.body))
        except Malformed as error:
            raise ExchangeFailed("malformed", error.detail) from error

    async def _post(self, plain: bytes) -> Answer:
        # A large one takes some milliseconds, for which the docks shall not wait.
        large = len(plain) > MAX_BYTES // 2
        body = await asyncio.to_thread(_packed, plain, self._coding) if large else _packed(plain, self._coding)
        headers = sign(self._identity.key, self._identity.station_id, self._numbers(), "POST", self._path, body)
        headers |= {"Content-Type": "application/json", "Content-Encoding": self._coding}
        try:
            async with self._session.post(
                self._url, data=body, headers=headers, timeout=_TIMEOUT, allow_redirects=False
            ) as response:
                return Answer(response.status, _retry_after(response.headers), await _read(response))
        except TimeoutError as error:
            connecting = isinstance(error, aiohttp.ConnectionTimeoutError)
            raise ExchangeFailed("connect" if connecting else "timeout", smaller=not connecting) from error
        except aiohttp.ClientConnectorCertificateError as error:
            out_of_period = is_out_of_period(error.certificate_error)
            raise ExchangeFailed("certificate", str(error), out_of_period=out_of_period) from error
        except aiohttp.ClientConnectorError as error:
            raise ExchangeFailed("connect", str(error)) from error
        except aiohttp.ClientPayloadError as error:
            raise ExchangeFailed("malformed", str(error)) from error
        except (aiohttp.ClientError, OSError) as error:
            raise ExchangeFailed("cut", str(error)) from error


def _packed(plain: bytes, coding: str) -> bytes:
    return zstandard.compress(plain, _ZSTD_LEVEL) if coding == "zstd" else gzip.compress(plain, 6, mtime=0)


def _checked(reply: SyncReply) -> SyncReply:
    if not 0 <= reply.hub_at_ms <= _LAST_MS:
        raise Malformed("bad_hub_time", str(reply.hub_at_ms))
    if reply.rev < 0:
        raise Malformed("bad_rev", str(reply.rev))
    return reply


async def _read(response: aiohttp.ClientResponse) -> bytes:
    parts = bytearray()
    async for part in response.content.iter_chunked(65_536):
        parts += part
        if len(parts) > MAX_REPLY_BYTES:
            raise ExchangeFailed("malformed", f"a reply of more than {MAX_REPLY_BYTES} bytes")
    return bytes(parts)


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Retry-After in seconds (RFC 9110 §10.2.3); its date form needs a right clock and is not used by our hub."""
    text = headers.get("Retry-After", "").strip()
    if not text.isdecimal():
        return None
    return min(float(text), MAX_RETRY_AFTER_S)


def _refusal(answer: Answer) -> ExchangeFailed:
    try:
        problem = msgspec.json.decode(answer.body, type=Problem)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        problem = Problem()
    return ExchangeFailed(
        f"http_{answer.status}",
        problem.code,
        retry_after_s=answer.retry_after_s if answer.status in {429, 503} else None,
        smaller=answer.status == 413,
        problem=problem,
    )
