"""The outbox's writing half: gives facts their clocks, numbers and hashes, and inserts them. Writer thread only.

Everything is drafted first and taken over after the commit, so that a failed transaction leaves no trace here.
"""

import sqlite3
from typing import Final

import msgspec

from edge_agent.store.chains import LANES, SEQ_BITS, TABLE, Chain, load_chains
from edge_agent.store.work import MAX_BODY_BYTES, NewFact, Work
from protocols.sync.clock import Moment, hlc_of
from protocols.sync.envelope import NO_HASH, Fact, chain
from protocols.values import to_ms

_INDEX: Final = {lane: index for index, lane in enumerate(LANES)}
_INSERT: Final = tuple(f"INSERT INTO {TABLE[lane]} (place, record, hash) VALUES (?, ?, ?)" for lane in LANES)  # noqa: S608
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
    """The rows of one transaction, made from several works. Lanes go by their place in LANES here: it is faster."""

    __slots__ = ("_base", "heads", "hlc", "journal", "puts", "rows")

    def __init__(self, outbox: "Outbox") -> None:
        self._base = outbox.epoch << SEQ_BITS
        self.hlc = outbox.hlc
        self.heads = outbox.heads.copy()
        self.rows: tuple[list[Row], ...] = ([], [], [])
        self.puts: dict[tuple[str, str], bytes | None] = {}
        self.journal: list[tuple[int, int, str, str]] = []

    def add(self, work: Work) -> None:
        """Add all of the work, or raise ValueError for bytes that are no JSON and add nothing of it."""
        at_ms = to_ms(work.moment.at)
        hlc = max(hlc_of(at_ms) - 1, self.hlc)  # the first below is then what protocols.sync.clock.tick gives
        records = []
        for fact in work.facts:
            hlc += 1
            records.append(_record(fact, work.moment, at_ms, hlc))
        if work.journal or work.puts:
            hlc = self._add_rows(work, at_ms, hlc)
        if records:
            self._append(work.facts, records)
        if hlc > self.hlc and (records or work.journal):
            self.hlc = hlc

    def _add_rows(self, work: Work, at_ms: int, hlc: int) -> int:
        """The journal and the state; the last clock value given."""
        journal = [
            (hlc + number, at_ms, entry.kind, _text(entry.data)) for number, entry in enumerate(work.journal, start=1)
        ]
        for put in work.puts:
            if put.value is not None:
                _well_formed(put.value)
        self.journal += journal
        for put in work.puts:
            self.puts[put.kind, put.key] = put.value
        return hlc + len(journal)

    def _append(self, facts: tuple[NewFact, ...], records: list[bytes]) -> None:
        for fact, record in zip(facts, records, strict=True):
            lane = _INDEX[fact.lane]
            seq, prev_hash = self.heads[lane]
            seq += 1
            value = chain(prev_hash, fact.id, record)
            self.heads[lane] = (seq, value)
            self.rows[lane].append((self._base | seq, record.decode(), value))

    def lone_row(self) -> tuple[str, Row] | None:
        """The statement and the row when that is all there is: it needs no transaction around it."""
        if self.puts or self.journal:
            return None
        filled = [lane for lane, rows in enumerate(self.rows) if rows]
        if len(filled) != 1 or len(self.rows[filled[0]]) != 1:
            return None
        return _INSERT[filled[0]], self.rows[filled[0]][0]

    def write(self, conn: sqlite3.Connection) -> None:
        """Insert everything; the caller begins and commits."""
        for statement, rows in zip(_INSERT, self.rows, strict=True):
            if rows:
                conn.executemany(statement, rows)
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
        self.heads: list[Head] = []  # by the lane's place in LANES

    def begin_epoch(self, epoch: int, nonce: str) -> None:
        """Number from 1 again; the epoch is committed already."""
        self.epoch, self.nonce = epoch, nonce
        self.heads = [(0, NO_HASH)] * len(LANES)

    def take_over(self, draft: Draft) -> None:
        """The draft is committed: what it said is so."""
        self.hlc = draft.hlc
        self.heads = draft.heads
        epoch = self.epoch
        for lane, rows, head in zip(LANES, draft.rows, draft.heads, strict=True):
            if rows:
                old = self.chains.get((lane, epoch))
                acked = old.acked if old else 0
                self.chains[lane, epoch] = Chain(lane, epoch, self.nonce, acked, head[0])


def _last_hlc(conn: sqlite3.Connection) -> int:
    """The last clock value in the file: newer rows always carry a greater one, so nothing else stores it."""
    queries = ["SELECT max(hlc) FROM epochs", "SELECT hlc FROM journal ORDER BY n DESC LIMIT 1"]
    queries += [f"SELECT record ->> '$.hlc' FROM {table} ORDER BY place DESC LIMIT 1" for table in TABLE.values()]  # noqa: S608
    found = (conn.execute(query).fetchone() for query in queries)
    return max((int(row[0]) for row in found if row and row[0] is not None), default=0)
