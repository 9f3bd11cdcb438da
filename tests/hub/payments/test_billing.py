"""Posting bills beside a crowd of stations, on both databases."""

import asyncio
import uuid

import pytest
from sqlalchemy import func, select

from hub import events
from hub.kernel.clock import SystemClock
from hub.kernel.db import Database
from hub.kernel.wishes import Wish
from hub.payments import billing
from hub.payments.billing import Billing
from hub.payments.money_tables import Bill

CLOCK = SystemClock()
BILLS = 450  # three batches


async def _seen(database: Database, into: Billing) -> None:
    told = [
        events.Billed(
            use="rental", subject_id=uuid.UUID(int=number + 1), account_id=uuid.UUID(int=8), station_id=None,
            currency="EUR", total_minor=110, tax_minor=10,
        )
        for number in range(BILLS)
    ]  # fmt: skip
    async with database.transaction() as session:
        await into.see(session, told)


async def _posted(database: Database) -> int:
    async with database.reading() as session:
        return await session.scalar(select(func.count()).select_from(Bill).where(Bill.posted)) or 0


async def test_while_stations_crowd_at_the_door_bills_are_posted_a_batch_at_a_time(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(billing, "LOOK_EVERY_S", 3600.0)
    asked = asyncio.Event()
    turns = 0

    def crowded() -> bool:
        nonlocal turns
        turns += 1
        asked.set()
        return True

    books = Billing(CLOCK)
    await _seen(database, books)
    running = asyncio.create_task(books.run(database, crowded))
    try:
        async with asyncio.timeout(30):
            await asked.wait()
        first = await _posted(database)
        await _seen(database, books)  # news does not end the pause
        await asyncio.sleep(0.1)
        assert turns == 1
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    assert 0 < first < BILLS


async def test_when_nobody_crowds_every_bill_is_posted_at_once(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(billing, "LOOK_EVERY_S", 3600.0)
    books = Billing(CLOCK)
    await _seen(database, books)
    running = asyncio.create_task(books.run(database))
    try:
        async with asyncio.timeout(30):
            while await _posted(database) < BILLS:
                await asyncio.sleep(0.05)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_each_revision_of_a_bill_is_collected_once(database: Database) -> None:
    books = Billing(CLOCK, collects=True)
    for _ in range(2):
        await _seen(database, books)
        async with database.transaction() as session:
            while await books.post_due(session):
                pass
    async with database.reading() as session:
        keys = (await session.scalars(select(Wish.key))).all()
        states = set((await session.scalars(select(Bill.state))).all())
    assert len(keys) == len(set(keys)) == 2 * BILLS
    assert states == {"collecting"}
