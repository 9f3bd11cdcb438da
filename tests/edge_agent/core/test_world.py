"""The rules against a small physical world in an adversarial order: nothing opens or costs without its record."""

import uuid
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import HealthCheck, event, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from edge_agent.core import lists
from edge_agent.core.billing import bill_of
from edge_agent.core.inputs import (
    Agreed,
    BatteryReported,
    DockLost,
    DockOrderEnded,
    LockState,
    MoreTimeAsked,
    NotOpenReported,
    Outcome,
    Ticked,
)
from edge_agent.core.orders import LockDock, Order, UnlockDock
from edge_agent.core.state import IN_DOCK, RUNNING, Phase
from protocols.errors import Refused
from protocols.sync.facts import (
    DockFaultRaised,
    RentalActivated,
    RentalEnded,
    RentalStarted,
    RentalVoided,
)
from protocols.tariff.tariff import price_of_rental
from protocols.values import BatteryReading
from tests.edge_agent.core.stage import Stage, durable, report, vehicle_id, voucher

DOCKS = VEHICLES = 3
TOKENS = {number: voucher(number, max_uses=1 + number % 2) for number in range(1, 9)}
MAX_USES = {uuid.UUID(int=0x70C0 + number): 1 + number % 2 for number in TOKENS}
NEXT_FACTS: dict[type[Any] | None, tuple[type[Any], ...]] = {
    None: (RentalStarted,),
    RentalStarted: (RentalActivated, RentalVoided),
    RentalActivated: (RentalEnded,),
}
DOCK_NOS = st.integers(1, DOCKS)
FATES = st.sampled_from([*["done"] * 8, "stuck", "lost", "unheard", "late"])
Draw = Callable[[st.SearchStrategy[Any]], Any]


@dataclass(slots=True)
class PhysicalDock:
    """Bolt, presence switch and timer."""

    vehicle: int | None = None
    lock: LockState = LockState.UNLOCKED
    changed_at: float = 0.0
    relock_at: float | None = None
    found: bool = False
    orders: deque[Order] = field(default_factory=deque)


