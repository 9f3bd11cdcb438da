"""What the journey through HAProxy plays on: PostgreSQL, two hubs, HAProxy, an agent that was enrolled through it."""

import asyncio
import contextlib
import os
import ssl
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import asyncpg
import msgspec
from sqlalchemy import select

from edge_agent.app import STORE_FILE
from edge_agent.store import reading
from firmware_sim.demo.children import Child, run_once
from firmware_sim.demo.ports import HOST, free_ports
from firmware_sim.plan import ENROLMENT_CODE, STATION_ID
from hub.intake.tables import FactRow
from hub.kernel.db import Database
from tests.haproxy import Haproxy, haproxy
from tests.hub.stations_double import StationDouble
from tests.journeys.rolling import HubProcess, Load, enrolled, signed_in
from tests.journeys.test_broker_files import certify
from tests.postgres import cluster

FILE = Path(__file__).parents[2] / "deploy/haproxy.example.cfg"
HUBS = ("hubs/hub1", "hubs/hub2")
_POLL_S = 600.0  # what arrives sooner was told by the live link
_PACE_S = 0.05
_ONLY_ROOT = "    user haproxy\n    group haproxy\n"


def settings(folder: Path, port: int, hubs: list[int]) -> str:
    """The file as it stands; addresses, ports and the certificate differ, and who is not root keeps his own user."""
    places = {
        "bind :443": f"bind {HOST}:{port}",
        "/etc/haproxy/hub.pem": str(folder / "hub.pem"),
        "/run/haproxy/admin.sock": str(folder / "admin.sock"),
        "127.0.0.1:8080": f"127.0.0.1:{hubs[0]}",
        "127.0.0.1:8081": f"127.0.0.1:{hubs[1]}",
    }
    text = FILE.read_text() if os.geteuid() == 0 else FILE.read_text().replace(_ONLY_ROOT, "")
    for ours, theirs in places.items():
        assert text.count(ours) == 1, ours
        text = text.replace(ours, theirs)
    return text


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """What runs. `base` is HAProxy's address; `token` an admin's."""

    url: str
    base: str
    tls: ssl.SSLContext
    token: str
    hubs: list[HubProcess]
    balancer: Haproxy
    agent: Child
    store: Path

    @contextlib.asynccontextmanager
    async def client(self, address: str = HOST) -> AsyncIterator[aiohttp.ClientSession]:
        """Calls the API through HAProxy, from this address of ours."""
        connector = aiohttp.TCPConnector(ssl=self.tls, local_addr=(address, 0))
        headers = {"Authorization": f"Bearer {self.token}"}
        async with aiohttp.ClientSession(self.base, connector=connector, headers=headers) as http:
            yield http

    async def load(self, number: str) -> tuple[StationDouble, Load]:
        """A second station, simulated, that is always busy; and two people."""
        new = {"name": f"Station {number}", "number": number, "timezone": "Europe/Berlin", "currency": "EUR"}
        key = {"Idempotency-Key": f"station-{number}"}
        async with self.client() as http, http.post("/api/v1/stations", json=new, headers=key) as answer:
            assert answer.status == 201, await answer.text()
            double = StationDouble(uuid.UUID((await answer.json())["id"]))
        await enrolled(self.url, double)
        return double, Load(self.base, double, self.token, self.tls, _PACE_S)

    def live(self) -> list[dict[str, Any]]:
        """What became of the agent's live link so far, in its own words; connected and lost by turns."""
        said = [msgspec.json.decode(line) for line in self.agent.log.read_bytes().splitlines() if line.startswith(b"{")]
        return [one for one in said if str(one.get("event")).startswith("live_link_")]

    async def is_linked(self) -> bool:
        """Whether the agent's live link is up."""
        told = self.live()
        return bool(told) and told[-1]["event"] == "live_link_connected"

    async def order(self, http: aiohttp.ClientSession) -> str:
        """Give the agent an order; its id."""
        body = {"order": {"type": "RestartDock", "dock_no": 1}, "life_s": 600}
        headers = {"Idempotency-Key": str(uuid.uuid4())}
        async with http.post(f"/api/v1/stations/{STATION_ID}/orders", json=body, headers=headers) as answer:
            assert answer.status == 201, await answer.text()
            made: str = (await answer.json())["id"]
            return made

    async def outcome(self, http: aiohttp.ClientSession, order_id: str) -> str | None:
        """What the agent told of an order."""
        async with http.get("/api/v1/orders", params={"station_id": str(STATION_ID)}) as answer:
            orders: list[dict[str, Any]] = (await answer.json())["items"]
        told: str | None = next(one["outcome"] for one in orders if one["id"] == order_id)
        return told

    def written(self) -> list[tuple[str, int, int, str]]:
        """Every fact that the agent wrote down: lane, epoch, number, id."""
        told = [msgspec.json.decode(line) for line in reading.export(self.store)]
        return sorted((one["lane"], one["epoch"], one["seq"], one["record"]["id"]) for one in told)

    async def held(self) -> list[tuple[str, int, int, str]]:
        """Every fact of the agent's that the hub holds."""
        wanted = select(FactRow.lane, FactRow.epoch, FactRow.seq, FactRow.fact_id)
        database = Database(self.url)
        async with database.reading() as session:
            rows = await session.execute(wanted.where(FactRow.station_id == STATION_ID))
            found = sorted((row.lane, row.epoch, row.seq, str(row.fact_id)) for row in rows)
        await database.close()
        return found


