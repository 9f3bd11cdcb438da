"""The planner by OR-tools (extra `plan`): how many vehicles go from where to where, as one integer program.

Only importer of ortools, and only when it is asked to plan. Swaps are chosen after the moves, one by one: they do not
compete for vehicles or docks.
"""

import importlib.util
import uuid
from collections.abc import Sequence
from typing import Final

from hub.balance.greedy import best_swaps, sources_and_sinks, worthwhile
from hub.balance.network import Action, Network

LONGEST_S: Final = 5.0
_SHORTLIST: Final = 30
_SCALE: Final = 10_000  # the solver knows integers only: a ride is so many


def is_there() -> bool:
    """Whether OR-tools is installed."""
    return importlib.util.find_spec("ortools") is not None


class Exact:
    """`Planner` by CP-SAT."""

    name = "ortools"

    def choose(self, network: Network) -> Sequence[Action]:
        """The best moves within the time, then the best swaps."""
        moves = _moves(network)
        return worthwhile(network, [*moves, *best_swaps(network, network.added(moves))])


def _moves(network: Network) -> list[Action]:
    from ortools.sat.python import cp_model  # noqa: PLC0415

    sources, sinks = (some[:_SHORTLIST] for some in sources_and_sinks(network, {}))
    carried = {(from_, to): len(network.carries(from_, to)) for from_ in sources for to in sinks if from_ != to}
    model = cp_model.CpModel()
    flow = {key: model.new_int_var(0, most, "") for key, most in carried.items() if most}
    terms = [-round(_SCALE * network.cost(*key)) * one for key, one in flow.items()]
    for station_id in dict.fromkeys([*sources, *sinks]):
        site = network.sites[station_id]
        out = sum(one for (from_, _), one in flow.items() if from_ == station_id)
        in_ = sum(one for (_, to), one in flow.items() if to == station_id)
        movable, room = len(site.movable()), site.room()
        model.add(out <= movable)
        model.add(in_ <= room)
        net = model.new_int_var(0, movable + room, "")
        model.add(net == in_ - out + movable)
        gains = [
            round(_SCALE * (network.shortage_of(station_id) - network.shortage_of(station_id, number - movable)))
            for number in range(movable + room + 1)
        ]
        worth = model.new_int_var(min(gains), max(gains), "")
        model.add_element(net, gains, worth)
        terms.append(worth)
    model.add(sum(flow.values()) <= network.most_moves)
    model.maximize(sum(terms))
    solver = cp_model.CpSolver()
    solver.parameters.max_time_in_seconds = LONGEST_S
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = 1
    status = solver.solve(model)
    if status not in {cp_model.OPTIMAL, cp_model.FEASIBLE}:
        return []
    wanted = {key: solver.value(one) for key, one in flow.items() if solver.value(one)}
    return worthwhile(network, _named(network, wanted))  # what rounding or the clock left over goes


def _named(network: Network, wanted: dict[tuple[uuid.UUID, uuid.UUID], int]) -> list[Action]:
    """Which vehicles go: where more charge is asked for first."""
    used: set[uuid.UUID] = set()
    found = []
    for (from_, to), count in sorted(wanted.items(), key=lambda one: -network.sites[one[0][1]].min_soc_pct):
        left = [one for one in network.carries(from_, to) if one.vehicle_id not in used][:count]
        used |= {one.vehicle_id for one in left}
        found += [Action(what="move", vehicle_id=one.vehicle_id, from_=from_, to=to) for one in left]
    return found
