"""What the station gives out on its own: capped, counted over restarts, given back, reset when the hub holds it all."""

from typing import Any

import pytest

from edge_agent.core import caps
from edge_agent.core.inputs import (
    Agreed,
    AuthorizeCard,
    BatteryReported,
    CardRead,
    CardVerdict,
    HubReached,
    HubUnreachable,
    KeyRevoked,
    LockState,
    Outcome,
    Ticked,
)
from edge_agent.core.state import Phase, Rental
from protocols.errors import Refused
from protocols.kiosk.actions import REFUSALS, ByCard
from protocols.sync.changes import BlockItem, StationItem, StatusItem
from protocols.sync.clock import ClockQuality
from protocols.sync.facts import OfflineLeft, RentalEnded, RentalStarted
from protocols.values import BatteryReading
from protocols.voucher.status import CHUNK, packed
from tests.edge_agent.core.stage import BEGAN, DAY_MS, Stage, account_id, reservation_item, tariff_item, voucher
from tests.edge_agent.core.test_identity import by_code

DAY_MINOR = 100 + (24 * 60 - 2) * 19  # the stage's tariff for a day


@pytest.fixture
def stage() -> Stage:
    stage = Stage(4).furnish(4)
    for number in (1, 2, 3, 4):
        stage.stand(number, number)
    return stage


def limits(stage: Stage, **more: Any) -> None:
    stage.give("station", StationItem(key="self", name="T", number="1", timezone="UTC", currency="EUR", **more))


def start(stage: Stage, number: int, dock_no: int, account: int | None = None, **more: Any) -> Rental:
    quote = stage.quote(voucher(number, account, **more), dock_no)
    rental: Rental = stage.ask(Agreed(quote_id=quote.quote_id))
    return rental


def ride(stage: Stage, rental: Rental) -> None:
    stage.ended(stage.unlocks()[-1], Outcome.DONE)
    stage.report(rental.dock_no, None, LockState.UNLOCKED)


def bring_back(stage: Stage, vehicle: int, dock_no: int) -> None:
    stage.wait(60)
    stage.report(dock_no, vehicle)
    stage.tell(BatteryReported(dock_no=dock_no, battery=BatteryReading(soc_pct=80.0)))


def no(stage: Stage, number: int, dock_no: int, account: int | None = None, **more: Any) -> tuple[str, object]:
    with pytest.raises(Refused) as caught:
        start(stage, number, dock_no, account, **more)
    assert caught.value.code in REFUSALS
    return caught.value.code, caught.value.params.get("why")


def lefts(stage: Stage) -> list[OfflineLeft | None]:
    return [one.offline_left for one in stage.of(RentalStarted)]


def test_without_contact_so_many_rentals_begin_and_no_more(stage: Stage) -> None:
    limits(stage, offline_rentals=2)
    start(stage, 1, 1)
    start(stage, 2, 2)
    assert no(stage, 3, 3) == ("offline_limit", "station")
    assert [(one.rentals, one.account) for one in lefts(stage) if one] == [(1, 2), (0, 2)]


def test_with_contact_nothing_is_counted(stage: Stage) -> None:
    limits(stage, offline_rentals=0)
    stage.tell(HubReached(hub_at=BEGAN))
    start(stage, 1, 1)
    assert lefts(stage) == [None]
    assert not stage.state.offline_starts


def test_one_account_gets_so_many_and_another_one_still_gets_his(stage: Stage) -> None:
    limits(stage, offline_rentals_per_account=1)
    ride(stage, start(stage, 1, 1, account=7))
    bring_back(stage, 1, 1)
    assert no(stage, 2, 2, account=7) == ("offline_limit", "account")
    start(stage, 3, 2, account=8)


