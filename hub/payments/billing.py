"""From bills to the ledger. Other rooms say what a ride costs, as often as it changes; the ledger gets the difference.

What people correct a bill by is posted apart from it, as the difference to what the ledger shows of that.

Taking a bill in is one statement for a whole batch, so that the stations' sync stays light; posting follows in a job.
"""

import asyncio
import datetime as dt
import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from hub import events
from hub.kernel import wishes
from hub.kernel.bulk import upsert_many
from hub.kernel.clock import Clock
from hub.kernel.db import Database, after_commit
from hub.payments import bookkeeping, ledger
from hub.payments.adjustment_rules import Sum, adjusted
from hub.payments.ledger import Owed, Posting
from hub.payments.money_tables import Bill, Payment
from hub.payments.ports import Cases

COLLECT: Final = "collect"
CHANGED: Final = "corrected_bill_changed"
LOOK_EVERY_S: Final = 2.0
_BATCH: Final = 200
_IN_QUESTION: Final = frozenset({"unpaid", "overpaid"})
# What other rooms tell of a bill; posting leaves it alone.
_TOLD: Final = ("use", "account_id", "station_id", "currency", "total_minor", "tax_minor", "changed_at")
_OURS: Final = (
    "revision", "posted_account_id", "posted_currency", "posted_total_minor", "posted_tax_minor", "paid_minor", "state",
    "credited_minor", "charged_minor", "charged_tax_minor", "posted_adjusted_minor", "posted_adjusted_tax_minor",
)  # fmt: skip
_COLUMNS: Final = tuple(getattr(Bill, name) for name in ("id", "created_at", "posted", *_TOLD, *_OURS))


class Billing:
    """Takes bills in and posts them. `run` is a job of the hub; several processes share the work.

    `collects`: somebody collects what is posted; else bills stay open. `cases`: a person looks again at a bill that
    was corrected by hand and has changed since.
    """

    def __init__(self, clock: Clock, cases: Cases | None = None, *, collects: bool = False) -> None:
        self._clock = clock
        self._cases = cases
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
        return await self._post(session, due.with_for_update(of=Bill, skip_locked=True))

    async def post_one(self, session: AsyncSession, bill_id: uuid.UUID) -> None:
        """Post this bill's difference now, in the transaction that made it; the caller holds its row."""
        await self._post(session, select(*_COLUMNS).where(Bill.id == bill_id, Bill.posted.is_(False)))

    async def _post(self, session: AsyncSession, due: Select[Any]) -> int:
        bills = [dict(one) for one in (await session.execute(due)).mappings()]
        before = {bill["id"]: bill["state"] for bill in bills}
        await self._show(session, [bill for bill in bills if _is_corrected(bill) and _has_changed(bill)])
        await _pass_on(session, [bill for bill in bills if _has_moved(bill)])
        postings = [one for bill in bills for one in _take_over(bill)]
        await bookkeeping.post(session, self._clock, postings)
        asked = await _asked(session, [bill["id"] for bill in bills])
        for bill in bills:
            bill["state"] = self._state(bill)
        # Held since they were read: one statement for all, where the ORM would send an UPDATE for each.
        await upsert_many(session, Bill, bills, key=("id",), keep=("created_at", *_TOLD))
        # What is still asked of somebody for a bill that is settled now must be put right, too, and cases closed.
        open_ = [
            bill for bill in bills
            if _owed(bill) != bill["paid_minor"] or bill["id"] in asked or before[bill["id"]] in _IN_QUESTION
        ]  # fmt: skip
        if self._collects:
            keys = {f"{COLLECT}:{bill['id']}:{bill['revision']}": {"bill_id": str(bill["id"])} for bill in open_}
            await wishes.wish_each(session, self._clock, COLLECT, keys)
        return len(bills)

    async def _show(self, session: AsyncSession, bills: Sequence[Mapping[str, Any]]) -> None:
        if self._cases is not None:
            await self._cases.see(session, [_case(bill) for bill in bills])

    def _state(self, bill: Mapping[str, Any]) -> str:
        owed = _owed(bill)
        if owed != bill["paid_minor"]:
            return "collecting" if self._collects else "open"
        return settled(owed)


def settled(owed_minor: int) -> str:
    """The state of a bill for which nobody owes anything any more."""
    return "paid" if owed_minor else "free"


async def _asked(session: AsyncSession, bill_ids: Sequence[uuid.UUID]) -> set[uuid.UUID]:
    """Those of these bills for which a call has not ended."""
    pending = select(Payment.bill_id).where(Payment.bill_id.in_(bill_ids), Payment.outcome == "pending")
    return set((await session.scalars(pending)).all())


