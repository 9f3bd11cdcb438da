"""What the store promises to the station."""

import asyncio
import contextlib
import sqlite3
from pathlib import Path

import msgspec
import pytest

from edge_agent.runtime.clock import new_id
from edge_agent.store.errors import StoreInUse, StoreTooNew, StoreUnwritable
from edge_agent.store.reading import export
from edge_agent.store.store import Store
from edge_agent.store.work import MAX_BODY_BYTES, Entry, Put, Work
from protocols.sync.clock import hlc_parts
from protocols.sync.envelope import Cursor, Lane, chain_all, decode_fact
from protocols.values import to_ms
from tests.edge_agent.store.conftest import MovedClock, assert_whole, fact, ids_of, rows, work


async def test_a_committed_fact_is_in_the_file_with_its_clocks(store: Store, clock: MovedClock, path: Path) -> None:
    one = fact(b'{"rental":"r-1"}')
    await store.commit(work(clock, one))
    [(epoch, seq, record, _)] = rows(path)
    read = decode_fact(record)
    assert (epoch, seq) == (store.epoch, 1)
    assert (read.id, read.type, read.v, bytes(read.body)) == (one.id, "Tested", 1, one.body)
    assert (read.at_ms, read.mono_ms, read.boot) == (to_ms(clock.at), 1_000_000, clock.boot_id)
    assert (read.clock, hlc_parts(read.hlc)) == ("synced", (to_ms(clock.at), 0))


async def test_numbers_have_no_gap_and_hashes_follow_when_many_commit_at_once(
    store: Store, clock: MovedClock, path: Path
) -> None:
    async def station(lane: Lane) -> None:
        for n in range(20):
            await store.commit(work(clock, *(fact(b'{"n":%d}' % n, lane=lane) for _ in range(n % 3 + 1))))

    await asyncio.gather(*(station(lane) for lane in (*Lane, *Lane, *Lane)))
    for lane in Lane:
        found = rows(path, lane)
        assert len(found) == 3 * sum(n % 3 + 1 for n in range(20))
        assert_whole(found)


async def test_every_start_opens_an_epoch_and_numbers_from_one(path: Path, clock: MovedClock) -> None:
    for start in (1, 2, 3):
        store = await Store.open(path, clock=clock, ballast_bytes=65_536)
        assert store.epoch == start
        await store.commit(work(clock, fact(), fact()))
        await store.close()
    assert [(epoch, seq) for epoch, seq, *_ in rows(path)] == [(e, s) for e in (1, 2, 3) for s in (1, 2)]
    assert_whole(rows(path))


async def test_clock_values_rise_when_the_wall_clock_goes_back_between_starts(path: Path, clock: MovedClock) -> None:
    for _ in range(3):
        store = await Store.open(path, clock=clock, ballast_bytes=65_536)
        await store.commit(work(clock, fact(), fact()))
        await store.close()
        clock.move(days=-400)
    assert_whole(rows(path))


async def test_state_survives_and_a_put_of_none_deletes(path: Path, clock: MovedClock) -> None:
    store = await Store.open(path, clock=clock, ballast_bytes=65_536)
    puts = (
        Put(kind="dock", key="1", value=b'{"a":1}'),
        Put(kind="dock", key="2", value=b"[]"),
        Put(kind="rev", key="", value=b"7"),
    )
    await store.commit(Work(moment=clock.now(), puts=puts))
    again = (Put(kind="dock", key="2", value=None), Put(kind="dock", key="1", value=b'{"a":2}'))
    await store.commit(Work(moment=clock.now(), puts=again))
    await store.close()
    store = await Store.open(path, clock=clock, ballast_bytes=65_536)
    assert store.load() == {"dock": {"1": b'{"a":2}'}, "rev": {"": b"7"}}
    await store.close()


async def test_the_last_put_of_a_key_wins_inside_one_group(store: Store, clock: MovedClock) -> None:
    values = (b"1", None, b"3", None, b"5")
    works = [Work(moment=clock.now(), puts=(Put(kind="k", key="x", value=value),)) for value in values]
    await asyncio.gather(*(store.commit(one) for one in works))
    assert store.load() == {"k": {"x": b"5"}}


async def test_journal_entries_keep_the_order_they_were_committed_in(
    store: Store, clock: MovedClock, path: Path
) -> None:
    for n in range(5):
        await store.commit(Work(moment=clock.now(), journal=(Entry(kind="order", data=b"%d" % n),)))
    conn = sqlite3.connect(path)
    found = conn.execute("SELECT hlc, kind, data FROM journal ORDER BY n").fetchall()
    conn.close()
    assert [row[2] for row in found] == ["0", "1", "2", "3", "4"]
    assert sorted({row[0] for row in found}) == [row[0] for row in found]


