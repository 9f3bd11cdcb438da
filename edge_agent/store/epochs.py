"""Opens epochs, and moves facts to a new one when the hub cannot continue an old chain. Writer thread only.

Every start opens an epoch before anything is appended, so no number is ever used twice, whatever the disk
forgot. A chain cannot be continued when the hub holds another history under its numbers (a cloned or restored
card), or lost what this station no longer keeps.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import replace

from edge_agent.store import lost, retention
from edge_agent.store.chains import LANES, MAX_EPOCH, SEQ_BITS, SEQ_MASK, TABLE, Chain, hash_at, place_of
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
            ended[lane, old_epoch] = old._replace(acked=min(old.acked, after), last=after)
            _save_cursor(conn, lane, old_epoch, min(old.acked, after))
            _end_losses(conn, outbox, old, after)
    conn.execute("COMMIT")
    outbox.lost = lost.load(conn)
    outbox.chains.update(ended)
    outbox.begin_epoch(epoch, nonce)
    outbox.heads = tuple(heads[lane] for lane in LANES)
    outbox.chains.update({(lane, epoch): Chain(lane, epoch, nonce, 0, seq) for lane, (seq, _) in heads.items() if seq})
    return moved


def _end_losses(conn: sqlite3.Connection, outbox: Outbox, old: Chain, after: int) -> None:
    """The chain ends at `after`: what it lacked behind is one range now, of numbers that never come."""
    mine = [one for one in lost.of_chain(outbox.lost, old.lane, old.epoch) if one.hash is not None]
    mine = [one for one in mine if one.last is not None and one.last > after]
    if not mine:
        return
    lost.drop(conn, mine)
    gone = sum(one.gone for one in mine)
    lost.put(conn, [replace(mine[-1], first=after + 1, last=old.last, gone=gone, hash=None, told=False)])


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
        if acked < known.acked and not _can_continue(conn, outbox, known, acked):
            broken.append((lane, epoch, acked))
        else:
            changed[lane, epoch] = known._replace(acked=acked)
    if changed:
        conn.execute("BEGIN IMMEDIATE")
        for (lane, epoch), one in changed.items():
            _save_cursor(conn, lane, epoch, one.acked)
        forgotten = [one for one in outbox.lost if one.told and _forgot(one, outbox.chains, changed)]
        lost.put(conn, [replace(one, told=False) for one in forgotten])
        marks = _marks_after(outbox, changed)
        if marks is not outbox.marks:
            retention.save(conn, marks)
        conn.execute("COMMIT")
        outbox.chains.update(changed)
        outbox.marks = marks
        if forgotten:
            outbox.lost = lost.load(conn)
    return broken


def _forgot(one: lost.Lost, before: dict[tuple[Lane, int], Chain], after: dict[tuple[Lane, int], Chain]) -> bool:
    """Whether the hub went back behind a range that it was told."""
    key = (one.lane, one.epoch)
    return key in after and after[key].acked < before[key].acked and after[key].acked < one.first


def tell(conn: sqlite3.Connection, outbox: Outbox, ranges: Iterable[lost.Lost]) -> None:
    """The hub knows these ranges now; what one has grown by meanwhile it does not."""
    now = {(one.lane, one.epoch, one.first): one for one in outbox.lost}
    conn.execute("BEGIN IMMEDIATE")
    for one in ranges:
        here = now.get((one.lane, one.epoch, one.first), one)
        lost.put(conn, [replace(one, told=True)])
        if here.last is not None and one.last is not None and here.last > one.last:
            lost.put(conn, [replace(here, first=one.last + 1, gone=here.gone - one.gone)])
    conn.execute("COMMIT")
    outbox.lost = lost.load(conn)


def _marks_after(outbox: Outbox, changed: dict[tuple[Lane, int], Chain]) -> list[retention.Mark]:
    if any(one.acked < outbox.chains[key].acked for key, one in changed.items()):
        return []
    return retention.marked(outbox.marks, outbox.chains | changed, hlc_parts(outbox.hlc)[0])


def _can_continue(conn: sqlite3.Connection, outbox: Outbox, known: Chain, acked: int) -> bool:
    """Whether the row at `acked` (for its hash) and all after it are here, but for what was shed.

    Pruning removes from the front; damage may have taken from the middle.
    """
    lane, epoch = known.lane, known.epoch
    at, value = lost.behind(acked, lost.of_chain(outbox.lost, lane, epoch))
    has_hash = value is not None or at == 0 or hash_at(conn, lane, epoch, at) is not None
    shed = [one for one in lost.of_chain(outbox.lost, lane, epoch) if one.hash is not None and one.first > at]
    (rows,) = conn.execute(
        f"SELECT count(*) FROM {TABLE[lane]} WHERE place BETWEEN ? AND ?",  # noqa: S608
        (place_of(epoch, at + 1), place_of(epoch, known.last)),
    ).fetchone()
    numbers = known.last - at - sum(one.last - one.first + 1 for one in shed if one.last is not None)
    return has_hash and int(rows) == numbers


def _save_cursor(conn: sqlite3.Connection, lane: Lane, epoch: int, acked: int) -> None:
    conn.execute(
        "INSERT INTO cursors (lane, epoch, acked) VALUES (?, ?, ?)"
        " ON CONFLICT (lane, epoch) DO UPDATE SET acked = excluded.acked",
        (lane.value, epoch, acked),
    )
