"""The store's schema as ordered steps; `PRAGMA user_version` says how many a file has had. Append only.

A step that was released never changes: old files are migrated by tests for ever.
"""

import sqlite3
from typing import Final

from edge_agent.store.errors import StoreTooNew

# One outbox table per lane: business is read without stepping over telemetry, and every insert is at the end.
# `place` is epoch << 32 | seq: the row's identity, its order, and the only index (flash wears by bytes written).
_TABLES: Final = """
CREATE TABLE outbox_biz (place INTEGER PRIMARY KEY, record TEXT NOT NULL, hash BLOB NOT NULL) STRICT;
CREATE TABLE outbox_ops (place INTEGER PRIMARY KEY, record TEXT NOT NULL, hash BLOB NOT NULL) STRICT;
CREATE TABLE outbox_tel (place INTEGER PRIMARY KEY, record TEXT NOT NULL, hash BLOB NOT NULL) STRICT;
CREATE TABLE cursors (
    lane TEXT NOT NULL, epoch INTEGER NOT NULL, acked INTEGER NOT NULL, PRIMARY KEY (lane, epoch)
) STRICT, WITHOUT ROWID;
CREATE TABLE epochs (epoch INTEGER PRIMARY KEY, nonce TEXT NOT NULL, boot TEXT NOT NULL, hlc INTEGER NOT NULL) STRICT;
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE state (
    kind TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (kind, key)
) STRICT, WITHOUT ROWID;
CREATE TABLE journal (
    n INTEGER PRIMARY KEY, hlc INTEGER NOT NULL, at_ms INTEGER NOT NULL, kind TEXT NOT NULL, data TEXT NOT NULL
) STRICT
"""

# For people (and `sqlite-utils rows store.db outbox`): what waits and what went, in words.
_VIEW: Final = """
CREATE VIEW outbox AS
WITH every AS (
    SELECT 'biz' AS lane, * FROM outbox_biz
    UNION ALL SELECT 'ops', * FROM outbox_ops
    UNION ALL SELECT 'tel', * FROM outbox_tel
)
SELECT lane, place >> 32 AS epoch, place & 4294967295 AS seq, record ->> '$.type' AS type,
    strftime('%Y-%m-%dT%H:%M:%fZ', (record ->> '$.at_ms') / 1000.0, 'unixepoch') AS at,
    (place & 4294967295) <= coalesce(
        (SELECT acked FROM cursors WHERE cursors.lane = every.lane AND cursors.epoch = place >> 32), 0
    ) AS acknowledged,
    record ->> '$.id' AS id, record -> '$.body' AS body
FROM every
"""

# Numbers without facts (lost.py), and the same in words.
_LOST: Final = """
CREATE TABLE lost (
    lane TEXT NOT NULL, epoch INTEGER NOT NULL, first_seq INTEGER NOT NULL, last_seq INTEGER, nonce TEXT NOT NULL,
    reason TEXT NOT NULL, gone INTEGER NOT NULL, hash BLOB, told INTEGER NOT NULL, at_ms INTEGER NOT NULL,
    PRIMARY KEY (lane, epoch, first_seq)
) STRICT, WITHOUT ROWID;
CREATE VIEW lost_facts AS
SELECT lane, epoch, first_seq, last_seq, gone, reason,
    strftime('%Y-%m-%dT%H:%M:%fZ', at_ms / 1000.0, 'unixepoch') AS at, told AS hub_knows
FROM lost;
CREATE VIEW journal_in_words AS
SELECT n, strftime('%Y-%m-%dT%H:%M:%fZ', at_ms / 1000.0, 'unixepoch') AS at, kind, data FROM journal
"""

STEPS: Final[tuple[str, ...]] = (_TABLES, _VIEW, _LOST)


def migrate(conn: sqlite3.Connection) -> int:
    """Bring the file to the newest schema, each step in its own transaction; returns how many steps were due.

    Raises StoreTooNew for a file from a later version.
    """
    (done,) = conn.execute("PRAGMA user_version").fetchone()
    if done > len(STEPS):
        raise StoreTooNew(f"the store has schema {done}, this agent knows {len(STEPS)}")
    for number, step in enumerate(STEPS[done:], start=done + 1):
        conn.execute("BEGIN IMMEDIATE")
        for statement in step.split(";"):
            conn.execute(statement)
        conn.execute(f"PRAGMA user_version = {number}")
        conn.execute("COMMIT")
    return len(STEPS) - int(done)