@pytest.mark.parametrize("body", [b"", b"{", b"}{", b'{"a":1} x', b"\xff\xfe", b'"' + b"x" * MAX_BODY_BYTES + b'"'])
async def test_a_body_that_is_no_json_is_refused_and_hurts_nobody_else(
    store: Store, clock: MovedClock, path: Path, body: bytes
) -> None:
    good = [fact() for _ in range(4)]
    results = await asyncio.gather(
        store.commit(work(clock, good[0])),
        store.commit(work(clock, good[1], fact(body))),
        store.commit(work(clock, good[2])),
        return_exceptions=True,
    )
    assert [isinstance(result, ValueError) for result in results] == [False, True, False]
    await store.commit(work(clock, good[3]))
    assert [decode_fact(record).id for _, _, record, _ in rows(path)] == [good[0].id, good[2].id, good[3].id]
    assert_whole(rows(path))


async def test_batches_are_business_first_and_never_overtake_inside_a_lane(path: Path, clock: MovedClock) -> None:
    made = {lane: [fact(lane=lane) for _ in range(6)] for lane in Lane}
    for half in (0, 3):
        store = await Store.open(path, clock=clock, ballast_bytes=65_536)
        for lane in (Lane.TELEMETRY, Lane.OPERATIONS, Lane.BUSINESS):
            await store.commit(work(clock, *made[lane][half : half + 3]))
        if half == 0:
            await store.close()
    batches = await store.batches()
    assert [(batch.lane, batch.epoch) for batch in batches] == [(lane, e) for lane in Lane for e in (1, 2)]
    assert ids_of(batches) == [one.id for lane in Lane for one in made[lane]]
    assert ids_of(await store.batches(max_facts=2)) == [one.id for one in made[Lane.BUSINESS][:2]]
    assert ids_of(await store.batches(max_facts=8)) == [
        one.id for one in (*made[Lane.BUSINESS], *made[Lane.OPERATIONS][:2])
    ]
    await store.close()


async def test_batches_stay_below_the_byte_limit_and_one_fact_always_goes(store: Store, clock: MovedClock) -> None:
    for _ in range(20):
        await store.commit(work(clock, fact(b'"' + b"x" * 1000 + b'"')))
    some = await store.batches(max_bytes=6000)
    assert 3 <= len(ids_of(some)) <= 5
    assert len(msgspec.json.encode(some)) <= 6000
    assert len(ids_of(await store.batches(max_bytes=10))) == 1


async def test_a_fact_that_does_not_fit_any_more_is_not_overtaken_by_a_smaller_one(
    path: Path, clock: MovedClock
) -> None:
    small, large, later = fact(), fact(b'"' + b"x" * 5000 + b'"'), fact()
    store = await Store.open(path, clock=clock, ballast_bytes=65_536)
    await store.commit(work(clock, small, large))
    await store.close()
    store = await Store.open(path, clock=clock, ballast_bytes=65_536)
    await store.commit(work(clock, later))
    assert ids_of(await store.batches(max_bytes=2500)) == [small.id]
    await store.close()


async def test_an_acknowledged_fact_is_not_sent_again_and_the_next_batch_follows_its_hash(
    store: Store, clock: MovedClock, path: Path
) -> None:
    facts = [fact() for _ in range(5)]
    await store.commit(work(clock, *facts))
    assert (await store.batches())[0].prev_hash == "00" * 32
    await store.acknowledge([Cursor(lane=Lane.BUSINESS, epoch=1, acked=3)])
    [batch] = await store.batches()
    assert (batch.first_seq, ids_of([batch])) == (4, [one.id for one in facts[3:]])
    assert batch.prev_hash == chain_all(bytes(32), [(facts[n].id, rows(path)[n][2]) for n in range(3)]).hex()


async def test_a_cursor_that_goes_back_makes_the_facts_wait_again(store: Store, clock: MovedClock) -> None:
    facts = [fact() for _ in range(5)]
    await store.commit(work(clock, *facts))
    await store.acknowledge([Cursor(lane=Lane.BUSINESS, epoch=1, acked=5)])
    assert await store.batches() == []
    assert await store.acknowledge([Cursor(lane=Lane.BUSINESS, epoch=1, acked=1)]) == 0
    assert ids_of(await store.batches()) == [one.id for one in facts[1:]]


async def test_a_cursor_beyond_the_last_fact_or_of_an_unknown_chain_changes_nothing_else(
    store: Store, clock: MovedClock
) -> None:
    await store.commit(work(clock, fact()))
    await store.acknowledge(
        [Cursor(lane=Lane.BUSINESS, epoch=1, acked=900), Cursor(lane=Lane.TELEMETRY, epoch=77, acked=5)]
    )
    await store.commit(work(clock, fact()))
    [batch] = await store.batches()
    assert (batch.first_seq, len(batch.records)) == (2, 1)


