"""From a bill to the money, against a real gateway process's socket, on both databases: whatever happens on the way,
the ledger balances and everybody pays once."""

import asyncio
import contextlib
import uuid
from collections.abc import AsyncIterator, Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from firmware_sim.demo.ports import free_ports
from firmware_sim.gateway.endpoint import Gateway
from hub import events
from hub.kernel.clock import SystemClock
from hub.kernel.db import Database
from hub.kernel.wishes import Task, Wish
from hub.payments import bookkeeping
from hub.payments.billing import Billing
from hub.payments.collecting import Collecting
from hub.payments.gateways.port import Outcome, Result
from hub.payments.gateways.simulated import SimulatedGateway
from hub.payments.money_tables import Bill, Payment, PaymentMethod
from protocols.gateway.operations import Kind

CLOCK = SystemClock()
RENTER = uuid.UUID(int=8)
RIDE = uuid.UUID(int=70)


class Cases:
    """Remembers what stands."""

    def __init__(self) -> None:
        self.standing: dict[tuple[str, uuid.UUID], events.CaseSeen] = {}

    async def see(self, session: object, told: Sequence[events.CaseSeen]) -> None:
        for one in told:
            if one.standing:
                self.standing[one.kind, one.about] = one
            else:
                self.standing.pop((one.kind, one.about), None)


class Till:
    """Billing and collecting beside a gateway."""

    def __init__(self, database: Database, gateway: Gateway, url: str) -> None:
        self.database, self.gateway, self.cases = database, gateway, Cases()
        self.billing = Billing(CLOCK, collects=True)
        client = SimulatedGateway(url, "key", timeout_s=0.3)
        self.collecting = Collecting(database, CLOCK, {"simulated": client}, self.cases)

    async def pays_with(self, token: str) -> None:
        async with self.database.transaction() as session:
            session.add(
                PaymentMethod(
                    id=CLOCK.new_id(), created_at=CLOCK.now(), account_id=RENTER, gateway="simulated", token=token,
                    label="Card", removed_at=None,
                )
            )  # fmt: skip

    async def bill(self, total_minor: int, *, ride: uuid.UUID = RIDE, account: uuid.UUID | None = RENTER) -> None:
        told = events.Billed(
            use="rental", subject_id=ride, account_id=account, station_id=None, currency="EUR",
            total_minor=total_minor, tax_minor=total_minor // 11,
        )  # fmt: skip
        async with self.database.transaction() as session:
            await self.billing.see(session, [told])
        async with self.database.transaction() as session:
            await self.billing.post_due(session)

    async def work(self, tries: int = 6) -> None:
        """Carry out every wish, again when it fails, as the worker does."""
        async with self.database.reading() as session:
            rows = (await session.scalars(select(Wish).where(Wish.done_at.is_(None)).order_by(Wish.created_at))).all()
        for row in rows:
            task = Task(id=row.id, kind=row.kind, payload=row.payload)
            for number in range(tries):
                try:
                    await self.collecting.collect(task)
                    break
                except (OSError, TimeoutError):
                    if number == tries - 1:
                        raise
                    await asyncio.sleep(0.1)
            async with self.database.transaction() as session:
                done = await session.get(Wish, row.id)
                assert done is not None
                done.done_at = CLOCK.now()

    async def balances(self) -> dict[str, int]:
        async with self.database.reading() as session:
            assert await bookkeeping.unbalanced(session) == []
            return {one.account: one.amount_minor for one in await bookkeeping.balances(session) if one.amount_minor}

    async def the_bill(self) -> Bill:
        async with self.database.reading() as session:
            found = await session.get(Bill, RIDE)
        assert found is not None
        return found

    async def payments(self) -> list[tuple[str, str, int]]:
        async with self.database.reading() as session:
            rows = (await session.scalars(select(Payment).order_by(Payment.created_at, Payment.id))).all()
        return [(one.kind, one.outcome, one.amount_minor) for one in rows]

    def taken(self) -> int:
        """What the gateway has really taken, less what it gave back."""
        signs = {Kind.CHARGE: 1, Kind.REFUND: -1}
        return sum(signs[one.kind] * one.amount_minor for one in self.gateway.book.report(0, 2**62))


@contextlib.asynccontextmanager
async def open_till(database: Database) -> AsyncIterator[Till]:
    gateway = Gateway("key", bytes(32), None, settle_after_s=0.05)
    async with gateway.listening("127.0.0.1", free_ports().hub) as url:
        yield Till(database, gateway, url)


@pytest.fixture
async def till(database: Database) -> AsyncIterator[Till]:
    async with open_till(database) as opened:
        yield opened


async def test_a_ride_is_billed_and_paid(till: Till) -> None:
    await till.pays_with("card_ok")
    await till.bill(1100)
    assert await till.balances() == {f"receivable:{RENTER}": 1100, "revenue:rental": -1000, "tax": -100}
    await till.work()
    assert await till.balances() == {"clearing:simulated": 1100, "revenue:rental": -1000, "tax": -100}
    bill = await till.the_bill()
    assert (bill.state, bill.paid_minor, till.taken()) == ("paid", 1100, 1100)


