"""The money of the model: who pays how, what the gateway tells and how often, and whether all books agree."""

import secrets
import uuid
from collections import Counter
from typing import Any, Final

from sqlalchemy import select

from hub.kernel.db import Database
from hub.kernel.wishes import Task, Wish
from hub.payments import bookkeeping
from hub.payments.billing import COLLECT
from hub.payments.money_tables import Bill, Payment, PaymentMethod
from protocols.gateway import operations, webhooks
from protocols.gateway.operations import Operation
from protocols.values import to_ms
from tests.hub.stations_double import World
from tests.model.gateway import MemoryGateway

SECRET: Final = secrets.token_bytes(32)
CARDS: Final = ("card_ok", "card_silent", "card_busy", "card_pending", "card_late_no", "card_declined")
CLEARING: Final = "clearing:simulated"


class ModelTill:
    """Drives what the hub's jobs and the gateway do by themselves, one step at a time."""

    def __init__(self, database: Database, world: World, gateway: MemoryGateway) -> None:
        self._database = database
        self._world = world
        self.gateway = gateway
        self.told: list[Operation] = []

    async def pays_with(self, account_id: uuid.UUID, token: str) -> None:
        """This renter's card from now on."""
        clock = self._world.kernel.clock
        async with self._database.transaction() as session:
            session.add(
                PaymentMethod(
                    id=clock.new_id(), created_at=clock.now(), account_id=account_id, gateway="simulated",
                    token=token, label="Card", removed_at=None,
                )
            )  # fmt: skip

    async def post(self) -> None:
        """Bills that changed are posted."""
        async with self._database.transaction() as session:
            while await self._world.rooms.billing.post_due(session):
                pass

    async def collect(self, task: Task) -> bool:
        """One try of one wish; whether it is done."""
        try:
            await self._world.doors.collecting.collect(task)
        except (OSError, TimeoutError):
            return False
        async with self._database.transaction() as session:
            (await session.get_one(Wish, task.id)).done_at = self._world.kernel.clock.now()
        return True

    async def wishes(self) -> list[Task]:
        """What is to be collected."""
        waiting = select(Wish).where(Wish.kind == COLLECT, Wish.done_at.is_(None)).order_by(Wish.created_at, Wish.id)
        async with self._database.reading() as session:
            rows = (await session.scalars(waiting)).all()
        return [Task(id=row.id, kind=row.kind, payload=row.payload) for row in rows]

    async def tell(self, operation: Operation, *, secret: bytes = SECRET) -> int:
        """Deliver an event; the hub's status."""
        body = operations.encode(operation)
        now_s = to_ms(self._world.kernel.clock.now()) // 1000
        headers = webhooks.sign(secret, f"evt_{operation.ref}_{operation.outcome.value}", now_s, body)
        async with self._world.client.post("/api/v1/webhooks/simulated", data=body, headers=headers) as answer:
            return answer.status

    async def finish(self) -> None:
        """All is decided, told, posted and collected."""
        for _ in range(6):
            await self.post()
            for key in self.gateway.pending():
                self.gateway.settle(key)
            while self.gateway.news:
                assert await self.tell(self.gateway.news.pop(0)) in (200, 202)
            if all([await self.collect(task) for task in await self.wishes()]) and not self.gateway.pending():
                await self.post()
                break
        assert await self.wishes() == []

    async def check(self) -> None:
        """After each step: the ledger balances, and shows all that was taken but what is still under way."""
        async with self._database.reading() as session:
            assert await bookkeeping.unbalanced(session) == []
            stands = {one.account: one.amount_minor for one in await bookkeeping.balances(session)}
            payments = (await session.scalars(select(Payment))).all()
        moved = self.gateway.moved()
        assert moved.keys() <= {one.key for one in payments}, "money moved that nobody had written down before"
        known = {one.key: one.amount_minor for one in payments if one.outcome == "succeeded"}
        assert known.items() <= moved.items(), "a payment stands in the books that the gateway never took"
        assert stands.get(CLEARING, 0) == sum(known.values())
        under_way = {one.key for one in payments if one.outcome == "pending"}
        assert moved.keys() - known.keys() <= under_way, "taken, decided, and not in the books"

    async def check_end(self, rentals: list[dict[str, Any]]) -> Counter[str]:
        """At the end: every ride is billed once, what was taken is in the ledger, what is owed is somebody's debt."""
        await self.check()
        async with self._database.reading() as session:
            bills = {str(one.id): one for one in (await session.scalars(select(Bill))).all()}
            stands = {one.account: one.amount_minor for one in await bookkeeping.balances(session)}
        assert bills.keys() == {one["id"] for one in rentals}
        for ride in rentals:
            bill = bills[ride["id"]]
            assert bill.posted
            assert bill.posted_total_minor == ride["total"]["minor"], ride
        billed = sum(one.posted_total_minor for one in bills.values())
        taken = sum(self.gateway.moved().values())
        owed = sum(minor for account, minor in stands.items() if account.startswith("receivable:"))
        earned = -sum(minor for account, minor in stands.items() if account.startswith(("revenue:", "tax")))
        assert billed == earned == taken + owed
        assert taken == stands.get(CLEARING, 0) == sum(one.paid_minor for one in bills.values())
        assert owed == sum(one.total_minor - one.paid_minor for one in bills.values())
        return Counter(one.state for one in bills.values())
