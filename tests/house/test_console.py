"""The console and the hub stay in step: what the console reads of an answer stands in the API document."""

import ast
import re
from pathlib import Path
from typing import Any

import pytest

from hub.app import openapi_document
from hub.rentals import suspicion

ROOT = Path(__file__).parents[2]
API = ROOT / "hub/console/src/api"
_INTERFACE = re.compile(r"^export interface (\w+)(?: extends (\w+))? \{\n(.*?)^\}", re.MULTILINE | re.DOTALL)
_FIELD = re.compile(r"^  readonly (\w+)\??:", re.MULTILINE)


@pytest.fixture(scope="module")
def schemas() -> dict[str, Any]:
    found: dict[str, Any] = openapi_document()["components"]["schemas"]
    return found


def _shapes() -> str:
    return "".join(file.read_text("utf-8") for file in sorted(API.glob("*shapes.ts")))


def _interfaces() -> dict[str, set[str]]:
    return {name: set(_FIELD.findall(body)) for name, _, body in _INTERFACE.findall(_shapes())}


def test_every_field_that_the_console_reads_is_in_the_document(schemas: dict[str, Any]) -> None:
    missing = {
        f"{name}.{field}"
        for name, fields in _interfaces().items()
        if name in schemas
        for field in fields - set(schemas[name].get("properties", {}))
    }
    assert missing == set()


def test_every_shape_of_the_console_is_one_of_the_document(schemas: dict[str, Any]) -> None:
    shapes = {name for name in _interfaces() if name.endswith(("Shape", "Detail")) or name in {"Me", "Prices"}}
    assert len(shapes) > 20
    assert shapes - set(schemas) == set()


def _case_kinds() -> set[str]:
    """Every kind of case that the hub opens: constants and literals of `CaseSeen(kind=…)`, and the rides' KINDS."""
    kinds = set(suspicion.KINDS) | {suspicion.WRONG_BILL}
    for file in (ROOT / "hub").rglob("*.py"):
        tree = ast.parse(file.read_text("utf-8"))
        named = {
            target.id: node.value.value
            for node in tree.body
            if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, ast.Constant)
            for target in ([node.target] if isinstance(node, ast.AnnAssign) else node.targets)
            if isinstance(target, ast.Name)
        }
        for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
            if ast.unparse(call.func).endswith("CaseSeen"):
                kind = next(one.value for one in call.keywords if one.arg == "kind")
                found = kind.value if isinstance(kind, ast.Constant) else named.get(ast.unparse(kind))
                kinds |= {found} if isinstance(found, str) else set()
    return kinds


def test_the_console_has_words_for_every_kind_of_case() -> None:
    kinds = _case_kinds()
    assert {"fork", "booking_broken", "deposit_declined", "staff_override"} <= kinds
    words = (ROOT / "hub/console/src/i18n/en_first.ts").read_text("utf-8")
    assert {kind for kind in kinds if f"case_{kind}:" not in words} == set()
