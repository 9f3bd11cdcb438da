"""A station's store lives on a recorded disk: works one by one and in groups, an uplink, chores, restarts.

What it had promised by each moment of the recording is kept beside it (`Life.promises`), for `judge` to hold
against what a cut at that moment leaves. The seed decides everything but the split of groups into transactions.
"""

import asyncio
import bisect
import random
import uuid
from collections.abc import Awaitable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from edge_agent.store.errors import StoreUnwritable
from edge_agent.store.store import Store
from edge_agent.store.work import Entry, NewFact, Put, Work
from protocols.sync.envelope import Lane
from tests.edge_agent.store.conftest import EVERY_PACE, MovedClock, fact
from tests.edge_agent.store.torn.connection import connect_by
from tests.edge_agent.store.torn.disk import Op
from tests.edge_agent.store.torn.hub import Book, ModelHub, moves, settle
from tests.edge_agent.store.torn.recorder import Fault, Recorder

NAME: Final = "station.db"
BALLAST: Final = 8192
# A small WAL is copied into the file many times in a short recording.
SMALL_WAL: Final = {"PRAGMA wal_autocheckpoint = 1000": "PRAGMA wal_autocheckpoint = 40"}
_BACKUP_HOURS: Final = 60  # younger than the station's 72 hours
_SIZES: Final = (2, 40, 300, 300, 1500, 6000)


