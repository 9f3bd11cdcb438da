"""Lost ranges: the cursor goes over numbers that will never come, and people can read which."""

from typing import Any

import msgspec
import pytest

from hub.intake.tables import FactCursor, FactRow, LostFacts
from hub.stations.tables import Station
from protocols.sync.envelope import Lane, LossReason, LostRange, SyncReply, Verdict, decode_reply
from tests.hub.conftest import FixedAuth
from tests.hub.stations_double import StationDouble, World


def told(double: StationDouble, count: int, lane: Lane = Lane.TELEMETRY) -> None:
    for number in range(count):
        double.tell_raw(lane, "FromTheFuture", msgspec.json.encode({"n": number}), v=7)


def lost(double: StationDouble, first: int, last: int | None, lane: Lane = Lane.TELEMETRY, **changed: Any) -> LostRange:
    chain = double.chain(lane)
    given: dict[str, Any] = {
        "lane": lane,
        "epoch": double.epoch,
        "nonce": chain.nonce,
        "first_seq": first,
        "last_seq": last,
        "reason": LossReason.SHED,
        "gone": 0 if last is None else last - first + 1,
        "hash": chain.hashes[0 if last is None else last].hex(),
    }
    return LostRange(**(given | changed))


async def say(world: World, double: StationDouble, *ranges: LostRange, batches: Any = ()) -> SyncReply:
    request = msgspec.structs.replace(double.request(*batches), lost=list(ranges))
    async with await world.post(double, request) as answer:
        assert answer.status == 200, await answer.text()
        return decode_reply(await answer.read())


async def kept(world: World) -> list[tuple[Any, ...]]:
    return await world.rows(LostFacts, "lane", "epoch", "first_seq", "last_seq", "gone", "reason")


async def test_the_chain_goes_on_behind_lost_numbers_in_the_same_request(world: World) -> None:
    double = await world.station()
    told(double, 9)
    await world.sync(double, double.batch(Lane.TELEMETRY, last=3))
    reply = await say(world, double, lost(double, 4, 6), batches=[double.batch(Lane.TELEMETRY, first=7)])
    assert [(one.first_seq, one.verdict, one.acked) for one in reply.lost] == [(4, Verdict.TAKEN, 6)]
    assert [(one.verdict, one.acked) for one in reply.results] == [(Verdict.TAKEN, 9)]
    assert [seq for (seq,) in await world.rows(FactRow, "seq")] == [1, 2, 3, 7, 8, 9]
    assert await kept(world) == [("tel", 1, 4, 6, 3, "shed")]


async def test_a_range_that_comes_again_is_recorded_and_counted_once(world: World) -> None:
    double = await world.station()
    told(double, 3)
    for _ in range(3):
        reply = await say(world, double, lost(double, 1, 2, reason=LossReason.DAMAGED))
        assert [(one.verdict, one.acked) for one in reply.lost] == [(Verdict.TAKEN, 2)]
    assert await kept(world) == [("tel", 1, 1, 2, 2, "damaged")]
    assert await world.rows(Station, "facts_lost", "facts_shed") == [(2, 0)]


async def test_facts_that_the_hub_holds_are_not_lost(world: World) -> None:
    double = await world.station()
    told(double, 6)
    await world.sync(double, double.batch(Lane.TELEMETRY, last=4))
    reply = await say(world, double, lost(double, 1, 3), lost(double, 3, 5))
    assert [(one.verdict, one.acked) for one in reply.lost] == [(Verdict.TAKEN, 4), (Verdict.TAKEN, 5)]
    assert await kept(world) == [("tel", 1, 5, 5, 1, "shed")]
    assert len(await world.rows(FactRow, "seq")) == 4


async def test_a_range_behind_a_gap_moves_nothing(world: World) -> None:
    double = await world.station()
    told(double, 6)
    reply = await say(world, double, lost(double, 3, 4))
    assert [(one.verdict, one.acked) for one in reply.lost] == [(Verdict.GAP, 0)]
    assert await kept(world) == []
    assert await world.rows(FactCursor, "acked") == []


async def test_a_range_of_another_history_is_a_fork(world: World) -> None:
    double = await world.station()
    told(double, 4)
    await world.sync(double, double.batch(Lane.TELEMETRY, last=2))
    reply = await say(world, double, lost(double, 3, 4, nonce="drawn again"))
    assert [(one.verdict, one.acked) for one in reply.lost] == [(Verdict.FORK, 2)]
    assert await kept(world) == []


async def test_an_end_that_nobody_knows_is_recorded_and_moves_nothing(world: World) -> None:
    double = await world.station()
    told(double, 4, Lane.BUSINESS)
    await world.sync(double, double.batch(last=2))
    for _ in range(2):
        unknown = lost(double, 3, None, Lane.BUSINESS, reason=LossReason.DAMAGED)
        reply = await say(world, double, unknown, batches=[double.batch(first=3)])
        assert reply.lost[0].verdict is Verdict.TAKEN
    assert await kept(world) == [("biz", 1, 3, None, 0, "damaged"), ("biz", 1, 5, None, 0, "damaged")]
    assert await world.rows(FactCursor, "acked") == [(4,)]


async def test_a_fact_that_follows_must_follow_the_hash_that_was_given(world: World) -> None:
    double = await world.station()
    told(double, 6)
    await say(world, double, lost(double, 1, 4, hash="ab" * 32))
    reply = await world.sync(double, double.batch(Lane.TELEMETRY, first=5))
    assert [one.verdict for one in reply.results] == [Verdict.FORK]


@pytest.mark.parametrize(
    "wrong",
    [
        {"epoch": 0},
        {"first_seq": 0},
        {"last_seq": 2},
        {"gone": 3},
        {"gone": -1},
        {"hash": "ab"},
        {"reason": ""},
        {"reason": "x" * 21},
        {"nonce": ""},
    ],
)
async def test_a_range_that_breaks_the_contract_is_refused_and_nothing_moves(
    world: World, wrong: dict[str, Any]
) -> None:
    double = await world.station()
    told(double, 4)
    request = msgspec.structs.replace(double.request(), lost=[lost(double, 3, 4, **wrong)])
    async with await world.post(double, request) as response:
        assert response.status in {400, 422}
    assert await kept(world) == []


async def test_an_admin_reads_a_stations_lost_ranges(world: World, auth: FixedAuth) -> None:
    double, other = await world.station(), await world.station("015")
    told(double, 4)
    await say(world, double, lost(double, 1, 4))
    auth.sign_in("facts:read")
    for one, count in ((double, 1), (other, 0)):
        async with world.client.get(f"/api/v1/stations/{one.station_id}/lost-ranges") as response:
            assert response.status == 200
            assert len((await response.json())["items"]) == count
