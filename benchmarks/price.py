"""What the price of a rental costs in time: a month by a tariff with everything in it, and a quarter of an hour."""

import datetime as dt
import statistics
import time
import uuid
from typing import Final
from zoneinfo import ZoneInfo

from benchmarks.results import Result, at_most
from protocols.tariff.tariff import Tariff, Used, price_of_rental
from protocols.tariff.windows import Window

RUNS: Final = 500
BEGAN: Final = dt.datetime(2026, 10, 10, 17, 43, 11, tzinfo=ZoneInfo("Europe/Berlin"))  # over the end of summer time
USED: Final = Used(distance_m=812_345, energy_wh=91_234, late_s=7_300.0)
TARIFF: Final = Tariff(
    tariff_id=uuid.UUID(int=1), version=1, name="All", use="rental", currency="EUR", unlock_minor=100,
    per_minute_minor=19, free_minutes=2, day_cap_minor=2400, tax_pct=19.0, per_km_minor=35, ride_kwh_minor=49,
    late_grace_minutes=15, late_hour_minor=900, tax_pcts={"late": 0.0},
    windows=(
        Window(per_minute_minor=29, from_minute=7 * 60, to_minute=9 * 60, weekdays=(1, 2, 3, 4, 5)),
        Window(per_minute_minor=9, from_minute=22 * 60, to_minute=6 * 60),
        Window(per_minute_minor=15, weekdays=(6, 7)),
    ),
)  # fmt: skip


def run() -> list[Result]:
    """p99 in milliseconds of the processor's time: it is all computing, and others may have the machine too."""
    return [
        at_most(f"price of a rental of {name}, p99", _p99(duration_s), "ms", 1.0, "windows, cap, way, energy, late")
        for name, duration_s in (("15 minutes", 900), ("a day", 86_400), ("30 days", 30 * 86_400))
    ]


def _p99(duration_s: int) -> float:
    took = []
    for _ in range(RUNS):
        began = time.process_time()
        price_of_rental(TARIFF, duration_s, began_at=BEGAN, used=USED)
        took.append((time.process_time() - began) * 1000)
    return statistics.quantiles(took, n=100)[98]
