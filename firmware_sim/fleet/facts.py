"""A station's day as facts, made up from a seed: rentals that begin, ride and end. Pure: time and chance come in."""

import random
import uuid
from collections import deque
from typing import Final

import msgspec

from protocols.sync.clock import tick
from protocols.sync.envelope import Fact, Lane, encode
from protocols.sync.facts import (
    LANES,
    VERSION,
    Bill,
    BillLine,
    Body,
    RentalActivated,
    RentalEnded,
    RentalStarted,
    Renter,
    VehicleDocked,
    VehicleUndocked,
)
from protocols.tariff.tariff import Tariff, price_of_rental
from protocols.values import BatteryReading, from_ms, uuid7

DOCKS: Final = 12
TARIFF: Final = Tariff(
    tariff_id=uuid.UUID("01900000-0000-7000-8000-000000000201"),
    version=1,
    name="City ride",
    use="rental",
    currency="EUR",
    unlock_minor=100,
    per_minute_minor=19,
    free_minutes=2,
    day_cap_minor=2400,
    deposit_minor=2500,
    tax_pct=10.0,
)


class Day:
    """An endless sequence of (id, record): five facts a rental, all in the business lane."""

    def __init__(self, *, seed: int, boot: str, start_ms: int) -> None:
        self._chance = random.Random(seed)
        self._boot = boot
        self._at_ms = start_ms
        self._start_ms = start_ms
        self._hlc = 0
        self._made: deque[tuple[uuid.UUID, msgspec.Raw]] = deque()
        self._vehicles = [self._new_id() for _ in range(DOCKS)]
        self.rentals = 0

    def take(self, count: int) -> list[tuple[uuid.UUID, msgspec.Raw]]:
        """The next so many facts."""
        while len(self._made) < count:
            self._rental()
        return [self._made.popleft() for _ in range(count)]

    def _rental(self) -> None:
        chance = self._chance
        rental_id, vehicle_id = self._new_id(), chance.choice(self._vehicles)
        from_dock, to_dock = chance.randrange(1, DOCKS + 1), chance.randrange(1, DOCKS + 1)
        soc_pct = round(chance.uniform(40, 100), 1)
        self.rentals += 1
        self._add(
            RentalStarted(
                rental_id=rental_id,
                vehicle_id=vehicle_id,
                dock_no=from_dock,
                started_ms=self._at_ms,
                renter=Renter(by="card", account_id=self._new_id(), card_uid=f"{chance.getrandbits(56):014X}"),
                tariff_id=TARIFF.tariff_id,
                tariff_version=TARIFF.version,
                offline=chance.random() < 0.1,
                battery=BatteryReading(soc_pct=soc_pct),
            )
        )
        self._at_ms += chance.randrange(1_000, 20_000)
        undocked_ms = self._at_ms
        self._add(
            VehicleUndocked(vehicle_id=vehicle_id, dock_no=from_dock, undocked_ms=undocked_ms, rental_id=rental_id)
        )
        self._add(RentalActivated(rental_id=rental_id, undocked_ms=undocked_ms))
        duration_s = round(chance.uniform(120, 3600), 3)
        self._at_ms += round(duration_s * 1000)
        battery = BatteryReading(soc_pct=round(max(5.0, soc_pct - duration_s / 120), 1))
        self._add(
            VehicleDocked(
                vehicle_id=vehicle_id,
                dock_no=to_dock,
                docked_ms=self._at_ms,
                rental_id=rental_id,
                battery=battery,
            )
        )
        self._add(
            RentalEnded(
                rental_id=rental_id,
                vehicle_id=vehicle_id,
                dock_no=to_dock,
                ended_ms=self._at_ms,
                duration_s=duration_s,
                duration_by="monotonic",
                bill=_bill(duration_s),
                battery=battery,
            )
        )

    def _add(self, body: Body) -> None:
        self._hlc = tick(self._hlc, from_ms(self._at_ms))
        fact_id = self._new_id()
        fact = Fact(
            id=fact_id,
            type=type(body).__name__,
            v=VERSION,
            hlc=self._hlc,
            at_ms=self._at_ms,
            mono_ms=self._at_ms - self._start_ms,
            boot=self._boot,
            clock="synced",
            body=msgspec.Raw(msgspec.json.encode(body)),
        )
        assert LANES[type(body)] is Lane.BUSINESS  # noqa: S101  # one lane keeps the fleet's chain simple
        self._made.append((fact_id, msgspec.Raw(encode(fact))))

    def _new_id(self) -> uuid.UUID:
        return uuid7(self._at_ms, self._chance.randbytes(10))


def _bill(duration_s: float) -> Bill:
    price = price_of_rental(TARIFF, duration_s)
    return Bill(
        tariff_id=TARIFF.tariff_id,
        tariff_version=TARIFF.version,
        currency=price.currency,
        total_minor=price.total_minor,
        tax_minor=price.tax_minor,
        lines=[
            BillLine(
                key=line.key,
                quantity=line.quantity,
                unit=line.unit,
                unit_price_minor=line.unit_price_minor,
                amount_minor=line.amount_minor,
            )
            for line in price.lines
        ],
    )
