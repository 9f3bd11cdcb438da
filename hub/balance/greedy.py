"""Pure: the planner that is always there: again and again the action that gains most."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Final

from hub.balance.network import Action, Network

SHORTLIST: Final = 60  # sources and sinks that are looked at: of the rest none is worth it
LEAST_GAIN: Final = 1e-6


class Greedy:
    """`Planner` without any solver."""

    name = "greedy"

    def choose(self, network: Network) -> Sequence[Action]:
        """Supply has falling returns, so what gains most now never stands in the way of much more later."""
        chosen: list[Action] = []
        moves = swaps = 0
        added: dict[uuid.UUID, float] = {}
        used: set[uuid.UUID] = set()
        while True:
            best: tuple[float, Action] | None = None
            if moves < network.most_moves:
                best = _best_move(network, added, used, chosen)
            if swaps < network.most_swaps:
                best = max(filter(None, (best, _best_swap(network, added, used))), key=_gain, default=None)
            if best is None:
                return worthwhile(network, chosen)
            action = best[1]
            chosen.append(action)
            moves, swaps = moves + (action.what == "move"), swaps + (action.what == "swap")
            used.add(action.vehicle_id)
            for station_id, more in network.added([action]).items():
                added[station_id] = added.get(station_id, 0.0) + more


def worthwhile(network: Network, actions: Sequence[Action]) -> list[Action]:
    """Those that gain more than they cost, each alone and each when the others are done.

    A later one may have made an earlier one needless, or be worth it only because of an earlier one; and people may
    carry out some of a plan and leave the rest.
    """
    kept = [one for one in actions if _saved(network, one, network.added([one])) > network.cost_of(one)]
    while True:
        added = network.added(kept)
        needless = (one for one in reversed(kept) if _saved(network, one, added) <= network.cost_of(one))
        if (gone := next(needless, None)) is None:
            return kept
        kept = [one for one in kept if one is not gone]


def sources_and_sinks(network: Network, added: dict[uuid.UUID, float]) -> tuple[list[uuid.UUID], list[uuid.UUID]]:
    """The stations that lose least by giving one, and those that gain most by getting one."""
    loss = {one: _change(network, one, added, -1) for one, site in network.sites.items() if site.movable()}
    gain = {one: -_change(network, one, added, +1) for one, site in network.sites.items() if site.room()}
    sources = sorted(loss, key=lambda one: (loss[one], one))[:SHORTLIST]
    sinks = sorted((one for one in gain if gain[one] > network.cost_per_move), key=lambda one: (-gain[one], one))
    return sources, sinks[:SHORTLIST]


def _best_move(
    network: Network, added: dict[uuid.UUID, float], used: set[uuid.UUID], chosen: Sequence[Action]
) -> tuple[float, Action] | None:
    best: tuple[float, Action] | None = None
    arrived = [one.to for one in chosen if one.what == "move"]
    sent = {one.from_ for one in chosen if one.what == "move"}
    sources, sinks = sources_and_sinks(network, added)
    for to in sinks:
        if to in sent or arrived.count(to) >= network.sites[to].room():
            continue
        gain = -_change(network, to, added, +1)
        for from_ in sources:
            worth = gain - _change(network, from_, added, -1) - network.cost(from_, to)
            if from_ == to or from_ in arrived or worth <= LEAST_GAIN or (best is not None and worth <= best[0]):
                continue
            left = [one for one in network.carries(from_, to) if one.vehicle_id not in used]
            if left:
                best = worth, Action(what="move", vehicle_id=left[0].vehicle_id, from_=from_, to=to)
    return best


def best_swaps(network: Network, added: dict[uuid.UUID, float]) -> list[Action]:
    """Swaps alone, one by one, beside what is added by others."""
    added, used, chosen = dict(added), set[uuid.UUID](), list[Action]()
    while len(chosen) < network.most_swaps and (best := _best_swap(network, added, used)) is not None:
        chosen.append(best[1])
        used.add(best[1].vehicle_id)
        for station_id, more in network.added([best[1]]).items():
            added[station_id] = added.get(station_id, 0.0) + more
    return chosen


def _best_swap(network: Network, added: dict[uuid.UUID, float], used: set[uuid.UUID]) -> tuple[float, Action] | None:
    best: tuple[float, Action] | None = None
    for station_id, site in network.sites.items():
        for one in site.empty():
            if one.vehicle_id in used:
                continue
            more = network.swap_worth(station_id, one.vehicle_id)
            worth = -_change(network, station_id, added, more) - network.cost_per_swap
            if worth > LEAST_GAIN and (best is None or worth > best[0]):
                best = worth, Action(what="swap", vehicle_id=one.vehicle_id, from_=station_id, to=station_id)
    return best


def _saved(network: Network, action: Action, added: Mapping[uuid.UUID, float]) -> float:
    """How much more would be missing without this action, where all together add so much."""
    return sum(
        network.shortage_of(one, added[one] - more) - network.shortage_of(one, added[one])
        for one, more in network.added([action]).items()
    )


def _change(network: Network, station_id: uuid.UUID, added: dict[uuid.UUID, float], by: float) -> float:
    """How much the shortage of a station grows when its supply changes by this."""
    before = added.get(station_id, 0.0)
    return network.shortage_of(station_id, before + by) - network.shortage_of(station_id, before)


def _gain(found: tuple[float, Action]) -> float:
    return found[0]
