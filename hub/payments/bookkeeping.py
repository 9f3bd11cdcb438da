"""Writes postings down and reads balances. The database refuses what does not balance, and every change."""

import datetime as dt
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from hub.kernel.bulk import insert_many
from hub.kernel.clock import Clock
from hub.kernel.pages import Found, PageQuery, find_page
from hub.payments.ledger import Posting
from hub.payments.ledger_tables import LedgerEntry, LedgerTransaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """What stands on one account: minor units, a debit positive."""

    account: str
    currency: str
    amount_minor: int


async def post(session: AsyncSession, clock: Clock, postings: Iterable[Posting]) -> int:
    """Write these postings that are not written yet; how many were new."""
    wanted = {one.key: one for one in postings}
    known = select(LedgerTransaction.key).where(LedgerTransaction.key.in_(wanted))
    there = set((await session.scalars(known)).all()) if wanted else set()
    new = [(clock.new_id(), one) for key, one in wanted.items() if key not in there]
    now = clock.now()
    entries = [
        {
            "transaction_id": transaction_id,
            "account": entry.account,
            "currency": entry.currency,
            "amount_minor": entry.amount_minor,
        }
        for transaction_id, one in new
        for entry in one.entries
    ]
    headers = [
        {
            "id": transaction_id,
            "created_at": now,
            "key": one.key,
            "kind": one.kind,
            "subject_id": one.subject_id,
            "note": one.note,
        }
        for transaction_id, one in new
    ]
    # Entries first: the header's insert sums and seals them.
    await insert_many(session, LedgerEntry, entries, key=("transaction_id", "account", "currency"))
    await insert_many(session, LedgerTransaction, headers, key=("id",))
    return len(new)


async def balances(session: AsyncSession, prefix: str = "") -> Sequence[Balance]:
    """Every account's balance; of those whose name begins so."""
    amount = func.sum(LedgerEntry.amount_minor)
    found = select(LedgerEntry.account, LedgerEntry.currency, amount)
    if prefix:
        found = found.where(LedgerEntry.account.startswith(prefix, autoescape=True))
    grouped = found.group_by(LedgerEntry.account, LedgerEntry.currency).order_by(LedgerEntry.account)
    rows = (await session.execute(grouped)).all()
    return [Balance(account=account, currency=currency, amount_minor=int(minor)) for account, currency, minor in rows]


async def transactions(
    session: AsyncSession, query: PageQuery, *, subject_id: uuid.UUID | None, account: str | None
) -> Found[LedgerTransaction]:
    """A page of postings, newest first."""
    found = select(LedgerTransaction)
    if subject_id is not None:
        found = found.where(LedgerTransaction.subject_id == subject_id)
    if account is not None:
        inside = select(LedgerEntry.transaction_id).where(LedgerEntry.account == account)
        found = found.where(LedgerTransaction.id.in_(inside))
    return await find_page(session, found, LedgerTransaction, query)


async def entries_of(session: AsyncSession, ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, list[LedgerEntry]]:
    """The entries of these postings."""
    found = select(LedgerEntry).where(LedgerEntry.transaction_id.in_(ids)).order_by(LedgerEntry.account)
    every: dict[uuid.UUID, list[LedgerEntry]] = {one: [] for one in ids}
    for row in (await session.scalars(found)).all():
        every[row.transaction_id].append(row)
    return every


async def unbalanced(session: AsyncSession) -> Sequence[tuple[uuid.UUID, str]]:
    """Postings whose entries do not sum to zero, with the currency: none, or somebody tampered with the database."""
    found = (
        select(LedgerEntry.transaction_id, LedgerEntry.currency)
        .group_by(LedgerEntry.transaction_id, LedgerEntry.currency)
        .having(func.sum(LedgerEntry.amount_minor) != 0)
    )
    return [(transaction_id, currency) for transaction_id, currency in (await session.execute(found)).all()]


async def of_day(session: AsyncSession, account: str, since: dt.datetime, until: dt.datetime) -> Sequence[Balance]:
    """What was posted to one account between two instants, by currency."""
    found = (
        select(LedgerEntry.currency, func.sum(LedgerEntry.amount_minor))
        .join(LedgerTransaction, LedgerTransaction.id == LedgerEntry.transaction_id)
        .where(
            LedgerEntry.account == account,
            LedgerTransaction.created_at >= since,
            LedgerTransaction.created_at < until,
        )
        .group_by(LedgerEntry.currency)
    )
    rows = (await session.execute(found)).all()
    return [Balance(account=account, currency=currency, amount_minor=int(minor)) for currency, minor in rows]
