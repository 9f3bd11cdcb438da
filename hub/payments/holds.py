"""Deposits: held when something is booked or begins, taken from when it ends, let go when nothing came of it.

What must happen at a gateway is a wish; a call's key is made of its wish's id, so a try that was cut off, or that the
gateway carried out without an answer, is made again and acts once. A hold ends by itself after some days: before
that it is held anew and the old one let go, by a wish for later.
"""

import datetime as dt
import uuid
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, Final, Protocol

from sqlalchemy import or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from hub import events
from hub.kernel import wishes
from hub.kernel.clock import Clock
from hub.kernel.db import Database, insert_new
from hub.kernel.wishes import Task
from hub.payments import bookkeeping, capturing, ledger, pay_orders
from hub.payments.collecting import StillPendingError, newest_method
from hub.payments.gateways.port import Form, Gateway, Outcome, Result
from hub.payments.hold_tables import Hold
from hub.payments.money_tables import PaymentMethod
from hub.payments.ports import Cases
from hub.payments.returning import Owing, Returning
from protocols.errors import Refused
from protocols.sync import facts
from protocols.tariff.tariff import Tariff
from protocols.values import from_ms

HOLD: Final = capturing.HOLD
DECLINED: Final = "deposit_declined"
LASTS: Final = dt.timedelta(days=6)  # where a gateway does not say: most keep a hold for seven days
RENEW_BEFORE: Final = dt.timedelta(hours=12)
NOT_BEFORE_THE_RIDE: Final = dt.timedelta(days=1)
_LATE: Final = dt.timedelta(hours=12)  # a start that is heard of later is collected at its end, without a hold
_OVER: Final = frozenset({"cancelled", "refused", "expired", "no_show", "broken"})
_FEES_COME_FIRST: Final = dt.timedelta(minutes=10)
_COLLECTED_IN: Final = dt.timedelta(days=1)
Publish = Callable[[AsyncSession, object], Awaitable[None]]


class Tariffs(Protocol):
    """The tariff versions. Filled by the wiring."""

    async def by_version(
        self, session: AsyncSession, wanted: Iterable[tuple[uuid.UUID, int]]
    ) -> dict[tuple[uuid.UUID, int], Tariff]:
        """These versions; what is not known is left out."""


class Deposits(Protocol):
    """What is held for a vehicle. Filled by the wiring."""

    async def deposit_of(
        self, session: AsyncSession, vehicle_id: uuid.UUID, station_id: uuid.UUID, at: dt.datetime
    ) -> tuple[int, str] | None:
        """Minor units and currency, by the tariff that holds then; None where there is none."""


