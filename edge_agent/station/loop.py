"""The station's one consumer: one input at a time, decided, committed, dispatched, answered. In this order, always.

The only writer of the state. A decision that cannot be committed has not happened: the state stays as it was, a
question is answered `store_full`, and what a sensor told is tried again until it is on the disk, as of the moment
when it was told.
"""

import asyncio
import contextlib
import threading
import uuid
from collections.abc import Callable
from typing import Any, Final

import msgspec
import structlog

from edge_agent.core import persist
from edge_agent.core.acts import StaffRents
from edge_agent.core.decide import decide
from edge_agent.core.inputs import Agreed, Held, Ticked
from edge_agent.core.orders import Order, SignalDock, SwitchContactor
from edge_agent.core.state import State
from edge_agent.core.step import Context, Decision
from edge_agent.runtime.clock import Clock
from edge_agent.station.dispatch import Dispatch
from edge_agent.station.ports import Journal
from edge_agent.station.queue import InputQueue, Waiting
from edge_agent.station.unsettled import Unsettled
from edge_agent.store.errors import StoreUnwritable
from edge_agent.store.work import Entry, NewFact, Put, Work
from protocols.errors import Refused
from protocols.sync.envelope import Lane
from protocols.sync.facts import LANES, VERSION, Body

TICK_S: Final = 1.0
_log = structlog.get_logger(__name__)
_encode = msgspec.json.Encoder().encode
# Orders that open or start something are journalled before they go out; a light is not worth a write.
_UNJOURNALLED: Final = (SignalDock, SwitchContactor)


