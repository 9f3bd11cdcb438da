"""A TCP proxy that breaks a line on purpose, at run time, from a seed: between agent and hub, and on other wires.

It knows bytes and where an HTTP request ends (to record and repeat whole requests), nothing of what they mean. What
is special about the chargers' and the meter's wires is `wires`'.
"""

import asyncio
import contextlib
import random
import re
from collections import Counter, deque
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

HOST: Final = "127.0.0.1"
SYNC: Final = b"POST /api/v1/sync "
_CHUNK: Final = 65_536
_KEPT_REQUESTS: Final = 60
_MOST_OF_A_REQUEST: Final = 4 << 20
_LENGTH: Final = re.compile(rb"(?i)\r\ncontent-length: *(\d+)")
_UPGRADE: Final = re.compile(rb"(?i)\r\nupgrade:")

Direction = Literal["up", "down"]


@dataclass(slots=True, kw_only=True)
class Weather:
    """What happens on the line; a new `Weather()` is a fine day. Shares and chances are 0 … 1."""

    delay_s: float = 0.0  # each piece waits up to so long
    refuse: float = 0.0  # so many new connections are reset at once
    swallow: frozenset[Direction] = frozenset()  # these directions lead nowhere, and nobody is told
    bytes_per_s: float | None = None
    cut_after: int | None = None  # a connection is reset after so many bytes in one direction
    flip: float = 0.0  # chance of a flipped bit per byte, upwards (answers travel under TLS, requests are signed)
    flip_mask: int = 0xFF  # which bits may flip
    duplicate: float = 0.0  # chance that a sync request arrives a second time, before itself


@dataclass(slots=True)
class RequestTap:
    """Finds whole sync requests in what one connection carries upwards."""

    _held: bytearray = field(default_factory=bytearray)
    _is_deaf: bool = False

    def feed(self, data: bytes) -> list[bytes]:
        """The sync requests that end in this piece."""
        found: list[bytes] = []
        if self._is_deaf:
            return found
        self._held += data
        while (end := self._held.find(b"\r\n\r\n")) >= 0:
            head = bytes(self._held[:end])
            length = _LENGTH.search(head)
            whole = end + 4 + (int(length[1]) if length else 0)
            self._is_deaf = bool(_UPGRADE.search(head)) or whole > _MOST_OF_A_REQUEST
            if self._is_deaf or len(self._held) < whole:
                break
            if head.startswith(SYNC):
                found.append(bytes(self._held[:whole]))
            del self._held[:whole]
        return found


class Tap:
    """Looks at one direction of one connection, and may change what passes."""

    def leads_to(self, writer: asyncio.StreamWriter) -> None:
        """Where it goes."""

    async def passing(self, data: bytes, *, lost: bool) -> bytes:
        """What goes on in the place of `data`; `lost` says that it will not arrive."""
        del lost
        return data


class SyncTap(Tap):
    """Records sync requests; in such weather each arrives a second time, before itself."""

    def __init__(self, proxy: "FaultProxy") -> None:
        self._proxy = proxy
        self._requests = RequestTap()

    async def passing(self, data: bytes, *, lost: bool) -> bytes:
        """Unchanged."""
        ended = self._requests.feed(data)
        self._proxy.requests.extend(ended)
        for request in ended:
            if not lost and self._proxy.chance(self._proxy.weather.duplicate):
                await self._proxy.replay(request)
        return data


