"""Any order of bill, correction, collection, the gateway's word and late facts: the books hold after each step."""

import contextlib
import uuid
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from hub import events
from hub.kernel.clock import SystemClock
from hub.kernel.db import Database
from hub.kernel.wishes import Task, Wish
from hub.payments import bookkeeping
from hub.payments.adjusting import Adjusting, Worded
from hub.payments.adjustment_schemas import AskedAdjustment
from hub.payments.adjustment_tables import lines_of
from hub.payments.billing import COLLECT, Billing
from hub.payments.collecting import Collecting
from hub.payments.ledger_tables import LedgerEntry, LedgerTransaction
from hub.payments.money_tables import Bill, Payment, PaymentMethod
from protocols.errors import Refused
from tests.hub.payments.test_collecting import Cases
from tests.model.gateway import MemoryGateway

CLOCK = SystemClock()
RENTERS = (uuid.UUID(int=8), uuid.UUID(int=9))
CARDS = ("card_ok", "card_silent", "card_busy", "card_pending", "card_late_no", "card_declined", "card_no_refund")
WORDED = Worded(reason="as agreed", note="by property", by=uuid.UUID(int=5))

AMOUNT = st.integers(1, 3000)
STEP = st.one_of(
    st.tuples(st.just("bill"), st.integers(0, 3000), st.integers(0, 1)),
    st.tuples(st.just("credit"), AMOUNT),
    st.tuples(st.just("charge"), AMOUNT, st.sampled_from([0, 700, 1900])),
    st.tuples(st.just("take_back"), AMOUNT),
    st.tuples(st.just("card"), st.integers(0, 1), st.sampled_from(CARDS)),
    st.tuples(st.just("post")), st.tuples(st.just("collect")), st.tuples(st.just("settle")), st.tuples(st.just("tell")),
    st.tuples(st.just("again")),
)  # fmt: skip


