"""Two hub processes on one PostgreSQL are replaced one after the other under load, and no request fails."""

import asyncio
import contextlib
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import asyncpg
import msgspec
import zstandard
from sqlalchemy import func, select

from firmware_sim.demo.ports import free_ports
from hub.intake.tables import FactRow, Order, StationKey
from hub.kernel.clock import SystemClock
from hub.kernel.db import Database
from hub.stations import seed
from protocols.sync import envelope
from protocols.sync.envelope import Lane, Verdict, decode_reply
from tests.hub.stations_double import StationDouble
from tests.journeys.balancer import Balancer
from tests.postgres import cluster

_WAIT_S = 60
_DRAIN_S = 1.0
_PACE_S = 0.02


class HubProcess:
    """One `voltdock-hub run` on a port of its own; it can be started again."""

    def __init__(self, url: str, data_dir: Path, port: int) -> None:
        self._command = [
            sys.executable, "-m", "hub", "run", "--database-url", url, "--data-dir", str(data_dir), "--port", str(port),
            "--migrate", "--demo",
        ]  # fmt: skip
        self.port = port
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        self._process = await asyncio.create_subprocess_exec(
            *self._command,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env={"VOLTDOCK_HUB_DRAIN_S": str(_DRAIN_S), "PATH": "/usr/bin:/bin"},
        )
        assert self._process.stdout is not None
        line = await asyncio.wait_for(self._process.stdout.readline(), _WAIT_S)
        assert b"listens on" in line

    async def stop(self) -> int:
        """As systemd does it; the exit code."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        return await asyncio.wait_for(self._process.wait(), _WAIT_S)

    def kill(self) -> None:
        if self._process is not None and self._process.returncode is None:
            self._process.kill()


class Load:
    """A station, a reader and a person who gives orders, without a pause. Everything that fails is counted."""

    def __init__(self, base: str, double: StationDouble, token: str) -> None:
        self._base = base
        self._double = double
        self._headers = {"Authorization": f"Bearer {token}"}
        self.failed: Counter[str] = Counter()
        self.done: Counter[str] = Counter()
        self.ordered: set[str] = set()
        self.linked = 0

    async def run(self) -> None:
        async with aiohttp.ClientSession() as http, asyncio.TaskGroup() as group:
            for part in (self._sync, self._read, self._order, self._live):
                group.create_task(part(http))

    async def _sync(self, http: aiohttp.ClientSession) -> None:
        while True:
            seq = self._double.tell_raw(Lane.BUSINESS, "FromTheFuture", msgspec.json.encode({"n": self.done["sync"]}))
            body = zstandard.compress(envelope.encode(self._double.request(self._double.batch(first=seq))))
            headers = self._double.headers(body) | {"Content-Encoding": "zstd"}
            answer = await self._asked(http, "sync", "POST", "/api/v1/sync", data=body, headers=headers)
            if answer is not None:
                reply = decode_reply(answer)
                if [(one.verdict, one.acked) for one in reply.results] != [(Verdict.TAKEN, seq)]:
                    self.failed[f"sync {reply.results}"] += 1

    async def _read(self, http: aiohttp.ClientSession) -> None:
        while True:
            await self._asked(http, "read", "GET", "/api/v1/stations", headers=self._headers)

    async def _order(self, http: aiohttp.ClientSession) -> None:
        order = {"order": {"type": "RestartDock", "dock_no": 1}, "life_s": 3600}
        while True:
            headers = self._headers | {"Idempotency-Key": f"rolling-{self.done['order']}"}
            path = f"/api/v1/stations/{self._double.station_id}/orders"
            answer = await self._asked(http, "order", "POST", path, json=order, headers=headers)
            if answer is not None:
                self.ordered.add(msgspec.json.decode(answer)["id"])

    async def _live(self, http: aiohttp.ClientSession) -> None:
        """Comes again whenever it is sent away, as an agent does."""
        while True:
            with contextlib.suppress(aiohttp.ClientError):
                async with http.ws_connect(self._base + "/api/v1/live", headers=self._double.live_headers()) as socket:
                    self.linked += 1
                    async for _ in socket:
                        pass
            await asyncio.sleep(0.05)

    async def _asked(
        self, http: aiohttp.ClientSession, what: str, method: str, path: str, **given: Any
    ) -> bytes | None:
        await asyncio.sleep(_PACE_S)
        try:
            async with http.request(method, self._base + path, **given) as answer:
                body = await answer.read()
                if answer.status < 300:
                    self.done[what] += 1
                    return body
                self.failed[f"{what} {answer.status} {body[:200]!r}"] += 1
        except (aiohttp.ClientError, OSError) as error:
            self.failed[f"{what} {error!r}"] += 1
        return None


@contextlib.asynccontextmanager
async def _hubs(url: str, folder: Path) -> AsyncIterator[list[HubProcess]]:
    ports = free_ports()
    hubs = [HubProcess(url, folder, port) for port in (ports.hub, ports.kiosk)]
    try:
        for hub in hubs:
            await hub.start()
        yield hubs
    finally:
        for hub in hubs:
            hub.kill()


async def _enrolled(url: str) -> StationDouble:
    double = StationDouble(seed.ID)
    database = Database(url)
    async with database.transaction() as session:
        key = double.key.public_key().public_bytes_raw()
        now = SystemClock().now()
        session.add(StationKey(station_id=seed.ID, public_key=key, enrolled_at=now, sync_number=0, live_number=0))
    await database.close()
    return double


async def _signed_in(base: str) -> str:
    proof = {"email": "admin@voltdock.example", "password": "voltdock-demo"}
    async with aiohttp.ClientSession() as http, http.post(base + "/api/v1/auth/token", json=proof) as answer:
        token: str = (await answer.json())["access_token"]
        return token


async def test_no_request_fails_while_both_hubs_are_replaced(tmp_path: Path) -> None:
    with cluster() as postgres:
        control = await asyncpg.connect(postgres.dsn("postgres"))
        await control.execute("CREATE DATABASE rolling")
        await control.close()
        url = postgres.url("rolling")
        async with _hubs(url, tmp_path) as hubs, Balancer([hub.port for hub in hubs]).running() as balancer:
            await _until_ready(balancer, hubs)
            base = f"http://127.0.0.1:{balancer.port}"
            load = Load(base, await _enrolled(url), await _signed_in(base))
            running = asyncio.create_task(load.run())
            for hub in (*hubs, *hubs):
                before = load.done.copy()
                assert await hub.stop() == 0
                await hub.start()
                await _until_ready(balancer, hubs)
                assert not running.done()
                assert all(load.done[what] > before[what] for what in ("sync", "read", "order"))
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            assert not load.failed, load.failed
            assert (balancer.unplaced, balancer.refused) == (0, 0)  # no port closed before it was known
            assert load.linked >= 3  # it was sent elsewhere and came again
            await _books_agree(url, load)


async def _until_ready(balancer: Balancer, hubs: list[HubProcess]) -> None:
    async with asyncio.timeout(_WAIT_S):
        while not all(balancer.ready(hub.port) for hub in hubs):
            await asyncio.sleep(0.05)


async def _books_agree(url: str, load: Load) -> None:
    """Each fact and each order once, and none that nobody was told of but the one that was on its way at the end."""
    database = Database(url)
    async with database.reading() as session:
        facts, last = (await session.execute(select(func.count(), func.max(FactRow.seq)))).one()
        orders = {str(one) for one in await session.scalars(select(Order.id))}
        assert last == facts
    await database.close()
    assert 0 <= facts - load.done["sync"] <= 1
    assert load.ordered <= orders
    assert len(orders - load.ordered) <= 1
