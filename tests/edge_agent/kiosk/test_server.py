"""The local API over real HTTP and WebSockets, with a real station behind it."""

import asyncio
import contextlib
import json
import socket
import uuid
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from edge_agent.core.inputs import CardRead, DockOrderEnded, LockState, Outcome
from edge_agent.core.orders import UnlockDock
from edge_agent.kiosk import live as live_module
from edge_agent.kiosk.live import LiveViews
from edge_agent.kiosk.photos import PhotoShelf
from edge_agent.kiosk.server import KioskServer
from edge_agent.kiosk.staff import Surroundings
from edge_agent.station.dispatch import Dispatch
from edge_agent.station.loop import Station
from edge_agent.store.errors import StoreFull
from edge_agent.store.work import Work
from protocols.kiosk.views import HandbackView, QuoteView, RentalView, StationView
from protocols.sync.clock import Moment
from tests.edge_agent.core.stage import Stage, new_id, report, vehicle_id, voucher


class Journal:
    """Keeps nothing; may be full."""

    full = False

    async def commit(self, work: Work) -> None:
        if self.full:
            raise StoreFull("full")


class Rig:
    """A station with a kiosk server on a port of its own."""

    def __init__(self, static: Path) -> None:
        self.stage = Stage().furnish()
        for number in (1, 2):
            self.stage.stand(number, number)
        self.stage.find(3)
        self.stage.report(3)
        self.journal, self.orders = Journal(), list[Any]()
        dispatch = Dispatch()
        self.station = Station(
            state=self.stage.state, journal=self.journal, dispatch=dispatch, clock=self, new_id=new_id
        )
        dispatch.connect(tell=self.station.tell, docks=self, chargers=None)
        station = self.station
        self.live = LiveViews(
            clock=self, state=lambda: station.state, trouble=lambda: station.trouble, labels={"CP1": "Left"}
        )
        station.on_change(self.live.changed)
        self.server = KioskServer(
            host="127.0.0.1",
            port=0,
            ask=station.ask,
            state=lambda: station.state,
            live=self.live,
            clock=self,
            health=lambda: {"status": "ok"},
            metrics=lambda: (b"metric 1\n", "text/plain; version=0.0.4"),
            static=static,
            around=Surroundings(labels={}, trouble=lambda: None, photos=PhotoShelf(static / "photos")),
        )
        self.http: aiohttp.ClientSession

    def now(self) -> Moment:
        return self.stage.now()

    def mono_s(self) -> float:
        return self.stage.mono_s

    def send(self, order: Any) -> None:
        self.orders.append(order)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.bound_port}"

    async def call(self, method: str, path: str, body: Any = None, **more: Any) -> tuple[int, Any]:
        async with self.http.request(method, self.url + path, json=body, **more) as answer:
            self.headers = answer.headers
            return answer.status, await answer.json(content_type=None)

    async def quote(self, number: int = 1, dock_no: int = 1) -> tuple[int, Any]:
        return await self.call(
            "POST", "/api/quotes", {"who": {"kind": "voucher", "token": voucher(number)}, "dock_no": dock_no}
        )

    async def rent(self) -> dict[str, Any]:
        _, quote = await self.quote()
        status, rental = await self.call("POST", "/api/rentals", {"quote_id": quote["quote_id"]})
        assert status == 201
        found: dict[str, Any] = rental
        return found

    def opened(self) -> None:
        order = next(one for one in self.orders if isinstance(one, UnlockDock))
        self.station.tell(report(1, 1, LockState.UNLOCKED, 4_000))
        self.station.tell(DockOrderEnded(order_id=order.order_id, dock_no=1, outcome=Outcome.DONE))


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0.001)


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    (tmp_path / "assets").mkdir()
    (tmp_path / "assets" / "app.js").write_text("1")
    (tmp_path / "index.html").write_text("<!doctype html><title>kiosk</title>")
    (tmp_path / "favicon.svg").write_text("<svg/>")
    rig = Rig(tmp_path)
    tasks = [asyncio.create_task(rig.station.run()), asyncio.create_task(rig.server.run())]
    await until(lambda: rig.server.bound_port)
    async with aiohttp.ClientSession() as rig.http:
        yield rig
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_a_whole_rental_goes_over_the_api(rig: Rig) -> None:
    status, view = await rig.call("GET", "/api/view")
    assert status == 200
    docks = {one.dock_no: one for one in StationView.model_validate(view).docks}
    assert [docks[number].state for number in (1, 2, 3)] == ["occupied", "occupied", "free"]

    status, body = await rig.quote()
    quote = QuoteView.model_validate(body)
    assert (status, quote.dock_no, quote.identified_by) == (201, 1, "voucher")
    assert [(one.minutes, one.total.minor) for one in quote.examples] == [(20, 442), (60, 1202)]

    rental = await rig.rent()
    path = f"/api/rentals/{rental['rental_id']}"
    assert rental["state"] == "starting"
    rig.opened()
    await until(lambda: any(one.phase.value == "open" for one in rig.station.state.rentals.values()))
    assert (await rig.call("GET", path))[1]["state"] == "open"
    assert (await rig.call("POST", path + "/more-time"))[0] == 200
    assert (await rig.call("POST", path + "/not-open"))[0] == 200
    rig.station.tell(report(1, None, LockState.UNLOCKED, 0.0))
    await until(lambda: any(one.phase.value == "active" for one in rig.station.state.rentals.values()))
    rig.stage.wait(20 * 60)
    rig.station.tell(report(3, 1, age_s=0.0))
    await until(lambda: any(one.phase.value == "ended" for one in rig.station.state.rentals.values()))
    done = RentalView.model_validate((await rig.call("GET", path))[1])
    assert done.receipt is not None
    assert done.receipt.total.minor == 442
    assert done.receipt.queued
    assert (await rig.call("GET", "/api/view"))[1]["returns"][0]["rental_id"] == rental["rental_id"]


