"""Alarms, pure: raised in time, cleared in time, one for one thing however it flaps."""

import datetime as dt
import uuid
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.alarms import rules
from hub.alarms.rules import Row, Setting
from hub.events import Condition
from protocols.errors import Refused
from tests.hub.conftest import START

STATION, OTHER, PERSON = uuid.UUID(int=14), uuid.UUID(int=15), uuid.UUID(int=99)


def condition(rule: str = "outbox_late", since: dt.datetime | None = None, station: uuid.UUID = STATION) -> Condition:
    return Condition(rule=rule, station_id=station, since=since)


def at(seconds: float) -> dt.datetime:
    return START + dt.timedelta(seconds=seconds)


class Book:
    """The rows as the database would hold them."""

    def __init__(self, *settings: Setting) -> None:
        self.rows: dict[uuid.UUID, Row] = {}
        self.told: list[str] = []
        self.settings = settings

    def look(self, seconds: float, *holding: Condition) -> None:
        now = at(seconds)
        recent = [
            row for row in self.rows.values() if row["state"] != "cleared" or row["cleared_at"] >= now - rules.REOPEN
        ]
        looked = rules.after_look(recent, holding, self.settings, now, uuid.uuid4)
        for alarm_id in looked.forget:
            del self.rows[alarm_id]
        self.rows |= {row["id"]: row for row in looked.put}
        self.told += [what for _, what in looked.told]
        living = [row["key"] for row in self.rows.values() if row["state"] != "cleared"]
        assert len(living) == len(set(living))

    @property
    def states(self) -> Sequence[str]:
        return [row["state"] for row in self.rows.values()]

    @property
    def only(self) -> Row:
        (row,) = self.rows.values()
        return row


def setting(**given: object) -> Setting:
    blank = dict.fromkeys(("organisation_id", "station_id", "enabled", "severity", "after_s", "clear_s"))
    return Setting(**({"rule": "outbox_late"} | blank | given))  # type: ignore[arg-type]


def test_a_condition_raises_an_alarm_once_it_has_held_for_its_time() -> None:
    book = Book()
    for seconds in (0, 300, 899):
        book.look(seconds, condition())
    assert (book.states, book.told) == (["waiting"], [])
    book.look(900, condition())
    book.look(1000, condition())
    assert (book.states, book.told, book.only["since"]) == (["open"], ["raised"], START)


def test_a_condition_that_began_before_the_look_is_raised_at_once() -> None:
    book = Book()
    book.look(900, condition(since=START))
    assert book.told == ["raised"]


def test_a_condition_that_is_over_before_its_time_leaves_no_trace() -> None:
    book = Book()
    book.look(0, condition())
    book.look(100)
    assert (book.rows, book.told) == ({}, [])


def test_an_alarm_is_cleared_once_its_condition_has_been_over_for_a_while() -> None:
    book = Book()
    book.look(0, condition(since=at(-900)))
    book.look(10)
    book.look(309)
    assert (book.states, book.told) == (["open"], ["raised"])
    book.look(310)
    assert (book.states, book.told, book.only["cleared_at"]) == (["cleared"], ["raised", "cleared"], at(310))


def test_a_condition_that_flaps_fifty_times_is_one_alarm() -> None:
    book = Book()
    book.look(0, condition(since=at(-900)))
    for number in range(50):
        book.look(60 * number + 10)
        book.look(60 * number + 40, condition(since=at(60 * number + 35)))
    assert (book.states, book.told, book.only["times"]) == (["open"], ["raised"], 51)


def test_a_condition_that_flaps_slowly_is_one_alarm_and_raised_once() -> None:
    book = Book(setting(after_s=60))
    for number in range(50):
        start = 900 * number
        book.look(start, condition(since=at(start)))
        book.look(start + 60, condition(since=at(start)))
        book.look(start + 100)
        book.look(start + 500)  # cleared
    assert (book.states, book.only["times"]) == (["cleared"], 50)
    assert (book.told.count("raised"), book.told.count("again")) == (1, 49)


