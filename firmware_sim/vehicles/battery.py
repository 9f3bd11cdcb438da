"""A battery in time: coulomb counting, voltage under load, warming, wear, constant current then constant voltage.

It knows no dock and no clock: `advance` is told how much time passed.
"""

import math
from typing import Final

from firmware_sim.vehicles.chemistry import EMPTY_CELL_V, FULL_CELL_V, Pack, cell_voltage_v, stored_share_v

_STEP_S: Final = 10.0
_REFERENCE_C: Final = 25.0
_RESISTANCE_PER_K: Final = 0.012  # an NMC cell's resistance about doubles from 25 °C to 0 °C
_CUTOFF_C: Final = 0.05  # charging ends when the current has fallen to a twentieth of the capacity
_WEAR_PER_CYCLE: Final = 0.0002  # 80 % of the capacity after 1000 full cycles
_AUX_SPREAD_K: Final = 1.5  # outer cells are cooler, inner ones warmer than the average


class Battery:
    """One pack. `soc` runs from 0 to 1 and `soh` is the share of the new capacity that is left.

    `energy_in_wh` and `energy_out_wh` count what passed its terminals, `heat_wh` what became heat inside.
    """

    def __init__(self, pack: Pack, *, soc: float = 0.8, soh: float = 1.0, ambient_c: float = 20.0) -> None:
        if not (0.0 <= soc <= 1.0 and 0.0 < soh <= 1.0):
            raise ValueError("soc from 0 to 1, soh above 0 and up to 1")
        self.pack = pack
        self.soc = soc
        self.soh = soh
        self.ambient_c = ambient_c
        self.temperature_c = ambient_c
        self.current_a = 0.0
        self.throughput_ah = 0.0
        self.energy_in_wh = 0.0
        self.energy_out_wh = 0.0
        self.heat_wh = 0.0
        self.fault_codes: tuple[int, ...] = ()
        self._full = soc >= 1.0

    @property
    def capacity_ah(self) -> float:
        """What the pack holds today."""
        return self.pack.capacity_ah * self.soh

    @property
    def open_voltage_v(self) -> float:
        """Voltage at rest."""
        return cell_voltage_v(self.soc) * self.pack.cells_in_series

    @property
    def voltage_v(self) -> float:
        """Voltage at the terminals, under the present current."""
        return self.open_voltage_v + self.current_a * self.resistance_ohm

    @property
    def resistance_ohm(self) -> float:
        """Internal resistance: higher when cold and when worn."""
        cold = math.exp(_RESISTANCE_PER_K * min(40.0, max(-20.0, _REFERENCE_C - self.temperature_c)))
        return self.pack.resistance_ohm * cold * (2.0 - self.soh)

    @property
    def stored_wh(self) -> float:
        """Chemical energy above empty."""
        return stored_share_v(self.soc) * self.pack.cells_in_series * self.capacity_ah

    @property
    def cycle_count(self) -> int:
        """Full equivalent cycles."""
        return int(self.throughput_ah / (2 * self.pack.capacity_ah))

    @property
    def temperatures_c(self) -> tuple[float, float, float]:
        """Minimum, average and maximum over the cells; they spread under load."""
        load = min(1.0, abs(self.current_a) / self.pack.capacity_ah)
        spread = _AUX_SPREAD_K * (0.3 + load)
        return self.temperature_c - spread, self.temperature_c, self.temperature_c + spread

    def advance(self, seconds: float, *, power_w: float) -> float:
        """Let time pass. Positive `power_w` is what a charger offers, negative what a load draws.

        Returns the energy that went in (positive) or came out (negative) at the terminals, in Wh. The pack
        takes less than the offer when its limits say so, and gives nothing when it is empty.
        """
        before = self.energy_in_wh - self.energy_out_wh
        while seconds > 0:
            step_s = min(seconds, _STEP_S)
            self._step(step_s, power_w)
            seconds -= step_s
        return self.energy_in_wh - self.energy_out_wh - before

    def _step(self, step_s: float, power_w: float) -> None:
        current = self._charging_a(power_w) if power_w > 0 else self._discharging_a(power_w)
        hours = step_s / 3600
        room_ah = (1.0 - self.soc) * self.capacity_ah
        current = min(current, room_ah / hours)
        current = max(current, -self.soc * self.capacity_ah / hours)
        ocv_before, resistance = self.open_voltage_v, self.resistance_ohm
        self.soc = min(1.0, max(0.0, self.soc + current * hours / self.capacity_ah))
        self.current_a = current
        energy = (ocv_before + self.open_voltage_v) / 2 * current * hours + current**2 * resistance * hours
        if energy >= 0:
            self.energy_in_wh += energy
        else:
            self.energy_out_wh -= energy
        self._warm(current**2 * resistance, step_s)
        self.throughput_ah += abs(current) * hours

    def _charging_a(self, offer_w: float) -> float:
        limit_v = FULL_CELL_V * self.pack.cells_in_series
        if self._full and limit_v - self.open_voltage_v < 0.01 * limit_v:
            return 0.0  # charged to the cut-off: it rests until it has been used
        self._full = False
        by_voltage = (limit_v - self.open_voltage_v) / self.resistance_ohm
        by_current = self.pack.charge_limit_c * self.capacity_ah
        current = min(by_voltage, by_current, self._at_power(offer_w))
        # Only the voltage limit ends a charge; a weak charger's small current does not.
        if by_voltage <= _CUTOFF_C * self.capacity_ah:
            self._full = True
            return 0.0
        return max(0.0, current)

    def _discharging_a(self, load_w: float) -> float:
        if load_w == 0 or self.soc <= 0.0:
            return 0.0
        floor_v = EMPTY_CELL_V * self.pack.cells_in_series
        most = max(0.0, (self.open_voltage_v - floor_v) / self.resistance_ohm)
        return max(self._at_power(load_w), -most)

    def _at_power(self, power_w: float) -> float:
        """The current I for which (OCV + I R) I is the power; the strongest one where that much cannot be."""
        ocv, resistance = self.open_voltage_v, self.resistance_ohm
        root = ocv**2 + 4 * resistance * power_w
        return (math.sqrt(max(0.0, root)) - ocv) / (2 * resistance)

    def _warm(self, heat_w: float, step_s: float) -> None:
        self.heat_wh += heat_w * step_s / 3600
        settled = self.ambient_c + heat_w / self.pack.heat_loss_w_k
        share = math.exp(-step_s * self.pack.heat_loss_w_k / self.pack.heat_capacity_j_k)
        self.temperature_c = settled + (self.temperature_c - settled) * share

    def disconnect(self) -> None:
        """Nothing is connected any more: the current is zero at once."""
        self.current_a = 0.0

    def age(self, cycles: float) -> None:
        """Wear the pack by so many full cycles at once. Energy counters stand still; the charge level too."""
        self.throughput_ah += 2 * cycles * self.pack.capacity_ah
        self.soh = max(0.4, self.soh - cycles * _WEAR_PER_CYCLE)
