"""Lists in pages: `?limit=` and an opaque `cursor` over (created_at, id), newest first."""

import base64
import binascii
import datetime as dt
import json
import uuid
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from pydantic import Field
from sqlalchemy import Select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from hub.kernel.columns import Base
from hub.kernel.problem import invalid
from hub.kernel.shapes import Shape
from protocols.errors import Malformed
from protocols.values import instant

MAX_LIMIT = 200
T = TypeVar("T")
M = TypeVar("M")


class Listed(Base):
    """A table that can be listed: every table with `id` and `created_at`."""

    __abstract__ = True

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    created_at: Mapped[dt.datetime] = mapped_column(index=True)


R = TypeVar("R", bound=Listed)


class PageQuery(Shape):
    """Query of every list; a list with filters inherits from it."""

    limit: int = Field(default=50, ge=1, le=MAX_LIMIT, description="How many items at most")
    cursor: str | None = Field(default=None, max_length=200, description="`next_cursor` of the page before")


class Page(Shape, Generic[T]):
    """One page of a list; `next_cursor` is null on the last one."""

    items: list[T]
    next_cursor: str | None = None


class Found(Generic[M]):
    """Rows of one page and where the next one begins."""

    def __init__(self, rows: Sequence[M], next_cursor: str | None) -> None:
        self.rows = rows
        self.next_cursor = next_cursor

    def as_page(self, show: Callable[[M], T]) -> Page[T]:
        """The page, each row turned into what the client sees."""
        return Page[T](items=[show(row) for row in self.rows], next_cursor=self.next_cursor)


async def find_page(session: AsyncSession, select: Select[R], table: type[R], query: PageQuery) -> Found[R]:
    """The rows of `select` after the query's cursor, newest first. Raises a 422 for a cursor that is not ours."""
    if query.cursor is not None:
        created_at, row_id = _read_cursor(query.cursor)
        select = select.where(
            (table.created_at < created_at) | ((table.created_at == created_at) & (table.id < row_id))
        )
    select = select.order_by(table.created_at.desc(), table.id.desc()).limit(query.limit + 1)
    rows = (await session.scalars(select)).all()
    more = len(rows) > query.limit
    rows = rows[: query.limit]
    return Found(rows, _cursor(rows[-1]) if more else None)


def _cursor(row: Listed) -> str:
    at, row_id = row.created_at, row.id
    text = json.dumps([at.isoformat(), str(row_id)], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


def _read_cursor(cursor: str) -> tuple[dt.datetime, uuid.UUID]:
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        created_at, row_id = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        return instant(created_at), uuid.UUID(row_id)
    except (ValueError, TypeError, AttributeError, binascii.Error, Malformed) as error:
        raise invalid("cursor", "not a cursor of this list", place="query", rule="bad_cursor") from error
