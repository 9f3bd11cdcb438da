"""The system under test for one round: hub and agent as real processes, the hardware in this one, a proxy between.

Starts and stops; what goes wrong is `adversary`, what people do is `life`, what must hold is `books`.
"""

import asyncio
import contextlib
import datetime as dt
import random
import secrets
import shutil
import time
from collections import deque
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

import aiohttp

from firmware_sim.agent_config import Addresses, agent_toml, write_private
from firmware_sim.demo.children import run_once
from firmware_sim.demo.clients import Hub, Kiosk
from firmware_sim.demo.ports import HOST, free_ports
from firmware_sim.docks.device import SimDock
from firmware_sim.plan import DEMO, ENROLMENT_CODE, STATION_ID
from firmware_sim.waiting import DemoError, NotYetError, until
from firmware_sim.world import World
from protocols.dock.codes import MessageType
from protocols.dock.framing import FrameStream
from protocols.values import UTC, rfc3339
from tests.journeys.faults.books import Opened, Reading
from tests.journeys.faults.ground import Ground
from tests.journeys.faults.part import Part
from tests.journeys.faults.proxy import FaultProxy
from tests.journeys.faults.setting import Setting

SPEED: Final = 60.0  # of energy only: locks, lines and clocks run as fast as ours
PULL_OUT_S: Final = 10  # the least that a hub allows
POLL_S: Final = 1.0
READY_S: Final = 180.0
VOUCHERS: Final = 6  # for each account
_KEPT_FRAMES: Final = 400


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


class _Openings(list[bytes]):
    """A dock's book of openings that also writes down when."""

    def __init__(self, dock_no: int, book: list[Opened]) -> None:
        super().__init__()
        self._dock_no = dock_no
        self._book = book

    def append(self, command: bytes, /) -> None:
        self._book.append(Opened(at_ms=_now_ms(), dock_no=self._dock_no, command=command))
        super().append(command)


