"""The planners, pure: what they may do, and that each proposal is worth it."""

import uuid
from collections import Counter
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.balance import exact
from hub.balance.exact import Exact
from hub.balance.greedy import Greedy
from hub.balance.network import Action, Network, Planner, Site, Standing, Van, km_between, part_of
from hub.balance.routes import routes_for

HOURS = 12.0
PLANNERS: list[Planner] = [Greedy(), Exact()]
both = pytest.mark.parametrize("planner", PLANNERS, ids=lambda one: one.name)


def site(number: int, *socs: float, out: float = 0.0, free_docks: int = 5, **given: object) -> Site:
    vehicles = [
        Standing(vehicle_id=uuid.UUID(int=100 * number + place), soc_pct=soc, free=True, battery_wh=1000, charge_w=100)
        for place, soc in enumerate(socs)
    ]
    blank = {"vehicles": vehicles, "out": out, "back": 0.0, "free_docks": free_docks, "min_soc_pct": 20.0}
    return Site(
        station_id=uuid.UUID(int=number), name=str(number),
        **({"point": (10.77, 106.70 + number / 100)} | blank | given),  # type: ignore[arg-type]
    )  # fmt: skip


def network(*sites: Site, moves: int = 10, swaps: int = 0) -> Network:
    return Network(sites={one.station_id: one for one in sites}, hours=HOURS, most_moves=moves, most_swaps=swaps)


def told(actions: Sequence[Action]) -> Counter[tuple[str, int, int]]:
    return Counter((one.what, one.from_.int, one.to.int) for one in actions)


@both
def test_vehicles_go_from_where_they_stand_idle_to_where_they_are_missed(planner: Planner) -> None:
    found = planner.choose(network(site(1, 90, 90, 90, 90), site(2, out=2.0), site(3, 90, 90, 90, out=0.5)))
    assert told(found)["move", 1, 2] >= 3
    assert set(told(found)) <= {("move", 1, 2), ("move", 3, 2)}


@both
def test_an_empty_vehicle_is_no_supply_and_is_not_brought(planner: Planner) -> None:
    empty = site(1, 5, 5, 5, 5)
    assert empty.supply(0.5) == 0.0
    assert planner.choose(network(empty, site(2, out=3.0))) == []
    needy = site(2, 5, 5, out=2.0)
    assert told(planner.choose(network(site(1, 90, 90), needy)))["move", 1, 2] == 2


def test_an_empty_vehicle_counts_for_the_time_after_it_has_charged_up() -> None:
    one = Standing(vehicle_id=uuid.UUID(int=1), soc_pct=0, free=True, battery_wh=1000, charge_w=100)
    assert part_of(one, 60, 12) == pytest.approx(0.5)  # 600 Wh at 100 W are six hours
    assert part_of(one, 60, 6) == 0.0
    unknown = Standing(vehicle_id=uuid.UUID(int=1), soc_pct=0, free=True)
    assert part_of(unknown, 60, 12) == 0.0


@both
def test_a_full_station_gets_nothing_and_one_with_a_single_dock_gets_one(planner: Planner) -> None:
    full, single = site(2, out=5.0, free_docks=0), site(3, out=5.0, free_docks=1)
    assert told(planner.choose(network(site(1, *[90] * 6), full, single))) == {("move", 1, 3): 1}


@both
def test_what_is_too_far_for_what_it_gains_is_left(planner: Planner) -> None:
    far = site(2, out=0.4, point=(21.03, 105.85))  # Hanoi
    assert planner.choose(network(site(1, 90, 90), far)) == []


@both
def test_a_battery_is_swapped_where_that_makes_supply(planner: Planner) -> None:
    found = planner.choose(network(site(1, 5, 5, out=3.0), site(2, 5), swaps=5))
    assert told(found) == {("swap", 1, 1): 2}
    assert planner.choose(network(site(1, 5, 5, out=3.0), swaps=0)) == []


@both
def test_no_vehicle_leaves_because_another_ones_battery_is_swapped(planner: Planner) -> None:
    """Whoever does only one of the two must not leave the network worse."""
    good, empty = (
        Standing(vehicle_id=uuid.UUID(int=number), soc_pct=soc, free=True) for number, soc in ((7, 90), (8, 3))
    )
    case = network(site(1, out=3.0, vehicles=[good, empty]), site(2, out=3.0), swaps=1)
    assert told(planner.choose(case)) == {("swap", 1, 1): 1}


@both
def test_what_the_network_promises_by_kind_stays(planner: Planner) -> None:
    assert planner.choose(network(site(1, 90, 90, reserved=2), site(2, out=3.0))) == []


