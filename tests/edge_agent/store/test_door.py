"""What the door makes of work: the wire's own bytes, clock values that only rise, refusals at once."""

import asyncio
import dataclasses
import datetime as dt
import hashlib
from collections.abc import Iterator

import msgspec
import pytest

from edge_agent.store.door import Door, Record
from edge_agent.store.errors import StoreUnwritable
from edge_agent.store.store import Store
from edge_agent.store.work import Entry, Put, Work
from protocols.sync.clock import tick
from protocols.sync.envelope import Fact, Lane, decode_fact, encode
from protocols.values import to_ms
from tests.edge_agent.store.conftest import MovedClock, assert_whole, fact, rows, work

BEYOND = dt.datetime(7000, 1, 1, tzinfo=dt.UTC)


@pytest.fixture
def done() -> Iterator["asyncio.Future[None]"]:
    loop = asyncio.new_event_loop()
    yield loop.create_future()
    loop.close()


def test_a_record_has_the_fields_of_a_fact_in_their_order() -> None:
    assert Record.__struct_fields__ == Fact.__struct_fields__


def test_a_record_is_byte_for_byte_what_the_envelope_encodes(clock: MovedClock, done: "asyncio.Future[None]") -> None:
    one = dataclasses.replace(fact('{"text":"dö\\n"}'.encode(), lane=Lane.TELEMETRY), type='Odd"Näme', v=7)
    moment = clock.now()
    [(lane, record, link)] = Door(5).take(Work(moment=moment, facts=(one,)), done).facts
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
    assert (lane, record.encode()) == (2, expected)
    assert link == one.id.bytes + hashlib.sha256(expected).digest()


def test_clock_values_rise_by_one_while_the_clock_stands_and_follow_it_when_it_moves(
    clock: MovedClock, done: "asyncio.Future[None]"
) -> None:
    door = Door(0)
    entries = (Entry(kind="k", data=b"1"), Entry(kind="k", data=b"2"))
    made = door.take(Work(moment=clock.now(), facts=(fact(), fact()), journal=entries), done)
    first = tick(0, clock.at)
    assert [decode_fact(record.encode()).hlc for _, record, _ in made.facts] == [first, first + 1]
    assert (made.journal[0], made.journal[4], made.hlc) == (first + 2, first + 3, first + 3)
    clock.move(seconds=-5)
    assert door.take(work(clock, fact()), done).hlc == first + 4
    clock.move(seconds=6)
    assert door.take(work(clock, fact()), done).hlc == tick(0, clock.at)


@pytest.mark.parametrize("bad", [Put(kind="k", key="x", value=b"{"), Entry(kind="k", data=b"nope")])
def test_refused_work_uses_no_clock_value(clock: MovedClock, bad: Put | Entry, done: "asyncio.Future[None]") -> None:
    door = Door(7)
    puts, journal = ((bad,), ()) if isinstance(bad, Put) else ((), (bad,))
    with pytest.raises(msgspec.DecodeError):
        door.take(Work(moment=clock.now(), facts=(fact(),), puts=puts, journal=journal), done)
    assert door.hlc == 7


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