async def test_a_ride_ends_beside_full_docks_over_the_api(rig: Rig) -> None:
    rental = await rig.rent()
    rig.opened()
    who = {"who": {"kind": "voucher", "token": voucher(1)}}
    rig.station.tell(report(1, None, LockState.UNLOCKED, 0))
    await until(lambda: any(one.phase.value == "active" for one in rig.station.state.rentals.values()))
    status, problem = await rig.call("POST", "/api/handbacks", who)
    assert (status, problem["code"], problem["params"]) == (409, "docks_free", {"dock": 1, "count": 2})
    for number in (1, 3):
        rig.station.tell(report(number, 10 + number))
    await until(lambda: len(rig.station.state.occupants) == 3)
    status, body = await rig.call("POST", "/api/handbacks", who)
    handback = HandbackView.model_validate(body)
    assert (status, handback.total.minor, handback.vehicle_label) == (201, 100, rental["vehicle_label"])
    path = f"/api/handbacks/{handback.handback_id}/parked"
    for _ in range(2):
        status, ended = await rig.call("POST", path)
        assert (status, ended["state"], ended["receipt"]["dock_no"]) == (200, "ended", None)
    _, view = await rig.call("GET", "/api/view")
    assert [one["rental_id"] for one in view["returns"]] == [rental["rental_id"]]
    assert (await rig.call("POST", "/api/handbacks", who))[1]["code"] == "no_ride"
    status, problem = await rig.call("POST", "/api/handbacks/x/parked")
    assert (status, problem["code"]) == (410, "handback_expired")


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/who"),
        ({"who": {"kind": "voucher", "token": "short"}}, "/who/token"),
        ({"who": {"kind": "reservation", "code": "ABC", "pin": "x"}}, "/who/pin"),
        ({"who": {"kind": "face"}}, "/who"),
        ({"who": {"kind": "voucher", "token": "V" * 20}, "dock_no": "first"}, "/dock_no"),
        ({"who": {"kind": "voucher", "token": "V" * 20}, "do/or": 1}, "/do~1or"),
    ],
)
async def test_a_wrong_field_is_named_by_its_pointer(rig: Rig, body: dict[str, object], pointer: str) -> None:
    status, problem = await rig.call("POST", "/api/quotes", body)
    assert (status, problem["code"], rig.headers["Content-Type"]) == (
        422,
        "malformed_request",
        "application/problem+json",
    )
    assert pointer in [one["pointer"] for one in problem["errors"]]