class Lab:
    """Enter by `open_lab`."""

    def __init__(self, folder: Path, seed: int, setting: Setting, *, poll_s: float = POLL_S) -> None:
        self.poll_s = poll_s
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.folder = folder
        self.seed = seed
        self.setting = setting
        self.random = random.Random(seed)
        self.ports = free_ports()
        self.opened: list[Opened] = []
        self.heard: dict[int, list[int]] = {}
        self.booted: dict[int, list[int]] = {}
        self.frames: deque[bytes] = deque(maxlen=_KEPT_FRAMES)  # what the station said on the docks' line
        self._station_ear = FrameStream()
        self.accounts: list[str] = []
        self.vouchers: list[list[str]] = []
        self.readings: list[Reading] = []
        self.boot_ms = _now_ms() - round(time.monotonic() * 1000)  # when the monotonic clock began
        self.open_for_business = asyncio.Event()  # people begin nothing new while it is not set
        self.open_for_business.set()
        self.revoked: list[str] = []  # vouchers that the station knows to be revoked
        self.twins: list[Path] = []  # the files of cloned cards
        self.began_ms = _now_ms()
        self.booted_wrong = False  # the hubs' machine knew no time, and showed a wrong one
        self.restored = 0  # how often the hub was put back to an earlier state
        self.hub_url = f"http://{HOST}:{self.ports.hub}"
        self.store = folder / "agent" / "station.db"
        self.ground = Ground(folder, seed, self.ports)
        self.agent = Part(
            "agent", ["edge_agent", "run", "--config", str(folder / "agent.toml")], log=folder / "agent.log"
        )
        self.hubs: list[Part] = []
        self._config = folder / "agent.toml"
        self._exits = contextlib.AsyncExitStack()
        self.kiosk_url = ""
        self.world: World
        self.hub: Hub
        self.kiosk: Kiosk
        self.people: aiohttp.ClientSession

    async def open(self) -> None:
        """Start everything and wait until it is whole. Raises DemoError."""
        http = await self._exits.enter_async_context(aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=20)))
        # A new connection each time: one that a killed process leaves behind must not fail the next question.
        impatient = aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=6), connector=aiohttp.TCPConnector(force_close=True)
        )
        self.people = await self._exits.enter_async_context(impatient)
        self._exits.push_async_callback(self.ground.close)
        self.setting = await self.ground.open(self.setting)
        self.kiosk_url = f"http://{self.ground.station_host}:{self.ports.kiosk}"
        self.hub, self.kiosk = Hub(http, self.hub_url), Kiosk(self.people, self.kiosk_url)
        self._make_parts()
        if self.ground.postgres is not None:
            await run_once("migration", ["hub", "migrate"], timeout_s=READY_S, environment=self.hubs[0].environment)
        await self.hubs[0].start()
        await self._open_world()
        await until("the hub", self.hub.is_ready, timeout_s=READY_S)
        for other in self.hubs[1:]:
            await other.start()
        await asyncio.gather(self._furnish(http), self._enrol())
        await self.agent.start()
        await self.whole()

    @property
    def proxy(self) -> FaultProxy:
        """On the line between agent and hub."""
        return self.ground.line

    def _make_parts(self) -> None:
        for number, port in enumerate(self.ground.hub_ports, 1):
            environment = {
                "VOLTDOCK_HUB_DATA_DIR": str(self.folder / "hub"),
                "VOLTDOCK_HUB_HOST": HOST,
                "VOLTDOCK_HUB_PORT": str(port),
            }
            log = self.folder / f"hub{number if number > 1 else ''}.log"
            environment |= self.ground.hub_environment
            self.hubs.append(Part(f"hub {number}", ["hub", "run", "--demo"], log=log, environment=environment))
        self.agent.inside = self.ground.inside
        self.agent.environment = self.ground.agent_environment

    def clone(self) -> Part:
        """A second card with the agent's files, in a machine without docks, chargers and meters. The agent is dead."""
        number = len(self.twins) + 1
        folder = self.folder / f"twin{number}"
        shutil.copytree(self.store.parent, folder)
        config = self.folder / f"twin{number}.toml"
        url = f"http://{self.proxy.host}:{self.proxy.port}"
        lines = [f'data_dir = "{folder}"', "[hub]", f'url = "{url}"', f"poll_s = {self.poll_s}", "[kiosk]"]
        write_private(config, "\n".join([*lines, f"port = {free_ports().kiosk}", ""]))
        twin = Part("twin", ["edge_agent", "run", "--config", str(config)], log=self.folder / f"twin{number}.log")
        twin.inside, twin.environment = self.agent.inside, self.agent.environment
        self.twins.append(folder / self.store.name)
        return twin

    def forks_noticed(self) -> int:
        """How often a hub said that a station holds another history than it."""
        logs = self.folder.glob("hub*.log")
        return sum(" fork " in line for log in logs for line in log.read_text("utf-8", "replace").splitlines())

    async def start_hubs(self) -> None:
        """All that do not run."""
        for one in self.hubs:
            await one.start()

    async def kill_hubs(self) -> None:
        """kill -9 of all of them."""
        await asyncio.gather(*(one.kill() for one in self.hubs))

    def forget_hub_time(self) -> None:
        """What the hubs kept of the time is not on their machine."""
        (self.folder / "hub" / "clock").unlink(missing_ok=True)
        self.booted_wrong = True

    async def close(self) -> None:
        """Stop the agent, then the hub, then let the hardware vanish."""
        self.agent.limit_files(-1)
        await self.agent.stop()
        await asyncio.gather(*(one.stop() for one in self.hubs))
        await self._exits.aclose()

    async def whole(self) -> None:
        """Wait until the agent sees every device, the hub, the prices and the batteries. Raises DemoError."""
        try:
            await until("the station", self._is_whole, timeout_s=READY_S)
        except DemoError as error:
            words = [f"{one.name}: {one.last_words()}" for one in (self.agent, *self.hubs)]
            raise DemoError("\n".join([str(error), *words])) from None

    async def _open_world(self) -> None:
        secret = secrets.token_bytes(32)
        self.world = World(
            DEMO,
            station_secret=secret,
            ocpp_url=f"ws://{HOST}:{self.ground.ocpp.port}/ocpp",
            modbus_port=self.ports.modbus,
            speed=SPEED,
        )
        for number, dock in self.world.yard.docks.items():
            dock.book.unlocks = _Openings(number, self.opened)
            self._note_boots(number, dock)
        self.world.line._watch = self._watch
        await self._exits.enter_async_context(self.world.open_meter())
        await self._exits.enter_async_context(_living(self.world))
        addresses = Addresses(
            hub_url=f"http://{self.proxy.host}:{self.proxy.port}",
            docks_port=self.world.line.path,
            modbus_port=self.ground.modbus.port,
            kiosk_port=self.ports.kiosk,
            chargers_port=self.ports.chargers,
            host=self.ground.station_host,
            meter_host=self.ground.modbus.host,
        )
        text = agent_toml(DEMO, addresses, data_dir=self.folder / "agent", station_secret=secret, poll_s=self.poll_s)
        write_private(self._config, text)

    def _watch(self, direction: str, data: bytes) -> None:
        if direction == "to_docks":
            self.frames.append(data)
            return
        for frame in self._station_ear.feed(data):
            if frame.type == MessageType.STATUS and frame.secured:
                self.heard.setdefault(frame.address, []).append(_now_ms())

    def _note_boots(self, number: int, dock: SimDock) -> None:
        boot = dock._boot

        def noted() -> None:
            self.booted.setdefault(number, []).append(_now_ms())
            boot()

        dock._boot = noted  # type: ignore[method-assign]

    async def _enrol(self) -> None:
        arguments = ["edge_agent", "enrol", "--config", str(self._config), "--hub", self.hub_url]
        await run_once("enrolment", [*arguments, "--code", ENROLMENT_CODE], timeout_s=READY_S)

    async def _furnish(self, http: aiohttp.ClientSession) -> None:
        """A shorter time to pull a vehicle out, and vouchers for every account of the demo."""
        await self.hub.sign_in()
        headers, url = self.hub._headers(), f"{self.hub_url}/api/v1/stations/{STATION_ID}"
        async with http.get(url, headers=headers) as response:
            headers["If-Match"] = response.headers["ETag"]
        async with http.patch(url, headers=headers, json={"pull_out_s": PULL_OUT_S}) as response:
            if response.status != 200:
                raise DemoError(await response.text())
        expires = rfc3339(dt.datetime.now(UTC) + dt.timedelta(hours=2))
        self.accounts = sorted(one["id"] for one in await self.hub.all_of("/api/v1/accounts"))
        for account in self.accounts:
            wish: dict[str, Any] = {"account_id": account, "stations": [str(STATION_ID)], "expires": expires}
            made = await asyncio.gather(*(self.hub.post("/api/v1/vouchers", wish) for _ in range(VOUCHERS)))
            self.vouchers.append([one["text"] for one in made[1:]])
            await self.hub.post(f"/api/v1/vouchers/{made[0]['id']}/revoke", {})
            self.revoked.append(made[0]["text"])

    async def _is_whole(self) -> bool:
        if not await self.kiosk.is_up():
            raise NotYetError("the kiosk does not answer")
        view = await self.kiosk.view()
        missing = [f"dock {one['dock_no']}" for one in view["docks"] if one["state"] in ("unknown", "out_of_order")]
        missing += [one["charger_id"] for one in view["chargers"] if not one["online"]]
        missing += [
            f"the battery in dock {one['dock_no']}"
            for one in view["docks"]
            if one["vehicle"] and one["vehicle"]["soc_pct"] is None
        ]
        if not view["hub"]["online"]:
            missing.append("the hub")
        if view["price_hint"] is None:
            missing.append("the price list")
        if missing:
            raise NotYetError("waiting for " + ", ".join(missing))
        return True


@contextlib.asynccontextmanager
async def _living(world: World) -> AsyncIterator[None]:
    living = asyncio.create_task(world.run())
    try:
        yield
    finally:
        living.cancel()
        await asyncio.wait({living})


@contextlib.asynccontextmanager
async def open_lab(folder: Path, seed: int, setting: Setting, *, poll_s: float = POLL_S) -> AsyncIterator[Lab]:
    """Everything up and whole inside, everything stopped after. Raises DemoError."""
    lab = Lab(folder, seed, setting, poll_s=poll_s)
    try:
        await lab.open()
        yield lab
    finally:
        await lab.close()
