"""How much the station may give out on its own while the hub is not reached. Judged by what it knows alone.

Counted since the last contact at which the hub held all our business; a restart forgets nothing. What the hub has
promised itself (a booking) does not count and is never refused here. After `stale_after_s` without contact the
station knows too little of who is blocked: it gives one vehicle to each account, a quarter in all, and none for a
voucher that could be used elsewhere too.
"""

from typing import Final

from edge_agent.core.state import OfflineStart, Rental
from edge_agent.core.step import Step, with_item, without
from protocols.errors import Refused
from protocols.sync.facts import OfflineLeft, Renter
from protocols.tariff.tariff import Tariff, dearest, price_of_rental
from protocols.voucher.voucher import Voucher

DAY_S: Final = 24 * 3600.0
WRITE_CONTACT_MS: Final = 10 * 60_000  # how old the written last contact may be: a card wears by each write


def expected_minor(tariff: Tariff) -> int:
    """What a rental puts at risk: its deposit or the price of a day, whichever is more, in minor units."""
    return max(tariff.deposit_minor, price_of_rental(dearest(tariff), DAY_S).total_minor)


def contact(step: Step, *, level: bool) -> None:
    """The hub was reached; `level`: it holds all our business, so what was given out on our own is known to it."""
    if level and step.state.offline_starts:
        step.change(offline_starts={})
    if abs(step.now_ms - step.state.contact_ms) >= WRITE_CONTACT_MS:
        step.change(contact_ms=step.now_ms)


def since_contact_s(step: Step) -> float | None:
    """How long ago the last contact was, by the clock that says more (one may be set back); None: there was none."""
    hub = step.state.hub
    ages = [] if hub.last_contact_mono_s is None else [step.now.mono_s - hub.last_contact_mono_s]
    if step.state.contact_ms and hub.last_contact is None:
        ages.append((step.now_ms - step.state.contact_ms) / 1000)
    return max(0.0, *ages) if ages else None


def is_stale(step: Step) -> bool:
    """Whether what the hub told last is too old to rely on."""
    age_s = since_contact_s(step)
    return not step.state.hub.online and age_s is not None and age_s > step.state.profile.stale_after_s


def check_voucher(step: Step, voucher: Voucher) -> None:
    """Raises Refused `lists_stale` for one that may have been used up or revoked elsewhere meanwhile."""
    only_here = voucher.stations == (step.state.station_id,) and voucher.max_uses == 1
    if not only_here and is_stale(step):
        raise Refused("lists_stale")


def check(step: Step, renter: Renter, tariff: Tariff) -> None:
    """Raises Refused `offline_limit`; `why` is account, station or amount."""
    if step.state.hub.online or renter.reservation_id is not None:
        return
    left = _left(step, renter)
    if renter.account_id is not None and left.account <= 0:
        raise Refused("offline_limit", why="account")
    if left.rentals <= 0:
        raise Refused("offline_limit", why="station")
    if left.amount_minor is not None and left.amount_minor < expected_minor(tariff):
        raise Refused("offline_limit", why="amount")


def count(step: Step, rental: Rental) -> OfflineLeft | None:
    """A rental begins without the hub; what is left after it, for its fact."""
    if step.state.hub.online:
        return None
    if rental.renter.reservation_id is None:
        begun = OfflineStart(account_id=rental.renter.account_id, amount_minor=expected_minor(rental.tariff))
        step.change(offline_starts=with_item(step.state.offline_starts, rental.rental_id, begun))
    return _left(step, rental.renter)


def give_back(step: Step, rental: Rental) -> None:
    """No ride came of it."""
    if rental.rental_id in step.state.offline_starts:
        step.change(offline_starts=without(step.state.offline_starts, rental.rental_id))


def _left(step: Step, renter: Renter) -> OfflineLeft:
    profile, starts = step.state.profile, step.state.offline_starts.values()
    stale = is_stale(step)
    in_all = -(-profile.offline_rentals // 4) if stale else profile.offline_rentals
    each = min(1, profile.offline_rentals_per_account) if stale else profile.offline_rentals_per_account
    amount = profile.offline_amount_minor
    return OfflineLeft(
        rentals=in_all - len(starts),
        account=each - sum(one.account_id == renter.account_id for one in starts),
        amount_minor=None if amount is None else amount - sum(one.amount_minor for one in starts),
        since_contact_s=since_contact_s(step),
    )
