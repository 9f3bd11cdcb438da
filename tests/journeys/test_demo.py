"""The demo as people run it: as a process, with real children, on ports of its own."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import psutil
import pytest

from firmware_sim.demo.ports import Ports, check_free, free_ports

pytestmark = [pytest.mark.journey, pytest.mark.timeout(180)]
ROOT = Path(__file__).parents[2]


@contextlib.asynccontextmanager
async def voltdock_sim(*arguments: str) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "firmware_sim",
        *arguments,
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()


async def said_until(process: asyncio.subprocess.Process, words: str, timeout_s: float = 90) -> str:
    """Everything it said up to these words."""
    assert process.stdout is not None
    said = ""
    async with asyncio.timeout(timeout_s):
        while words not in said:
            line = await process.stdout.readline()
            if not line:
                pytest.fail(f"it ended before saying {words!r}:\n{said}")
            said += line.decode()
    return said


def ports_as_options(ports: Ports) -> list[str]:
    names = ("hub", "kiosk", "chargers", "modbus", "control", "gateway")
    return [text for name in names for text in (f"--{name}-port", str(getattr(ports, name)))]


async def test_the_rental_script_proves_that_nothing_is_lost_doubled_or_made_up() -> None:
    async with voltdock_sim("demo", "--script", "rental") as process:
        said, _ = await asyncio.wait_for(process.communicate(), 150)
    assert process.returncode == 0, said.decode()
    assert "Everything holds" in said.decode()


async def test_the_booking_script_follows_the_money_from_a_new_price_to_the_gateway() -> None:
    async with voltdock_sim("demo", "--script", "booking") as process:
        said, _ = await asyncio.wait_for(process.communicate(), 150)
    assert process.returncode == 0, said.decode()
    assert "Everything holds" in said.decode()


async def test_the_demo_stays_up_until_ctrl_c_and_leaves_nothing_behind(tmp_path: Path) -> None:
    ports = free_ports()
    async with voltdock_sim("demo", "--data", str(tmp_path / "demo"), *ports_as_options(ports)) as process:
        said = await said_until(process, "Ctrl-C stops everything.")
        assert f"http://127.0.0.1:{ports.kiosk}" in said
        family = psutil.Process(process.pid).children(recursive=True)
        assert len(family) >= 2
        async with aiohttp.ClientSession() as http:
            for url in (f"http://127.0.0.1:{ports.hub}/readyz", f"http://127.0.0.1:{ports.kiosk}/healthz"):
                async with http.get(url) as response:
                    assert response.status == 200
        process.send_signal(signal.SIGINT)
        assert await asyncio.wait_for(process.wait(), 40) == 0
    assert [one for one in family if one.is_running()] == []
    check_free(ports)


async def test_a_part_that_dies_ends_the_demo_with_its_last_words(tmp_path: Path) -> None:
    ports = free_ports()
    async with voltdock_sim("demo", "--data", str(tmp_path / "demo"), *ports_as_options(ports)) as process:
        await said_until(process, "Ctrl-C stops everything.")
        family = psutil.Process(process.pid).children(recursive=True)
        agent = next(one for one in family if "edge_agent" in one.cmdline())
        agent.kill()
        said = await said_until(process, "agent ended with exit code")
        assert await asyncio.wait_for(process.wait(), 40) == 1
        assert "Its last words" in said
    assert [one for one in family if one.is_running()] == []


async def test_a_demo_that_is_killed_outright_leaves_nothing_behind_either(tmp_path: Path) -> None:
    ports = free_ports()
    async with voltdock_sim("demo", "--data", str(tmp_path / "demo"), *ports_as_options(ports)) as process:
        await said_until(process, "Ctrl-C stops everything.")
        family = psutil.Process(process.pid).children(recursive=True)
        process.kill()
        await process.wait()
    _, alive = await asyncio.to_thread(psutil.wait_procs, family, 20)
    assert alive == []
    check_free(ports)


async def test_a_taken_port_is_named_before_anything_starts(tmp_path: Path) -> None:
    ports = free_ports()
    busy = await asyncio.start_server(lambda _r, w: w.close(), "127.0.0.1", ports.kiosk)
    async with busy, voltdock_sim("demo", "--data", str(tmp_path / "demo"), *ports_as_options(ports)) as process:
        said, _ = await asyncio.wait_for(process.communicate(), 40)
    assert process.returncode == 1
    assert f"port {ports.kiosk} (kiosk) is taken" in said.decode()
    assert "--kiosk-port" in said.decode()
