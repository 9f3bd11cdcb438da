"""The orders of gateways at which the payer must act.

Kept for an adapter in transactions of its own; claimed and closed by those for whom somebody pays, in theirs.
"""

import datetime as dt
import uuid
from collections.abc import Iterable, Sequence
from typing import Any, Final

from sqlalchemy import Select, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from hub.kernel import wishes
from hub.kernel.clock import Clock
from hub.kernel.db import Database, insert_new
from hub.payments.gateways.payer import Attempt, GivenBack, Order
from hub.payments.pay_tables import PayAttempt, PayRefund, PayRequest

PAY: Final = "pay"
LOOK_AFTER: Final = dt.timedelta(minutes=1)  # after a try has expired at the gateway
_LAST_TRIES: Final = dt.timedelta(minutes=20)  # a try that was begun at the last minute has ended by then


async def claim(
    session: AsyncSession, clock: Clock, key: str, account_id: uuid.UUID | None, purpose: str, subject_id: uuid.UUID
) -> None:
    """Say who is to pay the order of this key, and for what; and wish its end."""
    request = await session.scalar(select(PayRequest).where(PayRequest.key == key).with_for_update())
    if request is None or request.purpose:
        return
    request.account_id, request.purpose, request.subject_id = account_id, purpose, subject_id
    payload = {"do": "end", "request_id": str(request.id)}
    await wishes.wish(session, clock, PAY, payload, key=f"end:{key}", not_before=request.open_until + _LAST_TRIES)


async def close(session: AsyncSession, keys: Iterable[str]) -> set[str]:
    """Nobody needs to pay these any more; those that were still waiting. What is paid all the same goes back."""
    found = select(PayRequest).where(PayRequest.key.in_(list(keys)), PayRequest.state == "waiting")
    rows = (await session.scalars(found.order_by(PayRequest.key).with_for_update())).all()
    for one in rows:
        one.state = "closed"
    await session.flush()
    return {one.key for one in rows}


