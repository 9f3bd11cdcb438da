"""What is promised from now on, for whoever would take vehicles elsewhere. Rather too much than too little."""

import datetime as dt
import uuid
from collections import Counter
from collections.abc import Mapping
from typing import Final

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from hub.rentals.lease_rules import OPEN
from hub.rentals.tables import Lease, Reservation

_OVER: Final = ("used", "active", "closed", "cancelled", "refused", "expired", "broken", "no_show", "void", "voided")


class PromisesMade:
    """Bookings and leases that are not over."""

    async def promised_from(
        self, session: AsyncSession, now: dt.datetime
    ) -> tuple[set[uuid.UUID], Mapping[tuple[uuid.UUID, str], int]]:
        """Vehicles that are booked or leased by name; how many more of each kind (empty: any) at each station."""
        vehicle = func.coalesce(Lease.kept_vehicle_id, Lease.vehicle_id)
        leases = select(vehicle.label("vehicle_id"), Lease.station_id, Lease.vehicle_kind).where(Lease.state.in_(OPEN))
        # A booking with a lease is counted by its lease, unless it names a vehicle that the lease does not.
        bookings = select(Reservation.vehicle_id, Reservation.station_id, Reservation.vehicle_kind).where(
            Reservation.state.not_in(_OVER),
            Reservation.until_at > now,
            or_(Reservation.lease_id.is_(None), Reservation.vehicle_id.is_not(None)),
        )
        rows = [*await session.execute(leases), *await session.execute(bookings)]
        named = {row.vehicle_id for row in rows if row.vehicle_id is not None}
        kinds = Counter((row.station_id, row.vehicle_kind or "") for row in rows if row.vehicle_id is None)
        return named, kinds
