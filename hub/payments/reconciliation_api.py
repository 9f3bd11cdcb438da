"""`/api/v1/reconciliation` and `/api/v1/breaks`."""

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import select

from hub.kernel.pages import Page, PageQuery, find_page
from hub.kernel.problem import invalid
from hub.kernel.routes import Call, route
from hub.payments import breaks
from hub.payments.reconciliation_rules import age_of
from hub.payments.reconciliation_schemas import (
    Ageing,
    AgeingRow,
    BreakQuery,
    BreakShape,
    CloseBreak,
    NewReconciliation,
    ReconciliationShape,
)
from hub.payments.reconciliation_tables import Break, Reconciliation
from hub.payments.reconciling import LOOKS_BACK, Reconciling
from protocols.errors import Refused


class ReconciliationApi:
    """Whether the books agree. `runs`: somebody carries reconciliations out."""

    def __init__(self, reconciling: Reconciling, *, runs: bool) -> None:
        self._reconciling = reconciling
        self._runs = runs

    @route(
        "GET", "/api/v1/reconciliation", summary="List reconciliations", tags=["payments"],
        permission="reconciliation:read", query=PageQuery, response=Page[ReconciliationShape],
    )  # fmt: skip
    async def list_runs(self, call: Call[None, PageQuery]) -> Page[ReconciliationShape]:
        """Each night's, and those that people asked for; newest first."""
        found = await find_page(call.session, select(Reconciliation), Reconciliation, call.query)
        return found.as_page(ReconciliationShape.model_validate)

    @route(
        "POST", "/api/v1/reconciliation", summary="Compare the books now", tags=["payments"],
        permission="reconciliation:run", body=NewReconciliation, response=ReconciliationShape, status=202,
        idempotent=True, errors={"no_gateway": 409},
    )  # fmt: skip
    async def run_now(self, call: Call[NewReconciliation, None]) -> ReconciliationShape:
        """Begins within seconds; look at the list for what came of it."""
        if not self._runs:
            raise Refused("no_gateway")
        until = call.body.until or call.clock.now()
        since = call.body.since or until - LOOKS_BACK
        if since >= until:
            raise invalid("/since", "must be before until")
        row = await self._reconciling.ask(call.session, since, until, call.principal.account_id)
        return ReconciliationShape.model_validate(row)

    @route(
        "GET", "/api/v1/breaks", summary="Where the books do not agree", tags=["payments"],
        permission="reconciliation:read", query=BreakQuery, response=Page[BreakShape],
    )  # fmt: skip
    async def list_breaks(self, call: Call[None, BreakQuery]) -> Page[BreakShape]:
        """Newest first."""
        query, now = call.query, call.clock.now()
        days = query.older_than_days
        found = await breaks.page(
            call.session, query, is_open=None if query.state is None else query.state == "open", kind=query.kind,
            gateway=query.gateway, before=None if days is None else now - dt.timedelta(days=days),
        )  # fmt: skip
        return found.as_page(lambda row: _shown(row, now))

    @route(
        "GET", "/api/v1/breaks/ageing", summary="Open breaks by age", tags=["payments"],
        permission="reconciliation:read", response=Ageing,
    )  # fmt: skip
    async def ageing(self, call: Call[None, None]) -> Ageing:
        """By kind and currency: younger than a day, a week, a month, and older."""
        return Ageing(rows=_by_age(await breaks.every_open(call.session), call.clock.now()))

    @route(
        "POST", "/api/v1/breaks/{break_id}/close", summary="Close a break with a reason", tags=["payments"],
        permission="reconciliation:write", body=CloseBreak, response=BreakShape, idempotent=True,
        errors={"not_found": 404, "break_closed": 409},
    )  # fmt: skip
    async def close(self, call: Call[CloseBreak, None]) -> BreakShape:
        """It opens again only when the amounts become others than now."""
        now = call.clock.now()
        by = call.principal.account_id
        row = await breaks.close(call.session, call.id("break_id"), by, call.body.reason, now)
        return _shown(row, now)


def _shown(row: Break, now: dt.datetime) -> BreakShape:
    told = {name: getattr(row, name) for name in BreakShape.model_fields if name != "age"}
    return BreakShape(**told, age=age_of(row.since_at, now))


def _by_age(rows: Sequence[Break], now: dt.datetime) -> list[AgeingRow]:
    groups: dict[tuple[str, str | None, str], list[Break]] = defaultdict(list)
    for row in rows:
        groups[row.kind, row.currency, age_of(row.since_at, now)].append(row)
    return [
        AgeingRow.model_validate(
            {
                "kind": kind, "currency": currency, "age": age, "count": len(group),
                "amount_minor": sum(abs((one.actual_minor or 0) - (one.expected_minor or 0)) for one in group),
            }
        )
        for (kind, currency, age), group in sorted(groups.items(), key=repr)
    ]  # fmt: skip
