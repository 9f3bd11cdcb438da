"""The console and the hub stay in step: what the console reads of an answer stands in the API document."""

import re
from pathlib import Path
from typing import Any

import pytest

from hub.app import openapi_document

API = Path(__file__).parents[2] / "hub/console/src/api"
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
