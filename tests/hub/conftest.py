"""What the hub's tests share: a migrated database of each kind, a clock that is moved by hand, a served app."""

import datetime as dt
import os
import shutil
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from aiohttp.test_utils import TestClient, TestServer

import hub.wiring  # noqa: F401  # knows every table
from hub.kernel.auth import Principal
from hub.kernel.bus import Bus, Subscription
from hub.kernel.db import Database
from hub.kernel.migrations import migrate
from hub.kernel.nudges import LocalNudges
from hub.kernel.routes import RawRoute, Route
from hub.kernel.web import MAX_BODY_BYTES, Kernel, build
from protocols.values import UTC, to_ms, uuid7
from tests.hub.stations_double import World, world_of
from tests.postgres import Cluster, cluster

START = dt.datetime(2026, 11, 21, 14, 0, tzinfo=UTC)


class ManualClock:
    """A clock that stands still until a test moves it; its ids keep their order all the same."""

    def __init__(self, now: dt.datetime = START) -> None:
        self._now = now
        self._made = 0

    def now(self) -> dt.datetime:
        return self._now

    def new_id(self) -> uuid.UUID:
        self._made += 1
        return uuid7(to_ms(self._now), self._made.to_bytes(4, "big") + os.urandom(6))

    def move(self, seconds: float) -> None:
        self._now += dt.timedelta(seconds=seconds)


class FixedAuth:
    """Whoever the test says is calling; None for nobody."""

    def __init__(self) -> None:
        self.principal: Principal | None = None

    async def __call__(self, request: object, /) -> Principal | None:
        return self.principal

    def sign_in(self, *permissions: str, account_id: uuid.UUID | None = None) -> Principal:
        """From now on the caller is this account with these permissions."""
        self.principal = Principal(
            account_id=account_id or uuid.UUID(int=1), roles=frozenset(), permissions=frozenset(permissions)
        )
        return self.principal


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def auth() -> FixedAuth:
    return FixedAuth()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Cluster]:
    with cluster() as running:
        yield running


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the migrated SQLite file is kept that each test gets a copy of."""
    return tmp_path_factory.mktemp("template") / "hub.sqlite"


@pytest.fixture(scope="session")
def postgres_template() -> dict[str, int]:
    """Remembers that the template database was migrated, and numbers its clones."""
    return {"clones": 0}


@pytest.fixture(params=["sqlite", "postgresql"])
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    """An empty migrated database of the test's own; every test that uses it runs on both kinds."""
    if request.param == "sqlite":
        url = await _sqlite_copy(request.getfixturevalue("sqlite_template"), tmp_path)
    else:
        url = await _postgres_clone(request.getfixturevalue("postgres"), request.getfixturevalue("postgres_template"))
    opened = Database(url)
    yield opened
    await opened.close()


@pytest.fixture
def kernel(database: Database, clock: ManualClock, auth: FixedAuth) -> Kernel:
    """The furniture without any subscription; see `kernel_hearing` for one with."""
    return Kernel(database=database, clock=clock, bus=Bus(), nudges=LocalNudges(), authenticate=auth)


@pytest.fixture
def kernel_hearing(kernel: Kernel) -> Callable[[list[Subscription]], Kernel]:
    """A kernel whose bus has these subscriptions."""

    def make(subscriptions: list[Subscription]) -> Kernel:
        return Kernel(
            database=kernel.database,
            clock=kernel.clock,
            bus=Bus(subscriptions),
            nudges=kernel.nudges,
            authenticate=kernel.authenticate,
        )

    return make


Serve = Callable[..., Awaitable[TestClient[Any, Any]]]  # (kernel, routes) -> client


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    """Serves routes over a real socket: `client = await serve(kernel, routes_of(api))`."""
    clients = []

    async def start(
        kernel: Kernel, routes: Sequence[Route | RawRoute], *, max_body_bytes: int = MAX_BODY_BYTES
    ) -> TestClient[Any, Any]:
        server = TestServer(build(kernel, routes, max_body_bytes=max_body_bytes))
        await server.start_server(auto_decompress=False)  # as hub.app serves
        client = TestClient(server)
        clients.append(client)
        await client.start_server()
        return client

    yield start
    for client in clients:
        await client.close()


@pytest.fixture
async def world(kernel: Kernel, serve: Serve) -> World:
    """A served hub with every domain wired."""
    wired, rooms, doors, routes = world_of(kernel)
    return World(wired, rooms, doors, await serve(wired, routes))


async def _sqlite_copy(template: Path, folder: Path) -> str:
    made_before = template.exists()  # noqa: ASYNC240  # a test's own small files
    if not made_before:
        made = Database(f"sqlite+aiosqlite:///{template}.new")
        await migrate(made)
        await made.close()
        Path(f"{template}.new").rename(template)  # noqa: ASYNC240
    copy = folder / "hub.sqlite"
    shutil.copyfile(template, copy)
    return f"sqlite+aiosqlite:///{copy}"


async def _postgres_clone(running: Cluster, template: dict[str, int]) -> str:
    control = await asyncpg.connect(running.dsn("postgres"))
    try:
        if not template["clones"]:
            await control.execute("CREATE DATABASE template_hub")
            made = Database(running.url("template_hub"))
            await migrate(made)
            await made.close()
        template["clones"] += 1
        name = f"hub_{template['clones']}"
        await control.execute(f"CREATE DATABASE {name} TEMPLATE template_hub")
    finally:
        await control.close()
    return running.url(name)
