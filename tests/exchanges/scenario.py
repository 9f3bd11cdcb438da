"""One story of a station and a hub, the same for every version: what is recorded, and what is played again.

It uses only what an agent of any version has (enrolment, store, station, pump) and a hub behind an address. What the
hub does by itself (an order, a lost fact) is asked of the stage, so that a recorded hub need not do it.
"""

import asyncio
import contextlib
import datetime as dt
import shutil
import uuid
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any, Final, Protocol, get_args, get_origin, get_type_hints

import msgspec

from edge_agent.core.state import State
from edge_agent.runtime.backoff import Backoff
from edge_agent.station.dispatch import Dispatch
from edge_agent.station.loop import Station
from edge_agent.store.store import Store
from edge_agent.store.work import NewFact, Work
from edge_agent.uplink.enrolment import enrol
from edge_agent.uplink.identity import load_identity
from edge_agent.uplink.numbers import RequestNumbers
from edge_agent.uplink.pump import SyncPump
from hub.stations import seed
from protocols.sync.changes import CloseRental, OrderBody, RestartDock, UnlockDock
from protocols.sync.clock import ClockQuality, Moment
from protocols.sync.envelope import Lane
from protocols.sync.facts import LANES, Body

STORY: Final = uuid.UUID("01900000-0000-7000-8000-00000000e0e0")
POLL_S: Final = 1000.0
WAIT_S: Final = 30.0
START: Final = dt.datetime(2026, 11, 26, 5, 0, tzinfo=dt.UTC)


class Stage(Protocol):
    """Where the story is played."""

    url: str

    async def order(self, body: OrderBody) -> None:
        """The hub gives the station an order."""

    async def forget(self, lane: Lane, epoch: int, acked: int) -> None:
        """The hub loses the facts after `acked`."""


class StoryClock:
    """Moves a millisecond each time it is asked; the same in every telling."""

    def __init__(self) -> None:
        self._asked = 0

    def now(self) -> Moment:
        self._asked += 1
        at = START + dt.timedelta(milliseconds=self._asked)
        return Moment(at=at, mono_s=1000 + self._asked / 1000, boot_id=str(STORY), quality=ClockQuality.SYNCED)

    def mono_s(self) -> float:
        return self.now().mono_s


