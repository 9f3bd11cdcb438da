"""The audit log's table: appended to in the deed's own transaction, read, and verified. Nobody changes or deletes.

One chain for the hub. On PostgreSQL the COMMIT takes an advisory lock, chains and inserts (migration 0062), so that
the lock is held for the flush to the disk and no trip; on SQLite one transaction writes at a time anyway. The
migration's triggers refuse everything else.
"""

import dataclasses
import datetime as dt
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Index, String, Text, func, insert, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from hub.kernel.chain import GENESIS, START, Broken, Entry, Head, hash_of, said_by, walk
from hub.kernel.columns import Base
from hub.kernel.postgres import LISTENERS
from hub.kernel.statements import Statement, is_sqlite, run_at_end
from protocols.errors import Refused

_FIELDS: Final = tuple(field.name for field in dataclasses.fields(Entry))
_STEP: Final = 1000


class AuditRecord(Base):
    """One deed: who did what to whom and why, chained to the one before."""

    __tablename__ = "audit_records"
    __table_args__ = (
        Index("ix_audit_records_actor_id_seq", "actor_id", "seq"),
        Index("ix_audit_records_target_id_seq", "target_id", "seq"),
        {"info": {"audit": False}},
    )

    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[dt.datetime] = mapped_column(index=True)
    actor_kind: Mapped[str] = mapped_column(String(12))  # account | api_key | station | command | hub | nobody
    actor_id: Mapped[uuid.UUID | None]
    organisation_id: Mapped[uuid.UUID | None] = mapped_column(index=True)
    action: Mapped[str] = mapped_column(String(160))
    target_kind: Mapped[str | None] = mapped_column(String(60))
    target_id: Mapped[str | None] = mapped_column(String(64))
    reason: Mapped[str | None] = mapped_column(Text)
    outcome: Mapped[str] = mapped_column(String(60))  # done, or the code of the refusal that was kept
    changes: Mapped[str] = mapped_column(Text)  # JSON; text, because its bytes are hashed
    trace_id: Mapped[str] = mapped_column(String(32))
    hash: Mapped[str] = mapped_column(String(64))


Ask = Callable[[], Head | None]
"""Once the transaction is committed: which head its record has made."""


async def append(session: AsyncSession, now: dt.datetime, **said: Any) -> Ask:
    """Chain one more record as the transaction's last act; on PostgreSQL its COMMIT does it."""
    entry = Entry(seq=0, at=now, **said)
    if not is_sqlite(session):
        return await _say(session, entry)
    await run_at_end(session)
    last = (await session.execute(_LAST)).one_or_none()
    seq, previous = last or (0, GENESIS)
    entry = dataclasses.replace(entry, seq=seq + 1)
    row = {name: getattr(entry, name) for name in _FIELDS} | {"hash": hash_of(previous, entry)}
    await session.execute(insert(AuditRecord).values(row))
    head = Head(seq=entry.seq, hash=row["hash"])
    return lambda: head


async def _say(session: AsyncSession, entry: Entry) -> Ask:
    said_id = uuid.uuid4()
    values = [getattr(entry, name) for name in _FIELDS if name != "seq"]
    await run_at_end(session, Statement(_SAID, (said_id, said_by(entry), *values)))
    return lambda: _HEARD.pop(str(said_id), None)


def hear(text: str) -> None:
    """Something that PostgreSQL said beside its answers: which head a COMMIT under way makes."""
    word, _, rest = text.partition(" ")
    if word == "audited":
        said_id, seq, made = rest.split()
        _HEARD[said_id] = Head(seq=int(seq), hash=made)
        if len(_HEARD) > _MOST_HEARD:  # of COMMITs that came to nothing after all
            del _HEARD[next(iter(_HEARD))]


LISTENERS.append(hear)
_LAST = select(AuditRecord.seq, AuditRecord.hash).order_by(AuditRecord.seq.desc()).limit(1)
_SAID: Final = (
    f"INSERT INTO audit.said (id, said, {', '.join(_FIELDS[1:])})"  # noqa: S608  # names of our own columns
    f" VALUES ({', '.join(f'?{number}' for number in range(1, len(_FIELDS) + 2))})"
)
_HEARD: Final[dict[str, Head]] = {}
_MOST_HEARD: Final = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """How far the log is right, what is the first that is not, and whether there is more to look at."""

    head: Head
    broken: Broken | None
    more: bool


async def verified(session: AsyncSession, after_seq: int, most: int, noted: Head | None = None) -> Verified:
    """Look at the next records after `after_seq`, and at a head that was noted earlier.

    Raises Refused `not_found` where there is no record `after_seq` to begin with.
    """
    start = await _head_at(session, after_seq)
    if start is None:
        raise Refused("not_found")
    head, broken, more = await _walked(session, start, most)
    if broken is None and noted is not None:
        kept = await _head_at(session, noted.seq)
        if kept is None:
            broken = Broken(seq=await _last_seq(session) + 1, fault="missing")
        elif kept != noted:
            broken = Broken(seq=noted.seq, fault="changed")
    return Verified(head=head, broken=broken, more=more)


async def _walked(session: AsyncSession, head: Head, most: int) -> tuple[Head, Broken | None, bool]:
    until = head.seq + most
    while head.seq < until:
        step = min(_STEP, until - head.seq)
        rows = await _after(session, head.seq, step)
        head, broken = walk(head, ((_entry(row), row.hash) for row in rows))
        if broken is not None or len(rows) < step:
            return head, broken, False
    return head, None, await _last_seq(session) > head.seq


async def _head_at(session: AsyncSession, seq: int) -> Head | None:
    if seq == 0:
        return START
    kept = await session.scalar(select(AuditRecord.hash).where(AuditRecord.seq == seq))
    return None if kept is None else Head(seq=seq, hash=kept)


async def last_at(session: AsyncSession) -> dt.datetime | None:
    """When the last deed was written down; None where there is none."""
    last = select(AuditRecord.at).order_by(AuditRecord.seq.desc()).limit(1)
    return await session.scalar(last)


async def _last_seq(session: AsyncSession) -> int:
    return await session.scalar(select(func.max(AuditRecord.seq))) or 0


async def _after(session: AsyncSession, seq: int, limit: int) -> Sequence[Any]:
    rows = select(*AuditRecord.__table__.columns).where(AuditRecord.seq > seq).order_by(AuditRecord.seq).limit(limit)
    return (await session.execute(rows)).all()


def _entry(row: Any) -> Entry:
    return Entry(**{name: getattr(row, name) for name in _FIELDS})