class Holds:
    """Wants deposits and lets go of them, inside of others' transactions. `active`: somebody carries it out."""

    def __init__(self, clock: Clock, tariffs: Tariffs, deposits: Deposits, *, active: bool) -> None:
        self._clock = clock
        self._tariffs = tariffs
        self._deposits = deposits
        self._active = active

    async def want(
        self, session: AsyncSession, subject_id: uuid.UUID, account_id: uuid.UUID, amount_minor: int, currency: str,
        *, at: dt.datetime | None = None, rental_id: uuid.UUID | None = None,
    ) -> None:  # fmt: skip
        """Hold so much of this account's money for this booking or rental, not before `at`. Once."""
        if not self._active or amount_minor <= 0:
            return
        row = {
            "id": self._clock.new_id(), "created_at": self._clock.now(), "subject_id": subject_id,
            "rental_id": rental_id, "account_id": account_id, "currency": currency, "wanted_minor": amount_minor,
            "held_minor": 0, "state": "wanted", "gateway": None, "method_id": None, "key": None, "expires_at": None,
            "let_go": False, "topped_by": None, "code": "",
        }  # fmt: skip
        if await insert_new(session, Hold, [row], key=["subject_id"]):
            await self._wish(session, row["id"], "authorize", at)

    async def let_go(self, session: AsyncSession, subject_id: uuid.UUID, *, at: dt.datetime | None = None) -> None:
        """Nothing comes of it: give back what is held, not before `at`."""
        found = await session.scalar(select(Hold.id).where(_of(subject_id), Hold.let_go.is_(False)))
        if found is not None:
            await session.execute(update(Hold).where(Hold.id == found).values(let_go=True))
            await self._wish(session, found, "void", at)

    async def when_booking(self, session: AsyncSession, event: events.BookingChanged) -> None:
        """A booking is promised: hold its deposit, a day before its time at the earliest. Or it is over."""
        if not self._active:
            return
        if event.phase == "confirmed" and event.vehicle_id is not None:
            found = await self._deposits.deposit_of(session, event.vehicle_id, event.station_id, event.from_at)
            if found is not None:
                at = max(self._clock.now(), event.from_at - NOT_BEFORE_THE_RIDE)
                await self.want(session, event.reservation_id, event.account_id, *found, at=at)
        elif event.phase in _OVER:
            # A fee for it may be billed in these minutes, and is taken from what is held.
            await self.let_go(session, event.reservation_id, at=self._clock.now() + _FEES_COME_FIRST)

    async def when_rentals(self, session: AsyncSession, event: events.RentalsReported) -> None:
        """Rentals began, or came to nothing."""
        if not self._active:
            return
        told = [one.body for one in event.facts]
        over = {body.rental_id for body in told if isinstance(body, facts.RentalEnded | facts.RentalVoided)}
        began = [body for body in told if isinstance(body, facts.RentalStarted) and body.rental_id not in over]
        recent = [one for one in began if self._clock.now() - from_ms(one.started_ms) < _LATE]
        tariffs = await self._tariffs.by_version(session, {(one.tariff_id, one.tariff_version) for one in recent})
        for one in recent:
            await self._begun(session, one, tariffs.get((one.tariff_id, one.tariff_version)))
        for body in told:
            if isinstance(body, facts.RentalVoided):
                await self.let_go(session, body.rental_id)
            elif isinstance(body, facts.RentalEnded):
                # What is not taken from it by then goes back; a ride for nothing takes nothing.
                wait = _COLLECTED_IN if body.bill.total_minor else dt.timedelta()
                await self.let_go(session, body.rental_id, at=self._clock.now() + wait)

    async def _begun(self, session: AsyncSession, began: facts.RentalStarted, tariff: Tariff | None) -> None:
        booked = began.renter.reservation_id
        if booked is not None:
            attached = update(Hold).where(Hold.subject_id == booked, Hold.let_go.is_(False))
            done = await session.execute(attached.values(rental_id=began.rental_id))
            if done.rowcount:  # type: ignore[attr-defined]
                return
        if tariff is not None and began.renter.account_id is not None:
            account_id, deposit = began.renter.account_id, tariff.deposit_minor
            await self.want(session, began.rental_id, account_id, deposit, tariff.currency, rental_id=began.rental_id)

    async def _wish(self, session: AsyncSession, hold_id: Any, what: str, at: dt.datetime | None) -> None:
        payload = {"hold_id": str(hold_id), "do": what}
        await wishes.wish(session, self._clock, HOLD, payload, not_before=at)


