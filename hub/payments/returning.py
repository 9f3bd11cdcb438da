"""Gives back what renters have paid in advance: asks the gateway, posts it, and has a person look when it fails."""

import datetime as dt
import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from hub import events
from hub.kernel.clock import Clock
from hub.kernel.db import Database
from hub.payments import bookkeeping, ledger
from hub.payments.collecting import StillPendingError
from hub.payments.gateways.port import Gateway, Outcome, Result
from hub.payments.pay_tables import PayRefund
from hub.payments.ports import Cases
from protocols.errors import Refused

NOT_RETURNED: Final = "deposit_not_returned"
PATIENCE: Final = dt.timedelta(hours=1)
"""So long a gateway may fail before a person is told; the work is tried on all the same, for some hours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Owing:
    """What goes back: of the order, or the try, `of` at this gateway; all that is left where no amount is said.

    `key` names this wish; `about` what it was paid for.
    """

    key: str
    gateway: str
    of: str
    amount_minor: int | None
    currency: str
    account_id: uuid.UUID | None
    about: uuid.UUID


class Returning:
    """Carries it out, outside of transactions; every step may be made again."""

    def __init__(self, database: Database, clock: Clock, gateways: Mapping[str, Gateway], cases: Cases) -> None:
        self._database = database
        self._clock = clock
        self._gateways = gateways
        self._cases = cases

    async def give_back(self, owing: Owing) -> None:
        """Once per key. Raises OSError where it must be tried again, Refused where the gateway says no."""
        gateway = self._gateways.get(owing.gateway)
        if gateway is None:
            raise Refused("gateway_not_set_up", gateway=owing.gateway)
        result = await self._asked(owing, self._call(gateway, owing))
        if result.outcome is Outcome.PENDING:
            raise StillPendingError("the gateway has not decided yet")
        async with self._database.transaction() as session:
            if result.outcome is Outcome.DECLINED:
                await self._cases.see(session, [self._case(owing, result.code)])
            else:
                await self._post(session, owing, result)
        if result.outcome is Outcome.DECLINED:
            raise Refused("refund_declined", why=result.code)  # a person may begin the work anew

    def _call(self, gateway: Gateway, owing: Owing) -> Callable[[], Awaitable[Result]]:
        if owing.amount_minor is None:
            return lambda: gateway.void(owing.key, owing.of, owing.currency)
        amount = owing.amount_minor
        return lambda: gateway.refund(owing.key, owing.of, amount, owing.currency)

    async def _asked(self, owing: Owing, ask: Callable[[], Awaitable[Result]]) -> Result:
        try:
            return await ask()
        except (OSError, TimeoutError) as error:
            async with self._database.transaction() as session:
                since = await session.get(PayRefund, owing.key)
                if since is not None and self._clock.now() - since.asked_at > PATIENCE:
                    await self._cases.see(session, [self._case(owing, f"{type(error).__name__}: {error}"[:80])])
            raise

    async def _post(self, session: AsyncSession, owing: Owing, result: Result) -> None:
        entries = ledger.deposited(owing.gateway, owing.account_id, owing.currency, -result.amount_minor)
        posting = ledger.posting(f"payment:{owing.key}", ledger.IN_ADVANCE, owing.about, entries, note=result.ref)
        await bookkeeping.post(session, self._clock, [] if posting is None else [posting])
        await self._cases.see(session, [self._case(owing, "", standing=False)])

    def _case(self, owing: Owing, code: str, *, standing: bool = True) -> events.CaseSeen:
        return events.CaseSeen(
            kind=NOT_RETURNED, about=owing.about, seen_at=self._clock.now(), standing=standing,
            account_id=owing.account_id, why="" if standing else "it has been given back",
            seen={"currency": owing.currency, "gateway": owing.gateway, "code": code} if standing else {},
        )  # fmt: skip
