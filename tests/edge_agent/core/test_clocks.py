"""What a clock that is wrong, unsure or put right means for people and money at the station."""

import datetime as dt
from typing import Any

import pytest

from edge_agent.core.inputs import AgentWoke, ChangesArrived, ClockMoved, LockState, QuoteAsked, Ticked
from edge_agent.core.state import Rental
from protocols.errors import Refused
from protocols.kiosk.actions import ByReservation, ByVoucher
from protocols.sync import changes
from protocols.sync.clock import ClockQuality
from protocols.sync.facts import ClockStepped, OrderEnded, RentalActivated, RentalEnded
from protocols.values import from_ms, to_ms
from tests.edge_agent.core.stage import (
    BEGAN,
    STATION,
    Stage,
    order_change,
    reservation_item,
    tariff_item,
    vehicle_id,
    voucher,
)
from tests.edge_agent.core.test_rental import agree, opened

YEARS_MS = 10 * 365 * 86_400_000
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


@pytest.fixture
def stage() -> Stage:
    stage = Stage().furnish()
    stage.stand(1, 1)
    stage.stand(2, 2, soc_pct=60)
    stage.find(3)
    stage.report(3)
    return stage


def lose_the_time(stage: Stage, at: dt.datetime, passed: dt.datetime | None = None) -> None:
    """The station woke up with this reading and knows only that `passed` is over."""
    stage.at, stage.quality, stage.uncertainty_ms = at, ClockQuality.FLOOR, YEARS_MS
    stage.passed_ms = to_ms(passed or at)


def find_the_time(stage: Stage, at: dt.datetime) -> None:
    """The hub was reached."""
    old = stage.at
    stage.at, stage.quality, stage.uncertainty_ms = at, ClockQuality.SYNCED, 100
    stage.passed_ms = to_ms(at) - 100
    stage.tell(ClockMoved(reason="hub", old_ms=to_ms(old), new_ms=to_ms(at), offset_ms=0))


def refusal(stage: Stage, token: str) -> str | None:
    try:
        stage.quote(token, 1)
    except Refused as refused:
        return refused.code
    return None


HERE: dict[str, Any] = {"stations": (STATION,)}


@pytest.mark.parametrize("reading", [BEGAN, BEGAN + dt.timedelta(days=3650), BEGAN - dt.timedelta(days=1)])
def test_without_a_time_what_may_be_in_time_is_taken_once_and_only_here(stage: Stage, reading: dt.datetime) -> None:
    lose_the_time(stage, reading, passed=BEGAN - dt.timedelta(days=1))
    assert refusal(stage, voucher(1, **HERE)) is None
    assert refusal(stage, voucher(2, not_before=BEGAN + dt.timedelta(days=2), **HERE)) is None
    assert refusal(stage, voucher(3, stations=())) is not None
    assert refusal(stage, voucher(4, max_uses=2, **HERE)) is not None


def test_a_clock_set_back_does_not_revive_a_voucher(stage: Stage) -> None:
    """Expired while the station knew the time; then a boot in 1970 with the hub away."""
    token = voucher(1, expires=BEGAN + dt.timedelta(hours=1), **HERE)
    stage.wait(3601)
    assert refusal(stage, token) == "voucher_expired"
    lose_the_time(stage, stage.at)  # max(1970, the floor)
    assert refusal(stage, token) == "voucher_expired"
    stage.at = EPOCH  # even if the reading itself were taken from the machine
    stage.uncertainty_ms = 0
    assert refusal(stage, token) == "voucher_expired"


def test_at_the_edge_a_voucher_for_here_gets_the_clocks_uncertainty_and_a_roaming_one_does_not(stage: Stage) -> None:
    stage.uncertainty_ms = 90_000
    just_over: dict[str, Any] = {"expires": BEGAN - dt.timedelta(seconds=60)}
    assert refusal(stage, voucher(1, **just_over, **HERE)) is None
    assert refusal(stage, voucher(3, expires=BEGAN - dt.timedelta(seconds=91), **HERE)) == "voucher_expired"
    assert refusal(stage, voucher(4, stations=(), expires=BEGAN + dt.timedelta(seconds=60))) == "voucher_expired"