class World(RuleBasedStateMachine):
    """Reports and answers travel in order but late, twice or not at all; anybody may be killed."""

    def __init__(self) -> None:
        super().__init__()
        self.stage = Stage(DOCKS).furnish(VEHICLES)
        self.docks = {no: PhysicalDock() for no in range(1, DOCKS + 1)}
        self.inbox: deque[object] = deque()
        self.outside: set[int] = set()
        self.left_at: dict[int, float] = {}
        self.trips: dict[int, list[tuple[float, float]]] = {number: [] for number in range(1, VEHICLES + 1)}
        self.watched: set[uuid.UUID] = set()
        self.handled_orders = 0
        self.checked_facts = 0
        self.story: dict[uuid.UUID, type[Any]] = {}
        self.quotes: list[uuid.UUID] = []
        for no, dock in self.docks.items():
            dock.vehicle, dock.lock, dock.changed_at = no, LockState.LOCKED, self.stage.mono_s - 600
            self.look(no)
        self.deliver(99)

    def in_dock(self) -> list[uuid.UUID]:
        return [one.rental_id for one in self.stage.state.rentals.values() if one.phase in IN_DOCK]

    # --- the wires -------------------------------------------------------------------------------------

    def tell(self, seen: object) -> None:
        self.stage.tell(seen)
        self.take_orders()

    def take_orders(self) -> None:
        for order in self.stage.orders[self.handled_orders :]:
            if isinstance(order, UnlockDock):
                owner = [one for one in self.stage.state.rentals.values() if one.unlock_order == order.order_id]
                assert [one.phase in IN_DOCK for one in owner] == [True], "an unlock without a running rental"
                assert any(one.rental_id == owner[0].rental_id for one in self.stage.of(RentalStarted))
            if isinstance(order, UnlockDock | LockDock):
                self.docks[order.dock_no].orders.append(order)
        self.handled_orders = len(self.stage.orders)

    def look(self, no: int) -> None:
        """The link asks the dock how it is; the station hears of it later."""
        dock = self.docks[no]
        if not dock.found:
            self.inbox.append(("found", no))
            dock.found = True
        age_s = self.stage.mono_s - dock.changed_at
        self.inbox.append((self.stage.mono_s, report(no, dock.vehicle, dock.lock, age_s)))
        if dock.vehicle is not None:
            self.inbox.append(BatteryReported(dock_no=no, battery=BatteryReading(soc_pct=80.0)))

    def deliver_some(self, draw: Draw) -> None:
        self.deliver(draw(st.sampled_from([1, 2, 4, 99])), draw(st.booleans()))

    def deliver(self, count: int, twice: bool = False) -> None:
        for _ in range(min(count, len(self.inbox))):
            seen = self.inbox.popleft()
            for _ in range(1 + twice * (not isinstance(seen, DockOrderEnded))):
                self.hear(seen)

    def hear(self, seen: object) -> None:
        match seen:
            case ("found", int(no)):
                self.stage.find(no)
                self.take_orders()
            case (float(at), said):
                # Ages count from when the dock was asked, as the station's queue does.
                late_s = self.stage.mono_s - at
                self.stage.wait(-late_s)
                activated = len(self.stage.of(RentalActivated))
                self.tell(said)
                if not said.vehicle_present:  # type: ignore[attr-defined]
                    self.watched |= {one.rental_id for one in self.stage.of(RentalActivated)[activated:]}
                self.stage.wait(late_s)
            case _:
                self.tell(seen)

    def ask_dock(self, draw: Draw) -> None:
        self.look(draw(DOCK_NOS))

    def lose_dock(self, draw: Draw) -> None:
        no = draw(DOCK_NOS)
        self.docks[no].found = False
        self.inbox.append(DockLost(dock_no=no, reason="no_answer"))

    def with_orders(self) -> list[int]:
        return [no for no, dock in self.docks.items() if dock.orders]

    def bus(self, draw: Draw) -> None:
        self.carry_out(draw(st.sampled_from(self.with_orders())), draw(FATES))

    def carry_out(self, no: int, fate: str) -> None:
        dock = self.docks[no]
        order = dock.orders.popleft()
        fate = "late" if self.stage.mono_s > order.expires_mono_s else fate  # the bus keeps to that
        if fate in ("done", "unheard"):
            self.move_bolt(dock, order)
        if fate == "done":
            self.look(no)
        outcome = {"done": Outcome.DONE, "stuck": Outcome.REFUSED, "late": Outcome.EXPIRED}.get(fate, Outcome.NO_ANSWER)
        self.inbox.append(DockOrderEnded(order_id=order.order_id, dock_no=no, outcome=outcome))

    def move_bolt(self, dock: PhysicalDock, order: Order) -> None:
        if isinstance(order, UnlockDock):
            dock.lock = LockState.UNLOCKED
            dock.relock_at = self.stage.mono_s + order.duration_s if dock.vehicle is not None else None
        elif dock.vehicle is not None:
            dock.lock, dock.relock_at = LockState.LOCKED, None

    # --- hands and time --------------------------------------------------------------------------------

    def can_pull(self) -> list[int]:
        return [no for no, dock in self.docks.items() if dock.vehicle and dock.lock is LockState.UNLOCKED]

    def can_push(self) -> list[int]:
        return [no for no, dock in self.docks.items() if not dock.vehicle and not dock.orders] if self.outside else []

    def pull(self, draw: Draw) -> None:
        dock = self.docks[draw(st.sampled_from(self.can_pull()))]
        assert dock.vehicle is not None
        self.outside.add(dock.vehicle)
        self.left_at[dock.vehicle] = self.stage.mono_s
        dock.vehicle, dock.relock_at, dock.changed_at = None, None, self.stage.mono_s

    def push(self, draw: Draw) -> None:
        dock = self.docks[draw(st.sampled_from(self.can_push()))]
        vehicle = draw(st.sampled_from(sorted(self.outside)))
        self.outside.remove(vehicle)
        self.trips[vehicle].append((self.left_at[vehicle], self.stage.mono_s))
        dock.vehicle, dock.lock, dock.changed_at = vehicle, LockState.LOCKED, self.stage.mono_s

    def pass_some_time(self, draw: Draw) -> None:
        self.pass_time(draw(st.sampled_from([0.5, 0.5, 4.0, 4.0, 30.0, 61.0, 700.0])))

    def pass_time(self, seconds: float) -> None:
        self.stage.wait(seconds)
        for dock in self.docks.values():
            if dock.relock_at is not None and dock.relock_at <= self.stage.mono_s:
                dock.lock, dock.relock_at = LockState.LOCKED, None
        self.tell(Ticked())

    def kill_agent(self, draw: Draw) -> None:
        """What was on the bus may have been carried out; what was on its way to the station is gone."""
        for dock in self.docks.values():
            sent = dock.orders and self.stage.mono_s <= dock.orders[0].expires_mono_s
            if sent and draw(st.booleans()):
                self.move_bolt(dock, dock.orders[0])
            dock.orders.clear()
            dock.found = False
        self.inbox.clear()
        self.stage.restart(off_s=draw(st.sampled_from([0.0, 3.0])))
        self.handled_orders = len(self.stage.orders)

    # --- people ----------------------------------------------------------------------------------------

    def look_at_price(self, draw: Draw) -> None:
        number = draw(st.sampled_from(sorted(TOKENS)))
        no = draw(st.sampled_from(sorted(self.stage.state.occupants)))
        try:
            self.quotes.append(self.stage.quote(TOKENS[number], no).quote_id)
        except Refused as refusal:
            event(f"quote: {refusal.code} {refusal.params.get('why', '')}")

    def say_yes(self, draw: Draw) -> None:
        try:
            self.stage.ask(Agreed(quote_id=draw(st.sampled_from(self.quotes))))
        except Refused as refusal:
            event(f"agree: {refusal.code}")
        self.take_orders()

    def press(self, draw: Draw) -> None:
        question: type[Any] = draw(st.sampled_from([MoreTimeAsked, NotOpenReported]))
        try:
            self.stage.ask(question(rental_id=draw(st.sampled_from(self.in_dock()))))
        except Refused as refusal:
            event(f"press: {refusal.code}")
        self.take_orders()

    # --- one step ----------------------------------------------------------------------------------------

    @rule(data=st.data())
    def act(self, data: st.DataObject) -> None:
        """One rule, not many: hypothesis switches single rules off, and a ride needs most of them."""
        can = [self.ask_dock, self.pass_some_time]
        can += [self.deliver_some] * 4 if self.inbox else []
        can += [self.bus] * 4 if self.with_orders() else []
        can += [self.pull] * 6 if self.can_pull() else []
        can += [self.push] * 2 if self.can_push() else []
        can += [self.look_at_price] * 2 if self.stage.state.occupants else []
        can += [self.say_yes] * 2 if self.quotes else []
        can += [self.press, self.kill_agent, self.lose_dock] if self.in_dock() else []
        data.draw(st.sampled_from(can))(data.draw)

    # --- what always holds -----------------------------------------------------------------------------

    @invariant()
    def a_vehicle_is_in_one_running_rental(self) -> None:
        running = [one.vehicle_id for one in self.stage.state.rentals.values() if one.phase in RUNNING]
        assert len(running) == len(set(running))
        assert len(set(self.stage.state.occupants.values())) == len(self.stage.state.occupants)

    @invariant()
    def nothing_leaves_without_a_rental(self) -> None:
        assert not [one for one in self.stage.of(DockFaultRaised) if one.code == "left_without_rental"]

    @invariant()
    def a_restart_loses_nothing(self) -> None:
        assert durable(self.stage.restored()) == durable(self.stage.state)

    @invariant()
    def facts_are_in_order_and_bills_are_right(self) -> None:
        for fact in self.stage.facts[self.checked_facts :]:
            if isinstance(fact, RentalStarted | RentalActivated | RentalEnded | RentalVoided):
                assert type(fact) in NEXT_FACTS.get(self.story.get(fact.rental_id), ())
                self.story[fact.rental_id] = type(fact)
            if isinstance(fact, RentalEnded):
                self.check_bill(fact)
        self.checked_facts = len(self.stage.facts)

    def check_bill(self, ended: RentalEnded) -> None:
        number = next(number for number in range(1, VEHICLES + 1) if vehicle_id(number) == ended.vehicle_id)
        tariff = lists.tariff_for(self.stage.state, "rental", self.stage.now_ms())
        assert tariff is not None
        assert ended.bill == bill_of(tariff, price_of_rental(tariff, ended.duration_s))
        (began,) = [one for one in self.stage.of(RentalStarted) if one.rental_id == ended.rental_id]
        began_s = self.stage.mono_s - (self.stage.now_ms() - began.started_ms) / 1000
        trips = [trip for trip in self.trips[number] if trip[0] >= began_s - 0.01]
        assert trips, "a bill without a ride"
        true_s = trips[-1][1] - trips[0][0]
        assert ended.duration_s <= true_s + 0.01
        if ended.rental_id in self.watched and len(trips) == 1:
            assert ended.duration_s == pytest.approx(true_s, abs=0.01)

    @invariant()
    def vouchers_are_not_spent_twice(self) -> None:
        uses: dict[uuid.UUID, int] = {}
        for fact in self.stage.of(RentalStarted):
            if self.story.get(fact.rental_id) is not RentalVoided and fact.renter.voucher_id is not None:
                uses[fact.renter.voucher_id] = uses.get(fact.renter.voucher_id, 0) + 1
        assert all(count <= MAX_USES[key] for key, count in uses.items())

    def teardown(self) -> None:
        """Once the world settles, the station knows it as it is, and nothing stays open."""
        for no in self.docks:
            while self.docks[no].orders:
                self.carry_out(no, "done")
        self.deliver(10_000)
        for number in sorted(self.outside):
            empty = next(dock for dock in self.docks.values() if dock.vehicle is None)
            self.trips[number].append((self.left_at[number], self.stage.mono_s))
            empty.vehicle, empty.lock, empty.changed_at = number, LockState.LOCKED, self.stage.mono_s
        self.outside.clear()
        for _ in range(2):
            self.pass_time(700.0)
            for no in self.docks:
                self.look(no)
            self.deliver(10_000)
            for no in self.docks:
                while self.docks[no].orders:
                    self.carry_out(no, "done")
            self.deliver(10_000)
        self.facts_are_in_order_and_bills_are_right()
        event(f"rides {len(self.stage.of(RentalEnded))}, voided {len(self.stage.of(RentalVoided))}")
        physical = {no: vehicle_id(dock.vehicle) for no, dock in self.docks.items() if dock.vehicle is not None}
        assert self.stage.state.occupants == physical
        assert set(self.story.values()) <= {RentalEnded, RentalVoided}
        assert all(one.phase in (Phase.ENDED, Phase.VOIDED) for one in self.stage.state.rentals.values())


World.TestCase.settings = settings(
    derandomize=True, max_examples=60, stateful_step_count=120, deadline=None, suppress_health_check=list(HealthCheck)
)
TestWorld = World.TestCase
