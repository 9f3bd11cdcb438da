"""Use cases of vehicles' papers: enter, take back, and what they mean for renting."""

import datetime as dt
import uuid

from sqlalchemy.ext.asyncio import AsyncSession

from hub.fleet import papers, repository
from hub.fleet.schemas import NewDocument
from hub.fleet.service import Fleet
from hub.fleet.tables import Vehicle, VehicleDocument
from hub.kernel.clock import Clock
from hub.kernel.problem import invalid


class Documents:
    """Vehicles' papers. What they allow travels to the stations with the vehicle."""

    def __init__(self, clock: Clock, fleet: Fleet) -> None:
        self._clock = clock
        self._fleet = fleet

    async def add(
        self, session: AsyncSession, vehicle: Vehicle, new: NewDocument, by: uuid.UUID | None
    ) -> VehicleDocument:
        """Enter a paper. Raises a 422 for one that ends before it begins."""
        if new.valid_until is not None and new.valid_until <= new.valid_from:
            raise invalid("/valid_until", "must be after valid_from")
        made = VehicleDocument(
            id=self._clock.new_id(), created_at=self._clock.now(), vehicle_id=vehicle.id, **new.model_dump()
        )
        session.add(made)
        await self._weigh(session, vehicle)
        await self._fleet.note(session, vehicle.id, "paper_entered", by, _told(made))
        return made

    async def remove(
        self, session: AsyncSession, vehicle: Vehicle, document: VehicleDocument, by: uuid.UUID | None
    ) -> None:
        """Take back a paper that should not stand there; the history keeps what it was."""
        await session.delete(document)
        await self._weigh(session, vehicle)
        await self._fleet.note(session, vehicle.id, "paper_removed", by, _told(document))

    async def look(self, session: AsyncSession, now: dt.datetime) -> None:
        """Every hour: a paper may have begun that follows one with a gap between them."""
        for vehicle in await repository.with_papers_over(session, now):
            await self._weigh(session, vehicle)

    async def _weigh(self, session: AsyncSession, vehicle: Vehicle) -> None:
        await session.flush()
        until = papers.rentable_until(await repository.papers_of(session, vehicle.id), self._clock.now())
        if until != vehicle.papers_until:
            vehicle.papers_until, vehicle.version = until, vehicle.version + 1
            await self._fleet.tell(session, [vehicle])


def _told(document: VehicleDocument) -> str:
    until = "" if document.valid_until is None else document.valid_until.date().isoformat()
    return " ".join(filter(None, (document.kind, document.number, until)))
