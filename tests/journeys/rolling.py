"""What journeys with several hub processes share: a hub that is replaced, and a load that counts what fails."""

import asyncio
import signal
import ssl
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
import zstandard
from sqlalchemy import func, select

from hub.intake.tables import FactRow, Order, StationKey
from hub.kernel.clock import SystemClock
from hub.kernel.db import Database
from protocols.sync import envelope
from protocols.sync.envelope import Lane, Verdict, decode_reply
from tests.hub.stations_double import StationDouble

WAIT_S = 60


class HubProcess:
    """One `voltdock-hub run` on a port of its own; it can be started again."""

    def __init__(self, url: str, data_dir: Path, port: int, **environment: str) -> None:
        self._command = [
            sys.executable, "-m", "hub", "run", "--database-url", url, "--data-dir", str(data_dir), "--port", str(port),
            "--migrate", "--demo",
        ]  # fmt: skip
        self.port = port
        self._environment = {"PATH": "/usr/bin:/bin", **environment}
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Start it and wait until it listens."""
        self._process = await asyncio.create_subprocess_exec(
            *self._command,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env=self._environment,
        )
        assert self._process.stdout is not None
        line = await asyncio.wait_for(self._process.stdout.readline(), WAIT_S)
        assert b"listens on" in line

    async def stop(self) -> int:
        """As systemd does it; the exit code."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        return await asyncio.wait_for(self._process.wait(), WAIT_S)

    def kill(self) -> None:
        """kill -9, if it runs."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()

    async def dead(self) -> None:
        """Wait until a killed hub is gone."""
        if self._process is not None:
            await self._process.wait()


class Load:
    """A station, a reader and a person who gives orders, `pace_s` apart. Everything that fails is counted."""

    def __init__(
        self, base: str, double: StationDouble, token: str, tls: ssl.SSLContext | None = None, pace_s: float = 0.02
    ) -> None:
        self._base = base
        self._double = double
        self._headers = {"Authorization": f"Bearer {token}"}
        self._tls = tls
        self._pace_s = pace_s
        self.told = 0  # facts that the hub has taken
        self.failed: Counter[str] = Counter()
        self.done: Counter[str] = Counter()
        self.ordered: set[str] = set()
        self.linked = 0

    async def run(self) -> None:
        """Until cancelled."""
        connector = aiohttp.TCPConnector(ssl=self._tls or True)
        async with aiohttp.ClientSession(connector=connector) as http, asyncio.TaskGroup() as group:
            http._retry_connection = False  # a connection that breaks is counted, not hidden by a second try
            for part in (self._sync, self._read, self._order, self._live):
                group.create_task(part(http))

    async def _sync(self, http: aiohttp.ClientSession) -> None:
        """One new fact each time; what was not answered is sent again with it, as an agent does."""
        while True:
            seq = self._double.tell_raw(Lane.BUSINESS, "FromTheFuture", msgspec.json.encode({"n": self.done["sync"]}))
            batch = self._double.batch(first=self.told + 1)
            body = zstandard.compress(envelope.encode(self._double.request(batch)))
            headers = self._double.headers(body) | {"Content-Encoding": "zstd"}
            answer = await self._asked(http, "sync", "POST", "/api/v1/sync", data=body, headers=headers)
            if answer is not None:
                reply = decode_reply(answer)
                self.told = seq
                self._double.take(reply)
                if [(one.verdict, one.acked) for one in reply.results] != [(Verdict.TAKEN, seq)]:
                    self.failed[f"sync {reply.results}"] += 1

    async def _read(self, http: aiohttp.ClientSession) -> None:
        while True:
            await self._asked(http, "read", "GET", "/api/v1/stations", headers=self._headers)

    async def _order(self, http: aiohttp.ClientSession) -> None:
        """One order after the other; one that was not answered is given again under its key."""
        order = {"order": {"type": "RestartDock", "dock_no": 1}, "life_s": 3600}
        while True:
            headers = self._headers | {"Idempotency-Key": f"{self._double.station_id}-{self.done['order']}"}
            path = f"/api/v1/stations/{self._double.station_id}/orders"
            answer = await self._asked(http, "order", "POST", path, json=order, headers=headers)
            if answer is not None:
                self.ordered.add(msgspec.json.decode(answer)["id"])

    async def _live(self, http: aiohttp.ClientSession) -> None:
        """Comes again whenever it is sent away, as an agent does."""
        while True:
            try:
                async with http.ws_connect(self._base + "/api/v1/live", headers=self._double.live_headers()) as socket:
                    self.linked += 1
                    async for _ in socket:
                        pass
            except (aiohttp.ClientError, OSError) as error:
                self.failed[f"live {error!r}"] += 1
            await asyncio.sleep(0.05)

    async def _asked(
        self, http: aiohttp.ClientSession, what: str, method: str, path: str, **given: Any
    ) -> bytes | None:
        await asyncio.sleep(self._pace_s)
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


async def enrolled(url: str, double: StationDouble) -> None:
    """Make the hub's database know a double's key."""
    database = Database(url)
    async with database.transaction() as session:
        key = double.key.public_key().public_bytes_raw()
        now = SystemClock().now()
        row = StationKey(station_id=double.station_id, public_key=key, enrolled_at=now, sync_number=0, live_number=0)
        session.add(row)
    await database.close()


async def signed_in(http: aiohttp.ClientSession) -> str:
    """An access token of the demo's admin."""
    proof = {"email": "admin@voltdock.example", "password": "voltdock-demo"}
    async with http.post("/api/v1/auth/token", json=proof) as answer:
        token: str = (await answer.json())["access_token"]
        return token


async def books_agree(url: str, double: StationDouble, load: Load) -> None:
    """Each fact and each order once, and none that nobody was told of but the one that was on its way at the end."""
    database = Database(url)
    async with database.reading() as session:
        told = select(func.count(), func.max(FactRow.seq)).where(FactRow.station_id == double.station_id)
        facts, last = (await session.execute(told)).one()
        given = select(Order.id).where(Order.station_id == double.station_id)
        orders = {str(one) for one in await session.scalars(given)}
    await database.close()
    assert last == facts
    assert 0 <= facts - load.told <= 1
    assert load.ordered <= orders
    brought = [str(one.id) for one in double.orders]
    assert len(brought) == len(set(brought))
    assert set(brought) <= orders
    assert len(orders - load.ordered) <= 1
