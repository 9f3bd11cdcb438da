"""What the demo's station has told before anybody asks: a ride, a charge with its readings, a fault of a dock."""

import uuid
from typing import Final

from hub.kernel.clock import SystemClock
from hub.payments.seed import TARIFFS
from protocols.sync import facts
from protocols.values import to_ms

RENTAL: Final = uuid.UUID("01900000-0000-7000-8000-0000000000a1")
SESSION: Final = uuid.UUID("01900000-0000-7000-8000-0000000000e1")
VEHICLE: Final = uuid.UUID("01900000-0000-7000-8000-000000000101")
CITY, _CAR, CHARGING = TARIFFS


def told() -> list[facts.Body]:
    """The facts, in their order."""
    began = to_ms(SystemClock().now()) - 3_600_000
    bill = facts.Bill(tariff_id=CITY, tariff_version=1, currency="EUR", total_minor=157, tax_minor=14, lines=[
        facts.BillLine(key="minutes", quantity=3, unit="min", unit_price_minor=19, amount_minor=57),
    ])  # fmt: skip
    power = facts.Bill(tariff_id=CHARGING, tariff_version=1, currency="EUR", total_minor=90, tax_minor=8, lines=[])
    return [
        facts.DockFaultRaised(dock_no=6, code="lock_stuck", at_ms=began),
        facts.RentalStarted(
            rental_id=RENTAL, vehicle_id=VEHICLE, dock_no=4, started_ms=began, tariff_id=CITY, tariff_version=1,
            renter=facts.Renter(by="card", account_id=uuid.UUID(int=0xD1)), offline=True,
        ),
        facts.RentalActivated(rental_id=RENTAL, undocked_ms=began + 5000),
        facts.RentalEnded(
            rental_id=RENTAL, vehicle_id=VEHICLE, dock_no=2, ended_ms=began + 305_000, duration_s=300.0,
            duration_by="monotonic", bill=bill,
        ),
        facts.ChargingStarted(
            session_id=SESSION, charger_id="CP-1", connector_no=1, transaction_id=7, id_token="04A1",
            verdict="accepted", meter_start_wh=1000, started_ms=began, tariff_id=CHARGING, tariff_version=1,
            account_id=None,
        ),
        *(
            facts.ChargingMetered(session_id=SESSION, sampled_ms=began + n * 1000, energy_wh=1000 + n * 10, soc_pct=50)
            for n in range(3)
        ),
        facts.ChargingStopped(
            session_id=SESSION, meter_stop_wh=3000, energy_wh=2000, stopped_ms=began + 60_000, reason="Local",
            bill=power,
        ),
    ]  # fmt: skip