@contextlib.asynccontextmanager
async def site(folder: Path) -> AsyncIterator[Site]:
    """Everything, started; stopped at the end."""
    ports, agents = free_ports(), folder / "agent"
    base = f"https://{HOST}:{ports.gateway}"
    tls, trusted = certificate(folder)
    async with contextlib.AsyncExitStack() as stack:
        postgres = stack.enter_context(cluster())
        url = await _database(postgres.dsn("postgres"), postgres.url("site"))
        given = {"VOLTDOCK_HUB_TRUSTED_PROXIES": HOST}
        hubs = [HubProcess(url, folder / "hub", port, **given) for port in (ports.hub, ports.modbus)]
        for hub in hubs:
            stack.callback(hub.kill)
        await hubs[0].start()  # it migrates
        text = settings(folder, ports.gateway, [hub.port for hub in hubs])
        balancer = await stack.enter_async_context(haproxy(folder, text, socket=folder / "admin.sock"))
        config = folder / "edge.toml"
        config.write_text(
            f'data_dir = "{agents}"\n[hub]\npoll_s = {_POLL_S}\n[kiosk]\nport = {ports.kiosk}\n'
            f"[chargers]\nport = {ports.chargers}\n"
        )
        enrol = ["edge_agent", "enrol", "--config", str(config), "--hub", base, "--code", ENROLMENT_CODE]
        await asyncio.gather(hubs[1].start(), run_once("enrolment", enrol, environment=trusted))
        command = ["edge_agent", "run", "--config", str(config)]
        agent = Child("agent", command, log=folder / "agent.log", environment=trusted)
        await agent.start()
        stack.push_async_callback(agent.stop)
        async with aiohttp.ClientSession(base, connector=aiohttp.TCPConnector(ssl=tls)) as http:
            token = await signed_in(http)
        yield Site(
            url=url, base=base, tls=tls, token=token, hubs=hubs, balancer=balancer, agent=agent,
            store=agents / STORE_FILE,
        )  # fmt: skip


def certificate(folder: Path) -> tuple[ssl.SSLContext, dict[str, str]]:
    """One that signs itself, in HAProxy's form; and who trusts it: our clients, and the agent by its environment."""
    public, key = folder / "hub.crt", folder / "hub.key"
    certify(public, key)
    (folder / "hub.pem").write_bytes(public.read_bytes() + key.read_bytes())
    return ssl.create_default_context(cafile=public), {"SSL_CERT_FILE": str(public)}


async def _database(control: str, url: str) -> str:
    connection = await asyncpg.connect(control)
    await connection.execute("CREATE DATABASE site")
    await connection.close()
    return url
