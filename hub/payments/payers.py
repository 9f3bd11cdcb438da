"""What payers do at their gateway's page, and what comes of it here.

A gateway tells by itself (an IPN) or when it is asked (querydr, some time after a try has ended); both come here.
The first paid try pays its request. Money that comes beside it, or when nobody needs it any more, is booked as the
renter's and goes back: what was paid is never lost.
"""

import datetime as dt
import enum
import uuid
from collections.abc import Mapping, Sequence
from typing import Final, Protocol

import structlog
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from hub import events
from hub.kernel import wishes
from hub.kernel.clock import Clock
from hub.kernel.db import Database
from hub.kernel.wishes import Task
from hub.payments import bookkeeping, ledger
from hub.payments.billing import COLLECT
from hub.payments.gateways.payer import Attempt, PayerGateway, Told
from hub.payments.gateways.port import Outcome, Result
from hub.payments.money_tables import Bill
from hub.payments.pay_orders import LOOK_AFTER, PAY, attempt_of
from hub.payments.pay_tables import PayAttempt, PayRequest
from hub.payments.ports import Cases
from hub.payments.returning import Owing, Returning
from protocols.errors import Refused

UNCLEAR: Final = "payment_unclear"
_REUSED: Final = dt.timedelta(minutes=5)  # an open try that lasts so long yet is gone on with
_LOOKED_FOR: Final = dt.timedelta(days=7)
_log = structlog.get_logger("hub.payers")


class Verdict(enum.Enum):
    """What became of a gateway's word."""

    TAKEN = "taken"
    KNOWN = "known"
    UNKNOWN = "unknown"
    OTHER_AMOUNT = "other_amount"


class Hearer(Protocol):
    """Whoever asked for the payment."""

    async def when_told(self, session: AsyncSession, gateway: str, result: Result) -> bool:
        """A gateway tells how a call ended. False when it is none of his."""