async def test_a_ride_that_costs_nothing_asks_nobody(till: Till) -> None:
    await till.bill(0)
    await till.work()
    assert ((await till.the_bill()).state, await till.payments(), await till.balances()) == ("free", [], {})


@pytest.mark.parametrize("token", ["card_silent", "card_busy", "card_pending"])
async def test_a_gateway_that_fails_on_the_way_takes_the_money_once(till: Till, token: str) -> None:
    await till.pays_with(token)
    await till.bill(1100)
    await till.work()
    assert await till.payments() == [("charge", "succeeded", 1100)]
    assert till.taken() == 1100
    assert (await till.balances())["clearing:simulated"] == 1100


@pytest.mark.parametrize(("token", "code"), [("card_declined", "card_declined"), ("card_late_no", "do_not_honor")])
async def test_a_declined_payment_is_a_case_until_it_is_paid(till: Till, token: str, code: str) -> None:
    await till.pays_with(token)
    await till.bill(1100)
    await till.work()
    case = till.cases.standing["payment_declined", RIDE]
    assert (case.seen["code"], case.account_id, case.rental_id) == (code, RENTER, RIDE)
    assert ((await till.the_bill()).state, till.taken()) == ("unpaid", 0)
    assert (await till.balances())[f"receivable:{RENTER}"] == 1100, "what is owed stays owed"
    await till.pays_with("card_ok")
    await till.bill(1200)  # the bill was corrected; the new card pays all of it
    await till.work()
    assert ((await till.the_bill()).state, till.taken(), till.cases.standing) == ("paid", 1200, {})


async def test_nobody_to_ask_is_a_case(till: Till) -> None:
    await till.bill(1100, account=None)
    await till.work()
    assert ("no_payment_method", RIDE) in till.cases.standing
    assert (await till.balances())["receivable:unknown"] == 1100


async def test_a_bill_that_shrinks_is_given_back_and_one_that_grows_is_taken(till: Till) -> None:
    await till.pays_with("card_ok")
    for total in (1100, 2200, 550):
        await till.bill(total)
        await till.work()
    assert await till.payments() == [("charge", "succeeded", 1100), ("charge", "succeeded", 1100),
                                     ("refund", "succeeded", -1100), ("refund", "succeeded", -550)]  # fmt: skip
    assert (till.taken(), (await till.balances())["clearing:simulated"]) == (550, 550)


async def test_two_wishes_for_one_bill_do_not_charge_twice(till: Till) -> None:
    await till.pays_with("card_silent")
    await till.bill(1100)
    await till.bill(1200)
    async with till.database.reading() as session:
        rows = (await session.scalars(select(Wish))).all()
    tasks = [Task(id=row.id, kind=row.kind, payload=row.payload) for row in rows]
    assert len(tasks) == 2
    for _ in range(4):
        ends = await asyncio.gather(*(till.collecting.collect(task) for task in tasks), return_exceptions=True)
        if not any(ends):
            break
    assert ends == [None, None]
    assert till.taken() == 1200


async def test_a_pending_payment_may_end_by_what_the_gateway_tells(till: Till) -> None:
    await till.pays_with("card_pending")
    till.gateway._settle_after_s = 60
    await till.bill(1100)
    with pytest.raises(OSError, match="not decided"):
        await till.work(tries=1)
    async with till.database.reading() as session:
        payment = (await session.scalars(select(Payment))).one()
    told = Result(key=payment.key, ref="op_1", outcome=Outcome.SUCCEEDED, amount_minor=1100, currency="EUR")
    for _ in range(2):  # webhooks come twice
        async with till.database.transaction() as session:
            assert await till.collecting.when_told(session, "simulated", told)
    assert (await till.the_bill()).state == "paid"
    assert (await till.balances())["clearing:simulated"] == 1100
    async with till.database.transaction() as session:
        stranger = Result(key="of nobody", ref="x", outcome=Outcome.SUCCEEDED, amount_minor=1, currency="EUR")
        assert not await till.collecting.when_told(session, "simulated", stranger)


STEP = st.tuples(st.integers(0, 3000), st.sampled_from(["card_ok", "card_declined", "card_busy", "card_limit_1500"]))


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEP, min_size=1, max_size=5))
async def test_whatever_is_billed_and_declined_the_ledger_shows_what_the_gateway_took(
    database: Database, steps: list[tuple[int, str]]
) -> None:
    ride = CLOCK.new_id()  # another in each example: they share a database
    async with open_till(database) as till:
        before = (await till.balances()).get("clearing:simulated", 0)
        for total, token in steps:
            await till.pays_with(token)
            await till.bill(total, ride=ride)
            await till.work()
        assert (await till.balances()).get("clearing:simulated", 0) - before == till.taken()
