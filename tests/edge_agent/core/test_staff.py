"""Staff by hand, with the hub away: who, what and why are facts before anything opens."""

import datetime as dt
import uuid
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_agent.core.acts import StaffEnds, StaffOnDock, StaffRents, StaffSignedIn, StaffSignedOut
from edge_agent.core.clocks import LOCK_OUT_S
from edge_agent.core.identity import MAX_WRONG_PINS
from edge_agent.core.inputs import Agreed, CardRead, KeyRevoked, LockState, Outcome, QuoteAsked
from edge_agent.core.orders import UnlockDock
from edge_agent.core.staff import SESSION_S
from edge_agent.core.state import LEFT_WITHOUT_RENTAL, Phase, Rental, StaffSession
from protocols.errors import Refused
from protocols.kiosk.actions import ByVoucher
from protocols.kiosk.staff import STAFF_REFUSALS, SignIn, StaffDockAct, StaffEnd, StaffRent
from protocols.sync.changes import BlockItem, StaffItem, StationItem
from protocols.sync.facts import OrderEnded, RentalEnded, RentalStarted, StaffActed
from protocols.voucher.pin import pin_hash, whose_pin
from tests.edge_agent.core.stage import Stage, account_id, durable, vehicle_id, voucher

ANNA, BEN = uuid.UUID(int=0xA77A), uuid.UUID(int=0xBE77)
SALT = bytes(range(16))


def staff_items(stage: Stage, hours: float = 24) -> tuple[StaffItem, StaffItem]:
    expires_ms = stage.now_ms() + int(hours * 3_600_000)
    anna = StaffItem(
        key=str(ANNA),
        name="Anna",
        may=["unlock", "rent", "end"],
        expires_ms=expires_ms,
        pin_hash=pin_hash("2468", SALT),
    )
    ben = StaffItem(
        key=str(BEN), name="Ben", may=["unlock"], expires_ms=expires_ms, pin_hash=pin_hash("1357", SALT), badge="04BEBE"
    )
    return anna, ben


@pytest.fixture
def stage() -> Stage:
    stage = Stage(3).furnish(3)
    stage.give("staff", *staff_items(stage))
    for number in (1, 2):
        stage.stand(number, number)
    stage.find(3)
    stage.report(3)
    return stage


def sign_in(stage: Stage, pin: str = "2468") -> uuid.UUID:
    session: StaffSession = stage.ask(StaffSignedIn(asked=SignIn(pin=pin)))
    return session.token


def why(act: int = 1, **more: Any) -> dict[str, Any]:
    return {"act_id": uuid.UUID(int=0xAC7000 + act), "reason": "renter_helped", "note": "card is broken"} | more


def rent(stage: Stage, token: uuid.UUID, dock_no: int = 1, act: int = 1, **more: Any) -> Rental:
    begun: Rental = stage.ask(StaffRents(token=token, asked=StaffRent(dock_no=dock_no, **why(act), **more)))
    return begun


def open_dock(stage: Stage, token: uuid.UUID, dock_no: int = 1, act: int = 1) -> None:
    stage.ask(StaffOnDock(token=token, dock_no=dock_no, what="unlock", asked=StaffDockAct(**why(act))))


def no(question: Any, stage: Stage) -> str:
    before = len(stage.facts), len(stage.orders)
    with pytest.raises(Refused) as caught:
        stage.ask(question)
    assert caught.value.code in STAFF_REFUSALS
    assert (len(stage.facts), len(stage.orders)) == before
    return caught.value.code


def test_a_dock_is_opened_by_hand_with_who_what_and_why_committed_with_the_order(stage: Stage) -> None:
    token = sign_in(stage)
    decision = stage.decide(StaffOnDock(token=token, dock_no=1, what="unlock", asked=StaffDockAct(**why())))
    [act], [order] = decision.facts, decision.orders
    assert isinstance(act, StaffActed)
    assert (act.staff_id, act.staff_name, act.identified_by, act.what) == (ANNA, "Anna", "pin", "unlock")
    assert (act.reason, act.note, act.dock_no, act.vehicle_id) == ("renter_helped", "card is broken", 1, vehicle_id(1))
    assert act.offline
    assert isinstance(order, UnlockDock)
    assert order.order_id == act.act_id
    stage.ended(order, Outcome.DONE)
    stage.report(1, None, LockState.UNLOCKED)
    assert [(one.order_id, one.outcome) for one in stage.of(OrderEnded)] == [(act.act_id, "done")]
    assert LEFT_WITHOUT_RENTAL not in stage.state.docks[1].faults


def test_the_same_act_told_twice_opens_once(stage: Stage) -> None:
    token = sign_in(stage)
    for _ in range(2):
        open_dock(stage, token)
    first = rent(stage, token, 2, act=2)
    assert rent(stage, token, 2, act=2).rental_id == first.rental_id
    assert len(stage.unlocks()) == len(stage.of(StaffActed)) == 2


