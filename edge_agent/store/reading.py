"""Reads the outbox without disturbing the writer: batches for the uplink, what waits, the export.

Uses reading connections only; where each chain stands comes from the writer's side as frozen values.
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import msgspec

from edge_agent.store.chains import LANES, SEQ_MASK, TABLE, Chain, hash_at, load_chains, place_of
from edge_agent.store.database import open_reader
from edge_agent.store.harvest import harvest, roots_of
from edge_agent.store.lost import Lost, behind, load, next_hole, of_chain
from edge_agent.store.migrations import migrate
from edge_agent.store.pages import Pages
from protocols.sync.envelope import MAX_FACTS, NO_HASH, Backlog, FactBatch, Lane, decode_fact

_FRAME_BYTES = 2  # a comma and some air per record
_BATCH_BYTES = 256  # a batch's own fields


def in_sending_order(chains: Iterable[Chain]) -> list[Chain]:
    """Business first, then operations, then telemetry; inside a lane the older epoch first."""
    return sorted(chains, key=lambda one: (LANES.index(one.lane), one.epoch))


def past(chains: Iterable[Chain], batches: Iterable[FactBatch]) -> list[Chain]:
    """The chains as they stand once the hub holds these batches."""
    taken = {(batch.lane, batch.epoch): batch.first_seq + len(batch.records) - 1 for batch in batches}
    return [one._replace(acked=taken.get((one.lane, one.epoch), one.acked)) for one in chains]


def read_batches(
    conn: sqlite3.Connection,
    chains: Iterable[Chain],
    *,
    max_facts: int,
    max_bytes: int,
    max_business: int = MAX_FACTS,
    lost: Sequence[Lost] = (),
) -> list[FactBatch]:
    """What the hub does not hold yet, from the front, within the limits; at least one fact when one waits.

    `max_business`: of business and operations together, with each of which the hub has work.
    A batch goes over numbers of `lost` that begin right behind the cursor, and ends before the next ones.
    """
    batches: list[FactBatch] = []
    facts_left, bytes_left = max_facts, max_bytes
    business_left = max_business
    for one in in_sending_order(chains):
        if not one.waiting:
            continue
        most = facts_left if one.lane is Lane.TELEMETRY else min(facts_left, business_left)
        if most <= 0 or (batches and bytes_left <= _BATCH_BYTES):
            break
        mine = of_chain(lost, one.lane, one.epoch)
        at, value = behind(one.acked, mine)
        if at >= one.last:
            continue
        hole = next_hole(at, mine)
        part = (at + 1, one.last if hole is None else hole - 1)
        records = _records(conn, one, part, most, bytes_left - _BATCH_BYTES, at_least_one=not batches)
        previous = value or (hash_at(conn, one.lane, one.epoch, at) if at else NO_HASH)
        if not records or previous is None:
            break
        batches.append(
            FactBatch(
                lane=one.lane,
                epoch=one.epoch,
                nonce=one.nonce,
                first_seq=at + 1,
                prev_hash=previous.hex(),
                records=records,
            )
        )
        facts_left -= len(records)
        business_left -= 0 if one.lane is Lane.TELEMETRY else len(records)
        bytes_left -= _BATCH_BYTES + sum(len(bytes(record)) + _FRAME_BYTES for record in records)
        if one.last - at > len(records):
            break  # what comes later in the lane must not overtake the rest of this chain
    return batches


def _records(
    conn: sqlite3.Connection, one: Chain, part: tuple[int, int], max_facts: int, max_bytes: int, *, at_least_one: bool
) -> list[msgspec.Raw]:
    rows = conn.execute(
        f"SELECT place, record FROM {TABLE[one.lane]} WHERE place BETWEEN ? AND ? ORDER BY place LIMIT ?",  # noqa: S608
        (place_of(one.epoch, part[0]), place_of(one.epoch, part[1]), max_facts),
    )
    records: list[msgspec.Raw] = []
    for expected, (place, record) in enumerate(rows, start=place_of(one.epoch, part[0])):
        if place != expected:
            break  # shed since the chains were looked at
        max_bytes -= len(record) + _FRAME_BYTES
        if max_bytes < 0 and not (at_least_one and not records):
            break
        records.append(msgspec.Raw(record))
    return records


def read_backlog(conn: sqlite3.Connection, chains: Sequence[Chain]) -> list[Backlog]:
    """What waits in each lane, and since when by the station's clock."""
    return [_backlog_of(conn, lane, [one for one in chains if one.lane is lane and one.waiting]) for lane in LANES]


def _backlog_of(conn: sqlite3.Connection, lane: Lane, chains: list[Chain]) -> Backlog:
    if not chains:
        return Backlog(lane=lane, waiting=0)
    oldest = min(chains, key=lambda one: one.epoch)
    row = conn.execute(
        f"SELECT record FROM {TABLE[lane]} WHERE place > ? ORDER BY place LIMIT 1",  # noqa: S608
        (place_of(oldest.epoch, oldest.acked),),
    ).fetchone()
    at_ms = decode_fact(row[0]).at_ms if row is not None else None
    return Backlog(lane=lane, waiting=sum(one.waiting for one in chains), oldest_at_ms=at_ms)


def export(path: Path) -> Iterator[str]:
    """Every fact still in the file as one JSON line: lane, epoch, seq, hash, record. Works while the agent runs."""
    conn = open_reader(path)
    try:
        yield from _lines(conn)
    finally:
        conn.close()


def export_damaged(path: Path) -> Iterator[str]:
    """The same of a file that SQLite may refuse (and its log): every fact that can still be read. Changes nothing."""
    found = sqlite3.connect("", isolation_level=None)  # a private file of SQLite's own, gone when it is closed
    try:
        migrate(found)
        with Pages(path) as pages:
            found.execute("BEGIN")
            harvest(pages, roots_of(pages), found)
            found.execute("COMMIT")
        found.text_factory = bytes
        yield from _lines(found)
    finally:
        found.close()


def _lines(conn: sqlite3.Connection) -> Iterator[str]:
    for lane in LANES:
        for place, record, value in conn.execute(f"SELECT place, record, hash FROM {TABLE[lane]} ORDER BY place"):  # noqa: S608
            head = {"lane": lane.value, "epoch": place >> 32, "seq": place & SEQ_MASK, "hash": value.hex()}
            yield f'{json.dumps(head)[:-1]}, "record": {record.decode()}}}'


def waiting(path: Path) -> list[Backlog]:
    """What waits in each lane, read from the file. Works while the agent runs."""
    conn = open_reader(path)
    try:
        return read_backlog(conn, in_sending_order(load_chains(conn, load(conn)).values()))
    finally:
        conn.close()


def losses(path: Path) -> list[Lost]:
    """What is lost, read from the file. Works while the agent runs."""
    conn = open_reader(path)
    try:
        return load(conn)
    finally:
        conn.close()
