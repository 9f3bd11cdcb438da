"""The simulated gateway on its socket: keys, silence, webhooks that are signed and told until somebody has them."""

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from firmware_sim.demo.ports import free_ports
from firmware_sim.gateway import endpoint
from firmware_sim.gateway.endpoint import Gateway
from protocols.gateway import operations, webhooks
from protocols.gateway.operations import Ask, Kind, Operation, Outcome

SECRET = bytes(range(32))


class Shop:
    """A merchant that hears webhooks, and says no to the first `deaf` of them."""

    def __init__(self, deaf: int = 0) -> None:
        self.heard: list[tuple[str, Operation]] = []
        self.deaf = deaf

    async def hear(self, request: web.Request) -> web.Response:
        body = await request.read()
        event_id = webhooks.verify(SECRET, request.headers, body, now_s=endpoint._now_ms() / 1000)
        if self.deaf:
            self.deaf -= 1
            return web.Response(status=500)
        self.heard.append((event_id, operations.decode(body, Operation)))
        return web.Response()


@pytest.fixture
def shop() -> Shop:
    return Shop()


@pytest.fixture
async def at(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[str]:
    """The gateway's address."""
    monkeypatch.setattr(endpoint, "_WAITS_S", (0.01, 0.01))
    monkeypatch.setattr(endpoint, "_SILENCE_S", 0.2)
    app = web.Application()
    app.router.add_post("/hook", shop.hear)
    server = TestServer(app)
    await server.start_server()
    gateway = Gateway("key", SECRET, str(server.make_url("/hook")), settle_after_s=0.02)
    async with gateway.listening("127.0.0.1", free_ports().hub) as url:
        yield url
    await server.close()


async def ask(
    url: str, key: str, token: str, *, api_key: str = "key", kind: Kind = Kind.CHARGE
) -> tuple[int, Operation | None]:
    body = operations.encode(Ask(key=key, kind=kind, amount_minor=100, currency="EUR", token=token))
    headers = {"Authorization": f"Bearer {api_key}"}
    async with (
        aiohttp.ClientSession(headers=headers) as http,
        http.post(f"{url}/v1/operations", data=body) as answer,
    ):
        content = await answer.read()
    return answer.status, operations.decode(content, Operation) if answer.status == 200 else None


async def heard(shop: Shop, count: int) -> list[tuple[str, Outcome]]:
    async with asyncio.timeout(5):
        while len(shop.heard) < count:
            await asyncio.sleep(0.01)
    return [(one.key, one.outcome) for _, one in shop.heard]


async def test_what_was_done_is_told_once_and_signed(at: str, shop: Shop) -> None:
    for _ in range(2):
        status, done = await ask(at, "a", "card_ok")
        assert (status, done and done.outcome) == (200, Outcome.SUCCEEDED)
    assert await heard(shop, 1) == [("a", Outcome.SUCCEEDED)]


async def test_a_pending_call_is_told_twice_as_it_begins_and_as_it_ends(at: str, shop: Shop) -> None:
    await ask(at, "a", "card_late_no")
    assert await heard(shop, 2) == [("a", Outcome.PENDING), ("a", Outcome.DECLINED)]


async def test_twice_tells_the_same_event_under_the_same_id(at: str, shop: Shop) -> None:
    await ask(at, "a", "card_ok_twice")
    await heard(shop, 2)
    assert len({event_id for event_id, _ in shop.heard}) == 1


async def test_a_merchant_that_fails_is_told_again(at: str, shop: Shop) -> None:
    shop.deaf = 2
    await ask(at, "a", "card_ok")
    assert await heard(shop, 1) == [("a", Outcome.SUCCEEDED)]


async def test_a_silent_card_answers_nothing_and_then_what_was_done(at: str) -> None:
    assert (await ask(at, "a", "card_silent"))[0] == 504
    status, done = await ask(at, "a", "card_silent")
    assert (status, done and done.ref) == (200, "op_000001")


async def test_who_is_not_signed_in_gets_nothing(at: str) -> None:
    assert (await ask(at, "a", "card_ok", api_key="guess"))[0] == 401
    for path in ("/v1/operations/a", "/v1/report?since_ms=0&until_ms=9"):
        async with aiohttp.ClientSession() as http, http.get(at + path) as answer:
            assert answer.status == 401


async def test_bytes_that_are_no_question_are_a_bad_question(at: str) -> None:
    headers = {"Authorization": "Bearer key"}
    async with aiohttp.ClientSession(headers=headers) as http:
        async with http.post(f"{at}/v1/operations", data=b"\x00{") as answer:
            assert (answer.status, await answer.json()) == (400, {"code": "bad_question"})
        async with http.get(f"{at}/v1/report?since_ms=soon&until_ms=9") as answer:
            assert (answer.status, await answer.json()) == (400, {"code": "bad_question"})
        async with http.get(f"{at}/v1/operations/never") as answer:
            assert (answer.status, await answer.json()) == (404, {"code": "unknown_operation"})
