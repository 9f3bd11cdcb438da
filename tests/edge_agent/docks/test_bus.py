"""The driver against the simulator over a real pseudo-terminal: the usual day."""

import asyncio
import threading
import time
import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from edge_agent.core.inputs import (
    BatteryReported,
    CardRead,
    DockFound,
    DockLost,
    DockOrderEnded,
    DockReported,
    LockState,
    Outcome,
)
from edge_agent.core.orders import DockOrder, LockDock, RestartDock, SignalDock, SwitchContactor, UnlockDock
from edge_agent.docks.bus import DockBus
from edge_agent.docks.config import DockConfig
from edge_agent.docks.port import PortFailed
from edge_agent.docks.verdict import command_id
from firmware_sim.vehicles.vehicle import SimVehicle
from protocols.dock.codes import Lock, MessageType

if TYPE_CHECKING:
    from tests.edge_agent.docks.conftest import Bench

Make = Callable[..., "Bench"]


def soon() -> float:
    return time.monotonic() + 10


async def test_a_dock_is_found_and_reported_with_what_stands_in_it(bench: Make) -> None:
    wire = bench(2)
    vehicle = wire.park(1)
    wire.start()
    await wire.up()
    found = wire.all(DockFound, 1)[0]
    assert found.serial == "SIM-LATCH-001"
    assert found.can_charge
    await wire.until(lambda: [r for r in wire.all(DockReported, 1) if r.lock is LockState.LOCKED])
    report = wire.all(DockReported, 1)[-1]
    assert report.vehicle_present
    assert report.vehicle_id == vehicle.vehicle_id
    assert report.supply_voltage_v == 24.0
    assert not wire.all(DockReported, 2)[-1].vehicle_present
    await wire.until(lambda: wire.all(BatteryReported, 1))
    assert wire.all(BatteryReported, 1)[0].battery.soc_pct == 80.0
    assert not wire.all(BatteryReported, 2)


async def test_an_unlock_opens_the_bolt_once_and_a_pulled_vehicle_is_news(bench: Make) -> None:
    wire = bench(1)
    wire.park(1)
    wire.start()
    await wire.up()
    await wire.until(lambda: wire.docks[1].lock is Lock.LOCKED)
    order_id = wire.unlock(1)
    assert (await wire.ended(order_id)).outcome is Outcome.DONE
    assert wire.docks[1].book.unlocks == [command_id(order_id)]
    wire.docks[1].pull()
    await wire.until(lambda: not wire.all(DockReported)[-1].vehicle_present)
    assert wire.all(DockReported)[-1].presence_age_s < 2


async def test_the_dock_locks_again_by_itself_when_the_vehicle_stays(bench: Make) -> None:
    wire = bench(1)
    wire.park(1)
    wire.start()
    await wire.up()
    await wire.until(lambda: wire.docks[1].lock is Lock.LOCKED)
    await wire.ended(wire.unlock(1, duration_s=0.3))
    await wire.until(lambda: wire.all(DockReported)[-1].lock is LockState.LOCKED)
    assert wire.docks[1].book.locks == 2


async def test_a_stuck_bolt_refuses(bench: Make) -> None:
    wire = bench(1)
    wire.park(1)
    wire.start()
    await wire.up()
    await wire.until(lambda: wire.docks[1].lock is Lock.LOCKED)
    wire.docks[1].faults.stuck = True
    ended = await wire.ended(wire.unlock(1))
    assert (ended.outcome, ended.detail) == (Outcome.REFUSED, "stuck")
    assert wire.docks[1].book.unlocks == []


async def test_every_kind_of_order_ends_as_it_should(bench: Make) -> None:
    wire = bench(1)
    wire.park(1)
    wire.start()
    await wire.up()
    await wire.until(lambda: wire.docks[1].lock is Lock.LOCKED)
    orders: list[DockOrder] = [
        SwitchContactor(order_id=uuid.uuid4(), dock_no=1, closed=True, expires_mono_s=soon()),
        SignalDock(order_id=uuid.uuid4(), dock_no=1, pattern="locate", expires_mono_s=soon()),
        SignalDock(order_id=uuid.uuid4(), dock_no=1, pattern="disco", expires_mono_s=soon()),
        LockDock(order_id=uuid.uuid4(), dock_no=1, expires_mono_s=soon()),
        LockDock(order_id=uuid.uuid4(), dock_no=9, expires_mono_s=soon()),
        UnlockDock(order_id=uuid.uuid4(), dock_no=1, duration_s=5, expires_mono_s=time.monotonic() - 1),
    ]
    for order in orders:
        wire.bus.send(order)
    outcomes = [((await wire.ended(o.order_id)).outcome, (await wire.ended(o.order_id)).detail) for o in orders]
    assert outcomes == [
        (Outcome.DONE, ""),
        (Outcome.DONE, ""),
        (Outcome.REFUSED, "unknown_pattern"),
        (Outcome.DONE, ""),
        (Outcome.REFUSED, "unknown_dock"),
        (Outcome.EXPIRED, ""),
    ]
    assert wire.docks[1].contactor_closed
    assert wire.docks[1].book.signals == ["locate"]
    assert wire.docks[1].book.unlocks == []


