"""The OpenAPI 3.1 document, made from the routes themselves; pydantic's JSON Schema 2020-12 is 3.1's own dialect."""

import re
from collections.abc import Iterable, Iterator, Sequence
from http import HTTPStatus
from typing import Any, Literal

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from hub.kernel.idempotency import HEADER
from hub.kernel.problem import CONTENT_TYPE, STATUS_OF, Problem
from hub.kernel.routes import RawRoute, Route

_REF = "#/components/schemas/{model}"
_PATH_PARAM = re.compile(r"{([a-z_]+)}")
_Mode = Literal["validation", "serialization"]
Schemas = dict[tuple[type[Any], _Mode], dict[str, Any]]


def document(routes: Sequence[Route | RawRoute], *, version: str, title: str = "Voltdock hub") -> dict[str, Any]:
    """The whole document of these routes."""
    schemas, definitions = _schemas(routes)
    paths: dict[str, dict[str, Any]] = {}
    for one in routes:
        if isinstance(one, RawRoute):
            if one.documented:
                paths.setdefault(one.path, {})[one.method.lower()] = _raw_operation(one)
        else:
            paths.setdefault(one.path, {})[one.method.lower()] = _operation(one, schemas)
    tags = dict.fromkeys(tag for one in routes for tag in one.tags if getattr(one, "documented", True))
    return {
        "openapi": "3.1.0",
        "info": {
            "title": title,
            "version": version,
            "description": "Times are RFC 3339 in UTC, money is integer minor units with an ISO 4217 code, "
            "ids are UUIDv7. Every error is `application/problem+json` (RFC 9457) with a stable `code`.",
        },
        "servers": [{"url": "/"}],
        "tags": [{"name": tag} for tag in tags],
        "paths": paths,
        "components": {
            "schemas": definitions,
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
        },
    }


def _schemas(routes: Iterable[Route | RawRoute]) -> tuple[Schemas, dict[str, Any]]:
    wanted: dict[tuple[type[BaseModel], _Mode], None] = {(Problem, "serialization"): None}
    for one in routes:
        if isinstance(one, Route):
            for model in (one.body, one.query):
                if model is not None:
                    wanted[model, "validation"] = None
            if one.response is not None:
                wanted[one.response, "serialization"] = None
    by_model, whole = models_json_schema(list(wanted), ref_template=_REF)
    return dict(by_model), whole.get("$defs", {})


def _operation(route: Route, schemas: Schemas) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": _operation_id(route),
        "summary": route.summary,
        "description": route.description,
        "tags": list(route.tags),
        "parameters": [*_path_parameters(route.path), *_query_parameters(route), *_header_parameters(route)],
        "responses": {str(route.status): _success(route, schemas), **_problems(route)},
    }
    if route.permission is not None:
        operation["security"] = [{"bearer": []}]
        operation["x-permission"] = route.permission
    if route.body is not None:
        content = {"application/json": {"schema": schemas[route.body, "validation"]}}
        operation["requestBody"] = {"required": True, "content": content}
    return operation


def _raw_operation(route: RawRoute) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": _operation_id(route),
        "summary": route.summary,
        "description": route.description,
        "tags": list(route.tags),
        "parameters": _path_parameters(route.path),
        "responses": {
            **_refusals(route),
            **{str(status): {"description": meaning} for status, meaning in route.answers.items()},
            "default": _problem_response("Any error"),
        },
    }
    if route.permission is not None:
        operation["security"] = [{"bearer": []}]
        operation["x-permission"] = route.permission
    if route.body_types:
        operation["requestBody"] = {"required": True, "content": {kind: {} for kind in route.body_types}}
    return operation


def _refusals(route: RawRoute) -> dict[str, Any]:
    """What the kernel itself answers to whoever may not call it."""
    if route.permission is None:
        return {}
    nobody = " · ".join(f"`{code}`" for code in ("not_signed_in", "token_expired", "token_invalid"))
    return {"401": _problem_response(nobody), "403": _problem_response("`forbidden`")}


def _operation_id(route: Route | RawRoute) -> str:
    words = re.sub(r"[^a-z0-9]+", "_", route.path.lower()).strip("_") or "root"
    return f"{route.method.lower()}_{words}"


def _path_parameters(path: str) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "schema": {"type": "string", **({"format": "uuid"} if name.endswith("_id") else {})},
        }
        for name in _PATH_PARAM.findall(path)
    ]


def _query_parameters(route: Route) -> list[dict[str, Any]]:
    if route.query is None:
        return []
    whole = route.query.model_json_schema(ref_template=_REF)
    required = set(whole.get("required", ()))
    return [
        {
            "name": name,
            "in": "query",
            "required": name in required,
            "description": schema.get("description", ""),
            "schema": schema,
        }
        for name, schema in whole.get("properties", {}).items()
    ]


def _header_parameters(route: Route) -> list[dict[str, Any]]:
    named = []
    if route.idempotent:
        text = "Chosen by the client; the same key and body get the same answer for 24 hours"
        schema = {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[ -~]+$"}
        named.append((HEADER, text, schema))
    if route.edits:
        named.append(
            ("If-Match", "The ETag of what was read, or *: nobody's change is overwritten", {"type": "string"})
        )
    return [
        {"name": name, "in": "header", "required": True, "description": text, "schema": schema}
        for name, text, schema in named
    ]


def _success(route: Route, schemas: Schemas) -> dict[str, Any]:
    answer: dict[str, Any] = {"description": HTTPStatus(route.status).phrase}
    if route.response is not None:
        schema = schemas[route.response, "serialization"]
        answer["content"] = {"application/json": {"schema": schema}}
    return answer


def _problems(route: Route) -> dict[str, Any]:
    codes = {code: STATUS_OF[code] for code in _shared(route)} | dict(route.errors)
    if route.body is not None:
        codes |= {"malformed_json": 400, "unsupported_media_type": 415}
    if route.idempotent:
        codes["bad_idempotency_key"] = 400
    found: dict[str, list[str]] = {}
    for code, status in sorted(codes.items()):
        found.setdefault(str(status), []).append(f"`{code}`")
    answers = {status: _problem_response(" · ".join(names)) for status, names in sorted(found.items())}
    return {**answers, "default": _problem_response("Any other error")}


def _shared(route: Route) -> Iterator[str]:
    """The codes that the kernel answers itself on this route. A query that it does not know is `invalid` everywhere."""
    yield "invalid"
    if route.permission is not None:
        yield from ("not_signed_in", "token_invalid", "token_expired", "forbidden", "too_many_requests")
    if route.idempotent:
        yield from (code for code in STATUS_OF if code.startswith("idempotency_"))
    if route.edits:
        yield from ("if_match_required", "changed_meanwhile")


def _problem_response(description: str) -> dict[str, Any]:
    schema = {"$ref": _REF.format(model="Problem")}
    return {"description": description, "content": {CONTENT_TYPE: {"schema": schema}}}
