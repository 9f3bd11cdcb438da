"""The executable model: the real hub, three real stations, renters, a gateway, an adversarial network and clocks.

The model is small: who was promised what, who rode what, whose card does what. Everything else is the real code,
driven through its real bytes. `VOLTDOCK_MODEL_EXAMPLES` runs more.
"""

import datetime as dt
import os
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, get_args

import msgspec
import pytest
from hypothesis import HealthCheck, Phase, event, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from edge_agent.core.inputs import AgentWoke, LockState, Ticked
from edge_agent.core.leases import LOSE_AFTER_S, held
from edge_agent.core.state import RUNNING
from hub.rentals.schemas import Flag
from protocols.errors import Refused
from protocols.gateway.operations import Outcome
from protocols.kiosk.actions import ByReservation, ByVoucher
from protocols.sync.facts import LeaseEnded, LeaseRefused, RentalActivated, RentalEnded, RentalStarted
from protocols.values import rfc3339
from tests.edge_agent.core.stage import durable, vehicle_id
from tests.model.hub import ModelHub
from tests.model.station import ModelStation
from tests.model.till import CARDS

pytestmark = pytest.mark.timeout(3600)
EXAMPLES: Final = int(os.environ.get("VOLTDOCK_MODEL_EXAMPLES", "5"))
DOCKS: Final = 3
KINDS: Final = dict.fromkeys(range(1, 6), "scooter") | {6: "moped"}  # few: everybody wants the same ones
MARGIN_S: Final = 60.0
FATES: Final = st.sampled_from(["done"] * 6 + ["lost", "reply_lost", "twice", "late"])
Draw = Callable[[st.SearchStrategy[Any]], Any]


@dataclass(slots=True)
class Promise:
    """A booking as its renter knows it."""

    id: str
    station: int
    until: dt.datetime
    code: str
    pin: str
    lease_id: uuid.UUID
    voucher: str | None = None
    promised: bool = False
    fetched: bool = False
    cancelled: bool = False


