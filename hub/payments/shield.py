"""Keeps stations with older agents from renting at a price that they cannot compute.

An agent that does not say `rich_tariffs` reads neither that list nor the new fields: it would take another tariff
without a word. So a vehicle that would be rented by such a version is told to those stations as not rentable, with
the reason, from a day before the version begins (a station may be away for a while).
"""

import dataclasses
import datetime as dt
import uuid
from collections.abc import Collection, Mapping, Sequence
from typing import Final, Protocol

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from hub import events
from hub.kernel.clock import Clock
from hub.kernel.reach import Reach, within
from hub.payments import repository
from hub.payments.tables import TariffReader
from protocols.sync import facts
from protocols.sync.changes import Item, VehicleItem
from protocols.tariff.choice import Version, Wanted, choose
from protocols.values import to_ms

FEATURE: Final = "rich_tariffs"
VEHICLES: Final = "vehicles"
WHY_NOT: Final = "tariff_needs_update"
AHEAD: Final = dt.timedelta(days=1)


class Lists(Protocol):
    """The lists that stations hold. Filled by the wiring."""

    async def put(self, session: AsyncSession, name: str, items: list[Item]) -> None:
        """Add or replace items for all stations."""

    async def replace(self, session: AsyncSession, name: str, items: Sequence[Item], *, station_id: uuid.UUID) -> None:
        """These are the station's own items from now on, and no others."""


class Vehicles(Protocol):
    """The fleet as the stations are told it. Filled by the wiring."""

    async def items(self, session: AsyncSession) -> Sequence[VehicleItem]:
        """Every vehicle."""


class Owners(Protocol):
    """Whose stations are. Filled by the wiring."""

    async def organisations_of(
        self, session: AsyncSession, ids: Collection[uuid.UUID]
    ) -> Mapping[uuid.UUID, uuid.UUID]:
        """Station → its organisation."""


class Shield:
    """Between the lists and the stations that cannot price everything. `vehicles` is set by the wiring."""

    vehicles: Vehicles

    def __init__(self, clock: Clock, lists: Lists, owners: Owners) -> None:
        self._owners = owners
        self._clock = clock
        self._lists = lists

    async def put(self, session: AsyncSession, name: str, items: list[Item]) -> None:
        """Add or replace items for all stations; what that means for the old ones follows."""
        await self._lists.put(session, name, items)
        await self.look(session)

    async def when_added(self, session: AsyncSession, event: events.StationAdded) -> None:
        """Until its agent says more, a new station can price what all can."""
        if await repository.reader(session, event.station_id) is None:
            session.add(TariffReader(station_id=event.station_id, reads_rich=False, agent_hlc=-1))
            await session.flush()
            await self._tell(session, [event.station_id], [event.station_id])  # to the others it means nothing

    async def when_devices(self, session: AsyncSession, event: events.DevicesReported) -> None:
        """An agent started: what can it price?"""
        for one in event.facts:
            if not isinstance(one.body, facts.AgentStarted):
                continue
            row = await repository.reader(session, one.station_id)
            if row is None:
                row = TariffReader(station_id=one.station_id, reads_rich=False, agent_hlc=-1)
                session.add(row)
            if one.hlc > row.agent_hlc:
                before, row.reads_rich = row.reads_rich, FEATURE in one.body.features
                row.agent_hlc = one.hlc
                await session.flush()
                if before is not row.reads_rich:
                    # Its own list alone: who holds one station's feed and reaches for another's may meet a publisher.
                    await self._tell(session, [] if row.reads_rich else [one.station_id], [one.station_id])

    async def sweep(self, session: AsyncSession, _: dt.datetime) -> None:
        """Every hour: a version that begins within a day."""
        await self.look(session)

    async def look(self, session: AsyncSession) -> None:
        """Tell each station of those kinds what it cannot rent out now. What is told already changes nothing."""
        old = await repository.stations_that_read_no_rich(session)
        await self._tell(session, old, old)

    async def _tell(self, session: AsyncSession, old: Sequence[uuid.UUID], stations: Sequence[uuid.UUID]) -> None:
        """To these stations what they cannot rent out; nothing to those that are not old."""
        if not stations:
            return
        if not (old and await repository.has_rich(session)):
            for station_id in stations:
                await self._lists.replace(session, VEHICLES, [], station_id=station_id)
            return
        organisations = await self._owners.organisations_of(session, stations)
        for organisation_id in sorted(set(organisations.values())):
            async with within(session, Reach(organisation_id=organisation_id)):
                versions = await repository.versions_for(session, "rental")
                vehicles = await self.vehicles.items(session) if versions else ()
            moments = self._moments(versions)
            for station_id in (one for one in stations if organisations.get(one) == organisation_id):
                closed = _closed_at(station_id, vehicles, versions, moments) if station_id in old else []
                await self._lists.replace(session, VEHICLES, closed, station_id=station_id)

    def _moments(self, versions: Sequence[Version]) -> list[int]:
        """Now, and when another version begins within a day."""
        now_ms = to_ms(self._clock.now())
        soon_ms = now_ms + AHEAD // dt.timedelta(milliseconds=1)
        return [now_ms, *(one.valid_from_ms for one in versions if now_ms < one.valid_from_ms <= soon_ms)]


def _closed_at(
    station_id: uuid.UUID, vehicles: Sequence[VehicleItem], versions: Sequence[Version], moments: Sequence[int]
) -> list[VehicleItem]:
    """These vehicles as a station is told them that cannot price what they would be rented by."""
    wanted = Wanted(use="rental", station_id=station_id)
    needs: dict[tuple[str, uuid.UUID | None], bool] = {}
    for kind, tariff_id in {(one.kind, one.tariff_id) for one in vehicles}:
        asked = dataclasses.replace(wanted, kind=kind, tariff_id=tariff_id)
        chosen = (choose(versions, asked, at_ms) for at_ms in moments)
        needs[kind, tariff_id] = any(one is not None and not one.tariff.is_simple for one in chosen)
    return [
        msgspec.structs.replace(one, rentable=False, why_not=WHY_NOT)
        for one in vehicles
        if one.rentable and needs[one.kind, one.tariff_id]
    ]