class Station:
    """Owns the state. `tell` and `ask` are its two doors; `run` is its life."""

    def __init__(
        self, *, state: State, journal: Journal, dispatch: Dispatch, clock: Clock, new_id: Callable[[], uuid.UUID]
    ) -> None:
        self._state = state
        self._journal = journal
        self._dispatch = dispatch
        self._clock = clock
        self._new_id = new_id
        self._queue = InputQueue()
        self._unsettled = Unsettled()
        self._loop = asyncio.get_running_loop()
        self._thread = threading.get_ident()
        self._listeners: list[Callable[[State], None]] = []
        self._fact_listeners: list[Callable[[], None]] = []
        self.trouble: str | None = None
        self.bugs = 0

    @property
    def state(self) -> State:
        """The state as committed last."""
        return self._state

    @property
    def queued(self) -> int:
        """How many inputs wait to be decided."""
        return len(self._queue)

    @property
    def unsettled(self) -> int:
        """How many inputs wait for the disk."""
        return len(self._unsettled)

    def held(self) -> Held:
        """What the station holds of the hub's changes."""
        lists = tuple((name, 0 if one.suspect else one.version) for name, one in self._state.lists.items())
        return Held(rev=self._state.rev, lists=lists)

    def on_change(self, listener: Callable[[State], None]) -> None:
        """Call this after every change of the state."""
        self._listeners.append(listener)

    def on_business(self, listener: Callable[[], None]) -> None:
        """Call this after every commit that brought business facts."""
        self._fact_listeners.append(listener)

    def tell(self, seen: object, /) -> None:
        """Take in what was seen. From any thread."""
        waiting = Waiting(seen, self._clock.now())
        if threading.get_ident() == self._thread:
            self._queue.put(waiting)
        else:
            with contextlib.suppress(RuntimeError):  # the loop is closed: the process ends
                self._loop.call_soon_threadsafe(self._queue.put, waiting)

    async def ask(self, question: object, /) -> Any:
        """The answer, once the decision is committed. Raises Refused when the rules (or the disk) say no."""
        answer: asyncio.Future[Any] = self._loop.create_future()
        self._queue.put(Waiting(question, self._clock.now(), answer))
        return await answer

    async def run(self) -> None:
        """Consume for ever."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._tick())
            while True:
                await self._take(await self._queue.get())

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(TICK_S)
            self.tell(Ticked())

    async def _take(self, waiting: Waiting) -> None:
        if self._unsettled.is_empty:
            settled = await self._settle(waiting)
        elif isinstance(waiting.seen, Ticked) or waiting.answer is not None:
            # The disk may be back; and nobody gets a yes to a picture that is known to be old.
            settled = await self._settle_the_old() and await self._settle(waiting)
        else:
            settled = not self._unsettled.concerns(waiting) and await self._settle(waiting)
        if not settled:
            self._put_off(waiting)
        elif isinstance(waiting.seen, Ticked) and self.trouble is not None:
            await self._try_the_disk(waiting)

    async def _try_the_disk(self, waiting: Waiting) -> None:
        """A screen that says "no" brings nobody whose rental would find out that the disk is back: so we do."""
        probe = Work(moment=waiting.at, journal=(Entry(kind="store_probe", data=b"{}"),), new_business=True)
        with contextlib.suppress(StoreUnwritable):
            await self._journal.commit(probe)
            self._is_writable_again()

    async def _settle_the_old(self) -> bool:
        while (oldest := self._unsettled.first()) is not None:
            if not await self._settle(oldest):
                return False
            self._unsettled.drop_first()
        return True

    def _put_off(self, waiting: Waiting) -> None:
        """What a sensor told waits for the disk; who asked is told so."""
        if waiting.answer is not None:
            _answer(waiting, Refused("store_full"))
        elif not isinstance(waiting.seen, Ticked):
            self._unsettled.add(waiting)

    async def _settle(self, waiting: Waiting) -> bool:
        """Decide, commit, dispatch, answer. False when it cannot be committed: then nothing has happened."""
        try:
            context = Context(now=waiting.at, new_id=self._new_id)
            decision = decide(self._state, waiting.seen, context)
            await self._commit(waiting, decision, context)
        except StoreUnwritable as error:
            self._cannot_write(error)
            return False
        except Exception as error:  # noqa: BLE001 - `decide` is pure: a bug in it spoils one input, never the state
            self.bugs += 1
            _log.exception("decision_failed", seen=type(waiting.seen).__name__)
            _answer(waiting, error)
            return True
        changed = decision.state is not self._state
        self._state = decision.state
        self._dispatch(decision.orders)
        _answer(waiting, decision.answer)
        if changed:
            self._tell_listeners()
        if any(LANES[type(fact)] is Lane.BUSINESS for fact in decision.facts):
            for listener in self._fact_listeners:
                listener()
        return True

    async def _commit(self, waiting: Waiting, decision: Decision, context: Context) -> None:
        rows = persist.rows(self._state, decision.state)
        if not rows and not decision.facts:
            return
        await self._journal.commit(self._work(waiting, decision, rows, context))
        self._is_writable_again()

    def _is_writable_again(self) -> None:
        if self.trouble is not None:
            _log.info("store_writable_again")
            self.trouble = None
            self._tell_listeners()

    def _work(self, waiting: Waiting, decision: Decision, rows: tuple[persist.Row, ...], context: Context) -> Work:
        return Work(
            moment=context.now,
            facts=tuple(self._new_fact(fact) for fact in decision.facts),
            puts=tuple(Put(kind=row.kind, key=row.key, value=row.value) for row in rows),
            journal=tuple(_entry(order) for order in decision.orders if not isinstance(order, _UNJOURNALLED)),
            new_business=isinstance(waiting.seen, Agreed | StaffRents),
        )

    def _new_fact(self, fact: Body) -> NewFact:
        return NewFact(
            lane=LANES[type(fact)],
            type=type(fact).__name__,
            v=VERSION,
            id=self._new_id(),
            body=_encode(fact),
        )

    def _cannot_write(self, error: StoreUnwritable) -> None:
        if self.trouble is None:
            _log.error("store_unwritable", error=str(error))
            self.trouble = "store_full"
            self._tell_listeners()

    def _tell_listeners(self) -> None:
        for listener in self._listeners:
            listener(self._state)


def _entry(order: Order) -> Entry:
    return Entry(kind=type(order).__name__, data=_encode(order))


def _answer(waiting: Waiting, answer: object) -> None:
    if waiting.answer is None or waiting.answer.done():
        return
    if isinstance(answer, Exception):
        waiting.answer.set_exception(answer)
    else:
        waiting.answer.set_result(answer)