class Town(RuleBasedStateMachine):
    """Lines are cut about a third of the time; requests are lost, doubled, late; clocks step."""

    def __init__(self) -> None:
        super().__init__()
        self.hub = ModelHub()
        self.hub.add_vehicles(KINDS)
        self.hub.clock.move(600)  # the vouchers' key is older than what clocks may differ by
        self.stations = [ModelStation(self.hub.station(f"{no}"), DOCKS, self.hub.now) for no in range(3)]
        self.outside: dict[int, ModelStation] = {}  # by where the ride began
        self.promises: dict[str, Promise] = {}
        self.used: Counter[tuple[str, int]] = Counter()  # a walk-in's voucher at a station
        self.vouchers: list[tuple[str, str]] = []
        self.rides = 0
        self.till = self.hub.till
        for no, station in enumerate(self.stations):
            for dock_no, vehicle in enumerate(sorted(KINDS)[no * 2 : no * 2 + 2], 1):
                station.standing[dock_no] = vehicle
            station.tell(AgentWoke(epoch=1, version="1", unclean=False))
            self.exchange(station, "done")
            station.wake()
            body = {"ahead": {"scooter": 1}, "walk_in_min": int(no == 2)}
            assert self.hub.call("PUT", f"/api/v1/stations/{station.double.station_id}/lease-policy", body)[0] == 200
        self.sync_all()

    # --- the network and time --------------------------------------------------------------------------

    def exchange(self, station: ModelStation, fate: str) -> None:
        wire = station.request()
        if fate == "lost":
            return
        if fate == "late":
            station.late.append(wire)
            return
        reply = self.hub.sync(*wire)
        if fate == "twice":
            assert self.hub.sync(*wire) is None
        if fate != "reply_lost" and reply is not None:
            station.hear(reply)

    def sync(self, draw: Draw) -> None:
        station = draw(st.sampled_from(self.online()))
        self.exchange(station, draw(FATES))
        self.look()

    def sync_all(self) -> None:
        for _ in range(3):
            for station in self.stations:
                self.exchange(station, "done")
            self.pass_time(2.0)

    def deliver_late(self, draw: Draw) -> None:
        station = draw(st.sampled_from([one for one in self.stations if one.late]))
        self.hub.sync(*station.late.pop(draw(st.integers(0, len(station.late) - 1))))

    def online(self) -> list[ModelStation]:
        return [one for one in self.stations if not one.cut]

    def cut(self, draw: Draw) -> None:
        station = draw(st.sampled_from(self.stations))
        station.cut = not station.cut

    def some_time(self, draw: Draw) -> None:
        self.pass_time(draw(st.sampled_from([2.0, 40.0, 40.0, 600.0, 3000.0])))
        self.hub.keep()

    def pass_time(self, seconds: float) -> None:
        self.hub.clock.move(seconds)
        for station in self.stations:
            # What was done at a station took seconds of its own: its clock is set to the town's time and its skew.
            station.mono_s += seconds
            station.set_clock(self.hub.now, station.skew_s)
            station.tell(Ticked())

    def step_clock(self, draw: Draw) -> None:
        station = draw(st.sampled_from(self.stations))
        if draw(st.sampled_from([True, True, False])):
            station.put_right(self.hub.now, draw(st.sampled_from([-55.0, -20.0, 0.0, 20.0, 55.0])))
        else:
            station.wake_astray(self.hub.now, draw(st.sampled_from([-7200.0, 7200.0])))

    def restart(self, draw: Draw) -> None:
        station = draw(st.sampled_from(self.stations))
        station.restart(off_s=0.0)
        station.wake()

    # --- renters ---------------------------------------------------------------------------------------

    def book(self, draw: Draw) -> None:
        no = draw(st.integers(0, 2))
        station = self.stations[no]
        until = self.hub.now + dt.timedelta(minutes=draw(st.sampled_from([20, 60, 120])))
        wish: dict[str, Any] = {"vehicle_kind": draw(st.sampled_from(["scooter"] * 4 + ["moped"]))}
        here = [one for one in station.standing.values() if one is not None]
        if here and draw(st.integers(0, 3)) == 0:
            wish = {"vehicle_id": str(vehicle_id(draw(st.sampled_from(here))))}
        given = {
            "station_id": str(station.double.station_id), "account_id": self.renter(draw), "pin": "4711",
            "from_at": rfc3339(self.hub.now), "until_at": rfc3339(until), **wish,
        }  # fmt: skip
        status, made = self.hub.call("POST", "/api/v1/reservations", given)
        if status == 409:
            assert made["code"] in {"reservation_overlap", "station_limited", "vehicle_not_fit"}, made
            return
        assert status == 201, made
        self.promises[made["id"]] = Promise(
            id=made["id"], station=no, until=until, code=made["code"], pin="4711",
            lease_id=uuid.UUID(made["lease_id"]), voucher=made["voucher"], promised=made["state"] == "confirmed",
        )  # fmt: skip
        event(f"booked: {made['state']}, line {'cut' if station.cut else 'up'}")

    def renter(self, draw: Draw) -> str:
        """Somebody new, and their card; some have none."""
        account_id = uuid.uuid4()
        card = draw(st.sampled_from([*CARDS, None]))
        if card is not None:
            self.hub.run(self.till.pays_with(account_id, card))
        return str(account_id)

    def due(self) -> list[Promise]:
        return [
            one
            for one in self.promises.values()
            if one.promised and not one.fetched and not one.cancelled and self.hub.now < one.until
        ]

    def fetch(self, draw: Draw) -> None:
        """Whoever was promised a vehicle and comes in time gets one, but for a fault that the station has declared."""
        one = draw(st.sampled_from(self.due()))
        station = self.stations[one.station]
        rights: list[ByReservation | ByVoucher] = [ByReservation(kind="reservation", code=one.code, pin=one.pin)]
        rights += [] if one.voucher is None else [ByVoucher(kind="voucher", token=one.voucher)]
        if draw(st.booleans()):
            rights.reverse()
        for who in rights:
            try:
                rental = station.take(who)
            except Refused as refusal:
                why = refusal.code, refusal.params
                continue
            one.fetched = True
            self.ride(station, rental.vehicle_id)
            event("fetched")
            return
        assert self.is_declared(one), (why, one)
        event("broken by a declared fault")

    def is_declared(self, one: Promise) -> bool:
        station = self.stations[one.station]
        lost = [fact for fact in station.told(LeaseEnded, one.lease_id) if fact.how == "lost"]
        return bool(lost or station.told(LeaseRefused, one.lease_id))

    def cancel(self, draw: Draw) -> None:
        one = draw(st.sampled_from(self.due()))
        status, made = self.hub.call("POST", f"/api/v1/reservations/{one.id}/cancel")
        if status == 200:
            assert made["state"] in ("cancelled", "broken", "expired")
            one.cancelled = True

    def walk_in(self, draw: Draw) -> None:
        """Anybody may take what nobody else was promised; the same voucher at two stations is a case later."""
        no = draw(st.integers(0, 2))
        station = self.stations[no]
        if self.vouchers and draw(st.integers(0, 2)) == 0:
            voucher_id, token = draw(st.sampled_from(self.vouchers))
        else:
            expires = rfc3339(self.hub.now + dt.timedelta(days=2))
            _, made = self.hub.call("POST", "/api/v1/vouchers", {"account_id": self.renter(draw), "expires": expires})
            voucher_id, token = made["id"], made["text"]
            self.vouchers.append((voucher_id, token))
        dock_no = draw(st.sampled_from([None, None, *station.standing]))
        try:
            rental = station.take(ByVoucher(kind="voucher", token=token), dock_no)
        except Refused as refusal:
            event(f"walk-in: {refusal.code} {refusal.params.get('why', '')}")
            return
        self.used[voucher_id, no] += 1
        assert self.used[voucher_id, no] == 1, "used twice at one station"
        self.ride(station, rental.vehicle_id)

    def ride(self, station: ModelStation, vehicle: uuid.UUID) -> None:
        number = vehicle.int - vehicle_id(0).int
        assert number not in self.outside, "a vehicle that is out was rented"
        self.outside[number] = station
        self.rides += 1

    def bring_back(self, draw: Draw) -> None:
        number = draw(st.sampled_from(sorted(self.outside)))
        if self.places(number):
            self.push(number, *draw(st.sampled_from(self.places(number))))

    def places(self, number: int) -> list[tuple[ModelStation, int]]:
        """Where it may end: the hub orders what two stations saw by their clocks, so both must have been sure."""
        began = self.outside[number]
        ends = [one for one in self.stations if one is began or (one.was_sure and began.was_sure)]
        return [(one, no) for one in ends for no, here in one.standing.items() if here is None]

    def push(self, number: int, station: ModelStation, dock_no: int) -> None:
        began = self.outside.pop(number)
        self.pass_time(5.0 if began is station else 3 * MARGIN_S)
        station.put(dock_no, number)

    def fail(self, draw: Draw) -> None:
        """A battery runs low, or is full again."""
        station = draw(st.sampled_from(self.stations))
        here = [no for no, one in station.standing.items() if one is not None]
        if here:
            dock_no = draw(st.sampled_from(here))
            number = station.standing[dock_no]
            assert number is not None
            station.low ^= {number}
            station.charge(dock_no)
            for seconds in (1.0, LOSE_AFTER_S + 1.0):  # until it has looked for another, or told the hub
                self.pass_time(seconds)

    # --- money -----------------------------------------------------------------------------------------

    def money(self, draw: Draw) -> None:
        """What the hub's jobs and the gateway do: post, ask, decide, tell, in any order, and each perhaps only once."""
        hub, till = self.hub, self.till
        hub.run(till.post())
        for task in hub.run(till.wishes()):
            if draw(st.booleans()):
                hub.run(till.collect(task))
        for key in till.gateway.pending():
            if draw(st.booleans()):
                till.gateway.settle(key)
        self.webhooks(draw)

    def webhooks(self, draw: Draw) -> None:
        """Late, doubled, replayed, forged."""
        till = self.till
        while till.gateway.news and draw(st.booleans()):
            told = till.gateway.news.pop(draw(st.integers(0, len(till.gateway.news) - 1)))
            for _ in range(draw(st.integers(1, 2))):
                assert self.hub.run(till.tell(told)) in (200, 202)
            till.told.append(told)
        if till.told:
            old = draw(st.sampled_from(till.told))
            assert self.hub.run(till.tell(old)) == 200
            forged = msgspec.structs.replace(old, key="of nobody", outcome=Outcome.SUCCEEDED, amount_minor=1)
            assert self.hub.run(till.tell(forged, secret=bytes(32))) == 401

    # --- one step ----------------------------------------------------------------------------------------

    @rule(data=st.data())
    def act(self, data: st.DataObject) -> None:
        """One rule, not many: hypothesis switches single rules off, and a promise needs most of them."""
        can = [self.some_time] * 3 + [self.book] * 4 + [self.walk_in] * 6 + [self.cut, self.step_clock, self.restart]
        can += [self.fail] + [self.money] * 3
        can += [self.sync] * 6 if self.online() else []
        can += [self.fetch] * 6 + [self.cancel] if self.due() else []
        can += [self.bring_back] * 4 if self.outside else []
        can += [self.deliver_late] if any(one.late for one in self.stations) else []
        data.draw(st.sampled_from(can))(data.draw)

    # --- what always holds -------------------------------------------------------------------------------

    def look(self) -> None:
        """What the hub shows of the bookings never goes back on a promise without a case or a cause."""
        cases = {one["about"] for one in self.hub.every("/api/v1/cases") if one["kind"] == "booking_broken"}
        for shown in self.hub.every("/api/v1/reservations"):
            one = self.promises[shown["id"]]
            match shown["state"]:
                case "confirmed":
                    if not one.promised or one.voucher is None:
                        one.promised = True
                        status, made = self.hub.call("POST", f"/api/v1/reservations/{one.id}/voucher")
                        assert status == 200
                        one.voucher = made["text"]
                    one.lease_id = uuid.UUID(shown["lease_id"])
                case "broken":
                    assert one.id in cases
                    assert self.is_declared(one)
                case "expired":
                    assert not one.promised or one.until <= self.hub.now or self.is_declared(one), shown
                case "refused":
                    assert not one.promised
                case _:
                    pass

    @invariant()
    def no_lock_opens_without_a_journalled_rental(self) -> None:
        for station in self.stations:
            assert len(station.unlocks()) == len(station.of(RentalStarted))

    @invariant()
    def a_restart_loses_nothing(self) -> None:
        for station in self.stations:
            assert durable(station.restored()) == durable(station.state)

    @invariant()
    def the_ledger_balances_and_shows_what_the_gateway_took(self) -> None:
        self.hub.run(self.till.check())

    @invariant()
    def no_vehicle_is_promised_to_two(self) -> None:
        for station in self.stations:
            kept = [one.vehicle_id for one in held(station.state) if one.vehicle_id is not None]
            assert len(kept) == len(set(kept))
            running = [one.vehicle_id for one in station.state.rentals.values() if one.phase in RUNNING]
            assert len(running) == len(set(running))

    def teardown(self) -> None:
        try:
            self.heal()
            self.check_books()
            self.check_money()
        finally:
            self.hub.close()

    def heal(self) -> None:
        """Every line is up, every clock right, every vehicle back."""
        for station in self.stations:
            station.cut = False
            station.put_right(self.hub.now, 0.0)
        self.sync_all()
        self.hub.keep()
        for number in sorted(self.outside):
            self.make_room(self.outside[number])
            self.push(number, *self.places(number)[0])
        self.sync_all()
        self.look()

    def make_room(self, station: ModelStation) -> None:
        """Staff take a vehicle out of a station that is full (it has no rental, and it is an alarm)."""
        if None not in station.standing.values():
            dock_no = max(station.standing)
            station.standing[dock_no] = None
            station.report(dock_no, None, LockState.UNLOCKED)

    def check_books(self) -> None:
        """What the hub holds is what the model saw."""
        rentals = self.hub.every("/api/v1/rentals")
        seen = [(one["state"], one["id"], one["flags"]) for one in rentals]
        assert Counter(one[0] for one in seen) == ({"ended": self.rides} if self.rides else {}), (self.rides, seen)
        assert all(one["total"] is not None for one in rentals)
        started = [str(fact.rental_id) for s in self.stations for fact in s.of(RentalStarted)]
        assert sorted(started) == sorted(one["id"] for one in rentals)
        ended = [fact.rental_id for s in self.stations for fact in s.of(RentalEnded)]
        assert len(ended) == len(set(ended)) <= len([f for s in self.stations for f in s.of(RentalActivated)])
        twice = {key for key, uses in Counter(key for key, _ in self.used).items() if uses > 1}
        cases = self.hub.every("/api/v1/cases")
        about = {one["subjects"].get("voucher_id") for one in cases if one["kind"] == "voucher_used_twice"}
        assert about <= twice
        if "voucher_used_twice" in get_args(Flag):
            assert about == twice
        for shown in self.hub.every("/api/v1/reservations"):
            assert (shown["state"] == "used") == self.promises[shown["id"]].fetched, shown
        self.check_leases()
        event(f"rides {self.rides}, promises {sum(one.promised for one in self.promises.values())}")

    def check_money(self) -> None:
        self.hub.run(self.till.finish())
        states = self.hub.run(self.till.check_end(self.hub.every("/api/v1/rentals")))
        assert set(states) <= {"paid", "unpaid", "free"}, states
        event(f"bills: {sorted(states.items())}")

    def check_leases(self) -> None:
        leases = [one for one in self.hub.every("/api/v1/leases") if one["state"] in ("granted", "assigned")]
        for station in self.stations:
            mine = {one["id"] for one in leases if one["station_id"] == str(station.double.station_id)}
            assert mine == {str(one.lease_id) for one in held(station.state)}


Town.TestCase.settings = settings(
    derandomize="VOLTDOCK_MODEL_EXAMPLES" not in os.environ,
    max_examples=EXAMPLES,
    stateful_step_count=60,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    print_blob=True,
    phases=[Phase.explicit, Phase.generate],  # a town is too big to be made smaller: the blob plays it again
)
TestTown = Town.TestCase