async def test_acknowledgements_survive_a_restart(path: Path, clock: MovedClock) -> None:
    store = await Store.open(path, clock=clock, ballast_bytes=65_536)
    facts = [fact() for _ in range(3)]
    await store.commit(work(clock, *facts))
    await store.acknowledge([Cursor(lane=Lane.BUSINESS, epoch=1, acked=2)])
    await store.close()
    store = await Store.open(path, clock=clock, ballast_bytes=65_536)
    assert ids_of(await store.batches()) == [facts[2].id]
    await store.close()


async def test_the_backlog_says_how_much_waits_and_since_when(store: Store, clock: MovedClock) -> None:
    first_ms = to_ms(clock.at)
    await store.commit(work(clock, fact(), fact()))
    clock.move(minutes=10)
    await store.commit(work(clock, fact(), fact(lane=Lane.TELEMETRY)))
    backlog = {one.lane: (one.waiting, one.oldest_at_ms) for one in await store.backlog()}
    assert backlog == {
        Lane.BUSINESS: (3, first_ms),
        Lane.OPERATIONS: (0, None),
        Lane.TELEMETRY: (1, to_ms(clock.at)),
    }


async def test_a_second_process_on_the_same_file_is_refused(store: Store, path: Path, clock: MovedClock) -> None:
    with pytest.raises(StoreInUse):
        await Store.open(path, clock=clock)


async def test_a_file_of_a_newer_agent_is_refused(path: Path, clock: MovedClock) -> None:
    conn = sqlite3.connect(path)
    conn.execute("PRAGMA user_version = 9999")
    conn.close()
    with pytest.raises(StoreTooNew):
        await Store.open(path, clock=clock)


async def test_a_clean_end_is_told_from_an_unclean_one(path: Path, clock: MovedClock) -> None:
    store = await Store.open(path, clock=clock, ballast_bytes=65_536)
    assert not store.unclean
    await store.close()
    store = await Store.open(path, clock=clock, ballast_bytes=65_536)
    assert not store.unclean
    copy = path.with_name("copy.db")
    for suffix in ("", "-wal"):  # what a power cut would leave
        with contextlib.suppress(FileNotFoundError):
            copy.with_name(copy.name + suffix).write_bytes(path.with_name(path.name + suffix).read_bytes())
    await store.close()
    cut = await Store.open(copy, clock=clock, ballast_bytes=65_536)
    assert cut.unclean
    await cut.close()


async def test_nothing_is_taken_after_the_close(path: Path, clock: MovedClock) -> None:
    store = await Store.open(path, clock=clock, ballast_bytes=65_536)
    await store.close()
    with pytest.raises(StoreUnwritable):
        await store.commit(work(clock, fact()))


async def test_work_queued_before_the_close_is_done_before_it(path: Path, clock: MovedClock) -> None:
    store = await Store.open(path, clock=clock, ballast_bytes=65_536)
    waiting = [asyncio.ensure_future(store.commit(work(clock, fact()))) for _ in range(50)]
    await asyncio.sleep(0)
    await store.close()
    await asyncio.gather(*waiting)
    assert len(rows(path)) == 50


async def test_a_cancelled_wait_does_not_undo_the_work(store: Store, clock: MovedClock, path: Path) -> None:
    task = asyncio.ensure_future(store.commit(work(clock, fact())))
    await asyncio.sleep(0)
    task.cancel()
    await store.commit(work(clock, fact()))
    assert len(rows(path)) == 2


async def test_the_export_has_every_fact_as_one_json_line(store: Store, clock: MovedClock, path: Path) -> None:
    facts = [fact(b'{"text":"d\xc3\xb6ck"}'), fact(lane=Lane.TELEMETRY)]
    await store.commit(work(clock, *facts))
    lines = [msgspec.json.decode(line) for line in export(path)]
    assert [(line["lane"], line["epoch"], line["seq"], line["record"]["id"]) for line in lines] == [
        ("biz", 1, 1, str(facts[0].id)),
        ("tel", 1, 1, str(facts[1].id)),
    ]
    assert lines[0]["record"]["body"] == {"text": "döck"}


async def test_a_person_can_read_the_outbox_with_plain_sql(store: Store, clock: MovedClock, path: Path) -> None:
    one = fact(b'{"n":1}', id=new_id())
    await store.commit(work(clock, one, fact()))
    await store.acknowledge([Cursor(lane=Lane.BUSINESS, epoch=1, acked=1)])
    conn = sqlite3.connect(path)
    found = conn.execute("SELECT lane, epoch, seq, type, at, acknowledged, id, body FROM outbox").fetchall()
    conn.close()
    assert found[0] == ("biz", 1, 1, "Tested", "2026-11-21T08:00:00.000Z", 1, str(one.id), '{"n":1}')
    assert found[1][5] == 0