async def test_charging_shows_in_the_battery_reports(bench: Make) -> None:
    wire = bench(1)
    wire.park(1)
    wire.start()
    await wire.up()
    await wire.until(lambda: wire.docks[1].lock is Lock.LOCKED)
    wire.bus.send(SwitchContactor(order_id=uuid.uuid4(), dock_no=1, closed=True, expires_mono_s=soon()))
    await wire.until(lambda: [b for b in wire.all(BatteryReported) if b.battery.current_a and b.battery.current_a > 3])
    assert wire.docks[1].drawn_w == pytest.approx(350, rel=0.05)


async def test_a_card_is_told_once_for_each_time_it_is_held_to_the_reader(bench: Make) -> None:
    wire = bench(1)
    wire.start()
    await wire.up()
    wire.docks[1].present_card(bytes.fromhex("04A1B2C3"))
    wire.docks[1].present_card(bytes.fromhex("04A1B2C3D4E5F6"))
    await wire.until(lambda: len(wire.all(CardRead)) == 2)
    wire.docks[1].present_card(bytes.fromhex("04A1B2C3"))
    await wire.until(lambda: len(wire.all(CardRead)) == 3)
    await asyncio.sleep(0.2)
    assert [card.uid for card in wire.all(CardRead)] == ["04A1B2C3", "04A1B2C3D4E5F6", "04A1B2C3"]


async def test_a_restarted_dock_gets_a_new_session_and_keeps_its_log(bench: Make) -> None:
    wire = bench(1)
    wire.start()
    await wire.up()
    order = RestartDock(order_id=uuid.uuid4(), dock_no=1, expires_mono_s=soon())
    wire.bus.send(order)
    assert (await wire.ended(order.order_id)).outcome is Outcome.DONE
    await wire.until(lambda: wire.docks[1].book.sessions == 2)
    assert wire.docks[1].book.restarts == 1
    await wire.until(lambda: "booted" in str(wire.bus.snapshot()["docks"][1]["recent_events"]))
    assert wire.all(DockLost) == []


async def test_a_vehicle_swapped_between_two_polls_is_news(bench: Make) -> None:
    wire = bench(1)
    wire.start()
    await wire.up()
    other = SimVehicle(vehicle_id=uuid.UUID(int=77))
    wire.docks[1].push(other)
    await wire.until(lambda: wire.all(DockReported)[-1].vehicle_id == other.vehicle_id)
    await wire.until(lambda: wire.all(BatteryReported))


async def test_the_bus_leaves_no_thread_and_no_order_behind_when_it_is_stopped(bench: Make) -> None:
    wire = bench(1)
    wire.start()
    await wire.up()
    wire.docks[1].faults.silent = True
    order_id = wire.unlock(1)
    wire.tasks[1].cancel()
    with pytest.raises(asyncio.CancelledError):
        await wire.tasks[1]
    assert not [t for t in threading.enumerate() if t.name.startswith("dock-bus")]
    assert (await wire.ended(order_id)).outcome is Outcome.NO_ANSWER
    assert (await wire.ended(wire.unlock(1))).detail == "port_closed"
    assert wire.all(DockLost) == []


async def test_a_port_that_goes_away_ends_the_bus_and_loses_its_docks(bench: Make) -> None:
    wire = bench(2)
    wire.start()
    await wire.up()
    wire.tasks[0].cancel()
    with pytest.raises(PortFailed):
        await asyncio.wait_for(wire.tasks[1], 10)
    assert {lost.dock_no for lost in wire.all(DockLost)} == {1, 2}
    assert not wire.bus.snapshot()["running"]


async def test_a_port_that_is_not_there_is_said_at_once() -> None:
    bus = DockBus(port="/dev/voltdock-none", baud=115_200, docks=[], tell=print)
    with pytest.raises(PortFailed, match="voltdock-none"):
        await bus.run()


async def test_the_bus_may_be_run_again_after_it_was_stopped(bench: Make) -> None:
    wire = bench(1)
    wire.start()
    await wire.up()
    wire.tasks[1].cancel()
    with pytest.raises(asyncio.CancelledError):
        await wire.tasks[1]
    wire.told.clear()
    wire.tasks[1] = asyncio.create_task(wire.bus.run())
    await wire.up()
    assert (await wire.ended(wire.unlock(1))).outcome is Outcome.DONE


async def test_an_idle_dock_is_polled_at_its_pace_and_not_more(bench: Make) -> None:
    wire = bench(1)
    wire.start()
    await wire.up()
    before = len(wire.requests(MessageType.STATUS))
    await asyncio.sleep(1.0)
    assert 10 <= len(wire.requests(MessageType.STATUS)) - before <= 22


def test_two_docks_at_one_address_are_refused_at_start() -> None:
    docks = [DockConfig(dock_no=n, address=1, secret=bytes(16)) for n in (1, 2)]
    with pytest.raises(ValueError, match="share"):
        DockBus(port="x", baud=9600, docks=docks, tell=print)


def test_a_secret_is_not_shown() -> None:
    assert "secret" not in repr(DockConfig(dock_no=1, address=1, secret=b"0123456789abcdef"))


def test_orders_before_the_start_end_at_once() -> None:
    told: list[object] = []
    docks = [DockConfig(dock_no=1, address=1, secret=bytes(16))]
    bus = DockBus(port="x", baud=9600, docks=docks, tell=told.append)
    bus.send(LockDock(order_id=uuid.uuid4(), dock_no=1, expires_mono_s=0))
    assert isinstance(told[0], DockOrderEnded)
    assert told[0].detail == "port_closed"
