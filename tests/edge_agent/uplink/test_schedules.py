"""Any order of faults, restarts, restores and new facts ends with every fact at the hub exactly once, in order."""

import asyncio
import itertools
import tempfile
import uuid
from pathlib import Path

import hypothesis.strategies as st
from hypothesis import given, settings

from edge_agent.store.store import Store
from edge_agent.uplink.identity import Identity
from edge_agent.uplink.pump import SyncPump
from protocols.sync.envelope import Lane, decode_fact
from tests.edge_agent.store.conftest import MovedClock, assert_whole, fact, rows, work
from tests.edge_agent.uplink.conftest import (
    STATION_ID,
    Hub,
    Pauses,
    Station,
    cut,
    garbage,
    make_pump,
    running,
    status,
    until,
)

FAULTS = ["cut before", "cut after", "503", "413", "garbage", "nudge", "restart"]
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("commit"), st.integers(1, 5)),
        st.tuples(st.sampled_from(FAULTS), st.just(0)),
        st.tuples(st.just("restore"), st.integers(0, 6)),
    ),
    max_size=14,
)


@settings(max_examples=30, deadline=None)
@given(steps=STEPS)
def test_every_fact_is_at_the_hub_exactly_once_whatever_happened(steps: list[tuple[str, int]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(_live_through(Path(folder) / "station.db", steps))


async def _live_through(path: Path, steps: list[tuple[str, int]]) -> None:
    hub, station, clock = Hub(), Station(), MovedClock()
    await hub.start()
    made: list[tuple[Lane, uuid.UUID]] = []
    try:
        runs: list[list[tuple[str, int]]] = [[]]
        for step in steps:
            runs.append([]) if step[0] == "restart" else runs[-1].append(step)
        for number, run in enumerate(runs):
            await _one_start(path, hub, station, clock, run, made, drain=number == len(runs) - 1)
    finally:
        await hub.stop()
    for lane in Lane:
        keys = sorted(key for key in hub.facts if key[0] is lane)
        at_hub = [decode_fact(record).id for key in keys for _, record in hub.facts[key]]
        assert at_hub == [fact_id for made_in, fact_id in made if made_in is lane]
        assert_whole(rows(path, lane))


async def _one_start(
    path: Path,
    hub: Hub,
    station: Station,
    clock: MovedClock,
    run: list[tuple[str, int]],
    made: list[tuple[Lane, uuid.UUID]],
    *,
    drain: bool,
) -> None:
    store = await Store.open(path, clock=clock, ballast_bytes=65_536)
    identity = Identity(station_id=STATION_ID, name="Riverside", hub_url=hub.url, key=hub.key)
    pump = make_pump(identity, store, station, Pauses(), clock)
    try:
        async with running(pump.run):
            for what, count in run:
                if what == "commit":
                    facts = [fact(lane=lane) for lane, _ in zip(itertools.cycle(Lane), range(count), strict=False)]
                    made += [(one.lane, one.id) for one in facts]
                    await store.commit(work(clock, *facts))
                else:
                    _happen(hub, what, count)
                pump.nudge()
                await asyncio.sleep(0.001)
            if drain:
                await until(lambda: _is_done(pump, hub, len(made)))
    finally:
        await store.close()


def _is_done(pump: SyncPump, hub: Hub, count: int) -> bool:
    pump.nudge()  # in place of the poll's time
    return pump.snapshot().waiting == 0 and sum(len(held) for held in hub.facts.values()) == count


def _happen(hub: Hub, what: str, count: int) -> None:
    match what:
        case "cut before":
            hub.fail(cut)
        case "cut after":
            hub.after.append(cut)
        case "503":
            hub.fail(status(503, **{"Retry-After": "2"}))
        case "413":
            hub.fail(status(413))
        case "garbage":
            hub.fail(garbage(b"<html>captive portal</html>"))
        case "restore":  # every chain loses its last facts
            for key in hub.facts:
                del hub.facts[key][max(0, len(hub.facts[key]) - count) :]
            hub.facts = {key: held for key, held in hub.facts.items() if held}
