"""One figure of a benchmark, and how it stands against its goal."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Result:
    """`baseline` is the other figure where `value` is a ratio to something measured in the same run."""

    name: str
    value: float
    unit: str
    goal: float | None
    higher_is_better: bool
    met: bool | None
    baseline: float | None = None
    note: str = ""


def at_most(name: str, value: float, unit: str, goal: float, note: str = "") -> Result:
    """A figure that should not exceed its goal."""
    return Result(name, value, unit, goal, higher_is_better=False, met=value <= goal, note=note)


def at_least(
    name: str, value: float, unit: str, goal: float, *, baseline: float | None = None, note: str = ""
) -> Result:
    """A figure that should reach its goal."""
    return Result(name, value, unit, goal, higher_is_better=True, met=value >= goal, baseline=baseline, note=note)


def plain(name: str, value: float, unit: str, note: str = "") -> Result:
    """A figure without a goal."""
    return Result(name, value, unit, None, higher_is_better=False, met=None, note=note)
