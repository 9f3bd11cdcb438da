"""A town of 500 stations and 10,000 vehicles in a hub's database, for the benchmarks of search and booking."""

import datetime as dt
import os
import random
import subprocess
import sys
import uuid
from pathlib import Path
from typing import Any, Final

from hub import wiring
from hub.fleet.tables import Vehicle, VehicleType
from hub.intake.tables import StationFeed
from hub.kernel.belonging import HOUSE
from hub.kernel.bulk import upsert_many
from hub.kernel.clock import SystemClock
from hub.kernel.db import Database
from hub.kernel.nudges import LocalNudges
from hub.rentals.offer_tables import OfferStation, OfferVehicle
from hub.rentals.tables import Reservation
from hub.stations.schemas import NewStation

STATIONS: Final = 500
VEHICLES: Final = 10_000
BOOKINGS: Final = 3_000
CENTRE: Final = (52.52, 13.405)
SPREAD: Final = (0.09, 0.15)  # degrees: some 20 km by 20 km
ADMIN, PASSWORD = "town@voltdock.example", "a long password of the benchmark's own"
_CLOCK: Final = SystemClock()


def add_admin(url: str, folder: Path) -> None:
    """An admin who may search and book."""
    command = [sys.executable, "-m", "hub", "user", "create", "--email", ADMIN, "--role", "admin"]
    environment = {**os.environ, "VOLTDOCK_HUB_DATABASE_URL": url, "VOLTDOCK_HUB_DATA_DIR": str(folder / "data")}
    subprocess.run(
        [*command, "--password-file", "-"],
        input=PASSWORD, text=True, env=environment, check=True, stdout=subprocess.DEVNULL, timeout=60,
    )  # fmt: skip


async def build(database: Database, dice: random.Random) -> tuple[list[uuid.UUID], list[tuple[uuid.UUID, uuid.UUID]]]:
    """Stations, and vehicles with their stations. Written where searches read: 20 vehicles a station."""
    now = _CLOCK.now()
    kind = VehicleType(
        id=_CLOCK.new_id(), created_at=now, kind="scooter", form_factor="scooter_standing", propulsion="electric",
        make="Bench", model="Bench", dock_kind="latch", battery_wh=900, wh_per_km=12, charge_w=300, range_km=75,
        vin_check_digit=False, version=1,
    )  # fmt: skip
    stations = [_CLOCK.new_id() for _ in range(STATIONS)]
    vehicles = [(_CLOCK.new_id(), stations[number % STATIONS]) for number in range(VEHICLES)]
    rooms = wiring.Rooms(_CLOCK, LocalNudges())
    async with database.transaction() as session:
        session.add(kind)
        for number, one in enumerate(stations):
            new = NewStation(name=f"Bench {number}", number=str(number), timezone="Europe/Berlin", currency="EUR")
            await rooms.stations.add(session, new, one)
        session.add_all(_registered(one, number, kind.id) for number, (one, _) in enumerate(vehicles))
        session.add_all(StationFeed(station_id=one, rev=0, lists={}, pruned_rev=0) for one in stations)
        await upsert_many(session, OfferStation, [_station(one, dice) for one in stations], key=("station_id",))
        rows = [_vehicle(one, station, no, kind.id, dice) for no, (one, station) in enumerate(vehicles)]
        await upsert_many(session, OfferVehicle, rows, key=("vehicle_id",))
        for number, (vehicle, station) in enumerate(dice.sample(vehicles, BOOKINGS)):
            session.add(_booking(number, vehicle, station, now + dt.timedelta(hours=dice.uniform(2, 40))))
    return stations, vehicles


def _registered(vehicle_id: uuid.UUID, number: int, type_id: uuid.UUID) -> Vehicle:
    return Vehicle(
        id=vehicle_id, created_at=_CLOCK.now(), organisation_id=HOUSE, label=f"B-{number}", kind="scooter",
        model="Bench", dock_kind="latch", full_range_km=75.0, rentable=True, why_not="", tariff_id=None,
        type_id=type_id, vin=None, plate=None, service="deployed", papers_until=None, version=1,
    )  # fmt: skip


def _station(station_id: uuid.UUID, dice: random.Random) -> dict[str, Any]:
    return {
        "station_id": station_id, "name": f"Bench {station_id.hex[-4:]}", "currency": "EUR",
        "latitude": CENTRE[0] + dice.uniform(-1, 1) * SPREAD[0],
        "longitude": CENTRE[1] + dice.uniform(-1, 1) * SPREAD[1], "min_soc_pct": 20.0,
        "heard_at": _CLOCK.now() + dt.timedelta(hours=1),
    }  # fmt: skip


def _vehicle(
    vehicle_id: uuid.UUID, station_id: uuid.UUID, number: int, type_id: uuid.UUID, dice: random.Random
) -> dict[str, Any]:
    return {
        "vehicle_id": vehicle_id, "label": f"B-{number}", "kind": "scooter", "model": "Bench", "type_id": type_id,
        "tariff_id": None, "full_range_km": 75.0, "battery_wh": 900.0, "wh_per_km": 12.0, "charge_w": 300.0,
        "why_not": "", "papers_until": None, "station_id": station_id, "dock_no": number // STATIONS + 1,
        "docked": True, "soc_pct": dice.uniform(5, 100), "soh_pct": None, "soc_at": None, "faulty": False,
    }  # fmt: skip


def _booking(number: int, vehicle: uuid.UUID, station: uuid.UUID, begins: dt.datetime) -> Reservation:
    ends = begins + dt.timedelta(hours=1)
    return Reservation(
        id=_CLOCK.new_id(), created_at=_CLOCK.now(), station_id=station, account_id=uuid.UUID(int=number + 1),
        vehicle_id=vehicle, vehicle_kind=None, code=f"B{number}", pin_hash="", from_at=begins, until_at=ends,
        trip_km=8.0, phase="confirmed", state="confirmed", blocks=True, kept_until_at=ends + dt.timedelta(minutes=22),
        hold_until_at=None, wanted_until_at=None, fee_minor=None, fee_currency=None, reason="", answer_by_at=ends,
        lease_id=None, rental_id=None,
    )  # fmt: skip