@pytest.mark.parametrize(
    "body", [b"", b"{", b"\xff\xfe", b"[" * 9_000, b'{"quote_id": "' + b"a" * 100, b"null", b"NaN"]
)
async def test_a_body_that_is_no_json_is_answered(rig: Rig, body: bytes) -> None:
    async with rig.http.post(
        rig.url + "/api/rentals", data=body, headers={"Content-Type": "application/json"}
    ) as answer:
        assert answer.status == 422
        assert (await answer.json(content_type=None))["code"] == "malformed_request"


async def test_other_content_types_and_large_bodies_are_refused(rig: Rig) -> None:
    status, problem = await rig.call("POST", "/api/rentals", data=b"quote_id=1")
    assert (status, problem["code"]) == (415, "unsupported_media_type")
    status, problem = await rig.call("POST", "/api/rentals", {"quote_id": "a" * 20_000})
    assert (status, problem["code"]) == (413, "body_too_large")


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nothing", 404, "not_found"),
        ("GET", "/assets/../index.html", 404, "not_found"),
        ("DELETE", "/api/rentals", 405, "method_not_allowed"),
        ("GET", "/api/rentals/abc", 404, "rental_unknown"),
        ("GET", f"/api/rentals/{uuid.UUID(int=1)}", 404, "rental_unknown"),
        ("POST", f"/api/rentals/{uuid.UUID(int=1)}/more-time", 404, "rental_unknown"),
        ("POST", f"/api/rentals/{uuid.UUID(int=1)}/not-open", 404, "rental_unknown"),
    ],
)
async def test_what_is_not_there_is_a_problem_too(rig: Rig, method: str, path: str, status: int, code: str) -> None:
    found, problem = await rig.call(method, path)
    assert (found, problem["code"], problem["status"]) == (status, code, status)
    assert rig.headers["Content-Type"] == "application/problem+json"


async def test_the_rules_no_is_an_answer_with_its_code_and_parameters(rig: Rig) -> None:
    rig.station.tell(report(2, None, LockState.LOCKED, 0.0))
    status, problem = await rig.quote(dock_no=2)
    assert (status, problem["code"], problem["params"]) == (409, "vehicle_gone", {"dock": 2})
    status, problem = await rig.call("POST", "/api/rentals", {"quote_id": str(uuid.UUID(int=9))})
    assert (status, problem["code"]) == (410, "quote_expired")


async def test_a_full_store_refuses_the_rental_opens_nothing_and_the_view_says_so(rig: Rig) -> None:
    _, quote = await rig.quote()
    rig.journal.full = True
    status, problem = await rig.call("POST", "/api/rentals", {"quote_id": quote["quote_id"]})
    assert (status, problem["code"]) == (503, "store_full")
    assert not rig.orders
    assert (await rig.call("GET", "/api/view"))[1]["not_accepting"] == "store_full"


