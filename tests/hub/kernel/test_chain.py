"""The chain of the audit log, without a database."""

import dataclasses
import datetime as dt
import uuid
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.kernel.chain import GENESIS, START, Broken, Entry, Head, hash_of, walk
from protocols.values import UTC

AT = dt.datetime(2026, 11, 21, 14, 0, 0, 123456, tzinfo=UTC)
FIRST = Entry(
    seq=1, at=AT, actor_kind="account", actor_id=uuid.UUID(int=1), organisation_id=None, action="POST /x",
    target_kind="x", target_id="7", reason="because", outcome="done", changes="{}", trace_id="ab" * 16,
)  # fmt: skip
OTHERS: dict[str, Any] = {
    "at": AT + dt.timedelta(microseconds=1), "actor_kind": "command", "actor_id": None,
    "organisation_id": uuid.UUID(int=2), "action": "POST /y", "target_kind": None, "target_id": "8",
    "reason": None, "outcome": "refused", "changes": '{"a":1}', "trace_id": "cd" * 16,
}  # fmt: skip


def chained(count: int) -> list[tuple[Entry, str]]:
    made: list[tuple[Entry, str]] = []
    previous = GENESIS
    for seq in range(1, count + 1):
        entry = dataclasses.replace(FIRST, seq=seq, reason=f"reason {seq}")
        previous = hash_of(previous, entry)
        made.append((entry, previous))
    return made


def test_a_chain_that_nobody_touched_is_right_to_its_end() -> None:
    records = chained(5)
    assert walk(START, records) == (Head(seq=5, hash=records[-1][1]), None)


@pytest.mark.parametrize("name", OTHERS)
def test_each_field_is_covered_by_the_hash(name: str) -> None:
    assert OTHERS.keys() | {"seq"} == {field.name for field in dataclasses.fields(Entry)}
    changed = dataclasses.replace(FIRST, **{name: OTHERS[name]})
    assert hash_of(GENESIS, changed) != hash_of(GENESIS, FIRST)


def test_text_cannot_wander_from_one_field_into_the_next() -> None:
    one = dataclasses.replace(FIRST, action='a","b', target_kind="c")
    other = dataclasses.replace(FIRST, action="a", target_kind='b","c')
    assert hash_of(GENESIS, one) != hash_of(GENESIS, other)


@given(st.integers(1, 30), st.data())
def test_the_first_changed_record_is_named(count: int, data: st.DataObject) -> None:
    records = chained(count)
    at = data.draw(st.integers(0, count - 1))
    entry, kept = records[at]
    records[at] = (dataclasses.replace(entry, outcome="another"), kept)
    head, broken = walk(START, records)
    assert broken == Broken(seq=at + 1, fault="changed")
    assert head.seq == at


@given(st.integers(2, 30), st.data())
def test_the_first_missing_record_is_named(count: int, data: st.DataObject) -> None:
    records = chained(count)
    gone = data.draw(st.sets(st.integers(0, count - 2), min_size=1))
    left = [one for number, one in enumerate(records) if number not in gone]
    assert walk(START, left)[1] == Broken(seq=min(gone) + 1, fault="missing")


@given(st.integers(2, 30), st.data())
def test_a_record_forged_with_its_own_hash_is_given_away_by_the_next(count: int, data: st.DataObject) -> None:
    records = chained(count)
    at = data.draw(st.integers(0, count - 2))
    forged = dataclasses.replace(records[at][0], reason="forged")
    before = records[at - 1][1] if at else GENESIS
    records[at] = (forged, hash_of(before, forged))
    assert walk(START, records)[1] == Broken(seq=at + 2, fault="changed")
