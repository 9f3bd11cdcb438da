"""When a picture's time is over, for any rows, cases and clocks."""

import datetime as dt
import random
import uuid
from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from hub.photos import rules
from protocols.values import UTC

NOW = dt.datetime(2026, 11, 21, 14, 0, tzinfo=UTC)
PLACES = [uuid.UUID(int=one) for one in range(2)]
THINGS = [uuid.UUID(int=0x10 + one) for one in range(6)]
INSTANTS = st.integers(0, 400).map(lambda days: NOW - dt.timedelta(days=days))


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    station_id: uuid.UUID
    sha256: str
    act_id: uuid.UUID
    rental_id: uuid.UUID | None
    vehicle_id: uuid.UUID | None
    counts_at: dt.datetime
    here_at: dt.datetime | None
    deleted_at: dt.datetime | None


ROWS = st.lists(
    st.builds(
        Row, station_id=st.sampled_from(PLACES), sha256=st.sampled_from("ab"), act_id=st.sampled_from(THINGS),
        rental_id=st.sampled_from([None, *THINGS]), vehicle_id=st.sampled_from([None, *THINGS]), counts_at=INSTANTS,
        here_at=st.none() | INSTANTS, deleted_at=st.none() | INSTANTS,
    ),
    max_size=12,
)  # fmt: skip
ASKED = st.sets(st.sampled_from(THINGS))
KEPT = st.integers(1, 365).map(lambda days: dt.timedelta(days=days))


@given(ROWS, ASKED, KEPT)
def test_nothing_goes_before_its_time_or_while_somebody_asks_about_any_row_of_its_file(
    rows: list[Row], asked: set[uuid.UUID], kept: dt.timedelta
) -> None:
    due = rules.due(rows, asked, rules.ends(NOW, kept))
    for row in due:
        own = [one for one in rows if (one.station_id, one.sha256) == (row.station_id, row.sha256)]
        assert all(NOW - one.counts_at > kept for one in own)
        assert not asked & {one for row in own for one in (row.act_id, row.rental_id, row.vehicle_id)}


@given(ROWS, ASKED, KEPT)
def test_a_files_rows_go_together_or_not_at_all(rows: list[Row], asked: set[uuid.UUID], kept: dt.timedelta) -> None:
    due = rules.due(rows, asked, rules.ends(NOW, kept))
    files = {(one.station_id, one.sha256) for one in due}
    left = [one for one in rows if one.deleted_at is None and one not in due]
    assert not files & {(one.station_id, one.sha256) for one in left}


@given(ROWS, ASKED, KEPT, st.randoms())
def test_the_order_of_rows_changes_nothing(
    rows: list[Row], asked: set[uuid.UUID], kept: dt.timedelta, chance: random.Random
) -> None:
    mixed = list(rows)
    chance.shuffle(mixed)
    ends = rules.ends(NOW, kept)
    assert sorted(map(repr, rules.due(rows, asked, ends))) == sorted(map(repr, rules.due(mixed, asked, ends)))


@given(ROWS, KEPT)
def test_what_nobody_asks_about_goes_once_it_is_old_enough(rows: list[Row], kept: dt.timedelta) -> None:
    later = NOW + dt.timedelta(days=400) + kept
    assert len(rules.due(rows, set(), rules.ends(later, kept))) == sum(row.deleted_at is None for row in rows)
