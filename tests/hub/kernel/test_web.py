"""The HTTP edge over a real socket, on both databases."""

import uuid

from pydantic import Field

from hub.kernel.routes import Call, route, routes_of
from hub.kernel.shapes import Shape
from hub.kernel.web import Kernel
from tests.hub.conftest import FixedAuth, Serve


class NewThing(Shape):
    name: str = Field(max_length=5)


class Thing(Shape):
    id: uuid.UUID
    name: str


class ThingsApi:
    @route(
        "POST", "/things", summary="Make", tags=["things"], permission="things:write",
        body=NewThing, response=Thing, status=201, idempotent=True,
    )  # fmt: skip
    async def make(self, call: Call[NewThing, None]) -> Thing:
        return Thing(id=call.clock.new_id(), name=call.body.name)


async def test_a_bad_field_is_named(kernel: Kernel, serve: Serve, auth: FixedAuth) -> None:
    auth.sign_in("things:write")
    client = await serve(kernel, routes_of(ThingsApi()))
    async with client.post("/things", json={"name": "too long"}, headers={"Idempotency-Key": "a"}) as answer:
        assert answer.status == 422, await answer.text()
        assert (await answer.json())["errors"][0]["pointer"] == "/name"
    for _ in range(2):
        async with client.post("/things", json={"name": "ok"}, headers={"Idempotency-Key": "a"}) as answer:
            assert answer.status == 201
            print(await answer.text())
