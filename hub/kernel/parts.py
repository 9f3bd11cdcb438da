"""Many rows in parts, so that a year of them fits into memory."""

import uuid
from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Select
from sqlalchemy.ext.asyncio import AsyncSession

AT_ONCE: Final = 5_000


async def in_parts(
    session: AsyncSession,
    rows: Select[*tuple[Any, ...]],
    where: ColumnElement[bool],
    row_id: Any,
    also: Iterable[uuid.UUID],
) -> AsyncIterator[Sequence[tuple[Any, ...]]]:
    """The rows where this holds, then those of the ids `also` (some may come twice), AT_ONCE at a time as plain tuples.

    `row_id` is the column of the ids. The session must hold a transaction (`transaction`, or `reading(held=True)`).
    """
    async for part in (await session.stream(rows.where(where))).partitions(AT_ONCE):
        yield [tuple(row) for row in part]
    named = list(also)
    for start in range(0, len(named), AT_ONCE):
        found = await session.execute(rows.where(row_id.in_(named[start : start + AT_ONCE])))
        yield [tuple(row) for row in found]