class StoredOrders:
    """One gateway's orders; see `Orders`."""

    def __init__(self, database: Database, gateway: str, clock: Clock) -> None:
        self._database = database
        self._gateway = gateway
        self._clock = clock

    async def open(self, key: str, token: str, amount_minor: int, currency: str, until: dt.datetime) -> Order:
        """The order of this key; opened unless it is there."""
        row = {
            "id": self._clock.new_id(), "created_at": self._clock.now(), "gateway": self._gateway, "key": key,
            "token": token, "currency": currency, "amount_minor": amount_minor, "open_until": until,
            "state": "waiting", "account_id": None, "purpose": "", "subject_id": None,
        }  # fmt: skip
        async with self._database.transaction() as session:
            await insert_new(session, PayRequest, [row], key=["key"])
            found = await session.scalar(select(PayRequest).where(PayRequest.key == key))
        assert found is not None  # noqa: S101  # written just now, or before
        return _order(found)

    async def order_of(self, key: str) -> Order | None:
        """The order of this key."""
        async with self._database.reading() as session:
            found = await session.scalar(select(PayRequest).where(PayRequest.key == key))
        return None if found is None else _order(found)

    async def attempts_of(self, key: str) -> Sequence[Attempt]:
        """The tries to pay it, the oldest first."""
        return await self._attempts(_tries().where(PayRequest.key == key).order_by(PayAttempt.begun_at))

    async def paid(self, of: str) -> Attempt | None:
        """The try that paid this order; or the paid try of this name."""
        mine = (PayRequest.key == of) & PayAttempt.stray.is_(False)
        found = await self._attempts(_tries().where(mine | (PayAttempt.ref == of), PayAttempt.state == "paid"))
        return found[0] if found else None

    async def given_of(self, ref: str) -> Sequence[GivenBack]:
        """What was asked to be given back of this try, the oldest first."""
        async with self._database.reading() as session:
            found = select(PayRefund).where(PayRefund.ref == ref).order_by(PayRefund.asked_at, PayRefund.key)
            return [_given(one) for one in (await session.scalars(found)).all()]

    async def give_back(self, key: str, ref: str, amount_minor: int | None) -> GivenBack | None:
        """The refund of this key, begun unless it is there; None when there is not so much left."""
        async with self._database.transaction() as session:
            attempt = await session.get(PayAttempt, ref, with_for_update=True)
            assert attempt is not None  # noqa: S101  # refunds are made of tries, which stay
            request = await session.get(PayRequest, attempt.request_id)
            rows = (await session.scalars(select(PayRefund).where(PayRefund.ref == ref))).all()
            mine = next((one for one in rows if one.key == key), None)
            if mine is not None and mine.state != "rejected":
                return _given(mine)
            given = sum(one.amount_minor for one in rows if one.state != "rejected")
            left = (0 if request is None else request.amount_minor) - given
            wanted = left if amount_minor is None else amount_minor
            if wanted > left:
                return None
            if mine is None:
                mine = PayRefund(key=key, ref=ref, asked_at=self._clock.now(), confirmed_at=None)
                session.add(mine)
            mine.amount_minor, mine.request_no, mine.tries = wanted, uuid.uuid4().hex, 0
            mine.state, mine.code, mine.transaction_no, mine.ended_at = "asked", "", "", None
            await session.flush()
            return _given(mine)

    async def tried(self, key: str) -> None:
        """The gateway is about to be asked for this refund."""
        await self._update(PayRefund, PayRefund.key == key, tries=PayRefund.tries + 1)

    async def gave_back(self, key: str, state: str, code: str, transaction_no: str) -> None:
        """How a refund ended."""
        values = {"state": state, "code": code[:12], "transaction_no": transaction_no, "ended_at": self._clock.now()}
        await self._update(PayRefund, PayRefund.key == key, **values)

    async def moved(self, since: dt.datetime, until: dt.datetime) -> tuple[Sequence[Attempt], Sequence[GivenBack]]:
        """Tries that were begun, and refunds that were accepted, between these instants."""
        tries = _tries().where(PayAttempt.begun_at >= since, PayAttempt.begun_at < until)
        attempts = await self._attempts(
            tries.where(PayRequest.gateway == self._gateway).order_by(PayAttempt.begun_at, PayAttempt.ref)
        )
        return attempts, await self._accepted(since, until)

    async def unconfirmed(self, since: dt.datetime, until: dt.datetime) -> Sequence[GivenBack]:
        """Refunds that were accepted between these instants, and that the gateway has not called done."""
        return [one for one in await self._accepted(since, until) if not one.confirmed]

    async def confirm_paid(self, ref: str) -> None:
        """The gateway itself has said, when asked, that this try is paid."""
        # Until our books know of it too it is asked again.
        mine = (PayAttempt.ref == ref) & (PayAttempt.state == "paid")
        await self._update(PayAttempt, mine, confirmed_at=self._clock.now())

    async def confirm_given(self, key: str) -> None:
        """The gateway itself has said, when asked, that this refund is done."""
        await self._update(PayRefund, PayRefund.key == key, confirmed_at=self._clock.now())

    async def _accepted(self, since: dt.datetime, until: dt.datetime) -> list[GivenBack]:
        mine = select(PayAttempt.ref).join(PayRequest, PayRequest.id == PayAttempt.request_id)
        found = select(PayRefund).where(
            PayRefund.ended_at >= since, PayRefund.ended_at < until, PayRefund.state == "accepted",
            PayRefund.ref.in_(mine.where(PayRequest.gateway == self._gateway)),
        )  # fmt: skip
        async with self._database.reading() as session:
            rows = (await session.scalars(found.order_by(PayRefund.ended_at, PayRefund.key))).all()
        return [_given(one) for one in rows]

    async def _attempts(self, found: Select[PayAttempt, PayRequest]) -> list[Attempt]:
        async with self._database.reading() as session:
            return [attempt_of(one, request) for one, request in (await session.execute(found)).all()]

    async def _update(self, table: Any, where: Any, **values: Any) -> None:
        async with self._database.transaction() as session:
            await session.execute(update(table).where(where).values(**values))


def attempt_of(row: PayAttempt, request: PayRequest) -> Attempt:
    """A try as an adapter sees it."""
    return Attempt(
        ref=row.ref, key=request.key, amount_minor=request.amount_minor, currency=request.currency,
        begun_at=row.begun_at, expires_at=row.expires_at, state=row.state, stray=row.stray,
        transaction_no=row.transaction_no, paid_at=row.paid_at, confirmed=row.confirmed_at is not None,
    )  # fmt: skip


def _tries() -> Select[PayAttempt, PayRequest]:
    return select(PayAttempt, PayRequest).join(PayRequest, PayRequest.id == PayAttempt.request_id)


def _order(row: PayRequest) -> Order:
    return Order(
        key=row.key, token=row.token, amount_minor=row.amount_minor, currency=row.currency,
        open_until=row.open_until, state=row.state,
    )  # fmt: skip


def _given(row: PayRefund) -> GivenBack:
    return GivenBack(
        key=row.key, ref=row.ref, amount_minor=row.amount_minor, request_id=row.request_no, tries=row.tries,
        state=row.state, code=row.code, ended_at=row.ended_at, confirmed=row.confirmed_at is not None,
    )  # fmt: skip
