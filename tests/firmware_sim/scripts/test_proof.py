"""The proof must find what is wrong: each kind of lie is told once and has to be noticed."""

import copy
import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from firmware_sim.chargers.memory import Charge
from firmware_sim.scripts.proof import Charged, Evidence, Ridden, check

UTC = dt.UTC
CITY, POWER = "01900000-0000-7000-8000-000000000201", "01900000-0000-7000-8000-000000000203"
RIDE = "01900000-0000-7000-8000-00000000abcd"


def _prices(**given: Any) -> dict[str, Any]:
    none: dict[str, Any] = {"unlock_minor": 0, "per_minute_minor": 0, "free_minutes": 0, "day_cap_minor": None}
    return none | {"per_kwh_minor": 0, "deposit_minor": 0, "tax_pct": 10.0} | given


def _money(minor: int) -> dict[str, Any]:
    return {"minor": minor, "currency": "EUR"}


def _tariff(tariff_id: str, use: str, **prices: Any) -> dict[str, Any]:
    versions = [{"version": 1, "prices": _prices(**prices)}]
    return {"id": tariff_id, "name": use, "use": use, "currency": "EUR", "versions": versions}


def honest() -> Evidence:
    """One ride of 130 s by 1.00 + 0.19 a minute after two free ones, one charge of 512.6 Wh at 0.45 a kWh."""
    lines = [("unlock", 1, 100, 100), ("minutes", 1, 19, 19)]
    receipt = {
        "duration_s": 130.0,
        "lines": [
            {"key": key, "quantity": quantity, "unit_price": _money(unit), "amount": _money(amount)}
            for key, quantity, unit, amount in lines
        ],
        "total": _money(119),
        "tax": _money(11),
    }
    rental = {
        "id": RIDE,
        "state": "ended",
        "offline": True,
        "total": _money(119),
        "tax": _money(11),
        "price_checked": True,
        "bill": [
            {"key": key, "quantity": quantity, "unit_price_minor": unit, "amount_minor": amount}
            for key, quantity, unit, amount in lines
        ],
    }
    promised = {"tariff_id": CITY, "version": 1, "unlock": _money(100), "per_minute": _money(19)}
    at = dt.datetime(2026, 11, 21, tzinfo=UTC)
    charge = Charge(no=1, id_token="04A1", started_at=at, meter_start_wh=7, transaction_id=5, energy_wh=512.6)
    session = {
        "charger_id": "CP-01",
        "transaction_id": 5,
        "id_token": "04A1",
        "state": "ended",
        "offline": False,
        "energy_wh": 513,
        "total": _money(23),
        "price_checked": True,
        "tariff_id": POWER,
        "tariff_version": 1,
    }
    ride = Ridden(
        rental_id=RIDE,
        label="V-118",
        from_dock=4,
        to_dock=3,
        offline=True,
        quote={"tariff": promised},
        receipt=receipt,
        unlocks=1,
    )
    return Evidence(
        rides=[ride],
        charges=[Charged(charger_id="CP-01", offline=False, charge=charge)],
        rentals=[rental],
        sessions=[session],
        tariffs=[
            _tariff(CITY, "rental", unlock_minor=100, per_minute_minor=19, free_minutes=2),
            _tariff(POWER, "charging", per_kwh_minor=45),
        ],
        book={
            "counts": {"pull": 1},
            "docks": {"4": {"unlocks": ["aa"]}, "3": {"unlocks": []}},
            "chargers": {"CP-01": {"charges": [{}]}},
            "meter": {"import_wh": 900.0},
        },
    )


def findings(evidence: Evidence) -> list[str]:
    return [problem for _, problems in check(evidence) for problem in problems]


def test_an_honest_story_holds() -> None:
    assert findings(honest()) == []


LIES: dict[str, Callable[[Evidence], Any]] = {
    "a rental is lost": lambda e: e.rentals.clear(),
    "a rental is doubled": lambda e: e.rentals.append(e.rentals[0]),
    "a rental is made up": lambda e: e.rentals.append(e.rentals[0] | {"id": "other"}),
    "a rental never ended": lambda e: e.rentals[0].update(state="active"),
    "a rental hides that the line was cut": lambda e: e.rentals[0].update(offline=False),
    "the hub bills another amount": lambda e: e.rentals[0].update(total=_money(120)),
    "the hub bills other lines": lambda e: e.rentals[0]["bill"].pop(),
    "the hub has no bill": lambda e: e.rentals[0].update(bill=None, total=None),
    "the hub's own sum does not agree": lambda e: e.rentals[0].update(price_checked=False),
    "the receipt is not by the price list": lambda e: e.rides[0].receipt.update(duration_s=181.0),
    "the kiosk promised another price": lambda e: e.rides[0].quote["tariff"].update(unlock=_money(1)),
    "the tariff is unknown": lambda e: e.tariffs.clear(),
    "a lock opened twice": lambda e: e.book["docks"]["4"]["unlocks"].append("bb"),
    "one command opened twice": lambda e: e.book["docks"]["3"]["unlocks"].append("aa"),
    "somebody else pulled a vehicle": lambda e: e.book["counts"].update(pull=2),
    "a charge is lost": lambda e: e.sessions.clear(),
    "a charge is doubled": lambda e: e.sessions.append(e.sessions[0]),
    "a charge is made up": lambda e: e.sessions.append(e.sessions[0] | {"transaction_id": 6}),
    "a charge never ended": lambda e: e.sessions[0].update(state="active"),
    "a charge hides that the line was cut": lambda e: e.sessions[0].update(offline=True),
    "the energy is wrong": lambda e: e.sessions[0].update(energy_wh=515),
    "the energy is missing": lambda e: e.sessions[0].update(energy_wh=None),
    "the charge's price is wrong": lambda e: e.sessions[0].update(total=_money(24)),
    "the hub's own sum of a charge does not agree": lambda e: e.sessions[0].update(price_checked=False),
    "the charger remembers more": lambda e: e.book["chargers"]["CP-01"]["charges"].append({}),
    "the grid meter saw nothing": lambda e: e.book["meter"].update(import_wh=1.0),
    "something is in quarantine": lambda e: e.quarantine.append({"code": "bad"}),
}


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES.keys())
def test_a_lie_is_found(lie: Callable[[Evidence], Any]) -> None:
    evidence = copy.deepcopy(honest())
    lie(evidence)
    assert findings(evidence)
