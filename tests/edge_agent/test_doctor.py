import os
import socket
import time
import uuid
from pathlib import Path

import pytest
from aiohttp import web

from edge_agent import doctor
from edge_agent.app import STORE_FILE
from edge_agent.doctor import Finding, examine
from edge_agent.runtime.clock import SystemClock
from edge_agent.runtime.station_clock import CLOCK_FILE, StationClock
from edge_agent.settings import HubSlice, KioskSlice, MeterSlice, Settings
from edge_agent.store.store import Store
from edge_agent.store.work import Put, Work
from edge_agent.uplink.identity import Identity, make_key, save_identity


async def findings(settings: Settings) -> dict[str, Finding]:
    return {one.what: one for one in await examine(settings)}


def settings_for(data_dir: Path, **more: object) -> Settings:
    nowhere = HubSlice(url=f"http://127.0.0.1:{closed_port()}")
    given = {"data_dir": data_dir, "hub": nowhere, "kiosk": KioskSlice(port=0)} | more
    return Settings(**given)  # type: ignore[arg-type]


def closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


async def test_a_lonely_station_is_told_what_is_missing_and_left_as_it_was(tmp_path: Path) -> None:
    found = await findings(settings_for(tmp_path))
    assert not found["identity"].good
    assert "enrol" in found["identity"].detail
    assert not found["hub"].good
    assert "works without" in found["hub"].detail
    assert found["kiosk port"].good
    assert found["dock bus"].good
    assert found["sqlite"].good
    assert found["clock"].good or "nobody has confirmed the time" in found["clock"].detail
    assert os.listdir(tmp_path) == []  # noqa: PTH208 - a test may wait for its folder


@pytest.mark.parametrize("name", ["none/at/all", "file/below"])
async def test_a_data_folder_that_is_none_is_a_finding_and_no_accident(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_text("")
    found = await findings(settings_for(tmp_path / name))
    assert not found["data folder"].good
    assert not found["disk sync"].good


async def test_a_hub_that_answers_is_measured_against_our_clock(tmp_path: Path) -> None:
    async def ready(_request: web.Request) -> web.Response:
        return web.Response(headers={"Date": "Sat, 01 Jan 2000 00:00:00 GMT"})

    app = web.Application()
    app.router.add_get("/readyz", ready)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    meter = MeterSlice(id="m", profile="x", host="127.0.0.1", port=port)
    found = await findings(settings_for(tmp_path, hub=HubSlice(url=f"http://127.0.0.1:{port}"), meters=(meter,)))
    await runner.cleanup()
    assert not found["hub"].good
    assert "clocks differ by +" in found["hub"].detail
    assert found["meter m"].good


async def test_a_port_in_use_may_be_ours_and_one_that_cannot_be_bound_is_a_fault(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        found = await findings(settings_for(tmp_path, kiosk=KioskSlice(port=taken.getsockname()[1])))
    assert found["kiosk port"].good
    assert "in use" in found["kiosk port"].detail
    found = await findings(settings_for(tmp_path, kiosk=KioskSlice(host="192.0.2.1", port=0)))
    assert not found["kiosk port"].good


@pytest.mark.parametrize("date", ["", "nonsense", "Sat, 01 Jan 2000 00:00:00 -0000"])
def test_a_date_that_says_nothing_is_not_compared(tmp_path: Path, date: str) -> None:
    assert doctor._clock_off_s(tmp_path, date) is None


@pytest.mark.parametrize(
    ("sync", "good", "told"),
    [
        ({"line": "online", "last_success_at": "2026-11-26T05:00:00.000Z", "update_needed": None}, True, "online"),
        ({"line": "offline", "update_needed": "station_outdated"}, False, "this station's agent is too old"),
        ({"line": "offline", "update_needed": "hub_outdated"}, False, "the hub is too old"),
        (None, True, "not enrolled"),
    ],
)
async def test_what_the_running_agent_says_of_its_sync_is_told(
    tmp_path: Path, sync: dict[str, object] | None, good: bool, told: str
) -> None:
    async def health(_request: web.Request) -> web.Response:
        return web.json_response({"sync": sync})

    app = web.Application()
    app.router.add_get("/healthz", health)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    kiosk = KioskSlice(port=runner.addresses[0][1])
    found = await findings(settings_for(tmp_path, kiosk=kiosk))
    await runner.cleanup()
    assert (found["sync"].good, told in found["sync"].detail) == (good, True)


async def test_a_key_that_the_hub_has_revoked_is_a_finding(tmp_path: Path) -> None:
    identity = Identity(
        station_id=uuid.UUID(int=4), name="Riverside", hub_url="http://127.0.0.1:1", key=make_key(tmp_path)
    )
    save_identity(tmp_path, identity)
    assert (await findings(settings_for(tmp_path)))["identity"].good
    store = await Store.open(tmp_path / STORE_FILE, clock=SystemClock())
    row = Put(kind="number", key="revoked_ms", value=b"1795269600000")
    await store.commit(Work(moment=SystemClock().now(), puts=(row,)))
    await store.close()
    found = (await findings(settings_for(tmp_path)))["identity"]
    assert not found.good
    assert "revoked" in found.detail


async def test_the_clock_is_shown_with_its_offset_and_its_quality(tmp_path: Path) -> None:
    clock = StationClock(tmp_path / CLOCK_FILE)
    clock.hear(clock.mono_s(), clock.mono_s(), int(time.time() * 1000) + 7_200_000)
    clock.save()
    [found] = [one for one in await examine(settings_for(tmp_path)) if one.what == "clock"]
    assert not found.good
    assert "holdover, within 0." in found.detail
    assert "the machine's own clock is off by -7200." in found.detail or "-7199." in found.detail
