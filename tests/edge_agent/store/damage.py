"""Stores to be damaged, and what damages them."""

import random
import shutil
import sqlite3
import uuid
from pathlib import Path

from edge_agent.runtime.clock import new_id
from edge_agent.store import cells
from edge_agent.store.pages import Pages
from edge_agent.store.store import Store
from edge_agent.store.work import NewFact, Put, Work
from protocols.sync.envelope import Cursor, Lane, decode_fact
from tests.edge_agent.store.conftest import MovedClock, rows, work

FACTS = 900
ACKED = 300
BODY = b'{"text":"' + b"x" * 180 + b'"}'
PUTS = {f"v-{n}": b'{"dock":%d}' % n for n in range(40)}
TYPES = {Lane.BUSINESS: "RentalEnded", Lane.OPERATIONS: "DockSeen", Lane.TELEMETRY: "ChargingMetered"}


def fact(body: bytes = BODY, *, lane: Lane = Lane.BUSINESS) -> NewFact:
    """Of a type of its lane: that is how a stray page knows where it belongs."""
    return NewFact(lane=lane, type=TYPES[lane], v=1, id=new_id(), body=body)


async def opened(path: Path, clock: MovedClock) -> Store:
    return await Store.open(path, clock=clock, ballast_bytes=65_536)


async def fill(store: Store, clock: MovedClock, facts: int = FACTS) -> list[uuid.UUID]:
    """Business facts, telemetry between them, state; some are acknowledged. Ids of the business facts."""
    ids = []
    for start in range(0, facts, 50):
        made = [fact(BODY) for _ in range(50)]
        ids += [one.id for one in made]
        await store.commit(work(clock, *made, *(fact(BODY, lane=Lane.TELEMETRY) for _ in range(20))))
        clock.move(seconds=5)
        if start == 0:
            puts = tuple(Put(kind="dock", key=key, value=value) for key, value in PUTS.items())
            await store.commit(Work(moment=clock.now(), puts=puts))
    await store.acknowledge([Cursor(lane=Lane.BUSINESS, epoch=store.epoch, acked=ACKED)])
    return ids


def image(source: Path, target: Path) -> None:
    """The files as a power cut leaves them."""
    for name in ("", "-wal"):
        shutil.copy(source.with_name(source.name + name), target.with_name(target.name + name))


def overwrite(path: Path, at: int, data: bytes) -> None:
    with path.open("r+b") as file:
        file.seek(at)
        file.write(data)


def pages_of(path: Path, kind: int, marker: bytes) -> list[int]:
    """Numbers of the pages of this kind that hold these bytes (or have a child that does)."""
    found = []
    with Pages(path) as pages:
        for number in range(2, pages.count + 1):
            page = pages.get(number)
            if page is not None and cells.kind_of(page, number) == kind and marker in page:
                found.append(number)
    return found


def business_ids(path: Path) -> set[uuid.UUID]:
    return {decode_fact(record).id for _, _, record, _ in rows(path)}


def lost_rows(path: Path) -> list[tuple[object, ...]]:
    conn = sqlite3.connect(path)
    try:
        return conn.execute("SELECT lane, epoch, first_seq, last_seq, gone, reason, told FROM lost").fetchall()
    finally:
        conn.close()


def garbage(size: int, seed: int = 1) -> bytes:
    return random.Random(seed).randbytes(size)
