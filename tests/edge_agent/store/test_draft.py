"""What a draft makes of works: the wire's own bytes, clock values that only rise, refusals at once."""

import asyncio
import dataclasses
import datetime as dt
import sqlite3
from collections.abc import Iterator

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_agent.store.chains import LANES
from edge_agent.store.draft import Draft, Record
from edge_agent.store.errors import StoreUnwritable
from edge_agent.store.migrations import migrate
from edge_agent.store.store import Store
from edge_agent.store.work import MAX_BODY_BYTES, Entry, Put, Work
from protocols.sync.clock import tick
from protocols.sync.envelope import NO_HASH, Fact, Lane, chain, decode_fact, encode
from protocols.values import to_ms
from tests.edge_agent.store.conftest import MovedClock, assert_whole, fact, rows, work

BEYOND = dt.datetime(7000, 1, 1, tzinfo=dt.UTC)


BASE = ((0, NO_HASH), (41, b"h" * 32), (0, NO_HASH))


@pytest.fixture
def done() -> Iterator["asyncio.Future[None]"]:
    loop = asyncio.new_event_loop()
    yield loop.create_future()
    loop.close()


def drafted(done: "asyncio.Future[None]", *works: Work, hlc: int = 0) -> Draft:
    return Draft([((one,), done) for one in works], epoch=3, base=BASE, hlc=hlc)


def written(draft: Draft, lane: Lane = Lane.BUSINESS) -> list[tuple[int, str, bytes]]:
    """(place, record, hash) as they are in the file afterwards."""
    conn = sqlite3.connect(":memory:", isolation_level=None)
    migrate(conn)
    draft.write(conn)
    found = conn.execute(f"SELECT place, record, hash FROM outbox_{lane.value} ORDER BY place").fetchall()
    conn.close()
    return found


def hlcs(draft: Draft) -> list[int]:
    return [decode_fact(record.encode()).hlc for _, record, _ in written(draft)]


def test_a_record_has_the_fields_of_a_fact_in_their_order() -> None:
    assert Record.__struct_fields__ == Fact.__struct_fields__


def test_a_record_is_byte_for_byte_what_the_envelope_encodes(clock: MovedClock, done: "asyncio.Future[None]") -> None:
    one = dataclasses.replace(fact('{"text":"dö\\n"}'.encode(), lane=Lane.TELEMETRY), type='Odd"Näme', v=7)
    moment = clock.now()
    draft = drafted(done, Work(moment=moment, facts=(one,)), hlc=5)
    expected = encode(
        Fact(
            id=one.id,
            type=one.type,
            v=one.v,
            hlc=tick(5, moment.at),
            at_ms=to_ms(moment.at),
            mono_ms=int(moment.mono_s * 1000),
            boot=moment.boot_id,
            clock=moment.quality.value,
            body=msgspec.Raw(one.body),
        )
    )
    value = chain(NO_HASH, one.id, expected)
    assert [written(draft, lane) for lane in LANES] == [[], [], [(3 << 32 | 1, expected.decode(), value)]]
    assert draft.heads == (*BASE[:2], (1, value))


def test_numbers_and_hashes_go_on_from_the_base_in_each_lane(clock: MovedClock, done: "asyncio.Future[None]") -> None:
    lanes = [Lane.OPERATIONS, Lane.BUSINESS, Lane.BUSINESS, Lane.OPERATIONS, Lane.TELEMETRY, Lane.OPERATIONS]
    facts = [fact(lane=lane) for lane in lanes]
    draft = drafted(done, work(clock, *facts[:2]), work(clock, *facts[2:]))
    for index, lane in enumerate(LANES):
        seq, value = BASE[index]
        found = written(draft, lane)
        for one, (place, record, link) in zip([one for one in facts if one.lane is lane], found, strict=True):
            assert decode_fact(record.encode()).id == one.id
            seq, value = seq + 1, chain(value, one.id, record.encode())
            assert (place, link) == (3 << 32 | seq, value)
        assert draft.heads[index] == (seq, value)
    assert draft.base is BASE


