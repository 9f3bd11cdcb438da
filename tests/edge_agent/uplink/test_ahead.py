"""The pump in a crowd, with a large backlog, and without a connection."""

import uuid

from edge_agent.store.store import Store
from edge_agent.uplink.pump import SyncPump
from protocols.sync.envelope import MAX_FACTS, MOST_BYTES, MOST_FACTS, Lane, Room
from tests.edge_agent.store.conftest import MovedClock, fact, work
from tests.edge_agent.uplink.conftest import Hub, Pauses, running, status, until
from tests.edge_agent.uplink.test_pump import commit


async def test_telemetry_is_kept_back_when_the_hub_asks_for_it_and_business_is_not(
    hub: Hub, pump: SyncPump, store: Store, clock: MovedClock, pauses: Pauses
) -> None:
    telemetry = await commit(store, clock, 3, Lane.TELEMETRY)
    hub.hold_telemetry_s = 40.0
    async with running(pump.run):
        await until(lambda: 40.0 in pauses.asked_s)  # nothing else waits: it looks again when the time is over
        business = await commit(store, clock, 2)
        hub.hold_telemetry_s = None
        pump.nudge()
        await hub.until(lambda: hub.ids == business)
        await until(lambda: store.health().waiting == 3)
        assert (Lane.TELEMETRY, store.epoch) not in hub.facts
        clock.move(seconds=41)
        pauses.poll()
        await until(lambda: store.health().waiting == 0)
    assert [fact_id for fact_id, _ in hub.facts[Lane.TELEMETRY, store.epoch]] == telemetry


async def test_a_large_backlog_is_read_ahead_and_new_business_still_comes_first(
    hub: Hub, pump: SyncPump, store: Store, clock: MovedClock
) -> None:
    await store.commit(work(clock, *(fact(lane=Lane.TELEMETRY) for _ in range(4 * MAX_FACTS))))
    told: list[uuid.UUID] = []

    async def in_between(_hub: Hub, _request: object) -> None:
        if len(hub.requests) == 3:
            told.extend(await commit(store, clock, 1))

    hub.after = [in_between] * 20
    async with running(pump.run):
        await until(lambda: store.health().waiting == 0)
    lanes = [[batch.lane for batch in request.batches] for request in hub.requests]
    assert lanes[3] == [Lane.BUSINESS, Lane.TELEMETRY]
    assert hub.ids == told
    assert len(hub.facts[Lane.TELEMETRY, store.epoch]) == 4 * MAX_FACTS
    assert pump.snapshot().failures == 0
    assert pump._ahead.hits >= 1


async def test_where_the_hub_offers_room_a_backlog_of_telemetry_goes_in_fewer_requests_and_business_does_not(
    hub: Hub, pump: SyncPump, store: Store, clock: MovedClock
) -> None:
    hub.room = Room(facts=MOST_FACTS, bytes=MOST_BYTES)
    samples = [fact(lane=Lane.TELEMETRY) for _ in range(9 * MAX_FACTS)]
    await store.commit(work(clock, *samples, *(fact() for _ in range(3 * MAX_FACTS))))
    async with running(pump.run):
        await until(lambda: store.health().waiting == 0)
    sizes = [{batch.lane: len(batch.records) for batch in request.batches} for request in hub.requests]
    assert max(of.get(Lane.TELEMETRY, 0) for of in sizes) > 2 * MAX_FACTS
    assert max(of.get(Lane.BUSINESS, 0) for of in sizes) == MAX_FACTS
    assert [one for one, _ in hub.facts[Lane.TELEMETRY, store.epoch]] == [one.id for one in samples]
    assert pump.snapshot().failures == 0


async def test_after_a_failure_requests_are_what_every_hub_takes(
    hub: Hub, pump: SyncPump, store: Store, clock: MovedClock
) -> None:
    hub.room = Room(facts=MOST_FACTS, bytes=MOST_BYTES)
    await store.commit(work(clock, *(fact(lane=Lane.TELEMETRY) for _ in range(12 * MAX_FACTS))))

    async def older_from_now_on(_hub: Hub, _request: object) -> None:
        if len(hub.requests) == 3:
            hub.room = None
            hub.fail(status(400))

    hub.after = [older_from_now_on] * 20
    async with running(pump.run):
        await until(lambda: store.health().waiting == 0)
    sizes = [sum(len(batch.records) for batch in request.batches) for request in hub.requests]
    assert max(sizes[:3]) > MAX_FACTS
    assert max(sizes[4:]) == MAX_FACTS


async def test_while_there_is_no_connection_it_is_tried_again_within_seconds(
    hub: Hub, pump: SyncPump, store: Store, clock: MovedClock, pauses: Pauses
) -> None:
    await commit(store, clock, 1)
    await hub.stop()
    async with running(pump.run):
        await until(lambda: len(pauses.asked_s) >= 25)
    assert all(0.5 <= wait_s <= 4.0 for wait_s in pauses.asked_s)
    assert len(set(pauses.asked_s)) > 3  # and thousands do not do it as one
