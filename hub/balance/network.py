"""Pure: the network as a planner sees it: supply, demand, what may be moved, what an action is worth.

A vehicle is supply where it may be rented out: charged, sound, promised to nobody. An empty one is none, but as much
of one as the part of the horizon that is left when it has charged up.
"""

import math
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, Protocol

from hub.balance.demand import shortage

BACK_SHARE: Final = 0.5  # a vehicle that comes back within the horizon serves half of it, on the average
_EARTH_KM: Final = 6371.0
_DETOUR: Final = 1.3  # streets are longer than the straight line


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A vehicle in a dock. `free`: sound, for rent, promised to nobody, in nobody's task."""

    vehicle_id: uuid.UUID
    soc_pct: float | None
    free: bool
    battery_wh: float | None = None
    charge_w: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A station with what stands there and what is expected. `reserved`: so many of its vehicles are promised by kind.

    `coming`, `going`: vehicles that accepted tasks bring and take.
    """

    station_id: uuid.UUID
    name: str
    point: tuple[float, float]  # latitude, longitude
    min_soc_pct: float
    free_docks: int
    out: float
    back: float
    vehicles: Sequence[Standing] = ()
    reserved: int = 0
    coming: int = 0
    going: int = 0

    def usable(self) -> list[Standing]:
        """Supply now, the fullest first."""
        found = [one for one in self.vehicles if one.free and (one.soc_pct or 0.0) >= self.min_soc_pct]
        return sorted(found, key=lambda one: (-(one.soc_pct or 0.0), one.vehicle_id))

    def empty(self) -> list[Standing]:
        """Present, sound and no supply, in the order of their ids."""
        found = [one for one in self.vehicles if one.free and (one.soc_pct or 0.0) < self.min_soc_pct]
        return sorted(found, key=lambda one: one.vehicle_id)

    def supply(self, hours: float) -> float:
        """What serves the horizon if nobody does anything."""
        ready = max(0, len(self.usable()) - self.reserved)
        charging = sum(part_of(one, self.min_soc_pct, hours) for one in self.empty())
        return ready + charging + self.coming + BACK_SHARE * self.back

    def movable(self) -> list[Standing]:
        """What may be taken away, the fullest first."""
        return self.usable()[: max(0, len(self.usable()) - self.reserved)]

    def room(self) -> int:
        """Docks that a van may fill."""
        return max(0, self.free_docks - self.coming)


def part_of(one: Standing, min_soc_pct: float, hours: float) -> float:
    """Which part of the horizon an empty vehicle serves, once it has charged up. None of it where nobody knows."""
    if not one.charge_w or not one.battery_wh or hours <= 0:
        return 0.0
    missing_wh = one.battery_wh * (min_soc_pct - (one.soc_pct or 0.0)) / 100
    return max(0.0, min(1.0, 1 - missing_wh / one.charge_w / hours))


@dataclass(frozen=True, slots=True, kw_only=True)
class Van:
    """A mobile team: how much it takes at once, how many fresh batteries it has, for how long it works."""

    capacity: int
    batteries: int
    shift_s: float
    start: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """A vehicle is taken from one station to another, or its battery is swapped where it stands (`to` is `from_`)."""

    what: Literal["move", "swap"]
    vehicle_id: uuid.UUID
    from_: uuid.UUID
    to: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """Everything a planner needs. An action must be worth more than it costs, in rides not lost."""

    sites: Mapping[uuid.UUID, Site]
    hours: float
    most_moves: int
    most_swaps: int
    cost_per_km: float = 0.02
    cost_per_move: float = 0.05
    cost_per_swap: float = 0.05

    def shortage_of(self, station_id: uuid.UUID, added: float = 0.0) -> float:
        """Rides that are expected to be lost at a station when so much supply is added."""
        site = self.sites[station_id]
        return shortage(site.out, max(0.0, site.supply(self.hours) + added))

    def shortage(self, actions: Sequence[Action] = ()) -> float:
        """Rides that are expected to be lost in the whole network after these actions."""
        added = self.added(actions)
        return sum(self.shortage_of(one, added.get(one, 0.0)) for one in self.sites)

    def added(self, actions: Sequence[Action]) -> dict[uuid.UUID, float]:
        """What these actions add to each station's supply."""
        found: dict[uuid.UUID, float] = {}
        for one in actions:
            if one.what == "move":
                found[one.from_] = found.get(one.from_, 0.0) - 1
                found[one.to] = found.get(one.to, 0.0) + 1
            else:
                found[one.to] = found.get(one.to, 0.0) + self.swap_worth(one.to, one.vehicle_id)
        return found

    def swap_worth(self, station_id: uuid.UUID, vehicle_id: uuid.UUID) -> float:
        """What a fresh battery adds: the part of the horizon for which the vehicle would have been empty."""
        site = self.sites[station_id]
        (one,) = (one for one in site.empty() if one.vehicle_id == vehicle_id)
        return 1 - part_of(one, site.min_soc_pct, self.hours)

    def cost(self, from_: uuid.UUID, to: uuid.UUID) -> float:
        """What a move costs, in rides."""
        return self.cost_per_move + self.cost_per_km * km_between(self.sites[from_].point, self.sites[to].point)

    def cost_of(self, action: Action) -> float:
        """What an action costs, in rides."""
        return self.cost_per_swap if action.what == "swap" else self.cost(action.from_, action.to)

    def carries(self, from_: uuid.UUID, to: uuid.UUID) -> list[Standing]:
        """Vehicles that may go from here to there and are supply when they arrive."""
        least = self.sites[to].min_soc_pct
        return [one for one in self.sites[from_].movable() if (one.soc_pct or 0.0) >= least]


class Planner(Protocol):
    """Chooses actions."""

    name: str

    def choose(self, network: Network) -> Sequence[Action]:
        """Each lowers the expected shortage by more than it costs, also alone."""


def km_between(one: tuple[float, float], other: tuple[float, float]) -> float:
    """About how far it is by street: the great circle and a detour."""
    lat1, lon1, lat2, lon2 = map(math.radians, (*one, *other))
    half = math.sin((lat2 - lat1) / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    return _DETOUR * 2 * _EARTH_KM * math.asin(min(1.0, math.sqrt(half)))
