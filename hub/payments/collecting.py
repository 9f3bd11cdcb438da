"""Collects what is owed: asks the gateway outside of any transaction, then writes down what it said.

The key of a call is made of the wish that asks for it, so a try that was cut off is asked again under the same key
and moves money once. What a gateway declines is a case for a person; nothing is tried again behind a renter's back.
"""

import functools
import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final, TypeAlias

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from hub import events
from hub.kernel import wishes
from hub.kernel.clock import Clock
from hub.kernel.db import Database
from hub.kernel.wishes import Task
from hub.payments import bookkeeping, capturing, ledger, pay_orders
from hub.payments.billing import COLLECT, settled
from hub.payments.gateways.port import Form, Gateway, Outcome, Result
from hub.payments.money_tables import Bill, Payment, PaymentMethod
from hub.payments.ports import Cases
from protocols.errors import Refused

DECLINED: Final = "payment_declined"
NOT_REFUNDED: Final = "refund_declined"
NO_METHOD: Final = "no_payment_method"
TAKES: Final = frozenset({"charge", "capture"})
Ask: TypeAlias = Callable[[], Awaitable[Result]]


class StillPendingError(OSError):
    """A gateway has not said how a call ends; asked again later."""


class Collecting:
    """Payments of bills through the gateways that are set up, by name."""

    def __init__(self, database: Database, clock: Clock, gateways: Mapping[str, Gateway], cases: Cases) -> None:
        self._database = database
        self._clock = clock
        self._gateways = gateways
        self._cases = cases

    async def collect(self, task: Task) -> None:
        """Bring what was paid for a bill to what it says. The handler of the wish `collect`.

        Every call is written down as pending before it is made: of two wishes for one bill the second waits, and a
        try that was cut off is made again as it was.
        """
        bill_id, key = uuid.UUID(str(task.payload["bill_id"])), str(task.id)
        await capturing.top_up(self._database, self._gateways, bill_id, task.id)
        async with self._database.transaction() as session:
            calls = await self._calls(session, bill_id, key)
        pending = False
        for payment_id, ask in calls:
            result = await ask()
            async with self._database.transaction() as session:
                await self._settle(session, payment_id, result)
            # Whoever waits for a payer is told when he has paid, or not in time.
            pending = pending or (result.outcome is Outcome.PENDING and result.waits_until is None)
        if pending:
            raise StillPendingError("the gateway has not decided yet")

    async def when_told(self, session: AsyncSession, gateway: str, result: Result) -> bool:
        """A gateway tells how a call ended. False when no call of ours has this key."""
        found = select(Payment.id).where(Payment.gateway == gateway, Payment.key == result.key)
        payment_id = await session.scalar(found)
        if payment_id is None:
            return False
        await self._settle(session, payment_id, result)
        return True

    async def _calls(self, session: AsyncSession, bill_id: uuid.UUID, key: str) -> list[tuple[uuid.UUID, Ask]]:
        await self._replace(session, bill_id, key)
        bill = await session.get(Bill, bill_id, with_for_update=True)
        if bill is None:
            return []
        rows = (await session.scalars(select(Payment).where(Payment.bill_id == bill_id))).all()
        pending = [one for one in rows if one.outcome == Outcome.PENDING]
        if any(not one.key.startswith(key) for one in pending):
            raise StillPendingError("another call for this bill is under way")
        if not any(one.key.startswith(key) for one in rows):
            pending = await self._wanted(session, bill, rows, key)
            session.add_all(pending)
            await session.flush()
        return [(one.id, await self._asking(session, one)) for one in pending]

    async def _wanted(self, session: AsyncSession, bill: Bill, rows: Sequence[Payment], key: str) -> list[Payment]:
        due = bill.owed_minor - bill.paid_minor
        if due > 0:
            return await self._charge(session, bill, due, key)
        if not due:
            await self._close(session, bill)
        # What another account paid, before the bill came to this one, is not this one's to get back.
        return self._refunds([one for one in rows if one.account_id == bill.account_id], -due, key)

    async def _replace(self, session: AsyncSession, bill_id: uuid.UUID, key: str) -> None:
        """The bill has changed while others' calls for it wait for their payer: they are not needed any more.

        Orders come before payments and bills, as when a payer is heard of.
        """
        pending = select(Payment.key).where(Payment.bill_id == bill_id, Payment.outcome == Outcome.PENDING.value)
        others = [one for one in (await session.scalars(pending)).all() if not one.startswith(key)]
        closed = await pay_orders.close(session, others)
        replaced = select(Payment).where(Payment.key.in_(closed)).order_by(Payment.key).with_for_update()
        for one in (await session.scalars(replaced)).all():
            one.outcome, one.code, one.settled_at = Outcome.DECLINED.value, "replaced", self._clock.now()
        await session.flush()

    async def _charge(self, session: AsyncSession, bill: Bill, due: int, key: str) -> list[Payment]:
        """From what is held first; what that does not cover is charged."""
        calls = []
        hold = await capturing.hold_for(session, bill.id)
        if hold is not None and hold.currency == bill.currency and hold.account_id == bill.account_id:
            part = min(due, hold.held_minor)
            capture = self._payment(
                bill_id=bill.id, account_id=bill.account_id, gateway=hold.gateway, key=f"{key}:capture",
                currency=bill.currency, amount_minor=part,
            )  # fmt: skip
            capture.kind, capture.of_key, capture.method_id = "capture", hold.key, hold.method_id
            hold.state = "capturing"
            calls.append(capture)
            due -= part
        return calls + (await self._charge_rest(session, bill, due, key) if due else [])

    async def _charge_rest(self, session: AsyncSession, bill: Bill, due: int, key: str) -> list[Payment]:
        method = await newest_method(session, bill.account_id)
        if method is None or method.gateway not in self._gateways:
            bill.state = "unpaid"
            await self._cases.see(session, [_case(NO_METHOD, bill)])
            return []
        call = self._payment(
            bill_id=bill.id, account_id=bill.account_id, gateway=method.gateway, key=f"{key}:charge",
            currency=bill.currency, amount_minor=due,
        )  # fmt: skip
        call.method_id = method.id
        return [call]

    def _refunds(self, rows: Sequence[Payment], back: int, key: str) -> list[Payment]:
        """From this bill's charges, the last first, as much of each as has not been given back."""
        succeeded = [one for one in rows if one.outcome == Outcome.SUCCEEDED]
        calls: list[Payment] = []
        for one in sorted(succeeded, key=lambda one: (one.created_at, one.id), reverse=True):
            given = -sum(other.amount_minor for other in succeeded if other.of_key == one.key)
            left = min(back, one.amount_minor - given) if one.kind in TAKES else 0
            if left > 0:
                back -= left
                call = self._payment(
                    bill_id=one.bill_id, account_id=one.account_id, gateway=one.gateway,
                    key=f"{key}:refund:{len(calls)}", currency=one.currency, amount_minor=-left,
                )  # fmt: skip
                call.of_key = one.key
                calls.append(call)
        return calls

    def _payment(self, **given: Any) -> Payment:
        return Payment(
            id=self._clock.new_id(),
            created_at=self._clock.now(),
            of_key=None,
            method_id=None,
            ref="",
            kind="charge" if given["amount_minor"] > 0 else "refund",
            outcome=Outcome.PENDING.value,
            code="",
            settled_at=None,
            **given,
        )

    async def _asking(self, session: AsyncSession, payment: Payment) -> Ask:
        """The call as it is made: all that it needs is read here, for it is made outside of the transaction."""
        gateway = self._gateways.get(payment.gateway)
        if gateway is None:
            raise Refused("gateway_not_set_up", gateway=payment.gateway)
        key, amount, currency = payment.key, abs(payment.amount_minor), payment.currency
        if payment.kind == "capture":
            return functools.partial(gateway.capture, key, str(payment.of_key), amount, currency)
        if payment.of_key is not None:
            taken = await session.scalar(select(Payment).where(Payment.key == payment.of_key))
            # What was captured is given back by the name of its authorization.
            of = str(taken.of_key) if taken is not None and taken.kind == "capture" else payment.of_key
            return functools.partial(gateway.refund, key, of, amount, currency)
        method = await session.get(PaymentMethod, payment.method_id)
        assert method is not None  # noqa: S101  # a charge is made by a method, which stays
        return functools.partial(gateway.charge, key, method.token, amount, currency)

    async def _settle(self, session: AsyncSession, payment_id: uuid.UUID, result: Result) -> None:
        """Write down how a call ended; the first word that is not `pending` stands."""
        payment = await session.get(Payment, payment_id, with_for_update=True)
        if payment is None or payment.outcome != Outcome.PENDING:
            return
        payment.ref = result.ref
        if result.waits_until is not None:
            owner, subject_id = payment.account_id, payment.bill_id
            await pay_orders.claim(session, self._clock, payment.key, owner, "bill", subject_id)
        if result.outcome is not Outcome.PENDING:
            bill = await session.get(Bill, payment.bill_id, with_for_update=True)
            assert bill is not None  # noqa: S101  # payments are made for bills, which stay
            await self._end(session, bill, payment, result)

    async def _end(self, session: AsyncSession, bill: Bill, payment: Payment, result: Result) -> None:
        payment.outcome, payment.code = result.outcome.value, result.code
        payment.settled_at = self._clock.now()
        in_advance = payment.kind == "capture" and self._form_of(payment) is Form.PAYMENT
        if payment.kind == "capture":
            await capturing.ended(session, self._clock, payment, result.outcome, self._form_of(payment))
            if result.outcome is Outcome.DECLINED:
                # The hold was gone: what it should have covered is charged, by a wish of its own.
                await wishes.wish(session, self._clock, COLLECT, {"bill_id": str(bill.id)}, key=f"after:{payment.key}")
                return
        if result.outcome is Outcome.DECLINED:
            is_refund = payment.amount_minor < 0
            bill.state = "overpaid" if is_refund else "unpaid"
            amount = {"refund_minor": str(-payment.amount_minor)} if is_refund else {}
            await self._cases.see(
                session, [_case(NOT_REFUNDED if is_refund else DECLINED, bill, code=result.code, **amount)]
            )
            return
        if in_advance:
            entries = ledger.kept_of_deposit(payment.account_id, payment.currency, payment.amount_minor)
        else:
            entries = ledger.captured(payment.gateway, payment.account_id, payment.currency, payment.amount_minor)
        posting = ledger.posting(f"payment:{payment.key}", payment.kind, bill.id, entries, note=payment.ref)
        await bookkeeping.post(session, self._clock, [] if posting is None else [posting])
        if payment.account_id != bill.posted_account_id:
            return  # the bill is another's by now: what was paid stays with who paid it
        bill.paid_minor += payment.amount_minor
        if bill.paid_minor == bill.owed_minor:
            await self._close(session, bill)

    async def _close(self, session: AsyncSession, bill: Bill) -> None:
        """Nobody owes anything for it."""
        bill.state = settled(bill.owed_minor)
        await self._cases.see(session, [_explained(kind, bill) for kind in (DECLINED, NO_METHOD, NOT_REFUNDED)])

    def _form_of(self, payment: Payment) -> Form:
        gateway = self._gateways.get(payment.gateway)
        return Form.SET_ASIDE if gateway is None else gateway.form


async def newest_method(session: AsyncSession, account_id: uuid.UUID | None) -> PaymentMethod | None:
    """What this account pays with: its newest method that is not removed."""
    methods = select(PaymentMethod).where(PaymentMethod.account_id == account_id, PaymentMethod.removed_at.is_(None))
    return await session.scalar(methods.order_by(PaymentMethod.created_at.desc(), PaymentMethod.id.desc()).limit(1))


def _case(kind: str, bill: Bill, **seen: str) -> events.CaseSeen:
    return events.CaseSeen(
        kind=kind,
        about=bill.id,
        seen_at=bill.changed_at,
        station_ids=() if bill.station_id is None else (bill.station_id,),
        account_id=bill.account_id,
        rental_id=bill.id if bill.use == "rental" else None,
        seen={"total_minor": bill.owed_minor, "currency": bill.currency, "use": bill.use, **seen},
    )


def _explained(kind: str, bill: Bill) -> events.CaseSeen:
    return events.CaseSeen(kind=kind, about=bill.id, seen_at=bill.changed_at, standing=False, why="it is settled")
