"""Works made ready for the disk, on the event loop: checked, given clock values, encoded, numbered, chained. No disk.

A draft is the rows of one transaction. It is made on the heads that the chains have, or will have when the draft
before it is down; the committer takes it only if they do (`base`), so a failed draft leaves no number behind.
"""

import asyncio
import hashlib
import sqlite3
import uuid
from collections.abc import Sequence
from itertools import accumulate
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
_ONE_FACT: Final = tuple(f"INSERT INTO {TABLE[lane]} (place, record, hash) VALUES (?, ?, ?)" for lane in LANES)  # noqa: S608
# Many rows of a lane by one statement with four values, whatever their number: the first place, the records and the
# hashes end to end, and where each record begins and how long it is. SQLite takes them apart without Python's lock.
_SPAN_BITS: Final = 20  # a record is shorter than 1 MiB
_FACTS: Final = tuple(
    f"INSERT INTO {TABLE[lane]} (place, record, hash)"  # noqa: S608 - our own table names
    f" SELECT ?1 + key, CAST(substr(?2, (value >> {_SPAN_BITS}) + 1, value & {(1 << _SPAN_BITS) - 1}) AS TEXT),"
    " substr(?3, key * 32 + 1, 32) FROM json_each(?4)"
    for lane in LANES
)
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
Statement = tuple[str, tuple[Value, ...]]  # and its values
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


class Rows:
    """New facts of one lane, one after the other."""

    __slots__ = ("first", "hashes", "index", "records")

    def __init__(self, index: int, first: int) -> None:
        self.index = index  # the lane's place in LANES
        self.first = first  # the first one's place
        self.records: list[bytes] = []
        self.hashes: list[bytes] = []

    def statement(self) -> Statement:
        """The INSERT of them all. Raises UnicodeDecodeError."""
        if len(self.records) == 1:  # SQLite's JSON has a price of its own
            return _ONE_FACT[self.index], (self.first, self.records[0].decode(), self.hashes[0])
        lengths = [len(record) for record in self.records]
        spans = [
            start << _SPAN_BITS | length
            for start, length in zip(accumulate(lengths[:-1], initial=0), lengths, strict=True)
        ]
        records = b"".join(self.records)
        records.decode()  # what is no UTF-8 is no JSON either; msgspec looks no closer than it must
        return _FACTS[self.index], (self.first, records, b"".join(self.hashes), str(spans))


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
        self.facts: dict[int, Statement] = {}  # by the lane's place in LANES
        self.journal: list[Value] = []  # rows' values one after the other, as Bulk takes them
        self.puts: dict[tuple[str, str], str | None] = {}
        self.heads, self.hlc = self._made(epoch << SEQ_BITS, hlc)
        self.error: BaseException | None = None
        self.is_stale = False
        self.made_s = self.commit_s = 0.0

    def _made(self, place: int, last: int) -> tuple[Heads, int]:
        # One flat loop with everything in it: at 100,000 facts a second each has ten microseconds, for all of us.
        heads, found = list(self.base), dict[int, Rows]()
        lane, seq, value, rows = None, 0, b"", Rows(0, 0)
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
                        if lane is not None:
                            heads[_INDEX[lane]] = (seq, value)
                        lane = fact.lane
                        index = _INDEX[lane]
                        seq, value = heads[index]
                        rows = found.get(index) or found.setdefault(index, Rows(index, place | seq + 1))
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
                    value = _sha256(value + id_.int.to_bytes(16) + _sha256(record).digest()).digest()
                    rows.records.append(record)
                    rows.hashes.append(value)
                if work.journal or work.puts:
                    hlc = self._note(work, at_ms, hlc)
                if hlc > _MAX_HLC:
                    raise StoreUnwritable("bad_clock", moment.at.isoformat())
                if facts or work.journal:
                    last = hlc
        if lane is not None:
            heads[_INDEX[lane]] = (seq, value)
        for index, rows in found.items():
            self.facts[index] = rows.statement()
        return tuple(heads), last

    def _note(self, work: Work, at_ms: int, hlc: int) -> int:
        """Take the journal and the state. The last clock value then."""
        for entry in work.journal:
            hlc += 1
            _well_formed(entry.data)
            self.journal += (hlc, at_ms, entry.kind, entry.data.decode())
        for put in work.puts:
            value = None
            if put.value is not None:
                _well_formed(put.value)
                value = put.value.decode()  # bytes in its strings that are no UTF-8 are not looked at before
            put.key.encode()  # half a surrogate, which SQLite cannot have
            self.puts[put.kind, put.key] = value
        return hlc

    @property
    def is_one_statement(self) -> bool:
        """Facts of one lane and nothing else: it needs no transaction around it."""
        return len(self.facts) == 1 and not (self.puts or self.journal)

    def write(self, conn: sqlite3.Connection) -> None:
        """Insert everything; the caller begins and commits."""
        for statement, values in self.facts.values():
            conn.execute(statement, values)
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
                values += (kind, key, value)
        _STATE.insert(conn, values)


def check(work: Work) -> None:
    """Raises what a draft with it would: ValueError, StoreUnwritable. On the loop."""
    Draft([((work,), asyncio.get_running_loop().create_future())], epoch=0, base=_NO_HEADS, hlc=0)


def _too_large(fact: NewFact) -> NoReturn:
    raise ValueError(f"the body of {fact.type} has {len(fact.body)} bytes, more than {MAX_BODY_BYTES}")
