"""The house's own rules: walls, door signs, lanes."""

import ast
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from protocols.sync import changes, facts
from protocols.sync.facts import KNOWN, LANES, Body

ROOT = Path(__file__).parents[2]
HOUSES = ("edge_agent", "hub", "protocols", "firmware_sim")
ALEMBIC = ROOT / "hub" / "migrations" / "versions"  # Alembic's own folder of scripts, no package
PACKAGES = sorted({file.parent for house in HOUSES for file in (ROOT / house).rglob("*.py")} - {ALEMBIC})


def test_the_import_contracts_hold() -> None:
    lint = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([lint, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False, timeout=100)
    assert done.returncode == 0, done.stdout[-3000:]


@pytest.mark.parametrize("folder", PACKAGES, ids=lambda folder: str(folder.relative_to(ROOT)))
def test_every_package_has_a_door_sign_and_nothing_else_on_the_door(folder: Path) -> None:
    tree = ast.parse((folder / "__init__.py").read_text())
    assert ast.get_docstring(tree)
    assert len(tree.body) == 1


def test_every_module_says_what_lives_in_it() -> None:
    silent = [
        str(file.relative_to(ROOT))
        for house in HOUSES
        for file in sorted((ROOT / house).rglob("*.py"))
        if not ast.get_docstring(ast.parse(file.read_text()))
    ]
    assert not silent


def shapes(base: type[Any]) -> set[type[Any]]:
    """All shapes below this one that are no base themselves."""
    direct: list[type[Any]] = base.__subclasses__()
    below = {one for child in direct for one in (child, *shapes(child))}
    return {one for one in below if not one.__subclasses__()}


def test_every_fact_has_a_lane_and_is_known_by_its_name() -> None:
    parts = {facts.Renter, facts.Bill, facts.BillLine, facts.OfflineLeft, facts.ChecklistAnswer, facts.Picture}
    assert set(LANES) == shapes(Body) - parts
    assert {name for name, _ in KNOWN} == {one.__name__ for one in LANES}


def test_every_order_and_every_list_item_can_be_read() -> None:
    assert set(changes.ORDERS.values()) == shapes(changes.OrderBody)
    assert set(changes.LISTS.values()) == shapes(changes.Item)
