"""Values that every wire shares: ids, money, instants. Nothing here reads a clock."""

import datetime as dt
import uuid
from typing import Final

import msgspec

from protocols.errors import Malformed

UTC: Final = dt.UTC
_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=UTC)

# Currencies whose minor unit is not 1/100, by ISO 4217:2015 table A.1; all others have two decimals.
_EXPONENTS: Final = {
    "BIF": 0, "CLP": 0, "DJF": 0, "GNF": 0, "ISK": 0, "JPY": 0, "KMF": 0, "KRW": 0, "PYG": 0, "RWF": 0,
    "UGX": 0, "UYI": 0, "VND": 0, "VUV": 0, "XAF": 0, "XOF": 0, "XPF": 0,
    "BHD": 3, "IQD": 3, "JOD": 3, "KWD": 3, "LYD": 3, "OMR": 3, "TND": 3, "CLF": 4, "UYW": 4,
}  # fmt: skip


class Money(msgspec.Struct, frozen=True, kw_only=True):
    """An amount in minor units of an ISO 4217 currency: ``Money(minor=1250, currency="EUR")`` is 12.50 EUR."""

    minor: int
    currency: str

    def __add__(self, other: "Money") -> "Money":
        if other.currency != self.currency:
            raise ValueError(f"cannot add {other.currency} to {self.currency}")
        return Money(minor=self.minor + other.minor, currency=self.currency)


def exponent_of(currency: str) -> int:
    """How many decimals the currency has (EUR 2, VND 0)."""
    return _EXPONENTS.get(currency, 2)


def uuid7(at_ms: int, random: bytes) -> uuid.UUID:
    """A UUIDv7 (RFC 9562 §5.7) from Unix milliseconds and ten random bytes."""
    if len(random) != 10:
        raise ValueError("uuid7 needs ten random bytes")
    tail = int.from_bytes(random, "big")
    value = (at_ms & ((1 << 48) - 1)) << 80
    value |= 0x7 << 76 | ((tail >> 62) & 0xFFF) << 64
    value |= 0b10 << 62 | tail & ((1 << 62) - 1)
    return uuid.UUID(int=value)


def rfc3339(at: dt.datetime) -> str:
    """An aware instant as RFC 3339 in UTC with milliseconds: ``2026-11-21T14:02:09.120Z``."""
    if at.tzinfo is None:
        raise ValueError("an instant needs a time zone")
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def instant(text: str) -> dt.datetime:
    """The aware UTC instant of an RFC 3339 text. Raises Malformed when it has no zone or is no time."""
    try:
        at = dt.datetime.fromisoformat(text)
    except ValueError as error:
        raise Malformed("bad_instant", text[:40]) from error
    if at.tzinfo is None:
        raise Malformed("instant_without_zone", text[:40])
    return at.astimezone(UTC)


def from_ms(at_ms: int) -> dt.datetime:
    """The UTC instant of Unix milliseconds."""
    return dt.datetime.fromtimestamp(at_ms / 1000, UTC)


def to_ms(at: dt.datetime) -> int:
    """Unix milliseconds of an aware instant, rounded down."""
    since = at - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1000 + since.microseconds // 1000


class BatteryReading(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a vehicle's BMS said through its dock, in the words of every wire. None where this BMS does not know.

    The comments name the COVESA VSS signal below Vehicle.Powertrain.TractionBattery.
    """

    soc_pct: float  # StateOfCharge.Displayed
    soh_pct: float | None = None  # StateOfHealth
    voltage_v: float | None = None  # CurrentVoltage
    current_a: float | None = None  # CurrentCurrent; positive = charging
    temperature_min_c: float | None = None  # Temperature.Min
    temperature_avg_c: float | None = None  # Temperature.Average
    temperature_max_c: float | None = None  # Temperature.Max
    cycle_count: int | None = None
    fault_codes: tuple[int, ...] = ()
