"""OCPP 1.6 meter values → samples in Wh, W, A, V and percent. Never refuses; what it cannot read it leaves out.

Source: OCPP 1.6 §7.21 (MeterValue), §7.31 (Measurand), §7.46 (UnitOfMeasure) and the peculiarities observed in
the field: integers as text, missing units, invented measurands and units.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from protocols.charger.reading import moment, number, text

ENERGY: Final = "Energy.Active.Import.Register"

# measurand (folded) → our field, and the factor of every unit that we understand (folded).
_FIELDS: Final[Mapping[str, tuple[str, Mapping[str, float]]]] = {
    ENERGY.casefold(): ("energy_wh", {"wh": 1.0, "kwh": 1000.0}),
    "power.active.import": ("power_w", {"w": 1.0, "kw": 1000.0}),
    "current.import": ("current_a", {"a": 1.0, "ma": 0.001}),
    "voltage": ("voltage_v", {"v": 1.0, "mv": 0.001, "kv": 1000.0}),
    "soc": ("soc_pct", {"percent": 1.0, "%": 1.0}),
}
_DEFAULT_UNIT: Final = {"energy_wh": "wh", "power_w": "w", "current_a": "a", "voltage_v": "v", "soc_pct": "percent"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One instant of a charging meter; energy is the register in Wh, not the session's share."""

    sampled_at: dt.datetime
    energy_wh: int | None = None
    power_w: float | None = None
    current_a: float | None = None
    voltage_v: float | None = None
    soc_pct: float | None = None


def samples_of(meter_values: object, *, fallback_at: dt.datetime, energy_unit: str = "Wh") -> tuple[Sample, ...]:
    """The samples of a `meterValue` or `transactionData` list, oldest first; none where nothing was readable.

    `fallback_at` dates an entry whose own timestamp is missing or unreadable; `energy_unit` is what this charger
    means when it names no unit of energy (the standard: Wh).
    """
    entries = meter_values if isinstance(meter_values, list) else [meter_values]
    found = [_sample(entry, fallback_at, energy_unit) for entry in entries if isinstance(entry, dict)]
    return tuple(sorted((sample for sample in found if sample), key=lambda sample: sample.sampled_at))


def _sample(entry: dict[str, Any], fallback_at: dt.datetime, energy_unit: str) -> Sample | None:
    sampled = entry.get("sampledValue")
    by_field: dict[str, dict[str, float]] = {}
    for one in sampled if isinstance(sampled, list) else [sampled]:
        read = _value(one, energy_unit) if isinstance(one, dict) else None
        if read:
            field, phase, value = read
            by_field.setdefault(field, {}).setdefault(phase, value)
    if not by_field:
        return None
    whole = {field: _whole(field, phases) for field, phases in by_field.items()}
    energy_wh = whole.pop("energy_wh", None)
    return Sample(
        sampled_at=moment(entry.get("timestamp")) or fallback_at,
        energy_wh=None if energy_wh is None else round(energy_wh),
        **whole,
    )


def _value(sampled: dict[str, Any], energy_unit: str) -> tuple[str, str, float] | None:
    """(our field, phase, value in our unit), or None where this one is not for us."""
    measurand = text(sampled, "measurand") or ENERGY
    field, units = _FIELDS.get(measurand.casefold(), ("", {}))
    if not field or text(sampled, "format").casefold() == "signeddata":
        return None
    location = text(sampled, "location").casefold()
    if field != "soc_pct" and location not in {"", "outlet"}:
        return None  # what the inlet draws includes the charger's own losses and other outlets
    unit = text(sampled, "unit") or (energy_unit if field == "energy_wh" else _DEFAULT_UNIT[field])
    factor = units.get(unit.casefold())
    value = number(sampled.get("value"))
    if factor is None or value is None:
        return None
    return field, text(sampled, "phase").upper(), value * factor


def _whole(field: str, phases: dict[str, float]) -> float:
    """One figure for all phases: the charger's own where it gives one, else what that quantity means."""
    if "" in phases:
        return phases[""]
    to_neutral = [value for phase, value in phases.items() if phase in {"L1", "L2", "L3", "L1-N", "L2-N", "L3-N"}]
    values = to_neutral or list(phases.values())
    match field:
        case "energy_wh" | "power_w":
            return sum(values)
        case "current_a":
            return max(values)  # what a fuse cares about
        case _:
            return sum(values) / len(values)