async def _pass_on(session: AsyncSession, bills: Sequence[dict[str, Any]]) -> None:
    """These bills are another account's by now. What was paid stays with who paid it; he owes the whole.

    Unless it was his before, and he has paid for it then.
    """
    if not bills:
        return
    paid = select(Payment.bill_id, Payment.account_id, func.sum(Payment.amount_minor)).where(
        Payment.bill_id.in_([bill["id"] for bill in bills]), Payment.outcome == "succeeded"
    )
    rows = (await session.execute(paid.group_by(Payment.bill_id, Payment.account_id))).all()
    by_whom = {(bill_id, account_id): int(minor) for bill_id, account_id, minor in rows}
    for bill in bills:
        bill["paid_minor"] = by_whom.get((bill["id"], bill["account_id"]), 0)


def _is_corrected(bill: Mapping[str, Any]) -> bool:
    return bool(bill["credited_minor"] or bill["charged_minor"])


def _has_changed(bill: Mapping[str, Any]) -> bool:
    """Whether the facts say something else than the ledger shows; a first posting is no change."""
    names = ("account_id", "currency", "total_minor", "tax_minor")
    return bill["posted_currency"] is not None and any(bill[name] != bill[f"posted_{name}"] for name in names)


def _has_moved(bill: Mapping[str, Any]) -> bool:
    return bill["posted_currency"] is not None and bill["posted_account_id"] != bill["account_id"]


def _adjusted(bill: Mapping[str, Any]) -> Sum:
    whole = Sum(gross_minor=bill["total_minor"], tax_minor=bill["tax_minor"])
    charged = Sum(gross_minor=bill["charged_minor"], tax_minor=bill["charged_tax_minor"])
    return adjusted(whole, bill["credited_minor"], charged)


def _owed(bill: Mapping[str, Any]) -> int:
    owed: int = bill["total_minor"] + _adjusted(bill).gross_minor
    return owed


def _take_over(bill: dict[str, Any]) -> list[Posting]:
    """The postings from what the ledger shows to what the bill and its lines say; it then says that it is posted."""
    account_id, currency, lines = bill["account_id"], bill["currency"], _adjusted(bill)
    before = lines_before = None
    if bill["posted_currency"] is not None:
        of = {"account_id": bill["posted_account_id"], "currency": bill["posted_currency"]}
        before = Owed(**of, total_minor=bill["posted_total_minor"], tax_minor=bill["posted_tax_minor"])
        lines_before = Owed(
            **of, total_minor=bill["posted_adjusted_minor"], tax_minor=bill["posted_adjusted_tax_minor"]
        )
    after = Owed(account_id=account_id, currency=currency, total_minor=bill["total_minor"], tax_minor=bill["tax_minor"])
    lines_after = Owed(
        account_id=account_id, currency=currency, total_minor=lines.gross_minor, tax_minor=lines.tax_minor
    )
    bill |= {
        "posted": True, "revision": bill["revision"] + 1, "posted_account_id": account_id, "posted_currency": currency,
        "posted_total_minor": after.total_minor, "posted_tax_minor": after.tax_minor,
        "posted_adjusted_minor": lines.gross_minor, "posted_adjusted_tax_minor": lines.tax_minor,
    }  # fmt: skip
    key = f"{bill['id']}:{bill['revision']}"
    changed = ledger.rebilled(bill["use"], before, after)
    corrected = ledger.rebilled(bill["use"], lines_before, lines_after)
    made = (
        ledger.posting(f"bill:{key}", "bill", bill["id"], changed),
        ledger.posting(f"{ledger.ADJUSTMENT}:{key}", ledger.ADJUSTMENT, bill["id"], corrected),
    )
    return [one for one in made if one is not None]


def _case(bill: Mapping[str, Any]) -> events.CaseSeen:
    return events.CaseSeen(
        kind=CHANGED, about=bill["id"], seen_at=bill["changed_at"],
        station_ids=() if bill["station_id"] is None else (bill["station_id"],), account_id=bill["account_id"],
        rental_id=bill["id"] if bill["use"] == "rental" else None,
        seen={
            "before_minor": bill["posted_total_minor"], "total_minor": bill["total_minor"],
            "currency": bill["currency"], "use": bill["use"],
        },
    )  # fmt: skip


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
        "credited_minor": 0,
        "charged_minor": 0,
        "charged_tax_minor": 0,
        "posted_adjusted_minor": 0,
        "posted_adjusted_tax_minor": 0,
    }
