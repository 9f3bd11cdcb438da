"""Payouts against a real gateway process's socket, on both databases: asked once, moved once, told by the report."""

import contextlib
import datetime as dt
import uuid
from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import select

from firmware_sim.demo.ports import free_ports
from firmware_sim.gateway.endpoint import Gateway
from hub.kernel.clock import SystemClock
from hub.kernel.db import Database
from hub.kernel.wishes import Task, Wish
from hub.payments import bookkeeping, reports
from hub.payments.gateways.simulated import SimulatedGateway
from hub.payments.payout_tables import Payout
from hub.payments.payouts import PAYOUT, Payouts
from protocols.errors import Refused
from protocols.gateway.operations import Kind
from tests.hub.conftest import FixedAuth
from tests.hub.stations_double import World

CLOCK = SystemClock()
ME = uuid.UUID(int=7)


class Office:
    """Somebody who wants a payout, beside a gateway that is not always there."""

    def __init__(self, database: Database) -> None:
        self.database, self.port = database, free_ports().hub
        self.gateway = Gateway("key", bytes(32), None, settle_after_s=0.05)
        self.client = SimulatedGateway(f"http://127.0.0.1:{self.port}", "key", timeout_s=0.3)
        self.payouts = Payouts(database, CLOCK, {"simulated": self.client})

    @contextlib.asynccontextmanager
    async def reached(self) -> AsyncIterator[None]:
        async with self.gateway.listening("127.0.0.1", self.port):
            yield

    async def ask(self, amount_minor: int = 5000) -> None:
        async with self.database.transaction() as session:
            await self.payouts.ask(
                session, ME, gateway="simulated", currency="EUR", amount_minor=amount_minor, why="month's end"
            )

    async def work(self) -> None:
        async with self.database.reading() as session:
            for row in (await session.scalars(select(Wish).where(Wish.kind == PAYOUT))).all():
                await self.payouts.carry_out(Task(id=row.id, kind=row.kind, payload=row.payload))

    async def states(self) -> list[tuple[str, str]]:
        async with self.database.reading() as session:
            return [(one.state, one.ref) for one in await session.scalars(select(Payout))]

    def moved(self) -> list[int]:
        return [one.amount_minor for one in self.gateway.book.report(0, 2**62) if one.kind is Kind.PAYOUT]


@pytest.fixture
def office(database: Database) -> Office:
    return Office(database)


async def test_a_payout_is_made_once_however_often_it_is_tried(office: Office) -> None:
    await office.ask()
    assert await office.states() == [("asked", "")]
    with pytest.raises(OSError):  # noqa: PT011  # whichever way it is not there
        await office.work()
    assert await office.states() == [("asked", "")]
    async with office.reached():
        await office.work()
        await office.work()
    assert office.moved() == [5000]
    assert await office.states() == [("succeeded", "op_000001")]


async def test_a_try_that_was_cut_off_after_the_money_moved_moves_none_again(office: Office) -> None:
    await office.ask()
    async with office.reached():
        await office.work()
        async with office.database.transaction() as session:  # as if the hub had died before it wrote this down
            row = (await session.scalars(select(Payout))).one()
            row.state, row.ref = "asked", ""
        await office.work()
    assert office.moved() == [5000]
    assert await office.states() == [("succeeded", "op_000001")]


async def test_the_report_posts_it_to_the_ledger_once(office: Office) -> None:
    await office.ask()
    async with office.reached():
        await office.work()
        lines = await office.client.report(CLOCK.now() - dt.timedelta(hours=1), CLOCK.now() + dt.timedelta(hours=1))
    for _ in range(2):
        async with office.database.transaction() as session:
            await reports.take_in(session, CLOCK, "simulated", lines)
    async with office.database.reading() as session:
        assert await bookkeeping.unbalanced(session) == []
        found = {one.account: one.amount_minor for one in await bookkeeping.balances(session)}
    assert sorted(found.values()) == [-5000, 5000]
    assert found["clearing:simulated"] == -5000


async def test_a_gateway_that_is_gone_from_the_settings_ends_it(office: Office) -> None:
    await office.ask()
    office.payouts = Payouts(office.database, CLOCK, {})
    with pytest.raises(Refused, match="gateway_not_set_up"):
        await office.work()


@pytest.mark.parametrize(
    "wrong", [{"gateway": "nobody"}, {"amount_minor": 0}, {"amount_minor": -5}, {"currency": "euro"}, {"why": ""}]
)
async def test_a_wrong_wish_is_answered_and_nothing_is_kept(
    world: World, auth: FixedAuth, wrong: dict[str, Any]
) -> None:
    auth.sign_in("payouts:ask")
    good = {"gateway": "simulated", "currency": "EUR", "amount_minor": 5000, "why": "month's end"}
    headers = {"Idempotency-Key": uuid.uuid4().hex}
    async with world.client.post("/api/v1/payouts", json=good | wrong, headers=headers) as answer:
        assert (answer.status, (await answer.json(content_type=None))["code"]) == (422, "invalid")
    async with world.client.get("/api/v1/payouts") as answer:
        assert (await answer.json())["items"] == []
