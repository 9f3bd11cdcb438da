"""What the station keeps for the hub: granted, kept, moved, given back, told again; walk-ins keep their share."""

import dataclasses
import datetime as dt
import uuid
from typing import Any

import pytest

from edge_agent.core.eligibility import standing
from edge_agent.core.inputs import Agreed, BatteryReported, DockLost, LockState, Outcome, Ticked
from edge_agent.core.state import LeasePhase, Phase
from protocols.errors import Refused
from protocols.kiosk.actions import ByReservation
from protocols.sync.changes import Holder, LeaseItem, LeasePolicyItem
from protocols.sync.clock import ClockQuality
from protocols.sync.facts import LeaseEnded, LeaseGranted, LeaseMoved, LeaseRefused, RentalStarted
from protocols.values import BatteryReading, to_ms
from protocols.voucher.pin import pin_hash
from tests.edge_agent.core.stage import BEGAN, Stage, account_id, report, vehicle_id, vehicle_item, voucher

HOUR_MS = 3_600_000
MARGIN_MS = 60_000
WHO = ByReservation(kind="reservation", code="VD-LEASE1", pin="1234")


def lease_id(number: int) -> uuid.UUID:
    return uuid.UUID(int=0x1EA5E00 + number)


def holder(number: int = 1, **more: Any) -> Holder:
    given: dict[str, Any] = {"from_ms": to_ms(BEGAN), "until_ms": to_ms(BEGAN) + HOUR_MS} | more
    return Holder(
        reservation_id=uuid.UUID(int=0x4E5E00 + number),
        code=f"VD-LEASE{number}",
        pin_hash=pin_hash("1234", bytes(16)),
        account_id=account_id(200 + number),
        **given,
    )


def wish(number: int = 1, **more: Any) -> LeaseItem:
    """A scooter for two hours from now on."""
    given: dict[str, Any] = {
        "generation": 1,
        "from_ms": to_ms(BEGAN),
        "until_ms": to_ms(BEGAN) + 2 * HOUR_MS,
        "margin_ms": MARGIN_MS,
        "vehicle_kind": None if "vehicle_id" in more else "scooter",
    } | more
    return LeaseItem(key=str(lease_id(number)), **given)


def furnished(vehicles: int = 3) -> Stage:
    stage = Stage(vehicles).furnish(vehicles)
    for number in range(1, vehicles + 1):
        stage.stand(number, number, soc_pct=60.0 + number)
    return stage


def why_not(stage: Stage) -> list[str | None]:
    return [one.why_not for one in standing(stage.state, stage.now_ms())]


def tick(stage: Stage, seconds: float = 1.0) -> None:
    stage.wait(seconds)
    stage.tell(Ticked())


def ended(stage: Stage) -> list[tuple[str, str]]:
    return [(one.how, one.reason) for one in stage.of(LeaseEnded)]


def ride(stage: Stage, who: Any, dock_no: int | None = None) -> RentalStarted:
    rental = stage.ask(Agreed(quote_id=stage.quote(who, dock_no).quote_id))
    stage.ended(stage.unlocks()[-1], Outcome.DONE)
    stage.report(rental.dock_no, stage_vehicle(rental.vehicle_id), LockState.UNLOCKED)
    stage.report(rental.dock_no, None, LockState.UNLOCKED)
    return stage.of(RentalStarted)[-1]


def stage_vehicle(known: uuid.UUID) -> int:
    return known.int - vehicle_id(0).int


def test_what_fits_is_granted_and_kept_from_walk_ins() -> None:
    stage = furnished()
    stage.give("leases", wish(1), wish(2, vehicle_id=vehicle_id(1)))
    assert [(one.lease_id, one.generation) for one in stage.of(LeaseGranted)] == [
        (lease_id(1), 1),
        (lease_id(2), 1),
    ]
    assert why_not(stage) == ["leased", None, "leased"]  # the named one, and the best charged of the kind
    with pytest.raises(Refused) as refused:
        stage.quote(voucher(1), 3)
    assert (refused.value.code, refused.value.params["why"]) == ("vehicle_not_rentable", "leased")
    assert ride(stage, voucher(1)).dock_no == 2
    with pytest.raises(Refused):
        stage.quote(voucher(2))


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        (wish(9, vehicle_kind="car"), "no_vehicle"),
        (wish(9, vehicle_id=vehicle_id(9)), "vehicle_gone"),
        (wish(9, until_ms=to_ms(BEGAN)), "over"),
        (wish(9, vehicle_id=vehicle_id(1)), "leased"),
    ],
)
def test_what_does_not_fit_is_refused_once_with_its_reason(asked: LeaseItem, reason: str) -> None:
    stage = furnished()
    stage.give("leases", wish(1, vehicle_id=vehicle_id(1)), asked)
    tick(stage)
    assert [(one.lease_id, one.reason) for one in stage.of(LeaseRefused)] == [(lease_id(9), reason)]


