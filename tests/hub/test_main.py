"""The command voltdock-hub, run as people run it."""

import contextlib
import json
import os
import signal
import sqlite3
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from hub.__main__ import cli
from tests.postgres import Cluster

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def quiet(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No setting of the developer's own; logging left as it was found."""
    for name in [name for name in os.environ if name.startswith("VOLTDOCK_")]:
        monkeypatch.delenv(name)
    monkeypatch.setattr("hub.kernel.log.configure", lambda *_args, **_named: None)
    monkeypatch.chdir(tmp_path)


def _run(*words: object, stdin: str = "") -> Result:
    return CliRunner().invoke(cli, [str(word) for word in words], input=stdin)


@contextlib.contextmanager
def _running(*words: object) -> Iterator[tuple["subprocess.Popen[str]", str]]:
    command = [sys.executable, "-m", "hub", "run", "--port", "0", *map(str, words)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert "listens on" in line, process.stderr.read() if process.stderr else ""
            yield process, line.split()[-1]
        finally:
            if process.poll() is None:
                process.kill()


def _post(url: str, body: object) -> tuple[int, dict[str, str]]:
    sent = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(sent, timeout=10) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


def test_the_demo_hub_lets_its_log_ins_in_and_stops_cleanly(tmp_path: Path) -> None:
    with _running("--data-dir", tmp_path / "d", "--demo") as (process, url):
        for name in ("admin", "renter", "advisor"):
            proof = {"email": f"{name}@voltdock.example", "password": "voltdock-demo"}
            assert _post(f"{url}/api/v1/auth/token", proof)[0] == 200
        process.send_signal(signal.SIGTERM)
        assert process.wait(15) == 0
    assert (tmp_path / "d" / "keys" / "access-token.pem").stat().st_mode & 0o777 == 0o600


def test_an_account_made_by_command_can_sign_in_and_survives_a_kill(tmp_path: Path) -> None:
    made = _run("user", "create", "--data-dir", tmp_path, "--email", "a@b.cd", "--role", "admin",
                "--password-file", "-", stdin="correct horse\n")  # fmt: skip
    assert made.exit_code == 0, made.output
    again = _run("user", "create", "--data-dir", tmp_path, "--email", "A@B.cd", "--role", "admin",
                 "--password-file", "-", stdin="correct horse\n")  # fmt: skip
    assert again.exit_code == 1
    assert "email_taken" in again.output
    proof = {"email": "a@b.cd", "password": "correct horse"}
    for _ in range(2):
        with _running("--data-dir", tmp_path) as (process, url):
            assert _post(f"{url}/api/v1/auth/token", proof)[0] == 200
            process.kill()
            process.wait(15)


def test_what_commands_do_is_in_the_audit_log_and_a_forged_record_ends_with_1(tmp_path: Path) -> None:
    for email in ("a@b.cd", "e@f.gh"):
        _run("user", "create", "--data-dir", tmp_path, "--email", email, "--role", "admin", "--password-file", "-",
             stdin="correct horse\n")  # fmt: skip
    seen = _run("audit", "verify", "--data-dir", tmp_path)
    assert seen.exit_code == 0, seen.output
    head = seen.output.splitlines()[-1]
    assert head.startswith("2:")
    assert _run("audit", "verify", "--data-dir", tmp_path, "--noted", head).exit_code == 0
    assert _run("audit", "verify", "--data-dir", tmp_path, "--noted", "2:x").exit_code == 2
    with contextlib.closing(sqlite3.connect(tmp_path / "hub.sqlite")) as file:
        [(action, kind)] = file.execute("SELECT action, actor_kind FROM audit_records WHERE seq = 1").fetchall()
        file.executescript("DROP TRIGGER audit_records_UPDATE; UPDATE audit_records SET actor_kind = 'nobody'")
    assert (action, kind) == ("voltdock-hub user create", "command")
    ended = _run("audit", "verify", "--data-dir", tmp_path)
    assert (ended.exit_code, ended.output.strip()) == (
        1,
        "record 1: was changed (or the one before it, together with its hash)",
    )


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--demo", "--host", "0.0.0.0"), "demo"),
        (("--config", "/no/such.toml"), "/no/such.toml"),
        (("--database-url", "mysql://x/y"), "mysql"),
        (("--data-dir", "/proc/none"), "data_dir"),
    ],
)
def test_wrong_settings_end_with_78(words: tuple[str, ...], told: str) -> None:
    ended = _run("run", *words)
    assert ended.exit_code == 78, ended.output
    assert told in ended.output


def test_a_hub_with_demo_log_ins_is_not_shown_to_others(tmp_path: Path) -> None:
    with _running("--data-dir", tmp_path, "--demo"):
        pass
    ended = _run("run", "--data-dir", tmp_path, "--host", "0.0.0.0", "--port", "0")
    assert ended.exit_code == 78
    assert "admin@voltdock.example" in ended.output


def test_a_taken_port_ends_with_78(tmp_path: Path) -> None:
    with _running("--data-dir", tmp_path / "one") as (_process, url):
        ended = _run("run", "--data-dir", tmp_path / "two", "--port", url.rpartition(":")[2])
    assert ended.exit_code == 78
    assert "port" in ended.output


def test_a_postgresql_that_is_behind_is_refused_until_it_is_migrated(tmp_path: Path, postgres: Cluster) -> None:
    subprocess.run(["psql", "-q", "-c", "CREATE DATABASE behind", postgres.dsn("postgres")], check=True, cwd="/")
    where = ("--data-dir", tmp_path, "--database-url", postgres.dsn("behind"))
    refused = _run("run", *where)
    assert refused.exit_code == 78
    assert "voltdock-hub migrate" in refused.output
    assert _run("doctor", *where).exit_code == 1
    assert "0001" in _run("migrate", *where).output
    assert "up to date" in _run("migrate", *where).output
    checked = _run("doctor", *where)
    assert checked.exit_code == 0, checked.output


def test_a_database_that_is_not_there_ends_with_1(tmp_path: Path) -> None:
    ended = _run("migrate", "--data-dir", tmp_path, "--database-url", "postgresql://x@127.0.0.1:1/none")
    assert ended.exit_code == 1, ended.output
    assert "database:" in ended.output


def test_wrong_use_ends_with_2() -> None:
    assert _run("run", "--colour", "red").exit_code == 2
    weak = _run("user", "create", "--email", "a@b.cd", "--role", "admin", "--password-file", "-", stdin="short")
    assert weak.exit_code == 2
    assert "password" in weak.output


def test_openapi_prints_the_document() -> None:
    printed = _run("openapi")
    assert json.loads(printed.output)["openapi"] == "3.1.0"


def _commands() -> Iterator[list[str]]:
    for name, command in cli.commands.items():
        inner = getattr(command, "commands", {})
        yield [name]
        yield from ([name, one] for one in inner)


@pytest.mark.parametrize("words", list(_commands()), ids=" ".join)
def test_help_names_every_option_with_its_default(words: list[str]) -> None:
    text = _run(*words, "--help").output
    options = [line for line in text.replace("\n      ", " ").splitlines() if line.strip().startswith("--")]
    for line in options:
        assert "[default:" in line or "[required]" in line or "required" in line, line
