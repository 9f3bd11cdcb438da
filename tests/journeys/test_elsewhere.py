"""Rented at one station, pushed in at another: two agents and one hub as real processes, each with its own docks."""

import asyncio
import contextlib
import datetime as dt
import json
import secrets
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

import aiohttp
import pytest

from edge_agent.store import reading
from firmware_sim.agent_config import write_private
from firmware_sim.clock import SimClock
from firmware_sim.deeds import Deeds
from firmware_sim.demo.children import run_once
from firmware_sim.demo.clients import RENTER, Hub, Kiosk
from firmware_sim.demo.ports import HOST, free_ports
from firmware_sim.docks.line import DockLine
from firmware_sim.plan import DEMO, ENROLMENT_CODE, STATION_ID, DockPlan, StationPlan, dock_secret
from firmware_sim.waiting import DemoError, until
from firmware_sim.yard import Yard
from protocols.dock.codes import Lock
from protocols.values import UTC, rfc3339
from tests.journeys.faults.part import Part

pytestmark = [pytest.mark.journey, pytest.mark.timeout(150)]
READY_S: Final = 45.0
SOON_S: Final = 20.0
SHORT_RIDE_MINOR: Final = 100  # unlocking; the first two minutes are free


class Site:
    """A station with two docks: its hardware here, its agent as a process."""

    def __init__(self, folder: Path, hub_url: str, people: aiohttp.ClientSession, vehicles: int) -> None:
        folder.mkdir()
        port = free_ports().kiosk
        plan = StationPlan(
            docks=(DockPlan(dock_no=1), DockPlan(dock_no=2)), vehicles=(DEMO.vehicles[0], DEMO.vehicles[2]), chargers=()
        )
        secret = secrets.token_bytes(16)
        self.yard = Yard(plan, station_secret=secret, clock=SimClock(speed=1.0), deeds=Deeds())
        for dock_no, one in enumerate(plan.vehicles[:vehicles], 1):
            self.yard.place(one.vehicle_id, dock_no)
        self.line = DockLine(self.yard.docks.values(), baud=None)
        self.config, self.store = folder / "edge.toml", folder / "station.db"
        self.kiosk_url = f"http://{HOST}:{port}"
        self.kiosk = Kiosk(people, self.kiosk_url)
        self.agent = Part("agent", ["edge_agent", "run", "--config", str(self.config)], log=folder / "agent.log")
        lines = [f'data_dir = "{folder}"', "[hub]", f'url = "{hub_url}"', "poll_s = 1.0", "[kiosk]", f"port = {port}"]
        lines += ["[docks]", f'port = "{self.line.path}"', "baud = 115200"]
        for number in (1, 2):
            lines += ["[[docks.dock]]", f"no = {number}", f"address = {number}"]
            lines += [f'secret = "{dock_secret(secret, number).hex()}"']
        write_private(self.config, "\n".join(lines) + "\n")

    @contextlib.asynccontextmanager
    async def open(self, hub_url: str, code: str) -> AsyncIterator[None]:
        """Enrolled, running and whole inside."""
        serving = asyncio.create_task(self.line.run())
        try:
            arguments = ["edge_agent", "enrol", "--config", str(self.config), "--hub", hub_url, "--code", code]
            await run_once("enrolment", arguments, environment=self.agent.environment)
            await self.agent.start()
            await until("the station", self._is_whole, timeout_s=READY_S)
            yield
        finally:
            await self.agent.stop()
            serving.cancel()
            await asyncio.gather(serving, return_exceptions=True)

    async def _is_whole(self) -> bool:
        if not await self.kiosk.is_up():
            return False
        view = await self.kiosk.view()
        ready = all(one["state"] not in ("unknown", "out_of_order") for one in view["docks"])
        charged = all(one["vehicle"] is None or one["vehicle"]["soc_pct"] is not None for one in view["docks"])
        return bool(ready and charged and view["hub"]["online"] and view["price_hint"])

    async def rent(self, token: str, dock_no: int) -> str:
        """Agree, wait for the lock, pull the vehicle out, and see that the ride is on; the rental's id."""
        quote = await self.kiosk.quote(token, dock_no)
        rental = await self.kiosk.agree(quote["quote_id"])
        dock = self.yard.docks[dock_no]

        async def is_open() -> bool:
            return self.yard.can_pull(dock)

        async def is_active() -> bool:
            return bool((await self.kiosk.rental(rental["rental_id"]))["state"] == "active")

        await until("the lock", is_open, timeout_s=SOON_S)
        self.yard.pull(dock_no)
        await until("the ride", is_active, timeout_s=SOON_S)
        return str(rental["rental_id"])

    def told(self, kind: str) -> list[dict[str, Any]]:
        """The bodies of the facts of this kind in the station's own file."""
        return [one["body"] for line in reading.export(self.store) if (one := _record(line))["type"] == kind]


