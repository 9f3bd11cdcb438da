"""The outbox's writing half: gives facts their clocks, numbers and hashes, and inserts them. Writer thread only.

Everything is drafted first and taken over after the commit, so that a failed transaction leaves no trace here.
"""

import sqlite3
from typing import Final

import msgspec

from edge_agent.store.chains import LANES, SEQ_BITS, TABLE, Chain, load_chains
from edge_agent.store.work import MAX_BODY_BYTES, NewFact, Work
from protocols.sync.clock import Moment, hlc_of
from protocols.sync.envelope import NO_HASH, Fact, Lane, chain
from protocols.values import to_ms

_INSERT: Final = {lane: f"INSERT INTO {TABLE[lane]} (place, record, hash) VALUES (?, ?, ?)" for lane in LANES}  # noqa: S608
_JOURNAL: Final = "INSERT INTO journal (hlc, at_ms, kind, data) VALUES (?, ?, ?, ?)"
_UPSERT: Final = (
    "INSERT INTO state (kind, key, value) VALUES (?, ?, ?) ON CONFLICT (kind, key) DO UPDATE SET value = excluded.value"
)
_DELETE: Final = "DELETE FROM state WHERE kind = ? AND key = ?"

_encode = msgspec.json.Encoder().encode
_well_formed = msgspec.json.Decoder(msgspec.Raw).decode

Head = tuple[int, bytes]  # the chain's last number and its hash
Row = tuple[int, str, bytes]


class Draft:
    """The rows of one transaction, made from several works."""

    __slots__ = ("_base", "heads", "hlc", "journal", "puts", "rows")

    def __init__(self, outbox: "Outbox") -> None:
        self._base = outbox.epoch << SEQ_BITS
        self.hlc = outbox.hlc
        self.heads = outbox.heads.copy()
        self.rows: dict[Lane, list[Row]] = {}
        self.puts: dict[tuple[str, str], bytes | None] = {}
        self.journal: list[tuple[int, int, str, str]] = []

    def add(self, work: Work) -> None:
        """Add all of the work, or raise ValueError for bytes that are no JSON and add nothing of it."""
        moment = work.moment
        at_ms = to_ms(moment.at)
        hlc = max(hlc_of(at_ms) - 1, self.hlc)  # the first below is then what protocols.sync.clock.tick gives
        records = [
            (fact, _record(fact, moment, at_ms, hlc + number)) for number, fact in enumerate(work.facts, start=1)
        ]
        hlc += len(records)
        journal = [
            (hlc + number, at_ms, entry.kind, _text(entry.data)) for number, entry in enumerate(work.journal, start=1)
        ]
        for put in work.puts:
            if put.value is not None:
                _well_formed(put.value)
        for fact, record in records:
            self._append(fact, record)
        self.journal += journal
        self.puts.update(((put.kind, put.key), put.value) for put in work.puts)
        self.hlc = hlc + len(journal) if records or journal else self.hlc

    def _append(self, fact: NewFact, record: bytes) -> None:
        seq, prev_hash = self.heads[fact.lane]
        seq += 1
        value = chain(prev_hash, fact.id, record)
        self.heads[fact.lane] = (seq, value)
        row = (self._base | seq, record.decode(), value)
        rows = self.rows.get(fact.lane)
        if rows is None:
            self.rows[fact.lane] = [row]
        else:
            rows.append(row)

    def write(self, conn: sqlite3.Connection) -> None:
        """Insert everything; the caller begins and commits."""
        for lane, rows in self.rows.items():
            conn.executemany(_INSERT[lane], rows)
        if self.journal:
            conn.executemany(_JOURNAL, self.journal)
        if self.puts:
            conn.executemany(_UPSERT, [(*key, value.decode()) for key, value in self.puts.items() if value is not None])
            conn.executemany(_DELETE, [key for key, value in self.puts.items() if value is None])


def _record(fact: NewFact, moment: Moment, at_ms: int, hlc: int) -> bytes:
    # A body that is no JSON would make the whole request unreadable, and so block its lane for ever.
    if len(fact.body) > MAX_BODY_BYTES:
        raise ValueError(f"the body of {fact.type} has {len(fact.body)} bytes, more than {MAX_BODY_BYTES}")
    _well_formed(fact.body)
    return _encode(
        Fact(
            id=fact.id,
            type=fact.type,
            v=fact.v,
            hlc=hlc,
            at_ms=at_ms,
            mono_ms=int(moment.mono_s * 1000),
            boot=moment.boot_id,
            clock=moment.quality.value,
            body=msgspec.Raw(fact.body),
        )
    )


def _text(data: bytes) -> str:
    _well_formed(data)
    return data.decode()


class Outbox:
    """Where every chain stands: the current epoch's heads, and what the hub holds of each chain."""

    def __init__(self, conn: sqlite3.Connection) -> None:
        self.chains = load_chains(conn)
        self.hlc = _last_hlc(conn)
        self.epoch = 0
        self.nonce = ""
        self.heads: dict[Lane, Head] = {}

    def begin_epoch(self, epoch: int, nonce: str) -> None:
        """Number from 1 again; the epoch is committed already."""
        self.epoch, self.nonce = epoch, nonce
        self.heads = dict.fromkeys(LANES, (0, NO_HASH))

    def take_over(self, draft: Draft) -> None:
        """The draft is committed: what it said is so."""
        self.hlc = draft.hlc
        self.heads = draft.heads
        epoch = self.epoch
        for lane in draft.rows:
            old = self.chains.get((lane, epoch))
            acked = old.acked if old else 0
            self.chains[lane, epoch] = Chain(lane, epoch, self.nonce, acked, draft.heads[lane][0])


def _last_hlc(conn: sqlite3.Connection) -> int:
    """The last clock value in the file: newer rows always carry a greater one, so nothing else stores it."""
    queries = ["SELECT max(hlc) FROM epochs", "SELECT hlc FROM journal ORDER BY n DESC LIMIT 1"]
    queries += [f"SELECT record ->> '$.hlc' FROM {table} ORDER BY place DESC LIMIT 1" for table in TABLE.values()]  # noqa: S608
    found = (conn.execute(query).fetchone() for query in queries)
    return max((int(row[0]) for row in found if row and row[0] is not None), default=0)
