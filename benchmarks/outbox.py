"""The outbox: durable appends per second as ratios to bare sqlite3, the delay of one, the bytes that a fact costs.

Store and yardstick take turns in small rounds and their medians are compared, so that what else
the machine does falls on both.
"""

import asyncio
import statistics
import tempfile
import time
from pathlib import Path

import msgspec

from benchmarks.results import Result, at_least, at_most, plain
from benchmarks.sqlite_bare import Bare
from edge_agent.runtime.clock import SystemClock, new_id
from edge_agent.store.store import Store
from edge_agent.store.work import NewFact, Work
from protocols.sync.envelope import Lane

ROUNDS = 7
SINGLES = 400  # commits of one fact in a round
TASKS, EACH = 100, 60  # tasks that commit at once, and how many facts each
BARE_GROUPS, BARE_ROWS = 6, 1000
WEAR_COMMITS, WEAR_FACTS = 400, 10
BODY = msgspec.json.encode({"rental_id": "01900000-0000-7000-8000-000000000001", "text": "x" * 190})


class _Bench:
    def __init__(self, store: Store, bare: Bare) -> None:
        self.store = store
        self.bare = bare
        self.clock = SystemClock()
        self.delays_s: list[float] = []

    def work(self, facts: int = 1) -> Work:
        made = tuple(NewFact(lane=Lane.BUSINESS, type="RentalEnded", v=1, id=new_id(), body=BODY) for _ in range(facts))
        return Work(moment=self.clock.now(), facts=made)

    async def singles(self) -> float:
        """Facts per second, one per commit, one after the other."""
        works = [self.work() for _ in range(SINGLES)]
        started = time.perf_counter()
        for work in works:
            before = time.perf_counter()
            await self.store.commit(work)
            self.delays_s.append(time.perf_counter() - before)
        return SINGLES / (time.perf_counter() - started)

    async def group(self) -> float:
        """Facts per second from many tasks, one fact per commit each."""
        works = [[self.work() for _ in range(EACH)] for _ in range(TASKS)]

        async def task(mine: list[Work]) -> None:
            for work in mine:
                await self.store.commit(work)

        started = time.perf_counter()
        async with asyncio.TaskGroup() as tasks:
            for mine in works:
                tasks.create_task(task(mine))
        return TASKS * EACH / (time.perf_counter() - started)

    def bare_singles(self) -> float:
        groups = [self.bare.rows(1) for _ in range(SINGLES)]
        return SINGLES / self.bare.seconds_for(groups)

    def bare_groups(self) -> float:
        groups = [self.bare.rows(BARE_ROWS) for _ in range(BARE_GROUPS)]
        return BARE_GROUPS * BARE_ROWS / self.bare.seconds_for(groups)

    async def bytes_per_fact(self) -> float:
        """Bytes handed to the disk per fact, ten facts a commit, the checkpoint's included."""
        await self.store.tidy()
        before = _written()
        for _ in range(WEAR_COMMITS):
            await self.store.commit(self.work(WEAR_FACTS))
        await self.store.tidy()
        return (_written() - before) / (WEAR_COMMITS * WEAR_FACTS)


def _written() -> int:
    for line in Path("/proc/self/io").read_text(encoding="ascii").splitlines():
        name, _, value = line.partition(": ")
        if name == "write_bytes":
            return int(value)
    raise RuntimeError("this kernel counts no write_bytes")


async def _measure(folder: Path) -> list[Result]:
    store = await Store.open(folder / "store.db", clock=SystemClock())
    bare = Bare(folder / "bare.db", await _sample(store))
    bench = _Bench(store, bare)
    try:
        one, many = await _rounds(bench)
        wear = await bench.bytes_per_fact()
    finally:
        await store.close()
        bare.close()
    p50_ms = statistics.median(bench.delays_s) * 1000
    p99_ms = statistics.quantiles(bench.delays_s, n=100)[98] * 1000
    return [
        plain("outbox: one fact per commit", one[0], "facts/s", note="synchronous=FULL"),
        at_least("outbox: one per commit / bare sqlite3", one[0] / one[1], "ratio", 0.7, baseline=one[1]),
        plain("outbox: group commit, 100 tasks", many[0], "facts/s"),
        at_least("outbox: group commit / bare 1000-row commits", many[0] / many[1], "ratio", 0.4, baseline=many[1]),
        at_most("outbox: delay of one durable append, p50", p50_ms, "ms", 0.5),
        plain("outbox: delay of one durable append, p99", p99_ms, "ms"),
        at_most("outbox: bytes written per fact, 10 a commit", wear, "B", 3000),
    ]


async def _sample(store: Store) -> str:
    """A record as the store writes them: the yardstick gets rows of the same length."""
    fact = NewFact(lane=Lane.BUSINESS, type="RentalEnded", v=1, id=new_id(), body=BODY)
    await store.commit(Work(moment=SystemClock().now(), facts=(fact,)))
    [batch] = await store.batches()
    return bytes(batch.records[0]).decode()


async def _rounds(bench: _Bench) -> tuple[tuple[float, float], tuple[float, float]]:
    """(store, bare) facts per second: one per commit, and in groups; medians over the rounds."""
    ones, bare_ones, groups, bare_groups = [], [], [], []
    for _ in range(ROUNDS):
        ones.append(await bench.singles())
        bare_ones.append(bench.bare_singles())
        groups.append(await bench.group())
        bare_groups.append(bench.bare_groups())
    return (
        (statistics.median(ones), statistics.median(bare_ones)),
        (statistics.median(groups), statistics.median(bare_groups)),
    )


def run() -> list[Result]:
    """Measure in a folder on the disk that holds the working tree (a RAM disk would flatter)."""
    Path("build").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir="build", prefix="outbox-") as folder:
        return asyncio.run(_measure(Path(folder)))


if __name__ == "__main__":
    for result in run():
        print(f"{result.name:48} {result.value:12.2f} {result.unit:8} goal {result.goal} met {result.met}")
