"""Plays many random schedules of faults through the real pump and store against the hub's real rules, and compares.

    python -m tests.edge_agent.uplink.explorer --schedules 1000 --seed 1

No socket and no waiting: requests and replies are the real bytes, handed over in the same process, lost, kept back and
delivered late as the schedule says. Exit 1 with the seed of the first schedule that ends wrong; `--only SEED` plays it
again. The same seeds give the same schedules, though the threads of the store may interleave otherwise.
"""

import argparse
import asyncio
import contextlib
import itertools
import random
import shutil
import sys
import tempfile
import time
import uuid
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import structlog

from edge_agent.runtime.backoff import Backoff
from edge_agent.store.store import Store
from edge_agent.uplink import pump as pump_module
from edge_agent.uplink.exchange import ExchangeFailed, Problem
from edge_agent.uplink.pump import SyncPump
from hub.intake.rules import Held, judge, read
from protocols.sync.envelope import (
    BatchResult,
    Cursor,
    Lane,
    SyncReply,
    SyncRequest,
    Verdict,
    decode_reply,
    decode_request,
    encode,
)
from tests.edge_agent.store.conftest import MovedClock, fact, work
from tests.edge_agent.uplink.conftest import Station

STEPS = ("commit", "lose request", "lose reply", "late", "twice", "refuse", "too large", "restart", "hub restore",
         "set back", "copy card", "nudge", "settle")  # fmt: skip
WEIGHTS = (36, 6, 8, 5, 5, 4, 3, 6, 6, 2, 3, 6, 8)
MOST_STEPS = 16
MEMORY = Path("/dev/shm")


class MemoryHub:
    """The hub's rules over a dictionary. A snapshot of it is a backup."""

    def __init__(self) -> None:
        self.held: dict[tuple[Lane, int], Held] = {}
        self.nonces: dict[int, str] = {}
        self.facts: dict[tuple[Lane, int, int], uuid.UUID] = {}
        self.number = 0
        self.backups: list[tuple[Any, ...]] = []

    def answer(self, number: int, body: bytes) -> bytes:
        """Raises ExchangeFailed as the agent's door would."""
        if number <= self.number:
            floor = (self.number >> 32) + 1
            raise ExchangeFailed("http_409", problem=Problem(code="request_replayed", epoch_floor=floor))
        self.number = number
        asked = decode_request(body)
        results = [self._take(batch) for batch in asked.batches]
        named = {(one.lane, one.epoch) for one in asked.batches} or self.held.keys()
        cursors = [
            Cursor(lane=lane, epoch=epoch, acked=self.held[lane, epoch].acked)
            for lane, epoch in named
            if (lane, epoch) in self.held
        ]
        reply = SyncReply(protocol=1, hub="memory", hub_at_ms=1, rev=asked.rev, cursors=cursors, results=results)
        return encode(reply)

    def _take(self, batch: Any) -> BatchResult:
        key = (batch.lane, batch.epoch)
        judged = judge(self.held.get(key), self.nonces.get(batch.epoch), read(batch))
        floor = None
        if judged.verdict is Verdict.FORK:
            floor = max([batch.epoch, *(epoch for _, epoch in self.held)]) + 1
        elif judged.verdict is Verdict.TAKEN and (judged.new or key in self.held):
            self.held[key] = judged.held
            self.nonces[batch.epoch] = batch.nonce
            for one in judged.new:
                assert one.fact_id is not None
                self.facts[batch.lane, batch.epoch, one.seq] = one.fact_id
        return BatchResult(
            lane=batch.lane, epoch=batch.epoch, verdict=judged.verdict, acked=judged.held.acked, epoch_floor=floor
        )

    def back_up(self) -> None:
        self.backups.append((dict(self.held), dict(self.nonces), dict(self.facts)))

    def restore(self, rng: random.Random) -> None:
        """Request numbers are kept: a hub that had lost those too is the same as one that never saw them."""
        if self.backups:
            held, nonces, facts = rng.choice(self.backups)
            self.held, self.nonces, self.facts = dict(held), dict(nonces), dict(facts)


class Line:
    """Stands in for the exchange: the real bytes, and the schedule's faults, each used once."""

    def __init__(self, hub: MemoryHub, faults: list[str], rng: random.Random) -> None:
        self._hub = hub
        self._faults = faults
        self._rng = rng
        self._sent: list[tuple[int, bytes]] = []

    def made(self, *, numbers: Any, **_named: Any) -> "Line":
        self._numbers = numbers
        return self

    async def send(self, request: SyncRequest) -> SyncReply:
        number, body = self._numbers(), encode(request)
        await asyncio.sleep(0)
        fault = self._faults.pop(0) if self._faults else ""
        if fault == "lose request":
            raise ExchangeFailed("connect")
        if fault == "refuse":
            raise ExchangeFailed("http_503", retry_after_s=1.0)
        if fault == "too large":
            raise ExchangeFailed("http_413", smaller=True)
        if fault == "late" and self._sent:  # one from before comes again, and only then ours
            old = self._rng.choice(self._sent)
            with contextlib.suppress(ExchangeFailed):
                self._hub.answer(*old)
        self._sent.append((number, body))
        reply = self._hub.answer(number, body)
        if fault == "twice":
            with contextlib.suppress(ExchangeFailed):
                self._hub.answer(number, body)
        if fault == "lose reply":
            raise ExchangeFailed("cut")
        return decode_reply(reply)


