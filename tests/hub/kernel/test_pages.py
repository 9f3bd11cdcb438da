"""Lists in pages, on both databases."""

import datetime as dt
import uuid
from typing import Any

import pytest
from sqlalchemy import String, select
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.schema import CreateTable

from hub.kernel.columns import Base
from hub.kernel.db import Database
from hub.kernel.pages import Listed, PageQuery, find_page
from hub.kernel.problem import ProblemError
from tests.hub.conftest import START, ManualClock


@pytest.fixture(scope="session")
def listed() -> Any:
    """A table that is only known while these tests run, so that no migration misses it."""

    class Leaf(Listed):
        __tablename__ = "leaves"
        name: Mapped[str] = mapped_column(String(9))

    Base.metadata.remove(Leaf.__table__)  # type: ignore[arg-type]
    return Leaf


async def _fill(database: Database, leaf: Any, times: list[dt.datetime], clock: ManualClock) -> list[uuid.UUID]:
    async with database.transaction() as session:
        await session.execute(CreateTable(leaf.__table__))
        rows = [leaf(id=clock.new_id(), created_at=at, name=str(number)) for number, at in enumerate(times)]
        session.add_all(rows)
    return [row.id for row in sorted(rows, key=lambda row: (row.created_at, row.id), reverse=True)]


async def _walk(database: Database, leaf: Any, limit: int) -> list[uuid.UUID]:
    seen: list[uuid.UUID] = []
    cursor = None
    while True:
        async with database.reading() as session:
            query = PageQuery(limit=limit, cursor=cursor)
            found = await find_page(session, select(leaf), leaf, query)
        assert len(found.rows) <= limit
        seen += [row.id for row in found.rows]
        cursor = found.next_cursor
        if cursor is None:
            return seen


async def test_pages_of_any_size_show_each_row_once_newest_first(
    database: Database, listed: Any, clock: ManualClock
) -> None:
    # Many rows of the same instant: the id alone must keep them in order.
    times = [START + dt.timedelta(microseconds=number // 4) for number in range(23)]
    expected = await _fill(database, listed, times, clock)
    for limit in (1, 4, 22, 23, 24, 200):
        assert await _walk(database, listed, limit) == expected, limit


async def test_an_empty_list_has_no_next_page(database: Database, listed: Any, clock: ManualClock) -> None:
    await _fill(database, listed, [], clock)
    assert await _walk(database, listed, 5) == []


async def test_a_row_added_meanwhile_moves_nothing(database: Database, listed: Any, clock: ManualClock) -> None:
    expected = await _fill(database, listed, [START + dt.timedelta(seconds=n) for n in range(6)], clock)
    async with database.reading() as session:
        first = await find_page(session, select(listed), listed, PageQuery(limit=3))
    async with database.transaction() as session:
        session.add(listed(id=clock.new_id(), created_at=START + dt.timedelta(hours=1), name="new"))
    async with database.reading() as session:
        rest = await find_page(session, select(listed), listed, PageQuery(limit=3, cursor=first.next_cursor))
    assert [row.id for row in (*first.rows, *rest.rows)] == expected


@pytest.mark.parametrize("cursor", ["x", "", "é", "W10", "bnVsbA", "WzEsMl0", "WyIyMDI2LTAxLTAxIiwieCJd", "{}" * 90])
async def test_a_cursor_that_is_not_ours_is_refused(database: Database, listed: Any, cursor: str) -> None:
    async with database.reading() as session:
        with pytest.raises(ProblemError) as caught:
            await find_page(session, select(listed), listed, PageQuery(cursor=cursor))
    assert caught.value.problem.status == 422
    assert caught.value.problem.errors[0].pointer == "cursor"