class FaultProxy:
    """Stands at `port` and leads to the target. `weather` may be changed at any time; `counts` says what was done."""

    def __init__(self, *, targets: Sequence[tuple[str, int]], seed: int, host: str = HOST) -> None:
        self.weather = Weather()
        self.counts: Counter[str] = Counter()
        self.requests: deque[bytes] = deque(maxlen=_KEPT_REQUESTS)
        self.host = host
        self.port = 0
        self._targets = targets  # several: each connection goes to any of those that answer
        self._random = random.Random(seed)
        self._open: set[asyncio.StreamWriter] = set()
        self._serving: set[asyncio.Task[None]] = set()

    @contextlib.asynccontextmanager
    async def serve(self) -> AsyncIterator["FaultProxy"]:
        """Listen while inside; everything is cut at the end."""
        server = await asyncio.start_server(self._accept, self.host, 0)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            for task in self._serving:
                task.cancel()
            await asyncio.gather(*self._serving, return_exceptions=True)
            await server.wait_closed()

    def cut(self) -> None:
        """Reset every connection, both ways, without a goodbye."""
        for writer in tuple(self._open):
            self.counts["cut"] += 1
            writer.transport.abort()

    def clear(self) -> None:
        """A fine day. Connections from which bytes vanished are reset: nothing could ever mend their streams."""
        lost = bool(self.weather.swallow)
        self.weather = Weather()
        if lost:
            self.cut()

    def chance(self, share: float) -> bool:
        """Whether it happens, by the seed."""
        return self._random.random() < share

    async def replay(self, request: bytes, *, timeout_s: float = 5.0) -> int | None:
        """Send a recorded request again on a connection of its own; the HTTP status, None when nobody answered."""
        try:
            async with asyncio.timeout(timeout_s):
                reader, writer = await self._reach()
                try:
                    writer.write(request)
                    line = await reader.readline()
                finally:
                    writer.transport.abort()
        except (OSError, TimeoutError):
            return None
        words = line.split()
        status = int(words[1]) if len(words) > 1 and words[1].isdigit() else None
        self.counts[f"replayed: {status}"] += 1
        return status

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._serving.add(task)
        try:
            await self._connect(reader, writer)
        except asyncio.CancelledError:
            pass  # only `serve` cancels us
        finally:
            self._serving.discard(task)
            writer.transport.abort()

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._random.random() < self.weather.refuse:
            self.counts["refused"] += 1
            return
        try:
            there, back = await self._reach()
        except OSError:  # who should answer is dead: so is the way to it
            return
        pumps = [
            asyncio.create_task(self._pump("up", reader, back)),
            asyncio.create_task(self._pump("down", there, writer)),
        ]
        self._open |= {writer, back}
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._open -= {writer, back}
            for pump in pumps:
                pump.cancel()
            await asyncio.gather(*pumps, return_exceptions=True)
            back.transport.abort()

    async def _reach(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A connection to one of the targets. Raises OSError when none answers."""
        *others, last = self._random.sample(self._targets, len(self._targets))
        for host, port in others:
            with contextlib.suppress(OSError):
                return await asyncio.open_connection(host, port)
        return await asyncio.open_connection(*last)

    def _tap(self, way: Direction) -> "Tap":
        """What looks at one direction of a new connection."""
        return SyncTap(self) if way == "up" else Tap()

    async def _pump(self, way: Direction, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        carried = 0
        tap = self._tap(way)
        tap.leads_to(writer)
        while data := await reader.read(_CHUNK):
            data = await tap.passing(data, lost=way in self.weather.swallow)
            weather = self.weather
            if way in weather.swallow:
                self.counts["bytes swallowed"] += len(data)
                continue
            await asyncio.sleep(self._random.random() * weather.delay_s)
            data = self._flipped(data) if way == "up" and weather.flip else data
            if weather.cut_after is not None and carried + len(data) > weather.cut_after:
                writer.write(data[: max(0, weather.cut_after - carried)])
                await writer.drain()
                self.counts["cut"] += 1
                return
            await self._send(writer, data)
            carried += len(data)

    async def _send(self, writer: asyncio.StreamWriter, data: bytes) -> None:
        """At the line's pace, looked at again for each piece: a throttle may be lifted meanwhile."""
        while data:
            pace = self.weather.bytes_per_s
            piece = len(data) if pace is None else max(1, int(pace / 10))
            writer.write(data[:piece])
            await writer.drain()
            data = data[piece:]
            if pace is not None:
                await asyncio.sleep(0.1)

    def _flipped(self, data: bytes) -> bytes:
        out = bytearray(data)
        for at in range(len(out)):
            if self._random.random() < self.weather.flip:
                out[at] ^= self._random.choice(_bits(self.weather.flip_mask))
                self.counts["bits flipped"] += 1
        return bytes(out)


def _bits(mask: int) -> list[int]:
    return [1 << at for at in range(8) if mask & 1 << at]
