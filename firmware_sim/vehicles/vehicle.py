"""A vehicle that people ride and docks hold: an id on its tag, a kind, a battery.

It does not know where it stands; docks and the world do.
"""

import enum
import uuid
from typing import Final

from firmware_sim.vehicles.battery import Battery
from firmware_sim.vehicles.chemistry import CAR, TWO_WHEELER


class VehicleKind(enum.StrEnum):
    """What a dock must be made for."""

    TWO_WHEELER = "two_wheeler"
    CAR = "car"


_PACKS: Final = {VehicleKind.TWO_WHEELER: TWO_WHEELER, VehicleKind.CAR: CAR}
# Mean consumption while moving: a 45 km/h scooter in town, a small car (WLTP with losses).
_WH_PER_KM: Final = {VehicleKind.TWO_WHEELER: 35.0, VehicleKind.CAR: 160.0}


class SimVehicle:
    """One vehicle. `tag_readable` False: the dock sees that something stands there, but not what."""

    def __init__(
        self,
        *,
        vehicle_id: uuid.UUID,
        kind: VehicleKind = VehicleKind.TWO_WHEELER,
        soc: float = 0.8,
        soh: float = 1.0,
        ambient_c: float = 20.0,
        tag_readable: bool = True,
        tells_odometer: bool = True,
    ) -> None:
        self.vehicle_id = vehicle_id
        self.kind = kind
        self.battery = Battery(_PACKS[kind], soc=soc, soh=soh, ambient_c=ambient_c)
        self.tag_readable = tag_readable
        self.tells_odometer = tells_odometer
        self.odometer_km = 0.0

    @property
    def odometer_m(self) -> int | None:
        """What it tells docks; None for a vehicle without such a line."""
        return int(self.odometer_km * 1000) if self.tells_odometer else None

    def ride(self, *, seconds: float, speed_km_h: float = 25.0) -> float:
        """Ride for so long; returns the kilometres that the battery was good for."""
        power_w = _WH_PER_KM[self.kind] * speed_km_h
        wanted_wh = power_w * seconds / 3600
        used_wh = -self.battery.advance(seconds, power_w=-power_w)
        share = min(1.0, used_wh / wanted_wh) if wanted_wh > 0 else 0.0
        distance_km = speed_km_h * seconds / 3600 * share
        self.odometer_km += distance_km
        return distance_km

    def rest(self, *, seconds: float) -> None:
        """Stand still, off."""
        self.battery.advance(seconds, power_w=0.0)
