"""The simulator's HTTP door, over a real socket."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from firmware_sim.control import serve_control
from firmware_sim.plan import DEMO, RENTER_CARD
from firmware_sim.world import World


class Door:
    """A client of the control API."""

    def __init__(self, http: aiohttp.ClientSession, url: str, world: World) -> None:
        self._http = http
        self.url = url
        self.world = world

    async def __call__(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        data = {"data": body} if isinstance(body, bytes) else {"json": body} if body is not None else {}
        async with self._http.request(method, self.url + path, headers=headers, **data) as response:
            return response.status, await response.json(content_type=None)


@contextlib.asynccontextmanager
async def opened(folder: Path | None = None) -> AsyncIterator[Door]:
    world = World(
        DEMO, station_secret=bytes(32), ocpp_url="ws://127.0.0.1:9/ocpp", speed=60.0, baud=None, folder=folder
    )
    async with world.open_meter(), serve_control(world) as url, aiohttp.ClientSession() as http:
        living = asyncio.create_task(world.run())
        try:
            yield Door(http, url, world)
        finally:
            living.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await living


@pytest.fixture
async def door() -> AsyncIterator[Door]:
    async with opened() as found:
        yield found


async def eventually(probe: Any) -> None:
    async with asyncio.timeout(5):
        while not probe():
            await asyncio.sleep(0.01)


async def test_the_world_shows_every_dock_vehicle_and_charger(door: Door) -> None:
    status, world = await door("GET", "/api/world")
    assert status == 200
    assert [dock["dock_no"] for dock in world["docks"]] == [1, 2, 3, 4, 5, 6]
    labels = {dock["vehicle"]["label"] for dock in world["docks"] if dock["vehicle"]}
    assert labels == {"V-104", "V-131", "V-118", "V-099", "C-201"}
    assert [one["charger_id"] for one in world["chargers"]] == ["CP-01", "CP-02"]


async def test_a_locked_dock_answers_with_a_problem_that_says_who_holds_what(door: Door) -> None:
    await eventually(lambda: door.world.yard.docks[4].lock.name == "LOCKED")
    status, problem = await door("POST", "/api/docks/4/pull")
    assert (status, problem["code"]) == (409, "held_by_lock")
    assert problem["detail"] == "The lock of dock 4 holds V-118."


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("POST", "/api/docks/77/pull", None, 404, "dock_unknown"),
        ("POST", "/api/docks/-1/pull", None, 404, "dock_unknown"),
        ("POST", "/api/docks/3/push", {"vehicle_id": "V-1"}, 404, "vehicle_unknown"),
        ("POST", "/api/docks/3/push", {}, 422, "invalid"),
        ("POST", "/api/docks/3/push", b"{", 422, "invalid"),
        ("POST", "/api/docks/3/push", {"vehicle_id": "V-118", "force": True}, 422, "invalid"),
        ("POST", "/api/docks/3/card", {"uid": "04A1B2"}, 422, "invalid"),
        ("POST", "/api/docks/3/faults", {"kind": "earthquake"}, 422, "invalid"),
        ("POST", "/api/vehicles/V-118/ride", {"minutes": 1, "km": 1}, 422, "invalid"),
        ("POST", "/api/vehicles/V-118/ride", {"minutes": 1}, 409, "vehicle_in_dock"),
        ("POST", "/api/chargers/CP-09/plug", None, 404, "charger_unknown"),
        ("POST", "/api/chargers/CP-01/unplug", None, 409, "not_plugged"),
        ("POST", "/api/chargers/CP-01/explode", None, 404, "not_found"),
        ("POST", "/api/speed", {"speed": 0}, 422, "invalid"),
        ("POST", "/api/speed", b"[" * 5000, 422, "invalid"),
        ("GET", "/nowhere", None, 404, "not_found"),
        ("GET", "/api/speed", None, 405, "method_not_allowed"),
    ],
)
async def test_bad_input_is_a_problem_with_a_stable_code(
    door: Door, method: str, path: str, body: Any, status: int, code: str
) -> None:
    before = (await door("GET", "/api/book"))[1]["counts"]
    answer, problem = await door(method, path, body)
    assert (answer, problem["code"]) == (status, code)
    assert (await door("GET", "/api/book"))[1]["counts"] == before


async def test_a_wrong_field_is_named(door: Door) -> None:
    _, problem = await door("POST", "/api/speed", {"speed": "fast"})
    assert [one["pointer"] for one in problem["errors"]] == ["/speed"]


async def test_another_site_may_not_move_our_vehicles(door: Door) -> None:
    status, problem = await door("POST", "/api/chargers/CP-01/plug", None, Origin="https://evil.example")
    assert (status, problem["code"]) == (403, "foreign_origin")
    assert (await door("POST", "/api/chargers/CP-01/plug", None, Origin=door.url))[0] == 200


async def test_a_foreign_name_for_this_machine_is_refused(door: Door) -> None:
    status, problem = await door("GET", "/api/world", None, Host="evil.example:8099")
    assert (status, problem["code"]) == (403, "foreign_host")


async def test_a_charge_draws_power_through_the_grid_meter(door: Door) -> None:
    base_w = (await door("GET", "/api/world"))[1]["meter"]["power_w"]
    assert (await door("POST", "/api/chargers/CP-01/plug"))[0] == 200
    assert await door("POST", "/api/chargers/CP-01/card", {"id_token": RENTER_CARD}) == (200, {"shown": "accepted"})
    await eventually(lambda: door.world.chargers["CP-01"].register_wh > 20)
    world = (await door("GET", "/api/world"))[1]
    assert world["meter"]["power_w"] - base_w == pytest.approx(11_000, rel=0.05)
    await door("POST", "/api/chargers/CP-01/unplug")
    book = (await door("GET", "/api/book"))[1]["chargers"]["CP-01"]["charges"]
    assert len(book) == 1
    assert book[0]["energy_wh"] > 0


async def test_the_page_needs_no_other_host(door: Door) -> None:
    async with aiohttp.ClientSession() as http, http.get(door.url + "/") as response:
        page = await response.text()
        assert response.headers["Content-Security-Policy"].startswith("default-src 'self'")
    assert "http://" not in page
    assert "https://" not in page


async def test_what_happened_is_remembered_by_the_next_run(tmp_path: Path) -> None:
    async with opened(tmp_path) as door:
        door.world.yard.docks[4]._mechanics.drive_open(b"command1", 60.0)
        await eventually(lambda: door.world.yard.can_pull(door.world.yard.docks[4]))
        assert (await door("POST", "/api/docks/4/pull"))[0] == 200
        assert (await door("POST", "/api/vehicles/V-118/ride", {"km": 5}))[0] == 200
        soc = door.world.yard.find("V-118").vehicle.battery.soc
    async with opened(tmp_path) as door:
        world = (await door("GET", "/api/world"))[1]
        assert [one["label"] for one in world["outside"]] == ["V-118"]
        assert door.world.yard.find("V-118").vehicle.battery.soc == pytest.approx(soc)
        assert world["outside"][0]["odometer_km"] == pytest.approx(5.0, rel=0.01)
