"""The pump against a real HTTP hub: nothing lost, nothing doubled, never stuck."""

import asyncio
import json
import uuid
from pathlib import Path

import msgspec
import pytest

from edge_agent.core.inputs import HubReached, HubUnreachable
from edge_agent.runtime.clock import new_id
from edge_agent.store.store import Store
from edge_agent.uplink.identity import Identity
from edge_agent.uplink.pump import Line, SyncPump
from protocols.errors import Refused
from protocols.sync.envelope import MAX_FACTS, Lane
from tests.edge_agent.store.conftest import MovedClock, assert_whole, fact, rows, work
from tests.edge_agent.uplink.conftest import (
    POLL_S,
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


async def commit(store: Store, clock: MovedClock, count: int, lane: Lane = Lane.BUSINESS) -> list[uuid.UUID]:
    facts = [fact(lane=lane) for _ in range(count)]
    for one in facts:
        await store.commit(work(clock, one))
    return [one.id for one in facts]


async def test_facts_reach_the_hub_once_in_order_and_are_acknowledged(
    hub: Hub, pump: SyncPump, store: Store, clock: MovedClock, station: Station
) -> None:
    ids = await commit(store, clock, 7)
    async with running(pump.run):
        await until(lambda: store.health().waiting == 0)
    assert hub.ids == ids
    assert set(hub.codings) == {"zstd"}
    assert isinstance(station.told[-1], HubReached)
    seen = pump.snapshot()
    assert (seen.line, seen.facts_taken, seen.failures, seen.waiting) == (Line.ONLINE, 7, 0, 0)


async def test_the_first_message_of_a_start_exchanges_cursors_and_says_what_is_held(
    hub: Hub, pump: SyncPump, store: Store, clock: MovedClock, station: Station
) -> None:
    await commit(store, clock, 2)
    async with running(pump.run):
        await until(lambda: store.health().waiting == 0)
    first, second = hub.requests[:2]
    assert first.batches == []
    assert [len(batch.records) for batch in second.batches] == [2]
    assert [(one.name, one.version) for one in first.lists] == [("tariffs", 3)]
    assert (first.backlog[0].lane, first.backlog[0].waiting) == (Lane.BUSINESS, 2)
    assert (first.clock.quality, first.agent, first.rev) == ("synced", "0.1.0", 0)


async def test_every_request_says_how_agent_and_store_are(
    hub: Hub, pump: SyncPump, store: Store, clock: MovedClock
) -> None:
    await commit(store, clock, 1)
    async with running(pump.run):
        await until(lambda: store.health().waiting == 0)
        clock.mono += 90
        await commit(store, clock, 1)
        pump.nudge()
        await until(lambda: store.health().waiting == 0)
    first, last = hub.requests[0].health, hub.requests[-1].health
    assert first is not None
    assert last is not None
    assert (first.store_low, first.store_damaged, first.store_pressure) == (False, False, "none")
    assert last.up_s - first.up_s >= 90


async def test_a_lost_reply_doubles_nothing(hub: Hub, pump: SyncPump, store: Store, clock: MovedClock) -> None:
    ids = await commit(store, clock, 5)
    hub.after = [cut, cut, cut]
    async with running(pump.run):
        await until(lambda: store.health().waiting == 0)
    assert hub.ids == ids
    assert pump.snapshot().failures == 3


async def test_a_new_fact_is_sent_at_once_when_the_pump_is_nudged(
    hub: Hub, pump: SyncPump, store: Store, clock: MovedClock, pauses: Pauses
) -> None:
    async with running(pump.run):
        await until(lambda: POLL_S in pauses.asked_s)
        ids = await commit(store, clock, 1)
        pump.nudge()
        await until(lambda: store.health().waiting == 0)
    assert hub.ids == ids


async def test_without_a_nudge_the_poll_finds_the_facts(
    hub: Hub, pump: SyncPump, store: Store, clock: MovedClock, pauses: Pauses
) -> None:
    async with running(pump.run):
        await until(lambda: POLL_S in pauses.asked_s)
        ids = await commit(store, clock, 3)
        pauses.poll()
        await until(lambda: store.health().waiting == 0)
    assert hub.ids == ids


async def test_a_nudge_from_another_thread_is_heard(
    hub: Hub, pump: SyncPump, store: Store, clock: MovedClock, pauses: Pauses
) -> None:
    async with running(pump.run):
        await until(lambda: POLL_S in pauses.asked_s)
        await commit(store, clock, 1)
        await asyncio.to_thread(pump.nudge)
        await until(lambda: store.health().waiting == 0)


async def test_retry_after_is_honoured_also_when_nudged(
    hub: Hub, pump: SyncPump, store: Store, clock: MovedClock, pauses: Pauses, station: Station
) -> None:
    await commit(store, clock, 1)
    hub.fail(status(503, **{"Retry-After": str(int(POLL_S))}))
    async with running(pump.run):
        await until(lambda: pauses.asked_s == [POLL_S])
        pump.nudge()
        await asyncio.sleep(0.05)
        assert pauses.asked_s == [POLL_S]
        assert station.told == [HubUnreachable(reason="http_503")]
        pauses.poll()
        await until(lambda: store.health().waiting == 0)


async def test_waits_after_failures_grow_and_one_success_makes_them_short_again(
    hub: Hub, pump: SyncPump, store: Store, clock: MovedClock, pauses: Pauses
) -> None:
    hub.fail(*[status(500)] * 20)
    async with running(pump.run):
        await until(lambda: POLL_S in pauses.asked_s)
        waits = pauses.asked_s[: pauses.asked_s.index(POLL_S)]
        assert waits[:3] == pytest.approx([0.25, 0.45, 0.81])
        assert waits == sorted(waits)
        assert max(waits) == 15.0
        hub.fail(status(500))
        pauses.asked_s.clear()
        pauses.poll()
        await until(lambda: POLL_S in pauses.asked_s)
    assert pauses.asked_s[0] == pytest.approx(0.25)


async def test_a_line_that_breaks_every_connection_is_tried_again_within_seconds_however_long_it_does(
    hub: Hub, pump: SyncPump, pauses: Pauses
) -> None:
    hub.fail(*[cut] * 40)
    async with running(pump.run):
        await until(lambda: POLL_S in pauses.asked_s)
    waits = pauses.asked_s[: pauses.asked_s.index(POLL_S)]
    assert len(waits) >= 20  # the HTTP client itself tries a dead connection once more
    assert max(waits) <= 2.5


async def test_a_hub_without_zstd_gets_gzip(hub: Hub, pump: SyncPump, store: Store, clock: MovedClock) -> None:
    hub.speaks_zstd = False
    ids = await commit(store, clock, 3)
    async with running(pump.run):
        await until(lambda: store.health().waiting == 0)
    assert hub.ids == ids
    assert hub.codings == ["zstd", "gzip", "gzip"]


async def test_a_request_that_is_too_large_is_halved_until_it_fits_and_grows_again(
    hub: Hub, pump: SyncPump, store: Store, clock: MovedClock
) -> None:
    ids = await commit(store, clock, 40)
    hub.fail(*[status(413)] * 6)
    async with running(pump.run):
        await until(lambda: store.health().waiting == 0)
    assert hub.ids == ids
    sizes = [sum(len(batch.records) for batch in request.batches) for request in hub.requests]
    assert sizes[:2] == [0, 40]
    assert pump.snapshot().next_batch_facts == min(MAX_FACTS, MAX_FACTS // 64 + 2 * 50)


GARBAGE = [
    b"",
    b"{",
    b"null",
    b"\xff\xfe\x00",
    b'{"protocol":1}',
    b'{"protocol":1,"hub":"x","hub_at_ms":1e30,"rev":0}',
    b'{"protocol":1,"hub":"x","hub_at_ms":99999999999999999,"rev":0}',
    b'{"protocol":1,"hub":"x","hub_at_ms":-5,"rev":0}',
    b'{"protocol":1,"hub":"x","hub_at_ms":1,"rev":-7}',
    b'{"protocol":1,"hub":"x","hub_at_ms":1,"rev":0,"cursors":[{"lane":"xxx","epoch":1,"acked":1}]}',
    b'{"protocol":1,"hub":"x","hub_at_ms":1,"rev":0,"results":7}',
]


@pytest.mark.parametrize("body", GARBAGE)
async def test_a_reply_that_cannot_be_read_is_counted_and_tried_again(
    hub: Hub, pump: SyncPump, store: Store, clock: MovedClock, body: bytes
) -> None:
    ids = await commit(store, clock, 2)
    hub.fail(garbage(body), garbage(body, **{"Content-Encoding": "gzip"}))
    async with running(pump.run):
        await until(lambda: store.health().waiting == 0)
    assert hub.ids == ids
    assert pump.snapshot().malformed == 2


NONSENSE: list[dict[str, object]] = [
    {"cursors": [{"lane": "biz", "epoch": 1, "acked": -5}, {"lane": "biz", "epoch": 2**60, "acked": 2**62}]},
    {"results": [{"lane": "biz", "epoch": 1, "verdict": "taken", "acked": -1}]},
    {"results": [{"lane": "tel", "epoch": 9, "verdict": "fork", "acked": 1, "epoch_floor": 2**62}]},
    {"retry_after_s": -3.0},
    {"more": True},
]


@pytest.mark.parametrize("extra", NONSENSE, ids=[next(iter(one)) + str(n) for n, one in enumerate(NONSENSE)])
async def test_a_reply_full_of_nonsense_loses_nothing(
    hub: Hub, pump: SyncPump, store: Store, clock: MovedClock, extra: dict[str, object]
) -> None:
    ids = await commit(store, clock, 3)
    plain: dict[str, object] = {"protocol": 1, "hub": "x", "hub_at_ms": 1, "rev": 0}
    hub.fail(*[garbage(json.dumps(plain | extra).encode())] * 3)
    async with running(pump.run):
        await until(lambda: store.health().waiting == 0)
    assert hub.ids == ids
    assert store.epoch == 1


async def test_a_hub_that_lost_its_latest_facts_is_filled_again(
    hub: Hub, pump: SyncPump, store: Store, clock: MovedClock, pauses: Pauses
) -> None:
    ids = await commit(store, clock, 10)
    async with running(pump.run):
        await until(lambda: store.health().waiting == 0)
        del hub.facts[Lane.BUSINESS, 1][4:]  # restored from an old backup
        ids += await commit(store, clock, 2)
        pump.nudge()
        await until(lambda: len(hub.ids) == 12)
    assert hub.ids == ids
    assert pump.snapshot().rewinds > 0


async def test_a_restored_hub_is_filled_again_without_any_new_fact(
    hub: Hub, pump: SyncPump, store: Store, clock: MovedClock, pauses: Pauses
) -> None:
    ids = await commit(store, clock, 6)
    async with running(pump.run):
        await until(lambda: store.health().waiting == 0)
        await until(lambda: POLL_S in pauses.asked_s)
        del hub.facts[Lane.BUSINESS, 1][2:]
        pauses.poll()
        await until(lambda: len(hub.ids) == 6)
    assert hub.ids == ids


async def test_a_hub_that_forgot_this_station_altogether_is_filled_again(
    hub: Hub, pump: SyncPump, store: Store, clock: MovedClock, pauses: Pauses
) -> None:
    ids = await commit(store, clock, 6)
    async with running(pump.run):
        await until(lambda: store.health().waiting == 0)
        await until(lambda: POLL_S in pauses.asked_s)
        hub.facts.clear()
        hub.nonces.clear()
        pauses.poll()
        await until(lambda: len(hub.ids) == 6)
    assert hub.ids == ids


async def test_a_fork_moves_everything_to_an_epoch_above_the_floor(
    hub: Hub, pump: SyncPump, store: Store, clock: MovedClock, tmp_path: Path
) -> None:
    hub.nonces[1] = "the twin's nonce"
    hub.facts[Lane.BUSINESS, 1] = [(new_id(), b"{}")] * 4  # the twin's facts under our numbers
    hub.epoch_floor = 40
    twins = len(hub.ids)
    ids = await commit(store, clock, 5)
    async with running(pump.run):
        await until(lambda: store.health().waiting == 0)
        ids += await commit(store, clock, 1)
        pump.nudge()
        await until(lambda: store.health().waiting == 0)
    assert hub.ids[twins:] == ids
    assert store.epoch == 40
    assert pump.snapshot().forks == 1
    assert_whole(rows(tmp_path / "station.db"))


async def test_cursors_of_a_twin_are_not_taken_for_our_own(
    hub: Hub, pump: SyncPump, store: Store, clock: MovedClock
) -> None:
    hub.facts[Lane.BUSINESS, 1] = [(new_id(), b"{}")] * 900
    hub.takes_facts = False
    await commit(store, clock, 3)
    async with running(pump.run):
        await until(lambda: pump.snapshot().exchanges >= 3)
    assert store.health().waiting == 3


async def test_a_hub_that_takes_nothing_is_not_asked_in_a_circle(
    hub: Hub, pump: SyncPump, store: Store, clock: MovedClock, pauses: Pauses
) -> None:
    hub.takes_facts = False
    await commit(store, clock, 1)
    async with running(pump.run):
        await until(lambda: pump.snapshot().exchanges >= 5)
    assert pauses.asked_s[:3] == pytest.approx([0.25, 0.45, 0.81])


async def test_a_request_number_below_the_hubs_raises_the_epoch(
    hub: Hub, pump: SyncPump, store: Store, clock: MovedClock
) -> None:
    hub.last_number = (30 << 32) + 5
    ids = await commit(store, clock, 2)
    async with running(pump.run):
        await until(lambda: store.health().waiting == 0)
    assert hub.ids == ids
    assert (store.epoch, hub.rejected_numbers) == (31, 1)


async def test_changes_are_held_only_once_the_station_has_them(hub: Hub, pump: SyncPump, station: Station) -> None:
    hub.changes = [(rev, msgspec.json.encode({"kind": "new", "rev": rev})) for rev in range(1, 6)]
    hub.changes_per_reply = 2
    station.failures = [Refused("store_full"), Refused("store_full")]
    async with running(pump.run):
        await until(lambda: station.held.rev == 5)
    assert [change.rev for change in station.arrived] == [2, 4, 5]
    assert [raw for change in station.arrived for raw in change.changes] == [raw for _, raw in hub.changes]
    assert [request.rev for request in hub.requests][:3] == [0, 0, 0]
    assert HubUnreachable(reason="changes_refused") in station.told


async def test_an_exchange_that_stalls_is_cut_and_begun_again(
    hub: Hub, identity: Identity, store: Store, station: Station, pauses: Pauses, clock: MovedClock
) -> None:
    hub.changes = [(1, b'{"kind":"new","rev":1}')]
    station.hangs = 1
    pump = make_pump(identity, store, station, pauses, clock, stalled_after_s=0.2)
    async with running(pump.run):
        await until(lambda: station.held.rev == 1)
    assert pump.snapshot().stalls == 1


async def test_an_unreachable_hub_is_told_once_reached_again_everything_goes_up(
    hub: Hub, pump: SyncPump, store: Store, clock: MovedClock, station: Station
) -> None:
    port = int(hub.url.rsplit(":", 1)[1])
    await hub.stop()
    ids = await commit(store, clock, 4)
    async with running(pump.run):
        await until(lambda: len(station.told) >= 2)
        assert station.told[0] == HubUnreachable(reason="connect")
        assert pump.snapshot().line is Line.OFFLINE
        await hub.start(port)
        await until(lambda: store.health().waiting == 0)
    assert hub.ids == ids
    assert isinstance(station.told[-1], HubReached)


async def test_a_backlog_of_all_lanes_goes_up_business_first(
    hub: Hub, pump: SyncPump, store: Store, clock: MovedClock
) -> None:
    for lane in (Lane.TELEMETRY, Lane.OPERATIONS, Lane.BUSINESS):
        await store.commit(work(clock, *(fact(lane=lane) for _ in range(700))))
    async with running(pump.run):
        await until(lambda: store.health().waiting == 0)
    order = [batch.lane for request in hub.requests for batch in request.batches]
    assert order == sorted(order, key=list(Lane).index)
    assert {key: len(held) for key, held in hub.facts.items()} == {(lane, 1): 700 for lane in Lane}
