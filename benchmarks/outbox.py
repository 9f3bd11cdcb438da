"""The outbox: durable appends per second as ratios to bare sqlite3 and to other queues, the delay of one, the bytes.

Everybody has the same disk, the same record and `synchronous=FULL`. Bare sqlite3 has the store's PRAGMAs and table
and is given finished rows; the other queues get the record by `put`, one commit each, as they offer it. All take
turns in small rounds and their medians are compared, so that what else the machine does falls on all.
"""

import asyncio
import statistics
import tempfile
import time
from dataclasses import dataclass, fields
from pathlib import Path

import msgspec

from benchmarks.queue_peers import Peers
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
PEER_PUTS = 200
WEAR_COMMITS, WEAR_FACTS = 400, 10
BODY = msgspec.json.encode({"rental_id": "01900000-0000-7000-8000-000000000001", "text": "x" * 190})


class _Bench:
    def __init__(self, store: Store, bare: Bare, peers: Peers) -> None:
        self.store = store
        self.bare = bare
        self.peers = peers
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
    record = await _sample(store)
    bare, peers = Bare(folder / "bare.db", record), Peers(folder, record)
    bench = _Bench(store, bare, peers)
    try:
        rates = await _rounds(bench)
        wear = await bench.bytes_per_fact()
    finally:
        await store.close()
        bare.close()
        peers.close()
    return [
        *_rates(rates),
        *_delays(bench.delays_s),
        at_most("outbox: bytes written per fact, 10 a commit", wear, "B", 3000),
    ]


def _rates(rates: "Rates") -> list[Result]:
    one, many = rates.one, rates.many
    return [
        plain("outbox: one fact per commit", one, "facts/s", note="synchronous=FULL"),
        at_least("outbox: one per commit / bare sqlite3", one / rates.bare_one, "ratio", 0.8, baseline=rates.bare_one),
        plain("outbox: group commit, 100 tasks", many, "facts/s"),
        at_least(
            "outbox: group commit / bare 1000-row commits",
            many / rates.bare_many,
            "ratio",
            0.4,
            baseline=rates.bare_many,
        ),
        at_least("outbox: group commit / persist-queue", many / rates.persist, "ratio", 1, baseline=rates.persist),
        at_least("outbox: group commit / litequeue at FULL", many / rates.lite, "ratio", 1, baseline=rates.lite),
        plain("outbox: one per commit / persist-queue", one / rates.persist, "ratio"),
        plain("outbox: one per commit / litequeue at FULL", one / rates.lite, "ratio"),
    ]


def _delays(delays_s: list[float]) -> list[Result]:
    p99_ms = statistics.quantiles(delays_s, n=100)[98] * 1000
    return [
        at_most("outbox: delay of one durable append, p50", statistics.median(delays_s) * 1000, "ms", 0.5),
        plain("outbox: delay of one durable append, p99", p99_ms, "ms"),
    ]


async def _sample(store: Store) -> str:
    """A record as the store writes them: the yardstick gets rows of the same length."""
    fact = NewFact(lane=Lane.BUSINESS, type="RentalEnded", v=1, id=new_id(), body=BODY)
    await store.commit(Work(moment=SystemClock().now(), facts=(fact,)))
    [batch] = await store.batches()
    return bytes(batch.records[0]).decode()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """Facts (rows, messages) per second, medians over the rounds."""

    one: float
    bare_one: float
    many: float
    bare_many: float
    persist: float
    lite: float


async def _rounds(bench: _Bench) -> Rates:
    found = [await _round(bench) for _ in range(ROUNDS)]
    return Rates(**{one.name: statistics.median(getattr(rates, one.name) for rates in found) for one in fields(Rates)})


async def _round(bench: _Bench) -> Rates:
    return Rates(
        one=await bench.singles(),
        bare_one=bench.bare_singles(),
        many=await bench.group(),
        bare_many=bench.bare_groups(),
        persist=bench.peers.persist_queue(PEER_PUTS),
        lite=bench.peers.litequeue(PEER_PUTS),
    )


def run() -> list[Result]:
    """Measure in a folder on the disk that holds the working tree (a RAM disk would flatter)."""
    Path("build").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir="build", prefix="outbox-") as folder:
        return asyncio.run(_measure(Path(folder)))


if __name__ == "__main__":
    for result in run():
        print(f"{result.name:48} {result.value:12.2f} {result.unit:8} goal {result.goal} met {result.met}")
