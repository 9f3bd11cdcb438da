"""Station and hub find the newest protocol that both speak, and say which of them is too old where there is none."""

from collections.abc import Callable
from typing import Any

import pytest
from aiohttp import web

from edge_agent.core.inputs import HubUnreachable
from edge_agent.store.store import Store
from edge_agent.uplink import speaking
from edge_agent.uplink.pump import SyncPump
from edge_agent.uplink.speaking import Outdated, Speaking
from protocols.sync import envelope
from tests.edge_agent.store.conftest import MovedClock, fact, work
from tests.edge_agent.uplink.conftest import Fault, Hub, Station, running, until

Speaks = Callable[[int, int], None]


@pytest.fixture
def we_speak(monkeypatch: pytest.MonkeyPatch) -> Speaks:
    def speak(oldest: int, newest: int) -> None:
        monkeypatch.setattr(envelope, "OLDEST_PROTOCOL", oldest)
        monkeypatch.setattr(envelope, "PROTOCOL_VERSION", newest)
        monkeypatch.setattr(speaking, "PROTOCOL_VERSION", newest)

    return speak


@pytest.mark.parametrize(
    ("ours", "theirs", "spoken", "outdated"),
    [
        ((1, 1), (1, 1), 1, None),
        ((1, 3), (1, 2), 2, None),
        ((2, 3), (1, 2), 2, None),
        ((1, 2), (2, 4), 2, None),
        ((1, 2), (3, 4), 2, Outdated.STATION),
        ((3, 4), (1, 2), 4, Outdated.HUB),
        ((2, 2), (1, None), 2, Outdated.HUB),
        ((1, 2), (1, None), 1, None),
        ((1, 2), ("x", None), 2, None),
    ],
)
def test_the_newest_in_common_is_spoken(
    we_speak: Speaks, ours: tuple[int, int], theirs: tuple[Any, Any], spoken: int, outdated: Outdated | None
) -> None:
    we_speak(*ours)
    speaks = Speaking()
    oldest, newest = theirs if theirs[1] is not None else (None, theirs[0])
    speaks.refused(newest, oldest)
    assert (speaks.protocol, speaks.outdated) == (spoken, outdated)


def unspoken(**params: int) -> Fault:
    async def fault(_hub: Hub, _request: web.Request) -> web.StreamResponse:
        return web.json_response({"code": "protocol_unknown", "params": params}, status=426)

    return fault


async def test_a_station_goes_down_to_what_its_hub_speaks(
    we_speak: Speaks, hub: Hub, store: Store, clock: MovedClock, station: Station, pauses: Any, identity: Any
) -> None:
    we_speak(1, 2)
    from tests.edge_agent.uplink.conftest import make_pump  # it reads what we speak

    pump = make_pump(identity, store, station, pauses, clock)
    hub.fail(unspoken(spoken=1))
    await store.commit(work(clock, fact()))
    async with running(pump.run):
        await until(lambda: store.health().waiting == 0)
    assert {one.protocol for one in hub.requests} == {1}
    assert not [one for one in station.told if isinstance(one, HubUnreachable)]


async def test_a_station_that_is_too_old_says_so_works_on_and_is_heard_again_after_the_update(
    hub: Hub, pump: SyncPump, store: Store, clock: MovedClock, station: Station
) -> None:
    hub.fail(*[unspoken(spoken=9, spoken_from=8)] * 3)
    await store.commit(work(clock, fact()))
    async with running(pump.run):
        await until(lambda: HubUnreachable(reason=Outdated.STATION) in station.told)
        await store.commit(work(clock, fact()))  # it works on
        await until(lambda: store.health().waiting == 0)
    assert HubUnreachable(reason="station_outdated") in station.told
    assert pump.snapshot().outdated is None
    assert len(hub.ids) == 2
