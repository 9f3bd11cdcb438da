"""What a torn disk holds when it is opened again, and whether that keeps what had been promised.

`open_again` uses the store's own opening code over Python's `sqlite3`; `judge` is pure.
"""

import datetime as dt
import enum
import hashlib
import itertools
import re
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from edge_agent.store import aside, database, migrations
from edge_agent.store.chains import LANES, SEQ_BITS, SEQ_MASK, TABLE
from edge_agent.store.epochs import adopt_forgotten, open_epoch
from edge_agent.store.errors import StoreDamaged
from edge_agent.store.outbox import Outbox
from edge_agent.store.pages import loses_commits
from edge_agent.store.pruning import KEEP_FACTS
from edge_agent.store.work import NewFact, Work
from protocols.errors import Malformed
from protocols.sync.envelope import NO_HASH, Lane, decode_fact
from protocols.values import to_ms
from tests.edge_agent.store.torn.disk import Image
from tests.edge_agent.store.torn.life import NAME, Promise

_WORK = re.compile(r'"work":(\d+)')
Row = tuple[int, str, bytes]


class Kind(enum.StrEnum):
    DAMAGED = "file damaged"
    LOST = "committed, then lost"
    ALTERED = "altered or invented"
    GAP = "gap in the numbers"
    CHAIN = "chain broken"
    HALF = "half a work"
    DOUBLED = "doubled"
    REUSED = "number used twice"
    ALARM = "log taken for damaged"


@dataclass(frozen=True, slots=True)
class Finding:
    kind: Kind
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The file after a cut, opened again: `epoch` is the one that was opened now.

    `alarm`: the agent's start takes the log for damaged, and would salvage the file.
    """

    alarm: bool
    epoch: int
    epochs: tuple[int, ...]
    rows: Mapping[Lane, list[Row]]
    state: Mapping[tuple[str, str], bytes]
    journal: list[bytes]
    cursors: Mapping[tuple[Lane, int], int]


def put_down(image: Image, folder: Path) -> Path:
    """Lay the image's files into the folder, and nothing else."""
    for old in folder.glob(NAME + "*"):
        old.unlink()
    for name, data in image.files.items():
        (folder / name).write_bytes(data)
    return folder / NAME


def open_again(path: Path) -> Found:
    """Open as the agent does at its start, check every page, and read all. Raises StoreError, sqlite3.Error."""
    alarm = loses_commits(path, aside.log_of(path))
    conn = database.open_writer(path)
    try:
        database.check(conn)
        migrations.migrate(conn)
        adopt_forgotten(conn, nonce="forgotten", boot="again")
        outbox = Outbox(conn)
        epochs = tuple(n for (n,) in conn.execute("SELECT epoch FROM epochs ORDER BY epoch"))
        open_epoch(conn, outbox, nonce="again", boot="again")
        _check_every_page(conn)
        return _read(conn, outbox.epoch, epochs, alarm=alarm)
    finally:
        conn.close()


def _check_every_page(conn: sqlite3.Connection) -> None:
    said = conn.execute("PRAGMA integrity_check(5)").fetchall()
    if said != [("ok",)]:
        raise StoreDamaged(str(said))


def _read(conn: sqlite3.Connection, epoch: int, epochs: tuple[int, ...], *, alarm: bool) -> Found:
    every = {lane: conn.execute(f"SELECT * FROM {TABLE[lane]} ORDER BY place").fetchall() for lane in LANES}
    state = conn.execute("SELECT kind, key, value FROM state").fetchall()
    return Found(
        alarm=alarm,
        epoch=epoch,
        epochs=epochs,
        rows=every,
        state={(kind, key): value.encode() for kind, key, value in state},
        journal=[data.encode() for (data,) in conn.execute("SELECT data FROM journal ORDER BY n")],
        cursors={(Lane(a), b): c for a, b, c in conn.execute("SELECT lane, epoch, acked FROM cursors")},
    )


def last_work(found: Found) -> int:
    """The last work of which something is there, -1 for none."""
    said = [int(data) for data in found.journal]
    return max((*said, *(_work_in(record) for rows in found.rows.values() for _, record, _ in rows)), default=-1)


def readable(found: Found) -> frozenset[bytes] | None:
    """The ids of all facts in the file; None when there is noise in a record, which no check of SQLite sees."""
    try:
        every = itertools.chain(*found.rows.values())
        return frozenset(decode_fact(record.encode()).id.bytes for _, record, _ in every)
    except Malformed:
        return None


def _work_in(record: str) -> int:
    return int(_WORK.search(record)[1])  # type: ignore[index] # every body of `life` has it


