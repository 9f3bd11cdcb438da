"""Bills, payments, methods and the ledger over HTTP; webhooks are believed when they are the gateway's and fresh."""

import time
import uuid
from typing import Any

import pytest

from hub import wiring
from hub.kernel.web import Kernel
from hub.payments import webhook_api
from hub.payments.gateways.simulated import SimulatedGateway
from hub.payments.till import Till
from protocols.gateway import operations, webhooks
from protocols.gateway.operations import Kind, Operation, Outcome
from protocols.values import UTC
from tests.hub.conftest import FixedAuth, ManualClock, Serve
from tests.hub.rentals.test_rentals import RENTAL, tariffs
from tests.hub.rentals.test_returns import at, began, docked
from tests.hub.stations_double import World

SECRET = bytes(range(32))


@pytest.fixture
async def desk(kernel: Kernel, serve: Serve) -> Any:
    """The money's routes of a hub that has the simulated gateway."""
    till = Till(
        gateways={"simulated": SimulatedGateway("http://127.0.0.1:9", "key")},
        dialects={"simulated": webhook_api.Simulated(SECRET)},
    )
    rooms = wiring.Rooms(kernel.clock, kernel.nudges, till=till)
    doors = wiring.Doors(kernel, rooms, _key())
    return await serve(kernel, wiring.domain_routes(doors))


def _key() -> Any:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    return Ed25519PrivateKey.generate()


async def test_a_ride_is_a_bill_and_a_balanced_posting(world: World, auth: FixedAuth) -> None:
    await tariffs(world)
    one, other = await world.station("1"), await world.station("2")
    await at(world, one, 0, *began(0))
    await at(world, other, 12, docked(12))
    auth.sign_in("payments:read", "ledger:read")
    async with world.client.get("/api/v1/bills") as answer:
        (bill,) = (await answer.json())["items"]
    assert (bill["id"], bill["total_minor"], bill["state"]) == (str(RENTAL), 290, "open")
    async with world.kernel.database.transaction() as session:
        assert await world.rooms.billing.post_due(session) == 1
    async with world.client.get("/api/v1/ledger", params={"subject_id": str(RENTAL)}) as answer:
        (posting,) = (await answer.json())["items"]
    assert sum(one["amount_minor"] for one in posting["entries"]) == 0
    async with world.client.get("/api/v1/ledger/balances", params={"prefix": "receivable:"}) as answer:
        shown = await answer.json()
    assert (shown["balanced"], [one["amount_minor"] for one in shown["accounts"]]) == (True, [290])


async def test_people_see_and_change_only_their_own_methods(desk: Any, auth: FixedAuth) -> None:
    auth.sign_in("payment_methods:own", account_id=uuid.UUID(int=1))
    new = {"gateway": "simulated", "token": "card_ok", "label": "Visa ·· 4242"}
    async with desk.post("/api/v1/payment-methods", json=new, headers={"Idempotency-Key": "a"}) as answer:
        assert answer.status == 201, await answer.text()
        mine = await answer.json()
    wrong = new | {"gateway": "barter"}
    async with desk.post("/api/v1/payment-methods", json=wrong, headers={"Idempotency-Key": "b"}) as answer:
        assert (answer.status, (await answer.json())["code"]) == (422, "gateway_not_set_up")
    async with desk.get("/api/v1/payment-methods") as answer:
        items = (await answer.json())["items"]
    assert [(one["id"], one["label"]) for one in items] == [(mine["id"], "Visa ·· 4242")]
    assert "token" not in items[0]
    auth.sign_in("payment_methods:own", account_id=uuid.UUID(int=2))
    async with desk.get("/api/v1/payment-methods") as answer:
        assert (await answer.json())["items"] == []
    async with desk.delete(f"/api/v1/payment-methods/{mine['id']}") as answer:
        assert answer.status == 404
    auth.sign_in("payment_methods:own", account_id=uuid.UUID(int=1))
    async with desk.delete(f"/api/v1/payment-methods/{mine['id']}") as answer:
        assert answer.status == 204


def event(key: str = "k") -> bytes:
    return operations.encode(
        Operation(
            ref="op_1", key=key, kind=Kind.CHARGE, outcome=Outcome.SUCCEEDED, amount_minor=5, currency="EUR", at_ms=1
        )
    )


async def test_an_event_of_the_gateway_is_taken_once(desk: Any, clock: ManualClock) -> None:
    now_s = int(clock.now().astimezone(UTC).timestamp())
    headers = webhooks.sign(SECRET, "evt_1", now_s, event())
    answers = []
    for _ in range(2):
        async with desk.post("/api/v1/webhooks/simulated", data=event(), headers=headers) as answer:
            answers.append((answer.status, (await answer.json())["taken"]))
    assert answers == [(202, True), (200, False)]


@pytest.mark.parametrize(
    ("secret", "late_s", "body"),
    [(bytes(32), 0, event()), (SECRET, 301, event()), (SECRET, -301, event()), (SECRET, 0, event("another"))],
    ids=["another secret", "a replay", "from the future", "another body"],
)
async def test_a_forged_or_replayed_event_is_refused(
    desk: Any, clock: ManualClock, secret: bytes, late_s: int, body: bytes
) -> None:
    at_s = int(clock.now().timestamp()) - late_s
    headers = webhooks.sign(secret, "evt_1", at_s, event())
    async with desk.post("/api/v1/webhooks/simulated", data=body, headers=headers) as answer:
        assert (answer.status, (await answer.json())["code"]) == (401, "bad_signature")


async def test_without_a_gateway_there_is_no_such_door(world: World) -> None:
    headers = webhooks.sign(SECRET, "evt_1", int(time.time()), event())
    async with world.client.post("/api/v1/webhooks/simulated", data=event(), headers=headers) as answer:
        assert answer.status == 404
