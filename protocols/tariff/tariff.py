"""A tariff version, and what a ride or a charge costs by it: pure integer arithmetic, the same on both sides.

Prices are gross (tax inside), in minor units. Each begun minute counts; a day is a begun period of 24 hours from
the start, and what it adds (with the unlock fee in the first) is at most the day cap. Rounding is half to even,
once per line.
"""

import uuid
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

_DAY_MINUTES: Final = 24 * 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Tariff:
    """One version of a tariff. `use` is rental or charging; amounts in minor units of `currency`."""

    tariff_id: uuid.UUID
    version: int
    name: str
    use: str
    currency: str
    unlock_minor: int = 0
    per_minute_minor: int = 0
    free_minutes: int = 0
    day_cap_minor: int | None = None
    per_kwh_minor: int = 0
    deposit_minor: int = 0
    tax_pct: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceLine:
    """One line: `key` names the message (unlock, minutes, day_cap, energy); amount = what it adds."""

    key: str
    quantity: float
    unit: str
    unit_price_minor: int
    amount_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """The total is the sum of the lines; `tax_minor` is the tax inside it."""

    currency: str
    total_minor: int
    tax_minor: int
    lines: tuple[PriceLine, ...]


def price_of_rental(tariff: Tariff, duration_s: float) -> Price:
    """What a ride of `duration_s` seconds costs (negative counts as 0)."""
    begun = -(-max(0.0, duration_s) // 60)
    charged = max(0, int(begun) - tariff.free_minutes)
    lines = [_line("unlock", 1, "piece", tariff.unlock_minor)] if tariff.unlock_minor else []
    lines.append(_line("minutes", charged, "min", tariff.per_minute_minor))
    saved = _over_the_cap(tariff, int(begun))
    if saved:
        lines.append(PriceLine(key="day_cap", quantity=1, unit="piece", unit_price_minor=-saved, amount_minor=-saved))
    return _price(tariff, lines)


def price_of_charge(tariff: Tariff, energy_wh: int) -> Price:
    """What charging `energy_wh` watt-hours costs (negative counts as 0)."""
    energy_wh = max(0, energy_wh)
    amount = round(Fraction(energy_wh * tariff.per_kwh_minor, 1000))
    lines = [_line("unlock", 1, "piece", tariff.unlock_minor)] if tariff.unlock_minor else []
    lines.append(
        PriceLine(
            key="energy",
            quantity=energy_wh / 1000,
            unit="kWh",
            unit_price_minor=tariff.per_kwh_minor,
            amount_minor=amount,
        )
    )
    return _price(tariff, lines)


def _line(key: str, quantity: int, unit: str, unit_price_minor: int) -> PriceLine:
    return PriceLine(
        key=key,
        quantity=quantity,
        unit=unit,
        unit_price_minor=unit_price_minor,
        amount_minor=quantity * unit_price_minor,
    )


def _over_the_cap(tariff: Tariff, begun_minutes: int) -> int:
    """What the day cap takes off, over all days."""
    if tariff.day_cap_minor is None:
        return 0
    saved = 0
    first, free = tariff.unlock_minor, tariff.free_minutes
    for day_start in range(0, max(begun_minutes, 1), _DAY_MINUTES):
        minutes = min(_DAY_MINUTES, begun_minutes - day_start)
        charged = max(0, minutes - free)
        free = max(0, free - minutes)
        saved += max(0, first + charged * tariff.per_minute_minor - tariff.day_cap_minor)
        first = 0
    return saved


def _price(tariff: Tariff, lines: list[PriceLine]) -> Price:
    total = sum(line.amount_minor for line in lines)
    rate = Fraction(str(tariff.tax_pct))
    return Price(
        currency=tariff.currency,
        total_minor=total,
        tax_minor=round(total * rate / (100 + rate)),
        lines=tuple(lines),
    )