def weakened(synchronous: str) -> dict[str, str]:
    """Statements that make the store believe it runs at FULL."""
    return {
        "PRAGMA synchronous = FULL": f"PRAGMA synchronous = {synchronous}",
        "PRAGMA synchronous": "SELECT 2",
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """What holds from `moment` on. Works go by their place in `World.works`."""

    moment: int = 0
    handed_in: int = 0  # works that were given to the store
    committed: int = 0  # works whose commit returned: all before this place, but for `refused`
    refused: frozenset[int] = frozenset()
    # Refused by a failing disk, and the power went or the store was opened anew before it took anything else: the
    # bytes may be down although their sync failed. Such a work may be there, whole, or not.
    in_doubt: frozenset[int] = frozenset()
    epoch: int = 0  # the highest epoch that was said to be open
    book: Book = field(default_factory=Book)
    now_ms: int = 0


@dataclass(slots=True)
class World:
    """What outlives a cut: people's works, the hub, the clock."""

    chance: random.Random
    clock: MovedClock = field(default_factory=MovedClock)
    hub: ModelHub = field(default_factory=ModelHub)
    works: list[Work] = field(default_factory=list)
    backups: list[tuple[float, Book]] = field(default_factory=list)

    def make(self) -> Work:
        """The next work: facts, state and journal that name its place."""
        chance, n = self.chance, len(self.works)
        kind = chance.random()
        lanes = [chance.choice(tuple(Lane)) for _ in range(1 if kind < 0.4 else chance.randint(0, 3))]
        facts = tuple(
            fact(_body(chance, n), lane=lane, id=uuid.UUID(int=chance.getrandbits(128), version=4)) for lane in lanes
        )
        puts: tuple[Put, ...] = ()
        journal: tuple[Entry, ...] = ()
        if kind >= 0.4:
            puts = tuple(self._put(n) for _ in range(chance.randint(0, 2)))
            journal = tuple(Entry(kind="said", data=b"%d" % n) for _ in range(chance.randint(not facts, 1)))
        self.works.append(Work(moment=self.clock.now(), facts=facts, puts=puts, journal=journal))
        return self.works[-1]

    def _put(self, n: int) -> Put:
        value = None if self.chance.random() < 0.2 else b"%d" % n
        return Put(kind="dock", key=str(self.chance.randint(1, 8)), value=value)


def _body(chance: random.Random, n: int) -> bytes:
    return b'{"work":%d,"text":"%s"}' % (n, b"x" * chance.choice(_SIZES))


class Life:
    """From opening the store to the end of the recording; `promises` are in the order of their moments."""

    def __init__(
        self, world: World, folder: Path, *, instead: dict[str, str], promise: Promise, fault: Fault | None = None
    ) -> None:
        self.world = world
        self.recorder = Recorder(folder, fault)
        self.start = self.recorder.start()
        self.promises = [replace(promise, moment=0)]
        self.errors: list[StoreUnwritable] = []
        self._path = folder / NAME
        self._connect = connect_by(self.recorder.name, instead)
        self.ended_well = False
        self._since_success: set[int] = set()

    @property
    def ops(self) -> list[Op]:
        return self.recorder.ops

    def promise_at(self, moment: int) -> Promise:
        """What had been promised when the power went."""
        place = bisect.bisect_right(self.promises, moment, key=lambda one: one.moment)
        return self.promises[max(place, 1) - 1]

    def _say(self, **now: object) -> None:
        now_ms = int(self.world.clock.at.timestamp() * 1000)
        moment = len(self.recorder.ops)
        self.promises.append(replace(self.promises[-1], moment=moment, now_ms=now_ms, **now))  # type: ignore[arg-type]

    async def run(self, steps: int) -> None:
        """Live for so many steps, restarts included, and end in order."""
        store = await self.open()
        for _ in range(steps):
            store = await self.step(store)
        self.recorder.fault = None
        before = len(self.errors)
        await self._hand_in(store, 2)
        self.ended_well = len(self.errors) == before
        await self._close(store)

    async def open(self) -> Store:
        """Open until it opens, as systemd would; a failing disk may need it."""
        for _ in range(20):
            try:
                store = await Store.open(
                    self._path,
                    clock=self.world.clock,
                    ballast_bytes=BALLAST,
                    connect=self._connect,
                    pace=EVERY_PACE[len(self.world.works) % len(EVERY_PACE)](),
                )
            except StoreUnwritable as error:
                self.errors.append(error)
                continue
            self._since_success.clear()
            self._say(epoch=max(store.epoch, self.promises[-1].epoch))
            return store
        raise AssertionError(f"it does not open: {self.errors[-1]!r}")

    async def step(self, store: Store) -> Store:
        """One thing that happens to a store, by chance."""
        chance, world = self.world.chance, self.world
        match chance.choices(("work", "group", "upload", "chores", "time", "restart", "restore"), _WEIGHTS)[0]:
            case "work":
                await self._hand_in(store, 1)
            case "group":
                await self._hand_in(store, chance.randint(2, 12))
            case "upload":
                await self._upload(store)
            case "chores":
                await self._try(store.tidy())
            case "time":
                world.clock.move(hours=chance.randint(1, 30))
            case "restart":
                await self._close(store)
                return await self.open()
            case "restore":
                self._restore()
        return store

    async def _hand_in(self, store: Store, count: int) -> None:
        first = len(self.world.works)
        works = [self.world.make() for _ in range(count)]
        self._say(handed_in=first + count)
        told = await asyncio.gather(*(store.commit(work) for work in works), return_exceptions=True)
        refused, in_doubt = self.promises[-1].refused, self.promises[-1].in_doubt
        for n, answer in enumerate(told, first):
            if isinstance(answer, StoreUnwritable):
                self.errors.append(answer)
                self._since_success.add(n)
                in_doubt |= {n}
            elif answer is not None:
                raise answer
            else:
                refused, in_doubt = refused | self._since_success, in_doubt - self._since_success
                self._since_success.clear()
        self._say(committed=first + count, refused=refused, in_doubt=in_doubt)

    async def _upload(self, store: Store) -> None:
        """One exchange; sometimes its answer is lost, sometimes it is only the cursors."""
        world = self.world
        batches = await store.batches(max_facts=world.chance.randint(1, 40)) if world.chance.random() < 0.9 else []
        reply = world.hub.answer(batches)
        self._say(book=world.hub.book)
        world.backups.append((world.clock.mono, world.hub.book))
        if world.chance.random() < 0.85:
            await self._try(settle(store, moves(store, reply, batches)))
            self._say(epoch=max(store.epoch, self.promises[-1].epoch))

    def _restore(self) -> None:
        """The hub comes back from a backup that is younger than what the station keeps."""
        world = self.world
        young = [book for at, book in world.backups if at > world.clock.mono - _BACKUP_HOURS * 3600]
        if young:
            world.hub.restore(world.chance.choice(young))
            self._say(book=world.hub.book)

    async def _close(self, store: Store) -> None:
        await self._try(store.close())

    async def _try(self, does: Awaitable[object]) -> None:
        try:
            await does
        except StoreUnwritable as error:
            self.errors.append(error)


_WEIGHTS: Final = (40, 14, 22, 8, 8, 4, 4)


def facts_of(works: list[Work]) -> dict[bytes, tuple[int, NewFact, Work]]:
    """Every fact of these works by its id."""
    return {one.id.bytes: (n, one, work) for n, work in enumerate(works) for one in work.facts}
