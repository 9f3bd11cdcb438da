"""Where two books do not agree: one query for each kind, over all that a reconciliation looks at.

The books, from the ride outward: what rides and charges cost (the other rooms' word), bills, the ledger, what the
gateways report. Each is laid beside the next one by the database, never row by row; what comes back are only the
differences. In scope is what changed between two instants, and whatever an open break is about: so a break closes
itself however old it is.
"""

import datetime as dt
import uuid
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from typing import Any, Protocol

from sqlalchemy import Select, and_, case, func, literal, null, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from hub.payments import ledger
from hub.payments.adjustment_rules import CREDIT
from hub.payments.adjustment_tables import Adjustment
from hub.payments.ledger_tables import LedgerEntry, LedgerTransaction
from hub.payments.money_tables import Bill, Payment
from hub.payments.reconciliation_rules import POSTING, Fees, Window
from hub.payments.reconciliation_tables import Break, GatewayLine

Found = Mapping[str, Any]
"""A difference, as columns of a break; `about` None: it is about its subject."""


class Costs(Protocol):
    """What rides, or charges, cost by the facts. Filled by the wiring."""

    def costs(
        self, session: AsyncSession, since: dt.datetime, until: dt.datetime, also: Iterable[uuid.UUID]
    ) -> AsyncIterator[Sequence[tuple[uuid.UUID, str, int, dt.datetime]]]:
        """Id, currency, gross sum and end of those that ended between these instants, and of these; in groups."""


async def of_costs(
    session: AsyncSession, costs: Costs, window: Window, also: Iterable[uuid.UUID]
) -> AsyncIterator[list[Found]]:
    """Rides and charges whose bill is missing, or another sum."""
    async for group in costs.costs(session, window.since, window.settled_until, also):
        bills = select(Bill.id, Bill.currency, Bill.total_minor).where(Bill.id.in_([one[0] for one in group]))
        billed = {row.id: (row.currency, row.total_minor) for row in (await session.execute(bills)).all()}
        yield [found for one in group if (found := _unlike(*one, billed.get(one[0]))) is not None]


def _unlike(
    subject_id: uuid.UUID, currency: str, total_minor: int, at: dt.datetime, billed: tuple[str, int] | None
) -> Found | None:
    if billed == (currency, total_minor) or (billed is None and not total_minor):
        return None
    return {
        "kind": "bill_missing" if billed is None else "bill_differs", "about": None, "gateway": None,
        "subject_id": subject_id, "currency": currency, "expected_minor": total_minor,
        "actual_minor": None if billed is None else billed[1], "since_at": at,
    }  # fmt: skip


def of_bills(window: Window) -> Select[Any]:
    """Bills that the ledger shows as another sum, or not yet."""
    mine = or_(Bill.changed_at >= window.since, Bill.id.in_(_open_subjects()))
    scope = select(Bill.id).where(mine, Bill.changed_at < window.settled_until)
    posted = (
        select(
            LedgerTransaction.subject_id, LedgerEntry.currency, func.sum(LedgerEntry.amount_minor).label("amount_minor")
        )
        .join(LedgerEntry, LedgerEntry.transaction_id == LedgerTransaction.id)
        .where(
            LedgerTransaction.kind == "bill",
            LedgerEntry.account.startswith("receivable:"),
            LedgerTransaction.subject_id.in_(scope),
        )
        .group_by(LedgerTransaction.subject_id, LedgerEntry.currency)
        .subquery()
    )
    shown = func.coalesce(posted.c.amount_minor, 0)
    return (
        _columns("ledger_differs", null(), null(), Bill.id, Bill.currency, Bill.total_minor, shown, Bill.changed_at)
        .select_from(Bill)
        .outerjoin(posted, and_(posted.c.subject_id == Bill.id, posted.c.currency == Bill.currency))
        .where(mine, Bill.changed_at < window.settled_until, shown != Bill.total_minor)
    )


def of_adjustments(window: Window) -> Select[Any]:
    """Bills whose corrections, summed line by line, are another amount than the ledger shows."""
    lines = _lines()
    mine = or_(Bill.changed_at >= window.since, lines.c.last_at >= window.since, Bill.id.in_(_open_subjects()))
    posted = (
        select(LedgerTransaction.subject_id, func.sum(LedgerEntry.amount_minor).label("amount_minor"))
        .join(LedgerEntry, LedgerEntry.transaction_id == LedgerTransaction.id)
        .where(
            LedgerTransaction.kind == ledger.ADJUSTMENT,
            LedgerEntry.account.startswith("receivable:"),
            LedgerTransaction.subject_id.in_(select(Adjustment.bill_id)),
        )
        .group_by(LedgerTransaction.subject_id)
        .subquery()
    )
    credited = case((lines.c.credited > Bill.total_minor, Bill.total_minor), else_=lines.c.credited)
    come_to, shown = lines.c.charged - credited, func.coalesce(posted.c.amount_minor, 0)
    return (
        _columns("adjustment_differs", null(), null(), Bill.id, Bill.currency, come_to, shown, lines.c.last_at)
        .select_from(Bill)
        .join(lines, lines.c.bill_id == Bill.id)
        .outerjoin(posted, posted.c.subject_id == Bill.id)
        .where(mine, Bill.changed_at < window.settled_until, shown != come_to)
    )


