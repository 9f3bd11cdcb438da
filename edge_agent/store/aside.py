"""The files beside the store, by name, and how a salvaged file takes the place of a damaged one.

Every step is one rename, and what a cut interrupts is finished at the next start: `station.db.salvaged` is there only
when it is whole and on the disk, and from then on it is the store.
"""

import contextlib
import datetime as dt
import os
from pathlib import Path
from typing import Final

KEPT: Final = 2  # damaged files: for a person to look at, not to fill the disk


def beside(path: Path, what: str) -> Path:
    """`station.db.<what>`."""
    return path.with_name(f"{path.name}.{what}")


def log_of(path: Path) -> Path:
    """SQLite's write-ahead log of this file."""
    return path.with_name(path.name + "-wal")


def mark_damaged(path: Path) -> None:
    """SQLite met damage while the store was open: the next start must not believe a check that finds none."""
    with contextlib.suppress(OSError):
        beside(path, "damaged").touch()


def is_marked(path: Path) -> bool:
    """Whether damage was met."""
    return beside(path, "damaged").exists()


def take_place(path: Path) -> Path | None:
    """Move the damaged file and its log aside and the salvaged one in; where it went, None when nothing was due.

    The log goes with its file: replayed into another one it would ruin it. Raises OSError.
    """
    salvaged = beside(path, "salvaged")
    if not salvaged.exists():
        return None
    made_at = dt.datetime.fromtimestamp(salvaged.stat().st_mtime, tz=dt.UTC)
    old = beside(path, f"corrupt-{made_at:%Y%m%dT%H%M%SZ}")
    for source, target in ((log_of(path), log_of(old)), (path, old)):
        with contextlib.suppress(FileNotFoundError):
            source.rename(target)
    path.with_name(path.name + "-shm").unlink(missing_ok=True)
    sync_folder(path.parent)
    salvaged.rename(path)
    beside(path, "damaged").unlink(missing_ok=True)
    sync_folder(path.parent)
    _drop_old(path)
    return old


def damaged_files(path: Path) -> list[Path]:
    """What was moved aside, oldest first."""
    return sorted(one for one in path.parent.glob(path.name + ".corrupt-*") if not one.name.endswith(("-wal", "-shm")))


def _drop_old(path: Path) -> None:
    for old in damaged_files(path)[:-KEPT]:
        log_of(old).unlink(missing_ok=True)
        old.unlink()


def sync_file(path: Path) -> None:
    """On the disk when it returns. Raises OSError."""
    fd = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def sync_folder(folder: Path) -> None:
    """The folder's names are on the disk when it returns. Raises OSError."""
    fd = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