class Judge:
    """Holds what was found against what was promised. Remembers records and chain links that it has checked."""

    def __init__(self, works: list[Work], *, keeps: dt.timedelta = KEEP_FACTS) -> None:
        self._works = works
        self._keeps_ms = keeps // dt.timedelta(milliseconds=1)
        self._made = {one.id.bytes: (n, one) for n, work in enumerate(works) for one in work.facts}
        self._records: dict[tuple[Lane, str], tuple[bytes, int] | None] = {}
        self._links: set[tuple[bytes, str, bytes]] = set()

    def judge(self, found: Found, promise: Promise) -> list[Finding]:
        """Everything that is wrong, at most one of a kind per lane or work."""
        here: dict[bytes, int] = {}
        wrong: list[Finding] = []
        for lane, rows in found.rows.items():
            wrong += self._lane(lane, rows, promise, here)
        wrong += self._works_of(found, promise, here)
        if found.alarm:
            wrong.append(Finding(Kind.ALARM, "by the agent's start"))
        top = max(promise.epoch, promise.book.top_epoch, *found.epochs)
        if found.epoch <= top:
            wrong.append(Finding(Kind.REUSED, f"epoch {found.epoch} opened, {top} was known"))
        for key, acked in found.cursors.items():
            if acked > promise.book.tops.get(key, 0):
                wrong.append(Finding(Kind.ALTERED, f"cursor {key} at {acked}, which the hub never held"))
        return wrong

    def ids_up_to(self, last: int) -> frozenset[bytes]:
        """The facts of all works up to this one."""
        return frozenset(fact_id for fact_id, (n, _) in self._made.items() if n <= last)

    def _lane(self, lane: Lane, rows: list[Row], promise: Promise, here: dict[bytes, int]) -> Iterator[Finding]:
        epoch = seq = 0
        value: bytes | None = None
        for place, record, link in rows:
            if place >> SEQ_BITS != epoch:
                epoch, seq = place >> SEQ_BITS, place & SEQ_MASK
                value = NO_HASH if seq == 1 else promise.book.sent.get((lane, epoch, seq - 1))
            elif place & SEQ_MASK != seq + 1:
                yield Finding(Kind.GAP, f"{lane} {epoch}: {place & SEQ_MASK} after {seq}")
                seq, value = place & SEQ_MASK, None
            else:
                seq += 1
            known = self._known(lane, record)
            if known is None:
                yield Finding(Kind.ALTERED, f"{lane} {epoch}:{seq} {record[:80]}")
                continue
            if known[0] in here:
                yield Finding(Kind.DOUBLED, f"{lane} {epoch}:{seq} of work {known[1]}")
            here[known[0]] = known[1]
            if value is not None and not self._follows(value, record, known[0], link):
                yield Finding(Kind.CHAIN, f"{lane} {epoch}:{seq}")
            if promise.book.sent.get((lane, epoch, seq), link) != link:
                yield Finding(Kind.REUSED, f"{lane} {epoch}:{seq} is another fact at the hub")
            value = link

    def _known(self, lane: Lane, record: str) -> tuple[bytes, int] | None:
        """The fact's id and work, when the record says exactly what was handed in."""
        key = (lane, record)
        if key not in self._records:
            self._records[key] = self._look_up(lane, record)
        return self._records[key]

    def _look_up(self, lane: Lane, record: str) -> tuple[bytes, int] | None:
        try:
            said = decode_fact(record.encode())
        except Malformed:
            return None
        n, made = self._made.get(said.id.bytes, (0, None))
        if made is None:
            return None
        same = (made.lane, made.type, made.v, made.body) == (lane, said.type, said.v, bytes(said.body))
        return (said.id.bytes, n) if same and said.at_ms == to_ms(self._works[n].moment.at) else None

    def _follows(self, before: bytes, record: str, fact_id: bytes, link: bytes) -> bool:
        key = (before, record, link)
        if key not in self._links:
            inner = hashlib.sha256(record.encode()).digest()
            if hashlib.sha256(before + fact_id + inner).digest() != link:
                return False
            self._links.add(key)
        return True

    def _works_of(self, found: Found, promise: Promise, here: dict[bytes, int]) -> Iterator[Finding]:
        """All works up to some place are there whole, none after it, and no committed one is after it."""
        seen = {*here.values(), *map(int, found.journal)}
        last = max(seen, default=-1)
        promise = replace(promise, refused=promise.refused | (promise.in_doubt - seen), in_doubt=frozenset())
        if last >= promise.handed_in:
            yield Finding(Kind.ALTERED, f"work {last} is there before it was handed in")
        gone = [n for n in range(last + 1, promise.committed) if n not in promise.refused]
        if gone:
            yield Finding(Kind.LOST, f"{len(gone)} works from {gone[0]} on")
        for n in range(last + 1):
            missing = [one for one in self._works[n].facts if one.id.bytes not in here]
            if n in promise.refused:
                if len(missing) < len(self._works[n].facts):
                    yield Finding(Kind.ALTERED, f"work {n} was refused and is there")
            elif any(not self._may_be_gone(one, self._works[n], promise) for one in missing):
                kind = Kind.LOST if n < promise.committed else Kind.HALF
                yield Finding(kind, f"{len(missing)} facts of work {n}, the last is {last}")
        yield from self._tables(found, promise, last)

    def _may_be_gone(self, one: NewFact, work: Work, promise: Promise) -> bool:
        """Pruned: the hub holds it, and it is old."""
        return one.id.bytes in promise.book.ids and to_ms(work.moment.at) <= promise.now_ms - self._keeps_ms

    def _tables(self, found: Found, promise: Promise, last: int) -> Iterator[Finding]:
        state: dict[tuple[str, str], bytes] = {}
        journal: list[bytes] = []
        for n, work in enumerate(self._works[: last + 1]):
            if n in promise.refused:
                continue
            journal += [entry.data for entry in work.journal]
            for put in work.puts:
                state.pop((put.kind, put.key), None)
                if put.value is not None:
                    state[put.kind, put.key] = put.value
        if state != found.state:
            yield Finding(Kind.HALF, f"the state is not that after work {last}")
        if journal[len(journal) - len(found.journal) :] != found.journal:
            yield Finding(Kind.HALF, f"the journal is not that after work {last}")
