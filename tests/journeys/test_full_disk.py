"""A store that takes no writes: the rental is refused before anything opens, people are told, and it recovers alone.

The disk is "full" by the kernel's own limit on the size of files that the agent process may write (EFBIG at the
write), set and lifted from outside while it runs.
"""

import asyncio
import resource
from pathlib import Path
from typing import Any

import pytest

from edge_agent.app import STORE_FILE
from tests.journeys.rig import Rig, rig

pytestmark = [pytest.mark.journey, pytest.mark.timeout(120)]

DOCK = 1


def fill_the_disk(station: Rig) -> None:
    """Nothing may grow any more, not even by a page of the write-ahead log."""
    assert station.agent is not None
    resource.prlimit(station.agent.pid, resource.RLIMIT_FSIZE, (1, resource.RLIM_INFINITY))


def empty_the_disk(station: Rig) -> None:
    assert station.agent is not None
    resource.prlimit(station.agent.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


async def quote(station: Rig) -> str:
    body = {"who": {"kind": "voucher", "token": station.voucher()}, "dock_no": DOCK}
    return str((await station.post("/api/quotes", body))["quote_id"])


async def answer(station: Rig, quote_id: str) -> tuple[int, dict[str, Any]]:
    async with station.http.post(f"{station.api}/api/rentals", json={"quote_id": quote_id}) as response:
        return response.status, await response.json(content_type=None)


async def is_so(station: Rig, trouble: str | None) -> None:
    async with asyncio.timeout(30):
        while (await station.get("/api/view"))["not_accepting"] != trouble:
            await asyncio.sleep(0.05)


async def test_a_full_disk_refuses_the_rental_before_anything_opens_and_heals_by_itself(tmp_path: Path) -> None:
    async with rig(tmp_path, docks=2, baud=None, pull_out_s=2) as station:
        refused = await quote(station)
        fill_the_disk(station)
        status, problem = await answer(station, refused)
        assert (status, problem["code"]) == (503, "store_full")
        assert station.yard.docks[DOCK].book.unlocks == []
        assert station.facts("RentalStarted") == []
        await is_so(station, "store_full")

        empty_the_disk(station)
        await is_so(station, None)
        status, rental = await answer(station, await quote(station))
        assert status == 201, rental
        assert [one["rental_id"] for one in station.facts("RentalStarted")] == [rental["rental_id"]]


async def test_a_vehicle_that_comes_back_to_a_full_disk_is_billed_when_there_is_room(tmp_path: Path) -> None:
    async with rig(tmp_path, docks=2, baud=None, pull_out_s=20) as station:
        _, rental = await answer(station, await quote(station))
        await in_state(station, rental, "open")
        station.yard.pull(DOCK)
        await in_state(station, rental, "active")
        fill_the_disk(station)
        station.yard.push(DOCK, "V-001")
        await is_so(station, "store_full")
        assert station.facts("RentalEnded") == []
        assert (station.folder / STORE_FILE).exists()

        empty_the_disk(station)
        await in_state(station, rental, "ended")
        assert [one["rental_id"] for one in station.facts("RentalEnded")] == [rental["rental_id"]]


async def in_state(station: Rig, rental: dict[str, Any], state: str) -> None:
    async with asyncio.timeout(20):
        while (await station.get(f"/api/rentals/{rental['rental_id']}"))["state"] != state:
            await asyncio.sleep(0.05)
