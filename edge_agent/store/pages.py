"""The pages of a SQLite file that SQLite itself refuses, with those of its write-ahead log laid over. Never writes.

SQLite stops at the first bad frame of a log and forgets what was committed behind it. Each frame's checksum goes on
from the one stored before it, so frames behind a damage can still be told from garbage
(https://www.sqlite.org/fileformat2.html, §4).
"""

import itertools
import mmap
import struct
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Final, Self

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
    """What a log holds: pages by number (the newest committed version), and whether some of it is lost to SQLite.

    `broken`: commits stand behind a bad frame. `headless`: SQLite would take none of it, for its header is no header;
    then `front` is what the log's last round committed, as far as it is whole from the start.
    """

    pages: dict[int, bytes]
    broken: bool
    headless: bool = False
    front: dict[int, bytes] = field(default_factory=dict)


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
    headless = header is None and any(data[: _WAL_HEADER.size]) and len(data) >= _WAL_HEADER.size + _FRAME_BYTES
    front = _front(data) if headless else {}
    return Wal(pages=_newest(data, frames), broken=_loses_commits(frames), headless=headless, front=front)


def loses_commits(path: Path, log: Path) -> bool:
    """Whether SQLite, opening this file with this log, would lose commits and say nothing. Raises OSError.

    A header may be in pieces although nothing is lost: SQLite writes a new one over a log that is in the file
    already, and syncs it before it writes more. So a log without one is held against the file.
    """
    wal = read_wal(log)
    if not wal.headless:
        return wal.broken
    if not path.exists():
        return True
    with path.open("rb") as file:
        return any(_page_in(file, number) != page for number, page in wal.front.items())


def _page_in(file: BinaryIO, number: int) -> bytes:
    file.seek(max(number - 1, 0) * PAGE_BYTES)
    return file.read(PAGE_BYTES) if number > 0 else b""


def _header(data: bytes) -> tuple[int, ...] | None:
    if len(data) < _WAL_HEADER.size:
        return None
    fields = _WAL_HEADER.unpack_from(data)
    if fields[0] & ~1 != _WAL_MAGIC or fields[1] != _WAL_VERSION or fields[2] != PAGE_BYTES:
        return None
    order = ">" if fields[0] & 1 else "<"
    return fields if _checksum(order, (0, 0), data[:24]) == (fields[6], fields[7]) else None


def _front(data: bytes) -> dict[int, bytes]:
    """The newest committed pages of the round that the log begins with. Nothing tells whether its first frame is whole.

    Behind it stand rounds from before, whose pages the file has long got in newer versions.
    """
    frames = _frames(data, None, _FRAME_HEADER.unpack_from(data, _WAL_HEADER.size)[2:4])
    whole = next((index for index, frame in enumerate(frames) if index > 0 and not frame.follows), len(frames))
    last = max((index for index, frame in enumerate(frames[:whole]) if frame.commits), default=0)
    return {frame.page_no: data[frame.offset : frame.offset + PAGE_BYTES] for frame in frames[: last + 1]}


def _frames(data: bytes, header: tuple[int, ...] | None, salts: tuple[int, ...] | None = None) -> list[_Frame]:
    """The frames of the log's present round, in order; those of an earlier round have other salts."""
    order = ">" if header is not None and header[0] & 1 else "<"
    salts = header[4:6] if header is not None else salts or _salts_of(data)
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
    the next begins, so a commit whose very next frame goes on from it was there on purpose. That next frame must be
    its own: behind the pieces of one power cut may stand those of an earlier one, which end in a commit as well.
    """
    bad = next((index for index, frame in enumerate(frames) if not frame.follows), len(frames))
    behind = frames[bad:]
    return any(one.follows and one.commits and then.follows for one, then in itertools.pairwise(behind))


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
