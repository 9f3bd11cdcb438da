"""Rights to begin something: whether any may be used here now, and how they are used up and given back.

What is under way goes on whatever is said here: a renter who is blocked rides on, returns and gets his bill.
"""

import dataclasses
import uuid

from edge_agent.core import leases, lists
from edge_agent.core.state import RUNNING, Quote, Rental, SpentVoucher
from edge_agent.core.step import Step, with_item
from protocols.errors import Refused


def check_may_begin(step: Step) -> None:
    """Raises Refused `station_revoked`: what we would promise, nobody would hear of."""
    if step.state.revoked_ms:
        raise Refused("station_revoked")


def check_account(step: Step, account_id: uuid.UUID | None) -> None:
    """Raises Refused `account_blocked` or `too_many_rentals`."""
    if account_id is None:
        return
    if lists.block(step.state, account_id) is not None:
        raise Refused("account_blocked")
    if any(one.renter.account_id == account_id and one.phase in RUNNING for one in step.state.rentals.values()):
        raise Refused("too_many_rentals")


def check_still_good(step: Step, wanted: Quote) -> None:
    """Between the price and the yes the right may have been used, or its owner blocked. Raises Refused."""
    renter = wanted.renter
    if renter.voucher_id is not None:
        if lists.is_denied(step.state, renter.voucher_id, wanted.voucher_status):
            raise Refused("voucher_revoked")
        spent = step.state.spent.get(renter.voucher_id)
        if spent is not None and spent.uses >= wanted.voucher_uses:
            raise Refused("voucher_used")
    if renter.reservation_id is not None and renter.reservation_id in step.state.used_reservations:
        raise Refused("reservation_unknown")
    if renter.lease_id is not None and not leases.is_held(step.state, renter.lease_id):
        raise Refused("quote_expired")
    check_account(step, renter.account_id)


def spend(step: Step, wanted: Quote) -> None:
    """Mark the right as used, in the commit that comes before the lock opens."""
    voucher, reservation = wanted.renter.voucher_id, wanted.renter.reservation_id
    if voucher is not None:
        uses = step.state.spent[voucher].uses if voucher in step.state.spent else 0
        spent = SpentVoucher(uses=uses + 1, expires_ms=wanted.voucher_expires_ms or step.now_ms)
        step.change(spent=with_item(step.state.spent, voucher, spent))
    if reservation is not None:
        use_reservation(step, reservation, wanted.quote_id)
    if wanted.renter.card_uid is not None:
        step.change(card=None)  # the next person at the screen shall not find it


def use_reservation(step: Step, reservation_id: uuid.UUID, quote_id: uuid.UUID) -> None:
    """The booking is fetched."""
    step.change(used_reservations=with_item(step.state.used_reservations, reservation_id, quote_id))


def give_back(step: Step, rental: Rental) -> None:
    """A rental that came to nothing gives its voucher or reservation back."""
    voucher, reservation = rental.renter.voucher_id, rental.renter.reservation_id
    if voucher is not None and voucher in step.state.spent:
        spent = step.state.spent[voucher]
        step.change(spent=with_item(step.state.spent, voucher, dataclasses.replace(spent, uses=max(0, spent.uses - 1))))
    if reservation is not None:
        used = {key: value for key, value in step.state.used_reservations.items() if key != reservation}
        step.change(used_reservations=used)