def test_after_a_restart_an_unlock_by_hand_is_not_sent_again_and_its_act_stays_done(stage: Stage) -> None:
    open_dock(stage, sign_in(stage))
    stage.restart()
    assert [one.outcome for one in stage.of(OrderEnded)] == ["no_answer"]
    stage.stand(1, 1)
    open_dock(stage, sign_in(stage))
    assert len(stage.unlocks()) == 1


def test_a_rental_is_started_for_a_person_beyond_the_caps(stage: Stage) -> None:
    stage.give(
        "station",
        StationItem(key="self", name="T", number="1", timezone="UTC", currency="EUR", offline_rentals=0),
    )
    rental = rent(stage, sign_in(stage), account_id=account_id(9))
    act, started = stage.of(StaffActed)[0], stage.of(RentalStarted)[0]
    assert (act.what, act.rental_id, act.account_id) == ("start_rental", rental.rental_id, account_id(9))
    assert (started.renter.by, started.renter.staff_id, started.renter.account_id) == ("staff", ANNA, account_id(9))
    assert started.offline_left is not None
    assert started.offline_left.rentals == -1
    stage.ended(stage.unlocks()[-1], Outcome.DONE)
    stage.report(1, None, LockState.UNLOCKED)
    assert stage.rental(rental).phase is Phase.ACTIVE


def test_a_ride_is_ended_by_hand_with_its_bill_and_frees_the_renter(stage: Stage) -> None:
    token = sign_in(stage)
    ride = rent(stage, token, account_id=account_id(9))
    ending = StaffEnds(token=token, rental_id=ride.rental_id, asked=StaffEnd(**why(2, reason="taken_in_elsewhere")))
    assert no(ending, stage) == "rental_not_active"
    stage.ended(stage.unlocks()[-1], Outcome.DONE)
    stage.report(1, None, LockState.UNLOCKED)
    stage.wait(240)
    ended: Rental = stage.ask(ending)
    assert (ended.phase, ended.returned_dock_no) == (Phase.ENDED, None)
    [fact] = stage.of(RentalEnded)
    assert (fact.by_staff, fact.dock_no, fact.bill.total_minor) == (ANNA, 0, 100 + 2 * 19)
    stage.ask(ending)
    assert len(stage.of(RentalEnded)) == 1
    rent(stage, token, 2, act=3, account_id=account_id(9))


def test_what_may_not_be_done_by_hand_is_refused_and_leaves_no_trace(stage: Stage) -> None:
    token, ben = sign_in(stage), sign_in(stage, "1357")
    unlock = StaffDockAct(**why())
    assert no(StaffOnDock(token=token, dock_no=9, what="unlock", asked=unlock), stage) == "dock_unknown"
    assert no(StaffRents(token=token, asked=StaffRent(dock_no=3, **why())), stage) == "vehicle_gone"
    assert no(StaffRents(token=ben, asked=StaffRent(dock_no=1, **why())), stage) == "staff_may_not"
    end = StaffEnd(**why())
    assert no(StaffEnds(token=token, rental_id=uuid.UUID(int=1), asked=end), stage) == "rental_unknown"
    assert (
        no(StaffOnDock(token=uuid.UUID(int=1), dock_no=1, what="unlock", asked=unlock), stage) == "staff_session_over"
    )
    stage.give("blocked_accounts", BlockItem(key=str(account_id(9)), since_ms=0))
    asked = StaffRent(dock_no=1, account_id=account_id(9), **why())
    assert no(StaffRents(token=token, asked=asked), stage) == "account_blocked"
    rent(stage, token, 2, act=5)
    assert no(StaffOnDock(token=token, dock_no=2, what="unlock", asked=unlock), stage) == "dock_busy"


def test_a_revoked_station_lets_staff_open_docks_but_begins_no_rental(stage: Stage) -> None:
    stage.tell(KeyRevoked())
    token = sign_in(stage)
    assert no(StaffRents(token=token, asked=StaffRent(dock_no=1, **why())), stage) == "station_revoked"
    open_dock(stage, token)


def test_a_session_is_short_and_ends_by_signing_out_and_with_the_persons_time_here(stage: Stage) -> None:
    token = sign_in(stage)
    stage.wait(SESSION_S + 1)
    unlock = StaffDockAct(**why())
    assert no(StaffOnDock(token=token, dock_no=1, what="unlock", asked=unlock), stage) == "staff_session_over"
    token = sign_in(stage)
    stage.ask(StaffSignedOut(token=token))
    assert no(StaffOnDock(token=token, dock_no=1, what="unlock", asked=unlock), stage) == "staff_session_over"
    token = sign_in(stage)
    stage.give("staff", *staff_items(stage, hours=0))
    assert no(StaffOnDock(token=token, dock_no=1, what="unlock", asked=unlock), stage) == "staff_session_over"
    assert no(StaffSignedIn(asked=SignIn(pin="2468")), stage) == "staff_expired"


