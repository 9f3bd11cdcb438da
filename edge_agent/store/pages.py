"""The pages of a SQLite file that SQLite itself refuses, with those of its write-ahead log laid over. Never writes.

SQLite stops at the first bad frame of a log and forgets what was committed behind it. Each frame's checksum goes on
from the one stored before it, so frames behind a damage can still be told from garbage
(https://www.sqlite.org/fileformat2.html, §4).
"""

import mmap
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

PAGE_BYTES: Final = 4096
_WAL_MAGIC: Final = 0x377F0682  # the lowest bit says that checksums are over big-endian words
_WAL_VERSION: Final = 3_007_000
_WAL_HEADER: Final = struct.Struct(">8I")
_FRAME_HEADER: Final = struct.Struct(">6I")
_FRAME_BYTES: Final = _FRAME_HEADER.size + PAGE_BYTES
_MASK: Final = 0xFFFFFFFF


@dataclass(frozen=True, slots=True, kw_only=True)
class _Frame:
    offset: int  # of its page
    page_no: int
    commits: bool
    follows: bool  # its checksum goes on from the one before


@dataclass(frozen=True, slots=True, kw_only=True)
class Wal:
    """What a log holds: pages by number (the newest committed version), and whether SQLite would lose some of it."""

    pages: dict[int, bytes]
    broken: bool


def read_wal(path: Path) -> Wal:
    """Everything in the log that is whole. Raises OSError."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return Wal(pages={}, broken=False)
    if not data:
        return Wal(pages={}, broken=False)
    header = _header(data)
    frames = _frames(data, header)
    # A header of zeros was never written (the disk failed at it), and a log without room for a frame held nothing.
    ruined = header is None and any(data[: _WAL_HEADER.size]) and len(data) >= _WAL_HEADER.size + _FRAME_BYTES
    broken = ruined or _loses_commits(frames)
    return Wal(pages=_newest(data, frames), broken=broken)


def _header(data: bytes) -> tuple[int, ...] | None:
    if len(data) < _WAL_HEADER.size:
        return None
    fields = _WAL_HEADER.unpack_from(data)
    if fields[0] & ~1 != _WAL_MAGIC or fields[1] != _WAL_VERSION or fields[2] != PAGE_BYTES:
        return None
    order = ">" if fields[0] & 1 else "<"
    return fields if _checksum(order, (0, 0), data[:24]) == (fields[6], fields[7]) else None


def _frames(data: bytes, header: tuple[int, ...] | None) -> list[_Frame]:
    """The frames of the log's present round, in order; those of an earlier round have other salts."""
    order = ">" if header is not None and header[0] & 1 else "<"
    salts = header[4:6] if header is not None else _salts_of(data)
    stored = header[6:8] if header is not None else (0, 0)
    frames = []
    for start in range(_WAL_HEADER.size, len(data) - _FRAME_BYTES + 1, _FRAME_BYTES):
        page_no, after, salt_1, salt_2, sum_1, sum_2 = _FRAME_HEADER.unpack_from(data, start)
        if (salt_1, salt_2) != salts:
            continue
        page = data[start + _FRAME_HEADER.size : start + _FRAME_BYTES]
        found = _checksum(order, _checksum(order, (stored[0], stored[1]), data[start : start + 8]), page)
        follows = found == (sum_1, sum_2) and page_no > 0
        stored = (sum_1, sum_2)
        frames.append(_Frame(offset=start + _FRAME_HEADER.size, page_no=page_no, commits=after > 0, follows=follows))
    return frames


def _salts_of(data: bytes) -> tuple[int, ...]:
    """Those of the first two frames that agree: the header, which says it, is gone."""
    before: tuple[int, ...] = ()
    for start in range(_WAL_HEADER.size, len(data) - _FRAME_BYTES + 1, _FRAME_BYTES):
        found = _FRAME_HEADER.unpack_from(data, start)[2:4]
        if found == before:
            return found
        before = found
    return before


def _loses_commits(frames: list[_Frame]) -> bool:
    """Whether whole commits stand behind a bad frame.

    One alone does not count: a power cut may leave the last, unfinished commit in pieces. Each is synced before
    the next begins, so a second one behind the bad frame was there on purpose.
    """
    bad = next((index for index, frame in enumerate(frames) if not frame.follows), len(frames))
    commits = [index for index, frame in enumerate(frames) if index > bad and frame.follows and frame.commits]
    return bool(commits) and any(frame.follows for frame in frames[commits[0] + 1 :])


def _newest(data: bytes, frames: list[_Frame]) -> dict[int, bytes]:
    last = max((index for index, frame in enumerate(frames) if frame.follows and frame.commits), default=-1)
    kept = [frame for frame in frames[: last + 1] if frame.follows]
    return {frame.page_no: data[frame.offset : frame.offset + PAGE_BYTES] for frame in kept}


def _checksum(order: str, start: tuple[int, int], data: bytes) -> tuple[int, int]:
    first, second = start
    words = struct.unpack(f"{order}{len(data) // 4}I", data)
    for one, two in zip(words[::2], words[1::2], strict=True):
        first = (first + one + second) & _MASK
        second = (second + two + first) & _MASK
    return first, second


class Pages:
    """Pages by number, from 1. A context manager: the file is mapped, not read."""

    def __init__(self, path: Path) -> None:
        """Raises OSError when the file cannot be read; one that is not there has the pages of its log."""
        wal = read_wal(path.with_name(path.name + "-wal"))
        self._over = wal.pages
        self._map: mmap.mmap | bytes = b""
        size = path.stat().st_size if path.exists() else 0
        if size:
            with path.open("rb") as file:
                self._map = mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)
        self.count = max(-(-size // PAGE_BYTES), *self._over, 0) if self._over else -(-size // PAGE_BYTES)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if isinstance(self._map, mmap.mmap):
            self._map.close()

    def get(self, number: int) -> bytes | None:
        """The page; None beyond the end, or when only a part of it is there."""
        over = self._over.get(number)
        if over is not None:
            return over
        start = (number - 1) * PAGE_BYTES
        page = self._map[start : start + PAGE_BYTES] if number > 0 else b""
        return page if len(page) == PAGE_BYTES else None
