"""`voltdock-sim station` and `charger` as processes; every option of every command explains itself."""

import asyncio
import json
import os
import sys
import tomllib
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner
from websockets.asyncio.server import ServerConnection, serve
from websockets.typing import Subprotocol

from firmware_sim.__main__ import cli

ROOT = Path(__file__).parents[2]


async def _start(*arguments: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "firmware_sim",
        *arguments,
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
    )


async def test_a_station_tells_where_it_is_writes_the_agents_file_and_stops_at_once(tmp_path: Path) -> None:
    config, link = tmp_path / "agent.toml", tmp_path / "docks"
    process = await _start(
        "station", "--modbus-port", "0", "--control-port", "0", "--data", str(tmp_path / "data"),
        "--config-out", str(config), "--link", str(link),
    )  # fmt: skip
    assert process.stdout is not None
    said = ""
    async with asyncio.timeout(20):
        while "agent " not in said:
            line = await process.stdout.readline()
            assert line, said
            said += line.decode()
    assert link.is_char_device()
    told = tomllib.loads(config.read_text())
    assert told["docks"]["port"] == str(link)
    assert f"127.0.0.1:{told['meters'][0]['port']}," in said
    process.terminate()
    async with asyncio.timeout(10):
        assert await process.wait() == 0
    assert not link.exists()


async def test_a_charger_charges_at_any_central_system() -> None:
    heard: list[tuple[str, dict[str, Any]]] = []

    async def central(socket: ServerConnection) -> None:
        async for raw in socket:
            _, message_id, action, payload = json.loads(raw)
            heard.append((action, payload))
            answer: dict[str, Any] = {}
            if action == "BootNotification":
                answer = {"status": "Accepted", "currentTime": "2026-11-21T00:00:00Z", "interval": 60}
            elif action in {"Authorize", "StartTransaction", "StopTransaction"}:
                answer = {"idTagInfo": {"status": "Accepted"}, "transactionId": 7}
            await socket.send(json.dumps([3, message_id, answer]))

    async with serve(central, "127.0.0.1", 0, subprotocols=[Subprotocol("ocpp1.6")]) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        url = f"ws://127.0.0.1:{port}/ocpp"
        process = await _start("charger", "--url", url, "--charge-s", "1", "--speed", "60", "--card", "04ABCDEF")
        said, _ = await asyncio.wait_for(process.communicate(), 30)
    assert process.returncode == 0, said.decode()
    stops = [payload for action, payload in heard if action == "StopTransaction"]
    assert len(stops) == 1
    assert stops[0]["transactionId"] == 7
    assert stops[0]["meterStop"] > 50


@pytest.mark.parametrize("name", sorted(cli.commands))
def test_every_option_explains_itself_with_its_default(name: str) -> None:
    shown = CliRunner().invoke(cli, [name, "--help"])
    assert shown.exit_code == 0
    for option in cli.commands[name].params:
        assert isinstance(option, click.Option)
        assert option.help
        assert option.is_flag or "[default:" in shown.output.split(option.opts[0], 1)[1]


def test_wrong_use_is_exit_code_2() -> None:
    assert CliRunner().invoke(cli, ["demo", "--hub-port", "0"]).exit_code == 2
    assert CliRunner().invoke(cli, ["demo", "--script", "opera"]).exit_code == 2
