"""How the local API says no: problem+json (RFC 9457) with the codes of protocols.kiosk.actions."""

import json
from http import HTTPStatus
from typing import Final

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler
from pydantic import ValidationError

from protocols.errors import Refused
from protocols.kiosk.actions import FieldError, Problem

_log = structlog.get_logger(__name__)
_STATUS: Final = {
    "quote_expired": HTTPStatus.GONE,
    "rental_unknown": HTTPStatus.NOT_FOUND,
    "no_ride": HTTPStatus.NOT_FOUND,
    "handback_expired": HTTPStatus.GONE,
    "store_full": HTTPStatus.SERVICE_UNAVAILABLE,
    "starting": HTTPStatus.SERVICE_UNAVAILABLE,
    "busy": HTTPStatus.SERVICE_UNAVAILABLE,
    "reservation_locked": HTTPStatus.TOO_MANY_REQUESTS,
    "checklist_unknown": HTTPStatus.NOT_FOUND,
    "checklist_incomplete": HTTPStatus.UNPROCESSABLE_ENTITY,
    "photo_unknown": HTTPStatus.UNPROCESSABLE_ENTITY,
    "photos_full": HTTPStatus.INSUFFICIENT_STORAGE,
    "vehicle_unknown": HTTPStatus.NOT_FOUND,
    "staff_expired": HTTPStatus.FORBIDDEN,
    "staff_locked": HTTPStatus.TOO_MANY_REQUESTS,
    "staff_unknown": HTTPStatus.FORBIDDEN,
    "staff_may_not": HTTPStatus.FORBIDDEN,
    "staff_session_over": HTTPStatus.UNAUTHORIZED,
    "dock_unknown": HTTPStatus.NOT_FOUND,
}


# By number: Python's own names for some of them changed.
_CODES: Final = {
    HTTPStatus.NOT_FOUND: "not_found",
    HTTPStatus.METHOD_NOT_ALLOWED: "method_not_allowed",
    413: "body_too_large",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "unsupported_media_type",
}


def response(problem: Problem) -> web.Response:
    """The problem as an answer."""
    return web.Response(
        status=problem.status, body=problem.model_dump_json().encode(), content_type="application/problem+json"
    )


def refused(refusal: Refused) -> web.Response:
    """The rules say no: 409, or the code's own status."""
    status = _STATUS.get(refusal.code, HTTPStatus.CONFLICT)
    return response(
        Problem(
            type=f"/problems/{refusal.code}",
            title=refusal.code.replace("_", " ").capitalize(),
            status=status,
            code=refusal.code,
            params=dict(refusal.params),
        )
    )


def malformed(error: ValidationError) -> web.Response:
    """The request is not what was expected: 422, each wrong field by its JSON pointer."""
    fields = [
        FieldError(pointer=_pointer(one["loc"]), detail=one["msg"])
        for one in error.errors(include_url=False, include_input=False)
    ]
    return response(
        Problem(
            type="/problems/malformed_request",
            title="Malformed request",
            status=HTTPStatus.UNPROCESSABLE_ENTITY,
            code="malformed_request",
            detail="; ".join(f"{field.pointer}: {field.detail}" for field in fields),
            errors=fields,
        )
    )


def _pointer(loc: tuple[int | str, ...]) -> str:
    """RFC 6901. The validator names the variant of `who` after it; the request has no such level."""
    if loc[:1] == ("who",):
        loc = ("who", *loc[2:])
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in loc)


def plain(status: int, code: str, detail: str = "") -> web.Response:
    """An error of HTTP itself."""
    return response(
        Problem(
            type=f"/problems/{code}",
            title=code.replace("_", " ").capitalize(),
            status=status,
            code=code,
            detail=detail,
        )
    )


@web.middleware
async def as_problems(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Every error leaves as problem+json. An HTTP edge: the one place in this room that catches everything."""
    try:
        return await handler(request)
    except Refused as refusal:
        return refused(refusal)
    except ValidationError as error:
        return malformed(error)
    except json.JSONDecodeError as error:
        return plain(HTTPStatus.BAD_REQUEST, "malformed_json", str(error))
    except web.HTTPException as error:
        if error.status < HTTPStatus.BAD_REQUEST:
            raise
        return plain(error.status, _CODES.get(error.status, f"http_{error.status}"), error.reason)
    except Exception:  # noqa: BLE001 - the HTTP edge
        _log.exception("request_failed", path=request.path)
        return plain(HTTPStatus.INTERNAL_SERVER_ERROR, "internal_error")
