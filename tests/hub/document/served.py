"""A whole hub as it is started, on SQLite, served over a real socket by a thread of its own, so that a synchronous
client may ask it; with the demo's data, and with what stations have told."""

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator, Coroutine, Iterator
from pathlib import Path
from typing import Any, TypeVar

import aiohttp
import zstandard
from aiohttp import web

from hub import wiring
from hub.accounts.passwords import Passwords
from hub.app import Hub, compose
from hub.intake.tables import StationKey
from hub.kernel.clock import SystemClock
from hub.kernel.db import Database
from hub.kernel.migrations import migrate
from hub.settings import load
from hub.stations.seed import ID as STATION
from protocols.sync import envelope
from protocols.sync.envelope import Lane
from tests.hub.stations_double import StationDouble

T = TypeVar("T")
SECRET = "whsec_" + "A" * 44  # of a gateway that nobody runs


class Served:
    """The hub's address, and its loop for what no route does."""

    def __init__(self, url: str, folder: Path, hub: Hub, loop: asyncio.AbstractEventLoop) -> None:
        self.url = url
        self.folder = folder
        self.hub = hub
        self._loop = loop

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Have this done in the hub's loop."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(60)

    def tell(self, bodies: list[Any], strange: int = 3) -> None:
        """The demo's station tells these facts, and some that nobody can read."""
        self.run(self._tell(bodies, strange))

    async def _tell(self, bodies: list[Any], strange: int) -> None:
        double = StationDouble(STATION)
        async with self.hub.kernel.database.transaction() as session:
            session.add(
                StationKey(
                    station_id=STATION, public_key=double.key.public_key().public_bytes_raw(),
                    enrolled_at=self.hub.kernel.clock.now(), sync_number=0, live_number=0,
                )
            )  # fmt: skip
        for body in bodies:
            double.tell(body)
        for number in range(strange):
            double.tell_raw(Lane.BUSINESS, "RentalStarted", b'{"rental_id": %d}' % number)
        lanes = [lane for lane in Lane if double.chain(lane).records]
        body = zstandard.compress(envelope.encode(double.request(*map(double.batch, lanes))))
        headers = double.headers(body) | {"Content-Encoding": "zstd", "Content-Type": "application/json"}
        async with (
            aiohttp.ClientSession() as http,
            http.post(f"{self.url}/api/v1/sync", data=body, headers=headers) as answer,
        ):
            assert answer.status == 200, await answer.text()


@contextlib.contextmanager
def served_hub(folder: Path) -> Iterator[Served]:
    """Started, seeded, and gone at the end."""
    ready: list[Served] = []
    is_ready, stop = threading.Event(), asyncio.Event()

    async def live() -> None:
        async with _listening(folder) as (url, hub):
            ready.append(Served(url, folder, hub, asyncio.get_running_loop()))
            is_ready.set()
            await stop.wait()

    failed: list[BaseException] = []

    def thread() -> None:
        try:
            asyncio.run(live())
        except BaseException as error:  # noqa: BLE001  # told to the test, in its own thread
            failed.append(error)
        finally:
            is_ready.set()

    running = threading.Thread(target=thread, name="served-hub")
    running.start()
    is_ready.wait()
    try:
        if failed:
            raise failed[0]
        yield ready[0]
    finally:
        if ready and running.is_alive():
            ready[0]._loop.call_soon_threadsafe(stop.set)
        running.join(30)
    assert not failed, failed


@contextlib.asynccontextmanager
async def _listening(folder: Path) -> AsyncIterator[tuple[str, Hub]]:
    gateway = {"url": "http://127.0.0.1:9", "api_key": "key", "webhook_secret": SECRET}  # only jobs ask it: none runs
    settings = load(None, {}, data_dir=folder, gateway=gateway)
    database, clock, passwords = Database(settings.url), SystemClock(), Passwords()
    await migrate(database)
    await wiring.seed_demo(database, clock, passwords)
    hub = compose(settings, database, clock, passwords)
    runner = web.AppRunner(hub.app, handle_signals=False, access_log=None, auto_decompress=False)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        host, port = runner.addresses[0][:2]
        yield f"http://{host}:{port}", hub
    finally:
        await runner.cleanup()
        await database.close()
