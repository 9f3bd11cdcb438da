"""What the station tells of its meter is what the meter could have shown. Pure: book in, findings out."""

from collections.abc import Iterator
from typing import Final

from tests.journeys.faults.books import Finding, Kind, World

SLACK_WH: Final = 1.0  # registers are 32-bit floats
# What a grid meter of this world can show at all: a value of another register among them would stand out.
_RANGES: Final = {"voltage_l1_v": (180.0, 260.0), "voltage_l2_v": (180.0, 260.0), "frequency_hz": (49.0, 51.0)}


def readings(world: World) -> Iterator[Finding]:
    """No energy that has not flowed, none that vanished before the round, nothing out of another register."""
    for one in world.readings:
        told_wh = one.told.get("energy_import_wh")
        if told_wh is not None and not -SLACK_WH <= told_wh <= one.energy_wh + SLACK_WH:
            yield Finding(Kind.WRONG, f"the meter had counted {one.energy_wh:.1f} Wh, the station tells {told_wh:.1f}")
        for name, (least, most) in _RANGES.items():
            value = one.told.get(name, least)
            if not least <= value <= most:
                yield Finding(Kind.WRONG, f"the station tells {value:g} for {name}")
