"""Pure: the rules there are, how grave each is, and for how long it must hold before anybody is told.

A domain that watches for something new adds its row here and returns it from its watcher.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

Severity: TypeAlias = Literal["info", "warning", "critical"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A kind of alarm, and when it is raised and cleared unless settings say otherwise.

    It is raised when its condition has held for `after_s`, and cleared when it has not held for `clear_s`.
    """

    severity: Severity
    after_s: int
    clear_s: int = 300
    enabled: bool = True


RULES: Final[Mapping[str, Rule]] = {
    "station_silent": Rule(severity="critical", after_s=600, clear_s=60),  # 90 s make it silent; lines come back
    "station_revoked": Rule(severity="critical", after_s=0, clear_s=0),
    "outbox_late": Rule(severity="warning", after_s=900),
    "dock_fault": Rule(severity="warning", after_s=300),
    "connector_fault": Rule(severity="warning", after_s=300),
    "clock_doubtful": Rule(severity="warning", after_s=900),
    "store_low": Rule(severity="critical", after_s=60),
    "store_damaged": Rule(severity="critical", after_s=0),
    "facts_lost": Rule(severity="critical", after_s=0, clear_s=0),  # holds for a day after the loss
    "quarantine": Rule(severity="warning", after_s=300, clear_s=60),
    "vehicle_left": Rule(severity="critical", after_s=600, clear_s=0),  # out of a dock, and nobody's rental
    "vehicle_missing": Rule(severity="warning", after_s=48 * 3600, clear_s=0),  # out for so long, rental or not
    "supply_low": Rule(severity="warning", after_s=900),
}
