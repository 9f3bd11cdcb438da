"""What a charger keeps over a power cut: its meter, its running transaction, what it has not delivered, its book."""

import datetime as dt
from pathlib import Path
from typing import Any

import msgspec


class Charge(msgspec.Struct, kw_only=True):
    """One charging session as it physically happened. Energy by the charger's meter, in Wh."""

    no: int  # the charger's own count, before any transaction id is known
    id_token: str
    started_at: dt.datetime
    meter_start_wh: int
    transaction_id: int | None = None
    stopped_at: dt.datetime | None = None
    meter_stop_wh: int | None = None
    reason: str = ""
    energy_wh: float = 0.0  # what the car took, unrounded


class Undelivered(msgspec.Struct, frozen=True, kw_only=True):
    """A message about a charge that the station has not acknowledged; repeated with equal payload until it has."""

    action: str
    charge_no: int
    payload: dict[str, Any]


class ChargerMemory(msgspec.Struct, kw_only=True):
    """Hand it to the next SimCharger to restart the same charger."""

    register_wh: float = 0.0
    charges: list[Charge] = msgspec.field(default_factory=list)  # the book; the last one may be running
    queue: list[Undelivered] = msgspec.field(default_factory=list)

    @property
    def running(self) -> Charge | None:
        """The charge that has not ended."""
        return self.charges[-1] if self.charges and self.charges[-1].stopped_at is None else None


def read_memory(file: Path) -> ChargerMemory:
    """The memory in a file; an empty one where there is none. Raises msgspec.DecodeError on a foreign file."""
    return msgspec.json.decode(file.read_bytes(), type=ChargerMemory) if file.exists() else ChargerMemory()


def write_memory(file: Path, memory: ChargerMemory) -> None:
    """Replace the file as a whole: a kill in between leaves the old one."""
    fresh = file.with_suffix(".new")
    fresh.write_bytes(msgspec.json.encode(memory))
    fresh.replace(file)
