"""Pure: the hub's own sum beside the station's."""

import datetime as dt
from typing import Final

from protocols.sync.facts import RentalEnded
from protocols.tariff.tariff import Tariff, Used, price_of_rental

_ROUNDING_S: Final = 0.0005  # the wire's duration is rounded to milliseconds, the station's bill is not


def is_right(tariff: Tariff, told: RentalEnded, began_at: dt.datetime, *, uncertain: bool) -> bool | None:
    """Whether the station's total and tax are what this tariff version makes of the ride.

    `began_at` is by the station's clock on the wall, `uncertain` that it may be another. None: nobody can say, for
    the minutes have several prices and it is uncertain when they were.
    """
    bill = told.bill
    if tariff.currency != bill.currency:
        return False
    used = Used(distance_m=told.distance_m, energy_wh=told.energy_wh, late_s=told.late_s)
    for duration_s in (told.duration_s, told.duration_s - _ROUNDING_S, told.duration_s + _ROUNDING_S):
        price = price_of_rental(tariff, duration_s, began_at=began_at, used=used)
        if (price.total_minor, price.tax_minor) == (bill.total_minor, bill.tax_minor):
            return True
    return None if tariff.windows and uncertain else False
