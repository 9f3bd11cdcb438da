"""Pure: who drives what when. Vans load at stations that give and unload at those that get, never more than they hold.

What does not fit into the shifts is left out of the plan.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from hub.balance.network import Action, Network, Van, km_between

SPEED_KMH: Final = 25.0
STOP_S: Final = 180.0
MOVE_S: Final = 90.0  # to load or unload one
SWAP_S: Final = 240.0


@dataclass(slots=True, kw_only=True)
class Stop:
    """A station on a van's way: what is loaded, unloaded and swapped there, and when the van is there."""

    station_id: uuid.UUID
    after_s: float
    load: list[uuid.UUID] = field(default_factory=list)
    unload: list[uuid.UUID] = field(default_factory=list)
    swap: list[uuid.UUID] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class Route:
    """A van's way."""

    van: int
    stops: list[Stop] = field(default_factory=list)
    km: float = 0.0
    seconds: float = 0.0


@dataclass(slots=True)
class _Driver:
    """A van on its way. `trial` never changes it; `take` does."""

    network: Network
    van: Van
    route: Route
    point: tuple[float, float] | None
    batteries: int

    def fits(self, stops: Sequence[Stop]) -> bool:
        """Whether it can do these stops, too, before its shift ends."""
        return self.after(stops)[1] <= self.van.shift_s

    def after(self, stops: Sequence[Stop]) -> tuple[float, float]:
        """Kilometres and seconds after these stops."""
        km, seconds, point = self.route.km, self.route.seconds, self.point
        for one in stops:
            there = self.network.sites[one.station_id].point
            leg = 0.0 if point is None else km_between(point, there)
            km, point = km + leg, there
            one.after_s = round(seconds + leg / SPEED_KMH * 3600)
            seconds = one.after_s + STOP_S + MOVE_S * (len(one.load) + len(one.unload)) + SWAP_S * len(one.swap)
        return km, seconds

    def take(self, stops: Sequence[Stop]) -> None:
        """Do them."""
        self.route.km, self.route.seconds = self.after(stops)
        self.route.stops += stops
        self.point = self.network.sites[stops[-1].station_id].point
        self.batteries -= sum(len(one.swap) for one in stops)


def routes_for(network: Network, actions: Sequence[Action], vans: Sequence[Van]) -> tuple[list[Route], list[Action]]:
    """The routes, and the actions that they carry out. Actions come in the order of their worth."""
    drivers = [_Driver(network, van, Route(van=number), van.start, van.batteries) for number, van in enumerate(vans)]
    left, done = list(actions), list[Action]()
    for driver in drivers:
        while left:
            tour = _next_tour(driver, left)
            if not tour:
                break
            driver.take(_stops_of(network, tour, driver.point))
            done += tour
            left = [one for one in left if one not in tour]
    return [driver.route for driver in drivers if driver.route.stops], done


def _next_tour(driver: _Driver, left: Sequence[Action]) -> list[Action]:
    """The most worthy action that fits, and what goes with it: from the same station, to or at stations on the way."""
    for first in left:
        tour = _allowed(driver, [], first)
        if not tour:
            continue
        for other in left:
            on_the_way = {one.from_ for one in tour} | {one.to for one in tour}
            if (
                other is not first
                and other.from_ in on_the_way
                and (other.what == "swap" or other.from_ == first.from_)
            ):
                tour = _allowed(driver, tour, other) or tour
        return tour
    return []


def _allowed(driver: _Driver, tour: list[Action], more: Action) -> list[Action]:
    """The tour with one action more; nothing where the van cannot."""
    longer = [*tour, more]
    if sum(one.what == "move" for one in longer) > driver.van.capacity:
        return []
    if sum(one.what == "swap" for one in longer) > driver.batteries:
        return []
    return longer if driver.fits(_stops_of(driver.network, longer, driver.point)) else []


def _stops_of(network: Network, tour: Sequence[Action], point: tuple[float, float] | None) -> list[Stop]:
    """Load where the first move begins, then unload and swap from one nearest station to the next."""
    moves = [one for one in tour if one.what == "move"]
    order = [moves[0].from_] if moves else []
    places = {one.to for one in tour} - set(order)
    here = network.sites[order[0]].point if order else point
    while places:
        there = min(places, key=lambda one: (0.0 if here is None else km_between(here, network.sites[one].point), one))
        order.append(there)
        places.discard(there)
        here = network.sites[there].point
    return [
        Stop(
            station_id=station_id,
            after_s=0.0,
            load=[one.vehicle_id for one in moves if one.from_ == station_id],
            unload=[one.vehicle_id for one in moves if one.to == station_id],
            swap=[one.vehicle_id for one in tour if one.what == "swap" and one.to == station_id],
        )
        for station_id in order
    ]
