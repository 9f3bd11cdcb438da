"""Three books that are right: a rental that came to nothing, a ride, a charge, an order of staff."""

import datetime as dt
import json
import uuid
from typing import Any

import msgspec

from firmware_sim.chargers.memory import Charge
from protocols.sync import facts
from protocols.sync.envelope import NO_HASH, chain, decode_fact
from protocols.tariff.tariff import Tariff, price_of_charge, price_of_rental
from protocols.values import UTC
from tests.journeys.faults.books import (
    Hub,
    Journalled,
    Move,
    Opened,
    Received,
    Station,
    UnlockOrder,
    World,
)

Books = tuple[World, Station, Hub]
VEHICLE, RENTAL, VOID, SESSION = (uuid.UUID(int=number) for number in (101, 201, 202, 301))
RIDE = Tariff(
    tariff_id=uuid.UUID(int=1), version=1, name="r", use="rental", currency="EUR", unlock_minor=100, per_minute_minor=19
)
CHARGE = Tariff(tariff_id=uuid.UUID(int=2), version=1, name="c", use="charging", currency="EUR", per_kwh_minor=45)
ORDER, VOID_ORDER, STAFF_ORDER = (uuid.UUID(int=(9 << 64) + number) for number in (1, 2, 3))
T0 = 1_790_000_000_000
RIDE_S = 125.0


def bill_of(tariff: Tariff, total_minor: int) -> facts.Bill:
    return facts.Bill(
        tariff_id=tariff.tariff_id, tariff_version=1, currency="EUR", total_minor=total_minor, tax_minor=0, lines=[]
    )


def renter() -> facts.Renter:
    return facts.Renter(by="voucher")


def started(rental_id: uuid.UUID, dock_no: int, at_ms: int) -> facts.RentalStarted:
    return facts.RentalStarted(
        rental_id=rental_id,
        vehicle_id=VEHICLE,
        dock_no=dock_no,
        started_ms=at_ms,
        renter=renter(),
        tariff_id=RIDE.tariff_id,
        tariff_version=1,
        offline=True,
    )


def story() -> list[tuple[int, facts.Body]]:
    """(hlc, body): a rental that came to nothing, a ride from dock 1 to dock 2, a charge."""
    back = T0 + 20_000 + int(RIDE_S * 1000)
    return [
        (10, facts.VehicleDocked(vehicle_id=VEHICLE, dock_no=1, docked_ms=T0)),
        (20, started(VOID, 1, T0)),
        (30, facts.RentalVoided(rental_id=VOID, reason="not_taken", voided_ms=T0 + 12_000)),
        (40, started(RENTAL, 1, T0 + 18_000)),
        (50, facts.VehicleUndocked(vehicle_id=VEHICLE, dock_no=1, undocked_ms=T0 + 20_000, rental_id=RENTAL)),
        (60, facts.RentalActivated(rental_id=RENTAL, undocked_ms=T0 + 20_000)),
        (70, facts.VehicleDocked(vehicle_id=VEHICLE, dock_no=2, docked_ms=back, rental_id=RENTAL)),
        (
            80,
            facts.RentalEnded(
                rental_id=RENTAL,
                vehicle_id=VEHICLE,
                dock_no=2,
                ended_ms=back,
                duration_s=RIDE_S,
                duration_by="monotonic",
                bill=bill_of(RIDE, price_of_rental(RIDE, RIDE_S).total_minor),
            ),
        ),
        (
            90,
            facts.ChargingStarted(
                session_id=SESSION,
                charger_id="CP-01",
                connector_no=1,
                transaction_id=7,
                id_token="04A1",
                verdict="accepted",
                meter_start_wh=100,
                started_ms=T0,
            ),
        ),
        (
            100,
            facts.ChargingStopped(
                session_id=SESSION, meter_stop_wh=1100, energy_wh=1000, stopped_ms=T0 + 60_000, reason="Local"
            ),
        ),
    ]


def journal() -> tuple[Journalled, ...]:
    rows, value = [], NO_HASH
    for seq, (hlc, body) in enumerate(story(), 1):
        document = {
            "id": str(uuid.UUID(int=1000 + seq)),
            "type": type(body).__name__,
            "v": 1,
            "hlc": hlc,
            "at_ms": T0,
            "mono_ms": 0,
            "boot": "b",
            "clock": "synced",
            "body": json.loads(msgspec.json.encode(body)),
        }
        record = json.dumps(document).encode()
        fact = decode_fact(record)
        value = chain(value, fact.id, record)
        rows.append(Journalled(lane="biz", epoch=1, seq=seq, hash=value, record=record, fact=fact, body=body))
    return tuple(rows)


def money(minor: int) -> dict[str, Any]:
    return {"minor": minor, "currency": "EUR"}


def right() -> Books:
    rows = journal()
    back = T0 + 20_000 + int(RIDE_S * 1000)
    charge = Charge(
        no=1,
        id_token="04A1",
        started_at=dt.datetime.now(UTC),
        meter_start_wh=100,
        transaction_id=7,
        energy_wh=1000.4,
        stopped_at=dt.datetime.now(UTC),
    )
    world = World(
        opened=(
            Opened(at_ms=T0 + 500, dock_no=1, command=VOID_ORDER.bytes[-8:]),
            Opened(at_ms=T0 + 18_500, dock_no=1, command=ORDER.bytes[-8:]),
            Opened(at_ms=T0 + 300_000, dock_no=4, command=STAFF_ORDER.bytes[-8:]),
        ),
        first={VEHICLE: 1},
        moves=(
            Move(what="pull", dock_no=1, vehicle_id=VEHICLE, at_ms=T0 + 20_000),
            Move(what="push", dock_no=2, vehicle_id=VEHICLE, at_ms=back),
        ),
        promised=frozenset({str(RENTAL)}),
        charges=(("CP-01", charge),),
    )
    station = Station(
        facts=rows,
        unlocks=(
            UnlockOrder(hlc=21, order_id=VOID_ORDER, dock_no=1),
            UnlockOrder(hlc=41, order_id=ORDER, dock_no=1),
            UnlockOrder(hlc=200, order_id=STAFF_ORDER, dock_no=4),
        ),
    )
    total = price_of_rental(RIDE, RIDE_S).total_minor
    hub = Hub(
        facts=tuple(
            Received(lane=one.lane, epoch=one.epoch, seq=one.seq, fact_id=str(one.fact.id), record=one.record)
            for one in rows
        ),
        rentals=(
            {"id": str(RENTAL), "state": "ended", "total": money(total), "tax": money(0), "price_checked": True},
            {"id": str(VOID), "state": "voided", "total": None, "tax": None, "price_checked": None},
        ),
        sessions=(
            {
                "id": str(SESSION), "charger_id": "CP-01", "transaction_id": 7, "state": "ended", "energy_wh": 1000,
                "tariff_id": str(CHARGE.tariff_id), "tariff_version": 1,
                "total": money(price_of_charge(CHARGE, 1000).total_minor), "tax": money(0),
            },
        ),
        tariffs={(str(one.tariff_id), 1): one for one in (RIDE, CHARGE)},
        orders=({"id": str(STAFF_ORDER), "type": "UnlockDock", "body": {"dock_no": 4}},),
    )  # fmt: skip
    return world, station, hub
