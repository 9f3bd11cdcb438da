"""The live link: a WebSocket to the hub for what may be lost. Telemetry up, "there is news" down.

Nothing here is needed for correctness: without it the pump polls. Presence is the connection itself.
"""

import asyncio
import enum
import ssl
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import urlsplit

import aiohttp
import structlog

from edge_agent.runtime.backoff import Backoff
from edge_agent.uplink.identity import Identity
from edge_agent.uplink.thinning import CHANGE_S, thinned
from protocols.errors import Malformed
from protocols.sync.live import Nudge, Telemetry, decode_live, encode_live
from protocols.sync.signing import sign

PATH: Final = "/api/v1/live"
HEARTBEAT_S: Final = 20.0
CONNECT_S: Final = 15.0
SEND_S: Final = 10.0
ELSEWHERE: Final = 1012  # RFC 6455 registry, "service restart": this hub process leaves, others serve
LOST_S: Final = 2.0  # so long after a loss the pump tries its own way, however long this link waits
STEADY_S: Final = 10.0  # a connection that held this long makes the next wait short again
_MAX_FRAME_BYTES: Final = 65_536

_log = structlog.get_logger(__name__)


class LinkState(enum.StrEnum):
    """How the live link is."""

    CONNECTING = "connecting"
    CONNECTED = "connected"
    WAITING = "waiting"


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveSnapshot:
    """The live link at a glance; counts are since the start."""

    state: LinkState = LinkState.CONNECTING
    last_failure: str | None = None
    connections: int = 0
    sent: int = 0
    nudges: int = 0
    malformed: int = 0


class LiveLink:
    """Runs as one supervised part: `await link.run()`."""

    def __init__(
        self,
        *,
        identity: Identity,
        on_nudge: Callable[[], None],
        telemetry: Callable[[], Telemetry],
        request_number: Callable[[], int],
        interval_s: float = 5.0,
        change_s: float = CHANGE_S,
        heartbeat_s: float = HEARTBEAT_S,
        backoff: Backoff | None = None,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._identity = identity
        self._on_nudge = on_nudge
        self._telemetry = telemetry
        self._request_number = request_number
        self._interval_s = interval_s
        self._change_s = change_s
        self._heartbeat_s = heartbeat_s
        self._backoff = backoff or Backoff()
        self._pause = pause
        self._tls = tls
        self._url = identity.hub_url.rstrip("/") + PATH
        self._path = urlsplit(self._url).path
        self._seen = LiveSnapshot()

    def use(self, identity: Identity) -> None:
        """Sign with another key from now on."""
        self._identity = identity

    def snapshot(self) -> LiveSnapshot:
        """How it goes."""
        return self._seen

    async def run(self) -> None:
        """Connect, and connect again, until cancelled."""
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=self._tls or True)) as session:
            while True:
                before = self._seen.connections
                reason = await self._connect_once(session)
                if self._seen.state is LinkState.CONNECTED or self._seen.last_failure is None:
                    _log.info("live_link_lost", reason=reason)
                self._seen = replace(self._seen, state=LinkState.WAITING, last_failure=reason)
                wait_s = self._backoff.next_s()
                if self._seen.connections > before:
                    # A lost link may be a lost line: the pump finds out now, not at its next poll. Not at once:
                    # of a hub that dies, all stations lose it in the same instant.
                    soon_s = min(wait_s, LOST_S)
                    await self._pause(soon_s)
                    self._on_nudge()
                    wait_s -= soon_s
                await self._pause(wait_s)

    async def _connect_once(self, session: aiohttp.ClientSession) -> str:
        """One connection's whole life; returns why it ended."""
        headers = sign(self._identity.key, self._identity.station_id, self._request_number(), "GET", self._path, b"")
        try:
            async with asyncio.timeout(CONNECT_S):
                socket = await session.ws_connect(
                    self._url, headers=headers, heartbeat=self._heartbeat_s, max_msg_size=_MAX_FRAME_BYTES
                )
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            return f"{type(error).__name__}: {error}"
        async with socket:
            return await self._serve(socket)

    async def _serve(self, socket: aiohttp.ClientWebSocketResponse) -> str:
        self._seen = replace(self._seen, state=LinkState.CONNECTED, connections=self._seen.connections + 1)
        _log.info("live_link_connected", connections=self._seen.connections)
        steady = asyncio.get_running_loop().call_later(STEADY_S, self._backoff.reset)
        sender = asyncio.create_task(self._send(socket), name="live-sender")
        receiver = asyncio.create_task(self._receive(socket), name="live-receiver")
        self._on_nudge()  # the hub is there: whatever waits can go
        try:
            done, _ = await asyncio.wait({sender, receiver}, return_when=asyncio.FIRST_COMPLETED)
            return done.pop().result()
        finally:
            steady.cancel()
            for task in (sender, receiver):
                task.cancel()
            await asyncio.gather(sender, receiver, return_exceptions=True)

    async def _receive(self, socket: aiohttp.ClientWebSocketResponse) -> str:
        while (frame := await socket.receive()).type in {aiohttp.WSMsgType.BINARY, aiohttp.WSMsgType.TEXT}:
            data = frame.data.encode() if isinstance(frame.data, str) else frame.data
            try:
                message = decode_live(data)
            except Malformed:
                self._seen = replace(self._seen, malformed=self._seen.malformed + 1)
                continue
            if isinstance(message, Nudge):
                self._seen = replace(self._seen, nudges=self._seen.nudges + 1)
                self._on_nudge()
        # The hub's own word: aiohttp forgets it where the line is gone before our goodbye is written, as behind TLS.
        code = frame.data if frame.type is aiohttp.WSMsgType.CLOSE else socket.close_code
        if code == ELSEWHERE:
            self._backoff.reset()  # nothing is wrong: come again soon, at a time of our own
        return f"closed ({code})"

    async def _send(self, socket: aiohttp.ClientWebSocketResponse) -> str:
        """The picture when it changed, and every `interval_s` in any case, until it cannot be sent."""
        due = thinned(self._telemetry, self._pause, change_s=self._change_s, interval_s=self._interval_s)
        async with aclosing(due) as pictures:
            async for message in pictures:
                try:
                    async with asyncio.timeout(SEND_S):
                        await socket.send_bytes(encode_live(message))
                except (TimeoutError, aiohttp.ClientError, OSError) as error:
                    return f"send: {type(error).__name__}"
                self._seen = replace(self._seen, sent=self._seen.sent + 1)
        raise AssertionError("the pictures never end")
