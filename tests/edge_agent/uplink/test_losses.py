"""Lost numbers on the wire: told once, and the facts behind them get through to any hub."""

from pathlib import Path

import msgspec
import pytest

from edge_agent.store.limits import Pressure
from edge_agent.store.shedding import Shedder
from edge_agent.store.store import Store
from edge_agent.store.work import NewFact
from edge_agent.uplink.pump import SyncPump
from protocols.sync.envelope import MAX_FACTS, Lane, LossReason, decode_fact
from protocols.values import to_ms
from tests.edge_agent.store.conftest import MovedClock, fact, work
from tests.edge_agent.uplink.conftest import Hub, Pauses, running, until

SESSION = b'{"session_id":"01900000-0000-7000-8000-000000000001","n":%d}'


async def meter(store: Store, clock: MovedClock, count: int, every_s: float = 10) -> list[NewFact]:
    told = []
    for n in range(count):
        told.append(fact(SESSION % n, lane=Lane.TELEMETRY))
        clock.move(seconds=every_s)
        await store.commit(work(clock, told[-1]))
    return told


async def shed(store: Store, clock: MovedClock, pressure: Pressure, steps: int = 1) -> None:
    shedder = Shedder()

    def run() -> None:
        for _ in range(steps):
            shedder.step(store._conn, store._outbox, pressure, to_ms(clock.at))

    await store._writer.call(run)


def telemetry_ids(hub: Hub) -> set[object]:
    return {one for key, held in hub.facts.items() if key[0] is Lane.TELEMETRY for one, _ in held if one.int}


@pytest.mark.parametrize("knows_losses", [True, False])
async def test_what_follows_shed_telemetry_reaches_the_hub(
    hub: Hub, pump: SyncPump, store: Store, clock: MovedClock, knows_losses: bool
) -> None:
    hub.knows_losses = knows_losses
    told = await meter(store, clock, 1500, every_s=1)
    await shed(store, clock, Pressure.TELEMETRY, steps=2)
    [lost] = store.losses()
    assert (lost.first, lost.last, lost.gone, lost.reason) == (MAX_FACTS + 1, 1500, 1000, LossReason.SHED)
    later = await meter(store, clock, 30)
    async with running(pump.run):
        await until(lambda: store.health().waiting == 0)
    assert telemetry_ids(hub) == {one.id for one in (*told[:MAX_FACTS], *later)}
    if knows_losses:
        assert [(one.first_seq, one.last_seq, one.gone) for one in hub.lost] == [(MAX_FACTS + 1, 1500, 1000)]
        assert [one.told for one in store.losses()] == [True]
        assert store.epoch == 1
    else:
        assert store.epoch == 2
        assert [(one.first, one.last, one.gone, one.told) for one in store.losses()] == [
            (MAX_FACTS + 1, 1530, 1000, False)
        ]


async def test_what_was_read_for_the_hub_is_not_given_up(store: Store, clock: MovedClock) -> None:
    await meter(store, clock, 3 * MAX_FACTS, every_s=1)
    await store.batches(max_facts=2 * MAX_FACTS)
    await shed(store, clock, Pressure.TELEMETRY, steps=5)
    [lost] = store.losses()
    assert (lost.first, lost.last) == (2 * MAX_FACTS + 1, 3 * MAX_FACTS)


async def test_a_hub_that_learns_of_lost_ranges_later_is_told_then(
    hub: Hub, pump: SyncPump, store: Store, clock: MovedClock, pauses: Pauses
) -> None:
    hub.knows_losses = False
    await meter(store, clock, 1500, every_s=1)
    await shed(store, clock, Pressure.TELEMETRY, steps=2)
    await meter(store, clock, 3)
    async with running(pump.run):
        await until(lambda: store.health().waiting == 0)
    hub.knows_losses = True
    pump._losses.again()  # as after each broken connection
    async with running(pump.run):
        pauses.poll()
        await until(lambda: all(one.told for one in store.losses()))
    assert [(one.first_seq, one.last_seq) for one in hub.lost] == [(MAX_FACTS + 1, 1503)]


async def test_thinned_telemetry_keeps_one_sample_a_minute_under_new_numbers(
    hub: Hub, pump: SyncPump, store: Store, clock: MovedClock
) -> None:
    told = await meter(store, clock, MAX_FACTS + 1200)
    clock.move(hours=2)
    await meter(store, clock, 1)
    await shed(store, clock, Pressure.THIN, steps=3)
    [lost] = store.losses()
    assert (lost.first, lost.last) == (MAX_FACTS + 1, MAX_FACTS + 1200)
    kept = 1200 - lost.gone
    assert kept in {200, 201}  # whole minutes, or one more begun
    async with running(pump.run):
        await until(lambda: store.health().waiting == 0)
    assert len(telemetry_ids(hub)) == MAX_FACTS + kept + 1
    minutes = [
        decode_fact(raw).at_ms // 60_000
        for _, raw in hub.facts[Lane.TELEMETRY, 1][MAX_FACTS + 1201 :]
        if raw and msgspec.json.decode(raw)["body"]
    ]
    assert len(minutes) == len(set(minutes)) == kept
    assert {one.id for one in told[:MAX_FACTS]} <= telemetry_ids(hub)


async def test_a_hub_restored_from_before_the_loss_is_told_again(
    hub: Hub, pump: SyncPump, store: Store, clock: MovedClock, pauses: Pauses
) -> None:
    await meter(store, clock, 1500, every_s=1)
    await shed(store, clock, Pressure.TELEMETRY, steps=2)
    later = await meter(store, clock, 3)
    async with running(pump.run):
        await until(lambda: store.health().waiting == 0)
    del hub.facts[Lane.TELEMETRY, 1][200:]
    hub.restarts.clear()
    hub.lost.clear()
    pump._exchange_cursors = True  # as after each broken connection
    async with running(pump.run):
        pauses.poll()
        await until(lambda: len(hub.facts[Lane.TELEMETRY, 1]) == 1503)
    assert [(one.first_seq, one.last_seq) for one in hub.lost] == [(MAX_FACTS + 1, 1500)]
    assert {one.id for one in later} <= telemetry_ids(hub)


async def test_business_is_never_shed(store: Store, clock: MovedClock) -> None:
    for _ in range(20):
        await store.commit(work(clock, *(fact() for _ in range(100))))
    await shed(store, clock, Pressure.OPERATIONS, steps=5)
    assert store.losses() == []
    assert store.health().waiting == 2000


async def test_operations_go_only_when_no_telemetry_is_left(store: Store, clock: MovedClock) -> None:
    for _ in range(8):
        await store.commit(work(clock, *(fact(lane=Lane.OPERATIONS) for _ in range(100))))
    await meter(store, clock, 800, every_s=1)
    await shed(store, clock, Pressure.TELEMETRY, steps=5)
    assert {one.lane for one in store.losses()} == {Lane.TELEMETRY}
    await shed(store, clock, Pressure.OPERATIONS, steps=5)
    assert {one.lane for one in store.losses()} == {Lane.TELEMETRY, Lane.OPERATIONS}


async def test_what_was_shed_survives_a_restart(tmp_path: Path, clock: MovedClock) -> None:
    store = await Store.open(tmp_path / "station.db", clock=clock, ballast_bytes=65_536)
    await meter(store, clock, 900, every_s=1)
    await shed(store, clock, Pressure.TELEMETRY, steps=2)
    before = store.losses()
    await store.close()
    again = await Store.open(tmp_path / "station.db", clock=clock, ballast_bytes=65_536)
    assert again.losses() == before
    assert again.chains()[0].waiting == 900
    await again.close()
