"""A file that is only there to be removed: on a full disk SQLite cannot even delete, so room is kept for it.

Without it a full disk locks the store up for good: DELETE, checkpoint and INSERT all fail (docs/store.md).
"""

import contextlib
import os
from pathlib import Path
from typing import Final

# Room for 10,000 business facts after new business is refused: 1.0 kB each with their state, the log, and air.
BALLAST_BYTES: Final = 24 * 1024 * 1024
# Room that must be free before the ballast is laid again, so that it does not fill the disk by itself.
_WANTED_FREE: Final = 2


class Ballast:
    """The file beside the store. `is_there` False means that the store lives on its reserve."""

    def __init__(self, path: Path, size_bytes: int = BALLAST_BYTES) -> None:
        self._path = path
        self._size_bytes = size_bytes
        self.is_there = False

    def lay(self) -> bool:
        """Make the file if there is room for it and as much again; True when it is there."""
        if self.is_there or self._is_whole():
            self.is_there = True
            return True
        with contextlib.suppress(OSError):
            disk = os.statvfs(self._path.parent)
            if disk.f_bavail * disk.f_frsize >= self._size_bytes * _WANTED_FREE:
                self._write()
                self.is_there = True
        return self.is_there

    def drop(self) -> bool:
        """Give its room back to the disk; True when there was a file."""
        self.is_there = False
        try:
            self._path.unlink()
        except OSError:
            return False
        return True

    def _is_whole(self) -> bool:
        try:
            found = self._path.stat()
        except OSError:
            return False
        return found.st_size == self._size_bytes and found.st_blocks * 512 >= self._size_bytes

    def _write(self) -> None:
        fd = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        try:
            os.posix_fallocate(fd, 0, self._size_bytes)
            os.fsync(fd)
        except OSError:
            self._path.unlink(missing_ok=True)
            raise
        finally:
            os.close(fd)
