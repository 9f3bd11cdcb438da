"""Which items of the hub's lists can be used: one that has the right shape but makes no sense spoils only itself."""

import re
import uuid
from typing import Final

from protocols.sync.changes import (
    BlockItem,
    CardItem,
    ChecklistItem,
    Item,
    LeaseItem,
    LeasePolicyItem,
    OpenRentalItem,
    ReservationItem,
    StaffItem,
    StationItem,
    TariffItem,
    VehicleItem,
    VoucherKeyItem,
    WindowItem,
)
from protocols.sync.checklists import ABOUT, KINDS

_LAST_MS: Final = 253_402_300_799_000  # the end of the year 9999, where instants end
_HEX: Final = re.compile(r"(?:[0-9a-fA-F]{2})+")
_KEY_DIGITS: Final = 64  # an Ed25519 public key
_DAY_MINUTES: Final = 1440
MAX_PULL_OUT_S: Final = 3600
MAX_MARGIN_MS: Final = 3_600_000


def is_sound(item: Item) -> bool:
    """Whether every rule here can work with the item."""
    match item:
        case StationItem():
            return 0 < item.pull_out_s <= MAX_PULL_OUT_S and _are_caps(item)
        case StaffItem():
            return _is_uuid(item.key) and _are_instants(item.expires_ms)
        case ChecklistItem():
            return _is_checklist(item)
        case VehicleItem():
            return _is_uuid(item.key)
        case BlockItem():
            return _are_instants(item.since_ms)
        case TariffItem():
            return _is_price(item) and _are_instants(item.valid_from_ms, item.valid_to_ms)
        case OpenRentalItem():
            sound = _is_uuid(item.key) and _is_price(item.tariff)
            return sound and _are_instants(item.started_ms, item.undocked_ms, item.due_ms)
        case CardItem():
            return _are_instants(item.valid_to_ms)
        case ReservationItem():
            return _is_uuid(item.key) and _are_instants(item.from_ms, item.until_ms)
        case LeaseItem():
            return _is_uuid(item.key) and _is_lease(item)
        case LeasePolicyItem():
            return item.walk_in_min >= 0 and 0 <= item.walk_in_pct <= 100
        case VoucherKeyItem():
            return _is_key(item) and _are_instants(item.valid_from_ms, item.valid_to_ms)
        case _:
            return True


def _is_checklist(item: ChecklistItem) -> bool:
    """Something to ask, each once, in a way that the page knows."""
    keys = [one.key for one in item.questions]
    kinds = {one.kind for one in item.questions}
    said = item.title and all(one.text for one in item.questions)
    return bool(said and keys) and len(set(keys)) == len(keys) and kinds <= set(KINDS) and item.about in ABOUT


def _is_price(item: TariffItem) -> bool:
    """Nobody is paid for riding."""
    amounts = (
        item.unlock_minor, item.per_minute_minor, item.per_kwh_minor, item.deposit_minor, item.free_minutes,
        item.per_km_minor, item.ride_kwh_minor, item.late_grace_minutes, item.late_hour_minor, item.tax_pct,
        *item.tax_pcts.values(),
    )  # fmt: skip
    cap = item.day_cap_minor
    return min(amounts) >= 0 and (cap is None or cap >= 0) and all(map(_is_window, item.windows))


def _is_window(item: WindowItem) -> bool:
    inside = 0 <= item.from_minute < _DAY_MINUTES and 0 < item.to_minute <= _DAY_MINUTES
    return inside and item.per_minute_minor >= 0 and all(1 <= one <= 7 for one in item.weekdays)


def _is_lease(item: LeaseItem) -> bool:
    """Of one vehicle or of one kind, in a period that is one, with a margin that does not swallow it."""
    instants = [item.from_ms, item.until_ms, item.answer_by_ms]
    if item.holder is not None:
        instants += [item.holder.from_ms, item.holder.until_ms]
    one_of_two = (item.vehicle_id is None) != (item.vehicle_kind is None)
    return one_of_two and _are_instants(*instants) and 0 <= item.margin_ms <= MAX_MARGIN_MS and item.generation > 0


def _is_key(item: VoucherKeyItem) -> bool:
    kid, key = _HEX.fullmatch(item.key), _HEX.fullmatch(item.public_key)
    return kid is not None and key is not None and len(item.public_key) == _KEY_DIGITS


def _are_caps(item: StationItem) -> bool:
    amount = item.offline_amount_minor
    counts = (item.offline_rentals, item.offline_rentals_per_account, item.stale_after_s)
    return min(counts) >= 0 and (amount is None or amount >= 0)


def _are_instants(*instants_ms: int | None) -> bool:
    return all(one is None or 0 <= one <= _LAST_MS for one in instants_ms)


def _is_uuid(key: str) -> bool:
    try:
        uuid.UUID(key)
    except ValueError:
        return False
    return True