class Telling:
    """One telling: a folder for the station's files, ids and clock that are the same each time."""

    def __init__(self, stage: Stage, folder: Path, bodies: dict[str, type[Body]], version: str) -> None:
        self._stage = stage
        self._folder = folder
        self._bodies = bodies
        self._version = version
        self._clock = StoryClock()
        self._made = 0
        self.states: list[State] = []

    async def tell(self) -> None:
        """Enrolment, first sync, every fact, orders, gap, quarantine, a card that is set back: 409 and fork."""
        await enrol(hub_url=self._stage.url, code=seed.CODE, data_dir=self._folder, agent_version=self._version)
        async with self._start() as (store, station):
            await self._sync(store, station)  # lists
            await self._commit(store, *self._every_fact())
            await self._sync(store, station)
            await self._orders(store, station)
            await self._strange(store, station)
            await self._gap(store, station)
        kept = self._folder / "kept.db"
        shutil.copyfile(self._folder / "station.db", kept)
        async with self._start() as (store, station):
            await self._commit(store, *self._some(2))
            await self._sync(store, station)
        for beside in ("station.db", "station.db-wal", "station.db-shm"):
            (self._folder / beside).unlink(missing_ok=True)
        shutil.copyfile(kept, self._folder / "station.db")
        async with self._start() as (store, station):  # the card as it was: the same numbers, another history
            await self._commit(store, *self._some(1))
            await self._sync(store, station)
            await self._commit(store, *self._some(1))
            await self._sync(store, station)

    async def _orders(self, store: Store, station: Station) -> None:
        rental = uuid.uuid5(STORY, "rental")
        for body in (
            UnlockDock(dock_no=1, duration_s=20, reason="recorded"),
            RestartDock(dock_no=1),
            CloseRental(rental_id=rental, ended_ms=1_795_000_000_000, where="Elsewhere", reason="other_station"),
        ):
            await self._stage.order(body)
        await self._sync(store, station)

    async def _strange(self, store: Store, station: Station) -> None:
        """A type nobody knows, a version nobody knows, a body that nobody can read."""
        for name, v, body in (("FromTheFuture", 7, b'{"n":1}'), ("RentalEnded", 9, b"{}"), ("RentalEnded", 1, b"{}")):
            await self._commit(store, NewFact(lane=Lane.BUSINESS, type=name, v=v, id=self._id(), body=body))
        await self._sync(store, station)

    async def _gap(self, store: Store, station: Station) -> None:
        """The hub loses two facts between two requests of one connection."""
        pump = self._pump(store, station)
        resting = asyncio.Event()
        task = asyncio.create_task(pump(resting).run())
        try:
            await asyncio.wait_for(resting.wait(), WAIT_S)
            acked = max(one.acked for one in store.chains() if one.lane is Lane.BUSINESS)
            await self._stage.forget(Lane.BUSINESS, 1, acked - 2)
            await self._commit(store, *self._some(1))
            resting.clear()
            self._last_pump.nudge()
            await asyncio.wait_for(resting.wait(), WAIT_S)
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    @contextlib.asynccontextmanager
    async def _start(self) -> AsyncIterator[tuple[Store, Station]]:
        store = await Store.open(self._folder / "station.db", clock=self._clock, ballast_bytes=65_536)
        try:
            yield store, await self._station(store)
        finally:
            self._running.cancel()
            await asyncio.gather(self._running, return_exceptions=True)
            await store.close()

    async def _station(self, store: Store) -> Station:
        from edge_agent.core import persist
        from protocols.sync.changes import StationItem

        profile = StationItem(key="self", name="Recorded", number="", timezone="UTC", currency="EUR")
        empty = State(station_id=seed.ID, profile=profile)
        dispatch = Dispatch()
        station = Station(
            state=persist.restore(empty, store.load()),
            journal=store,
            dispatch=dispatch,
            clock=self._clock,
            new_id=self._id,
        )
        dispatch.connect(tell=station.tell, docks=None, chargers=None)
        self._running = asyncio.create_task(station.run())
        return station

    def _pump(self, store: Store, station: Station) -> Callable[[asyncio.Event], SyncPump]:
        identity = load_identity(self._folder)
        assert identity is not None

        def made(resting: asyncio.Event) -> SyncPump:
            async def pause(wait_s: float) -> None:
                if wait_s >= POLL_S:
                    resting.set()
                    await asyncio.Event().wait()
                await asyncio.sleep(0)

            self._last_pump = SyncPump(
                identity=identity,
                store=store,
                ask=station.ask,
                tell=lambda _seen: None,
                held=station.held,
                clock=self._clock,
                agent_version=self._version,
                poll_s=POLL_S,
                numbers=self._numbers(store),
                backoff=Backoff(chance=lambda: 0.5),
                pause=pause,
            )
            return self._last_pump

        return made

    def _numbers(self, store: Store) -> RequestNumbers:
        if getattr(self, "_numbered", None) is not store:
            self._numbered, self._counter = store, RequestNumbers(lambda: store.epoch)
        return self._counter

    async def _sync(self, store: Store, station: Station) -> None:
        """Exchange until nothing waits; each time as after a lost connection."""
        resting = asyncio.Event()
        task = asyncio.create_task(self._pump(store, station)(resting).run())
        try:
            await asyncio.wait_for(resting.wait(), WAIT_S)
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        assert not any(one.waiting for one in store.chains())
        self.states.append(station.state)

    async def _commit(self, store: Store, *facts: NewFact) -> None:
        await store.commit(Work(moment=self._clock.now(), facts=facts))

    def _every_fact(self) -> list[NewFact]:
        """Of each type one with every field and one with none that has a default."""
        made = []
        for name, body in sorted(self._bodies.items()):
            for full in (True, False):
                raw = msgspec.json.encode(filled(body, full=full, seed=f"{name}{full}"))
                made.append(NewFact(lane=LANES[body], type=name, v=1, id=self._id(), body=raw))
        return made

    def _some(self, count: int) -> list[NewFact]:
        body = self._bodies["DockSeen"]
        raw = msgspec.json.encode(filled(body, full=True, seed="some"))
        return [NewFact(lane=Lane.BUSINESS, type="DockSeen", v=1, id=self._id(), body=raw) for _ in range(count)]

    def _id(self) -> uuid.UUID:
        self._made += 1
        return uuid.uuid5(STORY, f"{self._made}")


def filled(shape: type[Any], *, full: bool, seed: str) -> Any:
    """An instance with plausible values; `full`: also where there is a default."""
    hints = get_type_hints(shape)
    given = {}
    for field in msgspec.structs.fields(shape):
        has_default = field.default is not msgspec.NODEFAULT or field.default_factory is not msgspec.NODEFAULT
        if full or not has_default:
            given[field.name] = _value(hints[field.name], field.name, full=full, seed=seed)
    return shape(**given)


def _value(hint: Any, name: str, *, full: bool, seed: str) -> Any:
    options = [one for one in get_args(hint) if one is not type(None)]
    if get_origin(hint) in (list, tuple):
        return get_origin(hint)([_value(options[0], name, full=full, seed=seed)])
    if options:
        return _value(options[0], name, full=full, seed=seed)
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        return filled(hint, full=full, seed=seed)
    known: dict[Any, Any] = {
        int: 1_795_000_000_000 if name.endswith("_ms") else 7,
        float: 1.5,
        bool: True,
        str: {"currency": "EUR", "by": "card"}.get(name, "word"),
        uuid.UUID: uuid.uuid5(STORY, f"{seed}{name}"),
    }
    return known[hint]
