"""The station's clock on a real file: what it reads, writes down and tells. Time is moved by hand."""

import asyncio
import contextlib
from pathlib import Path

import pytest

from edge_agent.runtime import station_clock
from edge_agent.runtime.kernel_time import UNSYNCHRONISED, KernelTime, read_kernel_time
from edge_agent.runtime.station_clock import TELL_EVERY_S, StationClock
from edge_agent.runtime.time_floor import SLOT_BYTES, TimeFloor
from edge_agent.runtime.timekeeper import Saved, Stepped
from protocols.sync.clock import ClockQuality

TRUE = 1_795_000_000.0
SAVED = Saved(boot="b", mono_s=1.5, at_s=TRUE, uncertainty_s=0.1, trusted=True, hub_heard=True, passed_s=TRUE - 0.1)


class Machine:
    def __init__(self, folder: Path, system: float = TRUE) -> None:
        self.path, self.system, self.mono, self.kernel = folder / "clock", system, 50.0, UNSYNCHRONISED
        self.told: list[Stepped] = []

    def start(self, boot: str = "boot-1") -> StationClock:
        clock = StationClock(
            self.path,
            system_s=lambda: self.system,
            mono_s=lambda: self.mono,
            kernel=lambda: self.kernel,
            boot_id=boot,
        )
        clock.on_step(self.told.append)
        return clock


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_the_hubs_word_is_in_the_next_moment_with_its_uncertainty(machine: Machine) -> None:
    machine.system = 3.0
    clock = machine.start()
    assert not clock.now().is_trusted
    clock.hear(49.9, 50.0, int(TRUE * 1000))
    now = clock.now()
    assert (now.quality, now.is_trusted, now.boot_id) == (ClockQuality.SYNCED, True, "boot-1")
    assert now.earliest_ms <= TRUE * 1000 + 100 <= now.latest_ms <= now.earliest_ms + 400
    assert [one.reason for one in machine.told] == ["hub"]
    assert clock.offset_ms() == pytest.approx((TRUE - 3.0) * 1000, abs=200)


def test_a_boot_in_1970_begins_where_the_last_one_is_known_to_have_been(machine: Machine) -> None:
    clock = machine.start()
    clock.hear(50.0, 50.0, int(TRUE * 1000))
    machine.mono += 3600
    clock.save()
    machine.system, machine.mono = 0.5, 8.0
    again = machine.start("boot-2")
    assert again.now().quality is ClockQuality.FLOOR
    assert again.now().earliest_ms >= (TRUE + 3600 - 2.5) * 1000
    assert again.now().at_ms >= again.now().earliest_ms
    assert again.last is not None
    assert (again.last.boot, again.last.mono_s) == ("boot-1", 3650.0)


async def test_running_it_writes_the_time_down_each_minute_and_at_the_end(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(station_clock, "LOOK_EVERY_S", 0.001)
    clock = machine.start()
    running = asyncio.create_task(clock.run())

    def written() -> float:
        saved = TimeFloor(machine.path).load()
        return 0.0 if saved is None else saved.mono_s

    async def until(mono_s: float) -> None:
        async with asyncio.timeout(10):
            while written() != mono_s:
                await asyncio.sleep(0.005)

    await until(50.0)
    machine.mono, machine.system = 111.0, TRUE + 61
    await until(111.0)
    machine.mono, machine.system = 120.0, TRUE + 70
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running
    assert written() == 120.0
    assert machine.told == []


def test_a_machine_whose_clock_jumps_all_the_time_is_told_of_once_a_minute(machine: Machine) -> None:
    clock = machine.start()
    for _ in range(100):
        machine.mono += 1
        machine.system += 10
        clock.look()
    assert len(machine.told) == 1 + 99 // int(TELL_EVERY_S)


def test_ntp_is_asked_with_every_look(machine: Machine) -> None:
    clock = machine.start()
    machine.kernel = KernelTime(synchronised=True, max_error_s=0.01)
    clock.look()
    assert clock.now().quality is ClockQuality.SYNCED
    assert [one.reason for one in machine.told] == ["ntp"]


def test_a_torn_write_loses_one_slot_and_not_the_other(tmp_path: Path) -> None:
    path = tmp_path / "clock"
    floor = TimeFloor(path)
    floor.save(SAVED)
    floor.save(Saved(boot="b", mono_s=2.5, at_s=TRUE, uncertainty_s=0.1, trusted=True, hub_heard=True, passed_s=TRUE))
    data = path.read_bytes()
    assert len(data) <= 2 * SLOT_BYTES
    for torn in range(0, SLOT_BYTES, 7):
        path.write_bytes(b"\xff" * torn + data[torn:])
        found = TimeFloor(path).load()
        assert found is not None
        assert found.mono_s in (1.5, 2.5)
    path.write_bytes(b"\x00" * 2 * SLOT_BYTES)
    assert TimeFloor(path).load() is None
    path.write_bytes(b"")
    assert TimeFloor(path).load() is None


def test_what_was_saved_is_read_back_and_the_next_one_takes_the_other_slot(tmp_path: Path) -> None:
    path = tmp_path / "clock"
    TimeFloor(path).save(SAVED)
    again = TimeFloor(path)
    assert again.load() == SAVED
    again.save(SAVED)
    assert len(path.read_bytes().split(b"\n")) == 3


def test_a_disk_that_refuses_does_not_stop_the_clock(tmp_path: Path) -> None:
    TimeFloor(tmp_path / "no" / "clock").save(SAVED)
    assert TimeFloor(tmp_path / "no" / "clock").load() is None


def test_the_kernel_answers_or_nothing_is_known() -> None:
    found = read_kernel_time()
    assert found.synchronised or found == UNSYNCHRONISED
    assert found.max_error_s >= 0
