"""Readings become the station's inputs in its own units, and drift is not news."""

import dataclasses
import uuid

import pytest

from edge_agent.core.inputs import DockKind, LockState
from edge_agent.docks import reports
from protocols.dock.codes import Capability, Kind, Lock, StatusFlag
from protocols.dock.replies import Battery, Identity, Status

STATUS = Status(
    lock=Lock.LOCKED,
    flags=StatusFlag.VEHICLE_PRESENT | StatusFlag.CONTACTOR_CLOSED,
    vehicle_id=uuid.UUID(int=5),
    presence_age_ds=123,
    supply_mv=23_950,
    temperature_dc=-55,
    boot=1,
    next_event=9,
    last_card=0,
)
BATTERY = Battery(soc_pm=805, voltage_mv=51_000, current_ma=-100, temperature_max_dc=251)


def test_a_status_is_reported_in_volts_degrees_and_seconds() -> None:
    told = reports.reported(3, STATUS)
    assert (told.dock_no, told.lock, told.vehicle_id) == (3, LockState.LOCKED, uuid.UUID(int=5))
    assert (told.presence_age_s, told.supply_voltage_v, told.temperature_c) == (12.3, 23.95, -5.5)
    assert (told.vehicle_present, told.contactor_closed, told.tamper) == (True, True, False)


def test_an_old_reply_counts_for_the_renter() -> None:
    back = reports.reported(3, STATUS, may_be_old_s=2.0)
    gone = reports.reported(3, dataclasses.replace(STATUS, flags=StatusFlag(0), vehicle_id=None), may_be_old_s=2.0)
    assert back.presence_age_s == pytest.approx(14.3)
    assert gone.presence_age_s == 12.3


def test_an_odometer_is_told_while_there_is_a_vehicle() -> None:
    there = dataclasses.replace(STATUS, odometer_m=5_000)
    gone = dataclasses.replace(there, flags=StatusFlag(0), vehicle_id=None)
    told = [reports.reported(3, one).odometer_m for one in (STATUS, there, gone)]
    assert told == [None, 5_000, None]


def test_an_identity_says_kind_and_whether_it_can_charge() -> None:
    identity = Identity(
        minor=0,
        kind=Kind.BAY,
        provisioned=True,
        capabilities=Capability.KEY_BOX,
        serial="s",
        hardware="h",
        firmware="f",
    )
    found = reports.found(1, identity)
    assert (found.kind, found.can_charge, found.serial, found.firmware) == (DockKind.BAY, False, "s", "f")


@pytest.mark.parametrize(
    ("change", "news"),
    [
        ({}, False),
        ({"presence_age_ds": 200}, False),
        ({"supply_mv": 23_900}, False),
        ({"next_event": 12, "last_card": 3}, False),
        ({"lock": Lock.MOVING}, True),
        ({"flags": StatusFlag.VEHICLE_PRESENT}, True),
        ({"vehicle_id": uuid.UUID(int=6)}, True),
        ({"vehicle_id": None}, True),
        ({"supply_mv": 22_000}, True),
        ({"temperature_dc": 0}, True),
        ({"presence_age_ds": 3}, True),
        ({"boot": 2}, True),
        ({"odometer_m": 5_000}, True),
    ],
)
def test_what_is_news_about_a_dock(change: dict[str, object], news: bool) -> None:
    after = dataclasses.replace(STATUS, **change)  # type: ignore[arg-type]
    assert reports.status_is_news(STATUS, after) is news
    assert reports.status_is_news(None, after)


@pytest.mark.parametrize(
    ("change", "news"),
    [
        ({}, False),
        ({"soc_pm": 809}, False),
        ({"soc_pm": 810}, True),
        ({"fault_codes": (7,)}, True),
        ({"current_ma": 2_000}, True),
        ({"temperature_max_dc": 290}, True),
        ({"temperature_max_dc": None}, True),
        ({"soh_pm": 950}, True),
    ],
)
def test_what_is_news_about_a_battery(change: dict[str, object], news: bool) -> None:
    assert reports.battery_is_news(BATTERY, dataclasses.replace(BATTERY, **change)) is news  # type: ignore[arg-type]
    assert reports.battery_is_news(None, BATTERY)


def test_a_battery_keeps_what_is_not_known_unknown() -> None:
    told = reports.battery_reported(2, BATTERY)
    assert told is not None
    assert (told.battery.soc_pct, told.battery.voltage_v, told.battery.current_a) == (80.5, 51.0, -0.1)
    assert told.battery.soh_pct is None
    assert reports.battery_reported(2, Battery(soh_pm=900)) is None