def test_clock_values_rise_by_one_while_the_clock_stands_and_follow_it_when_it_moves(
    clock: MovedClock, done: "asyncio.Future[None]"
) -> None:
    entries = (Entry(kind="k", data=b"1"), Entry(kind="k", data=b"2"))
    first = tick(0, clock.at)
    made = drafted(done, Work(moment=clock.now(), facts=(fact(), fact()), journal=entries))
    assert hlcs(made) == [first, first + 1]
    assert (made.journal[0], made.journal[4], made.hlc) == (first + 2, first + 3, first + 3)
    clock.move(seconds=-5)
    back = work(clock, fact())
    clock.move(seconds=6)
    draft = drafted(done, back, work(clock, fact()), hlc=made.hlc)
    assert hlcs(draft) == [first + 4, tick(0, clock.at)]
    assert draft.hlc == tick(0, clock.at)


def test_state_alone_takes_no_clock_value(clock: MovedClock, done: "asyncio.Future[None]") -> None:
    state = Work(moment=clock.now(), puts=(Put(kind="k", key="x", value=b"1"),))
    assert drafted(done, state, hlc=7).hlc == 7


@settings(max_examples=60, deadline=None)
@given(
    texts=st.lists(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=40), min_size=1, max_size=30),
    large=st.integers(min_value=0, max_value=3),
)
def test_every_record_is_in_the_file_to_the_byte_whatever_its_length_and_letters(texts: list[str], large: int) -> None:
    loop = asyncio.new_event_loop()
    bodies = [msgspec.json.encode({"text": text}) for text in texts]
    bodies += [b'{"text":"' + b"x" * (MAX_BODY_BYTES - 11) + b'"}'] * large
    draft = drafted(loop.create_future(), *(work(MovedClock(), fact(body)) for body in bodies))
    loop.close()
    assert [bytes(decode_fact(record.encode()).body) for _, record, _ in written(draft)] == bodies


def test_only_facts_of_one_lane_need_no_transaction_around_them(
    clock: MovedClock, done: "asyncio.Future[None]"
) -> None:
    put = Put(kind="k", key="x", value=b"1")
    one, other = work(clock, fact()), work(clock, fact(lane=Lane.TELEMETRY))
    assert drafted(done, one).is_one_statement
    assert drafted(done, *[one] * 512).is_one_statement
    assert not drafted(done, one, other).is_one_statement
    assert not drafted(done, dataclasses.replace(one, puts=(put,))).is_one_statement
    assert not drafted(done, dataclasses.replace(one, journal=(Entry(kind="k", data=b"1"),))).is_one_statement
    assert not drafted(done, Work(moment=clock.now())).is_one_statement


@pytest.mark.parametrize("body", [b'{"text":"\xff"}', b'"\xed\xa0\x80"', b"{", b"1 2"])
async def test_what_is_no_text_or_no_json_is_refused_and_hurts_nobody_else(
    store: Store, clock: MovedClock, body: bytes
) -> None:
    told = await asyncio.gather(
        *(store.commit(work(clock, one)) for one in (fact(), fact(body), fact())), return_exceptions=True
    )
    assert [isinstance(one, ValueError) for one in told] == [False, True, False]
    assert len(rows(store._path)) == 2


@pytest.mark.parametrize("bad", [Put(kind="k", key="x", value=b"{"), Entry(kind="k", data=b"nope")])
async def test_refused_work_leaves_nothing_and_uses_no_clock_value(
    store: Store, clock: MovedClock, bad: Put | Entry
) -> None:
    puts, journal = ((bad,), ()) if isinstance(bad, Put) else ((), (bad,))
    with pytest.raises(msgspec.DecodeError):
        await store.commit(Work(moment=clock.now(), facts=(fact(),), puts=puts, journal=journal))
    await store.commit(work(clock, fact()))
    [(_, seq, record, _)] = rows(store._path)
    assert (seq, decode_fact(record).hlc) == (1, tick(0, clock.at))


async def test_a_clock_beyond_use_is_refused_and_hurts_nobody_else(store: Store, clock: MovedClock) -> None:
    beyond = dataclasses.replace(clock.now(), at=BEYOND)
    results = await asyncio.gather(
        store.commit(work(clock, fact())),
        store.commit(Work(moment=beyond, facts=(fact(),))),
        store.commit(work(clock, fact())),
        return_exceptions=True,
    )
    assert [type(result) for result in results] == [type(None), StoreUnwritable, type(None)]
    found = rows(store._path)
    assert len(found) == 2
    assert_whole(found)
