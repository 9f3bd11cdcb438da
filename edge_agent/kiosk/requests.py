"""How the local API reads its requests and writes its answers."""

import uuid
from typing import TypeVar

from aiohttp import web
from pydantic import BaseModel

from protocols.errors import Refused

_Shape = TypeVar("_Shape", bound=BaseModel)


async def body_of(request: web.Request, shape: type[_Shape]) -> _Shape:
    """Parsed strictly as JSON: a form post from another page never gets here. Raises ValidationError."""
    if request.content_type != "application/json":
        raise web.HTTPUnsupportedMediaType
    return shape.model_validate_json(await request.read())


def id_of(request: web.Request, name: str, unknown: str) -> uuid.UUID:
    """An id from the path. Raises Refused `unknown` for what is none."""
    try:
        return uuid.UUID(request.match_info[name])
    except ValueError as error:
        raise Refused(unknown) from error


def json_response(view: BaseModel, status: int = 200) -> web.Response:
    """The view as JSON, never kept by anybody in between."""
    return web.Response(
        status=status,
        body=view.model_dump_json().encode(),
        content_type="application/json",
        headers={"Cache-Control": "no-store"},
    )
