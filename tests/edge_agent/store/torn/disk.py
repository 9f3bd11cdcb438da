"""A disk as it is after a power cut: what was synced, and of the rest whatever the cut left. Pure.

A recording is a list of operations on the files of one folder. `cuts` replays it and gives, for every moment
between two operations, several images of the folder: the synced data, and of what was not synced none, all, a
prefix (the last write torn), a random subset of the writes, or a random subset of their 512-byte sectors. A
sector is there or not; with `Tear.GARBAGE` some written bytes are noise. Sizes may be kept where the data
was lost (holes of zeros). Names (created, deleted) come back as the folder was last synced, or later.

What it takes for granted: a sync that returned holds, a sector is written whole or not at all, a write does no
harm beside itself (SQLite's "powersafe overwrite"). `lies` takes the first away: the share of syncs that do nothing.
"""

import enum
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

SECTOR: Final = 512


@dataclass(frozen=True, slots=True)
class Write:
    file: int
    offset: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Truncate:
    file: int
    size: int


@dataclass(frozen=True, slots=True)
class Sync:
    """The file's bytes and size are down; with `folder` so is every name of the folder."""

    file: int
    folder: bool


@dataclass(frozen=True, slots=True)
class Create:
    name: str
    file: int


@dataclass(frozen=True, slots=True)
class Unlink:
    name: str
    folder: bool  # the folder was synced afterwards


Op = Write | Truncate | Sync | Create | Unlink
Change = Write | Truncate


class Tear(enum.StrEnum):
    """What a cut leaves of that which was not synced."""

    NONE = "none"
    ALL = "all"
    PREFIX = "prefix"
    WRITES = "random writes"
    SECTORS = "random sectors"
    HOLES = "sizes without data"
    GARBAGE = "sectors and noise"


TEARS: Final = tuple(Tear)


@dataclass(slots=True)
class File:
    """`down` is durable; `pending` came after the last sync. `at` counts the changes that are in `down`."""

    down: bytearray = field(default_factory=bytearray)
    pending: list[Change] = field(default_factory=list)
    at: int = 0

    def sync(self) -> None:
        for change in self.pending:
            apply(self.down, change)
        self.at += len(self.pending)
        self.pending.clear()


def apply(data: bytearray, change: Change) -> None:
    """Do to the bytes what the change says; a write beyond the end leaves a hole of zeros."""
    if isinstance(change, Truncate):
        _resize(data, change.size)
        return
    if len(data) < change.offset:
        _resize(data, change.offset)
    data[change.offset : change.offset + len(change.data)] = change.data


def _resize(data: bytearray, size: int) -> None:
    if size < len(data):
        del data[size:]
    else:
        data.extend(bytes(size - len(data)))


@dataclass(frozen=True, slots=True)
class Image:
    """The folder after a cut. Two images with the same `key` are the same bytes."""

    files: dict[str, bytes]
    key: object


@dataclass(frozen=True, slots=True)
class Cut:
    """Power lost after `moment` operations of the recording."""

    moment: int
    tear: Tear
    image: Image


class Disk:
    """The folder while a recording is replayed."""

    def __init__(self, start: dict[str, bytes], *, lies: float = 0.0, chance: random.Random | None = None) -> None:
        self._files: dict[int, File] = {}
        self._names: dict[str, int] = {}
        self._unsynced: list[Create | Unlink] = []
        self._lies = lies
        self._chance = chance or random.Random(0)
        for number, (name, data) in enumerate(sorted(start.items())):
            self._names[name] = -1 - number
            self._files[-1 - number] = File(down=bytearray(data))

    def do(self, op: Op) -> None:
        """Take over the next operation."""
        match op:
            case Write() | Truncate():
                self._files[op.file].pending.append(op)
            case Create():
                self._files.setdefault(op.file, File())
                self._unsynced.append(op)
            case Unlink():
                self._unsynced.append(op)
                if op.folder and self._is_honest():
                    self._sync_names(self._unsynced)
            case Sync() if self._is_honest():
                self._files[op.file].sync()
                # A file that was synced can be found again: ext4, XFS and btrfs write its name with it.
                own = [one for one in self._unsynced if op.folder or self._is_name_of(one, op.file)]
                self._sync_names(own)

    def _is_honest(self) -> bool:
        return self._lies <= 0 or self._chance.random() >= self._lies

    def _is_name_of(self, one: Create | Unlink, file: int) -> bool:
        return isinstance(one, Create) and one.file == file

    def _sync_names(self, done: Sequence[Create | Unlink]) -> None:
        _rename(self._names, done)
        self._unsynced = [one for one in self._unsynced if one not in done]

    def is_settled(self) -> bool:
        """Whether a cut can leave only one image."""
        return not self._unsynced and not any(one.pending for one in self._files.values())

    def after(self, tear: Tear, chance: random.Random) -> Image:
        """What a cut now leaves behind."""
        names = dict(self._names)
        kept = {Tear.NONE: 0, Tear.ALL: len(self._unsynced)}.get(tear, chance.randint(0, len(self._unsynced)))
        _rename(names, self._unsynced[:kept])
        files, keys = {}, []
        for name, number in sorted(names.items()):
            data, key = _torn(self._files[number], tear, chance)
            files[name] = data
            keys.append((name, number, key))
        return Image(files, tuple(keys))


