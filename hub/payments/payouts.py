"""Payouts that a person asks for: so much of what a gateway took goes to the operator's bank.

Durable: written down with its wish in one transaction, asked for outside of any, under a key made of its id, so that a
try that was cut off moves money once. The ledger is told by the gateway's report, like of payouts that it makes itself.
"""

import uuid
from collections.abc import Mapping
from typing import Final

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from hub.kernel import wishes
from hub.kernel.clock import Clock
from hub.kernel.db import Database
from hub.kernel.problem import invalid
from hub.kernel.wishes import Task
from hub.payments.collecting import StillPendingError
from hub.payments.gateways.port import Gateway, Outcome
from hub.payments.payout_tables import Payout
from protocols.errors import Refused

PAYOUT: Final = "payout"
_log = structlog.get_logger("hub.payouts")


class Payouts:
    """Asks for payouts and carries them out, through the gateways that are set up."""

    def __init__(self, database: Database, clock: Clock, gateways: Mapping[str, Gateway]) -> None:
        self._database = database
        self._clock = clock
        self._gateways = gateways

    async def ask(
        self, session: AsyncSession, by: uuid.UUID, *, gateway: str, currency: str, amount_minor: int, why: str
    ) -> Payout:
        """Write it down; it is asked for within seconds. A 422 for a gateway that is not set up."""
        if gateway not in self._gateways:
            raise invalid("/gateway", "this gateway is not set up")
        row = Payout(
            id=self._clock.new_id(), created_at=self._clock.now(), gateway=gateway, currency=currency,
            amount_minor=amount_minor, asked_by=by, why=why, state="asked", code="", ref="", ended_at=None,
        )  # fmt: skip
        session.add(row)
        await wishes.wish(session, self._clock, PAYOUT, {"payout_id": str(row.id)})
        await session.flush()
        return row

    async def carry_out(self, task: Task) -> None:
        """The handler of the wish `payout`."""
        payout_id = uuid.UUID(str(task.payload["payout_id"]))
        async with self._database.reading() as session:
            row = await session.get(Payout, payout_id)
        if row is None or row.state != "asked":
            return
        gateway = self._gateways.get(row.gateway)
        if gateway is None:
            raise Refused("gateway_not_set_up", gateway=row.gateway)
        result = await gateway.payout(f"payout:{row.id}", row.amount_minor, row.currency)
        if result.outcome is Outcome.PENDING:
            raise StillPendingError("the gateway has not decided yet")
        async with self._database.transaction() as session:
            row = await session.get(Payout, payout_id, with_for_update=True)
            if row is not None and row.state == "asked":
                row.state, row.code, row.ref = result.outcome.value, result.code, result.ref
                row.ended_at = self._clock.now()
        _log.info("payout", payout=str(payout_id), outcome=result.outcome.value, code=result.code)
