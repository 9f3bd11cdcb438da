"""Pictures go up by themselves, beside the facts and behind them: what the hub wants of what the station holds.

A round is one offer and then one picture after the other, each a signed request of its own (`protocols.photo.upload`).
Cut anywhere, it begins again with an offer: the hub knows what it has. Nothing here is waited for by anybody.
"""

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, Protocol
from urllib.parse import urlsplit

import aiohttp
import structlog

from edge_agent.runtime.backoff import Backoff
from edge_agent.uplink.identity import Identity
from protocols.errors import Malformed
from protocols.photo.jpeg import MEDIA_TYPE
from protocols.photo.upload import (
    MOST_OFFER_BYTES,
    MOST_OFFERED,
    OFFERS,
    Offer,
    Wanted,
    decode_wanted,
    encode,
    path_of,
)
from protocols.sync.signing import sign

LOOK_S: Final = 5.0
"""How often it is looked whether anything waits."""
OFFER_S: Final = 3600.0
"""An offer is made at least so often: by it the hub learns what is gone."""
CALM_S: Final = 30.0
"""After an offer of which the hub wanted nothing it is made again after this, then after twice as long, and so on."""
UNKNOWN_HUB_S: Final = 6 * 3600.0
_TIMEOUT: Final = aiohttp.ClientTimeout(total=90, sock_connect=5)  # 600 kB over a slow line
_FINAL: Final = frozenset({404, 413, 422})  # of one picture: sending it again would not help
_log = structlog.get_logger(__name__)


class Shelf(Protocol):
    """Where the pictures are. Filled by the app; each call touches the disk."""

    def names(self) -> Sequence[str]:
        """All of them by their SHA-256, the oldest first."""

    def waiting(self) -> int:
        """How many the hub does not have, as far as is known here."""

    def read(self, name: str, /) -> bytes | None:
        """The picture; None when it is not there or is spoilt."""

    def mark_sent(self, name: str, /) -> None:
        """The hub has it."""

    def tidy(self) -> None:
        """Delete what need not be kept any more."""


class _Failed(Exception):
    """No answer, or one that says later. `status` 0: none."""

    def __init__(self, reason: str, status: int = 0, retry_after_s: float = 0.0) -> None:
        super().__init__(reason)
        self.status = status
        self.retry_after_s = retry_after_s


class PhotoSender:
    """Runs as one supervised part: `await sender.run()`."""

    def __init__(
        self,
        *,
        identity: Identity,
        shelf: Shelf,
        online: Callable[[], bool],
        numbers: Callable[[], int],
        mono_s: Callable[[], float],
        tls: ssl.SSLContext | None = None,
        backoff: Backoff | None = None,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._identity = identity
        self._shelf = shelf
        self._online = online
        self._numbers = numbers
        self._mono_s = mono_s
        self._tls = tls
        self._backoff = backoff or Backoff(base_s=5.0, cap_s=600.0)
        self._pause = pause
        self._offered_s: float | None = None
        self._calm_s = CALM_S
        self._unnamed = 0  # so many waited after the last offer, which the hub did not want

    def use(self, identity: Identity) -> None:
        """Sign with another key from now on."""
        self._identity = identity

    async def run(self) -> None:
        """Look, offer, send, for ever."""
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=self._tls or True)) as session:
            while True:
                await self._pause(await self.round(session))

    async def round(self, session: aiohttp.ClientSession) -> float:
        """Once: what there is to do. Returns how long to rest, in seconds."""
        await asyncio.to_thread(self._shelf.tidy)
        if not self._online() or not await self._is_due():
            return LOOK_S
        try:
            await self._send_all(session)
        except _Failed as failed:
            if failed.status == 404:  # a hub from before pictures
                return UNKNOWN_HUB_S
            _log.info("photos_wait", why=str(failed))
            return max(failed.retry_after_s, self._backoff.next_s())
        self._backoff.reset()
        return LOOK_S

    async def _is_due(self) -> bool:
        if self._offered_s is None or self._mono_s() - self._offered_s >= OFFER_S:
            return True
        waiting = await asyncio.to_thread(self._shelf.waiting)
        if waiting > self._unnamed:
            self._calm_s = CALM_S
            return True
        # What no fact names yet (somebody is still writing why), or ever will, is offered at an ever calmer pace.
        return waiting > 0 and self._mono_s() - self._offered_s >= self._calm_s

    async def _send_all(self, session: aiohttp.ClientSession) -> None:
        wanted = await self._offer(session)
        for name in wanted.have:
            await asyncio.to_thread(self._shelf.mark_sent, name)
        for name in wanted.want:
            picture = await asyncio.to_thread(self._shelf.read, name)
            if picture is not None:
                await self._bring(session, name, picture)
        self._unnamed = await asyncio.to_thread(self._shelf.waiting)
        self._calm_s = CALM_S if wanted.want else min(OFFER_S, 2 * self._calm_s)

    async def _offer(self, session: aiohttp.ClientSession) -> Wanted:
        names = list(await asyncio.to_thread(self._shelf.names))
        offer = Offer(have=names[:MOST_OFFERED], whole=len(names) <= MOST_OFFERED)
        answer = await self._ask(session, "POST", OFFERS, encode(offer), "application/json")
        try:
            wanted = decode_wanted(answer)
        except Malformed as error:
            raise _Failed("malformed") from error
        self._offered_s = self._mono_s()
        return wanted

    async def _bring(self, session: aiohttp.ClientSession, name: str, picture: bytes) -> None:
        try:
            await self._ask(session, "PUT", path_of(name), picture, MEDIA_TYPE)
        except _Failed as failed:
            if failed.status not in _FINAL:
                raise
            _log.warning("photo_refused", sha256=name, status=failed.status)
            return
        await asyncio.to_thread(self._shelf.mark_sent, name)

    async def _ask(self, session: aiohttp.ClientSession, method: str, path: str, body: bytes, kind: str) -> bytes:
        url = self._identity.hub_url.rstrip("/") + path
        headers = sign(self._identity.key, self._identity.station_id, self._numbers(), method, urlsplit(url).path, body)
        headers["Content-Type"] = kind
        try:
            async with session.request(
                method, url, data=body, headers=headers, timeout=_TIMEOUT, allow_redirects=False
            ) as response:
                if response.status not in {200, 204}:
                    wait = response.headers.get("Retry-After", "")
                    raise _Failed(f"http_{response.status}", response.status, float(wait) if wait.isdecimal() else 0.0)
                return await _read(response)
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            raise _Failed(type(error).__name__) from error


async def _read(response: aiohttp.ClientResponse) -> bytes:
    parts = bytearray()
    async for part in response.content.iter_chunked(65_536):
        parts += part
        if len(parts) > MOST_OFFER_BYTES:
            raise _Failed("malformed")
    return bytes(parts)
