"""What a three-phase energy meter measures: power flows through it, energy adds up. No endpoint, no clock."""

import math
from dataclasses import dataclass, field
from typing import Final

NOMINAL_V: Final = 230.0
SOURCE_OHM: Final = 0.05  # of the grid connection: a loaded phase sags a little, as real ones do
PHASES: Final = (1, 2, 3)


@dataclass(slots=True, kw_only=True)
class MeterDevice:
    """Energy registers survive everything, as in a real meter; keep the object to keep the figures."""

    frequency_hz: float = 50.0
    power_factor: float = 1.0
    power_w: list[float] = field(default_factory=lambda: [0.0, 0.0, 0.0])
    import_wh: list[float] = field(default_factory=lambda: [0.0, 0.0, 0.0])
    export_wh: list[float] = field(default_factory=lambda: [0.0, 0.0, 0.0])

    def advance(self, seconds: float) -> None:
        """Let time pass at the present power."""
        for phase, power_w in enumerate(self.power_w):
            energy_wh = power_w * seconds / 3600
            if energy_wh >= 0:
                self.import_wh[phase] += energy_wh
            else:
                self.export_wh[phase] -= energy_wh

    def readings(self) -> dict[str, float]:
        """Everything it can tell, by our names for readings."""
        told: dict[str, float] = {}
        apparent_va, reactive_var = 0.0, 0.0
        for number, power_w in zip(PHASES, self.power_w, strict=True):
            s_va = abs(power_w) / self.power_factor
            q_var = math.sqrt(max(s_va**2 - power_w**2, 0.0))
            voltage_v = NOMINAL_V - SOURCE_OHM * power_w / NOMINAL_V
            told |= {
                f"voltage_l{number}_v": voltage_v,
                f"current_l{number}_a": s_va / voltage_v,
                f"power_l{number}_w": power_w,
                f"apparent_power_l{number}_va": s_va,
                f"reactive_power_l{number}_var": q_var,
                f"power_factor_l{number}": self.power_factor,
                f"energy_import_l{number}_wh": self.import_wh[number - 1],
                f"energy_export_l{number}_wh": self.export_wh[number - 1],
            }
            apparent_va, reactive_var = apparent_va + s_va, reactive_var + q_var
        return told | {
            "power_w": sum(self.power_w),
            "apparent_power_va": apparent_va,
            "reactive_power_var": reactive_var,
            "power_factor": self.power_factor,
            "frequency_hz": self.frequency_hz,
            "energy_import_wh": sum(self.import_wh),
            "energy_export_wh": sum(self.export_wh),
        }