@pytest.mark.parametrize(
    ("policy", "own", "granted"),
    [
        (LeasePolicyItem(key="self", walk_in_min=2), 0, 1),
        (LeasePolicyItem(key="self", walk_in_pct=50.0), 0, 1),
        (LeasePolicyItem(key="self", walk_in_min=1), 2, 1),
        (LeasePolicyItem(key="self"), 0, 3),
    ],
)
def test_walk_ins_keep_the_greater_share_of_hub_and_station(policy: LeasePolicyItem, own: int, granted: int) -> None:
    stage = furnished()
    stage.state = dataclasses.replace(stage.state, walk_in_min=own)
    stage.give("lease_policy", policy)
    stage.give("leases", wish(1), wish(2), wish(3))
    assert len(stage.of(LeaseGranted)) == granted
    assert {one.reason for one in stage.of(LeaseRefused)} == ({"walk_ins"} if granted < 3 else set())


def test_the_holder_gets_it_by_code_and_pin_though_the_hub_is_silent_and_only_once() -> None:
    stage = furnished()
    stage.give("leases", wish(holder=holder()))
    assert why_not(stage) == [None, None, "reserved"]
    started = ride(stage, WHO, dock_no=1)
    assert (started.dock_no, started.renter.lease_id) == (3, lease_id(1))
    assert ended(stage) == [("used", "")]
    assert stage.of(LeaseEnded)[0].rental_id == started.rental_id
    with pytest.raises(Refused) as refused:
        stage.quote(WHO)
    assert refused.value.code == "reservation_unknown"


def test_a_voucher_with_a_hold_gets_a_lease_that_the_station_does_not_know_the_holder_of() -> None:
    stage = furnished()
    stage.give("leases", wish())
    token = voucher(1, hold=(uuid.UUID(int=5), lease_id(1)))
    started = ride(stage, token)
    assert (started.dock_no, started.renter.lease_id, started.renter.reservation_id) == (
        3, lease_id(1), uuid.UUID(int=5),
    )  # fmt: skip
    with pytest.raises(Refused) as refused:
        stage.quote(token)
    assert refused.value.code == "voucher_used"


def test_code_and_voucher_of_one_booking_are_worth_one_ride() -> None:
    stage = furnished()
    stage.give("leases", wish(holder=holder()))
    ride(stage, WHO)
    with pytest.raises(Refused) as refused:
        stage.quote(voucher(1, hold=(holder().reservation_id, lease_id(1))))
    assert refused.value.code == "voucher_used"


def test_a_ride_that_came_to_nothing_leaves_the_lease_as_it_was() -> None:
    stage = furnished()
    stage.give("leases", wish(holder=holder()))
    rental = stage.ask(Agreed(quote_id=stage.quote(WHO).quote_id))
    assert why_not(stage) == [None, None, "dock_busy"]  # nobody is kept from a second vehicle meanwhile
    stage.ended(stage.unlocks()[-1], Outcome.REFUSED)
    assert stage.rental(rental).phase is Phase.VOIDED
    assert ended(stage) == []
    stage.report(3, 3)
    assert ride(stage, WHO).renter.lease_id == lease_id(1)


def test_it_is_kept_until_its_end_and_the_margin_and_then_it_is_free() -> None:
    stage = furnished()
    stage.give("leases", wish())
    tick(stage, 2 * HOUR_MS / 1000 + MARGIN_MS / 1000 - 1)
    assert "leased" in why_not(stage)
    tick(stage, 2)
    assert (why_not(stage), ended(stage)) == ([None] * 3, [("expired", "")])


