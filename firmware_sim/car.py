"""A visitor's car as a charger sees it: a battery behind an on-board charger. It knows no plug and no charger."""

from typing import Final

from firmware_sim.vehicles.battery import Battery
from firmware_sim.vehicles.chemistry import CAR

ONBOARD_EFFICIENCY: Final = 0.92  # AC to DC; on-board chargers' data sheets say 0.90 to 0.94


class VisitorCar:
    """Energy and power are those at the plug; what reaches the battery is `ONBOARD_EFFICIENCY` of it."""

    def __init__(self, *, soc: float, max_charge_power_w: float) -> None:
        self.battery = Battery(CAR, soc=soc)
        self._most_w = max_charge_power_w

    @property
    def soc_pct(self) -> float:
        """State of charge."""
        return self.battery.soc * 100

    @property
    def max_charge_power_w(self) -> float:
        """What the on-board charger takes at most."""
        return self._most_w

    def advance(self, seconds: float, power_w: float) -> float:
        """Let time pass with so much offered at the plug; returns the energy in Wh that was taken there."""
        offer_w = min(power_w, self._most_w) * ONBOARD_EFFICIENCY
        return self.battery.advance(seconds, power_w=offer_w) / ONBOARD_EFFICIENCY

    def drive_home_and_back(self, soc: float) -> None:
        """It comes back as empty as it was, so that there is something to charge again."""
        self.battery = Battery(CAR, soc=soc)
