"""How many facts a second one hub process takes in, beside a bare insert of the same rows into the same database."""

import asyncio
import contextlib
import datetime as dt
import sqlite3
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import aiohttp
import msgspec
import zstandard
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from benchmarks.hub_process import Row, bare_postgresql, bare_table, create, hub_process, station
from benchmarks.results import Result, at_least
from hub.kernel.clock import SystemClock
from hub.kernel.db import Database
from hub.kernel.migrations import migrate
from protocols.sync import facts
from protocols.sync.envelope import (
    NO_HASH,
    Clock,
    Fact,
    FactBatch,
    Lane,
    ListChange,
    ListVersion,
    SyncRequest,
    chain_all,
    decode_change,
    decode_reply,
    encode,
)
from protocols.sync.signing import request_number, sign
from tests.postgres import cluster

BATCH: Final = 500
BATCHES: Final = 24
STATIONS: Final = 4
GOAL_KEPT: Final = 0.6
GOAL_PROJECTED: Final = 0.15
_AT_MS: Final = 1_795_269_600_000
_PATH: Final = "/api/v1/sync"
_MEETINGS: Final = 500  # requests at most until a station has heard everything
_CLOCK: Final = SystemClock()
_TARIFF: Final = uuid.UUID(int=0x20)
_SQLITE: Final = "INSERT INTO bare VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What is sent: signed bodies by station, and the same facts as rows."""

    requests: list[list[tuple[bytes, dict[str, str]]]]
    rows: list[list[Row]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What a station has heard: the last revision and its lists' versions."""

    rev: int
    lists: dict[str, ListVersion]


def run() -> list[Result]:
    """Kept and projected facts, on SQLite and on PostgreSQL."""
    return asyncio.run(_all())


async def _all() -> list[Result]:
    results = []
    with tempfile.TemporaryDirectory() as folder:
        results += await _measure("SQLite", f"sqlite+aiosqlite:///{folder}/hub.sqlite", Path(folder), _bare_sqlite)
    with cluster(durable=True) as running, tempfile.TemporaryDirectory() as folder:
        await create(running.dsn("postgres"))
        url, dsn = running.url("bench"), running.dsn("bench")
        results += await _measure("PostgreSQL", url, Path(folder), lambda rows: bare_postgresql(dsn, rows))
    return results


async def _measure(name: str, url: str, folder: Path, bare: Callable[[list[list[Row]]], Any]) -> list[Result]:
    database = Database(url)
    await migrate(database)
    keys = [await station(database, number) for number in range(STATIONS)]
    await database.close()
    results = []
    for what, goal, bodies in (("kept", GOAL_KEPT, _unknown), ("projected", GOAL_PROJECTED, _rentals)):
        epoch = 1 if what == "kept" else 2
        async with hub_process(url, folder) as hub:
            address = hub.address
            held = [await _meet(address, *key, epoch) for key in keys]
            load = _load(keys, held, epoch, bodies)
            await _send(address, [one[:2] for one in load.requests])  # warm
            before = await _timed(bare, load.rows)
            began = time.perf_counter()
            await _send(address, [one[2:] for one in load.requests])
            ours = STATIONS * (BATCHES - 2) * BATCH / (time.perf_counter() - began)
            after = await _timed(bare, load.rows)
        baseline = (before + after) / 2
        note = f"{ours:,.0f} facts/s, bare {baseline:,.0f}"
        results.append(
            at_least(f"hub ingest, {what}, {name}", ours / baseline, "×", goal, baseline=baseline, note=note)
        )
    return results


async def _timed(bare: Callable[[list[list[Row]]], Any], rows: list[list[Row]]) -> float:
    """Rows a second of the bare insert, one commit a batch."""
    seconds: float = await bare(rows)
    return sum(len(batch) for batch in rows) / seconds


async def _bare_sqlite(rows: list[list[Row]]) -> float:
    plain = [[(row[0].hex, *row[1:4], row[4].hex, *row[5:10], row[10].isoformat(" ")) for row in one] for one in rows]
    with tempfile.TemporaryDirectory() as folder:
        connection = sqlite3.connect(f"{folder}/bare.sqlite", isolation_level=None)
        with contextlib.closing(connection):
            for statement in ("PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL", bare_table("")):
                connection.execute(statement)
            began = time.perf_counter()
            for batch in plain:
                connection.execute("BEGIN IMMEDIATE")
                connection.executemany(_SQLITE, batch)
                connection.execute("COMMIT")
            return time.perf_counter() - began


def _unknown(_station_id: uuid.UUID) -> Iterator[tuple[str, bytes]]:
    body = msgspec.json.encode({"vehicle_id": str(uuid.UUID(int=7)), "note": "kept, not understood " * 8})
    for _ in range(BATCH):
        yield "FromTheFuture", body


def _rentals(station_id: uuid.UUID) -> Iterator[tuple[str, bytes]]:
    line = facts.BillLine(key="minutes", quantity=3, unit="min", unit_price_minor=19, amount_minor=57)
    bill = facts.Bill(tariff_id=_TARIFF, tariff_version=1, currency="EUR", total_minor=57, tax_minor=5, lines=[line])
    for number in range(BATCH // 5):
        rental_id, vehicle_id = _CLOCK.new_id(), uuid.UUID(int=station_id.int ^ number)  # stations' ids grow with time
        renter = facts.Renter(by="card", account_id=uuid.uuid4(), card_uid="04A1B2C3D4E5F6")
        at = _AT_MS + number
        for body in (
            facts.RentalStarted(
                rental_id=rental_id, vehicle_id=vehicle_id, dock_no=3, started_ms=at, renter=renter,
                tariff_id=_TARIFF, tariff_version=1, offline=False,
            ),
            facts.VehicleUndocked(vehicle_id=vehicle_id, dock_no=3, undocked_ms=at, rental_id=rental_id),
            facts.RentalActivated(rental_id=rental_id, undocked_ms=at),
            facts.VehicleDocked(vehicle_id=vehicle_id, dock_no=4, docked_ms=at, rental_id=rental_id),
            facts.RentalEnded(
                rental_id=rental_id, vehicle_id=vehicle_id, dock_no=4, ended_ms=at, duration_s=160.0,
                duration_by="monotonic", bill=bill,
            ),
        ):  # fmt: skip
            yield type(body).__name__, msgspec.json.encode(body)


def _load(
    keys: list[tuple[uuid.UUID, Ed25519PrivateKey]],
    held: list[Held],
    epoch: int,
    bodies: Callable[[uuid.UUID], Iterator[tuple[str, bytes]]],
) -> Load:
    requests: list[list[tuple[bytes, dict[str, str]]]] = []
    rows: list[list[Row]] = []
    for (station_id, key), has in zip(keys, held, strict=True):
        prev_hash, mine = NO_HASH, []
        for number in range(BATCHES):
            told = [_fact(number * BATCH + at, *one) for at, one in enumerate(bodies(station_id))]
            records = [encode(one) for one in told]
            batch = FactBatch(
                lane=Lane.BUSINESS, epoch=epoch, nonce=f"n{epoch}", first_seq=number * BATCH + 1,
                prev_hash=prev_hash.hex(), records=[msgspec.Raw(record) for record in records],
            )  # fmt: skip
            prev_hash = chain_all(prev_hash, zip((one.id for one in told), records, strict=True))
            mine.append(_signed(station_id, key, request_number(epoch, _MEETINGS + number), has, [batch]))
            rows.append(_rows(station_id, epoch, number * BATCH, told, records))
        requests.append(mine)
    return Load(requests=requests, rows=rows)


def _fact(seq: int, name: str, body: bytes) -> Fact:
    return Fact(
        id=uuid.uuid4(), type=name, v=1, hlc=(_AT_MS << 16) + seq, at_ms=_AT_MS, mono_ms=seq, boot="boot",
        clock="synced", body=msgspec.Raw(body),
    )  # fmt: skip


def _rows(station_id: uuid.UUID, epoch: int, first: int, told: list[Fact], records: list[bytes]) -> list[Row]:
    now = dt.datetime.now(dt.UTC)
    return [
        (station_id, "biz", epoch, first + at + 1, one.id, one.type, one.v, one.hlc, one.at_ms, record, now)
        for at, (one, record) in enumerate(zip(told, records, strict=True))
    ]


def _signed(
    station_id: uuid.UUID, key: Ed25519PrivateKey, number: int, held: Held, batches: list[FactBatch]
) -> tuple[bytes, dict[str, str]]:
    clock = Clock(at_ms=_AT_MS, mono_ms=1, boot="boot", quality="synced", uncertainty_ms=100)
    asked = SyncRequest(
        protocol=1, agent="bench", rev=held.rev, clock=clock, lists=list(held.lists.values()), batches=batches
    )
    body = zstandard.compress(encode(asked), 3)
    return body, sign(key, station_id, number, "POST", _PATH, body) | {"Content-Encoding": "zstd"}


async def _meet(address: str, station_id: uuid.UUID, key: Ed25519PrivateKey, epoch: int) -> Held:
    """Hear what there is to hear, as a station does before it is busy: up to and with the voucher keys."""
    held = Held(rev=0, lists={})
    async with aiohttp.ClientSession() as session:
        for n in range(1, _MEETINGS):
            body, headers = _signed(station_id, key, request_number(epoch, n), held, [])
            async with session.post(address + _PATH, data=body, headers=headers) as answer:
                reply = decode_reply(await answer.read())
            changes = [change for raw in reply.changes if isinstance(change := decode_change(raw), ListChange)]
            new = {one.name: ListVersion(name=one.name, version=one.to_version) for one in changes}
            held = Held(rev=reply.rev, lists=held.lists | new)
            if "voucher_keys" in held.lists and not changes:
                return held
            await asyncio.sleep(0.01)
    raise RuntimeError("the hub tells no voucher keys")


async def _send(address: str, requests: list[list[tuple[bytes, dict[str, str]]]]) -> None:
    """Every station sends its requests one after the other, all stations at once."""
    async with aiohttp.ClientSession() as session:

        async def station(mine: list[tuple[bytes, dict[str, str]]]) -> None:
            for body, headers in mine:
                async with session.post(address + _PATH, data=body, headers=headers) as answer:
                    text = await answer.read()
                    if answer.status != 200 or b'"taken"' not in text or b'"seq"' in text:
                        raise RuntimeError(f"{answer.status}: {text[:300]!r}")

        async with asyncio.TaskGroup() as group:
            for mine in requests:
                group.create_task(station(mine))
