"""`WebSocket /api/v1/live`: presence and telemetry up, "there is news" down. Lossy by design."""

import asyncio
import contextlib
import uuid
from typing import Final, Protocol

import structlog
from aiohttp import WSCloseCode, WSMsgType, web
from sqlalchemy.ext.asyncio import AsyncSession

from hub import events
from hub.intake import ledger
from hub.intake.feed import current_rev
from hub.intake.gate import Full, Gate
from hub.intake.reading import turned_away
from hub.intake.signatures import NumberTooLow, Signatures, Verified
from hub.kernel.db import is_away
from hub.kernel.problem import ProblemError, problem
from hub.kernel.web import Kernel
from protocols.errors import Malformed, Refused
from protocols.sync.live import Nudge, Telemetry, decode_live, encode_live
from protocols.sync.signing import claimed

HEARTBEAT_S: Final = 20.0
_MAX_MESSAGE: Final = 256 * 1024
_SEND_S: Final = 10.0
_SPREAD: Final = 0.8  # of the time that a leaving process has: the last one must be gone before its port closes
LOOK_AT_THE_KEY: Final = 0  # no change has this revision: a nudge with it says that a key was revoked
_AT_ONCE, _WAITING, _WAIT_S = 2, 1000, 10.0  # links that are opened at the same time, and that wait to be
_log = structlog.get_logger("hub.live")


class Pictures(Protocol):
    """Where the stations' last pictures are kept. Filled by the wiring."""

    def hear(self, station_id: uuid.UUID, telemetry: Telemetry) -> bool:
        """Take the picture; whether it is due to be written down."""

    async def write(self, session: AsyncSession, station_id: uuid.UUID) -> None:
        """Write the station's last picture down."""


class News:
    """What one link has to tell its station: the last revision heard of, or that it must look for itself."""

    def __init__(self) -> None:
        self._event = asyncio.Event()
        self._rev: int | None = None

    def wake(self, rev: int | None) -> None:
        """There is news; of several the last counts."""
        self._rev = rev
        self._event.set()

    async def next(self) -> int | None:
        """Wait for news."""
        await self._event.wait()
        self._event.clear()
        return self._rev


