"""Hub, agent and hardware as processes, the live link over a real Mosquitto only, which dies and comes back."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from firmware_sim.demo.children import Child
from firmware_sim.demo.ports import free_ports
from firmware_sim.demo.stage import Stage
from firmware_sim.plan import STATION_ID
from tests.mosquitto import Mosquitto, mosquitto

pytestmark = [pytest.mark.journey, pytest.mark.timeout(240)]
POLL_S = 12.0
_STATION = f"/api/v1/stations/{STATION_ID}"


@pytest.fixture
async def broker(tmp_path: Path) -> AsyncIterator[Mosquitto]:
    async with mosquitto(tmp_path) as started:
        yield started


@pytest.fixture
async def stage(tmp_path: Path, broker: Mosquitto, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Stage]:
    """The demo with the broker's shared setting and without the hub's WebSocket."""
    monkeypatch.setenv("VOLTDOCK_MQTT_URL", f"mqtt://127.0.0.1:{broker.port}")
    made = Stage(tmp_path / "demo", free_ports(), speed=1.0, poll_s=POLL_S, say=lambda _: None)
    made.agent_process = Child(
        "agent",
        ["edge_agent", "run", "--config", str(made.config)],
        log=made.folder / "agent.log",
        environment={"VOLTDOCK_EDGE_HUB__LIVE": "false"},
    )
    try:
        await made.open()
        await made.hub.sign_in()
        yield made
    finally:
        await made.close()


async def until(what: str, holds: Callable[[], Awaitable[bool]], timeout_s: float = 30.0) -> None:
    deadline = time.monotonic() + timeout_s
    while not await holds():
        assert time.monotonic() < deadline, f"not within {timeout_s:g} s: {what}"
        await asyncio.sleep(0.05)


async def unlock(stage: Stage, dock_no: int, timeout_s: float = POLL_S + 30) -> float:
    """Give the order at the hub; how many seconds until the hub knows its end."""
    began = time.monotonic()
    body = {"type": "UnlockDock", "dock_no": dock_no, "duration_s": 1, "reason": "journey"}
    made: dict[str, Any] = await stage.hub.post(f"{_STATION}/orders", {"order": body, "life_s": 60})

    async def has_ended() -> bool:
        nonlocal made
        made = await stage.hub.get(f"/api/v1/orders/{made['id']}")
        return made["outcome"] is not None

    await until(f"the end of the order for dock {dock_no}", has_ended, timeout_s)
    assert made["outcome"] == "done", made
    return time.monotonic() - began


async def assert_nudged(stage: Stage) -> None:
    """More orders than polls could have brought, and the quickest within a second."""
    docks = list(stage.world.yard.docks)[:4]
    took_s = [await unlock(stage, number) for number in docks]
    assert sum(took_s) < POLL_S, took_s
    assert min(took_s) < 1, took_s


async def is_connected(stage: Stage) -> bool:
    parts = (await stage.kiosk.get("/healthz"))["parts"]
    return "mqtt" in parts and "live" not in parts and "broker_connected" in stage.agent_process.log.read_text()


async def test_orders_come_at_once_by_the_broker_and_by_the_poll_while_it_is_dead(
    stage: Stage, broker: Mosquitto
) -> None:
    async def has_picture() -> bool:
        detail = await stage.hub.get(_STATION)
        return detail["online"] and detail["picture"] is not None and len(detail["picture"]["docks"]) > 0

    await until("the link", lambda: is_connected(stage))
    await until("presence and telemetry", has_picture)
    await assert_nudged(stage)

    await broker.kill()
    await unlock(stage, next(iter(stage.world.yard.docks)))  # by the poll
    assert (await stage.hub.get(_STATION))["online"] is True

    agent_log = stage.agent_process.log
    connections = agent_log.read_text().count("broker_connected")
    hub_connections = stage.hub_process.log.read_text().count("broker_connected")
    await broker.start()

    async def both_are_back() -> bool:
        return (
            agent_log.read_text().count("broker_connected") > connections
            and stage.hub_process.log.read_text().count("broker_connected") > hub_connections
        )

    await until("both at the broker again", both_are_back, 60)
    await assert_nudged(stage)

    os.kill(stage.agent_process.pid, signal.SIGKILL)

    async def is_away() -> bool:
        return (await stage.hub.get(_STATION))["online"] is False

    await until("the last will", is_away, 20)  # without it a silent station counts as online for 90 s
