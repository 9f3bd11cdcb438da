"""What must hold of a store's file, whatever came between what: every promise, against everything that was said."""

import asyncio
import hashlib
import itertools
import sqlite3
import uuid
from dataclasses import dataclass, field
from typing import Any

from edge_agent.store import lost
from edge_agent.store.chains import LANES, TABLE
from edge_agent.store.errors import StoreFull, StoreUnwritable
from edge_agent.store.work import Work
from protocols.sync.envelope import NO_HASH, Lane, decode_fact


@dataclass(slots=True)
class Said:
    """One work that was handed in, and what became of it."""

    work: Work
    may_fail: bool  # by itself: bad bytes
    done: "asyncio.Future[Any]"
    abandoned: bool = False  # the power went before it was answered

    @property
    def is_sure(self) -> bool:
        return not self.abandoned and not self.done.cancelled()

    @property
    def error(self) -> BaseException | None:
        return self.done.exception() if self.is_sure and self.done.done() else None


@dataclass(kw_only=True)
class Story:
    """What was handed in, in the order of the calls, and what befell it."""

    gathers: bool  # samples wait for company
    said: list[Said] = field(default_factory=list)
    hit: set[int] = field(default_factory=set)  # ids of works whose draft met a fault
    moved: set[uuid.UUID] = field(default_factory=set)  # facts that got new numbers at their lane's end
    was_low: bool = False

    def may_wait(self, work: Work) -> bool:
        """Whether it is a sample that waits for company: answered at once, and lost with the power."""
        alone = not work.journal and not work.new_business
        return self.gathers and alone and {fact.lane for fact in work.facts} == {Lane.TELEMETRY}


class Judge:
    """Holds the file, as it is now, against the story."""

    def __init__(self, story: Story, conn: sqlite3.Connection) -> None:
        self._story = story
        self._rows = {
            lane: conn.execute(f"SELECT place, record, hash FROM {TABLE[lane]} ORDER BY place").fetchall()
            for lane in LANES
        }
        self._facts = {lane: [decode_fact(record.encode()) for _, record, _ in self._rows[lane]] for lane in LANES}
        self._journal = conn.execute("SELECT hlc, kind, data FROM journal WHERE kind LIKE '%.%' ORDER BY n").fetchall()
        self._state = {(kind, key): value for kind, key, value in conn.execute("SELECT kind, key, value FROM state")}
        self._lost = lost.load(conn)
        self._there = {one.id: one for facts in self._facts.values() for one in facts}
        self._noted = {kind: hlc for hlc, kind, _ in self._journal}

    def findings(self) -> list[str]:
        return [*self._whole(), *self._answered(), *self._in_order(), *self._state_is_last(), *self._chains()]

    def _marks(self, work: Work) -> list[bool]:
        """Of each of its facts and entries: whether it is there."""
        return [one.id in self._there for one in work.facts] + [one.kind in self._noted for one in work.journal]

    def is_seen(self, said: Said) -> bool:
        return any(self._marks(said.work))

    def is_there(self, said: Said) -> bool:
        return all(self._marks(said.work)) if said.work.facts or said.work.journal else said.error is None

    def _whole(self) -> list[str]:
        wrong = [f"a work is there in part: {one}" for one in self._story.said if len(set(self._marks(one.work))) > 1]
        given = [one for said in self._story.said for one in said.work.facts]
        wrong += [f"{one.id} has other content" for one in given if one.id in self._there and not self._is(one)]
        if sum(map(len, self._facts.values())) != len(self._there) or len(self._journal) != len(self._noted):
            wrong.append("something is there twice")
        if not self._there.keys() <= {one.id for one in given}:
            wrong.append("a fact that nobody handed in")
        return wrong

    def _is(self, one: Any) -> bool:
        there = self._there[one.id]
        return (there.type, there.v, bytes(there.body)) == (one.type, one.v, one.body)

    def _answered(self) -> list[str]:
        wrong = []
        for said in self._story.said:
            if not said.is_sure:
                continue
            error, there = said.error, self.is_there(said)
            if error is None and not there:
                wrong.append(f"answered as done and not there: {said.work}")
            if error is not None and (said.work.facts or said.work.journal) and any(self._marks(said.work)):
                wrong.append(f"answered with {error!r} and there: {said.work}")
            wrong += self._refused_rightly(said, error)
        return wrong

    def _refused_rightly(self, said: Said, error: BaseException | None) -> list[str]:
        if said.may_fail:
            bad = isinstance(error, ValueError | StoreUnwritable | RuntimeError)
            return [] if bad else [f"bad bytes were answered with {error!r}"]
        if error is None or id(said.work) in self._story.hit:
            return []
        if self._story.was_low and said.work.new_business and isinstance(error, StoreFull):
            return []
        return [f"refused without need, {error!r}: {said.work}"]

    def _in_order(self) -> list[str]:
        """Numbers follow the order of the calls in each lane and in the journal, clock values in all together."""
        wrong, there = [], [one for one in self._story.said if self.is_there(one)]
        for lane in LANES:
            given = [one.id for said in self._following(there, lane) for one in said.work.facts if one.lane is lane]
            stays = [one.id for one in self._facts[lane] if one.id in given and one.id not in self._story.moved]
            if stays != [one for one in given if one not in self._story.moved]:
                wrong.append(f"{lane}: another order than that of the calls")
        if [kind for _, kind, _ in self._journal] != [one.kind for said in there for one in said.work.journal]:
            wrong.append("journal: another order than that of the calls")
        hlcs = [hlc for said in there if not self._story.may_wait(said.work) for hlc in self._hlcs(said.work)]
        if any(one >= after for one, after in itertools.pairwise(hlcs)):
            wrong.append("clock values do not rise")
        return wrong

    def _following(self, said: list[Said], lane: Lane) -> list[Said]:
        """Whose facts follow on each other: samples that wait for company may come behind other works."""
        if lane is not Lane.TELEMETRY or not self._story.gathers:
            return said
        return [one for one in said if self._story.may_wait(one.work)]

    def _hlcs(self, work: Work) -> list[int]:
        return [self._there[one.id].hlc for one in work.facts] + [self._noted[one.kind] for one in work.journal]

    def _state_is_last(self) -> list[str]:
        expected: dict[tuple[str, str], str] = {}
        for said in self._story.said:
            if self.is_there(said):
                for put in said.work.puts:
                    expected.pop((put.kind, put.key), None)
                    if put.value is not None:
                        expected[put.kind, put.key] = put.value.decode()
        return [] if self._state == expected else [f"the state is {self._state}, not {expected}"]

    def _chains(self) -> list[str]:
        wrong = []
        for lane in LANES:
            for epoch, group in itertools.groupby(zip(self._rows[lane], self._facts[lane], strict=True), _epoch):
                wrong += self._chain(lane, epoch, list(group))
        return wrong

    def _chain(self, lane: Lane, epoch: int, rows: list[tuple[tuple[int, str, bytes], Any]]) -> list[str]:
        at, value = 0, NO_HASH
        holes = lost.of_chain(self._lost, lane, epoch)
        for (place, record, here), one in rows:
            seq = place & 0xFFFFFFFF
            hole = lost.behind(at, holes)
            if hole[1] is not None:
                at, value = hole[0], hole[1]
            digest = hashlib.sha256(record.encode()).digest()
            value = hashlib.sha256(value + one.id.bytes + digest).digest()
            if (seq, here) != (at + 1, value):
                return [f"{lane} {epoch}: {seq} does not follow on {at}"]
            at = seq
        return []


def _epoch(row: tuple[tuple[int, str, bytes], Any]) -> int:
    return row[0][0] >> 32
