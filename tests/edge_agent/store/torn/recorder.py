"""An SQLite VFS that writes down what is done to the files of one folder, and can fail at any of it.

The files are real ones (the locks and the shared memory of the WAL stay those of SQLite's own Unix VFS); what
matters here is the list of operations beside them, from which `disk.cuts` makes what a torn disk would hold.
"""

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Final

import apsw

from tests.edge_agent.store.torn.disk import Create, Op, Sync, Truncate, Unlink, Write

_numbers: Final = itertools.count(1)
_SYNCS_FOLDER: Final = apsw.SQLITE_OPEN_WAL | apsw.SQLITE_OPEN_MAIN_JOURNAL

# Given the number of the operation and the operation; an error to fail with, or None.
Fault = Callable[[int, Op], Exception | None]


def no_space() -> Exception:
    """What SQLite's Unix VFS makes of ENOSPC at a write."""
    return apsw.exception_for(apsw.SQLITE_FULL)


def io_error(op: Op) -> Exception:
    """What SQLite's Unix VFS makes of EIO at this operation."""
    match op:
        case Sync():
            return apsw.exception_for(apsw.SQLITE_IOERR_FSYNC)
        case Truncate():
            return apsw.exception_for(apsw.SQLITE_IOERR_TRUNCATE)
        case Unlink():
            return apsw.exception_for(apsw.SQLITE_IOERR_DELETE)
        case Create():
            return apsw.exception_for(apsw.SQLITE_CANTOPEN)
        case Write():
            return apsw.exception_for(apsw.SQLITE_IOERR_WRITE)


class Recorder(apsw.VFS):
    """Files of `folder` are recorded in `ops`; `fault` may fail one instead. Use `uri(...)` with `vfs=name`."""

    def __init__(self, folder: Path, fault: Fault | None = None) -> None:
        self.name = f"recorder-{next(_numbers)}"
        self.folder = folder
        self.ops: list[Op] = []
        self.tried = 0
        self.fault = fault
        # As Disk numbers them: what is there at the start has negative numbers in the order of the names.
        self.files = {path.name: -1 - n for n, path in enumerate(sorted(folder.glob("*.db*")))}
        self._next = itertools.count(1)
        super().__init__(self.name, "unix")

    def start(self) -> dict[str, bytes]:
        """The files as they are before anything is recorded."""
        return {name: (self.folder / name).read_bytes() for name in self.files}

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> apsw.VFSFile:  # noqa: N802
        """SQLite's."""
        path = name.filename() if isinstance(name, apsw.URIFilename) else name
        if name is None or path is None:
            return apsw.VFSFile("unix", name, flags)
        base = Path(path).name
        if base not in self.files and flags[0] & apsw.SQLITE_OPEN_CREATE:
            number = next(self._next)
            self.do(Create(base, number))
            self.files[base] = number
        return _Recorded(self, self.files.get(base, 0), name, flags)

    def xDelete(self, filename: str, syncdir: bool) -> None:  # noqa: N802
        """SQLite's."""
        base = Path(filename).name
        self.do(Unlink(base, syncdir))
        self.files.pop(base, None)
        super().xDelete(filename, syncdir)

    def excepthook(self, *_: object) -> bool:
        """apsw cannot raise an error while it raises another; the disk's own are no news."""
        return True

    def do(self, op: Op) -> None:
        """Write the operation down, or fail in its place."""
        self.tried += 1
        error = self.fault(self.tried, op) if self.fault is not None else None
        if error is not None:
            raise error
        self.ops.append(op)


class _Recorded(apsw.VFSFile):
    def __init__(self, vfs: Recorder, file: int, name: str | apsw.URIFilename, flags: list[int]) -> None:
        self._vfs = vfs
        self._file = file
        self._syncs_folder = bool(flags[0] & _SYNCS_FOLDER)
        super().__init__("unix", name, flags)

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802
        try:
            self._vfs.do(Write(self._file, offset, bytes(data)))
        except apsw.Error:
            half = bytes(data[: len(data) // 2])  # a write that fails may have been done in part
            self._vfs.ops.append(Write(self._file, offset, half))
            super().xWrite(half, offset)
            raise
        super().xWrite(data, offset)

    def xTruncate(self, newsize: int) -> None:  # noqa: N802
        self._vfs.do(Truncate(self._file, newsize))
        super().xTruncate(newsize)

    def xSync(self, flags: int) -> None:  # noqa: N802
        self._vfs.do(Sync(self._file, self._syncs_folder))
        # SQLite's Unix VFS syncs the folder with the first sync of a WAL or a journal. The real file is not synced.
        self._syncs_folder = False

    def excepthook(self, *_: object) -> bool:
        """As above."""
        return True
