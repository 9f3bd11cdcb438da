"""Where every chain of the outbox stands, in memory. Changed only by whoever has the writing connection just now.

A draft is taken over after its commit, so that a failed transaction leaves no trace here.
"""

import sqlite3
from collections.abc import Iterable

from edge_agent.store import lost, retention
from edge_agent.store.chains import LANES, TABLE, Chain, load_chains
from edge_agent.store.draft import Draft, Head, Heads
from protocols.sync.envelope import NO_HASH, Lane


class Outbox:
    """Where every chain stands: the current epoch's heads, and what the hub holds of each chain."""

    def __init__(self, conn: sqlite3.Connection) -> None:
        self.lost = lost.load(conn)
        self.chains = load_chains(conn, self.lost)
        self.marks = retention.load(conn)
        self.hlc = last_hlc(conn)
        self.epoch = 0
        self.nonce = ""
        self.heads: Heads = ()
        self.handed_out: dict[tuple[Lane, int], int] = {}  # up to which number the uplink may have read a chain

    def begin_epoch(self, epoch: int, nonce: str) -> None:
        """Number from 1 again; the epoch is committed already."""
        self.epoch, self.nonce = epoch, nonce
        self.heads = ((0, NO_HASH),) * len(LANES)

    def move_head(self, lane: Lane, head: Head) -> None:
        """The lane's chain goes on behind this number: drafts that are made already are stale."""
        self.heads = tuple(head if one is lane else old for one, old in zip(LANES, self.heads, strict=True))

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
        for index in draft.facts:
            key = (LANES[index], epoch)
            old = self.chains.get(key)
            self.chains[key] = Chain(*key, self.nonce, old.acked if old else 0, draft.heads[index][0])


def last_hlc(conn: sqlite3.Connection) -> int:
    """The last clock value in the file: newer rows always carry a greater one, so nothing else stores it."""
    queries = ["SELECT max(hlc) FROM epochs", "SELECT hlc FROM journal ORDER BY n DESC LIMIT 1"]
    queries += [f"SELECT record ->> '$.hlc' FROM {table} ORDER BY place DESC LIMIT 1" for table in TABLE.values()]  # noqa: S608
    found = (conn.execute(query).fetchone() for query in queries)
    return max((int(row[0]) for row in found if row and row[0] is not None), default=0)