def _record(line: str) -> dict[str, Any]:
    record: dict[str, Any] = json.loads(line)["record"]
    return record


async def vouchers(hub: Hub, station_ids: list[str]) -> list[str]:
    """Two for the demo's renter, good at these stations."""
    (renter,) = [one["id"] for one in await hub.all_of("/api/v1/accounts") if one["email"] == RENTER]
    expires = rfc3339(dt.datetime.now(UTC) + dt.timedelta(hours=2))
    wish = {"account_id": renter, "stations": station_ids, "expires": expires}
    return [(await hub.post("/api/v1/vouchers", wish))["text"] for _ in range(2)]


@contextlib.asynccontextmanager
async def a_hub(folder: Path) -> AsyncIterator[str]:
    """The demo's hub, ready; its address."""
    port = free_ports().hub
    environment = {
        "VOLTDOCK_HUB_DATA_DIR": str(folder / "hub"),
        "VOLTDOCK_HUB_HOST": HOST,
        "VOLTDOCK_HUB_PORT": str(port),
    }
    part = Part("hub", ["hub", "run", "--demo"], log=folder / "hub.log", environment=environment)
    await part.start()
    try:
        yield f"http://{HOST}:{port}"
    finally:
        await part.stop()


async def test_a_vehicle_pushed_in_at_another_station_ends_the_ride_and_frees_its_renter(tmp_path: Path) -> None:
    async with contextlib.AsyncExitStack() as exits:
        people = await exits.enter_async_context(aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=20)))
        url = await exits.enter_async_context(a_hub(tmp_path))
        hub = Hub(people, url)
        await until("the hub", hub.is_ready, timeout_s=READY_S)
        await hub.sign_in()
        new = {"name": "Harbour", "number": "015", "timezone": "Asia/Ho_Chi_Minh", "currency": "EUR"}
        harbour_id = (await hub.post("/api/v1/stations", new))["id"]
        code = (await hub.post("/api/v1/stations/enrolment-codes", {"station_id": harbour_id}))["code"]
        first, second = await vouchers(hub, [str(STATION_ID)])
        market, harbour = Site(tmp_path / "a", url, people, 2), Site(tmp_path / "b", url, people, 0)
        await exits.enter_async_context(market.open(url, ENROLMENT_CODE))
        await exits.enter_async_context(harbour.open(url, code))

        rental_id = await market.rent(first, 1)
        with pytest.raises(DemoError, match="too_many_rentals"):
            await market.kiosk.quote(second, 2)
        vehicle = market.yard.vehicles[DEMO.vehicles[0].vehicle_id].vehicle
        harbour.yard.docks[2].push(vehicle)

        async def ended() -> dict[str, Any] | None:
            found: dict[str, Any] = await hub.get(f"/api/v1/rentals/{rental_id}")
            return found if found["state"] == "ended" else None

        async def is_free() -> bool:
            with contextlib.suppress(DemoError):
                await market.kiosk.quote(second, 2)
                return True
            return False

        rental = await until("the end", ended, timeout_s=SOON_S)
        assert (rental["ended_by"], rental["ended_station_id"]) == ("other_station", harbour_id)
        assert (rental["ended_dock_no"], rental["total"]["minor"]) == (2, SHORT_RIDE_MINOR)
        assert rental["flags"] == ["other_station", "two_clocks"]
        assert harbour.yard.docks[2].lock is Lock.LOCKED
        await until("the word at the first station", is_free, timeout_s=SOON_S)
        assert (await market.kiosk.view())["returns"] == []

        again = await market.rent(second, 2)
        assert uuid.UUID(again) != uuid.UUID(rental_id)
        rentals = await hub.all_of("/api/v1/rentals")
        assert [one["id"] for one in rentals if one["state"] == "ended"] == [rental_id]
        assert [one["outcome"] for one in market.told("OrderEnded")] == ["done"]
        assert market.told("RentalEnded") == harbour.told("RentalEnded") == []
        assert [one["dock_no"] for one in harbour.told("VehicleDocked")] == [2]
