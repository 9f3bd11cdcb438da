"""Works made ready for the disk, on the event loop: checked, given clock values, encoded, numbered, chained. No disk.

A draft is the rows of one transaction. It is made on the heads that the chains have, or will have when the draft
before it is down; the committer takes it only if they do (`base`), so a failed draft leaves no number behind.
"""

import asyncio
import hashlib
import sqlite3
import uuid
from collections.abc import Sequence
from typing import Final, NoReturn

import msgspec

from edge_agent.store.bulk import Bulk, Value
from edge_agent.store.chains import LANES, SEQ_BITS, TABLE
from edge_agent.store.errors import StoreUnwritable
from edge_agent.store.work import MAX_BODY_BYTES, NewFact, Work
from protocols.sync.clock import TRUSTED, hlc_of, physical_ms
from protocols.sync.envelope import NO_HASH

_INDEX: Final = {lane: index for index, lane in enumerate(LANES)}
_MAX_HLC: Final = (1 << 63) - 1  # SQLite's largest integer: a clock in the year 6429
_FACTS: Final = tuple(Bulk(f"INSERT INTO {TABLE[lane]} (place, record, hash)", 3) for lane in LANES)
_JOURNAL: Final = Bulk("INSERT INTO journal (hlc, at_ms, kind, data)", 4)
_STATE: Final = Bulk(
    "INSERT INTO state (kind, key, value)", 3, "ON CONFLICT (kind, key) DO UPDATE SET value = excluded.value"
)
_NO_HEADS: Final = ((0, NO_HASH),) * len(LANES)
_DELETE: Final = "DELETE FROM state WHERE kind = ? AND key = ?"

_encode = msgspec.json.Encoder().encode
_well_formed = msgspec.json.Decoder(msgspec.Raw).decode
_sha256 = hashlib.sha256

Head = tuple[int, bytes]  # a chain's last number and its hash
Heads = tuple[Head, ...]  # by the lane's place in LANES; never changed, only replaced: a draft knows its base by it
Item = tuple[Sequence[Work], "asyncio.Future[None]"]  # works that go down together, and whoever waits for them


class Record(msgspec.Struct, gc=False, omit_defaults=True):
    """`protocols.sync.envelope.Fact` field by field, to be made by position: half the time on the hot path."""

    id: uuid.UUID
    type: str
    v: int
    hlc: int
    at_ms: int
    mono_ms: int
    boot: str
    clock: str
    body: msgspec.Raw
    uncertainty_ms: int = 0


class Draft:
    """The rows of one transaction. `hlc` is the last clock value it gave; `heads` hold when it is down.

    What became of it is written down by the committer: `error`, or `is_stale` when the chains stand elsewhere than
    at `base` and it has to be made anew, or neither; and how long that took.
    """

    __slots__ = ("base", "commit_s", "error", "facts", "heads", "hlc", "is_stale", "items", "journal", "made_s", "puts")

    def __init__(self, items: Sequence[Item], *, epoch: int, base: Heads, hlc: int) -> None:
        """Raises ValueError for bytes that are no JSON, StoreUnwritable for a clock beyond use."""
        self.items = items
        self.base = base
        self.facts: tuple[list[Value], ...] = ([], [], [])  # rows' values one after the other, as Bulk takes them
        self.journal: list[Value] = []
        self.puts: dict[tuple[str, str], bytes | None] = {}
        self.heads, self.hlc = self._made(epoch << SEQ_BITS, hlc)
        self.error: BaseException | None = None
        self.is_stale = False
        self.made_s = self.commit_s = 0.0

    def _made(self, place: int, last: int) -> tuple[Heads, int]:
        # One flat loop with everything in it: at 100,000 facts a second each has ten microseconds, for all of us.
        heads, rows = list(self.base), self.facts
        lane, (seq, value), extend = LANES[0], heads[0], rows[0].extend
        for works, _ in self.items:
            for work in works:
                moment = work.moment
                at_ms = moment.at_ms
                # As protocols.sync.clock.tick has it, one before the first value.
                hlc = hlc_of(at_ms if moment.quality in TRUSTED else physical_ms(moment)) - 1
                hlc = max(hlc, last)
                facts = work.facts
                for fact in facts:
                    if fact.lane is not lane:
                        heads[_INDEX[lane]] = (seq, value)
                        lane = fact.lane
                        index = _INDEX[lane]
                        (seq, value), extend = heads[index], rows[index].extend
                    hlc += 1
                    seq += 1
                    id_, body = fact.id, fact.body
                    record = _encode(
                        Record(
                            id_,
                            fact.type,
                            fact.v,
                            hlc,
                            at_ms,
                            int(moment.mono_s * 1000),
                            moment.boot_id,
                            moment.quality,
                            # A body that is no JSON would make a whole request unreadable, and block its lane for ever.
                            _well_formed(body) if len(body) <= MAX_BODY_BYTES else _too_large(fact),
                            moment.uncertainty_ms,
                        )
                    )
                    # As protocols.sync.envelope.chain has it.
                    value = _sha256(value + id_.bytes + _sha256(record).digest()).digest()
                    extend((place | seq, record.decode(), value))
                if work.journal or work.puts:
                    hlc = self._note(work, at_ms, hlc)
                if hlc > _MAX_HLC:
                    raise StoreUnwritable("bad_clock", moment.at.isoformat())
                if facts or work.journal:
                    last = hlc
        heads[_INDEX[lane]] = (seq, value)
        return tuple(heads), last

    def _note(self, work: Work, at_ms: int, hlc: int) -> int:
        """Take the journal and the state. The last clock value then."""
        for entry in work.journal:
            hlc += 1
            _well_formed(entry.data)
            self.journal += (hlc, at_ms, entry.kind, entry.data.decode())
        for put in work.puts:
            if put.value is not None:
                _well_formed(put.value)
            self.puts[put.kind, put.key] = put.value
        return hlc

    def alone(self) -> tuple[str, list[Value]] | None:
        """The one statement and its values when that is all there is: it needs no transaction around it."""
        if self.puts or self.journal:
            return None
        found = None
        for bulk, values in zip(_FACTS, self.facts, strict=True):
            if values:
                if found is not None or (statement := bulk.exactly(len(values))) is None:
                    return None
                found = (statement, values)
        return found

    def write(self, conn: sqlite3.Connection) -> None:
        """Insert everything; the caller begins and commits."""
        for bulk, values in zip(_FACTS, self.facts, strict=True):
            if values:
                bulk.insert(conn, values)
        if self.journal:
            _JOURNAL.insert(conn, self.journal)
        if self.puts:
            self._write_puts(conn)

    def _write_puts(self, conn: sqlite3.Connection) -> None:
        values: list[Value] = []
        for (kind, key), value in self.puts.items():
            if value is None:
                conn.execute(_DELETE, (kind, key))
            else:
                values += (kind, key, value.decode())
        _STATE.insert(conn, values)


def check(work: Work) -> None:
    """Raises what a draft with it would: ValueError, StoreUnwritable. On the loop."""
    Draft([((work,), asyncio.get_running_loop().create_future())], epoch=0, base=_NO_HEADS, hlc=0)


def _too_large(fact: NewFact) -> NoReturn:
    raise ValueError(f"the body of {fact.type} has {len(fact.body)} bytes, more than {MAX_BODY_BYTES}")
