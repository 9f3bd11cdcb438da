"""Keeps the balance's copies in step with rentals and fleet, in the transaction of whoever tells."""

import datetime as dt
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from hub import events
from hub.balance import repository

KEPT_FOR: Final = dt.timedelta(weeks=27)


class Copies:
    """What the balance knows of rides and vehicles."""

    async def when_rides(self, session: AsyncSession, event: events.RidesChanged) -> None:
        """Rides began, ended, were dated anew, or were none."""
        rides = {one.rental_id: one for one in event.rides}
        kept = [one for one in rides.values() if one.is_ride and one.started_at is not None]
        await repository.forget_rides(session, sorted(rides.keys() - {one.rental_id for one in kept}))
        rows = [
            {
                "rental_id": one.rental_id, "vehicle_id": one.vehicle_id, "from_station_id": one.station_id,
                "started_at": one.started_at, "to_station_id": one.ended_station_id, "ended_at": one.ended_at,
            }
            for one in sorted(kept, key=lambda one: one.rental_id)
        ]  # fmt: skip
        await repository.put_rides(session, rows)

    async def when_registered(self, session: AsyncSession, event: events.VehiclesRegistered) -> None:
        """What the fleet says of vehicles."""
        rows = [
            {
                "vehicle_id": one.vehicle_id, "label": one.label, "kind": one.kind, "battery_wh": one.battery_wh,
                "charge_w": one.charge_w, "why_not": one.why_not, "papers_until": one.papers_until,
            }
            for one in sorted(event.vehicles, key=lambda one: one.vehicle_id)
        ]  # fmt: skip
        await repository.put_vehicles(session, rows)

    async def when_placed(self, session: AsyncSession, event: events.VehiclesPlaced) -> None:
        """Where vehicles are now, and their charge."""
        rows = [
            {
                "vehicle_id": one.vehicle_id, "station_id": one.station_id, "dock_no": one.dock_no,
                "docked": one.docked, "soc_pct": one.soc_pct, "faulty": one.faulty,
            }
            for one in sorted(event.vehicles, key=lambda one: one.vehicle_id)
        ]  # fmt: skip
        await repository.put_vehicles(session, rows)

    async def forget_old(self, session: AsyncSession, now: dt.datetime) -> None:
        """Forget rides that nothing is learnt from any more."""
        await repository.forget_before(session, now - KEPT_FOR)