def test_the_solver_is_never_worse_than_the_greedy_one_on_a_hard_little_network() -> None:
    case = network(
        site(1, 90, 90, out=0.3), site(2, 90, 90, 90, out=0.8), site(3, out=1.6), site(4, 90, out=2.2), moves=3
    )

    def left(actions: Sequence[Action]) -> float:
        return case.shortage(actions) + sum(case.cost(one.from_, one.to) for one in actions)

    assert left(Exact().choose(case)) <= left(Greedy().choose(case)) + 1e-3


def test_without_ortools_nobody_pretends_to_have_it(monkeypatch: pytest.MonkeyPatch) -> None:
    assert exact.is_there()
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    assert not exact.is_there()


@st.composite
def sites(draw: st.DrawFn, number: int) -> Site:
    standing = [
        Standing(
            vehicle_id=uuid.UUID(int=1000 * number + place), soc_pct=draw(st.sampled_from([None, 3, 25, 60, 95])),
            free=draw(st.integers(0, 4)) > 0, battery_wh=draw(st.sampled_from([None, 500.0])), charge_w=100,
        )
        for place in range(draw(st.integers(0, 5)))
    ]  # fmt: skip
    return Site(
        station_id=uuid.UUID(int=number), name=str(number), min_soc_pct=draw(st.sampled_from([10, 20, 50])),
        point=(draw(st.floats(10.7, 10.8)), draw(st.floats(106.6, 106.8))), free_docks=draw(st.integers(0, 4)),
        out=draw(st.floats(0, 6)), back=draw(st.floats(0, 3)), vehicles=standing, reserved=draw(st.integers(0, 2)),
        coming=draw(st.integers(0, 1)),
    )  # fmt: skip


@st.composite
def networks(draw: st.DrawFn) -> Network:
    some = [draw(sites(number)) for number in range(1, draw(st.integers(2, 5)) + 1)]
    return network(*some, moves=draw(st.integers(0, 6)), swaps=draw(st.integers(0, 4)))


@both
@settings(max_examples=60, deadline=None)
@given(case=networks())
def test_every_proposal_is_allowed_and_lowers_the_expected_shortage(planner: Planner, case: Network) -> None:
    found = list(planner.choose(case))
    free = {one.vehicle_id: (place, one) for place in case.sites.values() for one in place.vehicles if one.free}
    assert len({one.vehicle_id for one in found}) == len(found)
    assert sum(one.what == "move" for one in found) <= case.most_moves
    assert sum(one.what == "swap" for one in found) <= case.most_swaps
    for one in found:
        place, vehicle = free[one.vehicle_id]  # not rented, promised or in somebody's task
        assert place.station_id == one.from_
        charged = (vehicle.soc_pct or 0.0) >= case.sites[one.to].min_soc_pct
        assert charged == (one.what == "move")
        assert case.shortage([one]) < case.shortage()  # alone
        assert case.shortage(found) < case.shortage([other for other in found if other is not one])  # and beside others
    moves = [one for one in found if one.what == "move"]
    taken, brought = Counter(one.from_ for one in moves), Counter(one.to for one in moves)
    for station_id, place in case.sites.items():
        assert taken[station_id] <= max(0, len(place.usable()) - place.reserved)
        assert brought[station_id] <= place.room()


@settings(max_examples=80, deadline=None)
@given(
    case=networks(),
    vans=st.lists(
        st.builds(
            Van, capacity=st.integers(1, 4), batteries=st.integers(0, 3),
            shift_s=st.sampled_from([600.0, 5000.0, 30_000.0]), start=st.sampled_from([None, (10.75, 106.7)]),
        ),
        max_size=3,
    ),
)  # fmt: skip
def test_a_van_never_holds_more_than_it_can_and_is_back_in_time(case: Network, vans: list[Van]) -> None:
    actions = Greedy().choose(case)
    routes, done = routes_for(case, actions, vans)
    assert set(done) <= set(actions)
    carried: list[uuid.UUID] = []
    swapped: list[uuid.UUID] = []
    for route in routes:
        van = vans[route.van]
        load: set[uuid.UUID] = set()
        for stop in route.stops:
            assert load >= set(stop.unload)
            load -= set(stop.unload)
            load |= set(stop.load)
            assert len(load) <= van.capacity
            carried += stop.unload
        swapped += [one for stop in route.stops for one in stop.swap]
        assert not load
        assert sum(len(stop.swap) for stop in route.stops) <= van.batteries
        assert route.seconds <= van.shift_s
        times = [stop.after_s for stop in route.stops]
        assert times == sorted(times)
    assert sorted(carried) == sorted(one.vehicle_id for one in done if one.what == "move")
    assert sorted(swapped) == sorted(one.vehicle_id for one in done if one.what == "swap")


def test_a_degree_of_latitude_is_about_as_long_as_it_is() -> None:
    assert km_between((0, 0), (1, 0)) == pytest.approx(111.2 * 1.3, rel=0.01)
    assert km_between((10, 106), (10, 106)) == 0
