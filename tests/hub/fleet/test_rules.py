"""VINs, papers and MDS states, without a database."""

import dataclasses
import datetime as dt
import uuid
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.fleet import mds, papers, rules, vin
from hub.fleet.tables import VehicleDocument
from protocols.values import BatteryReading
from tests.hub.conftest import START

_LETTERS = "ABCDEFGHJKLMNPRSTUVWXYZ0123456789"
DAY = dt.timedelta(days=1)


@pytest.mark.parametrize("text", ["1M8GDM9AXKP042788", "11111111111111111", "5gzcz43d13s812715", "1M8-GDM9A XKP042788"])
def test_known_vins_carry_their_check_digit(text: str) -> None:
    assert vin.is_checked(vin.normalised(text))


@pytest.mark.parametrize(
    "text", ["1M8GDM9AXKP04278", "1M8GDM9AXKP0427888", "1M8GDM9AXKP04278I", "O" * 17, "", "é" * 17]
)
def test_what_is_no_vin_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="17"):
        vin.normalised(text)


@given(st.text(_LETTERS, min_size=17, max_size=17), st.integers(0, 16), st.sampled_from(_LETTERS))
def test_one_wrong_letter_of_another_value_is_seen(text: str, place: int, letter: str) -> None:
    right = text[:8] + vin.check_digit(text) + text[9:]
    wrong = right[:place] + letter + right[place + 1 :]
    same_value = vin.check_digit(wrong) == vin.check_digit(right)
    assert vin.is_checked(right)
    assert vin.is_checked(wrong) == (same_value if place != 8 else wrong == right)


def paper(
    kind: str = "insurance", begins: float = -1, ends: float | None = 1, *, blocks: bool = True
) -> VehicleDocument:
    until = None if ends is None else START + ends * DAY
    return VehicleDocument(kind=kind, valid_from=START + begins * DAY, valid_until=until, blocks=blocks)


@pytest.mark.parametrize(
    ("given_", "until"),
    [
        ([], None),
        ([paper()], 1),
        ([paper(ends=None)], None),
        ([paper(blocks=False)], None),
        ([paper(), paper(begins=1, ends=5)], 5),
        ([paper(), paper(begins=2, ends=5)], 1),
        ([paper(), paper("inspection", ends=0.5)], 0.5),
        ([paper(ends=-0.5)], -0.5),
        ([paper(begins=1, ends=3)], 0),
        ([paper(ends=-0.5), paper(begins=-0.2, ends=None)], None),
    ],
)
def test_papers_let_a_vehicle_be_rented_while_each_kind_covers_it(
    given_: list[VehicleDocument], until: float | None
) -> None:
    assert papers.rentable_until(given_, START) == (None if until is None else START + until * DAY)


KNOWN = mds.Known(
    service="deployed", rentable=True, why_not="", papers_over=False, custody="docked", on_rental=False, since=START,
    soc_pct=80.0, min_soc_pct=20.0, faulty=False, promised=False, heard_at=START,
)  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "state", "reason"),
    [
        ({}, "available", ""),
        ({"promised": True}, "reserved", ""),
        ({"custody": "away", "on_rental": True}, "on_trip", ""),
        ({"custody": "away"}, "non_operational", "away_without_rental"),
        ({"rentable": False, "why_not": "in_service"}, "non_operational", "in_service"),
        ({"papers_over": True}, "non_operational", "document_over"),
        ({"faulty": True}, "non_operational", "fault"),
        ({"soc_pct": 19.9}, "non_operational", "low_charge"),
        ({"soc_pct": None}, "non_operational", "low_charge"),
        ({"custody": None}, "removed", "never_seen"),
        ({"service": "removed"}, "removed", ""),
        ({"service": "missing", "custody": "away", "on_rental": True}, "missing", ""),
    ],
)
def test_the_state_follows_from_what_is_known(changed: dict[str, Any], state: str, reason: str) -> None:
    judged = mds.judged(dataclasses.replace(KNOWN, **changed), START)
    assert (judged.state, judged.reason, judged.contact_lost) == (state, reason, False)


@pytest.mark.parametrize(
    ("changed", "later", "lost"),
    [
        ({}, dt.timedelta(minutes=15), False),
        ({}, dt.timedelta(minutes=16), True),
        ({"heard_at": None}, dt.timedelta(0), True),
        ({"custody": "away", "on_rental": True, "heard_at": None}, dt.timedelta(hours=23), False),
        ({"custody": "away", "on_rental": True}, dt.timedelta(hours=25), True),
    ],
)
def test_lost_contact_stands_beside_the_state_and_never_changes_it(
    changed: dict[str, Any], later: dt.timedelta, lost: bool
) -> None:
    known = dataclasses.replace(KNOWN, **changed)
    now, then = mds.judged(known, START), mds.judged(known, START + later)
    assert (then.contact_lost, then.state) == (lost, now.state)


STATION, OTHER = uuid.UUID(int=1), uuid.UUID(int=2)
ROW = {
    "state": "docked", "station_id": STATION, "battery": {"soc_pct": 50.0}, "battery_hlc": 1000 << 16,
}  # fmt: skip


@pytest.mark.parametrize(
    ("row", "station", "soc", "at_ms", "taken"),
    [
        (ROW, STATION, 60.0, 2000, True),
        (ROW, STATION, 60.0, 1000, False),
        (ROW, STATION, 50.1, 2000, False),
        (ROW, STATION, 50.1, 400_000, True),
        (ROW, OTHER, 60.0, 2000, False),
        (ROW | {"state": "away"}, STATION, 60.0, 2000, False),
        (ROW | {"battery": None, "battery_hlc": -(2**63)}, STATION, 60.0, 2000, True),
    ],
)
def test_a_live_reading_is_taken_where_it_is_news_of_a_vehicle_that_stands_there(
    row: dict[str, Any], station: uuid.UUID, soc: float, at_ms: int, taken: bool
) -> None:
    after = rules.seen_in_dock(row, station, BatteryReading(soc_pct=soc), at_ms)
    assert (after is not None) == taken
    assert after is None or after["battery"]["soc_pct"] == soc


@pytest.mark.parametrize("hlc", [-(2**63), 0, 2**62])
def test_a_reading_at_no_time_has_no_time(hlc: int) -> None:
    assert rules.read_at(hlc) is None or hlc > 0
