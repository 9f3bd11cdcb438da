"""Keeps what searches read in step with the fleet and the stations, in the transaction of whoever tells."""

import datetime as dt
import uuid
from typing import Final

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from hub import events
from hub.kernel.bulk import upsert_many
from hub.rentals.offer_tables import OfferStation, OfferVehicle

_HEARD_EVERY: Final = dt.timedelta(seconds=30)


class Offers:
    """The copy that searches read."""

    def __init__(self) -> None:
        self._heard: dict[uuid.UUID, dt.datetime] = {}

    async def when_presented(self, session: AsyncSession, event: events.StationPresented) -> None:
        """A station is there, or has moved."""
        row = {
            "station_id": event.station_id, "name": event.name, "currency": event.currency,
            "latitude": event.latitude, "longitude": event.longitude, "min_soc_pct": event.min_soc_pct,
        }  # fmt: skip
        await upsert_many(session, OfferStation, [row], key=("station_id",))

    async def when_seen(self, session: AsyncSession, event: events.StationSeen) -> None:
        """A station has spoken; written down twice a minute, and at once when it leaves."""
        last = self._heard.get(event.station_id)
        if not event.left and last is not None and event.at - last < _HEARD_EVERY:
            return
        self._heard[event.station_id] = event.at
        heard_at = None if event.left else event.at
        changed = update(OfferStation).where(OfferStation.station_id == event.station_id).values(heard_at=heard_at)
        await session.execute(changed.execution_options(synchronize_session=False))

    async def when_registered(self, session: AsyncSession, event: events.VehiclesRegistered) -> None:
        """What the fleet says of vehicles."""
        rows = [
            {
                "vehicle_id": one.vehicle_id, "label": one.label, "kind": one.kind, "model": one.model,
                "type_id": one.type_id, "tariff_id": one.tariff_id, "full_range_km": one.full_range_km,
                "battery_wh": one.battery_wh, "wh_per_km": one.wh_per_km, "charge_w": one.charge_w,
                "why_not": one.why_not, "papers_until": one.papers_until,
            }
            for one in event.vehicles
        ]  # fmt: skip
        await upsert_many(session, OfferVehicle, rows, key=("vehicle_id",))

    async def when_placed(self, session: AsyncSession, event: events.VehiclesPlaced) -> None:
        """Where vehicles are now, and their charge."""
        rows = [
            {
                "vehicle_id": one.vehicle_id, "station_id": one.station_id, "dock_no": one.dock_no,
                "docked": one.docked, "soc_pct": one.soc_pct, "soh_pct": one.soh_pct, "soc_at": one.soc_at,
                "faulty": one.faulty,
            }
            for one in event.vehicles
        ]  # fmt: skip
        await upsert_many(session, OfferVehicle, rows, key=("vehicle_id",))
