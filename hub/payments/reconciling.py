"""The nightly three-way comparison: what rides cost, the ledger, and what the gateways report.

Durable: it is a wish, wished once a night whichever process looks first, and by a person. A try that was cut off is
made again from the start under the same id; every step can be.
"""

import datetime as dt
import time
import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

import structlog
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from hub.kernel import wishes
from hub.kernel.clock import Clock
from hub.kernel.db import Database
from hub.kernel.wishes import Task
from hub.payments import breaks, differences, reports
from hub.payments.differences import Costs, Found
from hub.payments.gateways.port import Gateway
from hub.payments.money_tables import Bill
from hub.payments.reconciliation_rules import Fees, Window
from hub.payments.reconciliation_tables import GatewayLine, Reconciliation
from protocols.values import instant, rfc3339

RECONCILE: Final = "reconcile"
AT_HOUR: Final = 2  # UTC: the night in Europe, before work begins in Asia
LOOKS_BACK: Final = dt.timedelta(days=3)
_SLICE: Final = dt.timedelta(hours=6)  # of a report at once
_log = structlog.get_logger("hub.reconciliation")


class Reconciling:
    """Compares the books. `costs`: the rooms that say what things cost."""

    def __init__(
        self, database: Database, clock: Clock, gateways: Mapping[str, Gateway], costs: Sequence[Costs], fees: Fees
    ) -> None:
        self._database = database
        self._clock = clock
        self._gateways = gateways
        self._costs = costs
        self._fees = fees

    async def plan_tonight(self, session: AsyncSession, now: dt.datetime) -> None:
        """Wish the next night's run; every hour, in every process: once."""
        due = now.replace(hour=AT_HOUR, minute=0, second=0, microsecond=0)
        due += dt.timedelta(days=1) if due <= now else dt.timedelta(0)
        payload = {"since": rfc3339(due - LOOKS_BACK), "until": rfc3339(due), "by": None}
        await wishes.wish(session, self._clock, RECONCILE, payload, key=f"{RECONCILE}:{due.date()}", not_before=due)

    async def ask(self, session: AsyncSession, since: dt.datetime, until: dt.datetime, by: uuid.UUID) -> Reconciliation:
        """A person wants it now."""
        payload = {"since": rfc3339(since), "until": rfc3339(until), "by": str(by)}
        run_id = await wishes.wish(session, self._clock, RECONCILE, payload)
        row = self._row(run_id, since, until, by)
        session.add(row)
        await session.flush()
        return row

    async def reconcile(self, task: Task) -> None:
        """The handler of the wish `reconcile`."""
        since, until = (instant(str(task.payload[name])) for name in ("since", "until"))
        by = task.payload["by"]
        began = time.monotonic()
        async with self._database.transaction() as session:
            if await session.get(Reconciliation, task.id) is None:
                session.add(self._row(task.id, since, until, None if by is None else uuid.UUID(str(by))))
        for name, gateway in self._gateways.items():
            await self._read_report(name, gateway, since, until)
        async with self._database.transaction() as session:
            counts = await self._compare(session, task.id, Window(since=since, until=until, now=self._clock.now()))
            row = await session.get(Reconciliation, task.id, with_for_update=True)
            assert row is not None  # noqa: S101  # written above, never deleted
            row.counts, row.finished_at = counts, self._clock.now()
        _log.info("reconciled", run=str(task.id), took_s=round(time.monotonic() - began, 2), **counts)

    async def _read_report(self, name: str, gateway: Gateway, since: dt.datetime, until: dt.datetime) -> None:
        """Outside of any transaction; in slices, so that a month of them fits into memory."""
        start = since
        while start < until:
            end = min(start + _SLICE, until)
            lines = await gateway.report(start, end)
            async with self._database.transaction() as session:
                await reports.take_in(session, self._clock, name, lines)
            start = end
        async with self._database.transaction() as session:
            await reports.post_fees(session, self._clock, name, since, until)

    async def _compare(self, session: AsyncSession, run_id: uuid.UUID, window: Window) -> dict[str, Any]:
        opened: Counter[str] = Counter()
        also = await breaks.open_subjects(session)
        for costs in self._costs:
            async for group in differences.of_costs(session, costs, window, also):
                opened += await breaks.take_in(session, self._clock, run_id, group)
        queries = [
            differences.of_bills(window), differences.of_adjustments(window), differences.of_pending(window)
        ]  # fmt: skip
        for name in self._gateways:
            queries += differences.of_gateway(name, window, self._fees)
        for query in queries:
            found: list[Found] = [dict(row) for row in (await session.execute(query)).mappings()]
            opened += await breaks.take_in(session, self._clock, run_id, found)
        closed = await breaks.close_the_rest(session, run_id, self._clock.now())
        return {
            **await _looked_at(session, window),
            "opened": sum(opened.values()), "opened_by_kind": dict(opened), "closed": closed,
            "open": await breaks.count_open(session),
        }  # fmt: skip

    def _row(self, run_id: uuid.UUID, since: dt.datetime, until: dt.datetime, by: uuid.UUID | None) -> Reconciliation:
        return Reconciliation(
            id=run_id, created_at=self._clock.now(), since=since, until=until, asked_by=by, finished_at=None, counts={}
        )


async def _looked_at(session: AsyncSession, window: Window) -> dict[str, int]:
    bills = (
        select(func.count()).select_from(Bill).where(Bill.changed_at >= window.since, Bill.changed_at < window.until)
    )
    lines = select(func.count()).select_from(GatewayLine)
    lines = lines.where(GatewayLine.at >= window.since, GatewayLine.at < window.until)
    return {"bills": int(await session.scalar(bills) or 0), "lines": int(await session.scalar(lines) or 0)}
