"""Booked while the line is cut: what is held backs it, the kiosk keeps it from others, its holder gets it."""

import contextlib
import datetime as dt
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import pytest

from firmware_sim.demo.clients import Hub
from firmware_sim.demo.ports import HOST
from firmware_sim.plan import ENROLMENT_CODE, STATION_ID
from firmware_sim.waiting import DemoError, until
from protocols.values import UTC, rfc3339
from tests.journeys.faults.proxy import FaultProxy, Weather
from tests.journeys.test_elsewhere import READY_S, SOON_S, Site, a_hub, vouchers

pytestmark = [pytest.mark.journey, pytest.mark.timeout(180)]


async def _hold_one_scooter(hub: Hub) -> None:
    path = f"/api/v1/stations/{STATION_ID}/lease-policy"
    await hub._ask("PUT", path, body={"ahead": {"scooter": 1}}, headers=hub._headers() | {"If-Match": "*"})

    async def is_held() -> bool:
        return any(one["state"] == "granted" for one in await hub.all_of("/api/v1/leases"))

    await until("the station's word", is_held, timeout_s=SOON_S)


async def test_what_is_booked_while_the_line_is_cut_is_kept_and_fetched(tmp_path: Path) -> None:
    async with contextlib.AsyncExitStack() as exits:
        people = await exits.enter_async_context(aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=20)))
        url = await exits.enter_async_context(a_hub(tmp_path))
        hub = Hub(people, url)
        await until("the hub", hub.is_ready, timeout_s=READY_S)
        await hub.sign_in()
        line = FaultProxy(targets=[(HOST, urlsplit(url).port or 0)], seed=1)
        await exits.enter_async_context(line.serve())
        by_line = f"http://{HOST}:{line.port}"
        market = Site(tmp_path / "a", by_line, people, 2)
        await exits.enter_async_context(market.open(by_line, ENROLMENT_CODE))
        await _hold_one_scooter(hub)
        walk_in, _ = await vouchers(hub, [str(STATION_ID)])
        somebody = next(one["id"] for one in await hub.all_of("/api/v1/accounts") if "analyst" in one["email"])

        line.weather = Weather(refuse=1.0)
        line.cut()

        async def is_cut() -> bool:
            return not (await market.kiosk.view())["hub"]["online"]

        await until("the cut", is_cut, timeout_s=SOON_S)
        now = dt.datetime.now(UTC)
        wish = {
            "station_id": str(STATION_ID), "account_id": somebody, "vehicle_kind": "scooter",
            "from_at": rfc3339(now), "until_at": rfc3339(now + dt.timedelta(hours=1)),
        }  # fmt: skip
        made = await hub.post("/api/v1/reservations", wish)
        assert made["state"] == "confirmed"
        assert (await hub.post("/api/v1/reservations", wish))["state"] == "requested"  # no more is held

        kept = (await market.kiosk.view())["docks"][1]["vehicle"]
        assert (kept["rentable"], kept["why_not"]) == (False, "leased")
        assert kept["reserved_until"] is not None
        with pytest.raises(DemoError, match="vehicle_not_rentable"):
            await market.kiosk.quote(walk_in, 2)
        await market.rent(walk_in, 1)
        await market.rent(made["voucher"], 2)

        line.clear()

        async def used() -> dict[str, Any] | None:
            found: dict[str, Any] = await hub.get(f"/api/v1/reservations/{made['id']}")
            return found if found["state"] == "used" else None

        async def lease_used() -> bool:
            leases = await hub.all_of("/api/v1/leases")
            return [one["state"] for one in leases if one["id"] == made["lease_id"]] == ["used"]

        reservation = await until("the hub's word", used, timeout_s=READY_S)
        await until("the lease's end", lease_used, timeout_s=SOON_S)
        rental = await hub.get(f"/api/v1/rentals/{reservation['rental_id']}")
        assert (rental["reservation_id"], rental["offline"], rental["flags"]) == (made["id"], True, [])
        assert await hub.all_of("/api/v1/cases") == []