def test_after_too_many_wrong_pins_no_pin_is_taken_for_a_while_over_a_restart_but_a_badge(stage: Stage) -> None:
    for number in range(MAX_WRONG_PINS):
        assert no(StaffSignedIn(asked=SignIn(pin=f"{number:04d}")), stage) == "staff_unknown"
    assert no(StaffSignedIn(asked=SignIn(pin="2468")), stage) == "staff_locked"
    stage.restart()
    assert no(StaffSignedIn(asked=SignIn(pin="2468")), stage) == "staff_locked"
    stage.tell(CardRead(dock_no=1, uid="04bebe"))
    assert stage.state.card is not None
    session: StaffSession = stage.ask(StaffSignedIn(asked=SignIn(read_id=stage.state.card.read_id)))
    assert (session.staff_id, session.identified_by, session.may) == (BEN, "badge", ("unlock",))
    stage.at += dt.timedelta(hours=1)  # a wall clock that is moved ends nothing
    assert no(StaffSignedIn(asked=SignIn(pin="2468")), stage) == "staff_locked"
    stage.wait(LOCK_OUT_S + 1)
    sign_in(stage)


def test_a_card_that_is_no_badge_and_a_read_that_is_too_old_sign_nobody_in(stage: Stage) -> None:
    stage.tell(CardRead(dock_no=1, uid="04A1B2C3"))
    assert stage.state.card is not None
    asked = StaffSignedIn(asked=SignIn(read_id=stage.state.card.read_id))
    assert no(asked, stage) == "staff_unknown"
    stage.wait(61)
    assert no(asked, stage) == "card_not_read"


def test_whose_pin_it_is_is_found_whatever_the_salts() -> None:
    verifiers = {"a": pin_hash("1111", SALT), "b": pin_hash("2222", bytes(16)), "c": "nonsense", "d": ""}
    assert [whose_pin(pin, verifiers) for pin in ("1111", "2222", "3333")] == ["a", "b", None]


_op = st.tuples(
    st.sampled_from(["pin", "badge", "unlock", "rent", "end", "voucher", "opened", "leave", "restart", "wait", "out"]),
    st.integers(1, 3),
    st.integers(1, 4),
)


def _try(stage: Stage, question: Any) -> Any:
    try:
        return stage.ask(question)
    except Refused:
        return None


def _play(stage: Stage, op: str, dock: int, number: int, tokens: list[uuid.UUID]) -> None:  # noqa: C901
    token = tokens[-1] if tokens else uuid.UUID(int=1)
    match op:
        case "pin":
            session = _try(stage, StaffSignedIn(asked=SignIn(pin=("2468", "1357", "0000", "1111")[number - 1])))
            tokens += [] if session is None else [session.token]
        case "badge":
            stage.tell(CardRead(dock_no=dock, uid="04BEBE"))
            assert stage.state.card is not None
            session = _try(stage, StaffSignedIn(asked=SignIn(read_id=stage.state.card.read_id)))
            tokens += [] if session is None else [session.token]
        case "unlock":
            _try(stage, StaffOnDock(token=token, dock_no=dock, what="unlock", asked=StaffDockAct(**why(number))))
        case "rent":
            _try(stage, StaffRents(token=token, asked=StaffRent(dock_no=dock, **why(10 + number))))
        case "end":
            for rental_id in list(stage.state.rentals):
                _try(stage, StaffEnds(token=token, rental_id=rental_id, asked=StaffEnd(**why(20 + number))))
        case "voucher":
            quote = _try(stage, QuoteAsked(who=ByVoucher(kind="voucher", token=voucher(number)), dock_no=dock))
            if quote is not None:
                _try(stage, Agreed(quote_id=quote.quote_id))
        case "opened":
            for order in stage.unlocks():
                stage.ended(order, Outcome.DONE)
        case "leave":
            stage.report(dock, None, LockState.UNLOCKED)
        case "restart":
            stage.restart()
            for no in (1, 2, 3):
                stage.find(no)
                stage.report(no, None if no == 3 else no)
        case "wait":
            stage.wait(100.0 * number)
        case "out":
            _try(stage, StaffSignedOut(token=token))


@given(st.lists(_op, min_size=5, max_size=25))
@settings(max_examples=60, deadline=None)
def test_no_lock_opens_without_a_rental_or_an_act_by_hand_committed_before(ops: list[tuple[str, int, int]]) -> None:
    stage = Stage(3).furnish(3)
    stage.give("staff", *staff_items(stage))
    for number in (1, 2):
        stage.stand(number, number)
    stage.find(3)
    stage.report(3)
    tokens: list[uuid.UUID] = []
    for op in ops:
        ordered = len(stage.orders)
        _play(stage, *op, tokens)
        acts = {(one.act_id, one.dock_no) for one in stage.of(StaffActed)}
        begun = {one.dock_no for one in stage.of(RentalStarted)}
        for order in stage.orders[ordered:]:
            if isinstance(order, UnlockDock):
                assert (order.order_id, order.dock_no) in acts or order.dock_no in begun
    ids = [one.act_id for one in stage.of(StaffActed) if one.what == "unlock"]
    assert len(set(ids)) == len(ids)
    assert durable(stage.restored()) == durable(stage.state)
