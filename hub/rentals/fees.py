"""Pure: what a cancellation or a no-show costs. Amounts are minor units of the station's currency."""

import datetime as dt
from typing import Protocol


class Rates(Protocol):
    """The hub's settings."""

    @property
    def free_cancel_s(self) -> float:
        """So long before its time a booking is cancelled for nothing."""

    @property
    def cancel_fee_minor(self) -> int:
        """Later than that."""

    @property
    def late_cancel_s(self) -> float:
        """So long before its time it is late …"""

    @property
    def late_cancel_fee_minor(self) -> int:
        """… and costs this, also when its time has begun."""


def cancel_fee(rates: Rates, from_at: dt.datetime, now: dt.datetime) -> int:
    """What cancelling a promised booking costs now."""
    left_s = (from_at - now).total_seconds()
    if left_s >= rates.free_cancel_s:
        return 0
    return rates.late_cancel_fee_minor if left_s < rates.late_cancel_s else rates.cancel_fee_minor
