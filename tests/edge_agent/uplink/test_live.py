"""The live link against a real WebSocket hub."""

import asyncio
from collections.abc import Awaitable

import pytest

from edge_agent.runtime.backoff import Backoff
from edge_agent.uplink.identity import Identity
from edge_agent.uplink.live import ELSEWHERE, LOST_S, LinkState, LiveLink
from edge_agent.uplink.numbers import RequestNumbers
from protocols.sync.live import Nudge, Telemetry, decode_live, encode_live
from tests.edge_agent.uplink.conftest import Hub, running, until


class Picture:
    def __init__(self) -> None:
        self.docks: list[dict[str, object]] = [{"dock_no": 1}]
        self.at_ms = 0

    def __call__(self) -> Telemetry:
        self.at_ms += 1
        return Telemetry(at_ms=self.at_ms, docks=self.docks)


def make_link(identity: Identity, picture: Picture, nudges: list[int], *, interval_s: float = 100.0) -> LiveLink:
    async def pause(_wait_s: float) -> None:
        await asyncio.sleep(0.001)

    return LiveLink(
        identity=identity,
        on_nudge=lambda: nudges.append(1),
        telemetry=picture,
        request_number=RequestNumbers(lambda: 3),
        interval_s=interval_s,
        backoff=Backoff(chance=lambda: 0.5),
        pause=pause,
    )


@pytest.fixture
def picture() -> Picture:
    return Picture()


async def test_the_picture_goes_up_when_it_changed_and_not_when_only_the_time_did(
    hub: Hub, identity: Identity, picture: Picture
) -> None:
    link = make_link(identity, picture, [])
    async with running(link.run):
        await until(lambda: len(hub.frames) == 1)
        before = picture.at_ms
        await until(lambda: picture.at_ms > before + 5)
        assert len(hub.frames) == 1
        picture.docks = [{"dock_no": 2}]
        await until(lambda: len(hub.frames) == 2)
    messages = [decode_live(frame) for frame in hub.frames]
    assert [isinstance(one, Telemetry) and one.docks for one in messages] == [[{"dock_no": 1}], [{"dock_no": 2}]]


async def test_an_unchanged_picture_goes_up_at_its_interval(hub: Hub, identity: Identity, picture: Picture) -> None:
    link = make_link(identity, picture, [], interval_s=5.0)
    async with running(link.run):
        await until(lambda: len(hub.frames) == 3)
    first, second = (decode_live(frame) for frame in hub.frames[:2])
    assert isinstance(first, Telemetry)
    assert isinstance(second, Telemetry)
    assert second.at_ms - first.at_ms == 5


async def test_a_nudge_is_passed_on_and_so_is_every_new_connection(
    hub: Hub, identity: Identity, picture: Picture
) -> None:
    nudges: list[int] = []
    link = make_link(identity, picture, nudges)
    async with running(link.run):
        await until(lambda: len(nudges) == 1)
        await hub.sockets[0].send_bytes(encode_live(Nudge(rev=7)))
        await until(lambda: len(nudges) == 2)
    assert link.snapshot().nudges == 1


async def test_garbage_from_the_hub_is_counted_and_the_link_stays(
    hub: Hub, identity: Identity, picture: Picture
) -> None:
    nudges: list[int] = []
    link = make_link(identity, picture, nudges)
    async with running(link.run):
        await until(lambda: len(nudges) == 1)
        for data in (b"", b"{", b"\xff", b'{"t":"other"}', b'{"t":"nudge"}'):
            await hub.sockets[0].send_bytes(data)
        await hub.sockets[0].send_str("text")
        await hub.sockets[0].send_bytes(encode_live(Nudge(rev=1)))
        await until(lambda: len(nudges) == 2)
    assert (link.snapshot().malformed, link.snapshot().connections) == (6, 1)


async def test_a_lost_link_is_made_again_with_a_number_that_rose(
    hub: Hub, identity: Identity, picture: Picture
) -> None:
    link = make_link(identity, picture, [])
    async with running(link.run):
        for count in (1, 2, 3):
            await until(lambda count=count: len(hub.sockets) == count)  # type: ignore[misc]
            await hub.sockets[-1].close()
        await until(lambda: len(hub.sockets) == 4 and link.snapshot().state is LinkState.CONNECTED)
    assert link.snapshot().connections == 4


async def test_the_hubs_word_that_others_serve_counts_although_the_line_went_with_it(
    hub: Hub, identity: Identity, picture: Picture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(_writer: object, _code: int = 1000, _message: bytes = b"") -> Awaitable[None]:
        raise ConnectionResetError

    link = make_link(identity, picture, [])
    async with running(link.run):
        await until(lambda: len(hub.sockets) == 1 and link.snapshot().state is LinkState.CONNECTED)
        closing = asyncio.create_task(hub.sockets[0].close(code=ELSEWHERE))
        await asyncio.sleep(0)  # the hub's goodbye is written; ours cannot be
        monkeypatch.setattr("aiohttp.client_ws.WebSocketWriter.close", gone)
        await until(lambda: link.snapshot().last_failure is not None)
        monkeypatch.undo()
        await closing
    assert link.snapshot().last_failure == "closed (1012)"


async def test_a_lost_link_wakes_the_pump_although_no_new_one_can_be_made(
    identity: Identity, hub: Hub, picture: Picture
) -> None:
    nudges: list[int] = []
    link = make_link(identity, picture, nudges)
    async with running(link.run):
        await until(lambda: len(nudges) == 1)
        await hub.stop()
        await until(lambda: len(nudges) == 2)
        assert link.snapshot().connections == 1


async def test_a_link_that_is_lost_again_and_again_wakes_the_pump_before_its_own_long_wait(
    identity: Identity, hub: Hub, picture: Picture
) -> None:
    nudges: list[int] = []
    waits: list[float] = []

    async def pause(wait_s: float) -> None:
        waits.append(wait_s)
        await asyncio.sleep(0.001 if wait_s <= LOST_S else 100.0)

    link = LiveLink(
        identity=identity, on_nudge=lambda: nudges.append(1), telemetry=picture,
        request_number=RequestNumbers(lambda: 3), change_s=0.01,
        backoff=Backoff(base_s=30.0, chance=lambda: 0.9), pause=pause,
    )  # fmt: skip
    async with running(link.run):
        await until(lambda: len(hub.sockets) == 1)
        await hub.sockets[0].close()
        await until(lambda: len(nudges) == 2)
    assert 25.0 in waits


async def test_a_hub_that_is_away_is_tried_again(identity: Identity, hub: Hub, picture: Picture) -> None:
    port = int(hub.url.rsplit(":", 1)[1])
    await hub.stop()
    link = make_link(identity, picture, [])
    async with running(link.run):
        await until(lambda: link.snapshot().state is LinkState.WAITING)
        await hub.start(port)
        await until(lambda: len(hub.frames) >= 1)


async def test_a_bug_in_the_picture_is_not_swallowed(identity: Identity, hub: Hub) -> None:
    def broken() -> Telemetry:
        raise ZeroDivisionError

    link = LiveLink(
        identity=identity, on_nudge=lambda: None, telemetry=broken, request_number=RequestNumbers(lambda: 1)
    )
    with pytest.raises(ZeroDivisionError):
        async with asyncio.timeout(5):
            await link.run()
