"""Who stands at the kiosk, and by what right: voucher, reservation code with PIN, or card. All without a network."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import msgspec

from edge_agent.core import caps, leases, lists, rights
from edge_agent.core.clocks import LOCK_OUT_S
from edge_agent.core.state import PinTries
from edge_agent.core.step import Step, with_item, without
from protocols.errors import Refused
from protocols.kiosk.actions import ByCard, ByReservation, ByVoucher
from protocols.sync.changes import ReservationItem
from protocols.sync.facts import Renter
from protocols.values import from_ms, rfc3339
from protocols.voucher.pin import pin_matches
from protocols.voucher.voucher import Voucher, verify

CARD_READ_S: Final = 60.0  # how long a card that was held to a dock speaks for the person
MAX_WRONG_PINS: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Identified:
    """A person with a right to rent. `vehicle_id` or `vehicle_kind` where the right is for that only."""

    renter: Renter
    by: str
    vehicle_id: uuid.UUID | None = None
    vehicle_kind: str | None = None
    voucher: Voucher | None = None


def identify(step: Step, who: ByVoucher | ByReservation | ByCard) -> Identified:
    """Raises Refused with the reason that the person is shown."""
    match who:
        case ByVoucher():
            found = by_voucher(step, who.token)
        case ByReservation():
            found = _by_reservation(step, who)
        case ByCard():
            found = _by_card(step, who.read_id)
    rights.check_account(step, found.renter.account_id)
    return found


def by_voucher(step: Step, token: str) -> Identified:
    """A voucher that is ours, in time, for here, not revoked and not used up."""
    voucher = _verified(step, token)
    if "rent" not in voucher.may:
        raise Refused("voucher_invalid", why="may_not_rent")
    if lists.is_denied(step.state, voucher.voucher_id, voucher.status):
        raise Refused("voucher_revoked")
    spent = step.state.spent.get(voucher.voucher_id)
    if spent is not None and spent.uses >= voucher.max_uses:
        raise Refused("voucher_used")
    caps.check_voucher(step, voucher)
    renter = Renter(by="voucher", account_id=voucher.account_id, voucher_id=voucher.voucher_id)
    if voucher.hold is not None:
        return _with_hold(step, renter, voucher, voucher.hold)
    return Identified(renter=renter, by="voucher", vehicle_id=voucher.vehicle_id, voucher=voucher)


def _with_hold(step: Step, renter: Renter, voucher: Voucher, hold: tuple[uuid.UUID, uuid.UUID]) -> Identified:
    """The bearer of a booking: what is kept for him, or (where nothing is any more) what is free."""
    reservation_id, lease_id = hold
    lease = step.state.leases.get(lease_id)
    gone = lease is not None and lease.rental_id is not None
    if gone or reservation_id in step.state.used_reservations:
        raise Refused("voucher_used")
    keeps = lease is not None and leases.is_held(step.state, lease_id)
    return Identified(
        renter=msgspec.structs.replace(renter, reservation_id=reservation_id, lease_id=lease_id if keeps else None),
        by="voucher",
        vehicle_id=None if lease is None else lease.vehicle_id,
        vehicle_kind=None if lease is None else lease.vehicle_kind,
        voucher=voucher,
    )


def _verified(step: Step, token: str) -> Voucher:
    """What may be in time is taken of a voucher that can be used once and only here; another must be so certainly."""
    keys, station_id, now = lists.voucher_keys(step.state), step.state.station_id, step.now
    earliest, latest = from_ms(now.earliest_ms), from_ms(now.latest_ms)
    voucher = verify(token, keys, station_id=station_id, earliest=earliest, latest=latest)
    if voucher.stations != (station_id,) or voucher.max_uses > 1:
        for at in (earliest, latest):
            verify(token, keys, station_id=station_id, earliest=at, latest=at)
    return voucher


def _by_reservation(step: Step, who: ByReservation) -> Identified:
    code = who.code.strip().upper().replace(" ", "")
    found = leases.booking_with_code(step.state, code)
    if found is None:
        raise Refused("reservation_unknown")
    item, lease = found
    key = uuid.UUID(item.key)
    check_pin(step, key, lambda: pin_matches(who.pin, item.pin_hash))
    _check_window(step, item, key, 0 if lease is None else lease.margin_ms)
    lease_id = None if lease is None else lease.lease_id
    renter = Renter(by="reservation", account_id=item.account_id, reservation_id=key, lease_id=lease_id)
    return Identified(renter=renter, by="reservation", vehicle_id=item.vehicle_id, vehicle_kind=item.vehicle_kind)


def check_pin(step: Step, key: uuid.UUID, is_right: Callable[[], bool]) -> None:
    """Wrong PINs are counted, and lock the booking for a while. Raises Refused `reservation_locked`, `_unknown`."""
    tries = step.state.pin_tries.get(key, PinTries(wrong=0))
    if is_locked_out(step, tries):
        raise Refused("reservation_locked", until=rfc3339(from_ms(tries.locked_until_ms)))
    if not is_right():
        _count_wrong_pin(step, key)
        raise Refused("reservation_unknown")
    step.change(pin_tries=without(step.state.pin_tries, key))


def _count_wrong_pin(step: Step, reservation_id: uuid.UUID) -> None:
    """Remember the try; `decide` keeps it although the answer is no."""
    tries = after_wrong_pin(step, step.state.pin_tries.get(reservation_id, PinTries(wrong=0)))
    step.change(pin_tries=with_item(step.state.pin_tries, reservation_id, tries))


def after_wrong_pin(step: Step, tries: PinTries) -> PinTries:
    """One more wrong PIN; after too many nobody may try for a while."""
    if tries.wrong + 1 < MAX_WRONG_PINS:
        return PinTries(wrong=tries.wrong + 1)
    return PinTries(
        wrong=0,
        locked_until_ms=step.now_ms + int(LOCK_OUT_S * 1000),
        boot=step.now.boot_id,
        locked_until_mono_s=step.now.mono_s + LOCK_OUT_S,
    )


def is_locked_out(step: Step, tries: PinTries) -> bool:
    """By the monotonic clock: no wall clock that is moved ends a lock-out, or makes it last."""
    return tries.boot == step.now.boot_id and step.now.mono_s < tries.locked_until_mono_s


def _check_window(step: Step, item: ReservationItem, key: uuid.UUID, margin_ms: int) -> None:
    """In time by the hub's clock, which may be so far from ours; refused only if it is certainly not now."""
    if key in step.state.used_reservations:
        raise Refused("reservation_unknown")
    earliest_ms, latest_ms = leases.earliest_ms(step.now, margin_ms), leases.latest_ms(step.now, margin_ms)
    if latest_ms < item.from_ms or earliest_ms >= item.until_ms:
        raise Refused(
            "reservation_not_now", begins=rfc3339(from_ms(item.from_ms)), until=rfc3339(from_ms(item.until_ms))
        )


def card_held(step: Step, read_id: uuid.UUID) -> tuple[str, uuid.UUID | None]:
    """The card that was just held to a dock, and whose it is. Raises Refused `card_not_read`."""
    read = step.state.card
    if read is None or read.read_id != read_id or step.now.mono_s - read.mono_s > CARD_READ_S:
        raise Refused("card_not_read")
    card = lists.card(step.state, read.uid)
    return read.uid, None if card is None else card.account_id


def _by_card(step: Step, read_id: uuid.UUID) -> Identified:
    uid, _ = card_held(step, read_id)
    card = lists.card(step.state, uid)
    if card is None or "rent" not in card.may:
        raise Refused("card_unknown")
    if card.blocked:
        raise Refused("card_blocked")
    if card.valid_to_ms is not None and card.valid_to_ms <= step.now.earliest_ms:
        raise Refused("card_expired")
    return Identified(renter=Renter(by="card", account_id=card.account_id, card_uid=uid), by="card")
