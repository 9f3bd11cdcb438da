"""What a lithium-ion pack is made of: its open-circuit voltage over the state of charge, and its figures.

Data and interpolation only; how a pack behaves in time is `battery`.
"""

import bisect
import itertools
from dataclasses import dataclass
from typing import Final

# Open-circuit voltage of one NMC cell at 25 °C, (state of charge, V): the usual shape of data sheets of
# 18650 and 21700 cells (2.5 V cut-off, 4.2 V end of charge), read at rest.
_OCV: Final = (
    (0.00, 3.00),
    (0.05, 3.38),
    (0.10, 3.47),
    (0.20, 3.56),
    (0.30, 3.62),
    (0.40, 3.66),
    (0.50, 3.71),
    (0.60, 3.79),
    (0.70, 3.89),
    (0.80, 3.99),
    (0.90, 4.09),
    (1.00, 4.20),
)
_SOCS: Final = tuple(soc for soc, _ in _OCV)
FULL_CELL_V: Final = 4.20
EMPTY_CELL_V: Final = 2.80  # under load; the BMS disconnects


@dataclass(frozen=True, slots=True, kw_only=True)
class Pack:
    """The figures of one pack when new. `heat_capacity_j_k` and `heat_loss_w_k` shape its temperature."""

    cells_in_series: int
    capacity_ah: float
    resistance_ohm: float
    charge_limit_c: float  # largest charging current in multiples of the capacity
    heat_capacity_j_k: float
    heat_loss_w_k: float


# 13 cells in series, 48 V nominal, about 1 kWh: a two-wheeler's removable pack of some 6 kg.
TWO_WHEELER: Final = Pack(
    cells_in_series=13,
    capacity_ah=21.0,
    resistance_ohm=0.075,
    charge_limit_c=0.5,
    heat_capacity_j_k=6_000.0,
    heat_loss_w_k=1.2,
)
# 96 in series, 355 V nominal, about 52 kWh: a small car's traction battery of some 320 kg.
CAR: Final = Pack(
    cells_in_series=96,
    capacity_ah=146.0,
    resistance_ohm=0.065,
    charge_limit_c=1.0,
    heat_capacity_j_k=300_000.0,
    heat_loss_w_k=20.0,
)


def cell_voltage_v(soc: float) -> float:
    """Open-circuit voltage of one cell at a state of charge from 0 to 1; beyond the ends the ends."""
    if soc <= 0.0:
        return _OCV[0][1]
    if soc >= 1.0:
        return _OCV[-1][1]
    right = bisect.bisect_right(_SOCS, soc)
    (low, low_v), (high, high_v) = _OCV[right - 1], _OCV[right]
    return low_v + (high_v - low_v) * (soc - low) / (high - low)


def stored_share_v(soc: float) -> float:
    """The integral of the cell's voltage from 0 to `soc`: stored energy per unit of charge, in V."""
    total = 0.0
    for (low, low_v), (high, high_v) in itertools.pairwise(_OCV):
        if soc <= low:
            break
        end = min(soc, high)
        end_v = low_v + (high_v - low_v) * (end - low) / (high - low)
        total += (end - low) * (low_v + end_v) / 2
    return total
