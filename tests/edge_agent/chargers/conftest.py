"""A running OcppServer on an ephemeral port, with a station that answers as the core does."""

import asyncio
import contextlib
import datetime as dt
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, TypeVar

import pytest

from edge_agent.chargers.config import ChargerConfig, Timing
from edge_agent.chargers.server import OcppServer
from edge_agent.core.inputs import (
    AuthorizeCard,
    CardAnswer,
    CardVerdict,
    ChargeAnswer,
    ChargerOrderEnded,
    ChargeStarted,
    ChargeStopped,
)

UTC = dt.UTC
Seen = TypeVar("Seen")
FAST = Timing(ping_interval_s=5, ask_s=1, call_s=0.5, close_s=0.5, drain_s=1)


class FakeStation:
    """Knows repeats of a Start by content, as the core does; keeps everything it was told."""

    def __init__(self) -> None:
        self.told: list[object] = []
        self.asked: list[object] = []
        self.ids: dict[ChargeStarted, int] = {}
        self.cards = {"GOOD": CardVerdict.ACCEPTED, "BAD": CardVerdict.BLOCKED}
        self.failing: Exception | None = None
        self.delay: Callable[[], Awaitable[None]] | None = None
        self._next = itertools.count(501)
        self._news = asyncio.Condition()
        self._wakers: set[asyncio.Task[None]] = set()

    def tell(self, seen: object, /) -> None:
        self.told.append(seen)
        self._wake()

    async def ask(self, question: object, /) -> Any:
        self.asked.append(question)
        self._wake()
        if self.delay:
            await self.delay()
        if self.failing:
            raise self.failing
        match question:
            case AuthorizeCard(id_token=token):
                return CardAnswer(verdict=self.cards.get(token, CardVerdict.INVALID))
            case ChargeStarted():
                if question not in self.ids:
                    self.ids[question] = next(self._next)
                verdict = self.cards.get(question.id_token, CardVerdict.INVALID)
                return ChargeAnswer(transaction_id=self.ids[question], verdict=verdict)
            case ChargeStopped():
                return None
        raise AssertionError(question)

    def of(self, kind: type[Seen]) -> list[Seen]:
        return [one for one in [*self.told, *self.asked] if isinstance(one, kind)]

    async def until(self, true: Callable[[], object], within_s: float = 8.0) -> None:
        async with asyncio.timeout(within_s), self._news:
            await self._news.wait_for(lambda: bool(true()))

    async def ending(self) -> ChargerOrderEnded:
        await self.until(lambda: self.of(ChargerOrderEnded))
        return self.of(ChargerOrderEnded)[-1]

    def _wake(self) -> None:
        task = asyncio.get_running_loop().create_task(self._notify())
        self._wakers.add(task)
        task.add_done_callback(self._wakers.discard)

    async def _notify(self) -> None:
        async with self._news:
            self._news.notify_all()


CHARGERS = (
    ChargerConfig(charger_id="CP-1", connectors=1),
    ChargerConfig(charger_id="CP 2/ü", connectors=2),
    ChargerConfig(charger_id="CP-SECRET", connectors=1, password="00112233445566778899aabbccddeeff"),
)


@contextlib.asynccontextmanager
async def running_server(station: FakeStation, *, port: int = 0, timing: Timing = FAST) -> AsyncIterator[OcppServer]:
    server = OcppServer(
        host="127.0.0.1",
        port=port,
        chargers=CHARGERS,
        tell=station.tell,
        ask=station.ask,
        clock=lambda: dt.datetime.now(UTC),
        timing=timing,
    )
    running = asyncio.create_task(server.run())
    ready = asyncio.create_task(server.listening())
    try:
        await asyncio.wait({running, ready}, return_when=asyncio.FIRST_COMPLETED)
        if running.done():
            await running
        yield server
    finally:
        ready.cancel()
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running


@pytest.fixture
async def station() -> FakeStation:
    return FakeStation()


@pytest.fixture
async def server(station: FakeStation) -> AsyncIterator[OcppServer]:
    async with running_server(station) as running:
        yield running
