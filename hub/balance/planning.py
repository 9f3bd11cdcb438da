"""Restocking plans: reads the network, lets a planner choose, keeps the proposal, makes tasks of what is accepted."""

import asyncio
import datetime as dt
import uuid
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, Protocol

from sqlalchemy.ext.asyncio import AsyncSession

from hub.balance import exact, task_repository
from hub.balance.exact import Exact
from hub.balance.forecast import DemandForecast
from hub.balance.greedy import Greedy
from hub.balance.network import Action, Network, Planner, Site, Standing, Van
from hub.balance.plan_schemas import NewPlan
from hub.balance.routes import Route, routes_for
from hub.balance.tables import BalanceVehicle
from hub.balance.task_rules import CHECKLISTS
from hub.balance.task_tables import RestockPlan, StaffTask
from hub.kernel.clock import Clock
from hub.kernel.db import Database
from protocols.errors import Refused

VALID_FOR: Final = dt.timedelta(hours=2)  # the network of two hours ago is another one
_MOST_SHOWN: Final = 200


class Place(NamedTuple):
    """A station as the stations' room knows it; `docks` is how many it has."""

    station_id: uuid.UUID
    name: str
    latitude: float | None
    longitude: float | None
    min_soc_pct: float
    docks: int


class Places(Protocol):
    """The stations. Filled by the wiring."""

    async def places(
        self, session: AsyncSession
    ) -> Sequence[tuple[uuid.UUID, str, float | None, float | None, float, int]]:
        """Every station: id, name, latitude, longitude, least charge in %, docks."""


