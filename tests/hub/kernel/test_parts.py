"""Rows come in parts, the asked ones first and then the named ones; on both databases."""

import uuid

import pytest
from sqlalchemy import select

from hub.kernel import parts
from hub.kernel.db import Database
from hub.kernel.wishes import Wish
from tests.hub.foreign import AT


async def test_rows_come_in_parts_and_the_named_ones_after_them(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts, "AT_ONCE", 2)
    ids = [uuid.UUID(int=number) for number in range(1, 6)]
    async with database.transaction() as session:
        for number, row_id in enumerate(ids):
            session.add(Wish(id=row_id, created_at=AT, kind="x", key=None, payload={}, not_before=AT, round=number))
    async with database.reading(held=True) as session:
        asked = select(Wish.id, Wish.round).order_by(Wish.round)
        found = [part async for part in parts.in_parts(session, asked, Wish.round < 3, Wish.id, ids[2:])]
    assert found == [
        [(ids[0], 0), (ids[1], 1)], [(ids[2], 2)], [(ids[2], 2), (ids[3], 3)], [(ids[4], 4)],
    ]  # fmt: skip
