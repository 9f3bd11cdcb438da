"""A hub of the benchmark's own on PostgreSQL or SQLite, its stations, and the bare insert that it is measured by."""

import asyncio
import contextlib
import os
import select
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import asyncpg
import psutil
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy.ext.asyncio import AsyncSession

from hub import events, wiring
from hub.intake.tables import StationKey
from hub.kernel.bus import Bus
from hub.kernel.clock import SystemClock
from hub.kernel.db import Database
from hub.kernel.nudges import LocalNudges
from hub.stations.schemas import NewStation

_POSTGRESQL: Final = (
    "INSERT INTO bare SELECT * FROM unnest($1::uuid[], $2::text[], $3::bigint[], $4::bigint[], $5::uuid[], "
    "$6::text[], $7::bigint[], $8::bigint[], $9::bigint[], $10::bytea[], $11::timestamptz[]) ON CONFLICT DO NOTHING"
)
Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Child:
    """A process of the benchmark's own and where it listens."""

    address: str
    process: psutil.Process

    def resident_mb(self) -> float:
        """Its memory now, in 10^6 bytes."""
        return float(self.process.memory_info().rss / 1e6)


@contextlib.asynccontextmanager
async def hub_process(url: str, folder: Path, **settings: object) -> AsyncIterator[Child]:
    """A hub process on this database; `settings` are further names after VOLTDOCK_HUB_."""
    given = {"DATABASE_URL": url, "LOG__LEVEL": "warning"} | settings
    environment = {**os.environ, **{f"VOLTDOCK_HUB_{name}": str(value) for name, value in given.items()}}
    command = [sys.executable, "-m", "hub", "run", "--port", "0", "--data-dir", str(folder / "data")]
    process = subprocess.Popen(  # noqa: ASYNC220 - nothing else runs yet
        command, env=environment, stdout=subprocess.PIPE, text=True
    )
    try:
        yield Child(address=address_of(process), process=psutil.Process(process.pid))
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=20)
        if process.stdout is not None:
            process.stdout.close()


def address_of(process: "subprocess.Popen[str]") -> str:
    """The address that the hub prints once it listens."""
    assert process.stdout is not None
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if select.select([process.stdout], [], [], 1)[0]:
            line = process.stdout.readline()
            if "listens on" in line:
                return line.split()[-1]
            if not line:
                break
    raise RuntimeError("the hub did not start")


@contextlib.asynccontextmanager
async def watching_memory(children: Sequence[Child]) -> AsyncIterator[list[float]]:
    """The most memory that each of them has had, in MB, looked at five times a second."""
    most = [one.resident_mb() for one in children]

    async def look() -> None:
        while True:
            await asyncio.sleep(0.2)
            for number, one in enumerate(children):
                most[number] = max(most[number], one.resident_mb())

    looking = asyncio.create_task(look())
    try:
        yield most
    finally:
        looking.cancel()
        await asyncio.gather(looking, return_exceptions=True)


async def create(dsn: str) -> None:
    """An empty database called bench."""
    connection = await asyncpg.connect(dsn)
    await connection.execute("CREATE DATABASE bench")
    await connection.close()


async def station(
    database: Database, number: int, key: Ed25519PrivateKey | None = None
) -> tuple[uuid.UUID, Ed25519PrivateKey]:
    """A station that is added and enrolled with this key, or a new one."""
    rooms = wiring.Rooms(SystemClock(), LocalNudges())
    async with database.transaction() as session:
        return await _add(session, rooms, number, key or Ed25519PrivateKey.generate())


async def stations(database: Database, count: int) -> list[tuple[uuid.UUID, Ed25519PrivateKey]]:
    """So many stations, added and enrolled at once."""
    rooms = wiring.Rooms(SystemClock(), LocalNudges())
    async with database.transaction() as session:
        return [await _add(session, rooms, number, Ed25519PrivateKey.generate()) for number in range(count)]


async def _add(
    session: AsyncSession, rooms: wiring.Rooms, number: int, key: Ed25519PrivateKey
) -> tuple[uuid.UUID, Ed25519PrivateKey]:
    new = NewStation(name=f"Bench {number}", number=str(number), timezone="Europe/Berlin", currency="EUR")
    made = await rooms.stations.add(session, new)
    await Bus(wiring.subscriptions(rooms)).publish(session, events.StationAdded(station_id=made.id))
    public, now = key.public_key().public_bytes_raw(), SystemClock().now()
    session.add(StationKey(station_id=made.id, public_key=public, enrolled_at=now, sync_number=0, live_number=0))
    return made.id, key


async def bare_postgresql(dsn: str, batches: Iterable[list[Row]]) -> float:
    """Seconds for a bare INSERT … SELECT unnest of these rows, a commit a batch; making the columns is not counted."""
    seconds = 0.0
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute("DROP TABLE IF EXISTS bare")
        await connection.execute(bare_table("pg"))
        for batch in batches:
            columns = [list(column) for column in zip(*batch, strict=True)]
            began = time.perf_counter()
            await connection.execute(_POSTGRESQL, *columns)
            seconds += time.perf_counter() - began
        return seconds
    finally:
        await connection.close()


def bare_table(kind: str) -> str:
    """The same columns and key as the hub's table of facts."""
    types = ("uuid", "bytea", "timestamptz", "") if kind else ("CHAR(32)", "BLOB", "DATETIME", "WITHOUT ROWID")
    id_, blob, instant, tail = types
    return (
        f"CREATE TABLE bare (station_id {id_} NOT NULL, lane VARCHAR(3) NOT NULL, epoch BIGINT NOT NULL, "
        f"seq BIGINT NOT NULL, fact_id {id_}, type VARCHAR(80) NOT NULL, v BIGINT NOT NULL, hlc BIGINT NOT NULL, "
        f"at_ms BIGINT NOT NULL, record {blob} NOT NULL, received_at {instant} NOT NULL, "
        f"PRIMARY KEY (station_id, lane, epoch, seq)) {tail}"
    )
