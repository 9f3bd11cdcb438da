"""A station that does not know the time, as a real process under libfaketime: it rents, and is put right by the hub."""

import asyncio
import contextlib
import datetime as dt
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

import aiohttp
import pytest

from firmware_sim.demo.clients import Hub
from firmware_sim.demo.ports import HOST, free_ports
from firmware_sim.plan import DEMO, ENROLMENT_CODE, STATION_ID
from firmware_sim.waiting import DemoError, until
from protocols.values import UTC
from tests.edge_agent.uplink.certificates import make, serving
from tests.journeys.faults.clocks import FakeClock
from tests.journeys.faults.part import Part
from tests.journeys.test_elsewhere import READY_S, SHORT_RIDE_MINOR, SOON_S, Site, vouchers

pytestmark = [pytest.mark.journey, pytest.mark.timeout(240)]
YEAR_S: Final = 365.25 * 86_400
HOUR_S: Final = 3600.0


class Stand:
    """One station under a clock that lies, and a hub behind a line that can be cut."""

    def __init__(self, hub: Hub, line: "Line", site: Site, clock: FakeClock) -> None:
        self.hub, self.line, self.site, self.clock = hub, line, site, clock

    async def short_voucher(self) -> str:
        """Its text; good here for four seconds."""
        (renter,) = {one["account_id"] for one in await self.hub.all_of("/api/v1/vouchers")}
        expires = dt.datetime.now(UTC) + dt.timedelta(seconds=4)
        wish = {"account_id": renter, "stations": [str(STATION_ID)], "expires": expires.isoformat()}
        return str((await self.hub.post("/api/v1/vouchers", wish))["text"])

    async def boot(self, offset_s: float, *, forgets: bool = False) -> None:
        """The agent ends and starts under another clock; `forgets` what it knew of the time, as over a power cut."""
        await self.site.agent.stop()
        if forgets:
            (self.site.store.parent / "clock").unlink()
        self.clock.set(offset_s)
        await self.site.agent.start()

        async def is_up() -> bool:
            with contextlib.suppress(DemoError, aiohttp.ClientError):
                docks = (await self.site.kiosk.view())["docks"]
                return all(one["state"] not in ("unknown", "out_of_order") for one in docks) and any(
                    one["vehicle"] and one["vehicle"]["soc_pct"] is not None for one in docks
                )
            return False

        await until("the station", is_up, timeout_s=READY_S)

    async def give_back(self, rental_id: str, dock_no: int) -> None:
        self.site.yard.push(dock_no, DEMO.vehicles[0].label)

        async def is_back() -> bool:
            return bool((await self.site.kiosk.rental(rental_id))["state"] == "ended")

        await until("the return", is_back, timeout_s=SOON_S)

    async def at_hub(self, rental_id: str) -> dict[str, Any]:
        async def ended() -> dict[str, Any] | None:
            with contextlib.suppress(DemoError):
                found: dict[str, Any] = await self.hub.get(f"/api/v1/rentals/{rental_id}")
                return found if found["state"] == "ended" and not found["time_uncertain"] else None
            return None

        found: dict[str, Any] = await until("the rental at the hub", ended, timeout_s=60)
        return found


class Line:
    """TLS before the hub, as a proxy does it, with a certificate of these days; it can be cut."""

    def __init__(self, port: int, folder: Path) -> None:
        self._port, self._is_cut = port, False
        self._ends: set[asyncio.StreamWriter] = set()
        day, now = dt.timedelta(days=1), dt.datetime.now(UTC)
        authority = make("authority", (now - day, now + day))
        self._context = serving(folder, make("hub", (now - day, now + day), authority, host=HOST))
        self.trusted, self.url = folder / "authority.pem", ""
        self.trusted.write_text(authority.pem)

    @contextlib.asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        server = await asyncio.start_server(self._accept, HOST, 0, ssl=self._context)
        self.url = f"https://{HOST}:{server.sockets[0].getsockname()[1]}"
        try:
            yield
        finally:
            server.close()
            self.cut()

    def cut(self) -> None:
        self._is_cut = True
        for end in self._ends:
            end.transport.abort()

    def mend(self) -> None:
        self._is_cut = False

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._is_cut:
            writer.transport.abort()
            return
        there = await asyncio.open_connection(HOST, self._port)
        ends = {writer, there[1]}
        self._ends |= ends
        await asyncio.gather(self._carry(reader, there[1]), self._carry(there[0], writer))
        self._ends -= ends

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(65_536):
                writer.write(data)
                await writer.drain()
        writer.close()


