"""A station that was off line for a month: how fast its backlog drains, beside a bare insert of the same rows.

A real agent with a filled store, one hub process, PostgreSQL that waits for its disk; all on this machine's cores.
`VOLTDOCK_BENCH_DRAIN` says how many facts; the issue's million takes some minutes to fill in.
"""

import asyncio
import contextlib
import datetime as dt
import itertools
import os
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Final

import asyncpg
import psutil

from benchmarks import backlog
from benchmarks.hub_process import (
    Child,
    Row,
    bare_postgresql,
    create,
    hub_process,
    station,
    watching_memory,
)
from benchmarks.results import Result, at_least, at_most, plain
from edge_agent.app import STORE_FILE
from edge_agent.runtime.clock import SystemClock
from edge_agent.store.chains import TABLE, Chain, load_chains, place_of
from edge_agent.store.database import open_reader
from edge_agent.store.store import Store
from edge_agent.store.work import Work
from edge_agent.uplink.identity import Identity, make_key, save_identity
from firmware_sim.demo.ports import free_ports
from hub.kernel.db import Database
from hub.kernel.migrations import migrate
from protocols.sync.envelope import Lane, decode_fact
from tests.postgres import cluster

FACTS: Final = int(os.environ.get("VOLTDOCK_BENCH_DRAIN", "100000"))
BATCH: Final = 500
GOAL: Final = 0.5
AGENT_MB: Final = 120.0
HUB_MB: Final = 400.0
_MOST_S: Final = 900.0
_ACKED: Final = "SELECT coalesce(sum(acked), 0), coalesce(sum(acked) FILTER (WHERE lane = 'tel'), 0) FROM fact_cursors"
_BUSINESS: Final = "SELECT coalesce(max(acked), 0) FROM fact_cursors WHERE lane = 'biz' AND epoch = 1"


def run() -> list[Result]:
    """The drain's rate as a ratio, and what agent and hub needed for it."""
    return asyncio.run(_measure())


async def _measure() -> list[Result]:
    with cluster(durable=True, max_wal_size="2GB") as running, tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        await create(running.dsn("postgres"))
        url, dsn = running.url("bench"), running.dsn("bench")
        database = Database(url)
        await migrate(database)
        data_dir = folder / "agent"
        key = make_key(data_dir)
        station_id, _ = await station(database, 1, key)
        await database.close()
        await _fill(data_dir / STORE_FILE)
        business = next(c.last for c in _chains(data_dir / STORE_FILE) if c.lane is Lane.BUSINESS)
        before = FACTS / await bare_postgresql(dsn, _rows(data_dir / STORE_FILE, station_id))
        async with hub_process(url, folder) as hub:
            identity = Identity(station_id=station_id, name="Bench", hub_url=hub.address, key=key)
            save_identity(data_dir, identity)
            ours, most = await _drain(dsn, hub, data_dir, business)
        after = FACTS / await bare_postgresql(dsn, _rows(data_dir / STORE_FILE, station_id))
    baseline = (before + after) / 2
    note = f"{FACTS:,} facts, {ours:,.0f}/s, bare {baseline:,.0f}"
    return [
        at_least("drain of a month's backlog, PostgreSQL", ours / baseline, "×", GOAL, baseline=baseline, note=note),
        at_most("agent memory while it drains", most[1], "MB", AGENT_MB),
        at_most("hub memory while it takes it", most[0], "MB", HUB_MB),
        plain("drain of a month's backlog, time", FACTS / ours, "s"),
    ]


async def _fill(path: Path) -> None:
    """The agent's store with a month's facts, written as the agent writes them, in large commits."""
    clock = SystemClock()
    store = await Store.open(path, clock=clock)
    try:
        waiting = list[asyncio.Future[None]]()
        told = backlog.facts(FACTS, seed=1)
        while part := tuple(itertools.islice(told, BATCH)):
            waiting.append(asyncio.ensure_future(store.commit(Work(moment=clock.now(), facts=part))))
            if len(waiting) == 8:
                await asyncio.gather(*waiting)
                waiting.clear()
        await asyncio.gather(*waiting)
    finally:
        await store.close()


def _chains(path: Path) -> list[Chain]:
    with contextlib.closing(open_reader(path)) as conn:
        return list(load_chains(conn).values())


def _rows(path: Path, station_id: uuid.UUID) -> Iterator[list[Row]]:
    """The same facts as the rows that the hub keeps, batch by batch in the order in which they are sent."""
    now = dt.datetime.now(dt.UTC)
    with contextlib.closing(open_reader(path)) as conn:
        for lane, table in TABLE.items():
            found = conn.execute(
                f"SELECT place, record FROM {table} WHERE place < ? ORDER BY place",
                (place_of(2, 0),),
            )
            while part := found.fetchmany(BATCH):
                yield [_row(station_id, lane.value, place, record, now) for place, record in part]


def _row(station_id: uuid.UUID, lane: str, place: int, record: bytes, now: dt.datetime) -> Row:
    fact = decode_fact(record)
    seq = place & 0xFFFF_FFFF
    return (station_id, lane, place >> 32, seq, fact.id, fact.type, fact.v, fact.hlc, fact.at_ms, record, now)


async def _drain(dsn: str, hub: Child, data_dir: Path, business: int) -> tuple[float, list[float]]:
    """Facts a second from the first that was acknowledged to the last; the most memory of hub and agent."""
    connection = await asyncpg.connect(dsn)
    try:
        async with _agent(data_dir) as agent, watching_memory([hub, agent]) as most:
            began, first = 0.0, 0
            async with asyncio.timeout(_MOST_S):
                while True:
                    acked, telemetry = await connection.fetchrow(_ACKED)
                    now = time.perf_counter()
                    if telemetry and await connection.fetchval(_BUSINESS) < business:
                        raise RuntimeError("telemetry overtook business")
                    if acked and not began:
                        began, first = now, acked
                    if acked >= FACTS:
                        return float(acked - first) / (now - began), most
                    await asyncio.sleep(0.05)
    finally:
        await connection.close()


@contextlib.asynccontextmanager
async def _agent(data_dir: Path) -> AsyncIterator[Child]:
    """A real agent without docks and chargers."""
    config = data_dir / "edge.toml"
    lines = [f'data_dir = "{data_dir}"', "[hub]", "poll_s = 5.0", "[kiosk]", f"port = {free_ports().kiosk}"]
    config.write_text("\n".join([*lines, "[log]", 'level = "warning"', ""]))
    process = subprocess.Popen(  # noqa: ASYNC220 - it starts while we wait for its first fact
        [sys.executable, "-m", "edge_agent", "run", "--config", str(config)], stdout=subprocess.DEVNULL
    )
    try:
        yield Child(address="", process=psutil.Process(process.pid))
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=20)
