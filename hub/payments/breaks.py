"""The list of breaks: kept up by each reconciliation, closed by itself or by a person."""

import datetime as dt
import uuid
from collections import Counter
from collections.abc import Sequence
from typing import Final

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from hub.kernel.bulk import upsert_many
from hub.kernel.clock import Clock
from hub.kernel.pages import Found as Page
from hub.kernel.pages import PageQuery, find_page
from hub.payments.differences import Found
from hub.payments.reconciliation_rules import AGREE, Row, after_found
from hub.payments.reconciliation_tables import Break
from protocols.errors import Refused

_AT_ONCE: Final = 2_000
_COLUMNS: Final = tuple(column.name for column in Break.__table__.columns)


async def take_in(session: AsyncSession, clock: Clock, run_id: uuid.UUID, found: Sequence[Found]) -> Counter[str]:
    """Write these differences down; how many of each kind stand open now that did not before."""
    opened: Counter[str] = Counter()
    named = ({**one, "about": one["about"] or str(one["subject_id"])} for one in found)
    by_key = {(one["kind"], one["about"]): one for one in named}
    keys = sorted(by_key)
    for start in range(0, len(keys), _AT_ONCE):
        part = keys[start : start + _AT_ONCE]
        before = await _known(session, {about for _, about in part})
        rows = [after_found(before.get(key), by_key[key], run_id, clock.new_id(), clock.now()) for key in part]
        opened.update(row["kind"] for row in rows if row["closed_at"] is None and _was_not_open(before, row))
        await upsert_many(session, Break, rows, key=("kind", "about"), keep=("id",))
    return opened


async def close_the_rest(session: AsyncSession, run_id: uuid.UUID, now: dt.datetime) -> int:
    """What this reconciliation did not find any more is explained; how many."""
    closing = update(Break).where(Break.closed_at.is_(None), Break.seen_in != run_id)
    done = await session.execute(closing.values(closed_at=now, reason=AGREE))
    return int(done.rowcount)  # type: ignore[attr-defined]


async def close(session: AsyncSession, break_id: uuid.UUID, by: uuid.UUID, reason: str, now: dt.datetime) -> Break:
    """A person has dealt with it. Raises Refused `not_found`, `break_closed`."""
    row = await session.get(Break, break_id, with_for_update=True)
    if row is None:
        raise Refused("not_found")
    if row.closed_at is not None:
        raise Refused("break_closed")
    row.closed_at, row.closed_by, row.reason = now, by, reason
    await session.flush()
    return row


async def page(
    session: AsyncSession, query: PageQuery, *, is_open: bool | None, kind: str | None, gateway: str | None,
    before: dt.datetime | None,
) -> Page[Break]:  # fmt: skip
    """A page of breaks, newest first; `before`: that have stood since before then."""
    found = select(Break)
    if is_open is not None:
        found = found.where(Break.closed_at.is_(None) if is_open else Break.closed_at.is_not(None))
    if kind is not None:
        found = found.where(Break.kind == kind)
    if gateway is not None:
        found = found.where(Break.gateway == gateway)
    if before is not None:
        found = found.where(Break.since_at < before)
    return await find_page(session, found, Break, query)


async def count_open(session: AsyncSession) -> int:
    """How many stand open."""
    return int(await session.scalar(select(func.count()).select_from(Break).where(Break.closed_at.is_(None))) or 0)


async def every_open(session: AsyncSession) -> Sequence[Break]:
    """All that stand open."""
    return (await session.scalars(select(Break).where(Break.closed_at.is_(None)))).all()


async def open_subjects(session: AsyncSession) -> list[uuid.UUID]:
    """The rides and charges that open breaks are about."""
    found = select(Break.subject_id).where(Break.closed_at.is_(None), Break.subject_id.is_not(None)).distinct()
    return [one for one in (await session.scalars(found)).all() if one is not None]


async def _known(session: AsyncSession, abouts: set[str]) -> dict[tuple[str, str], Row]:
    rows = (await session.scalars(select(Break).where(Break.about.in_(abouts)))).all()
    return {(row.kind, row.about): {name: getattr(row, name) for name in _COLUMNS} for row in rows}


def _was_not_open(before: dict[tuple[str, str], Row], row: Row) -> bool:
    held = before.get((row["kind"], row["about"]))
    return held is None or held["closed_at"] is not None