@contextlib.asynccontextmanager
async def stand(folder: Path) -> AsyncIterator[tuple[Stand, list[str]]]:
    """Enrolled over https under a right clock, with two vouchers."""
    async with contextlib.AsyncExitStack() as exits:
        people = await exits.enter_async_context(aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=20)))
        port = free_ports().hub
        environment = {
            "VOLTDOCK_HUB_DATA_DIR": str(folder / "hub"), "VOLTDOCK_HUB_HOST": HOST, "VOLTDOCK_HUB_PORT": str(port)
        }  # fmt: skip
        part = Part("hub", ["hub", "run", "--demo"], log=folder / "hub.log", environment=environment)
        exits.push_async_callback(part.stop)
        url = f"http://{HOST}:{port}"
        hub, clock = Hub(people, url), FakeClock(folder / "faketime")
        await part.start()
        await until("the hub", hub.is_ready, timeout_s=READY_S)
        await hub.sign_in()
        tokens = await vouchers(hub, [str(STATION_ID)])
        line = Line(port, folder)
        await exits.enter_async_context(line.open())
        site = Site(folder / "a", line.url, people, 2)
        site.agent.environment = clock.environment | {"SSL_CERT_FILE": str(line.trusted)}
        await exits.enter_async_context(site.open(line.url, ENROLMENT_CODE))
        yield Stand(hub, line, site, clock), tokens


def off_s(instant: str, really: float) -> float:
    return abs(dt.datetime.fromisoformat(instant).timestamp() - really)


async def test_wherever_its_clock_jumps_a_station_rents_by_the_right_time_and_finds_its_hub_over_https(
    tmp_path: Path,
) -> None:
    """Three scenes at one stand: a stand takes longer than any of them."""
    async with stand(tmp_path) as (scene, tokens):
        expired = await scene.short_voucher()
        await steps_of_an_hour_change_no_times_and_no_price(scene, tokens[0])
        scene.line.cut()
        await a_clock_set_back_revives_no_voucher(scene, expired)
        await a_boot_in_1970_rents_with_the_hub_away_and_the_hub_gets_the_right_times(scene, tokens[1], expired)


async def steps_of_an_hour_change_no_times_and_no_price(scene: Stand, token: str) -> None:
    rental_id = await scene.site.rent(token, 1)
    left = time.time()
    for step_s in (HOUR_S, -HOUR_S, 10 * YEAR_S):
        scene.clock.set(step_s)
        await asyncio.sleep(2.5)
    await scene.give_back(rental_id, 1)
    back = time.time()
    [told] = scene.site.told("RentalEnded")
    assert told["duration_s"] == pytest.approx(back - left, abs=2.5)
    assert off_s(dt.datetime.fromtimestamp(told["ended_ms"] / 1000, UTC).isoformat(), back) < 3
    rental = await scene.at_hub(rental_id)
    assert off_s(rental["ended_at"], back) < 3
    assert rental["flags"] == []
    jumps = [one for one in scene.site.told("ClockStepped") if one["reason"] == "jump"]
    assert round((jumps[0]["new_ms"] - jumps[0]["old_ms"]) / 1000 / HOUR_S) == 1


async def a_clock_set_back_revives_no_voucher(scene: Stand, token: str) -> None:
    await scene.boot(-HOUR_S)
    with pytest.raises(DemoError, match="voucher_expired"):
        await scene.site.kiosk.quote(token, 1)


async def a_boot_in_1970_rents_with_the_hub_away_and_the_hub_gets_the_right_times(
    scene: Stand, token: str, expired: str
) -> None:
    await scene.boot(-56.5 * YEAR_S, forgets=True)
    assert (await scene.site.kiosk.view())["clock_trusted"] is False
    with pytest.raises(DemoError, match="voucher_expired"):
        await scene.site.kiosk.quote(expired, 1)
    began = time.time()
    rental_id = await scene.site.rent(token, 1)
    left = time.time()
    await asyncio.sleep(3)
    await scene.give_back(rental_id, 1)
    back = time.time()
    told = scene.site.told("RentalEnded")[-1]
    assert (told["duration_by"], told["bill"]["total_minor"]) == ("monotonic", SHORT_RIDE_MINOR)
    assert told["duration_s"] == pytest.approx(back - left, abs=2.5)

    scene.line.mend()
    rental = await scene.at_hub(rental_id)
    assert off_s(rental["started_at"], began) < 5
    assert off_s(rental["ended_at"], back) < 5
    assert rental["uncertainty_s"] > 0
    assert (rental["total"]["minor"], rental["price_checked"]) == (SHORT_RIDE_MINOR, True)
    assert rental["started_at"] <= rental["undocked_at"] <= rental["ended_at"]
    assert [one["reason"] for one in scene.site.told("ClockStepped")][-1] == "hub"

    async def is_trusted() -> bool:
        return bool((await scene.site.kiosk.view())["clock_trusted"])

    await until("the time", is_trusted, timeout_s=SOON_S)
    assert off_s((await scene.site.kiosk.view())["at"], time.time()) < 3
