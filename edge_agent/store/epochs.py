"""Opens epochs, and moves facts to a new one when the hub cannot continue an old chain. Writer thread only.

Every start opens an epoch before anything is appended, so no number is ever used twice, whatever the disk
forgot. A chain cannot be continued when the hub holds another history under its numbers (a cloned or restored
card), or lost what this station no longer keeps.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import replace

from edge_agent.store import retention
from edge_agent.store.chains import LANES, MAX_EPOCH, SEQ_BITS, SEQ_MASK, TABLE, Chain, place_of
from edge_agent.store.errors import StoreUnwritable
from edge_agent.store.outbox import Outbox
from protocols.sync.clock import hlc_parts
from protocols.sync.envelope import Lane, chain, decode_fact


def open_epoch(conn: sqlite3.Connection, outbox: Outbox, *, nonce: str, boot: str, floor: int = 0) -> None:
    """Commit a new epoch, at least `floor`, and begin to number in it. Raises StoreUnwritable, sqlite3.Error."""
    conn.execute("BEGIN IMMEDIATE")
    epoch = _insert_epoch(conn, outbox, nonce, boot, floor)
    conn.execute("COMMIT")
    outbox.begin_epoch(epoch, nonce)


def adopt_forgotten(conn: sqlite3.Connection, *, nonce: str, boot: str) -> list[int]:
    """Give a row to epochs of which there are facts but no row: a disk that lied about a sync forgot it.

    Without one their facts would never be sent, and the next epoch would take their numbers. The nonce is a new one,
    so a hub that knows the epoch answers FORK. Returns the epochs.
    """
    known = {epoch for (epoch,) in conn.execute("SELECT epoch FROM epochs")}
    forgotten = sorted({epoch for lane in LANES for epoch in _epochs_in(conn, lane)} - known)
    if forgotten:
        conn.execute("BEGIN IMMEDIATE")
        rows = [(epoch, nonce, boot, 0) for epoch in forgotten]
        conn.executemany("INSERT INTO epochs (epoch, nonce, boot, hlc) VALUES (?, ?, ?, ?)", rows)
        conn.execute("COMMIT")
    return forgotten


def _epochs_in(conn: sqlite3.Connection, lane: Lane) -> Iterator[int]:
    """The epochs of a lane's rows, by one look into the table for each."""
    query = f"SELECT min(place) FROM {TABLE[lane]} WHERE place > ?"  # noqa: S608
    (place,) = conn.execute(query, (0,)).fetchone()
    while place is not None:
        epoch = place >> SEQ_BITS
        yield epoch
        (place,) = conn.execute(query, (place_of(epoch, SEQ_MASK),)).fetchone()


def _insert_epoch(conn: sqlite3.Connection, outbox: Outbox, nonce: str, boot: str, floor: int) -> int:
    (newest,) = conn.execute("SELECT coalesce(max(epoch), 0) FROM epochs").fetchone()
    epoch = max(int(newest), outbox.epoch) + 1
    epoch = max(epoch, floor)
    if epoch > MAX_EPOCH:
        raise StoreUnwritable("no_epochs_left", f"epoch {epoch} is above {MAX_EPOCH}")
    conn.execute("INSERT INTO epochs (epoch, nonce, boot, hlc) VALUES (?, ?, ?, ?)", (epoch, nonce, boot, outbox.hlc))
    return epoch


def rehome(
    conn: sqlite3.Connection,
    outbox: Outbox,
    broken: Iterable[tuple[Lane, int, int]],
    *,
    nonce: str,
    boot: str,
    floor: int = 0,
) -> int:
    """Move the facts after `seq` of each broken (lane, epoch, seq) to a new epoch, in order, in one transaction.

    Records and ids stay as they are; numbers and hashes are new. Returns how many facts moved.
    """
    conn.execute("BEGIN IMMEDIATE")
    epoch = _insert_epoch(conn, outbox, nonce, boot, floor)
    heads = {lane: (0, bytes(32)) for lane in LANES}
    moved = 0
    ended: dict[tuple[Lane, int], Chain] = {}
    for lane, old_epoch, after in sorted(broken, key=lambda one: one[1]):
        start = heads[lane][0]
        heads[lane] = _move(conn, lane, (old_epoch, after), epoch, heads[lane])
        moved += heads[lane][0] - start
        old = outbox.chains.get((lane, old_epoch))
        if old is not None:
            ended[lane, old_epoch] = replace(old, acked=after, last=after)
            _save_cursor(conn, lane, old_epoch, after)
    conn.execute("COMMIT")
    outbox.chains.update(ended)
    outbox.begin_epoch(epoch, nonce)
    outbox.heads = [heads[lane] for lane in LANES]
    outbox.chains.update({(lane, epoch): Chain(lane, epoch, nonce, 0, seq) for lane, (seq, _) in heads.items() if seq})
    return moved


