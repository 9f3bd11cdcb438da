"""Deposits, against a gateway on a socket and on both databases: held, taken from, renewed, let go; once, whatever
fails on the way."""

import contextlib
import datetime as dt
import uuid
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import select

from firmware_sim.demo.ports import free_ports
from firmware_sim.gateway.endpoint import Gateway
from hub import events
from hub.kernel.clock import Clock
from hub.kernel.db import Database
from hub.kernel.wishes import Task, Wish
from hub.payments.collecting import Collecting, StillPendingError
from hub.payments.gateways.port import Outcome, Result
from hub.payments.gateways.simulated import SimulatedGateway
from hub.payments.hold_tables import Hold
from hub.payments.holds import Holding, Holds
from hub.payments.money_tables import Payment
from protocols.gateway.operations import Kind
from protocols.sync import facts
from protocols.tariff.tariff import Tariff
from protocols.values import to_ms
from tests.hub.conftest import ManualClock
from tests.hub.payments.test_collecting import RENTER, RIDE, Till

BOOKING, STATION, VEHICLE = uuid.UUID(int=60), uuid.UUID(int=2), uuid.UUID(int=3)
CITY = Tariff(
    tariff_id=uuid.UUID(int=1), version=1, name="City", use="rental", currency="EUR", deposit_minor=2500
)  # fmt: skip


class Prices:
    """One tariff for everything."""

    async def by_version(self, session: object, wanted: object) -> dict[tuple[uuid.UUID, int], Tariff]:
        return {(CITY.tariff_id, 1): CITY}

    async def deposit_of(self, *asked: object) -> tuple[int, str] | None:
        return (CITY.deposit_minor, "EUR")


def booked(phase: str, from_at: dt.datetime) -> events.BookingChanged:
    return events.BookingChanged(
        reservation_id=BOOKING, account_id=RENTER, station_id=STATION, vehicle_id=VEHICLE, before="", phase=phase,
        reason="", from_at=from_at, until_at=from_at + dt.timedelta(hours=1),
    )  # fmt: skip


class Desk(Till):
    """A till that holds deposits, with a clock that is moved."""

    def __init__(self, database: Database, gateway: Gateway, url: str, clock: ManualClock) -> None:
        super().__init__(database, gateway, url)
        self.clock, self.told = clock, list[object]()
        client = SimulatedGateway(url, "key", timeout_s=0.3)
        self.billing._clock = clock
        self.collecting = Collecting(database, clock, {"simulated": client}, self.cases)
        self.holds = Holds(clock, Prices(), Prices(), active=True)
        self.holding = Holding(database, clock, {"simulated": client}, self.cases, self.hear)

    async def hear(self, session: object, event: object) -> None:
        self.told.append(event)

    async def book(self, phase: str = "confirmed", *, in_days: float = 0) -> None:
        async with self.database.transaction() as session:
            await self.holds.when_booking(session, booked(phase, self.clock.now() + dt.timedelta(days=in_days)))

    async def tell(self, *bodies: facts.Body) -> None:
        told = [
            events.Reported(station_id=STATION, fact_id=uuid.uuid4(), hlc=1, received_at=self.clock.now(), body=one)
            for one in bodies
        ]
        async with self.database.transaction() as session:
            await self.holds.when_rentals(session, events.RentalsReported(facts=told))

    async def start(self, *, booked: bool = False) -> None:
        await self.tell(started(self.clock, booked=booked))

    async def turn(self, tries: int = 4) -> None:
        """Carry out what is due now, again when it fails."""
        async with self.database.reading() as session:
            due = select(Wish).where(Wish.done_at.is_(None), Wish.not_before <= self.clock.now())
            rows = (await session.scalars(due.order_by(Wish.not_before, Wish.created_at))).all()
        for row in rows:
            handler = self.holding.work if row.kind == "hold" else self.collecting.collect
            for number in range(tries):
                try:
                    await handler(Task(id=row.id, kind=row.kind, payload=row.payload))
                    break
                except (OSError, TimeoutError):
                    if number == tries - 1:
                        raise
            async with self.database.transaction() as session:
                done = await session.get(Wish, row.id)
                assert done is not None
                done.done_at = self.clock.now()

    async def hold(self) -> Hold:
        async with self.database.reading() as session:
            return (await session.scalars(select(Hold))).one()

    def at_gateway(self) -> list[tuple[int, int, int]]:
        """Of each card that was held or charged: held, taken, given back."""
        return [(one.held_minor, one.taken_minor, one.refunded_minor) for one in self.gateway.book._held.values()]

    def asked(self, kind: Kind) -> int:
        return sum(one.kind is kind for one in self.gateway.book._asked.values())


