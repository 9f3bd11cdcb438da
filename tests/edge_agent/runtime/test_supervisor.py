"""Parts fail, come back, and are seen; nothing is left running."""

import asyncio
from collections.abc import Iterator

import pytest
import structlog
from structlog.testing import capture_logs

from edge_agent.runtime.backoff import Backoff
from edge_agent.runtime.health import PartState
from edge_agent.runtime.supervisor import HEALTHY_AFTER_S, Policy, Supervisor
from tests.edge_agent.store.conftest import MovedClock


class Part:
    """Fails as often as told, then runs until cancelled."""

    def __init__(self, failures: int, *, clock: MovedClock | None = None, lives_s: float = 0.0) -> None:
        self.failures = failures
        self.starts = 0
        self.cancelled = 0
        self._clock = clock
        self._lives_s = lives_s

    async def run(self) -> None:
        self.starts += 1
        await asyncio.sleep(0)
        if self.failures:
            self.failures -= 1
            if self._clock is not None:
                self._clock.move(seconds=self._lives_s)
            raise RuntimeError(f"failure before {self.failures} more")
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise


@pytest.fixture
def waits() -> list[float]:
    return []


@pytest.fixture
def clock() -> MovedClock:
    return MovedClock()


@pytest.fixture
def supervisor(waits: list[float], clock: MovedClock) -> Supervisor:
    async def sleep(wait_s: float) -> None:
        waits.append(wait_s)
        await asyncio.sleep(0)

    return Supervisor(clock=clock, sleep=sleep, new_backoff=lambda: Backoff(chance=lambda: 1.0), settled_after_s=0.01)


@pytest.fixture(autouse=True)
def plain_log() -> Iterator[None]:
    yield
    structlog.reset_defaults()


async def run_until(supervisor: Supervisor, state: dict[str, PartState]) -> None:
    task = asyncio.create_task(supervisor.run())
    async with asyncio.timeout(5):
        while {name: part.state for name, part in supervisor.health().items()} != state:
            await asyncio.sleep(0.001)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_a_failing_part_is_started_again_with_growing_waits_while_the_others_run(
    supervisor: Supervisor, waits: list[float]
) -> None:
    bad, good = Part(4), Part(0)
    supervisor.add("bad", bad.run)
    supervisor.add("good", good.run)
    await run_until(supervisor, {"bad": PartState.RUNNING, "good": PartState.RUNNING})
    assert (bad.starts, good.starts) == (5, 1)
    assert waits == pytest.approx([0.5, 0.9, 1.62, 2.916])
    health = supervisor.health()["bad"]
    assert (health.restarts, health.last_error) == (4, "RuntimeError: failure before 0 more")


async def test_a_minute_of_health_makes_the_waits_short_again(waits: list[float], clock: MovedClock) -> None:
    async def sleep(wait_s: float) -> None:
        waits.append(wait_s)

    supervisor = Supervisor(clock=clock, sleep=sleep, new_backoff=lambda: Backoff(chance=lambda: 1.0))
    part = Part(3, clock=clock, lives_s=HEALTHY_AFTER_S)
    supervisor.add("slow", part.run)
    task = asyncio.create_task(supervisor.run())
    async with asyncio.timeout(5):
        while part.starts < 4:
            await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert waits == [0.5, 0.5, 0.5]


async def test_a_loss_is_logged_once_and_so_is_the_return(supervisor: Supervisor) -> None:
    supervisor.add("bad", Part(5).run)
    with capture_logs() as logs:
        await run_until(supervisor, {"bad": PartState.RUNNING})
    assert [entry["event"] for entry in logs] == ["part_lost", "part_back"]


async def test_cancelling_stops_every_part(supervisor: Supervisor) -> None:
    parts = [Part(0) for _ in range(3)]
    for number, part in enumerate(parts):
        supervisor.add(str(number), part.run)
    await run_until(supervisor, {str(number): PartState.RUNNING for number in range(3)})
    assert [part.cancelled for part in parts] == [1, 1, 1]
    assert {part.state for part in supervisor.health().values()} == {PartState.STOPPED}


async def test_an_escalating_part_ends_the_process_and_stops_the_others(supervisor: Supervisor) -> None:
    other = Part(0)
    supervisor.add("other", other.run)
    supervisor.add("vital", Part(1).run, policy=Policy.ESCALATE)
    with pytest.raises(ExceptionGroup) as caught:
        await supervisor.run()
    assert caught.group_contains(RuntimeError)
    assert other.cancelled == 1


async def test_a_part_that_ends_by_itself_is_stopped_and_not_started_again(supervisor: Supervisor) -> None:
    runs: list[int] = []

    async def once() -> None:
        runs.append(1)

    supervisor.add("once", once)
    await supervisor.run()
    assert runs == [1]
    assert supervisor.health()["once"].state is PartState.STOPPED


def test_two_parts_of_one_name_are_refused(supervisor: Supervisor) -> None:
    supervisor.add("x", Part(0).run)
    with pytest.raises(ValueError, match="x"):
        supervisor.add("x", Part(0).run)


async def test_a_waiting_part_is_seen_and_can_be_stopped(clock: MovedClock) -> None:
    async def sleep(_wait_s: float) -> None:
        await asyncio.Event().wait()

    supervisor = Supervisor(clock=clock, sleep=sleep)
    supervisor.add("bad", Part(1).run)
    await run_until(supervisor, {"bad": PartState.WAITING})
    part = supervisor.health()["bad"]
    assert (part.state, part.restarts, part.last_error) == (
        PartState.STOPPED,
        0,
        "RuntimeError: failure before 0 more",
    )
