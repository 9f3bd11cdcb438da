"""What must be true of every file: nothing of this machine, no secret, no address in a lock, door signs, sizes."""

import ast
import json
import re
import subprocess
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
HOUSES = ("protocols", "edge_agent", "hub", "firmware_sim")
LOCKS = sorted((ROOT / "deploy/locks").glob("*.lock"))
_BUILT = {".git", ".venv", "node_modules", "build", "dist", "static", "__pycache__", ".demo"}
_CODE = {".py", ".ts", ".tsx", ".js", ".mjs", ".css", ".html", ".sh"}
MOST_LINES = 400

LONG = {
    "hub/wiring.py": "the one list of every domain's services, routes, subscriptions and jobs",
    "protocols/sync/facts.py": "one vocabulary, read as one: every fact's body",
    "ui_kiosk/src/api/types.ts": "made by `npm run types`",
    "tests/edge_agent/chargers/test_server.py": "one promise after another about one server, with one set of fixtures",
    "tests/model/test_town.py": "one state machine: what may happen, and what must hold whatever does",
}
"""Files above MOST_LINES, each with its reason."""

# Put together here, so that this file does not find itself.
_SECRETS = re.compile(
    "|".join([
        "-----BEGIN [A-Z ]*PRIVATE " + "KEY-----",
        "AKIA" + "[0-9A-Z]{16}",
        "gh[pousr]_" + "[A-Za-z0-9]{36}",
        "xox[abp]-" + "[0-9]{8,}",
        "[sr]k_live_" + "[0-9A-Za-z]{16}",
        "eyJ" + r"[\w-]{20,}\.eyJ[\w-]{20,}\.[\w-]{20,}",
    ])
)  # fmt: skip


@cache
def _files() -> tuple[Path, ...]:
    """Every file of the repository; in an unpacked archive every file that was not built."""
    if (ROOT / ".git").exists():
        listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
        found = [ROOT / name for name in listed.decode().split("\0") if name]
    else:
        found = [path for path in ROOT.rglob("*") if not _BUILT & set(path.relative_to(ROOT).parts)]
    return tuple(path for path in found if path.is_file())


def _texts() -> list[tuple[str, str]]:
    texts = []
    for path in _files():
        try:
            texts.append((path.relative_to(ROOT).as_posix(), path.read_text("utf-8")))
        except UnicodeDecodeError:
            continue
    return texts


def test_the_repository_is_not_empty() -> None:
    assert len(_texts()) > 100


def test_no_file_names_a_folder_of_this_machine() -> None:
    # A checkout at / or /app says nothing about a machine; deeper ones and home folders do.
    here = [str(folder) for folder in (ROOT, Path.home()) if len(folder.parts) > 2]
    assert [name for name, text in _texts() if any(re.search(re.escape(one) + r"\b", text) for one in here)] == []


def test_no_file_holds_a_secret() -> None:
    assert [name for name, text in _texts() if _SECRETS.search(text)] == []


@pytest.mark.parametrize("lock", LOCKS, ids=lambda one: one.name)
def test_a_lock_carries_no_address(lock: Path) -> None:
    assert (
        re.findall(r"^.*(?:://|--(?:extra-)?index-url|--find-links| @ ).*$", lock.read_text("utf-8"), re.MULTILINE)
        == []
    )


def _addresses(value: Any, under: str = "") -> list[str]:
    """Every address in the npm lock but those by which authors ask for money."""
    if isinstance(value, dict):
        return [one for key, inner in value.items() if key != "funding" for one in _addresses(inner, key)]
    if isinstance(value, list):
        return [one for inner in value for one in _addresses(inner, under)]
    return [f"{under}: {value}"] if isinstance(value, str) and "://" in value else []


def test_the_npm_lock_carries_no_address() -> None:
    assert _addresses(json.loads((ROOT / "package-lock.json").read_text("utf-8"))) == []


def test_ci_calls_lint_and_test_and_nothing_else() -> None:
    lines = (ROOT / ".ci/run").read_text("utf-8").splitlines()
    calls = [line for line in lines if line and not line.startswith(("#", "set ", "cd "))]
    assert calls == ["make lint", "make test"]


def _pinned(lock: Path) -> dict[str, str]:
    """Name → version of every package that the lock pins with at least one hash."""
    entries = re.split(r"^(?=[A-Za-z0-9])", lock.read_text("utf-8"), flags=re.MULTILINE)
    found = {}
    for entry in filter(None, entries):
        match = re.match(r"([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;\\]+)", entry)
        assert match, f"{lock.name}: not pinned: {entry.splitlines()[0]}"
        assert "--hash=sha256:" in entry, f"{lock.name}: no hash: {match[1]}"
        found[_plain(match[1])] = match[2]
    return found


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _declared(*extras: str) -> set[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    wanted = list(project["dependencies"])
    for extra in extras:
        wanted += project["optional-dependencies"][extra]
    return {_plain(re.split(r"[\[<>=!~; ]", one, maxsplit=1)[0]) for one in wanted}


@pytest.mark.parametrize(
    ("lock", "extras"),
    [
        ("all.lock", ("edge", "hub", "stripe", "plan", "sim", "dev")),
        ("edge.lock", ("edge",)),
        ("hub.lock", ("hub", "stripe")),
    ],
)
def test_a_lock_pins_every_declared_dependency_with_a_hash(lock: str, extras: tuple[str, ...]) -> None:
    assert _declared(*extras) - _pinned(ROOT / "deploy/locks" / lock).keys() == set()


def test_every_extra_has_a_lock_that_covers_it() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert set(project["optional-dependencies"]) == {"edge", "hub", "stripe", "plan", "sim", "dev"}


def test_all_locks_pin_the_same_versions() -> None:
    every = _pinned(ROOT / "deploy/locks/all.lock")
    for lock in LOCKS:
        different = {name: v for name, v in _pinned(lock).items() if every.get(name) != v}
        assert different == {}, lock.name


def test_a_station_installs_nothing_that_only_the_hub_needs_and_the_reverse() -> None:
    edge, hub = (_pinned(ROOT / "deploy/locks" / name).keys() for name in ("edge.lock", "hub.lock"))
    assert edge & (_declared("hub") - _declared("edge")) == set()
    assert hub & (_declared("edge") - _declared("hub")) == set()


def _packages() -> list[Path]:
    return sorted({path.parent for house in HOUSES for path in (ROOT / house).rglob("*.py")})


@pytest.mark.parametrize("package", _packages(), ids=lambda one: one.relative_to(ROOT).as_posix())
def test_a_package_has_a_door_sign_and_nothing_else_at_its_door(package: Path) -> None:
    if package == ROOT / "hub/migrations/versions":
        assert not (package / "__init__.py").exists()  # Alembic reads this folder, nobody imports it
        return
    text = (package / "__init__.py").read_text("utf-8")
    body = ast.parse(text).body
    assert len(body) == 1
    assert isinstance(body[0], ast.Expr)
    assert isinstance(body[0].value, ast.Constant)
    assert len(text.splitlines()) <= 5


def test_long_files_are_few_and_have_a_reason() -> None:
    long = {
        path.relative_to(ROOT).as_posix(): lines
        for path in _files()
        if path.suffix in _CODE and (lines := len(path.read_text("utf-8").splitlines())) > MOST_LINES
    }
    assert {name: lines for name, lines in long.items() if name not in LONG} == {}
    assert [name for name in LONG if not (ROOT / name).is_file()] == []