def started(clock: Clock, *, booked: bool = False) -> facts.RentalStarted:
    renter = facts.Renter(by="card", account_id=RENTER, reservation_id=BOOKING if booked else None)
    return facts.RentalStarted(
        rental_id=RIDE, vehicle_id=VEHICLE, dock_no=1, started_ms=to_ms(clock.now()), renter=renter,
        tariff_id=CITY.tariff_id, tariff_version=1, offline=False,
    )  # fmt: skip


def ended(total_minor: int) -> facts.RentalEnded:
    bill = facts.Bill(
        tariff_id=CITY.tariff_id, tariff_version=1, currency="EUR", total_minor=total_minor, tax_minor=0, lines=[]
    )
    return facts.RentalEnded(
        rental_id=RIDE,
        vehicle_id=uuid.UUID(int=3),
        dock_no=1,
        ended_ms=1,
        duration_s=1.0,
        duration_by="wall",
        bill=bill,
    )


@pytest.fixture
async def desk(database: Database, clock: ManualClock) -> AsyncIterator[Desk]:
    gateway = Gateway("key", bytes(32), None, settle_after_s=0.01)
    async with gateway.listening("127.0.0.1", free_ports().hub) as url:
        yield Desk(database, gateway, url, clock)


async def test_a_booking_is_held_a_day_ahead_and_the_ride_is_taken_from_it(desk: Desk) -> None:
    await desk.pays_with("card_ok")
    await desk.book(in_days=3)
    await desk.turn()
    assert desk.at_gateway() == []
    desk.clock.move(2 * 86_400)
    await desk.turn()
    assert desk.at_gateway() == [(2500, 0, 0)]
    desk.clock.move(86_400)
    await desk.start(booked=True)
    assert (await desk.hold()).rental_id == RIDE
    await desk.tell(ended(1200))
    await desk.bill(1200)
    await desk.turn()
    assert desk.at_gateway() == [(0, 1200, 0)]
    assert (await desk.the_bill()).state == "paid"
    assert await desk.payments() == [("capture", "succeeded", 1200)]
    desk.clock.move(2 * 86_400)
    await desk.turn()
    assert ((await desk.hold()).state, desk.at_gateway()) == ("captured", [(0, 1200, 0)])
    assert [one.state for one in desk.told if isinstance(one, events.HoldChanged)] == ["asking", "held"]


async def test_a_walk_in_is_held_at_its_start_and_told_again_changes_nothing(desk: Desk) -> None:
    await desk.pays_with("card_ok")
    for _ in range(2):
        await desk.start()
        await desk.turn()
    assert desk.at_gateway() == [(2500, 0, 0)]


async def test_a_ride_that_comes_to_more_than_is_held_holds_more_first(desk: Desk) -> None:
    await desk.pays_with("card_ok")
    await desk.start()
    await desk.turn()
    await desk.bill(4000)
    await desk.turn()
    assert desk.at_gateway() == [(0, 4000, 0)]
    assert await desk.payments() == [("capture", "succeeded", 4000)]


async def test_where_no_more_can_be_held_the_rest_is_charged_and_a_no_is_a_case(desk: Desk) -> None:
    await desk.pays_with("card_limit_3000")
    await desk.start()
    await desk.turn()
    await desk.bill(6000)
    await desk.turn()
    assert await desk.payments() == [("capture", "succeeded", 2500), ("charge", "declined", 3500)]
    assert list(desk.cases.standing) == [("payment_declined", RIDE)]
    assert ((await desk.the_bill()).state, (await desk.the_bill()).paid_minor) == ("unpaid", 2500)


