"""Pure: what one fact says of a rental, as the columns of its row."""

from typing import Any, TypeAlias

import msgspec

from protocols.errors import Malformed
from protocols.sync import facts
from protocols.values import from_ms

Row: TypeAlias = dict[str, Any]
RentalFact: TypeAlias = facts.RentalStarted | facts.RentalActivated | facts.RentalVoided | facts.RentalEnded


def columns_of(fact: RentalFact) -> Row:
    """What it says. Raises Malformed, ValueError or OverflowError for what no row could hold."""
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
            return _end(fact)


def _end(fact: facts.RentalEnded) -> Row:
    bill = fact.bill
    if len(bill.currency) != 3:
        raise Malformed("bad_currency", bill.currency[:20])
    return {
        "vehicle_id": fact.vehicle_id,
        "ended_at": from_ms(fact.ended_ms),
        "ended_dock_no": fact.dock_no or None,  # 0: taken in by hand, into no dock
        "duration_s": fact.duration_s,
        "duration_by": fact.duration_by,
        "tariff_id": bill.tariff_id,
        "tariff_version": bill.tariff_version,
        "currency": bill.currency,
        "total_minor": bill.total_minor,
        "tax_minor": bill.tax_minor,
        "bill": msgspec.to_builtins(bill.lines),
        "soc_end_pct": None if fact.battery is None else fact.battery.soc_pct,
        "distance_m": None if fact.distance_m is None else min(max(0, fact.distance_m), 2**62),
        "late_s": fact.late_s,
    }