def test_a_spent_voucher_is_not_forgotten_by_a_clock_that_runs_ten_years_ahead(stage: Stage) -> None:
    rental = agree(stage, voucher(1, **HERE))
    opened(stage, rental)
    stage.report(1, None, LockState.UNLOCKED, age_s=0)
    stage.report(3, 1, age_s=0)
    lose_the_time(stage, BEGAN + dt.timedelta(days=3650), passed=BEGAN)
    stage.tell(Ticked())
    find_the_time(stage, BEGAN + dt.timedelta(minutes=5))
    with pytest.raises(Refused, match="voucher_used"):
        stage.quote(voucher(1, **HERE), 2)


def test_a_reservation_is_given_when_it_may_be_its_time_and_refused_when_it_is_certainly_over(stage: Stage) -> None:
    begins = to_ms(BEGAN) + 3_600_000
    stage.give("reservations", reservation_item(1, vehicle_id=vehicle_id(1), from_ms=begins))
    code = ByReservation(kind="reservation", code="RES1", pin="1234")
    with pytest.raises(Refused, match="reservation_not_now"):
        stage.quote(code)
    lose_the_time(stage, BEGAN)
    stage.ask(QuoteAsked(who=code, dock_no=1))
    lose_the_time(stage, BEGAN + dt.timedelta(days=2))
    with pytest.raises(Refused, match="reservation_not_now"):
        stage.quote(code)


def test_a_lock_out_outlives_the_power_cut(stage: Stage) -> None:
    stage.give("reservations", reservation_item(1, vehicle_id=vehicle_id(1)))
    for _ in range(5):
        with pytest.raises(Refused):
            stage.quote(ByReservation(kind="reservation", code="RES1", pin="9999"))
    stage.restart(boot="boot-2", off_s=1)
    stage.stand(1, 1)
    right = ByReservation(kind="reservation", code="RES1", pin="1234")
    with pytest.raises(Refused, match="reservation_locked"):
        stage.quote(right)
    stage.wait(601)
    assert stage.quote(right).dock_no == 1


def test_a_tariff_is_found_whatever_the_clock_says(stage: Stage) -> None:
    now = to_ms(BEGAN)
    stage.give("tariffs", tariff_item(valid_from_ms=now - 86_400_000, valid_to_ms=now + 86_400_000))
    for reading in (BEGAN + dt.timedelta(days=3650), BEGAN - dt.timedelta(days=300)):
        lose_the_time(stage, reading, passed=min(BEGAN, reading))
        assert stage.quote(voucher(1, **HERE), 1).tariff.version == 1


def test_an_orders_age_is_the_hubs_own_and_needs_no_clock_of_ours(stage: Stage) -> None:
    hub_ms = to_ms(BEGAN)
    lose_the_time(stage, BEGAN - dt.timedelta(days=200))
    late = order_change(stage.state.rev + 1, changes.RestartDock(dock_no=1), not_after_ms=hub_ms - 1)
    fresh = order_change(stage.state.rev + 2, changes.RestartDock(dock_no=2), not_after_ms=hub_ms + 5_000)
    heard = stage.mono_s
    stage.tell(ChangesArrived(rev=stage.state.rev + 2, changes=(late, fresh), hub_at_ms=hub_ms, heard_mono_s=heard))
    assert [one.outcome for one in stage.of(OrderEnded)] == ["expired"]
    stage.wait(6)  # it waited for the disk meanwhile
    slow = order_change(stage.state.rev + 1, changes.RestartDock(dock_no=3), not_after_ms=hub_ms + 5_000)
    stage.tell(ChangesArrived(rev=stage.state.rev + 1, changes=(slow,), hub_at_ms=hub_ms, heard_mono_s=heard))
    assert [one.outcome for one in stage.of(OrderEnded)] == ["expired", "expired"]


def test_an_order_of_a_hub_that_was_years_ahead_opens_nothing_when_it_comes_late(stage: Stage) -> None:
    hub_ms, rev = to_ms(BEGAN), stage.state.rev + 1
    given = order_change(rev, changes.UnlockDock(dock_no=1, duration_s=30, reason=""), not_after_ms=hub_ms + 10**11)
    arrived = ChangesArrived(rev=rev, changes=(given,), hub_at_ms=hub_ms, heard_mono_s=stage.mono_s)
    stage.tell(arrived)
    assert [one.outcome for one in stage.of(OrderEnded)] == ["expired"]


