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
from protocols.sync.envelope import NO_HASH, Backlog, FactBatch, Lane, decode_fact

_FRAME_BYTES = 2  # a comma and some air per record
_BATCH_BYTES = 256  # a batch's own fields


def in_sending_order(chains: Iterable[Chain]) -> list[Chain]:
    """Business first, then operations, then telemetry; inside a lane the older epoch first."""
    return sorted(chains, key=lambda one: (LANES.index(one.lane), one.epoch))


def read_batches(
    conn: sqlite3.Connection, chains: Iterable[Chain], *, max_facts: int, max_bytes: int
) -> list[FactBatch]:
    """What the hub does not hold yet, from the front, within both limits; at least one fact when one waits."""
    batches: list[FactBatch] = []
    facts_left, bytes_left = max_facts, max_bytes
    for one in in_sending_order(chains):
        if not one.waiting:
            continue
        if facts_left <= 0 or (batches and bytes_left <= _BATCH_BYTES):
            break
        records = _records(conn, one, facts_left, bytes_left - _BATCH_BYTES, at_least_one=not batches)
        previous = hash_at(conn, one.lane, one.epoch, one.acked) if one.acked else NO_HASH
        if not records or previous is None:
            break
        batches.append(
            FactBatch(
                lane=one.lane,
                epoch=one.epoch,
                nonce=one.nonce,
                first_seq=one.acked + 1,
                prev_hash=previous.hex(),
                records=records,
            )
        )
        facts_left -= len(records)
        bytes_left -= _BATCH_BYTES + sum(len(bytes(record)) + _FRAME_BYTES for record in records)
        if one.waiting > len(records):
            break  # what comes later in the lane must not overtake the rest of this chain
    return batches


def _records(
    conn: sqlite3.Connection, one: Chain, max_facts: int, max_bytes: int, *, at_least_one: bool
) -> list[msgspec.Raw]:
    rows = conn.execute(
        f"SELECT record FROM {TABLE[one.lane]} WHERE place BETWEEN ? AND ? ORDER BY place LIMIT ?",  # noqa: S608
        (place_of(one.epoch, one.acked + 1), place_of(one.epoch, one.last), max_facts),
    )
    records: list[msgspec.Raw] = []
    for (record,) in rows:
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
        f"SELECT record FROM {TABLE[lane]} WHERE place = ?",  # noqa: S608
        (place_of(oldest.epoch, oldest.acked + 1),),
    ).fetchone()
    at_ms = decode_fact(row[0]).at_ms if row is not None else None
    return Backlog(lane=lane, waiting=sum(one.waiting for one in chains), oldest_at_ms=at_ms)


def export(path: Path) -> Iterator[str]:
    """Every fact still in the file as one JSON line: lane, epoch, seq, hash, record. Works while the agent runs."""
    conn = open_reader(path)
    try:
        for lane in LANES:
            for place, record, value in conn.execute(f"SELECT place, record, hash FROM {TABLE[lane]} ORDER BY place"):  # noqa: S608
                head = {"lane": lane.value, "epoch": place >> 32, "seq": place & SEQ_MASK, "hash": value.hex()}
                yield f'{json.dumps(head)[:-1]}, "record": {record.decode()}}}'
    finally:
        conn.close()


def waiting(path: Path) -> list[Backlog]:
    """What waits in each lane, read from the file. Works while the agent runs."""
    conn = open_reader(path)
    try:
        return read_backlog(conn, in_sending_order(load_chains(conn).values()))
    finally:
        conn.close()
