"""What the simulated station keeps between two runs: where the vehicles are, how full, and what the meter shows.

Chargers keep their own memory (`chargers.memory`).
"""

import uuid
from pathlib import Path

import msgspec


class KeptVehicle(msgspec.Struct, frozen=True, kw_only=True):
    """One vehicle; `dock_no` None while it is out."""

    vehicle_id: uuid.UUID
    dock_no: int | None
    soc: float
    odometer_km: float


class KeptDock(msgspec.Struct, frozen=True, kw_only=True):
    """The counters that a dock must not begin anew."""

    dock_no: int
    boot_count: int
    next_event: int


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """The whole."""

    vehicles: list[KeptVehicle] = []
    docks: list[KeptDock] = []
    meter_import_wh: tuple[float, float, float] = (0.0, 0.0, 0.0)


def recall(file: Path) -> Kept | None:
    """What was kept, or None where nothing was. Raises msgspec.DecodeError on a foreign file."""
    return msgspec.json.decode(file.read_bytes(), type=Kept) if file.exists() else None


def keep(file: Path, kept: Kept) -> None:
    """Replace the file as a whole: a kill in between leaves the old one."""
    fresh = file.with_suffix(".new")
    fresh.write_bytes(msgspec.json.encode(kept))
    fresh.replace(file)
