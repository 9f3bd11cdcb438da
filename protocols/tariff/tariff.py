"""A tariff version, and what a ride or a charge costs by it: pure integer arithmetic, the same on both sides.

Prices are gross (tax inside), in minor units. Each begun minute counts; a day is a begun period of 24 hours from
the start, and what its minutes add (with the unlock fee in the first) is at most the day cap. Way, energy and being
late stand outside of the cap. Rounding is half to even, once per line.

Tax: of a simple tariff (`is_simple`: what agents of 0.1.0 know) it is rounded once, over the total, and shared out
among the lines; of every other once per line. Both add up.
"""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Final

from protocols.tariff.windows import Window, runs

_DAY_MINUTES: Final = 24 * 60
_LINES: Final = ("unlock", "minutes", "day_cap", "distance", "energy", "late")
"""The keys of lines; the console and the kiosk name them in people's languages."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tariff:
    """One version of a tariff. `use` is rental or charging; amounts in minor units of `currency`.

    What follows `tax_pct` came after 0.1.0. `per_km_minor` and `ride_kwh_minor` price a ride's way and energy;
    each hour late that is begun after the grace costs `late_hour_minor`; `windows` price the minutes that begin in
    them, `tax_pcts` lines by their key; `kinds` and `station_ids` say whom it is for, empty: everybody.
    """

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
    per_km_minor: int = 0
    ride_kwh_minor: int = 0
    late_grace_minutes: int = 0
    late_hour_minor: int = 0
    windows: tuple[Window, ...] = ()
    tax_pcts: Mapping[str, float] = field(default_factory=dict)
    kinds: tuple[str, ...] = ()
    station_ids: tuple[uuid.UUID, ...] = ()

    @property
    def is_simple(self) -> bool:
        """Whether an agent of 0.1.0 makes the same price of it, and for the same vehicles."""
        added = (self.per_km_minor, self.ride_kwh_minor, self.late_hour_minor)
        return not (any(added) or self.windows or self.tax_pcts or self.kinds or self.station_ids)


@dataclass(frozen=True, slots=True, kw_only=True)
class Used:
    """What a ride took beside time. None: nobody measured it, and it costs nothing."""

    distance_m: int | None = None
    energy_wh: int | None = None
    late_s: float = 0.0


MOST_M: Final = 5_000_000
"""More than anybody rides in one rental: then another vehicle's odometer was read, or a broken one."""


def distance_m(began_m: int | None, back_m: int | None) -> int | None:
    """How far the ride went by what the vehicle had run before and after; None where that is not known or no sense."""
    if began_m is None or back_m is None or not 0 <= back_m - began_m <= MOST_M:
        return None
    return back_m - began_m


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceLine:
    """One line: `key` names the message (see `_LINES`); amount = what it adds, `tax_minor` the tax inside."""

    key: str
    quantity: float
    unit: str
    unit_price_minor: int
    amount_minor: int
    tax_minor: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """The total is the sum of the lines; `tax_minor` is the tax inside it, the sum of theirs."""

    currency: str
    total_minor: int
    tax_minor: int
    lines: tuple[PriceLine, ...]


_NOTHING: Final = Used()


