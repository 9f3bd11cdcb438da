"""Somebody went to a full station to see whether a vehicle stands where its renter says that he left it."""

import uuid
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncSession

from hub.kernel.clock import Clock
from hub.kernel.reach import within
from hub.rentals.service import Rentals
from protocols.errors import Refused
from protocols.values import to_ms


class Cases(Protocol):
    """What a person must look at. Filled by the wiring."""

    async def find(self, session: AsyncSession, case_id: uuid.UUID, by: uuid.UUID, why: str, *, settles: bool) -> None:
        """A person has looked, and settled it or not. Raises Refused `not_found`, `case_resolved`."""


class Looking:
    """What a person found who looked."""

    def __init__(self, clock: Clock, rentals: Rentals, cases: Cases) -> None:
        self._clock = clock
        self._rentals = rentals
        self._cases = cases

    async def found(
        self, session: AsyncSession, case_id: uuid.UUID, rental_id: uuid.UUID, *, there: bool, by: uuid.UUID, why: str
    ) -> None:
        """It stands there: the ride keeps its end, the case is resolved. It does not: flagged for the money's people.

        Raises Refused `not_found`, `case_resolved`.
        """
        # The vehicle's turn first, as every fold takes it before it tells of cases.
        async with within(session, None):
            before = await self._rentals.line_up(session, rental_id)
        if before["parking"] is None:  # it came back elsewhere before: there is nothing to look for
            raise Refused("case_resolved")
        await self._cases.find(session, case_id, by, why, settles=there)
        async with within(session, None):  # as a fact that a station tells, which concerns rides anywhere
            await self._rentals.look(session, before, there=there, at_ms=to_ms(self._clock.now()), by=by)
