"""A store in a temporary folder, a clock that is moved by hand, and work to put in."""

import datetime as dt
import hashlib
import sqlite3
import uuid
from collections.abc import AsyncIterator, Iterable
from pathlib import Path

import pytest

from edge_agent.runtime.clock import new_id
from edge_agent.store.pace import Pace
from edge_agent.store.store import Store
from edge_agent.store.work import NewFact, Work
from protocols.sync.clock import ClockQuality, Moment
from protocols.sync.envelope import NO_HASH, FactBatch, Lane, decode_fact

START = dt.datetime(2026, 11, 21, 8, 0, tzinfo=dt.UTC)


class MovedClock:
    """Stands still until somebody moves it."""

    def __init__(self) -> None:
        self.at = START
        self.mono = 1000.0
        self.boot_id = "11111111-2222-4333-8444-555555555555"

    def now(self) -> Moment:
        return Moment(at=self.at, mono_s=self.mono, boot_id=self.boot_id, quality=ClockQuality.SYNCED)

    def mono_s(self) -> float:
        return self.mono

    def move(self, **span: float) -> None:
        step = dt.timedelta(**span)
        self.at += step
        self.mono += step.total_seconds()


class InThread(Pace):
    """A slow disk: everything that waits goes at once, and never on the loop."""

    def learn(self, *, made_s: float, commit_s: float) -> None:
        """Stays slow."""


class OnLoop(InThread):
    """A disk so quick that everything is written on the loop."""

    def may_stay(self, works: int) -> bool:
        return True


class InHalves(InThread):
    """Two drafts under way whenever there is enough for two."""

    def __init__(self) -> None:
        super().__init__()
        self.overlaps = True


EVERY_PACE = (InThread, OnLoop, InHalves)


@pytest.fixture
def clock() -> MovedClock:
    return MovedClock()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "station.db"


@pytest.fixture
async def store(path: Path, clock: MovedClock) -> AsyncIterator[Store]:
    opened = await Store.open(path, clock=clock, ballast_bytes=65_536)
    yield opened
    await opened.close()


def fact(body: bytes = b'{"n":1}', *, lane: Lane = Lane.BUSINESS, id: uuid.UUID | None = None) -> NewFact:  # noqa: A002
    return NewFact(lane=lane, type="Tested", v=1, id=id or new_id(), body=body)


def work(clock: MovedClock, *facts: NewFact) -> Work:
    return Work(moment=clock.now(), facts=facts)


def ids_of(batches: Iterable[FactBatch]) -> list[uuid.UUID]:
    return [decode_fact(record).id for batch in batches for record in batch.records]


def rows(path: Path, lane: Lane = Lane.BUSINESS) -> list[tuple[int, int, bytes, bytes]]:
    """(epoch, seq, record, hash) as the file has them, read by a connection of the test's own."""
    conn = sqlite3.connect(path)
    try:
        found = conn.execute(f"SELECT place, record, hash FROM outbox_{lane.value} ORDER BY place").fetchall()
    finally:
        conn.close()
    return [(place >> 32, place & 0xFFFFFFFF, record.encode(), value) for place, record, value in found]


def assert_whole(found: list[tuple[int, int, bytes, bytes]]) -> None:
    """Every epoch's numbers have no gap from 1, every hash follows from the one before, clocks only rise."""
    expected: dict[int, tuple[int, bytes]] = {}
    last_hlc = 0
    for epoch, seq, record, value in found:
        before, previous = expected.get(epoch, (0, NO_HASH))
        assert seq == before + 1
        one = decode_fact(record)
        assert value == hashlib.sha256(previous + one.id.bytes + hashlib.sha256(record).digest()).digest()
        assert one.hlc > last_hlc
        last_hlc = one.hlc
        expected[epoch] = (seq, value)
