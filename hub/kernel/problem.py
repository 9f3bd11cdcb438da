"""RFC 9457 problem+json: the one shape of every error, and how an exception becomes one."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

import pydantic
from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from protocols.errors import Malformed, Refused

CONTENT_TYPE = "application/problem+json"

STATUS_OF: Mapping[str, int] = {
    "not_found": 404,
    "forbidden": 403,
    "not_signed_in": 401,
    "token_invalid": 401,
    "token_expired": 401,
    "invalid": 422,
    "bad_cursor": 422,
    "changed_meanwhile": 412,
    "if_match_required": 428,
    "idempotency_key_required": 400,
    "idempotency_key_reused": 422,
    "idempotency_in_flight": 409,
    "too_many_requests": 429,
    "busy": 503,
}
"""Codes that every route may answer; a route declares its own. Any other refusal is a 409."""


class FieldProblem(BaseModel):
    """One thing that is wrong with the request."""

    model_config = ConfigDict(frozen=True)

    pointer: str = Field(description="JSON pointer into the body, or the parameter's name", examples=["/email"])
    place: str = Field(description="Where it stood: body, query, path, header", examples=["body"])
    message: str = Field(examples=["Field required"])
    type: str = Field(description="Stable name of the rule that was broken", examples=["missing"])


class Problem(BaseModel):
    """An error as the client sees it. Returned from a handler (and not raised), it commits the transaction."""

    model_config = ConfigDict(frozen=True)

    type: str = Field(examples=["urn:voltdock:problem:invalid"])
    title: str
    status: int
    code: str = Field(description="Stable; clients decide by it", examples=["invalid"])
    detail: str = ""
    params: dict[str, str | int | float | bool | None] = Field(
        default_factory=dict, description="What fills the message a person reads"
    )
    errors: list[FieldProblem] = Field(default_factory=list)
    instance: str = ""
    trace_id: str = ""


class ProblemError(Exception):
    """Raise it to answer with this problem; the transaction is rolled back."""

    def __init__(self, problem: Problem, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(problem.code)
        self.problem = problem
        self.headers = dict(headers or {})


def problem(
    code: str,
    status: int | None = None,
    *,
    detail: str = "",
    errors: Sequence[FieldProblem] = (),
    params: Mapping[str, Any] | None = None,
) -> Problem:
    """A problem by its code; the status comes from the shared table where none is given."""
    status = status if status is not None else STATUS_OF.get(code, 409)
    return Problem(
        type=f"urn:voltdock:problem:{code}",
        title=HTTPStatus(status).phrase,
        status=status,
        code=code,
        detail=detail,
        errors=list(errors),
        params=dict(params or {}),
    )


def invalid(pointer: str, message: str, *, place: str = "body", rule: str = "invalid") -> ProblemError:
    """A 422 that names one field, for what only the service can judge."""
    wrong = FieldProblem(pointer=pointer, place=place, message=message, type=rule)
    return ProblemError(problem("invalid", errors=[wrong]))


def from_refused(refused: Refused, declared: Mapping[str, int]) -> Problem:
    """The rules said no: the route's declared status for this code, the shared one, or 409."""
    return problem(refused.code, declared.get(refused.code), params=refused.params)


def from_malformed(malformed: Malformed) -> Problem:
    """The peer broke the contract: 400."""
    return problem(malformed.reason, 400, detail=malformed.detail)


def from_validation(error: pydantic.ValidationError, place: str) -> Problem:
    """A body or query that does not fit: every wrong field named; JSON that cannot be read is a 400."""
    found = error.errors(include_url=False, include_context=False, include_input=False)
    if found and found[0]["type"] == "json_invalid":
        return problem("malformed_json", 400, detail=found[0]["msg"])
    fields = [
        FieldProblem(pointer=_pointer(one["loc"]), place=place, message=one["msg"], type=one["type"]) for one in found
    ]
    return problem("invalid", errors=fields)


def from_http(error: web.HTTPException) -> tuple[Problem, dict[str, str]]:
    """The refusals of aiohttp itself (404, 405, 413 …) in the shape of all others, with the headers that matter."""
    code = HTTPStatus(error.status).phrase.lower().replace(" ", "_").replace("-", "_")
    kept = {name: error.headers[name] for name in ("Allow", "Location", "Retry-After") if name in error.headers}
    return problem(code, error.status), kept


def response(shown: Problem, *, instance: str, trace_id: str, headers: Mapping[str, str] | None = None) -> web.Response:
    """The HTTP response of a problem. What says `retry_after_s` says it in the header too (RFC 9110 §10.2.3)."""
    wait_s = shown.params.get("retry_after_s")
    headers = {**({"Retry-After": str(wait_s)} if wait_s is not None else {}), **(headers or {})}
    body = shown.model_copy(update={"instance": instance, "trace_id": trace_id}).model_dump_json()
    return web.Response(status=shown.status, text=body, content_type=CONTENT_TYPE, headers=headers)


def _pointer(location: tuple[int | str, ...]) -> str:
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in location)
