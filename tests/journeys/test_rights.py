"""Staff by hand with the hub dead, and a stolen key: real processes, docks on a line, one store through it all."""

import contextlib
import json
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from firmware_sim.demo.children import run_once
from firmware_sim.demo.clients import Hub
from firmware_sim.demo.ports import HOST, free_ports
from firmware_sim.plan import DEMO, ENROLMENT_CODE, STATION_ID
from firmware_sim.waiting import DemoError, until
from tests.journeys.faults.part import Part
from tests.journeys.test_elsewhere import READY_S, SOON_S, Site, vouchers

pytestmark = [pytest.mark.journey, pytest.mark.timeout(180)]
PIN = "2468"


class Staff:
    """A member of staff at the station's API."""

    def __init__(self, http: aiohttp.ClientSession, url: str) -> None:
        self._http = http
        self._url = f"{url}/api/staff/"
        self._token = ""

    async def ask(self, path: str, **body: Any) -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {self._token}"} if self._token else {}
        async with self._http.post(self._url + path, json=body, headers=headers) as answer:
            return answer.status, await answer.json()

    async def sign_in(self) -> None:
        status, session = await self.ask("sessions", pin=PIN)
        assert status == 201, session
        self._token = session["token"]


@contextlib.asynccontextmanager
async def hub_part(folder: Path, port: int) -> AsyncIterator[Part]:
    environment = {
        "VOLTDOCK_HUB_DATA_DIR": str(folder / "hub"), "VOLTDOCK_HUB_HOST": HOST, "VOLTDOCK_HUB_PORT": str(port),
    }  # fmt: skip
    part = Part("hub", ["hub", "run", "--demo"], log=folder / "hub.log", environment=environment)
    await part.start()
    try:
        yield part
    finally:
        await part.stop()


async def test_staff_work_by_hand_with_the_hub_dead_and_a_revoked_station_goes_on_with_its_store(
    tmp_path: Path,
) -> None:
    async with contextlib.AsyncExitStack() as exits:
        people = await exits.enter_async_context(aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=20)))
        port = free_ports().hub
        url = f"http://{HOST}:{port}"
        hub, part = Hub(people, url), await exits.enter_async_context(hub_part(tmp_path, port))
        await until("the hub", hub.is_ready, timeout_s=READY_S)
        await hub.sign_in()
        first, second = await vouchers(hub, [str(STATION_ID)])
        site = Site(tmp_path / "a", url, people, 2)
        await exits.enter_async_context(site.open(url, ENROLMENT_CODE))
        staff = Staff(people, site.kiosk_url)

        async def has_staff() -> bool:
            return (await staff.ask("sessions", pin=PIN))[0] == 201

        await until("the list of staff", has_staff, timeout_s=SOON_S)
        await part.stop()
        await staff.sign_in()
        await _open_by_hand(site, staff)

        await part.start()
        await until("the hub", hub.is_ready, timeout_s=READY_S)
        await hub.sign_in()

        async def seen() -> list[dict[str, Any]] | None:
            cases = await hub.get("/api/v1/cases?kind=staff_override")
            return [one["seen"] for one in cases["items"]] or None

        [case] = await until("the case", seen, timeout_s=SOON_S)
        assert (case["what"], case["reason"], case["staff_name"]) == ("unlock", "maintenance", "Demo staff")

        await _revoke_and_enrol_anew(site, hub, url, first, second)


async def _open_by_hand(site: Site, staff: Staff) -> None:
    dock = site.yard.docks[2]
    act = {"act_id": str(uuid.uuid4()), "reason": "maintenance"}
    for _ in range(2):
        assert (await staff.ask("docks/2/unlock", **act))[0] == 202

    async def is_open() -> bool:
        return site.yard.can_pull(dock)

    await until("the lock", is_open, timeout_s=SOON_S)
    placed = site.yard.pull(2)

    async def is_out() -> bool:
        return any(one["dock_no"] == 2 for one in site.told("VehicleUndocked"))

    await until("the vehicle", is_out, timeout_s=SOON_S)
    assert [one["act_id"] for one in site.told("StaffActed")] == [act["act_id"]]
    site.yard.push(2, placed.plan.label)


async def _revoke_and_enrol_anew(site: Site, hub: Hub, url: str, first: str, second: str) -> None:
    rental_id = await site.rent(first, 1)
    await hub.post(f"/api/v1/stations/{STATION_ID}/revoke", {"reason": "the key was copied"})

    async def says_so() -> bool:
        return bool((await site.kiosk.view())["not_accepting"] == "station_revoked")

    await until("the word of the revocation", says_so, timeout_s=SOON_S)
    await site.agent.stop()
    await site.agent.start()  # it is still revoked after a restart, and still takes vehicles back
    await until("the station", site.kiosk.is_up, timeout_s=READY_S)
    await until("the word of the revocation", says_so, timeout_s=READY_S)
    with pytest.raises(DemoError, match="station_revoked"):
        await site.kiosk.quote(second, 2)
    site.yard.push(1, DEMO.vehicles[0].label)

    async def is_back() -> bool:
        return len(site.told("RentalEnded")) == 1

    await until("the return", is_back, timeout_s=READY_S)
    assert (await hub.get(f"/api/v1/rentals/{rental_id}"))["state"] != "ended"

    code = (await hub.post("/api/v1/stations/enrolment-codes", {"station_id": str(STATION_ID)}))["code"]
    arguments = ["edge_agent", "enrol", "--config", str(site.config), "--hub", url, "--code", code]
    await run_once("enrolment anew", arguments)

    async def is_ended() -> bool:
        return bool((await hub.get(f"/api/v1/rentals/{rental_id}"))["state"] == "ended")

    await until("what waited", is_ended, timeout_s=READY_S)
    ended = [one["body"]["rental_id"] for one in (await _facts(hub)) if one["type"] == "RentalEnded"]
    assert ended == [rental_id]

    async def accepts() -> bool:
        return (await site.kiosk.view())["not_accepting"] is None

    await until("new business", accepts, timeout_s=SOON_S)
    assert await site.kiosk.quote(second, 2)


async def _facts(hub: Hub) -> list[dict[str, Any]]:
    page = await hub.get(f"/api/v1/facts?station_id={STATION_ID}&lane=biz&limit=200")
    return [json.loads(one["record"]) for one in page["items"]]