class Promises(Protocol):
    """What rentals have promised. Filled by the wiring."""

    async def promised_from(
        self, session: AsyncSession, now: dt.datetime
    ) -> tuple[set[uuid.UUID], Mapping[tuple[uuid.UUID, str], int]]:
        """Vehicles that are booked or leased from now on; how many more of a kind are at a station."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Made:
    """What a planner has made of a network."""

    network: Network
    engine: str
    actions: Sequence[Action]
    routes: Sequence[Route]


class Planning:
    """Plans."""

    def __init__(self, clock: Clock, forecast: DemandForecast, places: Places, promises: Promises) -> None:
        self._clock = clock
        self._forecast = forecast
        self._places = places
        self._promises = promises

    async def propose(self, database: Database, given: NewPlan, by: uuid.UUID) -> uuid.UUID:
        """A plan for the next hours. Raises Refused `ortools_missing`."""
        planner = _planner(given.engine)
        async with database.reading() as session:
            network, labels = await self._network(session, given)
        vans = [
            Van(capacity=one.capacity, batteries=one.batteries, shift_s=one.shift_h * 3600, start=one.start)
            for one in given.vans
        ]
        made = await asyncio.to_thread(_made, planner, network, vans)
        plan = self._plan(given, made, labels, by)
        async with database.transaction() as session:
            session.add(plan)
        return plan.id

    async def accept(
        self, session: AsyncSession, plan: RestockPlan, by: uuid.UUID, assigned_to: Sequence[uuid.UUID | None]
    ) -> tuple[list[StaffTask], list[dict[str, str]]]:
        """Tasks of what still holds; what does not, and why. Raises Refused `plan_over`."""
        now = self._clock.now()
        self._decide(plan, "accepted", by, now)
        actions = plan.body["actions"]
        ids = [uuid.UUID(one["vehicle_id"]) for one in actions]
        vehicles = {one.vehicle_id: one for one in await task_repository.vehicles(session, ids)}
        promised, _ = await self._promises.promised_from(session, now)
        busy = {one.vehicle_id for one in await task_repository.under_way(session, ids)}
        tasks, left = [], []
        for one in actions:
            vehicle = vehicles.get(uuid.UUID(one["vehicle_id"]))
            why = _why_not(vehicle, one, promised, busy, now)
            if why is None:
                who = assigned_to[one["van"]] if one["van"] < len(assigned_to) else None
                tasks.append(self._task(plan, one, vehicle, who))
            else:
                left.append({"vehicle_id": one["vehicle_id"], "why": why})
        session.add_all(tasks)
        await session.flush()
        return tasks, left

    def dismiss(self, plan: RestockPlan, by: uuid.UUID) -> None:
        """Nothing comes of it. Raises Refused `plan_over`."""
        self._decide(plan, "dismissed", by, self._clock.now())

    def _decide(self, plan: RestockPlan, state: str, by: uuid.UUID, now: dt.datetime) -> None:
        if plan.state != "proposed" or (state == "accepted" and now > plan.valid_until):
            raise Refused("plan_over", state=plan.state)
        plan.state, plan.decided_at, plan.decided_by = state, now, by

    async def _network(self, session: AsyncSession, given: NewPlan) -> tuple[Network, dict[uuid.UUID, str]]:
        now = self._clock.now()
        until = now + dt.timedelta(hours=given.horizon_h)
        promised, reserved = await self._promises.promised_from(session, now)
        tasks = await task_repository.under_way(session)
        vehicles = await task_repository.vehicles(session)
        expected = {
            one.station_id: one for one in await self._forecast.expected(session, [(now, until)], kind=given.kind)
        }
        standing: dict[uuid.UUID, list[BalanceVehicle]] = defaultdict(list)
        for one in vehicles:
            if one.station_id is not None:
                standing[one.station_id].append(one)
        busy = {one.vehicle_id for one in tasks}
        coming = Counter(one.to_station_id for one in tasks if one.to_station_id is not None)
        coming.update(one.station_id for one in tasks if one.what == "swap")
        sites = {}
        for place in (Place(*one) for one in await self._places.places(session)):
            if place.latitude is None or place.longitude is None:
                continue
            here, wanted = standing[place.station_id], expected.get(place.station_id)
            swaps = sum(one.what == "swap" and one.station_id == place.station_id for one in tasks)
            sites[place.station_id] = Site(
                station_id=place.station_id, name=place.name, point=(place.latitude, place.longitude),
                min_soc_pct=place.min_soc_pct, free_docks=place.docks - len(here) + swaps,
                out=0.0 if wanted is None else wanted.out, back=0.0 if wanted is None else wanted.back,
                vehicles=[_standing(one, promised, busy, now) for one in here if one.kind == given.kind],
                reserved=reserved.get((place.station_id, given.kind), 0) + reserved.get((place.station_id, ""), 0),
                coming=coming[place.station_id],
            )  # fmt: skip
        network = Network(
            sites=sites, hours=given.horizon_h, most_moves=given.most_moves,
            most_swaps=min(given.most_swaps, sum(van.batteries for van in given.vans)),
        )  # fmt: skip
        return network, {one.vehicle_id: one.label or "" for one in vehicles}

    def _plan(self, given: NewPlan, made: _Made, labels: Mapping[uuid.UUID, str], by: uuid.UUID) -> RestockPlan:
        now = self._clock.now()
        return RestockPlan(
            id=self._clock.new_id(), created_at=now, kind=given.kind, state="proposed", engine=made.engine,
            horizon_h=given.horizon_h, valid_until=now + VALID_FOR, shortage_before=made.network.shortage(),
            shortage_after=made.network.shortage(made.actions), body=_body(made, labels), made_by=by,
            decided_at=None, decided_by=None,
        )  # fmt: skip

    def _task(
        self, plan: RestockPlan, one: Mapping[str, Any], vehicle: BalanceVehicle | None, who: uuid.UUID | None
    ) -> StaffTask:
        what = one["what"]
        verb = "Bring" if what == "move" else "Swap the battery of"
        where = f" to {one['to_name']}" if what == "move" else f" at {one['to_name']}"
        return StaffTask(
            id=self._clock.new_id(), created_at=self._clock.now(), what=what,
            title=f"{verb} {one['label'] or one['vehicle_id']}{where}"[:200],
            state="open" if who is None else "assigned", plan_id=plan.id,
            station_id=uuid.UUID(one["from_station_id"]),
            to_station_id=uuid.UUID(one["to_station_id"]) if what == "move" else None,
            vehicle_id=uuid.UUID(one["vehicle_id"]), soc_pct=None if vehicle is None else vehicle.soc_pct,
            assigned_to=who, due_at=None, checklist=checklist_of(CHECKLISTS[what]),
            started_at=None, picked_at=None, ended_at=None, ended_by=None, reason="",
        )  # fmt: skip


def checklist_of(lines: Sequence[tuple[str, str]]) -> list[dict[str, Any]]:
    """A checklist that nobody has ticked anything of."""
    return [{"key": key, "text": words, "at": None, "by": None} for key, words in lines]


def _planner(engine: str) -> Planner:
    if engine == "ortools" and not exact.is_there():
        raise Refused("ortools_missing")
    return Exact() if engine != "greedy" and exact.is_there() else Greedy()


def _made(planner: Planner, network: Network, vans: Sequence[Van]) -> _Made:
    before = network.shortage()
    chosen = sorted(planner.choose(network), key=lambda one: network.shortage([one]) - before)
    routes, actions = routes_for(network, chosen, vans)
    return _Made(network=network, engine=planner.name, actions=actions, routes=routes)


def _standing(one: BalanceVehicle, promised: set[uuid.UUID], busy: set[uuid.UUID | None], now: dt.datetime) -> Standing:
    return Standing(
        vehicle_id=one.vehicle_id, soc_pct=one.soc_pct, free=_trouble(one, promised, busy, now) is None,
        battery_wh=one.battery_wh, charge_w=one.charge_w,
    )  # fmt: skip


def _trouble(
    one: BalanceVehicle, promised: set[uuid.UUID], busy: set[uuid.UUID | None], now: dt.datetime
) -> str | None:
    """Why nobody may take the vehicle elsewhere."""
    if one.vehicle_id in promised:
        return "promised"
    if one.vehicle_id in busy:
        return "in_a_task"
    if one.why_not or one.faulty or (one.papers_until is not None and one.papers_until <= now):
        return "not_for_rent"
    return None


def _why_not(
    one: BalanceVehicle | None, action: Mapping[str, Any], promised: set[uuid.UUID], busy: set[uuid.UUID | None],
    now: dt.datetime,
) -> str | None:  # fmt: skip
    if one is None or not one.docked or str(one.station_id) != action["from_station_id"]:
        return "gone"
    return _trouble(one, promised, busy, now)


def _body(made: _Made, labels: Mapping[uuid.UUID, str]) -> dict[str, Any]:
    network, before = made.network, made.network.shortage()
    van_of = {
        vehicle: route.van for route in made.routes for stop in route.stops for vehicle in (*stop.load, *stop.swap)
    }
    added = network.added(made.actions)
    shown = sorted(network.sites.values(), key=lambda one: (-abs(added.get(one.station_id, 0.0)), -one.out))
    return {
        "actions": [
            {
                "what": one.what, "vehicle_id": str(one.vehicle_id), "label": labels.get(one.vehicle_id, ""),
                "van": van_of[one.vehicle_id], "from_station_id": str(one.from_),
                "from_name": network.sites[one.from_].name, "to_station_id": str(one.to),
                "to_name": network.sites[one.to].name, "worth": round(before - network.shortage([one]), 4),
            }
            for one in made.actions
        ],
        "routes": [
            {
                "van": route.van, "km": round(route.km, 2), "seconds": round(route.seconds),
                "stops": [
                    {
                        "station_id": str(stop.station_id), "name": network.sites[stop.station_id].name,
                        "after_s": round(stop.after_s), "load": [str(one) for one in stop.load],
                        "unload": [str(one) for one in stop.unload], "swap": [str(one) for one in stop.swap],
                    }
                    for stop in route.stops
                ],
            }
            for route in made.routes
        ],
        "stations": [
            {
                "station_id": str(one.station_id), "name": one.name, "out": round(one.out, 2),
                "back": round(one.back, 2), "usable": len(one.usable()), "empty": len(one.empty()),
                "supply": round(one.supply(network.hours), 2), "added": round(added.get(one.station_id, 0.0), 2),
                "shortage_before": round(network.shortage_of(one.station_id), 3),
                "shortage_after": round(network.shortage_of(one.station_id, added.get(one.station_id, 0.0)), 3),
            }
            for one in shown[:_MOST_SHOWN]
        ],
    }  # fmt: skip