def _rename(names: dict[str, int], done: Sequence[Create | Unlink]) -> None:
    for one in done:
        if isinstance(one, Create):
            names[one.name] = one.file
        else:
            names.pop(one.name, None)


def _torn(file: File, tear: Tear, chance: random.Random) -> tuple[bytes, object]:
    """The file's bytes after the cut, and what tells them from others."""
    pending = file.pending
    if not pending or tear is Tear.NONE:
        return bytes(file.down), file.at
    if tear is Tear.ALL:
        kept: list[Change] = list(pending)
    elif tear is Tear.PREFIX:
        kept = _prefix(pending, chance)
    elif tear is Tear.WRITES:
        share = chance.choice((0.2, 0.5, 0.8))
        kept = [change for change in pending if chance.random() < share]
    elif tear is Tear.HOLES:
        kept = _sizes(file, chance)
    else:
        kept = list(_sectors(pending, chance, noise=tear is Tear.GARBAGE))
    if kept == pending:
        return _with(file, kept), file.at + len(pending)
    return _with(file, kept), (file.at, *map(_key, kept))


def _key(change: Change) -> object:
    return change if isinstance(change, Truncate) else (change.offset, hash(change.data))


def _with(file: File, kept: Sequence[Change]) -> bytes:
    data = bytearray(file.down)
    for change in kept:
        apply(data, change)
    return bytes(data)


def _prefix(pending: Sequence[Change], chance: random.Random) -> list[Change]:
    kept = list(pending[: chance.randint(0, len(pending) - 1) + 1])
    last = kept[-1]
    if isinstance(last, Write) and chance.random() < 0.6:
        pieces = list(_pieces(last))
        kept[-1:] = pieces[: chance.randint(0, len(pieces))]
    return kept


def _sizes(file: File, chance: random.Random) -> list[Change]:
    """The size that the file had in the end, with little of the data."""
    whole = bytearray(file.down)
    for change in file.pending:
        apply(whole, change)
    kept = [change for change in file.pending if isinstance(change, Write) and chance.random() < 0.3]
    return [*kept, Truncate(file.pending[0].file, len(whole))]


def _sectors(pending: Sequence[Change], chance: random.Random, *, noise: bool) -> Iterator[Change]:
    share = chance.choice((0.1, 0.5, 0.9))
    for change in pending:
        if isinstance(change, Truncate):
            if chance.random() < share:
                yield change
            continue
        for piece in _pieces(change):
            if chance.random() < share:
                yield piece
            elif noise and chance.random() < 0.3:
                yield Write(piece.file, piece.offset, chance.randbytes(len(piece.data)))


def _pieces(write: Write) -> Iterator[Write]:
    """The write cut where the disk's sectors end."""
    start, end = write.offset, write.offset + len(write.data)
    while start < end:
        stop = min(end, start - start % SECTOR + SECTOR)
        yield Write(write.file, start, write.data[start - write.offset : stop - write.offset])
        start = stop


def cuts(start: dict[str, bytes], ops: Sequence[Op], *, seed: int, lies: float = 0.0, every: int = 1) -> Iterator[Cut]:
    """Every different image of every moment (or of every so many, at random), each tear once."""
    disk = Disk(start, lies=lies, chance=random.Random(seed))
    for moment in range(len(ops) + 1):
        if moment:
            disk.do(ops[moment - 1])
        if every > 1 and random.Random(f"{seed} {moment}").randrange(every):
            continue
        seen: set[object] = set()
        for tear in TEARS[:1] if disk.is_settled() else TEARS:
            image = disk.after(tear, random.Random(f"{seed} {moment} {tear}"))
            if image.key not in seen:
                seen.add(image.key)
                yield Cut(moment, tear, image)
