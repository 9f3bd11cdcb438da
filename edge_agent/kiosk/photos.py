"""Pictures that staff take, kept at the station by their SHA-256: facts name them, the files stay here for now.

A budget bounds them. When it is used up, pictures older than KEEP_S make room, the oldest first; younger ones are
never thrown away for a new one: what a fact names is worth more than another angle.
"""

import contextlib
import hashlib
import os
import re
import time
from pathlib import Path
from typing import Final

from protocols.errors import Refused

MOST_BYTES: Final = 600_000  # one picture; the page makes them smaller
BUDGET_BYTES: Final = 64 * 1024 * 1024
KEEP_S: Final = 30 * 86_400.0
_JPEG: Final = b"\xff\xd8\xff"
_NAME: Final = re.compile("[0-9a-f]{64}")


class PhotoShelf:
    """A folder of JPEG files. Its methods touch the disk: call them in a thread."""

    def __init__(self, folder: Path, *, budget: int = BUDGET_BYTES) -> None:
        self._folder = folder
        self._budget = budget

    def add(self, picture: bytes) -> str:
        """Keep it; the same picture twice is one file. Raises Refused `photos_full`, or `photo_unknown` for no JPEG."""
        if not picture.startswith(_JPEG) or len(picture) > MOST_BYTES:
            raise Refused("photo_unknown")
        name = hashlib.sha256(picture).hexdigest()
        path = self._path(name)
        if not path.is_file():
            self._make_room(len(picture))
            self._write(path, picture)
        return name

    def find(self, name: str) -> Path | None:
        """Where the picture is."""
        path = self._path(name) if _NAME.fullmatch(name) else None
        return path if path is not None and path.is_file() else None

    def usage(self) -> tuple[int, int]:
        """How many pictures, and how many bytes."""
        sizes = [path.stat().st_size for path in self._files()]
        return len(sizes), sum(sizes)

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}.jpg"

    def _files(self) -> list[Path]:
        return list(self._folder.glob("*.jpg")) if self._folder.is_dir() else []

    def _make_room(self, wanted: int) -> None:
        used = self.usage()[1]
        old = time.time() - KEEP_S  # the disk dates by the machine's own clock
        for path in sorted(self._files(), key=lambda one: one.stat().st_mtime):
            if used + wanted <= self._budget or path.stat().st_mtime > old:
                break
            used -= path.stat().st_size
            path.unlink()
        if used + wanted > self._budget:
            raise Refused("photos_full")

    def _write(self, path: Path, picture: bytes) -> None:
        """Whole or not at all, and on the disk before anybody names it. Raises Refused `photos_full`."""
        part = path.with_suffix(".part")
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with part.open("wb") as file:
                file.write(picture)
                file.flush()
                os.fsync(file.fileno())
            part.replace(path)
        except OSError as error:
            with contextlib.suppress(OSError):
                part.unlink()
            raise Refused("photos_full") from error
