"""What is wrong with an answer, by the document alone."""

import contextlib
from collections.abc import Iterator
from typing import Any

from schemathesis import Case
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.core.transport import Response
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


def complaints(case: Case[Any], answer: Response) -> Iterator[str]:
    """One line each: no fault of the hub, a documented status, type and shape, and a code that the document names."""
    try:
        case.validate_response(answer, checks=CHECKS)
    except FailureGroup as group:
        for one in group.exceptions:
            yield f"{type(one).__name__} {answer.status_code}: {_short(one)} {_code(answer)}"
    said = case.operation.definition.raw["responses"].get(str(answer.status_code), {})
    code = _code(answer)
    if code and f"`{code}`" not in said.get("description", ""):
        yield f"{answer.status_code} with the code {code}, which is not named"


def _code(answer: Response) -> str:
    with contextlib.suppress(ValueError, TypeError, KeyError):
        if answer.status_code >= 400:
            body: Any = answer.json()
            return str(body["code"])
    return ""


def _short(one: object) -> str:
    return " ".join(str(one).split())[:300]
