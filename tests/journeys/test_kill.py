"""kill -9 of the agent at each step of a check-out: never an opened lock without a rental in the outbox.

Real processes and a real pseudo-terminal. The steps are seen from outside, at the wire and at the API, so the agent
carries no hook for tests; between request and answer the kill falls at many instants.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from protocols.dock.codes import MessageType
from protocols.dock.framing import Frame, FrameStream
from tests.journeys.rig import Rig, rig

pytestmark = [pytest.mark.journey, pytest.mark.timeout(240)]

DOCK = 1
PULL_OUT_S = 2  # the dock's own timer closes it again; a person would get a minute


class Trap:
    """Hears the line; when the frame it waits for passes, it strikes before anybody can act on it."""

    def __init__(self) -> None:
        self._streams = {"to_docks": FrameStream(), "to_station": FrameStream()}
        self.wanted: Callable[[str, Frame], bool] = lambda _direction, _frame: False
        self.strike: Callable[[], None] = lambda: None
        self.sprung = asyncio.Event()

    def __call__(self, direction: str, data: bytes) -> None:
        for frame in self._streams[direction].feed(data):
            if not self.sprung.is_set() and self.wanted(direction, frame):
                self.strike()
                self.sprung.set()


def unlock_request(direction: str, frame: Frame) -> bool:
    return direction == "to_docks" and frame.type == MessageType.UNLOCK


def unlock_answer(direction: str, frame: Frame) -> bool:
    return direction == "to_station" and frame.type == MessageType.UNLOCK


async def quote(station: Rig) -> str:
    body = {"who": {"kind": "voucher", "token": station.voucher()}, "dock_no": DOCK}
    return str((await station.post("/api/quotes", body))["quote_id"])


async def agree(station: Rig, quote_id: str) -> dict[str, Any] | None:
    """None when the agent dies before it answers."""
    try:
        return await station.post("/api/rentals", {"quote_id": quote_id})
    except (aiohttp.ClientError, ConnectionError):
        return None


def ended(station: Rig) -> list[dict[str, Any]]:
    """How the rentals ended, as the station wrote it down."""
    return station.facts("RentalVoided", "RentalActivated")


async def all_settled(station: Rig, started: set[str]) -> None:
    """The docks have spoken, and every rental that had begun is a ride or nothing."""
    async with asyncio.timeout(30):
        while {one["rental_id"] for one in ended(station)} != started:
            await asyncio.sleep(0.05)


async def check_books(station: Rig) -> None:
    """Every opening of the bolt has its rental, and what the station wrote down agrees with the world."""
    unlocks = len(station.yard.docks[DOCK].book.unlocks)
    started = station.facts("RentalStarted")
    assert unlocks <= len(started), "a lock was opened without a rental in the outbox"


async def restart_and_check(station: Rig, pulled: bool) -> None:
    await station.dead()
    await check_books(station)
    started = {one["rental_id"] for one in station.facts("RentalStarted")}
    await station.start()
    await all_settled(station, started)
    await check_books(station)
    ends = ended(station)
    assert len(ends) == len(started)
    voids = [one for one in ends if one["type"] == "RentalVoided"]
    assert len(voids) == len(started) - (1 if pulled else 0)


@contextlib.asynccontextmanager
async def trapped(folder: Path) -> AsyncIterator[tuple[Rig, Trap]]:
    trap = Trap()
    async with rig(folder, docks=2, baud=None, watch=trap, pull_out_s=PULL_OUT_S) as station:
        trap.strike = station.kill_now
        yield station, trap


async def after_quote(station: Rig, _trap: Trap) -> bool:
    await quote(station)
    station.kill_now()
    return False


async def at_the_unlock_frame(station: Rig, trap: Trap) -> bool:
    trap.wanted = unlock_request
    await agree(station, await quote(station))
    await asyncio.wait_for(trap.sprung.wait(), 10)
    return False


async def at_the_docks_answer(station: Rig, trap: Trap) -> bool:
    trap.wanted = unlock_answer
    await agree(station, await quote(station))
    await asyncio.wait_for(trap.sprung.wait(), 10)
    return False


async def while_the_dock_is_open(station: Rig, _trap: Trap) -> bool:
    rental = await agree(station, await quote(station))
    assert rental is not None
    await is_open(station, rental["rental_id"])
    station.kill_now()
    return False


async def just_before_the_vehicle_leaves(station: Rig, _trap: Trap) -> bool:
    rental = await agree(station, await quote(station))
    assert rental is not None
    await is_open(station, rental["rental_id"])
    station.kill_now()
    await station.dead()
    station.yard.pull(DOCK)
    return True


async def just_after_the_vehicle_left(station: Rig, _trap: Trap) -> bool:
    rental = await agree(station, await quote(station))
    assert rental is not None
    await is_open(station, rental["rental_id"])
    station.yard.pull(DOCK)
    station.kill_now()
    return True


async def is_open(station: Rig, rental_id: str) -> None:
    async with asyncio.timeout(10):
        while (await station.get(f"/api/rentals/{rental_id}"))["state"] != "open":
            await asyncio.sleep(0.01)


STEPS: list[Callable[[Rig, Trap], Awaitable[bool]]] = [
    after_quote,
    at_the_unlock_frame,
    at_the_docks_answer,
    while_the_dock_is_open,
    just_before_the_vehicle_leaves,
    just_after_the_vehicle_left,
]


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.__name__)
async def test_a_kill_at_this_step_leaves_no_opened_lock_without_a_rental(
    step: Callable[[Rig, Trap], Awaitable[bool]], tmp_path: Path
) -> None:
    async with trapped(tmp_path) as (station, trap):
        pulled = await step(station, trap)
        await restart_and_check(station, pulled)


async def test_a_kill_at_any_instant_between_yes_and_answer_leaves_the_books_right(tmp_path: Path) -> None:
    """A sweep over the few milliseconds in which the decision is made, committed and sent."""
    async with trapped(tmp_path) as (station, _trap):
        for microseconds in range(0, 9000, 750):
            quote_id = await quote(station)
            asking = asyncio.create_task(agree(station, quote_id))
            await asyncio.sleep(microseconds / 1e6)
            station.kill_now()
            await asking
            await restart_and_check(station, pulled=False)
