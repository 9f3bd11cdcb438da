"""A bus and a line of simulated docks over a real pseudo-terminal, in one event loop."""

import asyncio
import contextlib
import time
import uuid
from collections.abc import AsyncIterator, Callable, Sequence
from typing import TypeVar

import pytest

from edge_agent.core.inputs import DockFound, DockOrderEnded
from edge_agent.core.orders import UnlockDock
from edge_agent.docks.bus import DockBus
from edge_agent.docks.config import DockConfig, Pace
from firmware_sim.docks.device import SimDock
from firmware_sim.docks.line import DockLine
from firmware_sim.vehicles.vehicle import SimVehicle
from protocols.dock.framing import Frame, FrameStream

Seen = TypeVar("Seen")


def secret_of(number: int) -> bytes:
    return bytes([number]) * 16


class Bench:
    """The whole wire: `docks` by number, the `line`, the `bus`, and everything that was `told`."""

    def __init__(self, count: int, *, pace: Pace | None = None) -> None:
        self.docks = {n: SimDock(address=n, secret=secret_of(n), seed=n) for n in range(1, count + 1)}
        self.heard: list[Frame] = []  # every whole frame that the station put on the line
        self.on_heard: Callable[[Frame], None] = lambda _frame: None
        self._ear = FrameStream()
        self.line = DockLine(self.docks.values(), watch=self._watch)
        self.told: list[object] = []
        self.bus = DockBus(
            port=self.line.path,
            baud=115_200,
            docks=[DockConfig(dock_no=n, address=n, secret=secret_of(n)) for n in self.docks],
            tell=self.told.append,
            pace=pace
            or Pace(
                poll_s=0.05,
                battery_s=0.2,
                first_probe_s=0.1,
                last_probe_s=0.2,
                slow_retries=3,
                slow_retry_s=0.02,
                settle_s=1.0,
            ),
        )
        self.tasks: list[asyncio.Task[None]] = []

    def _watch(self, direction: str, data: bytes) -> None:
        if direction == "to_docks":
            for frame in self._ear.feed(data):
                self.heard.append(frame)
                self.on_heard(frame)

    def requests(self, type_: int) -> list[int]:
        """The addresses of all requests of a type that ever were on the line."""
        return [frame.address for frame in self.heard if frame.type == type_]

    def start(self) -> None:
        self.tasks = [asyncio.create_task(self.line.run()), asyncio.create_task(self.bus.run())]

    async def stop(self) -> None:
        for task in reversed(self.tasks):
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError, Exception):
                await task
        self.line.close()

    def all(self, kind: type[Seen], dock_no: int | None = None) -> list[Seen]:
        found = [seen for seen in list(self.told) if isinstance(seen, kind)]
        return [seen for seen in found if dock_no is None or getattr(seen, "dock_no", None) == dock_no]

    async def until(self, condition: Callable[[], object], seconds: float = 15.0) -> None:
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, f"waited {seconds} s; last told: {self.told[-8:]}"
            for task in self.tasks:
                if task.done() and not task.cancelled() and task.exception():
                    raise AssertionError("the wire broke") from task.exception()
            await asyncio.sleep(0.005)

    async def up(self, *numbers: int) -> None:
        wanted: Sequence[int] = numbers or list(self.docks)
        await self.until(lambda: {f.dock_no for f in self.all(DockFound)} >= set(wanted))

    def park(self, number: int) -> SimVehicle:
        vehicle = SimVehicle(vehicle_id=uuid.UUID(int=number))
        self.docks[number].push(vehicle)
        return vehicle

    def unlock(self, number: int, *, seconds: float = 10.0, duration_s: float = 30.0) -> uuid.UUID:
        order_id = uuid.uuid4()
        self.bus.send(
            UnlockDock(
                order_id=order_id,
                dock_no=number,
                duration_s=duration_s,
                expires_mono_s=time.monotonic() + seconds,
            )
        )
        return order_id

    async def ended(self, order_id: uuid.UUID, seconds: float = 15.0) -> DockOrderEnded:
        def endings() -> list[DockOrderEnded]:
            return [e for e in self.all(DockOrderEnded) if e.order_id == order_id]

        await self.until(endings, seconds)
        assert len(endings()) == 1
        return endings()[0]


@pytest.fixture
async def bench() -> AsyncIterator[Callable[..., Bench]]:
    made: list[Bench] = []

    def make(count: int = 1, *, pace: Pace | None = None) -> Bench:
        made.append(Bench(count, pace=pace))
        return made[-1]

    yield make
    for one in made:
        await one.stop()
