"""Whatever comes between whatever: nothing lost, nothing twice, in order, everybody answered (`interleavings.py`)."""

import asyncio
import uuid
from collections.abc import Callable
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edge_agent.store.pace import Pace
from edge_agent.store.work import MAX_BODY_BYTES, Entry, NewFact, Put, Work
from protocols.sync.envelope import Lane
from tests.edge_agent.store.conftest import EVERY_PACE
from tests.edge_agent.store.interleavings import Life
from tests.edge_agent.store.powercut import ram_folder
from tests.edge_agent.store.stand_ins import FAULTS, Both, Learning

Step = tuple[Any, ...]

_BODIES: Final = {"small": b'{"n":1}', "text": '{"t":"dö\\"ck"}'.encode(), "large": b'"' + b"x" * 9000 + b'"'}
_BAD: Final = (b"{", b'"\xff"', b'"' + b"x" * MAX_BODY_BYTES + b'"')

_work: Final = st.tuples(
    st.just("commit"),
    st.integers(1, 4),  # how many alike
    st.lists(st.tuples(st.sampled_from(tuple(Lane)), st.sampled_from(tuple(_BODIES))), max_size=3),
    st.lists(st.tuples(st.integers(1, 3), st.booleans()), max_size=2),  # state: which key, and whether it is deleted
    st.integers(0, 1),  # journal
    st.sampled_from(("", "", "", "new", "new", "bad fact", "bad state", "bad journal")),
)
_sample: Final = st.tuples(
    st.just("commit"),
    st.integers(1, 4),
    st.just([(Lane.TELEMETRY, "small")]),
    st.lists(st.tuples(st.integers(1, 3), st.just(False)), max_size=1),
    st.just(0),
    st.just(""),
)
# Two halves under way, the first of which fails while more waits behind them.
_storm: Final = st.tuples(
    st.just("storm"), st.integers(3, 9), st.sampled_from(tuple(FAULTS)), st.sampled_from(("none", "room", "thinned")),
    st.integers(1, 4),
)  # fmt: skip
# A bunch of samples is refused while others go past it.
_refusal: Final = st.tuples(
    st.just("refusal"), st.sampled_from(tuple(FAULTS)), st.integers(0, 2), st.booleans(), st.integers(1, 3)
)
_step: Final = st.one_of(
    _refusal,
    st.tuples(st.just("due")),
    _work,
    _work,
    _sample,
    _storm,
    _storm,
    st.tuples(st.just("take, tell")),
    st.tuples(st.just("take, tell")),
    st.tuples(st.just("probe")),
    st.tuples(st.just("spin"), st.integers(1, 3)),
    st.tuples(st.just("take")),
    st.tuples(st.just("tell")),
    st.tuples(st.just("take, tell")),
    st.tuples(st.just("job"), st.sampled_from(("acknowledge", "rehome", "tell", "tidy")), st.integers(0, 50)),
    st.tuples(st.just("fault"), st.sampled_from(tuple(FAULTS)), st.sampled_from(("none", "room", "thinned"))),
    st.tuples(st.just("well")),
    st.tuples(st.just("cancel"), st.integers(0, 50)),
    st.tuples(st.just("low"), st.booleans()),
    st.tuples(st.just("low"), st.booleans()),
    st.tuples(st.just("disk"), st.booleans(), st.booleans()),
    st.tuples(st.just("clock"), st.sampled_from((-5, 0.001, 60))),
    st.tuples(st.just("settle")),
    st.tuples(st.just("restart")),
    st.tuples(st.just("kill")),
)


