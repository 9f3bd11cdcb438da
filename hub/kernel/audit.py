"""Deeds: whoever carries one out says so once, and every transaction in it writes itself into the audit log.

The web layer begins a deed for each writing route, a command for itself; domains need do nothing, and may `tell`
more. Which rows changed is taken from the session (`row_changes.py`).
"""

import contextlib
import os
import uuid
from collections.abc import AsyncIterator, Iterator
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Final

import structlog
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session, UOWTransaction

from hub.kernel import audit_log
from hub.kernel.chain import Head, to_text
from hub.kernel.clock import Clock
from hub.kernel.db import after_commit, watching
from hub.kernel.reach import BoundSession
from hub.kernel.row_changes import changes_of

_MOST_ROWS: Final = 100
_ROWS: Final = "rows_of_the_deed"
_log = structlog.get_logger("hub.audit")


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who acts: `account`, `api_key`, `station`, `command` (somebody at the hub's machine), `hub`, or `nobody`."""

    kind: str = "nobody"
    id: uuid.UUID | None = None
    organisation_id: uuid.UUID | None = None


@dataclass(slots=True, kw_only=True)
class Deed:
    """What is being done. What is told in a transaction that fails is forgotten with it."""

    actor: Actor
    action: str
    trace_id: str
    clock: Clock
    target_kind: str | None = None
    target_id: str | None = None
    reason: str | None = None
    told: dict[str, Any] = field(default_factory=dict)
    details: dict[str, Any] = field(default_factory=dict)
    silent: bool = False


_DEED: ContextVar[Deed | None] = ContextVar("deed", default=None)


@contextlib.contextmanager
def doing(deed: Deed) -> Iterator[None]:
    """From here to the end every unit of work that writes is this deed, and appends its record as it commits."""
    before = _DEED.set(deed)
    try:
        with watching(_written_down):
            yield
    finally:
        _DEED.reset(before)


def by_command(clock: Clock, command: str) -> contextlib.AbstractContextManager[None]:
    """A deed of whoever sits at the hub's machine; the command line knows no accounts."""
    actor = Actor(kind="command")
    return doing(Deed(actor=actor, action=f"voltdock-hub {command}", trace_id=os.urandom(16).hex(), clock=clock))


def by_hub(clock: Clock, action: str) -> contextlib.AbstractContextManager[None]:
    """A deed of the hub itself: what it does unasked, by its settings, and nobody can take back."""
    return doing(Deed(actor=Actor(kind="hub"), action=action, trace_id=os.urandom(16).hex(), clock=clock))


def tell(
    *,
    actor: Actor | None = None,
    target: tuple[str, object] | None = None,
    reason: str | None = None,
    outcome: str | None = None,
    **details: Any,
) -> None:
    """Say more about the deed under way, for its record; nothing where none is (jobs, stations' facts).

    `details` are JSON, without secrets: they stay for ever.
    """
    deed = _DEED.get()
    if deed is None:
        return
    given = {"actor": actor, "target": target, "reason": reason, "outcome": outcome}
    deed.told.update({name: value for name, value in given.items() if value is not None})
    deed.details.update(details)


def nothing_done() -> None:
    """The deed did nothing this time (an answer that was kept is given again): no record of it."""
    deed = _DEED.get()
    if deed is not None:
        deed.silent = True


@contextlib.asynccontextmanager
async def _written_down(session: AsyncSession) -> AsyncIterator[None]:
    deed = _DEED.get()
    if deed is None:
        yield
        return
    rows: list[dict[str, Any]] = []
    session.info[_ROWS] = rows
    try:
        yield
        if not deed.silent:
            await session.flush()
            del session.info[_ROWS]
            head = await audit_log.append(session, deed.clock.now(), **_said(deed, rows))
            after_commit(session, lambda: _note(head()))
    finally:
        deed.told, deed.details, deed.silent = {}, {}, False


def _collect(session: Session, _context: UOWTransaction | None, _instances: object) -> None:
    rows: list[dict[str, Any]] | None = session.info.get(_ROWS)
    if rows is not None:
        rows.extend(changes_of(session))


def _note(head: Head | None) -> None:
    """Where the chain stands, into the log: whoever keeps it elsewhere can prove that nothing before it is gone."""
    if head is not None:
        _log.info("audited", seq=head.seq, hash=head.hash)


def _said(deed: Deed, rows: list[dict[str, Any]]) -> dict[str, Any]:
    actor: Actor = deed.told.get("actor", deed.actor)
    target_kind, target_id = deed.told.get("target", (deed.target_kind, deed.target_id))
    changes: dict[str, Any] = {"rows": rows[:_MOST_ROWS]} if rows else {}
    if len(rows) > _MOST_ROWS:
        changes["more_rows"] = len(rows) - _MOST_ROWS
    return {
        "actor_kind": actor.kind,
        "actor_id": actor.id,
        "organisation_id": actor.organisation_id,
        "action": deed.action,
        "target_kind": target_kind,
        "target_id": None if target_id is None else str(target_id)[:64],
        "reason": deed.told.get("reason", deed.reason),
        "outcome": deed.told.get("outcome", "done"),
        "changes": to_text({**deed.details, **changes}),
        "trace_id": deed.trace_id,
    }


event.listen(BoundSession, "before_flush", _collect)
