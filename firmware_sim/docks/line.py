"""Many docks behind one pseudo-terminal: the RS-485 line as the station's serial port sees it.

Half-duplex, byte by byte, addressed. What a dock answers is `device`'s; here are only bytes and their pace.
"""

import asyncio
import os
import tty
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

from firmware_sim.docks.device import SimDock
from firmware_sim.docks.faults import Noise
from protocols.dock.framing import Frame, FrameStream, encode

_TICK_S: Final = 0.05
_BITS_PER_BYTE: Final = 10  # 8N1
_TURNAROUND_S: Final = 0.001  # a transceiver's driver-enable time and a microcontroller's reaction
_CHUNK: Final = 4096
_MOST_HEARD: Final = 65_536


class DockLine:
    """One line. `path` is the serial port to open; `link` an optional stable symbolic link to it.

    `baud` None answers at once; a number spends the time that the bytes need on a real line. `watch` sees
    every byte string in both directions (for tests and tracing).
    """

    def __init__(
        self,
        docks: Iterable[SimDock] = (),
        *,
        baud: int | None = None,
        link: Path | None = None,
        watch: Callable[[str, bytes], None] | None = None,
    ) -> None:
        self.docks = {dock.address: dock for dock in docks}
        self.baud = baud
        self.noise: Noise | None = None
        self.stream = FrameStream()
        self._watch = watch or (lambda _direction, _data: None)
        self._noisy: dict[int, FrameStream] = {}
        self._free_at = 0.0
        self._heard = bytearray()
        # Our end, and the station's end kept open too: so that the station may open and close at will.
        self._ours, self._theirs = os.openpty()
        tty.setraw(self._theirs)
        os.set_blocking(self._ours, False)
        self.path = os.ttyname(self._theirs)
        self._link = link
        if link is not None:
            link.unlink(missing_ok=True)
            link.symlink_to(self.path)

    async def run(self) -> None:
        """Serve the line until cancelled; close it then."""
        loop = asyncio.get_running_loop()
        arrived = asyncio.Event()
        loop.add_reader(self._ours, self._hear, arrived)
        try:
            while True:
                try:
                    async with asyncio.timeout(_TICK_S):
                        await arrived.wait()
                except TimeoutError:
                    for dock in self.docks.values():
                        dock.advance()
                    continue
                arrived.clear()
                heard = bytes(self._heard)
                self._heard.clear()
                await self._serve(heard)
        finally:
            loop.remove_reader(self._ours)
            self.close()

    def close(self) -> None:
        """Take the port away, as when a USB adapter is pulled. Closing twice is fine."""
        for fd in (self._ours, self._theirs):
            if fd >= 0:
                os.close(fd)
        self._ours = self._theirs = -1
        if self._link is not None:
            self._link.unlink(missing_ok=True)

    def inject(self, data: bytes) -> None:
        """Bytes that somebody else puts on the line: the station and every dock hear them."""
        self._write(data)
        for frame in self.stream.feed(data):
            self._write(self._answer(frame))

    def _hear(self, arrived: asyncio.Event) -> None:
        """Take what has arrived; a talker that does not wait for its answer overruns a bounded buffer."""
        data = os.read(self._ours, _CHUNK)
        if len(self._heard) < _MOST_HEARD:
            self._heard += data
        arrived.set()

    def _write(self, data: bytes) -> None:
        if not data or self._ours < 0:
            return
        self._watch("to_station", data)
        try:
            os.write(self._ours, data)
        except BlockingIOError:  # nobody reads: a real line would not wait for them either
            return

    async def _serve(self, data: bytes) -> None:
        self._watch("to_docks", data)
        await self._spend(len(data))
        if self.noise is not None:
            data = self.noise.garble(data)
        for frame in self.stream.feed(data):
            reply = self._answer(frame)
            if self.noise is not None:
                reply = self.noise.garble(reply)
            if reply:
                await self._spend(len(reply))
            self._write(reply)

    async def _spend(self, count: int) -> None:
        """Wait for as long as these bytes take on the line, against a running deadline so that errors do not add up."""
        if self.baud is None or not count:
            return
        loop = asyncio.get_running_loop()
        self._free_at = max(self._free_at, loop.time() - _TURNAROUND_S) + count * _BITS_PER_BYTE / self.baud
        delay = self._free_at + _TURNAROUND_S - loop.time()
        if delay > 0:
            await asyncio.sleep(delay)

    def _answer(self, frame: Frame) -> bytes:
        dock = self.docks.get(frame.address)
        if dock is None:
            return b""
        if dock.faults.noise is None:
            return dock.answer(frame)
        return self._answer_noisily(dock, dock.faults.noise, frame)

    def _answer_noisily(self, dock: SimDock, noise: Noise, frame: Frame) -> bytes:
        """A bad stub: this dock alone hears garbled bytes, and is heard garbled."""
        ear = self._noisy.setdefault(dock.address, FrameStream())
        heard = ear.feed(noise.garble(encode(frame)))
        return b"".join(noise.garble(dock.answer(one)) for one in heard)