def test_what_all_may_come_to_together_is_capped_by_deposit_or_a_days_price(stage: Stage) -> None:
    limits(stage, offline_amount_minor=2 * DAY_MINOR + 1)
    start(stage, 1, 1)
    start(stage, 2, 2)
    assert no(stage, 3, 3) == ("offline_limit", "amount")
    assert [one.amount_minor for one in lefts(stage) if one] == [DAY_MINOR + 1, 1]


def test_a_high_deposit_counts_as_the_amount(stage: Stage) -> None:
    stage.give("tariffs", tariff_item(2, deposit_minor=50_000))
    limits(stage, offline_amount_minor=49_999)
    assert no(stage, 1, 1) == ("offline_limit", "amount")


def test_a_booking_that_the_hub_has_promised_is_never_capped(stage: Stage) -> None:
    limits(stage, offline_rentals=0, offline_rentals_per_account=0, offline_amount_minor=0)
    stage.give("reservations", reservation_item(1))

    quote = stage.quote(by_code(1), 1)
    stage.ask(Agreed(quote_id=quote.quote_id))
    assert not stage.state.offline_starts


def test_a_rental_that_came_to_nothing_is_given_back(stage: Stage) -> None:
    limits(stage, offline_rentals=1)
    rental = start(stage, 1, 1)
    stage.ended(stage.unlocks()[-1], Outcome.REFUSED, "stuck")
    assert stage.rental(rental).phase is Phase.VOIDED
    start(stage, 2, 2)


def test_a_restart_forgets_nothing_and_a_contact_that_has_not_all_yet_neither(stage: Stage) -> None:
    limits(stage, offline_rentals=1)
    ride(stage, start(stage, 1, 1))
    stage.restart(boot="boot-2")
    for dock in (2, 3):
        stage.stand(dock, dock)
    assert no(stage, 2, 2) == ("offline_limit", "station")
    stage.tell(HubReached(hub_at=BEGAN, level=False), HubUnreachable(reason="cut"))
    assert no(stage, 2, 2) == ("offline_limit", "station")
    stage.tell(HubReached(hub_at=BEGAN), HubUnreachable(reason="cut"))
    start(stage, 2, 2)


def test_after_too_long_the_station_gives_less_and_takes_no_voucher_that_is_good_elsewhere(stage: Stage) -> None:
    limits(stage, offline_rentals=4, stale_after_s=3600)
    stage.tell(HubReached(hub_at=BEGAN), HubUnreachable(reason="cut"))
    stage.wait(3601)
    assert no(stage, 1, 1, stations=()) == ("lists_stale", None)
    assert no(stage, 1, 1, max_uses=2) == ("lists_stale", None)
    start(stage, 1, 1)
    assert no(stage, 2, 2) == ("offline_limit", "station")
    [left] = lefts(stage)
    assert left is not None
    assert (left.rentals, left.account) == (0, 0)
    assert left.since_contact_s == pytest.approx(3601)


def test_a_clock_that_is_set_back_does_not_make_old_lists_young(stage: Stage) -> None:
    limits(stage, stale_after_s=3600)
    stage.tell(HubReached(hub_at=BEGAN), HubUnreachable(reason="cut"))
    stage.mono_s += 3601
    assert no(stage, 1, 1, stations=()) == ("lists_stale", None)


def test_after_a_restart_the_age_of_the_lists_is_known_from_the_written_contact(stage: Stage) -> None:
    limits(stage, stale_after_s=3600)
    stage.tell(HubReached(hub_at=BEGAN))
    stage.restart(boot="boot-2", off_s=4000)
    stage.stand(1, 1)
    assert no(stage, 1, 1, stations=()) == ("lists_stale", None)


def test_contacts_are_written_down_seldom(stage: Stage) -> None:
    written = set()
    for _ in range(40):
        stage.tell(HubReached(hub_at=BEGAN))
        written.add(stage.rows["number"]["contact_ms"])
        stage.wait(30)
    assert len(written) == 1 + 40 * 30_000 // caps.WRITE_CONTACT_MS - 1


