"""Pictures reach the hub whatever is cut: offered, brought when wanted, kept until it has them."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from edge_agent.kiosk.photos import PhotoShelf
from edge_agent.runtime.backoff import Backoff
from edge_agent.uplink.identity import Identity
from edge_agent.uplink.numbers import RequestNumbers
from edge_agent.uplink.photos import CALM_S, LOOK_S, OFFER_S, UNKNOWN_HUB_S, PhotoSender
from protocols.photo.upload import Wanted, decode_offer, digest_of, encode
from protocols.sync.signing import verify
from tests.edge_agent.uplink.conftest import STATION_ID, Hub
from tests.pictures import jpeg

ONE, TWO = jpeg(1, 5000), jpeg(2, 5000)


class PhotoHub:
    """Wants what it is told to; `odd` answers take the place of its own, one request at a time."""

    def __init__(self) -> None:
        self.named: set[str] = set()
        self.pictures: dict[str, bytes] = {}
        self.offers: list[list[str]] = []
        self.odd: list[Callable[[web.Request], Awaitable[web.StreamResponse]]] = []
        self.brought = 0
        self.hub = Hub()

    def routes(self) -> list[web.AbstractRouteDef]:
        return [
            web.post("/api/v1/station-photos/offers", self._offer),
            web.put("/api/v1/station-photos/{sha256}", self._bring),
        ]

    async def _read(self, request: web.Request) -> bytes:
        body = await request.read()
        headers = {name: request.headers[name] for name in ("Content-Digest", "Signature-Input", "Signature")}
        signed = verify(self.hub.key.public_key().public_bytes_raw(), headers, request.method, request.path, body)
        assert signed.station_id == STATION_ID
        return body

    async def _offer(self, request: web.Request) -> web.StreamResponse:
        body = await self._read(request)
        if self.odd:
            return await self.odd.pop(0)(request)
        have = decode_offer(body).have
        self.offers.append(have)
        wanted = Wanted(
            want=[one for one in have if one in self.named and one not in self.pictures],
            have=[one for one in have if one in self.pictures],
        )
        return web.Response(body=encode(wanted))

    async def _bring(self, request: web.Request) -> web.StreamResponse:
        body = await self._read(request)
        self.brought += 1
        name = request.match_info["sha256"]
        assert digest_of(body) == name
        if self.odd:
            answer = await self.odd.pop(0)(request)
            if answer.status == 299:  # taken, but the answer is lost
                self.pictures[name] = body
                assert request.transport is not None
                request.transport.abort()
            return answer
        self.pictures[name] = body
        return web.Response(status=204)


def answering(
    status: int, body: bytes = b"", headers: dict[str, str] | None = None
) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def answer(_request: web.Request) -> web.Response:
        return web.Response(status=status, body=body, headers=headers)

    return answer


class Rig:
    """A sender over a shelf, with a clock and a line that are moved by hand."""

    def __init__(self, hub: PhotoHub, folder: Path, session: aiohttp.ClientSession) -> None:
        self.hub, self.session = hub, session
        self.now_s, self.online = 0.0, True
        self.shelf = PhotoShelf(folder)
        self.folder = folder
        self.restart()

    def restart(self) -> None:
        self.shelf = PhotoShelf(self.folder)
        self.sender = PhotoSender(
            identity=Identity(station_id=STATION_ID, name="x", hub_url=self.hub.hub.url, key=self.hub.hub.key),
            shelf=self.shelf, online=lambda: self.online, numbers=RequestNumbers(lambda: 1), mono_s=lambda: self.now_s,
            backoff=Backoff(base_s=5.0, cap_s=600.0, chance=lambda: 0.5),
        )  # fmt: skip

    async def round(self) -> float:
        return await self.sender.round(self.session)

    def take(self, *pictures: bytes, named: bool = True) -> None:
        for one in pictures:
            name = self.shelf.add(one)
            if named:
                self.hub.named.add(name)


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    hub = PhotoHub()
    await hub.hub.start(routes=hub.routes())
    async with aiohttp.ClientSession() as session:
        yield Rig(hub, tmp_path / "photos", session)
    await hub.hub.stop()


async def test_what_a_fact_names_is_brought_and_waits_no_more(rig: Rig) -> None:
    rig.take(ONE, TWO)
    assert await rig.round() == LOOK_S
    assert rig.hub.pictures == {digest_of(ONE): ONE, digest_of(TWO): TWO}
    assert (rig.shelf.waiting(), rig.hub.brought) == (0, 2)
    await rig.round()
    assert (len(rig.hub.offers), rig.hub.brought) == (1, 2), "nothing to do: nobody is asked"


async def test_pictures_wait_for_days_while_the_hub_is_away(rig: Rig) -> None:
    rig.take(ONE)
    rig.online = False
    for _ in range(5):
        rig.now_s += 86_400
        assert await rig.round() == LOOK_S
    assert (rig.hub.offers, rig.shelf.waiting()) == ([], 1)
    rig.online = True
    await rig.round()
    assert (list(rig.hub.pictures), rig.shelf.waiting()) == ([digest_of(ONE)], 0)


async def test_an_answer_that_is_lost_costs_one_more_offer_and_no_second_picture(rig: Rig) -> None:
    rig.take(ONE)
    rig.hub.odd = [answering(200, encode(Wanted(want=[digest_of(ONE)]))), answering(299), answering(299)]
    assert await rig.round() == 5.0 * 0.5
    assert (rig.hub.pictures, rig.shelf.waiting()) == ({digest_of(ONE): ONE}, 1)
    rig.hub.odd.clear()  # aiohttp itself sends a PUT again over a fresh connection
    brought = rig.hub.brought
    await rig.round()
    assert (rig.hub.brought, rig.shelf.waiting()) == (brought, 0)


async def test_a_power_cut_in_the_middle_is_gone_on_from(rig: Rig) -> None:
    rig.take(ONE, TWO)
    held = asyncio.Event()

    async def never(_request: web.Request) -> web.StreamResponse:
        held.set()
        await asyncio.sleep(60)
        return web.Response(status=204)

    wanted = Wanted(want=[digest_of(ONE), digest_of(TWO)])
    rig.hub.odd = [answering(200, encode(wanted)), answering(204), never]
    cut = asyncio.create_task(rig.round())
    await held.wait()
    cut.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await cut
    (rig.folder / f"{'cd' * 32}.part").write_bytes(b"half")
    rig.hub.pictures[digest_of(ONE)] = ONE  # the one that was answered
    rig.restart()
    assert rig.shelf.waiting() == 1
    await rig.round()
    assert (set(rig.hub.pictures), rig.shelf.waiting()) == ({digest_of(ONE), digest_of(TWO)}, 0)
    assert list(rig.folder.glob("*.part")) == []


@pytest.mark.parametrize("status", [422, 404, 413])
async def test_one_that_the_hub_will_never_take_holds_up_no_other(rig: Rig, status: int) -> None:
    rig.take(ONE, TWO)
    first = rig.shelf.names()[0]
    rest = [name for name in rig.shelf.names() if name != first]
    rig.hub.odd = [answering(200, encode(Wanted(want=[first, *rest]))), answering(status)]
    assert await rig.round() == LOOK_S
    assert (list(rig.hub.pictures), rig.shelf.waiting()) == (rest, 1)


async def test_a_hub_that_has_no_time_is_left_alone_for_so_long(rig: Rig) -> None:
    rig.take(ONE)
    rig.hub.odd = [answering(503, headers={"Retry-After": "120"}), answering(200, b"odd")]
    assert await rig.round() == 120.0
    assert 0 < await rig.round() < 10
    await rig.round()
    assert rig.shelf.waiting() == 0


async def test_a_hub_from_before_pictures_is_asked_a_few_times_a_day(rig: Rig) -> None:
    rig.take(ONE)
    rig.hub.odd = [answering(404)]
    assert await rig.round() == UNKNOWN_HUB_S
    assert rig.shelf.waiting() == 1


async def test_what_no_fact_names_yet_is_offered_again_ever_more_calmly(rig: Rig) -> None:
    rig.take(ONE, named=False)
    await rig.round()
    offers = []
    for _ in range(4 * 3600 // int(LOOK_S)):
        rig.now_s += LOOK_S
        await rig.round()
        offers.append(len(rig.hub.offers))
    assert offers[int(2 * CALM_S / LOOK_S)] == 2
    assert offers[-1] < 13
    rig.hub.named.add(digest_of(ONE))
    rig.take(TWO)  # another one: it is looked at at once
    rig.now_s += LOOK_S
    await rig.round()
    assert rig.shelf.waiting() == 0


async def test_an_offer_is_made_every_hour_so_that_the_hub_learns_what_is_gone(rig: Rig) -> None:
    await rig.round()
    rig.now_s += OFFER_S - 1
    await rig.round()
    assert rig.hub.offers == [[]]
    rig.now_s += 1
    await rig.round()
    assert rig.hub.offers == [[], []]


async def test_it_runs_until_it_is_ended(rig: Rig) -> None:
    rig.take(ONE)
    rests: list[float] = []

    async def pause(rest_s: float) -> None:
        rests.append(rest_s)
        await asyncio.sleep(0 if len(rests) < 2 else 60)

    rig.sender._pause = pause
    running = asyncio.create_task(rig.sender.run())
    while len(rests) < 2:
        await asyncio.sleep(0.01)
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running
    assert (rests, rig.shelf.waiting()) == ([LOOK_S, LOOK_S], 0)
