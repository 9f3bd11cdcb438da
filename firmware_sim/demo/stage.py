"""The stage on which a demo plays: payment gateway, hub, simulated hardware, agent, each waited for.

What is played there is `run` (people play) or a script (it plays by itself).
"""

import asyncio
import base64
import contextlib
import json
import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any, Final

import aiohttp
import msgspec

from firmware_sim.agent_config import Addresses, agent_toml, write_private
from firmware_sim.control import serve_control
from firmware_sim.demo.children import Child, run_once
from firmware_sim.demo.clients import Hub, Kiosk
from firmware_sim.demo.ports import HOST, Ports, check_free
from firmware_sim.plan import DEMO, ENROLMENT_CODE
from firmware_sim.waiting import DemoError, NotYetError, until
from firmware_sim.world import World

READY_S: Final = 60.0
Say = Callable[[str], None]
Probe = Callable[[], Awaitable[bool]]


class Stage:
    """Gateway, hub, hardware and agent of one demo. Enter by `open_stage`; leaving it stops everything in order."""

    def __init__(self, folder: Path, ports: Ports, *, speed: float, poll_s: float, say: Say) -> None:
        self.folder = folder
        self.ports = ports
        self._speed = speed
        self._poll_s = poll_s
        self._say = say
        self.hub_url = f"http://{HOST}:{ports.hub}"
        self.kiosk_url = f"http://{HOST}:{ports.kiosk}"
        self.control_url = f"http://{HOST}:{ports.control}"
        # The simulated gateway forgets when the demo ends, and so may its secrets.
        api_key, signs = secrets.token_hex(16), "whsec_" + base64.b64encode(secrets.token_bytes(24)).decode()
        self._gateway_key = api_key
        self.gateway_process = Child(
            "gateway",
            ["firmware_sim", "gateway", "--port", str(ports.gateway)],
            log=folder / "gateway.log",
            environment={
                "VOLTDOCK_SIM_GATEWAY_API_KEY": api_key,
                "VOLTDOCK_SIM_GATEWAY_WEBHOOK_SECRET": signs,
                "VOLTDOCK_SIM_GATEWAY_WEBHOOK_URL": f"{self.hub_url}/api/v1/webhooks/simulated",
            },
        )
        environment = {
            "VOLTDOCK_HUB_DATA_DIR": str(folder / "hub"),
            "VOLTDOCK_HUB_HOST": HOST,
            "VOLTDOCK_HUB_PORT": str(ports.hub),
            "VOLTDOCK_HUB_GATEWAY__URL": f"http://{HOST}:{ports.gateway}",
            "VOLTDOCK_HUB_GATEWAY__API_KEY": api_key,
            "VOLTDOCK_HUB_GATEWAY__WEBHOOK_SECRET": signs,
        }
        self.hub_process = Child("hub", ["hub", "run", "--demo"], log=folder / "hub.log", environment=environment)
        self.config = folder / "agent.toml"
        self.agent_process = Child(
            "agent", ["edge_agent", "run", "--config", str(self.config)], log=folder / "agent.log"
        )
        self._exits = contextlib.AsyncExitStack()
        self.world: World
        self.hub: Hub
        self.kiosk: Kiosk

    async def open(self) -> None:
        """Start everything and wait until it is ready. Raises DemoError."""
        check_free(self.ports)
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        http = await self._exits.enter_async_context(aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=15)))
        self._http = http
        self.hub, self.kiosk = Hub(http, self.hub_url), Kiosk(http, self.kiosk_url)
        self._say("payment gateway")
        await self.gateway_process.start()
        await self._ready("the gateway", self._takes_payments, self.gateway_process)
        await self.start_hub()
        await self._start_world()
        await self._enrol()
        await self.start_agent()

    async def close(self) -> None:
        """Stop the agent, the hub, the gateway, then let the hardware vanish."""
        await self.agent_process.stop()
        await self.hub_process.stop()
        await self.gateway_process.stop()
        await self._exits.aclose()

    async def start_hub(self) -> None:
        """Start the hub (again) and wait until it is able to serve."""
        self._say("hub")
        await self.hub_process.start()
        await self._ready("the hub", self.hub.is_ready, self.hub_process)

    async def stop_hub(self) -> None:
        """Take the hub away, as a power cut in the data centre does for the station."""
        await self.hub_process.stop()

    async def start_agent(self) -> None:
        """Start the agent and wait until it sees every dock and charger, and has what the hub told it."""
        self._say("agent")
        await self.agent_process.start()
        await self._ready("the agent", self.kiosk.is_up, self.agent_process)
        self._say("docks and chargers")
        await self._ready("the station", self._is_whole, self.agent_process)

    @property
    def _children(self) -> tuple[Child, ...]:
        return self.gateway_process, self.hub_process, self.agent_process

    async def died(self) -> str:
        """Wait until a child ends by itself; gives what to tell people."""
        waits = {asyncio.ensure_future(one.wait()): one for one in self._children}
        try:
            await asyncio.wait({*waits, self._living}, return_when=asyncio.FIRST_COMPLETED)
            for wait, child in waits.items():
                if wait.done():
                    return child.obituary(wait.result())
            return f"the simulated hardware ended: {self._living.exception()!r}"
        finally:
            for wait in waits:
                wait.cancel()

    async def _start_world(self) -> None:
        self._say("hardware")
        self._secret = self._station_secret()
        try:
            await self._open_world()
        except msgspec.DecodeError as error:
            raise DemoError(f"the hardware's memory in {self.folder} cannot be read ({error}): use --fresh") from error
        except (OSError, RuntimeError) as error:  # a port that was taken since we looked
            raise DemoError(f"the hardware: {error}") from error
        self._write_config()

    async def _open_world(self) -> None:
        self.world = World(
            DEMO,
            station_secret=self._secret,
            ocpp_url=f"ws://{HOST}:{self.ports.chargers}/ocpp",
            modbus_port=self.ports.modbus,
            speed=self._speed,
            folder=self.folder,
        )
        await self._exits.enter_async_context(self.world.open_meter())
        links = {"kiosk": self.kiosk_url, "hub": self.hub_url}
        await self._exits.enter_async_context(serve_control(self.world, port=self.ports.control, links=links))
        self._living = await self._exits.enter_async_context(_beside(self.world))

    def _write_config(self) -> None:
        addresses = Addresses(
            hub_url=self.hub_url,
            docks_port=self.world.line.path,
            modbus_port=self.ports.modbus,
            kiosk_port=self.ports.kiosk,
            chargers_port=self.ports.chargers,
        )
        text = agent_toml(
            DEMO, addresses, data_dir=self.folder / "agent", station_secret=self._secret, poll_s=self._poll_s
        )
        write_private(self.config, text)

    def _station_secret(self) -> bytes:
        """The docks' secrets come from one random secret that lives in the demo's folder only."""
        file = self.folder / "station.secret"
        if not file.exists():
            write_private(file, secrets.token_hex(32))
        try:
            return bytes.fromhex(file.read_text(encoding="ascii").strip())
        except ValueError as error:
            raise DemoError(f"{file} is no secret any more: use --fresh to begin anew") from error

    async def _enrol(self) -> None:
        identity = self.folder / "agent" / "identity.json"
        if identity.exists():
            self._follow_the_hub(identity)
            return
        self._say("enrolment")
        arguments = ["edge_agent", "enrol", "--config", str(self.config), "--hub", self.hub_url]
        try:
            await run_once("enrolment", [*arguments, "--code", ENROLMENT_CODE])
        except DemoError as error:
            raise DemoError(
                f"{error}\nIf the hub's data is older than the agent's, use --fresh to begin anew."
            ) from None

    def _follow_the_hub(self, identity: Path) -> None:
        """The demo's hub may have moved to another port since the station was enrolled."""
        known = json.loads(identity.read_text(encoding="utf-8"))
        if known.get("hub_url") not in (None, self.hub_url):
            write_private(identity, json.dumps(known | {"hub_url": self.hub_url}))

    async def _ready(self, what: str, probe: Probe, child: Child) -> None:
        """Wait for it; a child that ends, or takes too long, is quoted with its last words."""

        async def ask() -> bool:
            child.check()
            return await probe()

        try:
            await until(what, ask, timeout_s=READY_S)
        except DemoError as error:
            if child.is_running:
                raise DemoError(f"{error}\n{child.last_words()}") from None
            raise

    async def taken(self) -> list[dict[str, Any]]:
        """What the gateway itself says that it took and gave back. Raises DemoError."""
        until_ms = int(time.time() * 1000) + 1
        url = f"http://{HOST}:{self.ports.gateway}/v1/report?since_ms=0&until_ms={until_ms}"
        headers = {"Authorization": f"Bearer {self._gateway_key}"}
        async with self._http.get(url, headers=headers) as response:
            if response.status != 200:
                raise DemoError(f"the gateway's report: HTTP {response.status}")
            report: dict[str, Any] = await response.json()
        return list(report["operations"])

    async def _takes_payments(self) -> bool:
        try:
            _, writer = await asyncio.open_connection(HOST, self.ports.gateway)
        except OSError as error:
            raise NotYetError(str(error)) from error
        writer.close()
        return True

    async def _is_whole(self) -> bool:
        view = await self.kiosk.view()
        docks = {dock["dock_no"]: dock["state"] for dock in view["docks"]}
        missing = [f"dock {number}" for number in self.world.yard.docks if docks.get(number, "unknown") == "unknown"]
        missing += [one["charger_id"] for one in view["chargers"] if not one["online"]]
        unnamed = [one for one in view["docks"] if one["vehicle"] and one["vehicle"]["soc_pct"] is None]
        missing += [f"the battery in dock {one['dock_no']}" for one in unnamed]
        if not view["hub"]["online"]:
            missing.append("the hub")
        if view["price_hint"] is None:
            missing.append("the price list")
        if missing:
            raise NotYetError("waiting for " + ", ".join(missing))
        return True


@contextlib.asynccontextmanager
async def _beside(world: World) -> AsyncIterator[asyncio.Task[None]]:
    living = asyncio.create_task(world.run())
    try:
        yield living
    finally:
        living.cancel()
        await asyncio.wait({living})  # what it died of was told where somebody waited for it


@contextlib.asynccontextmanager
async def open_stage(folder: Path, ports: Ports, *, speed: float, poll_s: float, say: Say) -> AsyncIterator[Stage]:
    """Everything up and ready inside, everything stopped after. Raises DemoError."""
    stage = Stage(folder, ports, speed=speed, poll_s=poll_s, say=say)
    try:
        await stage.open()
        yield stage
    finally:
        await stage.close()
