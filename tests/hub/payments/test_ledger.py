"""Double-entry bookkeeping: pure rules by property, and a ledger that the database keeps balanced, on both."""

import uuid
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from hub.kernel.clock import SystemClock
from hub.kernel.db import Database
from hub.payments import bookkeeping, ledger
from hub.payments.ledger import Entry, Owed, Posting
from hub.payments.ledger_tables import LedgerEntry, LedgerTransaction
from protocols.errors import Malformed

CLOCK = SystemClock()
RIDE = uuid.UUID(int=7)
RENTER = uuid.UUID(int=8)
OWED = st.builds(
    Owed,
    account_id=st.none() | st.just(RENTER) | st.just(uuid.UUID(int=9)),
    currency=st.sampled_from(["EUR", "VND"]),
    total_minor=st.integers(0, 10**9),
    tax_minor=st.integers(0, 10**6),
)


def sums(entries: list[Entry]) -> dict[tuple[str, str], int]:
    found: dict[tuple[str, str], int] = {}
    for one in entries:
        found[one.account, one.currency] = found.get((one.account, one.currency), 0) + one.amount_minor
    return {key: amount for key, amount in found.items() if amount}


@given(st.lists(st.none() | OWED, min_size=1, max_size=6))
def test_however_often_a_bill_changes_the_accounts_show_the_last_one(bills: list[Owed | None]) -> None:
    entries: list[Entry] = []
    before = None
    for after in bills:
        entries += ledger.rebilled("rental", before, after)
        made = ledger.posting("k", "bill", RIDE, ledger.rebilled("rental", before, after))
        assert made is None or all(one.amount_minor for one in made.entries)
        before = after
    last = [] if before is None else ledger.billed("rental", before)
    assert sums(entries) == sums(last)


def test_nothing_is_posted_when_nothing_changed() -> None:
    owed = Owed(account_id=RENTER, currency="EUR", total_minor=500, tax_minor=45)
    assert ledger.posting("k", "bill", RIDE, ledger.rebilled("rental", owed, owed)) is None


def test_a_posting_that_does_not_balance_is_refused() -> None:
    with pytest.raises(Malformed, match="unbalanced"):
        ledger.posting("k", "bill", RIDE, [Entry(account="tax", currency="EUR", amount_minor=1)])
    mixed = [Entry(account="a", currency="EUR", amount_minor=1), Entry(account="b", currency="VND", amount_minor=-1)]
    with pytest.raises(Malformed, match="unbalanced"):
        ledger.posting("k", "bill", RIDE, mixed)


def test_a_ride_that_is_paid_and_paid_out_leaves_revenue_tax_fee_and_bank() -> None:
    owed = Owed(account_id=RENTER, currency="EUR", total_minor=1100, tax_minor=100)
    entries = [
        *ledger.billed("rental", owed),
        *ledger.captured("simulated", RENTER, "EUR", 1100),
        *ledger.paid_out("simulated", "EUR", 1100, 33),
    ]
    assert sums(entries) == {
        ("bank", "EUR"): 1067,
        ("fees:simulated", "EUR"): 33,
        ("revenue:rental", "EUR"): -1000,
        ("tax", "EUR"): -100,
    }


def bill(key: str, total_minor: int = 1100) -> Posting:
    owed = Owed(account_id=RENTER, currency="EUR", total_minor=total_minor, tax_minor=100)
    made = ledger.posting(key, "bill", RIDE, ledger.billed("rental", owed))
    assert made is not None
    return made


async def test_the_same_event_is_posted_once(database: Database) -> None:
    for keys in (["a", "b"], ["b", "c"], ["a", "b", "c"]):
        async with database.transaction() as session:
            await bookkeeping.post(session, CLOCK, [bill(key) for key in keys])
    async with database.reading() as session:
        found = {one.account: one.amount_minor for one in await bookkeeping.balances(session)}
        assert found == {f"receivable:{RENTER}": 3300, "revenue:rental": -3000, "tax": -300}
        assert await bookkeeping.unbalanced(session) == []
        (mine,) = await bookkeeping.balances(session, "receivable:")
    assert mine.amount_minor == 3300


async def write(session: AsyncSession, transaction_id: uuid.UUID, *amounts: int, seal: bool = True) -> None:
    """Entries past all our own checks."""
    session.add_all(
        LedgerEntry(transaction_id=transaction_id, account=f"a{number}", currency="EUR", amount_minor=amount)
        for number, amount in enumerate(amounts)
    )
    await session.flush()
    if seal:
        session.add(
            LedgerTransaction(
                id=transaction_id, created_at=CLOCK.now(), key=str(transaction_id), kind="t", subject_id=RIDE, note=""
            )
        )
        await session.flush()


@pytest.mark.parametrize(
    ("amounts", "seal"),
    [((5, -4), True), ((5,), True), ((), True), ((5, -5), False)],
    ids=["does not sum to zero", "one side", "no side", "never sealed"],
)
async def test_the_database_refuses_what_does_not_balance(
    database: Database, amounts: tuple[int, ...], *, seal: bool
) -> None:
    with pytest.raises(DBAPIError, match=r"ledger_unbalanced|FOREIGN KEY|foreign key"):
        async with database.transaction() as session:
            await write(session, uuid.UUID(int=1), *amounts, seal=seal)
    async with database.reading() as session:
        assert (await session.execute(text("SELECT count(*) FROM ledger_entries"))).scalar() == 0


@pytest.mark.parametrize(
    "attack",
    [
        "UPDATE ledger_entries SET amount_minor = amount_minor + 1",
        "DELETE FROM ledger_entries",
        "UPDATE ledger_transactions SET note = 'another'",
        "DELETE FROM ledger_transactions",
    ],
)
async def test_the_database_refuses_every_change_of_what_is_posted(database: Database, attack: str) -> None:
    async with database.transaction() as session:
        await write(session, uuid.UUID(int=1), 5, -5)
    with pytest.raises(DBAPIError, match="ledger_immutable"):
        async with database.transaction() as session:
            await session.execute(text(attack))


async def test_nothing_is_added_to_a_sealed_posting(database: Database) -> None:
    async with database.transaction() as session:
        await write(session, uuid.UUID(int=1), 5, -5)
    more: dict[str, Any] = {"transaction_id": uuid.UUID(int=1), "currency": "EUR"}
    with pytest.raises(DBAPIError, match="ledger_sealed"):
        async with database.transaction() as session:
            session.add_all(LedgerEntry(account=f"b{one}", amount_minor=one, **more) for one in (1, -1))
