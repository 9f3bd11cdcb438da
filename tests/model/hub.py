"""The real hub in this process: SQLite in a folder of its own, its own event loop, its API over a real socket."""

import asyncio
import datetime as dt
import functools
import shutil
import tempfile
import uuid
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, Final, TypeVar

from aiohttp.test_utils import TestClient, TestServer

from hub.fleet.schemas import NewVehicle
from hub.kernel.bus import Bus
from hub.kernel.db import Database
from hub.kernel.migrations import migrate
from hub.kernel.nudges import LocalNudges
from hub.kernel.web import Kernel, build
from hub.payments import seed as payments_seed
from hub.payments.till import Till
from hub.payments.webhook_api import Simulated
from protocols.sync.envelope import SyncReply, decode_reply
from tests.edge_agent.core.stage import vehicle_id
from tests.hub.conftest import START, FixedAuth, ManualClock
from tests.hub.stations_double import StationDouble, World, world_of
from tests.model.gateway import MemoryGateway
from tests.model.till import SECRET, ModelTill

T = TypeVar("T")
MAY: Final = (
    "reservations:write", "reservations:read", "stations:write", "vouchers:write", "rentals:read", "cases:read",
    "blocks:write",
)  # fmt: skip


@functools.cache
def _template() -> Path:
    """A migrated file, made once."""
    made = Path(tempfile.mkdtemp(prefix="voltdock-model-")) / "hub.sqlite"

    async def make() -> None:
        database = Database(f"sqlite+aiosqlite:///{made}")
        await migrate(database)
        await database.close()

    asyncio.run(make())
    return made


class ModelHub:
    """A served hub. Everything is called from outside its loop."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="voltdock-model-")
        self._runner = asyncio.Runner()
        self.clock = ManualClock()
        shutil.copyfile(_template(), Path(self._folder.name) / "hub.sqlite")
        self.world: World = self._runner.run(self._open())

    async def _open(self) -> World:
        self._database = Database(f"sqlite+aiosqlite:///{self._folder.name}/hub.sqlite")
        auth = FixedAuth()
        auth.sign_in(*MAY)
        kernel = Kernel(
            database=self._database, clock=self.clock, bus=Bus(), nudges=LocalNudges(), authenticate=auth
        )  # fmt: skip
        gateway = MemoryGateway()
        paid_by = Till(gateways={gateway.name: gateway}, dialects={gateway.name: Simulated(SECRET)})
        wired, rooms, doors, routes = world_of(kernel, paid_by)
        server = TestServer(build(wired, routes))
        await server.start_server(auto_decompress=False)
        self._client = TestClient(server)
        await self._client.start_server()
        world = World(wired, rooms, doors, self._client)
        self.till = ModelTill(self._database, world, gateway)
        async with self._database.transaction() as session:
            await payments_seed.seed(session, rooms.payments)
            await doors.vouchers.publish_key(session)
        return world

    def close(self) -> None:
        """Stop it all."""

        async def close() -> None:
            await self._client.close()
            await self._database.close()

        self._runner.run(close())
        self._runner.close()
        self._folder.cleanup()

    def station(self, number: str) -> StationDouble:
        """A station that is added and enrolled."""
        return self._runner.run(self.world.station(number))

    def add_vehicles(self, kinds: dict[int, str]) -> None:
        """Vehicles of these numbers."""

        async def add() -> None:
            async with self._database.transaction() as session:
                for number, kind in kinds.items():
                    given: dict[str, Any] = {"kind": kind, "model": "Model", "full_range_km": 70}
                    new = NewVehicle(id=vehicle_id(number), label=f"M-{number}", **given)
                    await self.world.rooms.fleet.add(session, new)

        self._runner.run(add())

    def sync(self, body: bytes, headers: dict[str, str]) -> SyncReply | None:
        """One exchange; None when it is refused as a repeat."""

        async def post() -> SyncReply | None:
            async with self._client.post("/api/v1/sync", data=body, headers=headers) as answer:
                data = await answer.read()
                assert answer.status in (200, 409), data
                return decode_reply(data) if answer.status == 200 else None

        return self._runner.run(post())

    def call(self, method: str, path: str, body: object = None) -> tuple[int, Any]:
        """One request of a person."""

        async def send() -> tuple[int, Any]:
            headers = {"Idempotency-Key": uuid.uuid4().hex, "If-Match": "*"}
            async with self._client.request(method, path, json=body, headers=headers) as answer:
                return answer.status, await answer.json(content_type=None)

        return self._runner.run(send())

    def every(self, path: str) -> list[dict[str, Any]]:
        """A whole list."""
        found: list[dict[str, Any]] = []
        cursor = ""
        while True:
            _, page = self.call("GET", f"{path}?limit=200{cursor}")
            found += page["items"]
            if page["next_cursor"] is None:
                return found
            cursor = f"&cursor={page['next_cursor']}"

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Have this done in the hub's loop."""
        return self._runner.run(work)

    def keep(self) -> None:
        """The keeper looks at what is due."""
        self._runner.run(self.world.rooms.keeper.look(self._database))

    @property
    def now(self) -> dt.datetime:
        """True time: the hub's."""
        return self.clock.now()


BEGAN: Final = START
