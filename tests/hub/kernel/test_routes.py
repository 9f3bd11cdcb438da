"""What a domain can get wrong about its routes is told at import."""

import pytest

from hub.kernel.pages import PageQuery
from hub.kernel.routes import Call, Unit, route, routes_of
from hub.kernel.shapes import Shape


class Body(Shape):
    pass


async def test_a_handler_for_another_body_or_query_is_refused() -> None:
    with pytest.raises(TypeError, match="declares"):

        @route("POST", "/x", summary="", tags=[], permission=None, body=Body)
        async def wrong(self: object, call: Call[None, None]) -> None: ...

    with pytest.raises(TypeError, match="declares"):

        @route("GET", "/x", summary="", tags=[], permission=None, query=PageQuery)
        async def wrong_too(self: object, call: Call[Body, None]) -> None: ...


async def test_an_idempotent_route_must_write() -> None:
    with pytest.raises(TypeError, match="idempotent"):
        route("POST", "/x", summary="", tags=[], permission=None, idempotent=True, unit=Unit.NONE)


async def test_the_docstring_is_the_description_and_the_order_is_kept() -> None:
    class Api:
        @route("GET", "/b", summary="B", tags=["t"], permission=None)
        async def second(self, call: Call[None, None]) -> None:
            """What it is for."""

        @route("DELETE", "/a", summary="A", tags=["t"], permission=None)
        async def first(self, call: Call[None, None]) -> None: ...

    found = routes_of(Api())
    assert [(one.path, one.description, one.status, one.unit) for one in found] == [
        ("/b", "What it is for.", 204, Unit.READ),
        ("/a", "", 204, Unit.WRITE),
    ]