async def test_a_bug_is_a_plain_500_and_the_server_lives(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr(rig.live, "view", broken)
    status, problem = await rig.call("GET", "/api/view")
    assert (status, problem["code"]) == (500, "internal_error")
    assert "secret" not in json.dumps(problem)
    assert (await rig.call("GET", "/healthz"))[0] == 200


async def test_every_answer_carries_the_security_headers(rig: Rig) -> None:
    for path in ("/api/view", "/", "/nothing", "/assets/app.js", "/metrics", "/healthz"):
        async with rig.http.get(rig.url + path) as answer:
            policy = answer.headers["Content-Security-Policy"]
            assert "default-src 'self'" in policy
            assert "http" not in policy
            assert answer.headers["X-Content-Type-Options"] == "nosniff"


async def test_an_open_kiosk_is_shown_every_change(rig: Rig) -> None:
    async with rig.http.ws_connect(rig.url + "/api/live") as kiosk:
        first = await kiosk.receive_json(timeout=5)
        assert first["type"] == "view"
        rig.station.tell(report(2, None, LockState.LOCKED, 0.0))
        view = await kiosk.receive_json(timeout=5)
        assert {one["dock_no"]: one["state"] for one in view["view"]["docks"]}[2] == "free"
        assert view["view"]["seq"] > first["view"]["seq"]
        rental = await rig.rent()
        frames = [await kiosk.receive_json(timeout=5) for _ in range(2)]
        assert {one["type"] for one in frames} == {"rental", "view"}
        assert next(one for one in frames if one["type"] == "rental")["rental"]["rental_id"] == rental["rental_id"]


async def test_a_card_is_shown_without_its_number(rig: Rig) -> None:
    async with rig.http.ws_connect(rig.url + "/api/live") as kiosk:
        await kiosk.receive_json(timeout=5)
        rig.station.tell(CardRead(dock_no=2, uid="04A1B2C3"))
        frame = await kiosk.receive_str(timeout=5)
        prompt = json.loads(frame)["view"]["card"]
        assert prompt["dock_no"] == 2
        assert "04A1B2C3" not in frame
    who = {"kind": "card", "read_id": prompt["read_id"]}
    status, quote = await rig.call("POST", "/api/quotes", {"who": who, "dock_no": 1})
    assert (status, quote["identified_by"]) == (201, "card")
    assert quote["vehicle"]["vehicle_id"] == str(vehicle_id(1))


async def test_a_kiosk_that_reads_nothing_is_cut_and_the_others_go_on(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_module, "SEND_TIMEOUT_S", 0.2)
    monkeypatch.setattr(live_module, "PUSH_EVERY_S", 0.001)
    monkeypatch.setattr(live_module, "_view_frame", lambda view: json.dumps({"seq": view.seq, "pad": "x" * 400_000}))
    with contextlib.closing(deaf_kiosk(rig.server.bound_port)):
        await until(lambda: len(rig.live._sockets) == 1)
        async with rig.http.ws_connect(rig.url + "/api/live") as kiosk:
            await kiosk.receive_json(timeout=5)
            for number in range(200):
                rig.station.tell(report(2, 2, temperature_c=20.0, tamper=number % 2 == 0))
                await kiosk.receive_json(timeout=5)
                if len(rig.live._sockets) == 1:
                    break
            assert len(rig.live._sockets) == 1


def deaf_kiosk(port: int) -> socket.socket:
    """A WebSocket whose other end never reads."""
    deaf = socket.socket()
    deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    deaf.connect(("127.0.0.1", port))
    deaf.sendall(
        b"GET /api/live HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )
    return deaf


async def test_a_browser_that_asks_for_an_icon_gets_one(rig: Rig) -> None:
    async with aiohttp.ClientSession() as http, http.get(rig.url + "/favicon.ico") as answer:
        assert (answer.status, answer.content_type) == (200, "image/svg+xml")


async def test_a_kiosk_that_was_not_built_says_what_to_do(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    running = asyncio.create_task(rig.server.run())
    await until(lambda: rig.server.bound_port)
    async with aiohttp.ClientSession() as http, http.get(rig.url + "/") as answer:
        assert answer.status == 503
        assert "make setup" in await answer.text()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_the_live_views_end_though_news_comes_in_the_same_moment(tmp_path: Path) -> None:
    live = Rig(tmp_path).live
    running = asyncio.create_task(live.run())
    await asyncio.sleep(0.01)
    live.changed(Stage().state)
    running.cancel()
    await asyncio.wait({running}, timeout=1)
    ended = running.done()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert ended