def test_a_doubtful_clock_keeps_it_for_as_long_as_it_may_not_be_over() -> None:
    stage = furnished()
    stage.give("leases", wish())
    stage.quality, stage.uncertainty_ms = ClockQuality.UNKNOWN, 24 * 3600 * 1000
    tick(stage, 20 * 3600)
    assert ended(stage) == []
    tick(stage, 7 * 3600)
    assert ended(stage) == [("expired", "")]


@pytest.mark.parametrize("off_s", [-7200.0, 7200.0], ids=["behind", "ahead"])
def test_a_holder_is_served_by_a_clock_that_is_off_and_knows_it(off_s: float) -> None:
    stage = furnished()
    stage.give("leases", wish(holder=holder()))
    stage.at += dt.timedelta(seconds=off_s)
    stage.quality, stage.uncertainty_ms = ClockQuality.UNKNOWN, 10 * 365 * 24 * HOUR_MS
    tick(stage, 1)
    assert ride(stage, WHO).renter.lease_id == lease_id(1)


@pytest.mark.parametrize(
    ("late_s", "served"), [(599, True), (601, False)], ids=["perhaps in time", "certainly too late"]
)
def test_doubt_greater_than_the_margin_takes_its_place_and_is_not_added_to_it(late_s: float, served: bool) -> None:
    stage = furnished()
    stage.give("leases", wish(holder=holder()))
    stage.quality, stage.uncertainty_ms = ClockQuality.HOLDOVER, 600_000
    stage.wait(3600 + late_s)
    if served:
        assert ride(stage, WHO).renter.lease_id == lease_id(1)
        return
    with pytest.raises(Refused, match="reservation_not_now"):
        stage.quote(WHO)


def test_a_holder_who_did_not_come_in_his_time_is_waited_for_no_longer() -> None:
    stage = furnished()
    stage.give("leases", wish(holder=holder()))
    tick(stage, 3600 + 61)
    assert ended(stage) == [("expired", "no_show")]


def test_what_the_hub_gives_back_is_free_at_once_and_told() -> None:
    stage = furnished()
    stage.give("leases", wish())
    stage.give("leases", wish(ended="cancelled"))
    assert (why_not(stage), ended(stage)) == ([None] * 3, [("released", "cancelled")])
    stage.give("leases")
    assert stage.state.leases == {}


def test_a_renewal_is_answered_again_and_counts() -> None:
    stage = furnished()
    stage.give("leases", wish())
    stage.give("leases", wish(generation=2, until_ms=to_ms(BEGAN) + 4 * HOUR_MS))
    assert [one.generation for one in stage.of(LeaseGranted)] == [1, 2]
    tick(stage, 3 * 3600)
    assert ended(stage) == []


def test_a_list_that_forgets_it_ends_nothing_and_is_told_once() -> None:
    stage = furnished()
    stage.give("leases", wish(holder=holder()))
    stage.give("leases")
    tick(stage)
    again = stage.of(LeaseGranted)[1:]
    assert [(one.again, one.holder) for one in again] == [(True, holder())]
    assert why_not(stage) == [None, None, "reserved"]
    assert ride(stage, WHO).renter.lease_id == lease_id(1)


def test_a_new_card_answers_the_hubs_wishes_again() -> None:
    stage = furnished()
    stage.give("leases", wish(holder=holder()))
    stage.rows = {}
    stage.restart()
    stage.furnish()
    stage.give("leases", wish(holder=holder()))
    assert len(stage.of(LeaseGranted)) == 1  # until the docks have spoken nothing is refused, nor granted
    assert stage.of(LeaseRefused) == []
    for number in (1, 2, 3):
        stage.stand(number, number)
    tick(stage)
    assert len(stage.of(LeaseGranted)) == 2


def test_a_wish_for_later_waits_for_its_time_and_one_that_may_wait_for_a_vehicle() -> None:
    stage = furnished()
    later = wish(1, from_ms=to_ms(BEGAN) + HOUR_MS)
    patient = wish(2, vehicle_id=vehicle_id(9), answer_by_ms=to_ms(BEGAN) + HOUR_MS)
    stage.give("leases", later, patient)
    assert (stage.of(LeaseGranted), stage.of(LeaseRefused)) == ([], [])
    tick(stage, 3601)
    assert [one.lease_id for one in stage.of(LeaseGranted)] == [lease_id(1)]
    assert [one.lease_id for one in stage.of(LeaseRefused)] == [lease_id(2)]