def test_what_comes_again_much_later_is_another_alarm() -> None:
    book = Book()
    book.look(0, condition(since=at(-900)))
    book.look(10)
    book.look(400)
    book.look(400 + 1801, condition(since=at(400)))
    assert sorted(book.states) == ["cleared", "open"]


def test_a_condition_of_unknown_beginning_must_hold_again_for_its_time_after_it_was_cleared() -> None:
    book = Book(setting(after_s=60))
    book.look(0, condition())
    book.look(60, condition())
    book.look(100)
    book.look(400)
    assert book.states == ["cleared"]
    book.look(500, condition())
    book.look(559, condition())
    assert book.states == ["cleared"]
    book.look(560, condition())
    assert book.states == ["open"]


def test_the_stations_word_goes_before_the_organisations_and_everybodys() -> None:
    organisation = uuid.UUID(int=7)
    settings = [
        setting(station_id=STATION, after_s=5),
        setting(after_s=500, severity="info"),
        setting(organisation_id=organisation, after_s=50, clear_s=1),
        setting(station_id=OTHER, enabled=False),
        setting(rule="quarantine", severity="critical"),
    ]
    found = rules.effective("outbox_late", STATION, organisation, settings)
    assert (found.after_s, found.clear_s, found.severity, found.enabled) == (5, 1, "info", True)
    assert rules.effective("outbox_late", STATION, None, settings).clear_s == 300
    assert not rules.effective("outbox_late", OTHER, None, settings).enabled


def test_a_rule_that_is_turned_off_clears_its_alarm_and_raises_none() -> None:
    book = Book()
    book.look(0, condition(since=at(-900)))
    book.settings = (setting(enabled=False),)
    book.look(1, condition(since=at(-900)))
    assert book.states == ["cleared"]
    book.look(2, condition("quarantine"), condition(since=at(-900), station=OTHER))
    assert sorted(book.states) == ["cleared", "waiting"]


def test_a_rule_that_nobody_knows_is_left_alone() -> None:
    book = Book()
    book.look(0, condition("of_a_later_version", since=at(-9000)))
    assert book.rows == {}


def test_acknowledging_and_muting_stay_while_the_alarm_flaps_and_not_after_it_is_cleared() -> None:
    book = Book()
    book.look(0, condition(since=at(-900)))
    row = rules.muted(rules.acknowledged(book.only, PERSON, "on my way", at(1)), PERSON, at(600), "works", at(2))
    book.rows = {row["id"]: row}
    book.look(10)
    book.look(20, condition(since=at(15)))
    assert (book.only["acknowledged_by"], rules.is_muted(book.only, at(20))) == (PERSON, True)
    assert not rules.is_muted(book.only, at(600))
    assert not rules.is_muted(rules.unmuted(book.only, PERSON, at(21)), at(21))
    assert [one["what"] for one in book.only["history"]] == ["raised", "acknowledged", "muted"]
    book.look(30)
    book.look(400)
    with pytest.raises(Refused, match="alarm_cleared"):
        rules.acknowledged(book.only, PERSON, "", at(401))
    with pytest.raises(Refused, match="alarm_cleared"):
        rules.unmuted(book.only, PERSON, at(401))


@given(
    spans=st.lists(st.tuples(st.integers(1, 4000), st.integers(1, 4000)), max_size=25),
    knows=st.booleans(),
    step=st.sampled_from([15, 60, 240]),
)
def test_there_are_never_more_alarms_than_long_silences(spans: list[tuple[int, int]], knows: bool, step: int) -> None:
    """Whatever a condition does: one living row at most, and a new alarm only after REOPEN without the old one."""
    book, now, long = Book(setting(after_s=0)), 0, 0
    for holds_s, quiet_s in spans:
        began = at(now)
        for seconds in range(0, holds_s, step):
            book.look(now + seconds, condition(since=began if knows else None))
        now += holds_s
        for seconds in range(0, quiet_s, step):
            book.look(now + seconds)
        now += quiet_s
        long += quiet_s + step >= rules.REOPEN.total_seconds()
    assert len(book.rows) <= 1 + long
    assert book.told.count("raised") == len(book.rows)
