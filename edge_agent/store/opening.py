"""Opens a sound file, whatever the disk did to it: finds damage, has it salvaged, migrates what is there."""

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from edge_agent.store import aside, database, migrations
from edge_agent.store.errors import StoreDamaged, StoreUnwritable
from edge_agent.store.pages import loses_commits
from edge_agent.store.salvage import BACKUP, Salvaged, salvage
from protocols.sync.clock import Moment

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """How to open: `make_room` gives up the reserve and says whether there was one."""

    path: Path
    max_bytes: int | None
    connect: database.Connect
    moment: Moment
    nonce: str
    make_room: Callable[[], bool]


def open_sound(how: Opening) -> tuple[sqlite3.Connection, Salvaged | None]:
    """The writing connection, and what was salvaged on the way. Raises StoreError."""
    try:
        return _open_sound(how)
    except OSError as error:
        raise StoreUnwritable("cannot_open", str(error)) from error


def _open_sound(how: Opening) -> tuple[sqlite3.Connection, Salvaged | None]:
    aside.take_place(how.path)
    why = _known_damage(how.path)
    salvaged = None if why is None else _with_room(how, lambda: _salvage(how, why))
    try:
        return _with_room(how, lambda: _open(how)), salvaged
    except StoreDamaged as error:
        if salvaged is not None or not how.path.exists():
            raise
        found = str(error)
    salvaged = _with_room(how, lambda: _salvage(how, found))
    return _with_room(how, lambda: _open(how)), salvaged


def _known_damage(path: Path) -> str | None:
    """What SQLite itself would not see: it takes a missing file for a new one, a broken log for a short one."""
    if aside.is_marked(path):
        return "damage was met while the agent ran"
    if loses_commits(path, aside.log_of(path)):
        return "the write-ahead log is damaged"
    empty = not path.exists() or path.stat().st_size == 0
    return "the file is missing" if empty and aside.beside(path, BACKUP).exists() else None


def _salvage(how: Opening, why: str) -> Salvaged:
    return salvage(how.path, why=why, nonce=how.nonce, boot=how.moment.boot_id, at=how.moment.at)


def _with_room(how: Opening, run: Callable[[], _T]) -> _T:
    """On a full disk once more, without the reserve. SQLite names some of its ways to be full after its files."""
    try:
        return run()
    except StoreDamaged:
        raise
    except StoreUnwritable:
        if not how.make_room():
            raise
    return run()


def _open(how: Opening) -> sqlite3.Connection:
    conn = database.open_writer(how.path, max_bytes=how.max_bytes, connect=how.connect)
    try:
        database.check(conn)
        migrations.migrate(conn)
    except sqlite3.Error as error:
        conn.close()
        raise database.as_store_error(error) from error
    except BaseException:
        conn.close()
        raise
    return conn
