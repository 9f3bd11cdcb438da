"""Chains that cannot be continued move to a new epoch; nothing is lost on the way."""

import datetime as dt
import sqlite3
from pathlib import Path

import pytest

from edge_agent.store.chains import MAX_EPOCH
from edge_agent.store.errors import StoreUnwritable
from edge_agent.store.store import Store
from protocols.sync.envelope import Cursor, Lane
from tests.edge_agent.store.conftest import MovedClock, assert_whole, fact, ids_of, rows, work


async def test_after_a_fork_what_the_hub_does_not_hold_is_numbered_anew_above_the_floor(
    store: Store, clock: MovedClock, path: Path
) -> None:
    facts = [fact() for _ in range(5)]
    other = fact(lane=Lane.OPERATIONS)
    await store.commit(work(clock, *facts, other))
    await store.acknowledge([Cursor(lane=Lane.BUSINESS, epoch=1, acked=2)])
    before = {record for *_, record, _ in rows(path)}
    assert await store.rehome([(Lane.BUSINESS, 1)], epoch_floor=9) == 3
    assert store.epoch == 9
    await store.commit(work(clock, fact()))
    batches = await store.batches()
    assert [(b.lane, b.epoch, b.first_seq, len(b.records)) for b in batches] == [
        (Lane.BUSINESS, 9, 1, 4),
        (Lane.OPERATIONS, 1, 1, 1),
    ]
    assert ids_of(batches)[:3] == [one.id for one in facts[2:]]
    assert before < {record for *_, record, _ in rows(path)}
    assert_whole(rows(path))


async def test_a_fork_of_two_epochs_keeps_their_order(path: Path, clock: MovedClock) -> None:
    made = [fact() for _ in range(6)]
    for part in (made[:3], made[3:]):
        store = await Store.open(path, clock=clock, ballast_bytes=65_536)
        await store.commit(work(clock, *part))
        if part[0] is made[0]:
            await store.close()
    assert await store.rehome([(Lane.BUSINESS, 2), (Lane.BUSINESS, 1)], epoch_floor=0) == 6
    assert ids_of(await store.batches()) == [one.id for one in made]
    await store.close()
    assert_whole(rows(path))


async def test_a_moved_chain_is_moved_still_after_a_restart(path: Path, clock: MovedClock) -> None:
    store = await Store.open(path, clock=clock, ballast_bytes=65_536)
    facts = [fact() for _ in range(3)]
    await store.commit(work(clock, *facts))
    await store.rehome([(Lane.BUSINESS, 1)], epoch_floor=5)
    await store.close()
    store = await Store.open(path, clock=clock, ballast_bytes=65_536)
    assert store.epoch == 6
    [batch] = await store.batches()
    assert (batch.epoch, ids_of([batch])) == (5, [one.id for one in facts])
    await store.close()


async def test_what_the_hub_lost_and_we_pruned_does_not_block_what_we_still_have(path: Path, clock: MovedClock) -> None:
    store = await Store.open(path, clock=clock, ballast_bytes=65_536, keep_facts=dt.timedelta(hours=1))
    await store.commit(work(clock, *(fact() for _ in range(4))))
    await store.acknowledge([Cursor(lane=Lane.BUSINESS, epoch=1, acked=4)])
    clock.move(hours=2)
    kept = [fact() for _ in range(2)]
    await store.commit(work(clock, *kept))
    await store.tidy()  # facts 1 to 3 are gone, 4 stays for its hash
    assert len(rows(path)) == 3
    assert await store.acknowledge([Cursor(lane=Lane.BUSINESS, epoch=1, acked=1)]) == 3
    [batch] = await store.batches()
    assert (batch.epoch, batch.first_seq, ids_of([batch])[1:]) == (2, 1, [one.id for one in kept])
    await store.close()


async def test_an_epoch_beyond_all_numbers_is_refused_and_the_store_lives_on(store: Store, clock: MovedClock) -> None:
    await store.commit(work(clock, fact()))
    with pytest.raises(StoreUnwritable):
        await store.rehome([(Lane.BUSINESS, 1)], epoch_floor=MAX_EPOCH + 1)
    await store.commit(work(clock, fact()))
    assert (store.epoch, len(ids_of(await store.batches()))) == (1, 2)


async def test_facts_of_an_epoch_that_the_disk_forgot_are_sent_and_their_numbers_are_not_used(
    path: Path, clock: MovedClock
) -> None:
    store = await Store.open(path, clock=clock, ballast_bytes=65_536)
    await store.commit(work(clock, fact(), fact(lane=Lane.TELEMETRY)))
    await store.close()
    conn = sqlite3.connect(path)
    conn.execute("DELETE FROM epochs")
    conn.commit()
    conn.close()
    again = await Store.open(path, clock=clock, ballast_bytes=65_536)
    await again.commit(work(clock, fact()))
    sent = [(batch.lane, batch.epoch, batch.first_seq) for batch in await again.batches()]
    await again.close()
    assert sent == [(Lane.BUSINESS, 1, 1), (Lane.BUSINESS, 2, 1), (Lane.TELEMETRY, 1, 1)]
