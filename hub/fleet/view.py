"""Vehicles as people see them: the registration, and what is known of them now, in four queries a page."""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from typing import Final, Protocol

from sqlalchemy.ext.asyncio import AsyncSession

from hub.fleet import energy, mds, papers, repository, rules, vin
from hub.fleet.schemas import VehicleShape
from hub.fleet.tables import Custody, Vehicle
from hub.kernel.clock import Clock

_OWN: Final = (
    "id", "created_at", "label", "type_id", "kind", "model", "dock_kind", "full_range_km", "rentable", "why_not",
    "tariff_id", "vin", "plate", "service", "papers_until",
)  # fmt: skip
_MIN_SOC_PCT: Final = 20.0  # where the station is not known


class Places(Protocol):
    """The stations. Filled by the wiring."""

    async def heard_of(
        self, session: AsyncSession, ids: Sequence[uuid.UUID]
    ) -> Mapping[uuid.UUID, tuple[dt.datetime | None, float]]:
        """Of these stations when they were last heard of, and below which charge (%) they rent nothing out."""


class Promises(Protocol):
    """The bookings. Filled by the wiring."""

    async def promised(self, session: AsyncSession, ids: Sequence[uuid.UUID], now: dt.datetime) -> set[uuid.UUID]:
        """Those of these vehicles that are kept for a booking now."""


class View:
    """Shows vehicles."""

    def __init__(self, clock: Clock, places: Places, promises: Promises) -> None:
        self._clock = clock
        self._places = places
        self._promises = promises

    async def shown(self, session: AsyncSession, vehicles: Sequence[Vehicle]) -> list[VehicleShape]:
        """These vehicles as JSON."""
        ids = [one.id for one in vehicles]
        custody = await repository.custody_of(session, ids)
        places = await self._places.heard_of(session, sorted({one.station_id for one in custody.values()}))
        promised = await self._promises.promised(session, ids, self._clock.now())
        return [self._shape(one, custody.get(one.id), places, one.id in promised) for one in vehicles]

    def _shape(
        self,
        vehicle: Vehicle,
        custody: Custody | None,
        places: Mapping[uuid.UUID, tuple[dt.datetime | None, float]],
        promised: bool,
    ) -> VehicleShape:
        now = self._clock.now()
        battery = {} if custody is None else custody.battery or {}
        heard_at, min_soc_pct = (None, _MIN_SOC_PCT)
        if custody is not None:
            heard_at, min_soc_pct = places.get(custody.station_id, (None, _MIN_SOC_PCT))
        soc_pct, soh_pct = battery.get("soc_pct"), battery.get("soh_pct")
        judged = mds.judged(
            mds.Known(
                service=vehicle.service, rentable=vehicle.rentable, why_not=vehicle.why_not,
                papers_over=papers.over_at(vehicle.papers_until, now),
                custody=None if custody is None else custody.state,
                on_rental=custody is not None and custody.rental_id is not None,
                since=None if custody is None else custody.since, soc_pct=soc_pct, min_soc_pct=min_soc_pct,
                faulty=bool(battery.get("fault_codes")), promised=promised, heard_at=heard_at,
            ),
            now,
        )  # fmt: skip
        return VehicleShape(
            **{name: getattr(vehicle, name) for name in _OWN},
            vin_checked=None if vehicle.vin is None else vin.is_checked(vehicle.vin),
            state="unknown" if custody is None else custody.state,
            mds_state=judged.state,
            mds_reason=judged.reason,
            contact_lost=judged.contact_lost,
            station_id=None if custody is None else custody.station_id,
            dock_no=custody.dock_no if custody is not None and custody.state == "docked" else None,
            rental_id=None if custody is None else custody.rental_id,
            since=None if custody is None else custody.since,
            soc_pct=soc_pct,
            soh_pct=soh_pct,
            battery_at=None if custody is None else rules.read_at(custody.battery_hlc),
            range_km=energy.range_km(soc_pct, vehicle.full_range_km, soh_pct),
        )
