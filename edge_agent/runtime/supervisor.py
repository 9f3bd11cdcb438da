"""Runs the parts of the process and starts a failed one again. Knows nothing of what the parts do.

Cancellation is the only stop signal: whoever cancels `run()` stops all parts. This is the one place, besides
the HTTP edges, that catches every exception.
"""

import asyncio
import enum
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Final

import structlog

from edge_agent.runtime.backoff import Backoff
from edge_agent.runtime.clock import Clock
from edge_agent.runtime.health import PartHealth, PartState

HEALTHY_AFTER_S: Final = 60.0  # a part that ran this long begins again with short waits
SETTLED_AFTER_S: Final = 2.0  # a restarted part that ran this long is back, and the log says so

_log = structlog.get_logger(__name__)

Run = Callable[[], Awaitable[None]]
Sleep = Callable[[float], Awaitable[None]]


class Policy(enum.Enum):
    """What a part's failure means."""

    RESTART = "restart"
    ESCALATE = "escalate"  # the process ends, and systemd starts it again


@dataclass(slots=True, kw_only=True)
class _Part:
    name: str
    run: Run
    policy: Policy
    health: PartHealth
    backoff: Backoff
    lost: bool = field(default=False)


class Supervisor:
    """Holds the parts together. `add` them all, then `await run()`."""

    def __init__(
        self,
        *,
        clock: Clock,
        sleep: Sleep = asyncio.sleep,
        new_backoff: Callable[[], Backoff] = Backoff,
        settled_after_s: float = SETTLED_AFTER_S,
    ) -> None:
        self._clock = clock
        self._sleep = sleep
        self._new_backoff = new_backoff
        self._settled_after_s = settled_after_s
        self._parts: dict[str, _Part] = {}

    def add(self, name: str, run: Run, *, policy: Policy = Policy.RESTART) -> None:
        """Add a part before `run()`. Raises ValueError when the name is taken."""
        if name in self._parts:
            raise ValueError(f"two parts are called {name}")
        health = PartHealth(state=PartState.STARTING, restarts=0, last_error=None, since=self._clock.now().at)
        self._parts[name] = _Part(name=name, run=run, policy=policy, health=health, backoff=self._new_backoff())

    def health(self) -> dict[str, PartHealth]:
        """Every part's health by its name."""
        return {name: part.health for name, part in self._parts.items()}

    async def run(self) -> None:
        """Run all parts until cancelled. Raises what an ESCALATE part raised, in an exception group."""
        async with asyncio.TaskGroup() as group:
            for part in self._parts.values():
                group.create_task(self._keep(part), name=part.name)

    async def _keep(self, part: _Part) -> None:
        try:
            while not await self._run_once(part):
                self._turn(part, PartState.WAITING)
                await self._sleep(part.backoff.next_s())
                part.health = replace(part.health, restarts=part.health.restarts + 1)
        finally:
            self._turn(part, PartState.STOPPED)

    async def _run_once(self, part: _Part) -> bool:
        """Run the part once; True when it ended by itself."""
        self._turn(part, PartState.STARTING)
        settle_s = self._settled_after_s if part.lost else 0.0
        settle = asyncio.get_running_loop().call_later(settle_s, self._settled, part)
        began_s = self._clock.mono_s()
        try:
            await part.run()
        except Exception as error:
            if part.policy is Policy.ESCALATE:
                _log.exception("part_escalated", part=part.name)
                raise
            if self._clock.mono_s() - began_s >= HEALTHY_AFTER_S:
                part.backoff.reset()
            self._failed(part, error)
            return False
        finally:
            settle.cancel()
        return True

    def _failed(self, part: _Part, error: Exception) -> None:
        part.health = replace(part.health, last_error=f"{type(error).__name__}: {error}")
        if not part.lost:
            _log.error("part_lost", part=part.name, exc_info=error)
        part.lost = True

    def _settled(self, part: _Part) -> None:
        self._turn(part, PartState.RUNNING)
        if part.lost:
            part.lost = False
            _log.info("part_back", part=part.name, restarts=part.health.restarts)

    def _turn(self, part: _Part, state: PartState) -> None:
        part.health = replace(part.health, state=state, since=self._clock.now().at)
