"""Pure: what a battery's charge is worth in energy and distance."""


def energy_wh(soc_pct: float | None, battery_wh: float | None, soh_pct: float | None = None) -> float | None:
    """The energy that a trip could take: the usable one when new, aged, filled so far. None where nobody knows."""
    if soc_pct is None or battery_wh is None:
        return None
    aged = battery_wh if soh_pct is None else battery_wh * soh_pct / 100
    return aged * soc_pct / 100


def range_km(soc_pct: float | None, full_range_km: float, soh_pct: float | None = None) -> float | None:
    """How far it goes with the charge it has."""
    left = energy_wh(soc_pct, full_range_km, soh_pct)
    return None if left is None else round(left, 1)