class Payers:
    """Begins tries, hears of them, looks after them."""

    def __init__(
        self, database: Database, clock: Clock, gateways: Mapping[str, PayerGateway], hearers: Sequence[Hearer],
        returning: Returning, cases: Cases,
    ) -> None:  # fmt: skip
        self._database = database
        self._clock = clock
        self._gateways = gateways
        self._hearers = hearers
        self._returning = returning
        self._cases = cases

    async def begin(
        self, session: AsyncSession, request_id: uuid.UUID, account_id: uuid.UUID, address: str
    ) -> tuple[Attempt, str]:
        """A try to pay one's own request, and where. Raises Refused `not_found`, `not_payable_any_more`."""
        request = await session.get(PayRequest, request_id, with_for_update=True)
        if request is None or request.account_id != account_id:
            raise Refused("not_found")
        now, gateway = self._clock.now(), self._gateways.get(request.gateway)
        if gateway is None or request.state != "waiting" or now >= request.open_until:
            raise Refused("not_payable_any_more", state=request.state)
        attempt = attempt_of(await self._attempt(session, request, gateway), request)
        info = f"Voltdock {request.purpose} {request.subject_id}"
        return attempt, gateway.pay_url(attempt, request.token, info, address)

    async def told(self, session: AsyncSession, gateway: str, told: Told) -> Verdict:
        """A gateway says how a try stands; what is paid stays so."""
        attempt, request = await _found(session, gateway, told.ref)
        if attempt is None or request is None:
            return Verdict.UNKNOWN
        if told.amount_minor is not None and told.amount_minor != request.amount_minor:
            await self._cases.see(session, [self._unclear(request, attempt, "other_amount")])
            return Verdict.OTHER_AMOUNT
        if told.state in {attempt.state, "open"} or attempt.state == "paid":
            return Verdict.KNOWN
        was_unclear = attempt.state == "suspect"
        attempt.state, attempt.code = told.state, told.code
        attempt.transaction_no = told.transaction_no or attempt.transaction_no
        if told.state == "paid":
            attempt.paid_at = told.paid_at or self._clock.now()
            await self._paid(session, request, attempt)
        if told.state == "suspect" or was_unclear:
            standing = told.state == "suspect"
            await self._cases.see(session, [self._unclear(request, attempt, told.code, standing=standing)])
        return Verdict.TAKEN

    async def work(self, task: Task) -> None:
        """The handler of the wish `pay`."""
        if task.payload["do"] == "end":
            await self._end(uuid.UUID(str(task.payload["request_id"])))
        elif task.payload["do"] == "look":
            await self._look(str(task.payload["ref"]))
        else:
            await self._give_back_stray(str(task.payload["ref"]), task)

    async def anew(self, session: AsyncSession, request_id: uuid.UUID, account_id: uuid.UUID) -> None:
        """Ask once more for a bill whose time to pay is over. Raises Refused `not_found`, `not_payable_any_more`."""
        request = await session.get(PayRequest, request_id, with_for_update=True)
        if request is None or request.account_id != account_id:
            raise Refused("not_found")
        bill = None if request.purpose != "bill" else await session.get(Bill, request.subject_id, with_for_update=True)
        is_owed = bill is not None and bill.state == "unpaid" and bill.account_id == account_id
        if request.state != "closed" or bill is None or not is_owed:
            raise Refused("not_payable_any_more", state=request.state)
        bill.state = "collecting"
        await wishes.wish(session, self._clock, COLLECT, {"bill_id": str(bill.id)}, key=f"anew:{request.id}")

    async def sweep(self, session: AsyncSession, now: dt.datetime) -> None:
        """Look again at tries that have ended for us and of which nobody knows how: an hour later, two, four …"""
        found = select(PayAttempt.ref, PayAttempt.expires_at).where(
            PayAttempt.state.in_(("open", "suspect")), PayAttempt.expires_at < now - dt.timedelta(hours=1),
            PayAttempt.expires_at > now - _LOOKED_FOR,
        )  # fmt: skip
        for ref, expired_at in (await session.execute(found.order_by(PayAttempt.expires_at))).all():
            step = int((now - expired_at) / dt.timedelta(hours=1)).bit_length()
            await wishes.wish(session, self._clock, PAY, {"do": "look", "ref": ref}, key=f"look:{ref}:{step}")

    async def _attempt(self, session: AsyncSession, request: PayRequest, gateway: PayerGateway) -> PayAttempt:
        now = self._clock.now()
        going_on = select(PayAttempt).where(
            PayAttempt.request_id == request.id, PayAttempt.state == "open", PayAttempt.expires_at > now + _REUSED
        )
        found = await session.scalar(going_on.order_by(PayAttempt.begun_at.desc()).limit(1))
        if found is not None:
            return found
        made = PayAttempt(
            ref=self._clock.new_id().hex, request_id=request.id, begun_at=now, expires_at=now + gateway.attempt_lasts,
            state="open", stray=False, transaction_no="", code="", paid_at=None, confirmed_at=None,
        )  # fmt: skip
        session.add(made)
        await session.flush()
        payload = {"do": "look", "ref": made.ref}
        await wishes.wish(session, self._clock, PAY, payload, not_before=made.expires_at + LOOK_AFTER)
        return made

    async def _paid(self, session: AsyncSession, request: PayRequest, attempt: PayAttempt) -> None:
        if request.state == "waiting":
            request.state = "paid"
            await session.flush()
            await self._tell(session, request, Outcome.SUCCEEDED, ref=attempt.transaction_no)
            return
        attempt.stray = True
        await session.flush()
        entries = ledger.deposited(request.gateway, request.account_id, request.currency, request.amount_minor)
        about = request.subject_id or request.id
        posting = ledger.posting(
            f"payment:{attempt.ref}", ledger.IN_ADVANCE, about, entries, note=attempt.transaction_no
        )  # fmt: skip
        await bookkeeping.post(session, self._clock, [] if posting is None else [posting])
        payload = {"do": "give_back", "ref": attempt.ref}
        await wishes.wish(session, self._clock, PAY, payload, key=f"stray:{attempt.ref}")
        _log.warning("paid_for_nothing", ref=attempt.ref, request=str(request.id), state=request.state)

    async def _tell(
        self, session: AsyncSession, request: PayRequest, outcome: Outcome, *, ref: str = "", code: str = ""
    ) -> None:
        result = Result(
            key=request.key, ref=ref, outcome=outcome, amount_minor=request.amount_minor, currency=request.currency,
            code=code,
        )  # fmt: skip
        for one in self._hearers:
            await one.when_told(session, request.gateway, result)

    async def _look(self, ref: str) -> None:
        """Ask the gateway about a try; when the payer never came it has failed, until somebody says otherwise."""
        async with self._database.reading() as session:
            row = await session.get(PayAttempt, ref)
            request = None if row is None else await session.get(PayRequest, row.request_id)
        if row is None or request is None or row.state not in {"open", "suspect"}:
            return
        gateway = self._gateways.get(request.gateway)
        if gateway is None:
            raise Refused("gateway_not_set_up", gateway=request.gateway)
        told = await gateway.look(attempt_of(row, request))
        if told is None and self._clock.now() > row.expires_at:
            told = Told(ref=ref, state="failed", amount_minor=None, code="never")
        if told is not None:
            async with self._database.transaction() as session:
                await self.told(session, request.gateway, told)

    async def _end(self, request_id: uuid.UUID) -> None:
        """The time to pay is over: ask once more about each try, then whoever waits is told."""
        async with self._database.reading() as session:
            tries = select(PayAttempt.ref).where(PayAttempt.request_id == request_id)
            refs = (await session.scalars(tries.order_by(PayAttempt.begun_at))).all()
        for ref in refs:
            await self._look(ref)
        async with self._database.transaction() as session:
            request = await session.get(PayRequest, request_id, with_for_update=True)
            if request is not None and request.state == "waiting":
                request.state = "closed"
                await session.flush()
                await self._tell(session, request, Outcome.DECLINED, code="not_paid")

    async def _give_back_stray(self, ref: str, task: Task) -> None:
        async with self._database.reading() as session:
            row = await session.get(PayAttempt, ref)
            request = None if row is None else await session.get(PayRequest, row.request_id)
        if row is None or request is None:
            return
        await self._returning.give_back(
            Owing(
                key=f"{task.id}:stray", gateway=request.gateway, of=ref, amount_minor=request.amount_minor,
                currency=request.currency, account_id=request.account_id, about=request.subject_id or request.id,
            )
        )  # fmt: skip

    def _unclear(
        self, request: PayRequest, attempt: PayAttempt, code: str, *, standing: bool = True
    ) -> events.CaseSeen:
        return events.CaseSeen(
            kind=UNCLEAR, about=request.subject_id or request.id, seen_at=self._clock.now(), standing=standing,
            account_id=request.account_id, why="" if standing else "the gateway has decided",
            seen={"gateway": request.gateway, "ref": attempt.ref, "code": code} if standing else {},
        )  # fmt: skip


async def _found(session: AsyncSession, gateway: str, ref: str) -> tuple[PayAttempt | None, PayRequest | None]:
    """Both rows, held: the request first, as everybody does."""
    about = await session.scalar(select(PayAttempt.request_id).where(PayAttempt.ref == ref))
    request = None if about is None else await session.get(PayRequest, about, with_for_update=True)
    if request is None or request.gateway != gateway:
        return None, None
    return await session.get(PayAttempt, ref, with_for_update=True, populate_existing=True), request