def price_of_rental(
    tariff: Tariff, duration_s: float, *, began_at: dt.datetime | None = None, used: Used = _NOTHING
) -> Price:
    """What a ride of `duration_s` seconds costs (negative counts as 0).

    `began_at`: when it began, in the station's time zone. Raises ValueError where the tariff has windows and it is
    not given.
    """
    begun = int(-(-max(0.0, duration_s) // 60))
    timed = _timed(tariff, begun, began_at)
    lines = [_line("unlock", 1, "piece", tariff.unlock_minor)] if tariff.unlock_minor else []
    lines += _minutes(tariff, timed)
    saved = _over_the_cap(tariff, timed)
    if saved:
        lines.append(PriceLine(key="day_cap", quantity=1, unit="piece", unit_price_minor=-saved, amount_minor=-saved))
    if tariff.per_km_minor and used.distance_m is not None:
        lines.append(_measured("distance", max(0, used.distance_m), "km", tariff.per_km_minor))
    if tariff.ride_kwh_minor and used.energy_wh is not None:
        lines.append(_measured("energy", max(0, used.energy_wh), "kWh", tariff.ride_kwh_minor))
    hours = _hours_late(tariff, used.late_s)
    if hours:
        lines.append(_line("late", hours, "h", tariff.late_hour_minor))
    return _price(tariff, lines)


def price_of_charge(tariff: Tariff, energy_wh: int) -> Price:
    """What charging `energy_wh` watt-hours costs (negative counts as 0)."""
    lines = [_line("unlock", 1, "piece", tariff.unlock_minor)] if tariff.unlock_minor else []
    lines.append(_measured("energy", max(0, energy_wh), "kWh", tariff.per_kwh_minor))
    return _price(tariff, lines)


def dearest(tariff: Tariff) -> Tariff:
    """The same tariff with its highest price at all times: what a ride may come to at most, whenever it is."""
    highest = max([tariff.per_minute_minor, *(one.per_minute_minor for one in tariff.windows)])
    known = {name: getattr(tariff, name) for name in Tariff.__dataclass_fields__}
    return Tariff(**{**known, "windows": (), "per_minute_minor": highest})


def minute_price(tariff: Tariff, local: dt.datetime) -> int:
    """What a minute costs that begins then, by the station's local time."""
    return next(runs(tariff.windows, tariff.per_minute_minor, local, 1))[1]


_Run = tuple[int, int, int]  # how many minutes, how many of them are charged, the price of each


def _timed(tariff: Tariff, begun: int, began_at: dt.datetime | None) -> list[list[_Run]]:
    """Of each begun day its minutes by price; the first `free_minutes` of all are free. There is a first day."""
    days: list[list[_Run]] = [[]]
    free, at = tariff.free_minutes, 0
    for count, price in runs(tariff.windows, tariff.per_minute_minor, began_at, begun):
        end = at + count
        while at < end:
            if at and at % _DAY_MINUTES == 0 and days[-1]:
                days.append([])
            part = min(end - at, _DAY_MINUTES - at % _DAY_MINUTES)
            charged = max(0, part - free)
            free -= part - charged
            days[-1].append((part, charged, price))
            at += part
    return days


def _minutes(tariff: Tariff, days: Sequence[Sequence[_Run]]) -> list[PriceLine]:
    """A line for each price; for the tariff's own where there is none."""
    by_price: dict[int, int] = {}
    for day in days:
        for _, charged, price in day:
            by_price[price] = by_price.get(price, 0) + charged
    kept = {price: count for price, count in by_price.items() if count} or {tariff.per_minute_minor: 0}
    return [_line("minutes", count, "min", price) for price, count in kept.items()]


def _over_the_cap(tariff: Tariff, days: Sequence[Sequence[_Run]]) -> int:
    """What the day cap takes off, over all days."""
    if tariff.day_cap_minor is None:
        return 0
    first = [tariff.unlock_minor] + [0] * (len(days) - 1)
    sums = (fee + sum(charged * price for _, charged, price in day) for fee, day in zip(first, days, strict=True))
    return sum(max(0, one - tariff.day_cap_minor) for one in sums)


def _hours_late(tariff: Tariff, late_s: float) -> int:
    over_s = late_s - tariff.late_grace_minutes * 60
    return int(-(-over_s // 3600)) if tariff.late_hour_minor and over_s > 0 else 0


def _line(key: str, quantity: int, unit: str, unit_price_minor: int) -> PriceLine:
    return PriceLine(
        key=key,
        quantity=quantity,
        unit=unit,
        unit_price_minor=unit_price_minor,
        amount_minor=quantity * unit_price_minor,
    )


def _measured(key: str, thousandths: int, unit: str, unit_price_minor: int) -> PriceLine:
    """A line of metres or watt-hours by a price per thousand of them."""
    return PriceLine(
        key=key,
        quantity=thousandths / 1000,
        unit=unit,
        unit_price_minor=unit_price_minor,
        amount_minor=round(Fraction(thousandths * unit_price_minor, 1000)),
    )


def _price(tariff: Tariff, lines: list[PriceLine]) -> Price:
    taxed = _taxed_as_a_whole(tariff, lines) if tariff.is_simple else [_taxed(tariff, one) for one in lines]
    return Price(
        currency=tariff.currency,
        total_minor=sum(line.amount_minor for line in taxed),
        tax_minor=sum(line.tax_minor for line in taxed),
        lines=tuple(taxed),
    )


def _taxed_as_a_whole(tariff: Tariff, lines: list[PriceLine]) -> list[PriceLine]:
    """Each line bears what the tax of the sum grows by with it, so that they come to the tax of the total."""
    taxed, total, tax = [], 0, 0
    for line in lines:
        total += line.amount_minor
        until_here = _tax_in(total, tariff.tax_pct)
        taxed.append(_with_tax(line, until_here - tax))
        tax = until_here
    return taxed


def _taxed(tariff: Tariff, line: PriceLine) -> PriceLine:
    return _with_tax(line, _tax_in(line.amount_minor, tariff.tax_pcts.get(line.key, tariff.tax_pct)))


def _tax_in(gross_minor: int, tax_pct: float) -> int:
    """The tax inside a gross amount, rounded half to even."""
    rate = Fraction(str(tax_pct))
    return round(gross_minor * rate / (100 + rate))


def _with_tax(line: PriceLine, tax_minor: int) -> PriceLine:
    return PriceLine(
        key=line.key, quantity=line.quantity, unit=line.unit, unit_price_minor=line.unit_price_minor,
        amount_minor=line.amount_minor, tax_minor=tax_minor,
    )  # fmt: skip
