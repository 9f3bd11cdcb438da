"""From bills to the ledger. Other rooms say what a ride costs, as often as it changes; the ledger gets the difference.

Taking a bill in is one statement for a whole batch, so that the stations' sync stays light; posting follows in a job.
"""

import asyncio
import datetime as dt
import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from hub import events
from hub.kernel import wishes
from hub.kernel.bulk import upsert_many
from hub.kernel.clock import Clock
from hub.kernel.db import Database, after_commit
from hub.payments import bookkeeping, ledger
from hub.payments.ledger import Owed, Posting
from hub.payments.money_tables import Bill, Payment

COLLECT: Final = "collect"
LOOK_EVERY_S: Final = 2.0
_BATCH: Final = 200
# What other rooms tell of a bill; posting leaves it alone.
_TOLD: Final = ("use", "account_id", "station_id", "currency", "total_minor", "tax_minor", "changed_at")
_OURS: Final = (
    "revision", "posted_account_id", "posted_currency", "posted_total_minor", "posted_tax_minor", "paid_minor", "state"
)  # fmt: skip
_COLUMNS: Final = tuple(getattr(Bill, name) for name in ("id", "created_at", "posted", *_TOLD, *_OURS))


class Billing:
    """Takes bills in and posts them. `run` is a job of the hub; several processes share the work.

    `collects`: somebody collects what is posted; else bills stay open.
    """

    def __init__(self, clock: Clock, *, collects: bool = False) -> None:
        self._clock = clock
        self._collects = collects
        self._news = asyncio.Event()

    async def see(self, session: AsyncSession, told: Sequence[events.Billed]) -> None:
        """What these rides and charges cost now."""
        if not told:
            return
        now = self._clock.now()
        last = {one.subject_id: one for one in told}
        rows = [_new(one, now) for one in last.values()]
        await upsert_many(session, Bill, rows, key=("id",), keep=("created_at", *_OURS))
        after_commit(session, self._news.set)

    async def run(self, database: Database, crowded: Callable[[], bool] = lambda: False) -> None:
        """Post what is not posted, until cancelled.

        While stations crowd at the door, a batch at a time with a pause: a bill may wait for the ledger, they may not.
        """
        while True:
            self._news.clear()
            posted = 0
            async with database.reading() as session:
                due = await session.scalar(select(Bill.id).where(Bill.posted.is_(False)).limit(1))
            if due is not None:
                async with database.transaction() as session:
                    posted = await self.post_due(session)
            if crowded():
                await asyncio.sleep(LOOK_EVERY_S)
            elif posted < _BATCH:
                try:
                    async with asyncio.timeout(LOOK_EVERY_S):
                        await self._news.wait()
                except TimeoutError:
                    continue

    async def post_due(self, session: AsyncSession) -> int:
        """Post the difference of up to 200 bills that have changed; how many there were."""
        due = select(*_COLUMNS).where(Bill.posted.is_(False)).order_by(Bill.changed_at).limit(_BATCH)
        found = await session.execute(due.with_for_update(of=Bill, skip_locked=True))
        bills = [dict(one) for one in found.mappings()]
        postings = [one for one in map(_take_over, bills) if one is not None]
        await bookkeeping.post(session, self._clock, postings)
        asked = await _asked(session, [bill["id"] for bill in bills])
        for bill in bills:
            bill["state"] = self._state(bill)
        # Held since they were read: one statement for all, where the ORM would send an UPDATE for each.
        await upsert_many(session, Bill, bills, key=("id",), keep=("created_at", *_TOLD))
        # What is still asked of somebody for a bill that is settled now must be put right, too.
        open_ = [bill for bill in bills if bill["total_minor"] != bill["paid_minor"] or bill["id"] in asked]
        if self._collects:
            keys = {f"{COLLECT}:{bill['id']}:{bill['revision']}": {"bill_id": str(bill["id"])} for bill in open_}
            await wishes.wish_each(session, self._clock, COLLECT, keys)
        return len(bills)

    def _state(self, bill: Mapping[str, Any]) -> str:
        if bill["total_minor"] != bill["paid_minor"]:
            return "collecting" if self._collects else "open"
        return "paid" if bill["total_minor"] else "free"


async def _asked(session: AsyncSession, bill_ids: Sequence[uuid.UUID]) -> set[uuid.UUID]:
    """Those of these bills for which a call has not ended."""
    pending = select(Payment.bill_id).where(Payment.bill_id.in_(bill_ids), Payment.outcome == "pending")
    return set((await session.scalars(pending)).all())


def _take_over(bill: dict[str, Any]) -> Posting | None:
    """The posting from what the ledger shows to what the bill says; the bill then says that it is posted."""
    before = None
    if bill["posted_currency"] is not None:
        before = Owed(
            account_id=bill["posted_account_id"], currency=bill["posted_currency"],
            total_minor=bill["posted_total_minor"], tax_minor=bill["posted_tax_minor"],
        )  # fmt: skip
    after = Owed(
        account_id=bill["account_id"], currency=bill["currency"],
        total_minor=bill["total_minor"], tax_minor=bill["tax_minor"],
    )  # fmt: skip
    entries = ledger.rebilled(bill["use"], before, after)
    if before is not None and before.account_id != after.account_id and bill["paid_minor"]:
        # What was paid stays with who paid it; the new renter owes the whole.
        bill["paid_minor"] = 0
    bill |= {
        "posted": True, "revision": bill["revision"] + 1,
        "posted_account_id": after.account_id, "posted_currency": after.currency,
        "posted_total_minor": after.total_minor, "posted_tax_minor": after.tax_minor,
    }  # fmt: skip
    return ledger.posting(f"bill:{bill['id']}:{bill['revision']}", "bill", bill["id"], entries)


def _new(one: events.Billed, now: dt.datetime) -> dict[str, Any]:
    return {
        "id": one.subject_id,
        "created_at": now,
        "use": one.use,
        "account_id": one.account_id,
        "station_id": one.station_id,
        "currency": one.currency,
        "total_minor": one.total_minor,
        "tax_minor": one.tax_minor,
        "changed_at": now,
        "posted": False,
        "revision": 0,
        "posted_account_id": None,
        "posted_currency": None,
        "posted_total_minor": 0,
        "posted_tax_minor": 0,
        "paid_minor": 0,
        "state": "open",
    }
