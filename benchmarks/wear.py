"""Wear of the card: bytes handed to the disk for a whole rental, and for one fact of each kind.

The real core, loop and store (the station of the month's benchmark, without its hub), with two cars charging and
docks that report all the while, as an agent runs them: telemetry waits for company. Bytes are the kernel's
`write_bytes` of this process, the log's and the checkpoints' included, rounded up to pages as the disk sees them.
"""

import asyncio
import contextlib
import tempfile
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Final

import msgspec

from benchmarks.month_station import Month, MovedClock
from benchmarks.results import Result, at_most, plain
from edge_agent.runtime.clock import new_id
from edge_agent.store.limits import Limits
from edge_agent.store.store import Store
from edge_agent.store.wear import process_bytes
from edge_agent.store.work import NewFact, Put, Work
from protocols.sync.envelope import Lane

RENTALS: Final = 60
COMMITS, FACTS_A_COMMIT = 400, 10
SAMPLES: Final = 6_000
SAMPLE_EVERY_S: Final = 0.5  # twenty connectors, a sample each ten seconds
NOWHERE: Final = "http://127.0.0.1:9"
BILL = msgspec.json.encode({"rental_id": "01900000-0000-7000-8000-000000000001", "text": "x" * 190})
SESSION = "01900000-0000-7000-8000-0000000000%02d"
BUSINESS_GOAL_B: Final = 3_000
TELEMETRY_GOAL_B: Final = 1_200


@contextlib.asynccontextmanager
async def opened(folder: Path, clock: MovedClock) -> AsyncIterator[Store]:
    """A store as the agent opens it; the clock is moved, so a fill of the group, not the delay, ends the wait."""
    store = await Store.open(folder / "station.db", clock=clock, limits=Limits(telemetry_delay_s=1000.0))
    try:
        await store.tidy()
        yield store
    finally:
        await store.close()


async def _rentals(folder: Path) -> tuple[float, float]:
    """Bytes per rental, and how many facts a rental is; one rental after the other, out and back."""
    clock = MovedClock()
    async with opened(folder, clock) as store:
        month = Month(store, clock, NOWHERE)
        running = asyncio.create_task(month.station.run())
        try:
            await month.furnish()
            await month.rent_and_return(1)
            await store.tidy()
            before, facts = process_bytes(), _facts(store)
            for number in range(RENTALS):
                await month.rent_and_return(1 + number % 8)
            await store.tidy()
            return (process_bytes() - before) / RENTALS, (_facts(store) - facts) / RENTALS
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)


def _facts(store: Store) -> int:
    return sum(one.last for one in store.chains())


async def _per_fact(folder: Path, clock: MovedClock, commit: Callable[[Store, int], Work], commits: int) -> float:
    async with opened(folder, clock) as store:
        before, facts = process_bytes(), _facts(store)
        for number in range(commits):
            await store.commit(commit(store, number))
            if number % 100 == 99:
                await asyncio.sleep(0)
        await store.tidy()
        return (process_bytes() - before) / (_facts(store) - facts)


async def _business(folder: Path) -> float:
    clock = MovedClock()

    def work(_store: Store, _number: int) -> Work:
        clock.move(1)
        made = (
            NewFact(lane=Lane.BUSINESS, type="RentalEnded", v=1, id=new_id(), body=BILL) for _ in range(FACTS_A_COMMIT)
        )
        return Work(moment=clock.now(), facts=tuple(made))

    return await _per_fact(folder, clock, work, COMMITS)


async def _telemetry(folder: Path) -> float:
    """A meter's sample and its session's row of state, as the core leaves them behind."""
    clock = MovedClock()

    def work(_store: Store, number: int) -> Work:
        clock.move(SAMPLE_EVERY_S)
        session = SESSION % (number % 20)
        sample = {
            "session_id": session, "sampled_ms": 1_795_000_000_000 + number, "energy_wh": 12_000 + number,
            "power_w": 10_800.0, "current_a": 15.6, "voltage_v": 230.1, "soc_pct": 50.0,
        }  # fmt: skip
        fact = NewFact(lane=Lane.TELEMETRY, type="ChargingMetered", v=1, id=new_id(), body=msgspec.json.encode(sample))
        state = msgspec.json.encode(sample | {"charger_id": "CP", "connector_no": 1, "id_token": "A" * 8})
        return Work(moment=clock.now(), facts=(fact,), puts=(Put(kind="sessions", key=session, value=state),))

    return await _per_fact(folder, clock, work, SAMPLES)


def _fresh(folder: Path, name: str) -> Path:
    made = folder / name
    made.mkdir()
    return made


async def _measure(folder: Path) -> list[Result]:
    rental_b, facts = await _rentals(_fresh(folder, "rentals"))
    business_b = await _business(_fresh(folder, "business"))
    telemetry_b = await _telemetry(_fresh(folder, "telemetry"))
    return [
        plain("wear: bytes written per rental", rental_b, "B", note=f"{facts:.1f} facts, each decision its own commit"),
        at_most("wear: per business fact, 10 a commit", business_b, "B", BUSINESS_GOAL_B),
        at_most("wear: per telemetry fact, grouped", telemetry_b, "B", TELEMETRY_GOAL_B, note="with its state"),
    ]


def run() -> list[Result]:
    """Measure in a folder on the disk that holds the working tree: a RAM disk counts no bytes."""
    Path("build").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir="build", prefix="wear-") as folder:
        return asyncio.run(_measure(Path(folder)))


if __name__ == "__main__":
    for result in run():
        print(
            f"{result.name:48} {result.value:12.0f} {result.unit:8} goal {result.goal} met {result.met}  {result.note}"
        )
