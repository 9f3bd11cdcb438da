"""Pictures that staff take, kept at the station by their SHA-256 until the hub has them: facts name them.

A budget bounds them. When it is used up, those that the hub has make room first, then those older than KEEP_S, the
oldest first; younger ones that wait are never thrown away for a new one: what a fact names is worth more than another
angle. What the hub has is kept for another SENT_S and then deleted.
"""

import contextlib
import os
import re
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from protocols.errors import Malformed, Refused
from protocols.photo import jpeg
from protocols.photo.upload import digest_of

BUDGET_BYTES: Final = 64 * 1024 * 1024
KEEP_S: Final = 30 * 86_400.0
SENT_S: Final = 2 * 3600.0
"""As long as a staff session lasts at most: until then an act may still name it."""
_NAME: Final = re.compile(r"([0-9a-f]{64})\.jpg(\.sent)?")
_SENT: Final = ".sent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A picture on the disk; `at_s` is when it was handed in, by the station's clock (Unix seconds)."""

    sha256: str
    path: Path
    size: int
    at_s: float
    sent: bool


class PhotoShelf:
    """A folder of JPEG files. Its methods touch the disk: call them in a thread; several may."""

    def __init__(self, folder: Path, *, budget: int = BUDGET_BYTES) -> None:
        self._folder = folder
        self._budget = budget
        self._lock = threading.Lock()

    def add(self, picture: bytes, *, at_s: float | None = None) -> str:
        """Keep it, without what it tells beside itself; the same picture twice is one file. The name is its SHA-256.

        Raises Refused `photos_full`, or `photo_unknown` for what is no JPEG of our size.
        """
        try:
            plain = jpeg.plain(picture)
        except Malformed as error:
            raise Refused("photo_unknown", why=error.detail) from error
        name = digest_of(plain)
        with self._lock:
            if self.describe(name) is None:
                now_s = time.time() if at_s is None else at_s
                self._make_room(len(plain), now_s)
                self._write(self._folder / f"{name}.jpg", plain, now_s)
        return name

    def find(self, name: str) -> Path | None:
        """Where the picture is."""
        kept = self.describe(name)
        return None if kept is None else kept.path

    def describe(self, name: str) -> Kept | None:
        """What is kept under this name."""
        for path in (self._folder / f"{name}.jpg", self._folder / f"{name}.jpg{_SENT}"):
            if _NAME.fullmatch(path.name):
                with contextlib.suppress(OSError):
                    return _kept(path)
        return None

    def held(self) -> list[Kept]:
        """All of them, the oldest first."""
        return sorted(self._all(), key=lambda one: (one.at_s, one.sha256))

    def names(self) -> list[str]:
        """All of them by their SHA-256, the oldest first."""
        return [one.sha256 for one in self.held()]

    def waiting(self) -> int:
        """How many the hub does not have, as far as is known here."""
        return len(self.unsent())

    def unsent(self) -> list[Kept]:
        """Those that wait for the hub, the oldest first."""
        return [one for one in self.held() if not one.sent]

    def read(self, name: str) -> bytes | None:
        """The picture, None when it is not there. What the disk has spoilt is thrown away: it is none any more."""
        kept = self.describe(name)
        if kept is None:
            return None
        try:
            content = kept.path.read_bytes()
        except OSError:
            return None
        if digest_of(content) == name:
            return content
        kept.path.unlink(missing_ok=True)
        return None

    def mark_sent(self, name: str) -> None:
        """The hub has it: it need not be kept for long."""
        waiting = self._folder / f"{name}.jpg"
        with self._lock, contextlib.suppress(FileNotFoundError):
            waiting.rename(self._folder / f"{name}.jpg{_SENT}")

    def tidy(self, now_s: float | None = None) -> None:
        """Delete what the hub has had for long enough, and what a power cut left half written."""
        before_s = (time.time() if now_s is None else now_s) - SENT_S
        with self._lock:
            for one in self._all():
                if one.sent and one.at_s < before_s:
                    one.path.unlink(missing_ok=True)
            for part in self._folder.glob("*.part"):
                part.unlink(missing_ok=True)

    def _all(self) -> Iterator[Kept]:
        for path in self._folder.glob("*.jpg*"):
            if _NAME.fullmatch(path.name):
                with contextlib.suppress(OSError):  # moved or deleted meanwhile
                    yield _kept(path)

    def _make_room(self, wanted: int, now_s: float) -> None:
        held = self.held()
        over = sum(one.size for one in held) + wanted - self._budget
        may_go = [one for one in held if one.sent] + [one for one in held if not one.sent and one.at_s < now_s - KEEP_S]
        for one in may_go:
            if over <= 0:
                return
            one.path.unlink(missing_ok=True)
            over -= one.size
        if over > 0:
            raise Refused("photos_full")

    def _write(self, path: Path, picture: bytes, at_s: float) -> None:
        """Whole or not at all, and on the disk before anybody names it. Raises Refused `photos_full`."""
        part = path.with_suffix(".part")
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with part.open("wb") as file:
                file.write(picture)
                file.flush()
                os.fsync(file.fileno())
            os.utime(part, (at_s, at_s))
            part.replace(path)
            _sync_folder(self._folder)
        except OSError as error:
            with contextlib.suppress(OSError):
                part.unlink()
            raise Refused("photos_full") from error


def _kept(path: Path) -> Kept:
    found = path.stat()
    return Kept(
        sha256=path.name[:64], path=path, size=found.st_size, at_s=found.st_mtime, sent=path.name.endswith(_SENT)
    )


def _sync_folder(folder: Path) -> None:
    """The name too must outlive a power cut: the fact that follows will."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