class Play:
    """A life's steps, one after the other."""

    def __init__(self, life: Life) -> None:
        self.life = life
        self.n = 0

    async def run(self, steps: list[Step]) -> list[str]:
        life = self.life
        await life.start()
        for name, *args in steps:
            await getattr(self, name.replace(", ", "_and_"))(*args)
            life.look()
        await life.settle()
        wrong = life.judge_memory()
        life.faults.clear()
        await life.close()
        return wrong + life.judge()

    async def commit(self, count: int, facts: list[Any], puts: list[Any], journal: int, special: str) -> None:
        for _ in range(count):
            self.n += 1
            self.life.commit(self._work(facts, puts, journal, special), may_fail=special.startswith("bad"))

    def _work(self, facts: list[Any], puts: list[Any], journal: int, special: str) -> Work:
        n, bad = self.n, _BAD[self.n % 2]
        made = [NewFact(lane=lane, type="T", v=n, id=uuid.UUID(int=n << 8 | i, version=4), body=_BODIES[body])
                for i, (lane, body) in enumerate(facts)]  # fmt: skip
        if special == "bad fact":
            made.append(NewFact(lane=Lane.BUSINESS, type="T", v=n, id=uuid.UUID(int=n << 8 | 99), body=_BAD[n % 3]))
        rows = [Put(kind="k", key=str(key), value=None if gone else b"%d" % n) for key, gone in puts]
        if special == "bad state":
            rows.append(Put(kind="k", key="1", value=bad))
        by_what = journal or (not made and bool(rows))  # it is known then whether a work is there
        entries = [Entry(kind=f"{n}.{i}", data=b"1") for i in range(by_what)]
        if special == "bad journal":
            entries.append(Entry(kind=f"{n}.bad", data=bad))
        moment = self.life.clock.now()
        return Work(
            moment=moment,
            facts=tuple(made),
            puts=tuple(rows),
            journal=tuple(entries),
            new_business=special == "new",
        )

    async def storm(self, count: int, kind: str, room: str, more: int) -> None:
        self.life.faults.append((kind, room))
        await self.commit(count, [(Lane.TELEMETRY, "small"), (Lane.BUSINESS, "small")], [(1, False)], 0, "")
        await self.life.spin(2)
        await self.commit(more, [(Lane.BUSINESS, "small")], [], 0, "")

    async def refusal(self, kind: str, more: int, goes_past: bool, turns: int) -> None:
        self.life.faults.append((kind, "none"))
        await self.commit(2, [(Lane.TELEMETRY, "small")], [(1, False)], 0, "")
        await self.due()
        await self.life.spin(turns)
        await self.commit(more, [(Lane.TELEMETRY, "small")], [(2, False)], 0, "")
        if goes_past:
            await self.commit(1, [(Lane.BUSINESS, "small")], [(1, True), (2, False)], 0, "")

    async def due(self) -> None:
        self.life.store._gathering.hand_over()

    async def probe(self) -> None:
        self.life.probe()

    async def spin(self, turns: int) -> None:
        await self.life.spin(turns)

    async def take(self) -> None:
        self.life.hand.take()

    async def tell(self) -> None:
        self.life.hand.tell()

    async def take_and_tell(self) -> None:
        self.life.hand.take()
        self.life.hand.tell()
        await self.life.spin(2)

    async def job(self, kind: str, pick: int) -> None:
        self.life.job(kind, pick)

    async def fault(self, kind: str, room: str) -> None:
        self.life.faults.append((kind, room))

    async def well(self) -> None:
        self.life.faults.append(("", "none"))

    async def cancel(self, pick: int) -> None:
        if said := [one for one in self.life.said if one.work.facts or one.work.journal]:
            said[pick % len(said)].done.cancel()

    async def low(self, low: bool) -> None:
        self.life.low = low
        self.life.was_low |= low

    async def disk(self, quick: bool, overlapping: bool) -> None:
        pace = self.life.store._writer._pace
        if isinstance(pace, Learning):
            pace.be(quick=quick, overlapping=overlapping)

    async def clock(self, seconds: float) -> None:
        self.life.clock.move(seconds=seconds)

    async def settle(self) -> None:
        await self.life.settle()

    async def restart(self) -> None:
        self.life.faults.clear()
        await self.life.close()
        await self.life.start()

    async def kill(self) -> None:
        await self.life.kill()
        await self.life.start()


@pytest.mark.parametrize("pace", [*EVERY_PACE, Both, Learning], ids=lambda pace: pace.__name__)
@pytest.mark.parametrize("gathers", [False, True], ids=["at once", "gathering"])
@settings(max_examples=20, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(steps=st.lists(_step, min_size=5, max_size=40))
def test_whatever_comes_between_nothing_is_lost_doubled_reordered_or_left_waiting(
    pace: Callable[[], Pace], gathers: bool, steps: list[Step]
) -> None:
    with ram_folder() as folder:
        life = Life(path=folder / "station.db", pace=pace, gathers=gathers)
        assert asyncio.run(Play(life).run(steps)) == []
