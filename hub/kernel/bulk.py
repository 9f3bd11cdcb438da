"""Writes of hundreds of rows at once, for the hot path: one prepared statement, executed for all rows."""

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from hub.kernel.columns import Base


async def upsert_many(
    session: AsyncSession, table: type[Base], rows: Sequence[Mapping[str, Any]], *, key: Sequence[str]
) -> None:
    """Insert the rows, or update those with the same key. All rows have the same columns, no key twice."""
    if rows:
        made = _upsert(session.get_bind().dialect.name, table, tuple(rows[0]), tuple(key))
        await (await session.connection()).execute(made, list(rows))


async def insert_many(
    session: AsyncSession, table: type[Base], rows: Sequence[Mapping[str, Any]], *, key: Sequence[str]
) -> None:
    """Insert the rows that are new; one that is there stays as it is."""
    if rows:
        made = _insert_new(session.get_bind().dialect.name, table, tuple(rows[0]), tuple(key))
        await (await session.connection()).execute(made, list(rows))


# The statements are kept: building one costs as much as executing it.
@functools.cache
def _upsert(dialect: str, table: type[Base], columns: tuple[str, ...], key: tuple[str, ...]) -> Any:
    made = _insert(dialect)(table.__table__)
    changed = {name: made.excluded[name] for name in columns if name not in key}
    return made.on_conflict_do_update(index_elements=list(key), set_=changed)


@functools.cache
def _insert_new(dialect: str, table: type[Base], columns: tuple[str, ...], key: tuple[str, ...]) -> Any:
    _ = columns
    return _insert(dialect)(table.__table__).on_conflict_do_nothing(index_elements=list(key))


def _insert(dialect: str) -> Callable[[Any], Any]:
    return sqlite.insert if dialect == "sqlite" else postgresql.insert
