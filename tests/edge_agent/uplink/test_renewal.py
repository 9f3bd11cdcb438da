"""A station whose key is revoked says so, keeps its facts, and goes on with a new key without a restart."""

import dataclasses
import uuid

from aiohttp import web
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edge_agent.core.inputs import HubReached, KeyRevoked
from edge_agent.runtime.backoff import Backoff
from edge_agent.store.store import Store
from edge_agent.uplink.identity import Identity, IdentityError
from edge_agent.uplink.pump import SyncPump
from edge_agent.uplink.renewal import Renewal
from tests.edge_agent.store.conftest import MovedClock
from tests.edge_agent.uplink.conftest import Hub, Pauses, Station, running, until
from tests.edge_agent.uplink.test_pump import commit


async def revoked(_hub: Hub, _request: web.Request) -> web.StreamResponse:
    return web.json_response({"code": "station_revoked"}, status=403, content_type="application/problem+json")


async def test_what_waits_goes_up_once_with_the_new_key(
    hub: Hub, identity: Identity, store: Store, station: Station, pauses: Pauses, clock: MovedClock
) -> None:
    ids = await commit(store, clock, 3)
    told: list[Identity] = []
    kept = identity
    renewal = Renewal(identity, lambda: kept)
    renewal.tell(told.append)
    pump = SyncPump(
        identity=identity, store=store, ask=station.ask, tell=station.tell, held=lambda: station.held, clock=clock,
        agent_version="0.1.0", backoff=Backoff(chance=lambda: 0.5), pause=pauses, renewed=renewal.look,
    )  # fmt: skip
    hub.fail(revoked, revoked)
    async with running(pump.run):
        await until(lambda: len([one for one in station.told if isinstance(one, KeyRevoked)]) == 2)
        assert store.health().waiting == 3
        new = dataclasses.replace(identity, key=Ed25519PrivateKey.generate())
        hub.fail(revoked)
        hub.key, kept = hub.key, new
        pump.nudge()
        await until(lambda: bool(told))
        hub.key = new.key
        await until(lambda: store.health().waiting == 0)
    assert hub.ids == ids
    assert told == [new]
    assert isinstance(station.told[-1], HubReached)


def test_only_another_key_of_the_same_station_is_taken_up() -> None:
    mine = Identity(
        station_id=uuid.UUID(int=1), name="", hub_url="http://hub.example", key=Ed25519PrivateKey.generate()
    )
    found: list[Identity | Exception | None] = [
        None,
        mine,
        dataclasses.replace(mine, station_id=uuid.UUID(int=2), key=Ed25519PrivateKey.generate()),
        IdentityError("half written"),
        new := dataclasses.replace(mine, key=Ed25519PrivateKey.generate()),
        new,
    ]

    def load() -> Identity | None:
        one = found.pop(0)
        if isinstance(one, Exception):
            raise one
        return one

    renewal = Renewal(mine, load)
    assert [renewal.look() for _ in range(6)] == [None, None, None, None, new, None]
