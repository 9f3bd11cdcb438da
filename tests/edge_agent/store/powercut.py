"""Power cuts: a store lives on a recorded disk, is cut at every moment in every way, and is opened again.

`run(seed, points)` plays lives one after the other until so many cuts were judged: each life begins on what one
of the last life's cuts left. `make soak` calls it with random seeds, `test_powercut.py` with fixed ones.
"""

import asyncio
import random
import sqlite3
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from edge_agent.store.errors import StoreDamaged, StoreError
from edge_agent.store.store import Store
from protocols.values import from_ms
from tests.edge_agent.store.conftest import MovedClock, fact, work
from tests.edge_agent.store.torn.disk import Cut, Image, cuts
from tests.edge_agent.store.torn.findings import Finding, Found, Judge, Kind, last_work, open_again, put_down, readable
from tests.edge_agent.store.torn.hub import ModelHub, drain
from tests.edge_agent.store.torn.life import BALLAST, SMALL_WAL, Life, Promise, World

STEPS: Final = 45
_WHOLE_EVERY: Final = 100  # of so many cuts one is opened by the whole store and its facts are sent to the hub
_RAM: Final = Path("/dev/shm")


@dataclass(slots=True)
class Report:
    """What was cut and what was found. `wrong` has the first findings in words, with how to play them again."""

    cuts: int = 0
    images: int = 0
    drained: int = 0
    tears: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def add(self, cut: Cut, findings: list[Finding], where: str) -> None:
        self.cuts += 1
        self.tears[cut.tear] += 1
        self.kinds.update({one.kind for one in findings})
        if len(self.wrong) < 20:
            self.wrong += [f"{where}, cut at {cut.moment} ({cut.tear}): {one.kind}: {one.text}" for one in findings]

    def table(self) -> str:
        """For people."""
        found = ", ".join(f"{kind} {n}" for kind, n in self.kinds.items()) or "nothing wrong"
        return f"{self.cuts} cuts, {self.images} different images, {self.drained} sent to the hub: {found}"


def run(seed: int, points: int, *, instead: Mapping[str, str] | None = None) -> Report:
    """Judge at least so many cuts. `instead` replaces statements of the store (a weaker `synchronous`)."""
    report = Report()
    world = World(chance=random.Random(seed))
    image, promise, lives = Image({}, None), Promise(), 0
    with ram_folder() as folder:
        while report.cuts < points:
            lives += 1
            life = _live(world, image, promise, folder / f"life-{lives}", dict(SMALL_WAL) | dict(instead or {}))
            image, promise = _cut_everywhere(life, folder, report, points, f"seed {seed}, life {lives}")
    return report


def lie(seed: int, points: int, share: float) -> Report:
    """The same on a disk that drops this share of its syncs: so many cuts of one life, each sent to the hub.

    Loss is allowed here. What is not: a fact that can be read and does not reach the hub, because the hub holds
    another one under its number, or because the store is stuck.
    """
    report = Report()
    world = World(chance=random.Random(seed))
    with ram_folder() as folder:
        life = _live(world, Image({}, None), Promise(), folder / "life", dict(SMALL_WAL))
        every = list(cuts(life.start, life.ops, seed=seed, lies=share))
        for cut in world.chance.sample(every, min(points, len(every))):
            found = _found_in(cut.image, folder)
            ids = readable(found) if isinstance(found, Found) else None
            if isinstance(found, str):
                findings = [Finding(Kind.DAMAGED, found)]
            elif ids is None:
                findings = [Finding(Kind.ALTERED, "noise in a record")]
            else:
                findings = _lived_with(cut, life.promise_at(cut.moment), ids, folder)
            report.add(cut, findings, f"seed {seed}")
    return report


@contextmanager
def ram_folder() -> Iterator[Path]:
    """A folder in memory where there is one: what it holds is a disk only by our word."""
    with tempfile.TemporaryDirectory(dir=_RAM if _RAM.is_dir() else None, prefix="torn-") as folder:
        yield Path(folder)


def _live(world: World, image: Image, promise: Promise, folder: Path, instead: dict[str, str]) -> Life:
    folder.mkdir()
    put_down(image, folder)
    life = Life(world, folder, instead=instead, promise=promise)
    asyncio.run(life.run(STEPS))
    return life


def _cut_everywhere(life: Life, folder: Path, report: Report, points: int, where: str) -> tuple[Image, Promise]:
    """Judge every cut of the life; gives one that the next life begins on, with what holds there."""
    judge = Judge(life.world.works)
    seen: dict[object, Found | str] = {}
    chosen: tuple[Cut, Found] | None = None
    before = report.cuts
    for cut in cuts(life.start, life.ops, seed=len(life.ops)):
        if cut.image.key not in seen:
            seen[cut.image.key] = _found_in(cut.image, folder)
        found, promise = seen[cut.image.key], life.promise_at(cut.moment)
        if isinstance(found, str):
            report.add(cut, [Finding(Kind.DAMAGED, found)], where)
            continue
        findings = judge.judge(found, promise)
        if report.cuts % _WHOLE_EVERY == 0 and not findings:
            findings = asyncio.run(_drained(cut, promise, judge.ids_up_to(last_work(found)), folder))
            report.drained += 1
        report.add(cut, findings, where)
        if not findings and life.world.chance.random() < 1 / (1 + report.cuts - before):
            chosen = cut, found
        if report.cuts >= points:
            break
    report.images += len(seen)
    return _next(life, chosen)


def _found_in(image: Image, folder: Path) -> Found | str:
    try:
        return open_again(put_down(image, folder))
    except (StoreError, sqlite3.Error) as error:
        return f"{type(error).__name__}: {error}"


def _lived_with(cut: Cut, promise: Promise, wanted: frozenset[bytes], folder: Path) -> list[Finding]:
    """As `_drained`; damage that no check at the start sees is seen by SQLite later."""
    try:
        return asyncio.run(_drained(cut, promise, wanted, folder))
    except StoreDamaged as error:
        return [Finding(Kind.DAMAGED, f"noticed later: {error}")]


async def _drained(cut: Cut, promise: Promise, wanted: frozenset[bytes], folder: Path) -> list[Finding]:
    """The whole store on this image, one more work, and an uplink that sends all to the hub of that moment."""
    hub = ModelHub(promise.book)
    clock = MovedClock()
    clock.at = max(clock.at, from_ms(promise.now_ms))
    store = await Store.open(put_down(cut.image, folder), clock=clock, ballast_bytes=BALLAST)
    try:
        new = fact()
        await store.commit(work(clock, new))
        waiting = await drain(store, hub)
    finally:
        await store.close()
    missing = (wanted | {new.id.bytes}) - hub.book.ids
    wrong = [Finding(Kind.REUSED, f"{text}, noticed") for text in hub.reused]
    if missing or waiting:
        wrong.append(Finding(Kind.LOST, f"{len(missing)} facts do not reach the hub, {waiting} wait"))
    return wrong


def _next(life: Life, chosen: tuple[Cut, Found] | None) -> tuple[Image, Promise]:
    """The world as it was at the chosen cut; what the cut took with it never happened."""
    if chosen is None:
        raise AssertionError("no cut of this life was without a finding")
    cut, found = chosen
    world, promise = life.world, life.promise_at(cut.moment)
    count = last_work(found) + 1
    del world.works[count:]
    world.hub = ModelHub(promise.book)
    world.backups.clear()
    return cut.image, replace(promise, handed_in=count, committed=count)
