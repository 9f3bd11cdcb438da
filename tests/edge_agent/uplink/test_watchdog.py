"""A pump that hangs in any of its waits is ended, begun again, counted, and written down; then it goes on."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from edge_agent.runtime.backoff import Backoff
from edge_agent.runtime.supervisor import Supervisor
from edge_agent.store.store import Store
from edge_agent.uplink.identity import Identity
from edge_agent.uplink.pump import SyncPump
from edge_agent.uplink.watchdog import PATIENCE_S, Stalled, Watchdog
from protocols.sync.envelope import Lane
from tests.edge_agent.store.conftest import MovedClock, fact, work
from tests.edge_agent.uplink.conftest import POLL_S, Hub, Pauses, Station, cut, make_pump, running, until

LATE_S = 2 * POLL_S


class Hang:
    """Stands in a wait: hangs once, a stubborn one even when it is cancelled."""

    def __init__(self, real: Callable[..., Any], *, stubborn: bool) -> None:
        self._real = real
        self._stubborn = stubborn
        self.hung = asyncio.Event()
        self.let_go = asyncio.Event()

    async def __call__(self, *given: Any, **named: Any) -> Any:
        if not self.hung.is_set():
            self.hung.set()
            while not self.let_go.is_set():
                with contextlib.suppress(asyncio.CancelledError) if self._stubborn else contextlib.nullcontext():
                    await self.let_go.wait()
        return await self._real(*given, **named)


@contextlib.asynccontextmanager
async def watched(pump: SyncPump, clock: MovedClock) -> AsyncIterator[tuple[Supervisor, list[str]]]:
    """The pump under its watchdog under a supervisor; only the moved clock counts."""
    noted: list[str] = []

    async def note(what: str) -> None:
        noted.append(what)

    async def soon(_wait_s: float) -> None:
        await asyncio.sleep(0.002)

    watchdog = Watchdog(pump=pump, mono_s=clock.mono_s, note=note, pause=soon)
    supervisor = Supervisor(clock=clock, sleep=soon, new_backoff=lambda: Backoff(chance=lambda: 0.5))
    supervisor.add("sync", watchdog.run)
    async with running(supervisor.run):
        yield supervisor, noted


@pytest.mark.parametrize("stubborn", [False, True], ids=["cancellable", "stubborn"])
@pytest.mark.parametrize("where", ["batches", "backlog", "acknowledge", "rehome", "ask", "pause", "request"])
async def test_a_pump_that_hangs_anywhere_is_begun_again_and_goes_on(
    where: str, stubborn: bool, hub: Hub, identity: Identity, store: Store, station: Station, pauses: Pauses,
    clock: MovedClock, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr("edge_agent.uplink.watchdog._LEAVE_S", 0.05)
    holders: dict[str, tuple[object, str]] = {
        "ask": (station, "ask"), "pause": (pauses, "__call__"), "request": (hub, "_answer"),
    }  # fmt: skip
    holder, name = holders.get(where, (store, where))
    hang = Hang(getattr(holder, name), stubborn=stubborn)
    if where == "pause":
        pauses = hang  # type: ignore[assignment]
    else:
        monkeypatch.setattr(holder, name, hang, raising=True)
    hub.changes = [(1, b'{"kind":"list","rev":1}')]
    if where == "rehome":
        hub.nonces[1] = "another history"
    ids = []
    for _ in range(3):
        one = fact(lane=Lane.BUSINESS)
        await store.commit(work(clock, one))
        ids.append(one.id)
    if where == "pause":
        hub.fail(cut)
    pump = make_pump(identity, store, station, pauses, clock)
    async with watched(pump, clock) as (supervisor, noted):
        await asyncio.wait_for(hang.hung.wait(), 10)
        clock.move(seconds=LATE_S)
        await until(lambda: store.health().waiting == 0 and len(hub.ids) == 3)
        hang.let_go.set()
        assert hub.ids == ids
        assert supervisor.health()["sync"].restarts == 1
        assert "Stalled" in (supervisor.health()["sync"].last_error or "")
        assert len(noted) == 1


async def test_a_pump_that_waits_as_long_as_it_shall_is_left_alone(
    pump: SyncPump, clock: MovedClock, pauses: Pauses, store: Store
) -> None:
    async with watched(pump, clock) as (supervisor, noted):
        await until(lambda: POLL_S in pauses.asked_s)
        clock.move(seconds=POLL_S + PATIENCE_S - 1)
        await asyncio.sleep(0.05)
        assert supervisor.health()["sync"].restarts == 0
        clock.move(seconds=2)
        await until(lambda: len(noted) == 1)


async def test_a_note_that_cannot_be_written_does_not_stop_the_watchdog(
    pump: SyncPump, clock: MovedClock, pauses: Pauses, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge_agent.uplink.watchdog._NOTE_S", 0.01)

    async def never(_what: str) -> None:
        await asyncio.Event().wait()

    async def soon(_wait_s: float) -> None:
        await asyncio.sleep(0.001)

    watchdog = Watchdog(pump=pump, mono_s=clock.mono_s, note=never, pause=soon)
    task = asyncio.create_task(watchdog.run())
    await until(lambda: POLL_S in pauses.asked_s)
    clock.move(seconds=LATE_S)
    with pytest.raises(Stalled):
        await asyncio.wait_for(task, 10)
    assert watchdog.stalls == 1


async def test_what_the_pump_itself_raises_is_passed_on(
    pump: SyncPump, clock: MovedClock, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    async def broken() -> None:
        raise KeyError("a bug")

    monkeypatch.setattr(pump, "run", broken)

    async def note(_what: str) -> None:
        return

    with pytest.raises(KeyError):
        await Watchdog(pump=pump, mono_s=clock.mono_s, note=note).run()