class Schedule:
    """One random life of a station and its hub."""

    def __init__(self, seed: int, folder: Path) -> None:
        self._rng = random.Random(seed)
        self._path = folder / "station.db"
        self._copy = folder / "copy.db"
        self._hub = MemoryHub()
        self._clock = MovedClock()
        self._faults: list[str] = []
        self._made: list[uuid.UUID] = []
        self._copied_at: int | None = None
        self._lanes = itertools.cycle(Lane)
        self.played: Counter[str] = Counter()
        self.lost: set[uuid.UUID] = set()

    async def play(self, steps: Sequence[str] | None = None) -> str | None:
        """What ended wrong; None for nothing. Without `steps` they are drawn."""
        store = await self._open()
        running, pump = self._start(store)
        try:
            for step in steps or self._rng.choices(STEPS, WEIGHTS, k=self._rng.randint(3, MOST_STEPS)):
                self.played[step] += 1
                if step in ("restart", "set back", "copy card"):
                    await self._stop(running, store)
                    self._card(step)
                    store = await self._open()
                    running, pump = self._start(store)
                else:
                    await self._happen(step, store, pump)
                for _ in range(self._rng.randint(0, 6)):
                    await asyncio.sleep(0)
            return await self._drained(store, pump)
        finally:
            await self._stop(running, store)

    async def _open(self) -> Store:
        return await Store.open(self._path, clock=self._clock, ballast_bytes=4096)

    def _start(self, store: Store) -> tuple["asyncio.Task[None]", SyncPump]:
        station = Station()

        async def pause(_wait_s: float) -> None:
            await asyncio.sleep(0)

        line = Line(self._hub, self._faults, self._rng)
        made = pump_module.Exchange  # type: ignore[attr-defined]  # the pump's own name for it
        setattr(pump_module, "Exchange", line.made)  # noqa: B010
        pump = SyncPump(
            identity=None,  # type: ignore[arg-type]  # the line does not sign
            store=store, ask=station.ask, tell=station.tell, held=lambda: station.held, clock=self._clock,
            agent_version="explorer", poll_s=1000.0, backoff=Backoff(chance=lambda: 0.0), pause=pause,
        )  # fmt: skip
        task = asyncio.create_task(pump.run())
        task.add_done_callback(lambda _: setattr(pump_module, "Exchange", made))
        return task, pump

    async def _stop(self, running: "asyncio.Task[None]", store: Store) -> None:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await store.close()

    def _card(self, step: str) -> None:
        if step == "copy card":
            shutil.copyfile(self._path, self._copy)
            self._copied_at = len(self._made)
        elif step == "set back" and self._copied_at is not None:
            shutil.copyfile(self._copy, self._path)
            self.lost |= set(self._made[self._copied_at :])

    async def _happen(self, step: str, store: Store, pump: SyncPump) -> None:
        match step:
            case "commit":
                facts = [fact(lane=next(self._lanes)) for _ in range(self._rng.randint(1, 4))]
                self._made += [one.id for one in facts]
                await store.commit(work(self._clock, *facts))
                if self._rng.random() < 0.3:
                    self._hub.back_up()
            case "hub restore":
                self._hub.restore(self._rng)
            case "nudge":
                pump.nudge()
            case "settle":
                await self._settled(store, pump)
            case _:
                self._faults.append(step)

    async def _settled(self, store: Store, pump: SyncPump) -> bool:
        """Wait until nothing waits; some schedules get there, and what comes then finds a station at rest."""
        for _ in range(3000):
            if store.health().waiting == 0:
                return True
            pump.nudge()
            await asyncio.sleep(0.001)
        return False

    async def _drained(self, store: Store, pump: SyncPump) -> str | None:
        """All that can be there is there, once."""
        wanted = set(self._made) - self.lost
        for _ in range(3000):
            at_hub = Counter(self._hub.facts.values())
            if store.health().waiting == 0 and wanted <= at_hub.keys():
                break
            pump.nudge()
            await asyncio.sleep(0.001)
        else:
            return f"not drained: {store.health().waiting} wait, {len(wanted - at_hub.keys())} missing"
        doubled = [fact_id for fact_id, times in at_hub.items() if times > 1]
        if doubled:
            return f"{len(doubled)} facts twice"
        holes = [key for key, held in self._hub.held.items() if held.acked != self._count(*key)]
        return f"holes in {holes}" if holes else None

    def _count(self, lane: Lane, epoch: int) -> int:
        return sum((one[0], one[1]) == (lane, epoch) for one in self._hub.facts)


def explore(first: int, count: int, *, tell_every: int = 1000) -> tuple[int, Counter[str], list[tuple[int, str]]]:
    """Play the schedules of these seeds: how many, what they did, and which of them ended wrong."""
    played: Counter[str] = Counter()
    wrong: list[tuple[int, str]] = []
    began = time.monotonic()
    for done, seed in enumerate(range(first, first + count), 1):
        with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as folder:
            schedule = Schedule(seed, Path(folder))
            problem = asyncio.run(schedule.play())
        played += schedule.played
        if problem is not None:
            wrong.append((seed, problem))
            print(f"seed {seed}: {problem}", flush=True)
        if done % tell_every == 0:
            print(f"{done} schedules, {len(wrong)} wrong, {done / (time.monotonic() - began):.0f}/s", flush=True)
    return count, played, wrong


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--schedules", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", type=int, default=None, help="play this one seed")
    given = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    first, count = (given.only, 1) if given.only is not None else (given.seed, given.schedules)
    count, played, wrong = explore(first, count)
    print(f"{count} schedules from seed {first}: {len(wrong)} ended wrong; {dict(played.most_common())}")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
