"""Calls every route with another place's ids, and with bodies that fit."""

import json
import re
import uuid
from collections.abc import Iterable
from typing import Any

from aiohttp.test_utils import TestClient
from hypothesis import HealthCheck, Phase, find, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from hub.kernel.routes import Route
from tests.hub.foreign import Place

_PARAMETER = re.compile(r"{(\w+)}")
_QUICK = settings(
    max_examples=200, phases=[Phase.generate, Phase.shrink], suppress_health_check=list(HealthCheck), database=None,
    deadline=None, derandomize=True,
)  # fmt: skip


async def call(client: TestClient[Any, Any], route: Route, place: Place) -> tuple[int, str]:
    """Call it about this place's things; status and answer."""
    path = _PARAMETER.sub(lambda found: str(place.id_of(found[1])), route.path)
    headers = {"Idempotency-Key": str(uuid.uuid4()), "If-Match": "*"}
    query = _query(route.query, place)
    async with client.request(
        route.method, path, json=_body(route.body, place), headers=headers, params=query
    ) as answer:
        return answer.status, await answer.text()


def names_in(text: str, words: Iterable[str]) -> set[str]:
    """Which of these words an answer says."""
    return {one for one in words if one in text}


def _query(model: type[BaseModel] | None, place: Place) -> dict[str, str]:
    """What a query must say, about this place."""
    if model is None:
        return {}
    required = {name for name, field in model.model_fields.items() if field.is_required()}
    example = _about(an_example(model), place)
    return {name: str(value) for name, value in example.items() if name in required}


def _body(model: type[BaseModel] | None, place: Place) -> Any:
    return None if model is None else _about(an_example(model), place)


def an_example(model: type[BaseModel]) -> Any:
    """A body of this model: what is required, and every id."""
    schema = model.model_json_schema()
    return _value(schema, schema.get("$defs", {}))


def fits(model: type[BaseModel]) -> bool:
    """Whether the example is one."""
    try:
        model.model_validate_json(json.dumps(an_example(model)))
    except ValueError:
        return False
    return True


def _value(schema: dict[str, Any], defs: dict[str, Any]) -> Any:
    if "$ref" in schema:
        return _value(defs[schema["$ref"].rsplit("/", 1)[-1]], defs)
    for several in ("anyOf", "oneOf", "allOf"):
        if several in schema:
            return _value(next(one for one in schema[several] if one.get("type") != "null"), defs)
    for said in ("const", "enum", "examples", "default"):
        if said in schema:
            return schema[said][0] if said in {"enum", "examples"} else schema[said]
    return _of_type(schema, defs)


def _of_type(schema: dict[str, Any], defs: dict[str, Any]) -> Any:
    kind = schema.get("type", "object")
    if kind == "object":
        wanted = set(schema.get("required", ()))
        fields = schema.get("properties", {}).items()
        return {name: _value(one, defs) for name, one in fields if name in wanted or name.endswith("_id")}
    if kind == "array":
        return [_value(schema["items"], defs) for _ in range(max(1, schema.get("minItems", 0)))]
    if kind == "string":
        return _string(schema)
    return {"boolean": True}.get(kind, schema.get("minimum", 0) + 1)


def _string(schema: dict[str, Any]) -> str:
    by_format = {"uuid": str(uuid.UUID(int=1)), "date-time": "2026-11-21T15:00:00Z"}
    if (known := by_format.get(schema.get("format", ""))) is not None:
        return known
    least: int = schema.get("minLength", 0)
    most: int = schema.get("maxLength", 10_000)
    if "pattern" in schema:
        pattern: str = schema["pattern"]
        return find(st.from_regex(pattern), lambda text: least <= len(text) <= most, settings=_QUICK)
    return "x" * max(1, least)


def _about(value: Any, place: Place, name: str = "") -> Any:
    """The same body, about this place's things."""
    if isinstance(value, dict):
        return {key: _about(one, place, key) for key, one in value.items()}
    if isinstance(value, list):
        return [_about(one, place, name) for one in value]
    return str(place.id_of(name)) if name.endswith("_id") and isinstance(value, str) else value