def _lines() -> Any:
    """What people credited of each bill, and charged further, by their lines alone: not by what the bill says."""
    is_credit, is_of_bill, amount = Adjustment.kind == CREDIT, Adjustment.of_id.is_(None), Adjustment.amount_minor
    credited = func.sum(case((and_(is_credit, is_of_bill), amount), else_=0)).label("credited")
    charged = func.sum(case((~is_credit, amount), (~is_of_bill, -amount), else_=0)).label("charged")
    last = func.max(Adjustment.created_at).label("last_at")
    return select(Adjustment.bill_id, credited, charged, last).group_by(Adjustment.bill_id).subquery()


def of_gateway(gateway: str, window: Window, fees: Fees) -> list[Select[Any]]:
    """One gateway's report beside the ledger, both ways, and what it kept."""
    posted = _clearing(gateway, window, in_scope=True)
    every = _clearing(gateway, window, in_scope=False)
    line = GatewayLine
    told = and_(line.gateway == gateway, line.kind != "payout")
    mine = or_(
        and_(line.at >= window.since, line.at < window.until),
        line.posting_key.in_(_open_abouts()),
    )
    about = posted.c.key
    return [
        _columns(
            "missing_at_gateway", about, literal(gateway), posted.c.subject_id, posted.c.currency,
            posted.c.amount_minor, null(), posted.c.created_at,
        ).select_from(posted)
        .outerjoin(line, and_(line.posting_key == posted.c.key, told))
        .where(line.ref.is_(None), posted.c.created_at < window.settled_until),
        _columns(
            "missing_in_ledger", line.posting_key, literal(gateway), null(), line.currency, null(), line.amount_minor,
            line.at,
        ).select_from(line)
        .outerjoin(every, every.c.key == line.posting_key)
        .where(told, mine, every.c.key.is_(None)),
        _columns(
            "amount_differs", line.posting_key, literal(gateway), every.c.subject_id, line.currency,
            every.c.amount_minor, line.amount_minor, line.at,
        ).select_from(line)
        .join(every, every.c.key == line.posting_key)
        .where(told, mine, or_(every.c.amount_minor != line.amount_minor, every.c.currency != line.currency)),
        _columns(
            "fee", line.posting_key, literal(gateway), null(), line.currency, _most(fees), line.fee_minor, line.at
        ).select_from(line).where(told, mine, line.fee_minor > _most(fees)),
        _columns(
            "payment_without_bill", about, literal(gateway), posted.c.subject_id, posted.c.currency, null(),
            posted.c.amount_minor, posted.c.created_at,
        ).select_from(posted).outerjoin(Bill, Bill.id == posted.c.subject_id)
        .where(Bill.id.is_(None), posted.c.kind != ledger.IN_ADVANCE),
    ]  # fmt: skip


def of_pending(window: Window) -> Select[Any]:
    """Calls to gateways that have not ended for too long."""
    return _columns(
        "pending_too_long", literal(POSTING).concat(Payment.key), Payment.gateway, Payment.bill_id, Payment.currency,
        Payment.amount_minor, null(), Payment.created_at,
    ).where(Payment.outcome == "pending", Payment.created_at < window.pending_since)  # fmt: skip


def _clearing(gateway: str, window: Window, *, in_scope: bool) -> Any:
    """What the ledger says that this gateway took and gave back, by key."""
    found = (
        select(
            LedgerTransaction.key, LedgerTransaction.kind, LedgerTransaction.subject_id, LedgerTransaction.created_at,
            LedgerEntry.currency, LedgerEntry.amount_minor,
        )
        .join(LedgerEntry, LedgerEntry.transaction_id == LedgerTransaction.id)
        .where(LedgerEntry.account == ledger.clearing(gateway), LedgerTransaction.key.startswith(POSTING))
    )  # fmt: skip
    if in_scope:
        recent = and_(LedgerTransaction.created_at >= window.since, LedgerTransaction.created_at < window.until)
        found = found.where(or_(recent, LedgerTransaction.key.in_(_open_abouts())))
    return found.subquery()


def _most(fees: Fees) -> Any:
    """The highest fee of a line that is no break."""
    return fees.free_minor + func.abs(GatewayLine.amount_minor) * fees.per_mille // 1000


def _open_abouts() -> Select[Any]:
    return select(Break.about).where(Break.closed_at.is_(None))


def _open_subjects() -> Select[Any]:
    return select(Break.subject_id).where(Break.closed_at.is_(None), Break.subject_id.is_not(None))


def _columns(
    kind: str, about: Any, gateway: Any, subject: Any, currency: Any, expected: Any, actual: Any, since: Any
) -> Select[Any]:
    return select(
        literal(kind).label("kind"), about.label("about"), gateway.label("gateway"), subject.label("subject_id"),
        currency.label("currency"), expected.label("expected_minor"), actual.label("actual_minor"),
        since.label("since_at"),
    )  # fmt: skip
