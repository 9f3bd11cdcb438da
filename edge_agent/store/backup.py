"""A daily copy of the store in a second file, made while it is used: read in one snapshot, slowly, never checkpointing.

It is for the day when the first file cannot be read. The file appears whole, on the disk and checked, or not at all.
"""

import contextlib
import os
import sqlite3
import threading
from pathlib import Path
from typing import Final

from edge_agent.store import aside
from edge_agent.store.database import as_store_error, check, open_reader
from edge_agent.store.errors import StoreError, StoreFull
from edge_agent.store.salvage import BACKUP

EVERY_S: Final = 24 * 3600.0
STEP_PAGES: Final = 256  # 1 MiB, then a pause: business commits come between
PAUSE_S: Final = 0.05


class BackupStopped(StoreError):
    """The agent ends; the copy was thrown away."""


def backup_of(path: Path) -> Path:
    """Where the copy of this store stands."""
    return aside.beside(path, BACKUP)


def age_s(path: Path, now_s: float) -> float | None:
    """How old the copy is by the wall clock (Unix seconds); None when there is none."""
    try:
        return max(0.0, now_s - backup_of(path).stat().st_mtime)
    except OSError:
        return None


def make(path: Path, *, spare_bytes: int, stop: threading.Event, pause_s: float = PAUSE_S) -> int:
    """Copy, sync, check, rename; how many bytes. Blocks for long: not for the event loop, nor for the writer.

    Raises StoreFull when `spare_bytes` would not stay free, StoreError, BackupStopped.
    """
    target, draft = backup_of(path), aside.beside(path, "backup-draft")
    needed = sum(one.stat().st_size for one in (path, aside.log_of(path)) if one.exists())
    disk = os.statvfs(path.parent)
    if disk.f_bavail * disk.f_frsize < needed + spare_bytes:
        raise StoreFull("no_room_for_backup", f"{needed} bytes")
    try:
        draft.unlink(missing_ok=True)
        _copy(path, draft, stop, pause_s)
        aside.sync_file(draft)
        draft.rename(target)
        aside.sync_folder(path.parent)
    except sqlite3.Error as error:
        raise as_store_error(error) from error
    finally:
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)
    return target.stat().st_size


def _copy(path: Path, draft: Path, stop: threading.Event, pause_s: float) -> None:
    def pause(_status: int, remaining: int, _total: int) -> None:
        if stop.wait(pause_s if remaining else 0):
            raise BackupStopped("the agent ends")

    source = open_reader(path)
    try:
        # One snapshot: a copy whose source changes between two steps would begin again, for ever on a busy station.
        source.execute("BEGIN")
        source.execute("SELECT count(*) FROM epochs").fetchone()
        copy = sqlite3.connect(draft, isolation_level=None)
        try:
            copy.execute("PRAGMA synchronous = OFF")  # synced once, when it is whole
            source.backup(copy, pages=STEP_PAGES, progress=pause, sleep=0)
            copy.execute("PRAGMA journal_mode = DELETE").fetchall()  # readable without a log beside it
            check(copy)
        finally:
            copy.close()
        source.execute("ROLLBACK")
    finally:
        source.close()