def test_a_blocked_account_begins_nothing_and_what_is_under_way_ends_with_its_bill(stage: Stage) -> None:
    rental = start(stage, 1, 1, account=51)
    ride(stage, rental)
    quote = stage.quote(voucher(2, 52), 2)
    stage.give("blocked_accounts", *(BlockItem(key=str(account_id(one)), since_ms=stage.now_ms()) for one in (51, 52)))
    with pytest.raises(Refused, match="account_blocked"):
        stage.ask(Agreed(quote_id=quote.quote_id))
    bring_back(stage, 1, 1)
    assert stage.rental(rental).phase is Phase.ENDED
    assert [one.bill.total_minor for one in stage.of(RentalEnded)] == [100]
    assert no(stage, 3, 1, account=51) == ("account_blocked", None)
    assert stage.ask(AuthorizeCard(charger_id="CP1", id_token="04A1B2C3")).verdict is CardVerdict.BLOCKED
    stage.tell(CardRead(dock_no=1, uid="04A1B2C3"))
    assert stage.state.card is not None
    with pytest.raises(Refused, match="account_blocked"):
        stage.quote(ByCard(kind="card", read_id=stage.state.card.read_id))
    stage.give("blocked_accounts")
    start(stage, 3, 1, account=51)


def test_a_revoked_station_begins_nothing_over_a_restart_and_takes_vehicles_back(stage: Stage) -> None:
    rental = start(stage, 1, 1)
    ride(stage, rental)
    stage.tell(HubReached(hub_at=BEGAN), KeyRevoked())
    assert not stage.state.hub.online
    for _ in range(2):
        assert no(stage, 2, 2) == ("station_revoked", None)
        assert stage.ask(AuthorizeCard(charger_id="CP1", id_token="04A1B2C3")).verdict is CardVerdict.BLOCKED
        stage.restart(boot="boot-2")
        stage.stand(2, 2)
    bring_back(stage, 1, 1)
    assert stage.rental(rental).phase is Phase.ENDED
    stage.tell(HubReached(hub_at=BEGAN))
    start(stage, 2, 2)


def test_a_revoked_voucher_is_known_by_its_bit_and_a_quote_of_it_is_not_agreed(stage: Stage) -> None:
    quote = stage.quote(voucher(1, status=CHUNK + 9), 1)
    assert stage.quote(voucher(2, status=CHUNK + 8), 2).dock_no == 2
    stage.give("voucher_status", StatusItem(key="1", bits=packed([9])))
    with pytest.raises(Refused, match="voucher_revoked"):
        stage.ask(Agreed(quote_id=quote.quote_id))
    assert no(stage, 1, 1, status=CHUNK + 9) == ("voucher_revoked", None)
    assert stage.quote(voucher(2, status=CHUNK + 8), 2).dock_no == 2
    assert stage.quote(voucher(3, status=9), 2).dock_no == 2


def test_bits_that_cannot_be_read_deny_their_whole_chunk(stage: Stage) -> None:
    stage.give("voucher_status", StatusItem(key="0", bits="no bits"))
    assert no(stage, 1, 1, status=5) == ("voucher_revoked", None)
    start(stage, 2, 2, status=CHUNK)


def test_a_used_voucher_is_not_forgotten_by_a_clock_that_nobody_trusts(stage: Stage) -> None:

    start(stage, 1, 1)
    stage.ended(stage.unlocks()[-1], Outcome.DONE)
    stage.report(1, None, LockState.UNLOCKED)
    stage.quality, stage.uncertainty_ms = ClockQuality.UNKNOWN, 10 * 365 * DAY_MS
    stage.wait(30 * DAY_MS / 1000)
    stage.tell(Ticked())
    assert stage.state.spent
    stage.quality, stage.uncertainty_ms = ClockQuality.SYNCED, 0
    stage.tell(Ticked())
    assert not stage.state.spent