def test_the_named_vehicle_runs_low_and_another_of_its_kind_steps_in() -> None:
    stage = furnished()
    stage.give("leases", wish(vehicle_id=vehicle_id(1), holder=holder()))
    stage.tell(BatteryReported(dock_no=1, battery=BatteryReading(soc_pct=5.0)))
    tick(stage)
    tick(stage, 6)
    [moved] = stage.of(LeaseMoved)
    assert (moved.vehicle_id, moved.to_vehicle_id, moved.reason) == (vehicle_id(1), vehicle_id(3), "low_charge")
    assert why_not(stage) == ["low_charge", None, "reserved"]
    assert ride(stage, WHO).dock_no == 3


def test_without_another_the_hub_is_told_that_the_promise_is_lost_and_after_a_faults_grace_only() -> None:
    stage = furnished(2)
    stage.give("vehicles", vehicle_item(1), vehicle_item(2, kind="moped"))
    stage.give("leases", wish(1, vehicle_id=vehicle_id(1)), wish(2, vehicle_kind="moped"))
    assert len(stage.of(LeaseGranted)) == 2
    stage.tell(BatteryReported(dock_no=1, battery=BatteryReading(soc_pct=5.0)))
    stage.tell(DockLost(dock_no=2, reason="no_answer"))
    tick(stage)
    tick(stage, 31)
    assert [(one.lease_id, one.how, one.reason) for one in stage.of(LeaseEnded)] == [
        (lease_id(1), "lost", "low_charge")
    ]
    stage.find(2)
    stage.report(2, 2)
    tick(stage, 400)
    assert len(stage.of(LeaseEnded)) == 1


def test_a_vehicle_that_staff_took_away_loses_its_lease_at_once() -> None:
    stage = furnished(1)
    stage.give("leases", wish(vehicle_id=vehicle_id(1)))
    stage.tell(report(1, None, LockState.UNLOCKED))
    tick(stage)
    assert ended(stage) == [("lost", "gone")]


def test_of_one_kind_the_vehicle_that_was_shown_is_handed_over_though_another_became_the_best() -> None:
    stage = furnished()
    stage.give("leases", wish(1, holder=holder(1)), wish(2, holder=holder(2)))
    shown = stage.quote(WHO)
    assert shown.dock_no == 3
    stage.tell(BatteryReported(dock_no=1, battery=BatteryReading(soc_pct=99.0)))
    assert stage.ask(Agreed(quote_id=shown.quote_id)).dock_no == 3


def test_leases_survive_a_restart() -> None:
    stage = furnished()
    stage.give("leases", wish(holder=holder()))
    stage.restart(boot="boot-2")
    assert [one.phase for one in stage.state.leases.values()] == [LeasePhase.HELD]
    tick(stage, 30)
    assert ended(stage) == []  # the docks have not spoken yet
    for number in (1, 2, 3):
        stage.stand(number, number)
    stage.at += dt.timedelta(seconds=1)
    assert ride(stage, WHO).renter.lease_id == lease_id(1)


def test_whose_it_is_once_it_stays_though_a_restored_hub_sells_it_again() -> None:
    stage = furnished()
    stage.give("leases", wish(holder=holder(1)))
    stage.give("leases", wish(holder=holder(2)))
    assert [(one.again, one.holder) for one in stage.of(LeaseGranted)[1:]] == [(True, holder(1))]
    assert ride(stage, WHO).renter.lease_id == lease_id(1)


def test_the_hub_gives_a_holder_more_time_and_nobody_elses_lease_changes() -> None:
    stage = furnished()
    stage.give("leases", wish(holder=holder()))
    longer = holder(until_ms=to_ms(BEGAN) + 3 * HOUR_MS)
    stage.give("leases", wish(generation=2, until_ms=to_ms(BEGAN) + 4 * HOUR_MS, holder=longer))
    assert [(one.generation, one.again) for one in stage.of(LeaseGranted)] == [(1, False), (2, False)]
    assert stage.state.leases[lease_id(1)].holder == longer
    tick(stage, 2 * 3600)
    assert ride(stage, WHO).renter.reservation_id == longer.reservation_id


def test_a_renewal_for_another_does_not_take_it_from_its_holder() -> None:
    stage = furnished()
    stage.give("leases", wish(holder=holder()))
    stage.give("leases", wish(generation=2, holder=holder(2)))
    assert stage.state.leases[lease_id(1)].holder == holder()
