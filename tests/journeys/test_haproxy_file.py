"""deploy/haproxy.example.cfg as it stands, in a real HAProxy with TLS, before two hubs that leave, die, come back."""

import asyncio
import contextlib
import datetime as dt
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from itertools import pairwise
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio
from yarl import URL

from firmware_sim.demo.ports import HOST, free_ports
from tests.haproxy import haproxy
from tests.journeys.haproxy_site import Site, certificate, settings, site
from tests.journeys.rolling import HubProcess, Load, books_agree, signed_in

pytestmark = [pytest.mark.journey, pytest.mark.asyncio(loop_scope="module")]
AT_ONCE_S = 1.0
BACK_S = 5.0  # after a word that others serve within half a second, after a break by chance


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def ours(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    async with site(tmp_path_factory.mktemp("site")) as started:
        await _until(started.is_linked)
        yield started


async def _until(holds: Callable[[], Awaitable[bool]], timeout_s: float = 30.0) -> None:
    async with asyncio.timeout(timeout_s):
        while not await holds():
            await asyncio.sleep(0.02)


async def _come(hub: HubProcess) -> None:
    """Start it and wait for its own /readyz, as docs/installing.md says, and not for HAProxy."""

    async def ready() -> bool:
        with contextlib.suppress(aiohttp.ClientError):
            async with aiohttp.ClientSession() as http, http.get(f"http://{HOST}:{hub.port}/readyz") as answer:
                return answer.status == 200
        return False

    await hub.start()
    await _until(ready)


@contextlib.asynccontextmanager
async def _under(load: Load) -> AsyncIterator[None]:
    running = asyncio.create_task(load.run())
    try:
        yield
        assert not running.done()
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def _all_went_on(load: Load) -> None:
    done = load.done.copy()

    async def more() -> bool:
        return all(load.done[what] > done[what] for what in ("sync", "read", "order"))

    await _until(more)


async def _order_s(ours: Site) -> float:
    """Once the agent's link is up: how long from an order through HAProxy to the agent's word on it at the hub."""
    await _until(ours.is_linked)
    async with ours.client() as http:
        began = time.monotonic()
        order = await ours.order(http)

        async def is_told() -> bool:
            return await ours.outcome(http, order) is not None

        await _until(is_told)
        return time.monotonic() - began


async def _agent_and_hub_agree(ours: Site) -> None:
    """Each fact once, none lost: what the agent wrote down is what the hub holds."""

    async def agree() -> bool:
        return ours.written() == await ours.held()

    await _until(agree)
    assert ours.written()


def _away(told: list[dict[str, str]]) -> list[float]:
    """How long the live link was down each time, in seconds."""
    at = [dt.datetime.fromisoformat(one["timestamp"]) for one in told]
    down = [(a, b) for (a, lost), (b, _) in pairwise(zip(at, told, strict=True)) if lost["event"] == "live_link_lost"]
    return [(b - a).total_seconds() for a, b in down]


async def test_no_request_fails_while_both_hubs_are_replaced(ours: Site) -> None:
    double, load = await ours.load("101")
    before, links = await ours.balancer.figures(), len(ours.live())
    orders = []
    async with _under(load):
        await _all_went_on(load)
        for hub in ours.hubs:
            assert await hub.stop() == 0
            await _come(hub)
            orders.append(await _order_s(ours))
            await _all_went_on(load)
    assert not load.failed, load.failed
    assert max(orders) < AT_ONCE_S, orders
    told = ours.live()[links:]
    assert told
    assert {one["reason"] for one in told if one["event"] == "live_link_lost"} == {"closed (1012)"}
    assert max(_away(told)) < BACK_S, told
    assert load.linked >= 2
    await books_agree(ours.url, double, load)
    await _agent_and_hub_agree(ours)
    after = await ours.balancer.figures()
    for name, figure in (("hub/FRONTEND", "hrsp_5xx"), ("hubs/BACKEND", "eresp"), ("hubs/BACKEND", "econ")):
        assert after[name][figure] == before[name][figure], (name, figure)


async def test_a_hub_that_dies_fails_nothing_that_may_be_asked_twice(ours: Site) -> None:
    double, load = await ours.load("102")
    links, hub = len(ours.live()), ours.hubs[0]
    async with _under(load):
        await _all_went_on(load)
        hub.kill()
        await hub.dead()
        await _all_went_on(load)
        order_s = await _order_s(ours)
        await _come(hub)
    # A sync carries a number that is good once: HAProxy does not ask again, the station does, with another number.
    # Reads, and orders with their keys, never fail.
    assert all(what.startswith(("sync", "live")) for what in load.failed), load.failed
    assert load.failed.total() <= 2, load.failed
    assert order_s < AT_ONCE_S
    assert max(_away(ours.live()[links:]), default=0.0) < BACK_S
    await books_agree(ours.url, double, load)
    await _agent_and_hub_agree(ours)


async def test_the_hub_sees_the_address_of_the_caller_and_no_other_that_he_claims(ours: Site) -> None:
    async with ours.client("127.1.2.3") as http:
        http.headers["X-Forwarded-For"] = "203.0.113.9"
        token = await signed_in(http)
        async with http.get("/api/v1/me/sessions", headers={"Authorization": f"Bearer {token}"}) as answer:
            (mine,) = [one for one in (await answer.json())["items"] if one["current"]]
    assert mine["address"] == "127.1.2.0/24"


async def test_the_figures_are_not_for_everybody(ours: Site) -> None:
    async with ours.client() as http:
        for path in ("/metrics", "/%6detrics", "/metrics?a=b", "/metrics/", "//metrics", "/./metrics", "/x/../metrics"):
            async with http.get(URL(ours.base + path, encoded=True)) as answer:
                assert answer.status in {403, 404}, path
                assert "voltdock_hub" not in await answer.text()


async def test_without_a_hub_haproxy_says_when_to_come_again(tmp_path: Path) -> None:
    ports = free_ports()
    tls, _ = certificate(tmp_path)
    text = settings(tmp_path, ports.gateway, [ports.hub, ports.kiosk])
    async with (
        haproxy(tmp_path, text, socket=tmp_path / "admin.sock"),
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=tls)) as http,
        http.get(f"https://{HOST}:{ports.gateway}/api/v1/stations") as answer,
    ):
        told = await answer.json(content_type="application/problem+json")
        assert (answer.status, told["status"], told["code"]) == (503, 503, "busy")
        assert 2 <= int(answer.headers["Retry-After"]) <= 7