class Holding:
    """Carries out what is wanted of holds, outside of transactions."""

    def __init__(
        self, database: Database, clock: Clock, gateways: Mapping[str, Gateway], cases: Cases, publish: Publish
    ) -> None:
        self._database = database
        self._clock = clock
        self._gateways = gateways
        self._cases = cases
        self._publish = publish
        self._returning = Returning(database, clock, gateways, cases)

    async def work(self, task: Task) -> None:
        """The handler of the wish `hold`."""
        steps = {"authorize": self._authorize, "renew": self._renew, "void": self._void, "rest": self._rest}
        await steps[str(task.payload["do"])](uuid.UUID(str(task.payload["hold_id"])), task)

    async def when_told(self, session: AsyncSession, gateway: str, result: Result) -> bool:
        """A gateway tells how an authorization ended. False when it is none of ours."""
        found = await session.scalar(select(Hold.id).where(Hold.gateway == gateway, Hold.key == result.key))
        if found is None:
            return False
        await self._settle(session, found, result)
        return True

    async def _authorize(self, hold_id: uuid.UUID, task: Task) -> None:
        async with self._database.transaction() as session:
            hold = await session.get(Hold, hold_id, with_for_update=True)
            if hold is None or hold.state not in {"wanted", "asking"}:
                return
            if hold.let_go:
                await self._move(session, hold, "released")
                return
            if hold.state == "wanted" and not await self._choose(session, hold, task):
                return
            gateway, token = await self._tools(session, hold)
            key, amount, currency = str(hold.key), hold.wanted_minor, hold.currency
        result = await gateway.authorize(key, token, amount, currency)
        async with self._database.transaction() as session:
            await self._settle(session, hold_id, result)
        if result.outcome is Outcome.PENDING and result.waits_until is None:
            raise StillPendingError("the gateway has not decided yet")

    async def _choose(self, session: AsyncSession, hold: Hold, task: Task) -> bool:
        """By which method; written down before it is asked."""
        method = await newest_method(session, hold.account_id)
        if method is None or method.gateway not in self._gateways:
            await self._decline(session, hold, "no_payment_method")
            return False
        hold.gateway, hold.method_id, hold.key = method.gateway, method.id, f"{task.id}:authorize"
        await self._move(session, hold, "asking")
        return True

    async def _settle(self, session: AsyncSession, hold_id: uuid.UUID, result: Result) -> None:
        hold = await session.get(Hold, hold_id, with_for_update=True)
        if hold is None or hold.state not in {"asking", "waiting"}:
            return
        if result.outcome is Outcome.PENDING:
            if result.waits_until is not None and hold.state == "asking":
                await pay_orders.claim(
                    session, self._clock, str(hold.key), hold.account_id, "deposit", hold.subject_id
                )  # fmt: skip
                await self._move(session, hold, "waiting")
            return
        if result.outcome is Outcome.DECLINED:
            await self._decline(session, hold, result.code)
            return
        await self._held(session, hold, result)

    async def _held(self, session: AsyncSession, hold: Hold, result: Result) -> None:
        hold.held_minor, hold.code = result.amount_minor, ""
        is_paid = self._gateways[str(hold.gateway)].form is Form.PAYMENT
        hold.expires_at = None if is_paid else result.held_until or self._clock.now() + LASTS
        await self._move(session, hold, "held")
        await self._cases.see(session, [_case(hold, standing=False)])
        if is_paid:
            await self._post_paid(session, hold, result.ref)
        else:
            await self._wish_renewal(session, hold)

    async def _post_paid(self, session: AsyncSession, hold: Hold, ref: str) -> None:
        entries = ledger.deposited(str(hold.gateway), hold.account_id, hold.currency, hold.held_minor)
        posting = ledger.posting(f"payment:{hold.key}", ledger.IN_ADVANCE, hold.subject_id, entries, note=ref)
        await bookkeeping.post(session, self._clock, [] if posting is None else [posting])

    async def _wish_renewal(self, session: AsyncSession, hold: Hold) -> None:
        assert hold.expires_at is not None  # noqa: S101  # `_held` has set it
        payload = {"hold_id": str(hold.id), "do": "renew", "old": hold.key}
        due = hold.expires_at - RENEW_BEFORE
        await wishes.wish(session, self._clock, HOLD, payload, key=f"renew:{hold.key}", not_before=due)

    async def _decline(self, session: AsyncSession, hold: Hold, code: str) -> None:
        hold.code = code
        await self._move(session, hold, "declined")
        await self._cases.see(session, [_case(hold)])

    async def _renew(self, hold_id: uuid.UUID, task: Task) -> None:
        """Hold the same anew, then let go of the old. A declined one stays as it is until the gateway ends it."""
        old, key = str(task.payload["old"]), f"{task.id}:authorize"
        async with self._database.reading() as session:
            hold = await session.get(Hold, hold_id)
            if hold is None or hold.gateway not in self._gateways:
                return
            gateway, token = await self._tools(session, hold)
            amount, currency = hold.held_minor, hold.currency
            wanted = hold.state == "held" and not hold.let_go and hold.key == old
            swapped = hold.key == key
        if wanted:
            result = await gateway.authorize(key, token, amount, currency)
            if result.outcome is Outcome.PENDING:
                raise StillPendingError("the gateway has not decided yet")
            if result.outcome is Outcome.DECLINED:
                await self._not_renewed(hold_id, result.code)
                return
            swapped = await self._swap(hold_id, old, result)
        if swapped:
            await gateway.void(f"{task.id}:void", old, currency)
        elif await gateway.query(key) is not None:
            # It was taken from or let go meanwhile: what an earlier try of ours has held must not stay.
            await gateway.void(f"{task.id}:drop", key, currency)

    async def _swap(self, hold_id: uuid.UUID, old: str, result: Result) -> bool:
        async with self._database.transaction() as session:
            hold = await session.get(Hold, hold_id, with_for_update=True)
            if hold is None or hold.state != "held" or hold.key != old:
                return False
            hold.key = result.key
            await self._held(session, hold, result)
        return True

    async def _not_renewed(self, hold_id: uuid.UUID, code: str) -> None:
        async with self._database.transaction() as session:
            hold = await session.get(Hold, hold_id, with_for_update=True)
            if hold is not None and hold.state == "held":
                hold.code = code
                await self._cases.see(session, [_case(hold)])

    async def _void(self, hold_id: uuid.UUID, task: Task) -> None:
        async with self._database.transaction() as session:
            # Who pays all the same gets it back. The order comes before the hold, as when a payer is heard of.
            waiting = select(Hold.key).where(Hold.id == hold_id, Hold.state == "waiting")
            await pay_orders.close(session, [one for one in (await session.scalars(waiting)).all() if one])
            hold = await session.get(Hold, hold_id, with_for_update=True, populate_existing=True)
            if hold is None or hold.state not in {"wanted", "asking", "waiting", "held", "declined", "returning"}:
                return
            if hold.state in {"wanted", "declined", "waiting"}:
                await self._move(session, hold, "released")
                return
            if hold.state == "asking":
                raise StillPendingError("the gateway has not decided yet")
            gateway, _ = await self._tools(session, hold)
            if gateway.form is Form.PAYMENT and hold.state == "held":
                await self._move(session, hold, "returning")  # nobody takes from it any more
            key, currency, owing = str(hold.key), hold.currency, _owing(hold, f"{task.id}:void", None)
        if gateway.form is Form.PAYMENT:
            await self._returning.give_back(owing)
            outcome, before = Outcome.SUCCEEDED, "returning"
        else:
            outcome, before = (await gateway.void(f"{task.id}:void", key, currency)).outcome, "held"
        async with self._database.transaction() as session:
            hold = await session.get(Hold, hold_id, with_for_update=True)
            if hold is not None and hold.state == before and hold.key == key:
                await self._move(session, hold, "released" if outcome is Outcome.SUCCEEDED else "lost")

    async def _rest(self, hold_id: uuid.UUID, task: Task) -> None:
        """What was paid in advance and not taken goes back."""
        async with self._database.reading() as session:
            hold = await session.get(Hold, hold_id)
        if hold is not None:
            amount = int(str(task.payload["amount_minor"]))
            await self._returning.give_back(_owing(hold, f"{task.id}:rest", amount))

    async def _move(self, session: AsyncSession, hold: Hold, state: str) -> None:
        hold.state = state
        await session.flush()
        told = events.HoldChanged(
            subject_id=hold.subject_id, rental_id=hold.rental_id, account_id=hold.account_id, state=state,
            amount_minor=hold.held_minor, currency=hold.currency, code=hold.code,
        )  # fmt: skip
        await self._publish(session, told)

    async def _tools(self, session: AsyncSession, hold: Hold) -> tuple[Gateway, str]:
        """The gateway, and the method's token there."""
        gateway = self._gateways.get(hold.gateway or "")
        if gateway is None:
            raise Refused("gateway_not_set_up", gateway=hold.gateway)
        return gateway, await token_of(session, hold)


async def token_of(session: AsyncSession, hold: Hold) -> str:
    """What the gateway calls the method that this is held on."""
    method = await session.get(PaymentMethod, hold.method_id)
    assert method is not None  # noqa: S101  # chosen by `_choose`; methods stay
    return method.token


def _owing(hold: Hold, key: str, amount_minor: int | None) -> Owing:
    return Owing(
        key=key, gateway=str(hold.gateway), of=str(hold.key), amount_minor=amount_minor, currency=hold.currency,
        account_id=hold.account_id, about=hold.subject_id,
    )  # fmt: skip


def _of(subject_id: uuid.UUID) -> Any:
    return or_(Hold.subject_id == subject_id, Hold.rental_id == subject_id)


def _case(hold: Hold, *, standing: bool = True) -> events.CaseSeen:
    return events.CaseSeen(
        kind=DECLINED, about=hold.subject_id, seen_at=hold.created_at, standing=standing, account_id=hold.account_id,
        rental_id=hold.rental_id, why="" if standing else "it is held",
        seen={"amount_minor": hold.wanted_minor, "currency": hold.currency, "code": hold.code} if standing else {},
    )  # fmt: skip