def test_a_clock_that_is_put_right_moves_what_it_had_dated_and_no_duration(stage: Stage) -> None:
    lose_the_time(stage, BEGAN - dt.timedelta(days=100))
    rental = agree(stage, voucher(1, **HERE))
    opened(stage, rental)
    stage.report(1, None, LockState.UNLOCKED, age_s=0)
    assert stage.of(RentalActivated)[0].undocked_ms == to_ms(BEGAN - dt.timedelta(days=100))
    stage.wait(60)
    find_the_time(stage, BEGAN)
    told = stage.of(ClockStepped)[0]
    assert (told.reason, told.quality, told.uncertainty_ms) == ("hub", "synced", 100)
    assert told.new_ms - told.old_ms == 100 * 86_400_000 - 60_000
    assert stage.rental(rental).undocked_at == BEGAN - dt.timedelta(seconds=60)
    stage.wait(60)
    stage.report(3, 1, age_s=0)
    ended = stage.of(RentalEnded)[0]
    assert (ended.duration_s, ended.duration_by) == (120.0, "monotonic")
    assert ended.ended_ms == to_ms(BEGAN) + 60_000


def test_a_jump_of_the_machines_clock_is_told_and_moves_nothing(stage: Stage) -> None:
    rental = agree(stage)
    before = stage.rental(rental).started_at
    stage.tell(ClockMoved(reason="jump", old_ms=0, new_ms=3_600_000, offset_ms=-3_600_000))
    assert stage.rental(rental).started_at == before
    assert stage.of(ClockStepped)[0].offset_ms == -3_600_000


def ride(stage: Stage) -> Rental:
    rental = agree(stage, voucher(1, **HERE))
    opened(stage, rental)
    stage.report(1, None, LockState.UNLOCKED, age_s=0)
    return rental


def test_a_ride_over_two_boots_without_a_time_costs_what_the_boots_counted(stage: Stage) -> None:
    lose_the_time(stage, BEGAN)
    rental = ride(stage)
    stage.wait(300)
    last_mono_s, last_boot = stage.mono_s, stage.boot
    stage.boot, stage.mono_s = "boot-2", 30.0
    stage.at += dt.timedelta(days=3)  # an RTC that nobody can vouch for
    stage.state = stage.restored()
    stage.tell(AgentWoke(epoch=2, version="1", unclean=True, last_boot=last_boot, last_mono_s=last_mono_s))
    stage.find(3)
    stage.wait(90)
    stage.report(3, 1, age_s=0)
    ended = stage.of(RentalEnded)[0]
    assert (ended.rental_id, ended.duration_by) == (rental.rental_id, "counted")
    assert ended.duration_s == pytest.approx(300 + 30 + 90)


def test_a_ride_that_began_without_a_time_is_not_billed_for_the_time_the_station_slept_before(stage: Stage) -> None:
    """The floor was three days old when the ride began; then a boot that knows the time."""
    lose_the_time(stage, BEGAN - dt.timedelta(days=3))
    ride(stage)
    stage.wait(60)
    last_mono_s, last_boot = stage.mono_s, stage.boot
    stage.boot, stage.mono_s = "boot-2", 10.0
    stage.at, stage.quality, stage.uncertainty_ms = BEGAN, ClockQuality.SYNCED, 100
    stage.state = stage.restored()
    stage.tell(AgentWoke(epoch=2, version="1", unclean=True, last_boot=last_boot, last_mono_s=last_mono_s))
    stage.find(3)
    stage.report(3, 1, age_s=0)
    assert stage.of(RentalEnded)[0].duration_s == pytest.approx(70)


def test_a_ride_over_two_boots_that_both_knew_the_time_is_billed_by_it_in_the_renters_favour(stage: Stage) -> None:
    stage.uncertainty_ms = 100
    ride(stage)
    stage.restart(boot="boot-2", off_s=600)
    stage.find(3)
    stage.report(3, 1, age_s=0)
    ended = stage.of(RentalEnded)[0]
    assert ended.duration_s == pytest.approx(599.8)
    assert ended.duration_by == "wall"


def test_a_voucher_cannot_be_tried_again_by_a_wrong_reading(stage: Stage) -> None:
    lose_the_time(stage, from_ms(to_ms(BEGAN)))
    agree(stage, voucher(1, **HERE))
    with pytest.raises(Refused, match="voucher_used"):
        stage.ask(QuoteAsked(who=ByVoucher(kind="voucher", token=voucher(1, **HERE)), dock_no=2))
