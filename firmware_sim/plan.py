"""What stands at the simulated station, as data: docks, vehicles with their places, chargers, meter.

The ids are those of the hub's demo data (`voltdock-hub run --demo`). No device is made here; that is `world`.
"""

import hashlib
import hmac
import uuid
from dataclasses import dataclass, field
from typing import Final

from firmware_sim.vehicles.vehicle import VehicleKind
from protocols.dock.codes import Kind

ENROLMENT_CODE: Final = "DEMO-014-RIVERSIDE"
STATION_ID: Final = uuid.UUID("01900000-0000-7000-8000-000000000014")
RENTER_CARD: Final = "04A1B2C3D4E5F6"
OPERATOR_CARD: Final = "04D10C0FFEE001"
RESERVATION: Final = ("VD-7K2M", "4711")


@dataclass(frozen=True, slots=True, kw_only=True)
class DockPlan:
    """One dock; its bus address is its number."""

    dock_no: int
    kind: Kind = Kind.LATCH


@dataclass(frozen=True, slots=True, kw_only=True)
class VehiclePlan:
    """One vehicle and where it stands at first (`dock_no` None: outside). `picture` is the kind that people see."""

    vehicle_id: uuid.UUID
    label: str
    picture: str
    soc: float
    dock_no: int | None

    @property
    def kind(self) -> VehicleKind:
        """What kind of dock it fits."""
        return VehicleKind.CAR if self.picture == "car" else VehicleKind.TWO_WHEELER


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargerPlan:
    """One charger with one connector, and its visitor's car: how full, how strong its on-board charger."""

    charger_id: str
    label: str
    car_soc: float
    car_power_w: float


@dataclass(frozen=True, slots=True, kw_only=True)
class StationPlan:
    """One station's hardware. `base_load_w` is what lights and computers draw."""

    docks: tuple[DockPlan, ...]
    vehicles: tuple[VehiclePlan, ...]
    chargers: tuple[ChargerPlan, ...]
    meter_id: str = "grid"
    base_load_w: float = 180.0
    seed: int = field(default=14)


def _vehicle_id(number: int) -> uuid.UUID:
    return uuid.UUID(f"01900000-0000-7000-8000-0000000001{number:02d}")


# Five latches and one bay: whoever rents a two-wheeler finds a free dock to give it back to, and so does the car.
DEMO: Final = StationPlan(
    docks=(*(DockPlan(dock_no=number) for number in range(1, 6)), DockPlan(dock_no=6, kind=Kind.BAY)),
    vehicles=(
        VehiclePlan(vehicle_id=_vehicle_id(1), label="V-104", picture="scooter", soc=0.92, dock_no=1),
        VehiclePlan(vehicle_id=_vehicle_id(2), label="V-131", picture="scooter", soc=0.78, dock_no=2),
        VehiclePlan(vehicle_id=_vehicle_id(3), label="V-118", picture="scooter", soc=0.96, dock_no=4),
        VehiclePlan(vehicle_id=_vehicle_id(4), label="V-099", picture="moped", soc=0.24, dock_no=5),
        VehiclePlan(vehicle_id=_vehicle_id(5), label="C-201", picture="car", soc=0.81, dock_no=6),
    ),
    chargers=(
        ChargerPlan(charger_id="CP-01", label="Charger 1", car_soc=0.35, car_power_w=11_000.0),
        ChargerPlan(charger_id="CP-02", label="Charger 2", car_soc=0.58, car_power_w=7_400.0),
    ),
)


def dock_secret(station_secret: bytes, dock_no: int) -> bytes:
    """The 128-bit secret of one dock, derived from the station's."""
    return hmac.digest(station_secret, f"voltdock-sim dock {dock_no}".encode(), hashlib.sha256)[:16]