def _move(
    conn: sqlite3.Connection, lane: Lane, source: tuple[int, int], epoch: int, head: tuple[int, bytes]
) -> tuple[int, bytes]:
    old_epoch, after = source
    table = TABLE[lane]
    bounds = (place_of(old_epoch, after + 1), place_of(old_epoch, SEQ_MASK))
    seq, value = head
    rows = conn.execute(f"SELECT record FROM {table} WHERE place BETWEEN ? AND ? ORDER BY place", bounds)  # noqa: S608
    while some := rows.fetchmany(1000):
        new = []
        for (record,) in some:
            seq, value = seq + 1, chain(value, decode_fact(record.encode()).id, record.encode())
            new.append((place_of(epoch, seq), record, value))
        conn.executemany(f"INSERT INTO {table} (place, record, hash) VALUES (?, ?, ?)", new)  # noqa: S608
    conn.execute(f"DELETE FROM {table} WHERE place BETWEEN ? AND ?", bounds)  # noqa: S608
    return seq, value


def acknowledge(
    conn: sqlite3.Connection, outbox: Outbox, cursors: Iterable[tuple[Lane, int, int]]
) -> list[tuple[Lane, int, int]]:
    """Store what the hub holds, forward or backward; returns the cursors from which this file cannot continue.

    Backward means that the hub was restored from a backup: what it lost is sent again. What this file no longer
    keeps cannot be; the caller rehomes the rest.
    """
    changed: dict[tuple[Lane, int], Chain] = {}
    broken: list[tuple[Lane, int, int]] = []
    for lane, epoch, seq in cursors:
        known = outbox.chains.get((lane, epoch))
        if known is None or known.acked == (acked := min(max(seq, 0), known.last)):
            continue
        if acked < known.acked and not _can_continue(conn, lane, epoch, acked):
            broken.append((lane, epoch, acked))
        else:
            changed[lane, epoch] = replace(known, acked=acked)
    if changed:
        conn.execute("BEGIN IMMEDIATE")
        for (lane, epoch), one in changed.items():
            _save_cursor(conn, lane, epoch, one.acked)
        marks = _marks_after(outbox, changed)
        if marks is not outbox.marks:
            retention.save(conn, marks)
        conn.execute("COMMIT")
        outbox.chains.update(changed)
        outbox.marks = marks
    return broken


def _marks_after(outbox: Outbox, changed: dict[tuple[Lane, int], Chain]) -> list[retention.Mark]:
    if any(one.acked < outbox.chains[key].acked for key, one in changed.items()):
        return []
    return retention.marked(outbox.marks, outbox.chains | changed, hlc_parts(outbox.hlc)[0])


def _can_continue(conn: sqlite3.Connection, lane: Lane, epoch: int, acked: int) -> bool:
    """Whether the rows at `acked` (for its hash) and after it are all here; pruning removes from the front."""
    (first,) = conn.execute(
        f"SELECT min(place) FROM {TABLE[lane]} WHERE place BETWEEN ? AND ?",  # noqa: S608
        (place_of(epoch, 1), place_of(epoch, SEQ_MASK)),
    ).fetchone()
    return first is not None and int(first) & SEQ_MASK <= max(acked, 1)


def _save_cursor(conn: sqlite3.Connection, lane: Lane, epoch: int, acked: int) -> None:
    conn.execute(
        "INSERT INTO cursors (lane, epoch, acked) VALUES (?, ?, ?)"
        " ON CONFLICT (lane, epoch) DO UPDATE SET acked = excluded.acked",
        (lane.value, epoch, acked),
    )