async def test_what_was_captured_is_given_back_when_the_bill_shrinks(desk: Desk) -> None:
    await desk.pays_with("card_ok")
    await desk.start()
    await desk.turn()
    await desk.bill(2000)
    await desk.turn()
    await desk.bill(1500)
    await desk.turn()
    assert desk.at_gateway() == [(0, 2000, 500)]
    assert (await desk.the_bill()).state == "paid"
    assert (await desk.balances())["clearing:simulated"] == 1500


@pytest.mark.parametrize("phase", ["cancelled", "expired", "broken", "refused", "no_show"])
async def test_a_booking_that_comes_to_nothing_lets_go(desk: Desk, phase: str) -> None:
    await desk.pays_with("card_ok")
    await desk.book()
    await desk.turn()
    await desk.book(phase)
    desk.clock.move(601)
    await desk.turn()
    assert ((await desk.hold()).state, desk.at_gateway()) == ("released", [(0, 0, 0)])


async def test_the_fee_for_not_coming_is_taken_from_what_is_held(desk: Desk) -> None:
    await desk.pays_with("card_ok")
    await desk.book()
    await desk.turn()
    await desk.book("no_show")
    await desk.bill(300, ride=BOOKING)
    desk.clock.move(601)
    await desk.turn()
    await desk.turn()
    assert ((await desk.hold()).state, desk.at_gateway()) == ("captured", [(0, 300, 0)])


async def test_a_booking_that_is_cancelled_before_anybody_asked_is_never_asked(desk: Desk) -> None:
    await desk.pays_with("card_ok")
    await desk.book(in_days=3)
    await desk.book("cancelled")
    desk.clock.move(3 * 86_400)
    await desk.turn()
    assert ((await desk.hold()).state, desk.at_gateway()) == ("released", [])


async def test_a_rental_that_was_void_lets_go_and_one_for_nothing_too(desk: Desk) -> None:
    await desk.pays_with("card_ok")
    await desk.start()
    await desk.turn()
    await desk.tell(facts.RentalVoided(rental_id=RIDE, reason="not_taken", voided_ms=1))
    await desk.turn()
    assert desk.at_gateway() == [(0, 0, 0)]


async def test_before_a_hold_ends_it_is_held_anew_and_the_old_one_let_go(desk: Desk) -> None:
    await desk.pays_with("card_ok")
    await desk.start()
    await desk.turn()
    for number in range(1, 3):
        before = (await desk.hold()).expires_at
        desk.clock.move(5.6 * 86_400)
        await desk.turn()
        held = await desk.hold()
        assert before is not None
        assert held.expires_at is not None
        assert held.expires_at > before
        assert desk.at_gateway() == [*[(0, 0, 0)] * number, (2500, 0, 0)]
    await desk.bill(700)
    await desk.turn()
    assert desk.at_gateway()[-1] == (0, 700, 0)


async def test_a_renewal_that_was_cut_off_holds_once(desk: Desk) -> None:
    await desk.pays_with("card_ok")
    await desk.start()
    await desk.turn()
    desk.clock.move(5.6 * 86_400)
    swap = desk.holding._swap

    async def cut(*given: object) -> bool:
        desk.holding._swap = swap  # type: ignore[method-assign]
        raise OSError("the process died here")

    desk.holding._swap = cut  # type: ignore[assignment,method-assign]
    await desk.turn()
    assert desk.at_gateway() == [(0, 0, 0), (2500, 0, 0)]


