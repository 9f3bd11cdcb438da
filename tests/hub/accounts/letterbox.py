"""A way out for mail that keeps it, and what carries wishes out without an engine."""

import dataclasses
import re
from collections.abc import Mapping

from sqlalchemy import select

from hub.kernel.db import Database
from hub.kernel.wishes import Handler, Task, Wish
from tests.hub.conftest import START


@dataclasses.dataclass(frozen=True, kw_only=True)
class Got:
    ref: str
    to: str
    subject: str
    text: str
    html: str
    locale: str

    @property
    def secret(self) -> str:
        """What stands behind the # of its link."""
        found = re.search(r"#([\w-]+)", self.text)
        assert found is not None, self.text
        return found.group(1)


class Letterbox:
    """`Mail` that keeps every letter."""

    def __init__(self) -> None:
        self.got: list[Got] = []

    async def send(self, *, ref: str, to: str, subject: str, text: str, html: str, locale: str) -> None:
        self.got.append(Got(ref=ref, to=to, subject=subject, text=text, html=html, locale=locale))


async def carry_out(database: Database, handlers: Mapping[str, Handler], *, times: int = 1) -> int:
    """Everything that is wished and not done, the oldest first, each so many times; how many wishes there were."""
    async with database.reading() as session:
        waiting = (await session.scalars(select(Wish).where(Wish.done_at.is_(None)).order_by(Wish.id))).all()
    for one in waiting:
        for _ in range(times):
            await handlers[one.kind](Task(id=one.id, kind=one.kind, payload=one.payload))
        async with database.transaction() as session:
            (await session.get_one(Wish, one.id)).done_at = START
    return len(waiting)