class LiveDoor:
    """Holds the stations' live links; the newest of a station wins."""

    def __init__(self, kernel: Kernel, signatures: Signatures, pictures: Pictures) -> None:
        self._kernel = kernel
        self._signatures = signatures
        self._pictures = pictures
        self._links: dict[uuid.UUID, web.WebSocketResponse] = {}
        self._gate = Gate(at_once=_AT_ONCE, waiting=_WAITING, wait_s=_WAIT_S)
        self.malformed = 0

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """One live link from its opening to its end."""
        if self._kernel.draining.parting:
            raise ProblemError(problem("stopping", 503), {"Retry-After": "1"})
        signed = await self._identify(request)
        station_id = signed.station_id
        socket = web.WebSocketResponse(heartbeat=HEARTBEAT_S, max_msg_size=_MAX_MESSAGE)
        try:
            await socket.prepare(request)
        except ConnectionResetError:  # it left while it waited for its turn; nobody is there to be answered
            return web.Response()
        before = self._links.get(station_id)
        self._links[station_id] = socket
        if before is not None:
            await _close(before, WSCloseCode.POLICY_VIOLATION, b"replaced")
        try:
            await self._serve(signed, socket)
        finally:
            if self._links.get(station_id) is socket:
                del self._links[station_id]
                await self._left(signed)
        return socket

    async def send_away(self, over_s: float) -> None:
        """Tell every station to come again, to another process, evenly spread so that they do not come at once."""
        links = tuple(self._links.values())
        async with asyncio.TaskGroup() as group:
            for number, socket in enumerate(links):
                group.create_task(_close_after(socket, over_s * _SPREAD * number / len(links)))

    async def run(self) -> None:
        """Holds nothing open once the hub stops: cancelled at the end, it closes every link."""
        try:
            await asyncio.Event().wait()
        finally:
            for socket in tuple(self._links.values()):
                await _close(socket, WSCloseCode.GOING_AWAY, b"hub stops")

    async def _identify(self, request: web.Request) -> Verified:
        try:
            with self._gate.entered(claimed(request.headers.get("Signature-Input")).station_id):
                async with self._gate.turn():
                    return await self._taken(request)
        except Full as full:
            raise turned_away(full) from full
        except NumberTooLow as error:
            raise ProblemError(problem("request_replayed", 409)) from error
        except Refused as refused:
            status = 403 if refused.code == "station_revoked" else 401
            raise ProblemError(problem(refused.code, status, params=refused.params)) from refused

    async def _taken(self, request: web.Request) -> Verified:
        signed = await self._signatures.verify(request, b"")
        async with self._kernel.database.transaction() as session:
            await self._signatures.take(session, signed, "live")
            seen = events.StationSeen(station_id=signed.station_id, at=self._kernel.clock.now(), came=True)
            await self._kernel.bus.publish(session, seen)
        return signed

    async def _serve(self, signed: Verified, socket: web.WebSocketResponse) -> None:
        station_id = signed.station_id
        news = News()
        news.wake(None)  # where the revisions stand is news to whoever has just come
        leave = self._kernel.nudges.subscribe(station_id, news.wake)
        teller = asyncio.create_task(self._tell(signed, socket, news))
        try:
            await self._hear(signed, socket)
        finally:
            leave()
            teller.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await teller

    async def _hear(self, signed: Verified, socket: web.WebSocketResponse) -> None:
        station_id = signed.station_id
        async for message in socket:
            if message.type not in {WSMsgType.BINARY, WSMsgType.TEXT}:
                break
            data = message.data.encode() if message.type is WSMsgType.TEXT else message.data
            try:
                heard = decode_live(data)
            except Malformed as error:
                self.malformed += 1
                if self.malformed == 1:
                    _log.warning("malformed live message", station_id=str(station_id), reason=str(error)[:200])
                continue
            if isinstance(heard, Telemetry) and self._pictures.hear(station_id, heard):
                try:
                    await self._write(signed)
                except Refused:
                    await _close(socket, WSCloseCode.POLICY_VIOLATION, b"revoked")
                    break

    async def _write(self, signed: Verified) -> None:
        try:
            async with self._kernel.database.transaction() as session:
                await self._signatures.check(session, signed)  # it may be revoked by another process since
                await self._pictures.write(session, signed.station_id)
                seen = events.StationSeen(station_id=signed.station_id, at=self._kernel.clock.now())
                await self._kernel.bus.publish(session, seen)
        except Exception as error:
            if not is_away(error):
                raise
            _log.warning("picture_not_written", station_id=str(signed.station_id), reason=str(error)[:200])

    async def _left(self, signed: Verified) -> None:
        """The station is away, unless it has come back meanwhile: here, at another process or over the broker."""
        async with self._kernel.database.transaction() as session:
            # The key's row before the station's, as whoever comes takes them: the other order is a deadlock.
            is_newest = await ledger.is_newest_link(session, signed.station_id, signed.number)
            await self._pictures.write(session, signed.station_id)
            if is_newest:
                left = events.StationSeen(station_id=signed.station_id, at=self._kernel.clock.now(), left=True)
                await self._kernel.bus.publish(session, left)

    async def _tell(self, signed: Verified, socket: web.WebSocketResponse, news: News) -> None:
        while True:
            rev = await news.next()
            good = rev != LOOK_AT_THE_KEY
            if not rev:
                async with self._kernel.database.reading() as session:
                    rev = await current_rev(session, signed.station_id)
                    good = good or await ledger.is_good_key(session, signed.station_id, signed.key)
            try:
                async with asyncio.timeout(_SEND_S):
                    await socket.send_bytes(encode_live(Nudge(rev=rev)))
            except (OSError, TimeoutError, RuntimeError):
                await _close(socket, WSCloseCode.GOING_AWAY, b"cannot send")
                return
            if not good:
                await _close(socket, WSCloseCode.POLICY_VIOLATION, b"revoked")
                return


async def _close_after(socket: web.WebSocketResponse, wait_s: float) -> None:
    await asyncio.sleep(wait_s)
    await _close(socket, WSCloseCode.SERVICE_RESTART, b"go elsewhere")


async def _close(socket: web.WebSocketResponse, code: int, reason: bytes) -> None:
    with contextlib.suppress(OSError, TimeoutError, RuntimeError):
        async with asyncio.timeout(2):
            await socket.close(code=code, message=reason)