async def test_a_ride_that_ends_while_its_hold_is_renewed_leaves_nothing_held(desk: Desk) -> None:
    await desk.pays_with("card_ok")
    await desk.start()
    await desk.turn()
    await desk.bill(700)
    swap = desk.holding._swap

    async def late(*given: object) -> bool:
        desk.holding._swap = swap  # type: ignore[method-assign]
        async with desk.database.reading() as session:
            (row,) = (await session.scalars(select(Wish).where(Wish.kind == "collect"))).all()
        await desk.collecting.collect(Task(id=row.id, kind="collect", payload=row.payload))
        raise OSError("the process died here")

    async with desk.database.reading() as session:
        wishes = (await session.scalars(select(Wish).where(Wish.kind == "hold", Wish.done_at.is_(None)))).all()
    desk.clock.move(5.6 * 86_400)
    (renewal,) = [one for one in wishes if one.payload["do"] == "renew"]
    task = Task(id=renewal.id, kind="hold", payload=renewal.payload)
    desk.holding._swap = late  # type: ignore[assignment,method-assign]
    with contextlib.suppress(OSError):
        await desk.holding.work(task)
    await desk.holding.work(task)
    assert desk.at_gateway() == [(0, 700, 0), (0, 0, 0)]


@pytest.mark.parametrize("token", ["card_silent", "card_busy", "card_silent_twice"])
async def test_a_gateway_that_acts_and_says_nothing_holds_and_takes_once(desk: Desk, token: str) -> None:
    await desk.pays_with(token)
    await desk.start()
    await desk.turn()
    await desk.bill(2600)
    await desk.turn()
    assert desk.at_gateway() == [(0, 2600, 0)]
    assert (desk.asked(Kind.AUTHORIZE), desk.asked(Kind.INCREMENT), desk.asked(Kind.CAPTURE)) == (1, 1, 1)
    assert (await desk.balances())["clearing:simulated"] == 2600


async def test_a_hold_that_the_gateway_let_go_of_is_charged_instead(desk: Desk) -> None:
    await desk.pays_with("card_ok")
    await desk.start()
    await desk.turn()
    next(iter(desk.gateway.book._held.values())).held_minor = 0
    await desk.bill(900)
    await desk.turn()
    assert (await desk.hold()).state == "lost"
    await desk.turn()
    assert await desk.payments() == [("capture", "declined", 900), ("charge", "succeeded", 900)]
    assert ((await desk.the_bill()).state, desk.cases.standing) == ("paid", {})


async def test_an_offline_ride_is_charged_when_it_arrives_and_a_late_no_is_a_case(desk: Desk) -> None:
    await desk.pays_with("card_declined")
    begun = started(desk.clock)
    desk.clock.move(3 * 86_400)
    await desk.tell(begun, ended(900))
    await desk.bill(900)
    await desk.turn()
    assert desk.asked(Kind.AUTHORIZE) == 0
    assert list(desk.cases.standing) == [("payment_declined", RIDE)]


@pytest.mark.parametrize("token", ["card_declined", None])
async def test_a_deposit_that_cannot_be_held_is_a_case(desk: Desk, token: str | None) -> None:
    if token is not None:
        await desk.pays_with(token)
    await desk.book()
    await desk.turn()
    assert (await desk.hold()).state == "declined"
    assert list(desk.cases.standing) == [("deposit_declined", BOOKING)]


async def test_a_pending_deposit_is_held_by_the_gateways_word(desk: Desk) -> None:
    await desk.pays_with("card_pending")
    await desk.start()
    with contextlib.suppress(StillPendingError):
        await desk.turn(tries=1)
    hold = await desk.hold()
    assert hold.state == "asking"
    told = Result(key=str(hold.key), ref="r", outcome=Outcome.SUCCEEDED, amount_minor=2500, currency="EUR")
    async with desk.database.transaction() as session:
        assert await desk.holding.when_told(session, "simulated", told)
        assert not await desk.holding.when_told(session, "other", told)
    assert (await desk.hold()).state == "held"


async def test_nothing_is_wanted_where_nobody_collects(desk: Desk) -> None:
    desk.holds = Holds(desk.clock, Prices(), Prices(), active=False)
    await desk.start()
    await desk.book()
    async with desk.database.reading() as session:
        assert (await session.scalars(select(Hold))).all() == []
        assert (await session.scalars(select(Payment))).all() == []
