"""Pure: what a rental is after another fact, and whether its bill is right. Facts may come in any order.

A fact tells some columns; a column that is told twice must be told the same, otherwise the fact contradicts the
rental and is refused (it is kept in quarantine, and the first word stands).
"""

import uuid
from typing import Any, Final, TypeAlias

import msgspec

from protocols.errors import Malformed, Refused
from protocols.sync import facts
from protocols.tariff.tariff import Tariff, price_of_rental
from protocols.values import from_ms

Row: TypeAlias = dict[str, Any]
RentalFact: TypeAlias = facts.RentalStarted | facts.RentalActivated | facts.RentalVoided | facts.RentalEnded
_TOLD: Final = (
    "vehicle_id", "dock_no", "account_id", "renter_by", "voucher_id", "reservation_id", "card_uid", "tariff_id",
    "tariff_version", "offline", "started_at", "undocked_at", "ended_at", "ended_dock_no", "voided_at", "void_reason",
    "duration_s", "duration_by", "currency", "total_minor", "tax_minor", "bill", "price_checked", "soc_start_pct",
    "soc_end_pct",
)  # fmt: skip
_ROUNDING_S: Final = 0.0005  # the wire's duration is rounded to milliseconds, the station's bill is not


def new_rental(rental_id: uuid.UUID, station_id: uuid.UUID, created_at: object) -> Row:
    """A rental of which nothing is told yet."""
    return {"id": rental_id, "station_id": station_id, "created_at": created_at, "state": "starting"} | dict.fromkeys(
        _TOLD
    )


def rental_after(row: Row, station_id: uuid.UUID, fact: RentalFact) -> Row:
    """The rental after this fact. Raises Refused `contradiction`, Malformed, ValueError."""
    if row["station_id"] != station_id:
        raise Refused("contradiction", field="station_id")
    told = _told_by(fact)
    for name, value in told.items():
        if row[name] is not None and value is not None and row[name] != value:
            raise Refused("contradiction", field=name)
    after = row | {name: value for name, value in told.items() if row[name] is None}
    if after["voided_at"] is not None and (after["undocked_at"] is not None or after["ended_at"] is not None):
        raise Refused("contradiction", field="voided_at")
    after["state"] = _state(after)
    return after


def _told_by(fact: RentalFact) -> Row:
    match fact:
        case facts.RentalStarted():
            renter = fact.renter
            return {
                "vehicle_id": fact.vehicle_id,
                "dock_no": fact.dock_no,
                "started_at": from_ms(fact.started_ms),
                "account_id": renter.account_id,
                "renter_by": renter.by,
                "voucher_id": renter.voucher_id,
                "reservation_id": renter.reservation_id,
                "card_uid": renter.card_uid,
                "tariff_id": fact.tariff_id,
                "tariff_version": fact.tariff_version,
                "offline": fact.offline,
                "soc_start_pct": None if fact.battery is None else fact.battery.soc_pct,
            }
        case facts.RentalActivated():
            return {"undocked_at": from_ms(fact.undocked_ms)}
        case facts.RentalVoided():
            return {"voided_at": from_ms(fact.voided_ms), "void_reason": fact.reason}
        case facts.RentalEnded():
            return _told_by_end(fact)


def _told_by_end(fact: facts.RentalEnded) -> Row:
    bill = fact.bill
    if len(bill.currency) != 3:
        raise Malformed("bad_currency", bill.currency[:20])
    return {
        "vehicle_id": fact.vehicle_id,
        "ended_at": from_ms(fact.ended_ms),
        "ended_dock_no": fact.dock_no,
        "duration_s": fact.duration_s,
        "duration_by": fact.duration_by,
        "tariff_id": bill.tariff_id,
        "tariff_version": bill.tariff_version,
        "currency": bill.currency,
        "total_minor": bill.total_minor,
        "tax_minor": bill.tax_minor,
        "bill": msgspec.to_builtins(bill.lines),
        "soc_end_pct": None if fact.battery is None else fact.battery.soc_pct,
    }


def _state(row: Row) -> str:
    if row["ended_at"] is not None:
        return "ended"
    if row["voided_at"] is not None:
        return "voided"
    return "starting" if row["undocked_at"] is None else "active"


def is_right(row: Row, tariff: Tariff) -> bool:
    """Whether the station's total and tax are what this tariff version makes of the duration."""
    if tariff.currency != row["currency"]:
        return False
    durations = (row["duration_s"], row["duration_s"] - _ROUNDING_S, row["duration_s"] + _ROUNDING_S)
    prices = [price_of_rental(tariff, duration_s) for duration_s in durations]
    return any((one.total_minor, one.tax_minor) == (row["total_minor"], row["tax_minor"]) for one in prices)
