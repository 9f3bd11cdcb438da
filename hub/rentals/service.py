"""Use cases of rentals: fold the stations' facts into rentals, check the bills, use up reservations."""

import uuid
from collections.abc import Iterable
from typing import Any, Protocol

from sqlalchemy.ext.asyncio import AsyncSession

from hub import events
from hub.rentals import repository, rules
from hub.rentals.booking import Booking
from protocols.sync import facts
from protocols.tariff.tariff import Tariff


class Tariffs(Protocol):
    """The tariff versions that the payments' room knows. Filled by the wiring."""

    async def by_version(
        self, session: AsyncSession, wanted: Iterable[tuple[uuid.UUID, int]]
    ) -> dict[tuple[uuid.UUID, int], Tariff]:
        """These versions; what is not known is left out."""


class Rentals:
    """Rentals as the stations tell them."""

    def __init__(self, tariffs: Tariffs, booking: Booking) -> None:
        self._tariffs = tariffs
        self._booking = booking

    async def when_rentals(self, session: AsyncSession, event: events.RentalsReported) -> None:
        """Apply a batch of rental facts of one station."""
        told = [(one, one.body) for one in event.facts if isinstance(one.body, rules.RentalFact)]
        rows = await repository.rental_rows(session, {fact.rental_id for _, fact in told})
        ended: list[uuid.UUID] = []
        for one, fact in told:
            before = rows.get(fact.rental_id) or rules.new_rental(fact.rental_id, one.station_id, one.received_at)
            rows[fact.rental_id] = rules.rental_after(before, one.station_id, fact)
            if isinstance(fact, facts.RentalEnded):
                ended.append(fact.rental_id)
        await self._check_prices(session, [rows[rental_id] for rental_id in ended])
        await repository.put_rentals(session, list(rows.values()))
        await self._booking.settle(session, [row for row in rows.values() if row["reservation_id"] is not None])

    async def _check_prices(self, session: AsyncSession, rows: list[dict[str, Any]]) -> None:
        """Our own sum beside the station's: a difference is kept and flagged, never corrected silently."""
        tariffs = await self._tariffs.by_version(session, {(row["tariff_id"], row["tariff_version"]) for row in rows})
        for row in rows:
            tariff = tariffs.get((row["tariff_id"], row["tariff_version"]))
            row["price_checked"] = None if tariff is None else rules.is_right(row, tariff)
