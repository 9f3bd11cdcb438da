"""`/api/v1/charging-sessions`. Who may not read all sees his own."""

import uuid
from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from hub.charging import repository
from hub.charging.rules import UNCERTAIN_S
from hub.charging.schemas import BillLineShape, MeterValueShape, SessionQuery, SessionShape
from hub.charging.tables import ChargingSession, MeterValue
from hub.kernel.auth import Principal
from hub.kernel.keyset import read_cursor, write_cursor
from hub.kernel.pages import Page, PageQuery
from hub.kernel.problem import invalid
from hub.kernel.routes import SIGNED_IN, Call, route
from hub.kernel.shapes import MoneyShape
from protocols.errors import Refused
from protocols.values import from_ms

_SHAPED = {"total", "tax", "bill", "uncertainty_s", "time_uncertain"}
_NOBODY = uuid.UUID(int=0)


class ChargingApi:
    """Charging sessions and their meter values."""

    @route(
        "GET", "/api/v1/charging-sessions", summary="List charging sessions", tags=["charging"],
        permission=SIGNED_IN, wide="charging:read", query=SessionQuery, response=Page[SessionShape],
    )  # fmt: skip
    async def list_sessions(self, call: Call[None, SessionQuery]) -> Page[SessionShape]:
        """Newest first. Without `charging:read` one's own."""
        query = call.query
        found = await repository.sessions(
            call.session,
            query,
            station_id=query.station_id,
            charger_id=query.charger_id,
            account_id=_whose(call.principal, query.account_id),
            state=query.state,
        )
        so_far = await _energy_so_far(call.session, found.rows)
        return found.as_page(lambda row: shown(row, so_far.get(row.id)))

    @route(
        "GET", "/api/v1/charging-sessions/{session_id}", summary="A charging session", tags=["charging"],
        permission=SIGNED_IN, wide="charging:read", response=SessionShape, errors={"not_found": 404},
    )  # fmt: skip
    async def one_session(self, call: Call[None, None]) -> SessionShape:
        """With its bill. Without `charging:read` one's own."""
        found = await _found(call.session, call.id("session_id"), call.principal)
        so_far = await _energy_so_far(call.session, [found])
        return shown(found, so_far.get(found.id))

    @route(
        "GET", "/api/v1/charging-sessions/{session_id}/meter-values", summary="A session's meter values",
        tags=["charging"], permission=SIGNED_IN, wide="charging:read", query=PageQuery, response=Page[MeterValueShape],
        errors={"not_found": 404},
    )  # fmt: skip
    async def meter_values(self, call: Call[None, PageQuery]) -> Page[MeterValueShape]:
        """Oldest first."""
        found = await _found(call.session, call.id("session_id"), call.principal)
        query = call.query
        after = None if query.cursor is None else _after(query.cursor)
        rows = await repository.meter_values(call.session, found.id, after, query.limit + 1)
        page = rows[: query.limit]
        more = len(rows) > query.limit
        cursor = write_cursor(page[-1].sampled_ms, str(page[-1].fact_id)) if more else None
        return Page[MeterValueShape](items=[_sample(row) for row in page], next_cursor=cursor)


def shown(row: ChargingSession, so_far_wh: int | None) -> SessionShape:
    """The session as JSON."""
    plain = {name: getattr(row, name) for name in SessionShape.model_fields if name not in _SHAPED}
    if row.energy_wh is None and so_far_wh is not None and row.meter_start_wh is not None:
        plain["energy_wh"] = max(0, so_far_wh - row.meter_start_wh)
    bill = None if row.bill is None else [BillLineShape.model_validate(line) for line in row.bill]
    uncertainty_s = max(row.started_uncertainty_s, row.stopped_uncertainty_s)
    return SessionShape(
        **plain,
        uncertainty_s=uncertainty_s,
        time_uncertain=uncertainty_s > UNCERTAIN_S,
        total=_money(row.total_minor, row.currency),
        tax=_money(row.tax_minor, row.currency),
        bill=bill,
    )


async def _energy_so_far(session: AsyncSession, rows: Sequence[ChargingSession]) -> dict[uuid.UUID, int]:
    running = [row.id for row in rows if row.energy_wh is None]
    return await repository.highest_energy(session, running) if running else {}


async def _found(session: AsyncSession, session_id: uuid.UUID, principal: Principal) -> ChargingSession:
    found = await repository.charging_session(session, session_id)
    if found is None or not (principal.may("charging:read") or found.account_id == principal.account_id):
        raise Refused("not_found")
    return found


def _whose(principal: Principal, asked: uuid.UUID | None) -> uuid.UUID | None:
    if principal.may("charging:read"):
        return asked
    return principal.account_id if asked in {None, principal.account_id} else _NOBODY


def _after(cursor: str) -> tuple[int, uuid.UUID]:
    sampled_ms, fact_id = read_cursor(cursor, (int, str))
    try:
        return int(sampled_ms), uuid.UUID(str(fact_id))
    except ValueError as error:
        raise invalid("cursor", "not a cursor of this list", place="query", rule="bad_cursor") from error


def _sample(row: MeterValue) -> MeterValueShape:
    return MeterValueShape(
        sampled_at=from_ms(row.sampled_ms),
        energy_wh=row.energy_wh,
        power_w=row.power_w,
        current_a=row.current_a,
        voltage_v=row.voltage_v,
        soc_pct=row.soc_pct,
    )


def _money(minor: int | None, currency: str | None) -> MoneyShape | None:
    return None if minor is None or currency is None else MoneyShape(minor=minor, currency=currency)
