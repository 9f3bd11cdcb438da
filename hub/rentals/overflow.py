"""A return to a full station: the renter scans vehicle and station, and the bill stops there.

The scan is one more sighting of the vehicle, so the ride's fold decides as always: whoever saw the vehicle first after
the ride began ends it. What its station tells of it later changes nothing. A person must go and see to the vehicle.
"""

import datetime as dt
import uuid
from typing import Final, Protocol

from sqlalchemy.ext.asyncio import AsyncSession

from hub.kernel.clock import Clock
from hub.kernel.reach import within
from hub.rentals.returns import PARKED
from hub.rentals.service import Rentals
from hub.rentals.tables import Rental
from protocols.errors import Refused
from protocols.values import to_ms

FRESH: Final = dt.timedelta(minutes=5)  # a station shows its docks every minute
_SCANS: Final = uuid.UUID("0b7f4a6e-8f0f-5c57-9d0e-51c1b8c0a9d2")
_LOGICAL_BITS: Final = 16


class Docks(Protocol):
    """The stations' docks. Filled by the wiring."""

    async def free_docks(self, session: AsyncSession, station_id: uuid.UUID, since: dt.datetime) -> int | None:
        """How many could take a vehicle, as it was shown since then; None where nobody knows."""


class Overflow:
    """Takes vehicles back beside full docks."""

    def __init__(self, clock: Clock, docks: Docks, rentals: Rentals) -> None:
        self._clock = clock
        self._docks = docks
        self._rentals = rentals

    async def accept(self, session: AsyncSession, rental: Rental, station_id: uuid.UUID, vehicle_id: uuid.UUID) -> None:
        """End the ride at this instant, at this station. A second time changes nothing.

        Raises Refused `rental_not_out`, `vehicle_differs`, `docks_not_known`, `docks_free`.
        """
        if rental.ended_by == "overflow" and rental.ended_station_id == station_id:
            return
        if rental.state != "active" or rental.began_hlc is None:
            raise Refused("rental_not_out", state=rental.state)
        if rental.vehicle_id != vehicle_id:
            raise Refused("vehicle_differs")
        now = self._clock.now()
        free = await self._docks.free_docks(session, station_id, now - FRESH)
        if free is None:
            raise Refused("docks_not_known")
        if free > 0:
            raise Refused("docks_free", count=free)
        scan = {
            "fact_id": uuid.uuid5(_SCANS, str(rental.id)), "vehicle_id": vehicle_id,
            # The station where it began may be ahead of us: a return comes after its beginning whatever clocks say.
            "hlc": max(to_ms(now) << _LOGICAL_BITS, rental.began_hlc + 1), "station_id": station_id, "what": PARKED,
            "at": now, "dock_no": 0, "soc_pct": None, "uncertainty_ms": 0, "odometer_m": None,
        }  # fmt: skip
        async with within(session, None):  # as a fact that a station tells, which concerns rides anywhere
            await self._rentals.see(session, [scan])
        await session.refresh(rental)
