"""The line is a real serial port: addressed, paced, noisy on demand, and cleanly closed."""

import asyncio
import contextlib
import os
import time
import tty
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from firmware_sim.docks.device import SimDock
from firmware_sim.docks.faults import Noise
from firmware_sim.docks.line import DockLine
from protocols.dock.framing import Frame, FrameStream, encode


def identify(address: int) -> bytes:
    return encode(Frame(address=address, seq=0, type=1, payload=b"\0"))


@contextlib.asynccontextmanager
async def served(line: DockLine) -> AsyncIterator[int]:
    """The station's end of a running line, opened as a program would."""
    task = asyncio.create_task(line.run())
    await asyncio.sleep(0)  # a task that is cancelled before its first step never reaches its `finally`
    port = os.open(line.path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
    tty.setraw(port)
    try:
        yield port
    finally:
        os.close(port)
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def frames_from(port: int, seconds: float = 2.0) -> list[Frame]:
    stream, end = FrameStream(), time.monotonic() + seconds
    while time.monotonic() < end:
        with contextlib.suppress(BlockingIOError):
            frames = stream.feed(os.read(port, 4096))
            if frames:
                return frames
        await asyncio.sleep(0.002)
    return []


def open_descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def docks(count: int) -> list[SimDock]:
    return [SimDock(address=n, secret=bytes(16)) for n in range(1, count + 1)]


async def test_each_dock_answers_to_its_own_address_only() -> None:
    async with served(DockLine(docks(3))) as port:
        os.write(port, identify(2))
        assert [frame.address for frame in await frames_from(port)] == [2]
        os.write(port, identify(9))
        assert await frames_from(port, 0.15) == []


async def test_a_request_may_come_byte_by_byte() -> None:
    async with served(DockLine(docks(1))) as port:
        for byte in identify(1):
            os.write(port, bytes([byte]))
            await asyncio.sleep(0)
        assert len(await frames_from(port)) == 1


async def test_a_paced_line_takes_as_long_as_the_bytes_do() -> None:
    async with served(DockLine(docks(1), baud=9_600)) as port:
        began = time.monotonic()
        os.write(port, identify(1))
        answer = await frames_from(port)
        least_s = (len(identify(1)) + len(encode(answer[0]))) * 10 / 9_600
        assert least_s < time.monotonic() - began < least_s + 0.5


async def test_the_link_points_at_the_port_and_goes_with_it(tmp_path: Path) -> None:
    link = tmp_path / "docks"
    link.symlink_to("/dev/null")  # left over by a process that was killed
    line = DockLine(docks(1), link=link)
    assert str(link.readlink()) == line.path
    async with served(line):
        pass
    assert not link.is_symlink()
    line.close()


async def test_no_descriptor_is_left_open() -> None:
    before = open_descriptors()
    line = DockLine(docks(2))
    async with served(line) as port:
        os.write(port, identify(1))
        await frames_from(port)
    assert open_descriptors() == before


async def test_a_port_that_nobody_reads_blocks_nothing() -> None:
    line = DockLine(docks(1))
    async with served(line) as port:
        for _ in range(400):
            line.inject(b"\0" + b"noise" * 50)
        os.write(port, identify(1))
        await asyncio.sleep(0.05)


@pytest.mark.parametrize("rate", [0.01, 0.2])
def test_noise_is_seeded_and_garbles_about_its_rate(rate: float) -> None:
    data = bytes(range(256)) * 40
    first, second = Noise(rate, seed=4), Noise(rate, seed=4)
    assert first.garble(data) == second.garble(data) != data
    assert first.garbled == pytest.approx(len(data) * rate, rel=0.35)
    assert Noise(0.0).garble(data) == data
