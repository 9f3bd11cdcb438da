import asyncio
import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from edge_agent.__main__ import main
from edge_agent.app import STORE_FILE
from edge_agent.runtime.clock import SystemClock, new_id
from edge_agent.store.database import lock
from edge_agent.store.store import Store
from edge_agent.store.work import NewFact, Work
from protocols.sync.envelope import Lane

SECRET = "00112233445566778899aabbccddeeff"


def call(*args: str) -> Result:
    return CliRunner().invoke(main, list(args))


def config(tmp_path: Path, more: str = "") -> Path:
    file = tmp_path / "edge.toml"
    file.write_text(f'data_dir = "{tmp_path}"\n{more}')
    return file


def test_check_prints_the_effective_settings_without_secrets_and_touches_nothing(tmp_path: Path) -> None:
    file = config(tmp_path, f'[docks]\nport = "/dev/x"\ndock = [{{no=1,address=1,secret="{SECRET}"}}]')
    done = call("check", str(file))
    assert done.exit_code == 0
    assert json.loads(done.stdout)["docks"]["port"] == "/dev/x"
    assert SECRET not in done.output
    assert [one.name for one in tmp_path.iterdir()] == ["edge.toml"]


@pytest.mark.parametrize("command", [["check"], ["run", "--config"], ["outbox", "--config"], ["doctor", "--config"]])
def test_a_broken_file_ends_with_78_and_every_problem_on_its_line(tmp_path: Path, command: list[str]) -> None:
    file = config(tmp_path, '[kiosk]\nport = "x"\nhots = 1\n[log]\nlevel = "loud"')
    done = call(*command, str(file))
    assert done.exit_code == 78
    assert len(done.stderr.strip().splitlines()) == 3
    assert all(line.startswith("voltdock-edge: ") for line in done.stderr.strip().splitlines())


def test_what_only_a_second_look_finds_stops_the_start_too(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("no key")
    file = config(
        tmp_path,
        f'meters = [{{id="m",profile="no_such",host="127.0.0.1"}}]\n'
        f'[docks]\ndock = [{{no=1,address=1,secret_file="{tmp_path}/key"}}]',
    )
    for command in (["check"], ["run", "--config"]):
        done = call(*command, str(file))
        assert done.exit_code == 78
        assert "docks.dock.0" in done.stderr
        assert "no_such" in done.stderr


def test_wrong_use_ends_with_2_and_help_names_the_options() -> None:
    assert call("fly").exit_code == 2
    assert call("check").exit_code == 2
    for command in ("run", "doctor", "outbox", "export"):
        assert "--config" in call(command, "--help").output


def test_without_a_store_the_outbox_says_so(tmp_path: Path) -> None:
    for command in ("outbox", "export"):
        done = call(command, "--config", str(config(tmp_path)))
        assert done.exit_code == 1
        assert "there is no store" in done.stderr


def test_the_outbox_and_its_export_can_be_read(tmp_path: Path) -> None:
    async def fill() -> None:
        clock = SystemClock()
        store = await Store.open(tmp_path / STORE_FILE, clock=clock)
        fact = NewFact(lane=Lane.BUSINESS, type="Test", v=1, id=new_id(), body=b'{"a":1}')
        await store.commit(Work(moment=clock.now(), facts=(fact,)))
        await store.close()

    asyncio.run(fill())
    file = str(config(tmp_path))
    done = call("outbox", "--config", file)
    assert (done.exit_code, done.stdout.splitlines()[0].split()[:3]) == (0, ["biz", "1", "waiting"])
    done = call("export", "--config", file)
    assert '"a":1' in done.stdout.replace(" ", "")


def test_a_data_folder_that_cannot_be_made_is_said_in_words(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    file = tmp_path / "edge.toml"
    file.write_text(f'data_dir = "{tmp_path}/file/below"')
    done = call("run", "--config", str(file))
    assert done.exit_code == 1
    assert "voltdock-edge: " in done.stderr
    assert "Traceback" not in done.output


def test_a_second_agent_on_one_store_says_so_and_ends_with_1(tmp_path: Path) -> None:
    held = lock(tmp_path / STORE_FILE)
    try:
        done = call("run", "--config", str(config(tmp_path)))
    finally:
        os.close(held)
    assert done.exit_code == 1
    assert done.stderr.strip().splitlines()[-1] == f"voltdock-edge: another process has {tmp_path / STORE_FILE} open"