class Books:
    """One ride, its money, and whoever corrects it."""

    def __init__(self, database: Database) -> None:
        self.database, self.ride, self.gateway = database, CLOCK.new_id(), MemoryGateway()
        self.billing = Billing(CLOCK, Cases(), collects=True)
        self.collecting = Collecting(database, CLOCK, {"simulated": self.gateway}, Cases())
        self.adjusting = Adjusting(CLOCK, self.billing)

    async def do(self, step: tuple[Any, ...]) -> None:
        await getattr(self, step[0])(*step[1:])

    async def bill(self, total_minor: int, renter: int) -> None:
        told = events.Billed(
            use="rental", subject_id=self.ride, account_id=RENTERS[renter], station_id=None, currency="EUR",
            total_minor=total_minor, tax_minor=total_minor // 11,
        )  # fmt: skip
        async with self.database.transaction() as session:
            await self.billing.see(session, [told])

    async def post(self) -> None:
        async with self.database.transaction() as session:
            while await self.billing.post_due(session):
                pass

    async def card(self, renter: int, token: str) -> None:
        async with self.database.transaction() as session:
            session.add(
                PaymentMethod(
                    id=CLOCK.new_id(), created_at=CLOCK.now(), account_id=RENTERS[renter], gateway="simulated",
                    token=token, label="Card", removed_at=None,
                )
            )  # fmt: skip

    async def credit(self, amount_minor: int, of_id: uuid.UUID | None = None) -> None:
        await self._correct(kind="credit", cause="goodwill", amount_minor=amount_minor, of_id=of_id)

    async def charge(self, amount_minor: int, tax_bp: int) -> None:
        await self._correct(kind="charge", cause="damage", amount_minor=amount_minor, tax_bp=tax_bp)

    async def take_back(self, amount_minor: int) -> None:
        async with self.database.reading() as session:
            made = [one for one in await lines_of(session, self.ride) if one.kind == "charge"]
        if made:
            await self.credit(amount_minor, made[-1].id)

    async def again(self) -> None:
        async with self.database.transaction() as session:
            bill = await session.get(Bill, self.ride, with_for_update=True)
            if bill is not None and bill.state in {"unpaid", "overpaid"} and bill.owed_minor != bill.paid_minor:
                await self.adjusting.collect_again(session, bill)

    async def _correct(self, **asked: Any) -> None:
        async with self.database.transaction() as session:
            bill = await session.get(Bill, self.ride, with_for_update=True)
            if bill is None:
                return
            with contextlib.suppress(Refused):  # more than was billed
                await self.adjusting.adjust(session, bill, AskedAdjustment(currency="EUR", **asked), WORDED)

    async def collect(self) -> None:
        mine = select(Wish).where(Wish.kind == COLLECT, Wish.done_at.is_(None)).order_by(Wish.created_at, Wish.id)
        async with self.database.reading() as session:
            rows = [one for one in (await session.scalars(mine)).all() if one.payload["bill_id"] == str(self.ride)]
        for row in rows:
            try:
                await self.collecting.collect(Task(id=row.id, kind=row.kind, payload=row.payload))
            except (OSError, TimeoutError):
                continue
            async with self.database.transaction() as session:
                (await session.get_one(Wish, row.id)).done_at = CLOCK.now()

    async def settle(self) -> None:
        for key in self.gateway.pending():
            self.gateway.settle(key)

    async def tell(self) -> None:
        while self.gateway.news:
            told = self.gateway.news.pop()
            result = await self.gateway.query(told.key)
            assert result is not None
            if result.outcome != "pending":
                async with self.database.transaction() as session:
                    assert await self.collecting.when_told(session, "simulated", result)

    async def finish(self) -> Bill | None:
        for _ in range(8):
            for step in ("post", "settle", "collect", "tell"):
                await self.do((step,))
        async with self.database.reading() as session:
            return await session.get(Bill, self.ride)

    async def check(self) -> None:
        """After each step."""
        async with self.database.reading() as session:
            assert await bookkeeping.unbalanced(session) == []
            bill = await session.get(Bill, self.ride)
            payments = (await session.scalars(select(Payment).where(Payment.bill_id == self.ride))).all()
            entries = (
                await session.execute(
                    select(LedgerEntry.account, LedgerEntry.amount_minor, LedgerTransaction.kind)
                    .join(LedgerTransaction, LedgerTransaction.id == LedgerEntry.transaction_id)
                    .where(LedgerTransaction.subject_id == self.ride)
                )
            ).all()
        if bill is None:
            return
        done = [one for one in payments if one.outcome == "succeeded"]
        for renter in RENTERS:
            assert sum(one.amount_minor for one in done if one.account_id == renter) >= 0, "refunded more than paid"
        assert {one.key: one.amount_minor for one in done}.items() <= self.gateway.moved().items()
        posted = bill.posted_total_minor + bill.posted_adjusted_minor
        assert posted >= 0, "more credited than billed"
        assert -sum(minor for account, minor, _ in entries if account.startswith(("revenue:", "tax"))) == posted
        assert -sum(minor for account, minor, _ in entries if account == "tax") == (
            bill.posted_tax_minor + bill.posted_adjusted_tax_minor
        )
        owed = sum(minor for account, minor, _ in entries if account.startswith("receivable:"))
        assert owed + sum(one.amount_minor for one in done) == posted
        if bill.posted:
            mine = sum(one.amount_minor for one in done if one.account_id == bill.account_id)
            assert (bill.paid_minor, bill.owed_minor) == (mine, posted), "paid + owed = billed + adjustments"
            held = sum(minor for account, minor, _ in entries if account == f"receivable:{bill.account_id}")
            assert held == bill.owed_minor - bill.paid_minor


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEP, min_size=3, max_size=18))
async def test_whatever_happens_in_whatever_order_the_books_hold(
    database: Database, steps: list[tuple[Any, ...]]
) -> None:
    books = Books(database)
    for renter in (0, 1):
        await books.card(renter, "card_ok")
    for step in [("bill", 1100, 0), *steps]:
        await books.do(step)
        await books.check()
    bill = await books.finish()
    await books.check()
    assert bill is not None
    settled = bill.paid_minor == bill.owed_minor
    assert bill.state == (("paid" if bill.owed_minor else "free") if settled else _open(bill)), bill.state


def _open(bill: Bill) -> str:
    return "unpaid" if bill.owed_minor > bill.paid_minor else "overpaid"
