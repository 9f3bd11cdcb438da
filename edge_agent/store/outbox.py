"""The outbox's writing half: gives facts their numbers and hashes, and inserts them. Writer thread only.

Everything is drafted first and taken over after the commit, so that a failed transaction leaves no trace here.
"""

import hashlib
import sqlite3
from collections.abc import Iterable
from typing import Final

from edge_agent.store import lost, retention
from edge_agent.store.bulk import Bulk
from edge_agent.store.chains import LANES, SEQ_BITS, TABLE, Chain, load_chains
from edge_agent.store.door import Made, Ready, Value
from protocols.sync.envelope import NO_HASH, Lane

_FACTS: Final = tuple(Bulk(f"INSERT INTO {TABLE[lane]} (place, record, hash)", 3) for lane in LANES)
_JOURNAL: Final = Bulk("INSERT INTO journal (hlc, at_ms, kind, data)", 4)
_STATE: Final = Bulk(
    "INSERT INTO state (kind, key, value)", 3, "ON CONFLICT (kind, key) DO UPDATE SET value = excluded.value"
)
_DELETE: Final = "DELETE FROM state WHERE kind = ? AND key = ?"

_sha256 = hashlib.sha256

Head = tuple[int, bytes]  # the chain's last number and its hash


class Draft:
    """The rows of one transaction, made from several works. Lanes go by their place in LANES here: it is faster."""

    __slots__ = ("_base", "facts", "heads", "hlc", "journal", "puts")

    def __init__(self, outbox: "Outbox", group: Iterable[Ready]) -> None:
        self._base = outbox.epoch << SEQ_BITS
        self.hlc = outbox.hlc
        self.heads = outbox.heads.copy()
        self.facts: tuple[list[Value], ...] = ([], [], [])  # rows' values one after the other, as Bulk takes them
        self.journal: list[Value] = []
        self.puts: dict[tuple[str, str], bytes | None] = {}
        for ready in group:
            self._number(ready.facts)
            self.hlc = ready.hlc
            if ready.journal:
                self.journal += ready.journal
            for put in ready.puts:
                self.puts[put.kind, put.key] = put.value

    def _number(self, facts: list[Made]) -> None:
        heads = self.heads
        for lane, record, link in facts:
            seq, value = heads[lane]
            seq += 1
            value = _sha256(value + link).digest()  # protocols.sync.envelope.chain
            heads[lane] = (seq, value)
            self.facts[lane].extend((self._base | seq, record, value))

    def lone_row(self) -> tuple[str, list[Value]] | None:
        """The statement and the row when that is all there is: it needs no transaction around it."""
        if self.puts or self.journal:
            return None
        filled = [lane for lane, values in enumerate(self.facts) if values]
        if len(filled) != 1 or len(self.facts[filled[0]]) != _FACTS[0].width:
            return None
        return _FACTS[filled[0]].one, self.facts[filled[0]]

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


class Outbox:
    """Where every chain stands: the current epoch's heads, and what the hub holds of each chain."""

    def __init__(self, conn: sqlite3.Connection) -> None:
        self.lost = lost.load(conn)
        self.chains = load_chains(conn, self.lost)
        self.marks = retention.load(conn)
        self.hlc = last_hlc(conn)
        self.epoch = 0
        self.nonce = ""
        self.heads: list[Head] = []  # by the lane's place in LANES
        self.handed_out: dict[tuple[Lane, int], int] = {}  # up to which number the uplink may have read a chain

    def begin_epoch(self, epoch: int, nonce: str) -> None:
        """Number from 1 again; the epoch is committed already."""
        self.epoch, self.nonce = epoch, nonce
        self.heads = [(0, NO_HASH)] * len(LANES)

    @property
    def oldest_epoch(self) -> int:
        """The first epoch of which there is still a chain."""
        return min((epoch for _, epoch in self.chains), default=self.epoch)

    def hand_out(self, chains: Iterable[Chain], most: int) -> None:
        """So many facts of each chain are read for the hub: until it holds them they are not given up. On the loop."""
        for one in chains:
            if one.waiting:
                key = (one.lane, one.epoch)
                self.handed_out[key] = max(self.handed_out.get(key, 0), min(one.last, one.acked + most))

    def take_over(self, draft: Draft) -> None:
        """The draft is committed: what it said is so."""
        self.hlc = draft.hlc
        self.heads = draft.heads
        epoch = self.epoch
        for lane, rows, head in zip(LANES, draft.facts, draft.heads, strict=True):
            if rows:
                old = self.chains.get((lane, epoch))
                acked = old.acked if old else 0
                self.chains[lane, epoch] = Chain(lane, epoch, self.nonce, acked, head[0])


def last_hlc(conn: sqlite3.Connection) -> int:
    """The last clock value in the file: newer rows always carry a greater one, so nothing else stores it."""
    queries = ["SELECT max(hlc) FROM epochs", "SELECT hlc FROM journal ORDER BY n DESC LIMIT 1"]
    queries += [f"SELECT record ->> '$.hlc' FROM {table} ORDER BY place DESC LIMIT 1" for table in TABLE.values()]  # noqa: S608
    found = (conn.execute(query).fetchone() for query in queries)
    return max((int(row[0]) for row in found if row and row[0] is not None), default=0)
