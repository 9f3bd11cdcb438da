"""The driver against a bad line, bad docks and an attacker, over a real pseudo-terminal.

The proof is the simulator's book: what physically happened, not what anybody said.
"""

import asyncio
import os
import random
import time
import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from edge_agent.core.inputs import DockFound, DockLost, DockOrderEnded, DockReported, LockState, Outcome
from edge_agent.core.orders import SwitchContactor
from edge_agent.docks.verdict import command_id
from firmware_sim.docks.faults import BrownOut, Moment, Noise
from protocols.dock.codes import Lock, MessageType
from protocols.dock.framing import Frame, encode
from protocols.dock.replies import ErrorReply
from protocols.dock.requests import Unlock

if TYPE_CHECKING:
    from tests.edge_agent.docks.conftest import Bench

Make = Callable[..., "Bench"]


async def locked(wire: "Bench", number: int) -> None:
    await wire.up(number)
    await wire.until(lambda: wire.docks[number].lock is Lock.LOCKED)


@pytest.mark.parametrize("rate", [0.0005, 0.002, 0.004])
async def test_noise_changes_no_report_and_opens_every_lock_exactly_once(bench: Make, rate: float) -> None:
    wire = bench(3)
    vehicles = {number: wire.park(number) for number in wire.docks}
    wire.start()
    for number in wire.docks:
        await locked(wire, number)
    wire.line.noise = Noise(rate, seed=7)
    given: dict[int, list[uuid.UUID]] = {number: [] for number in wire.docks}
    for _ in range(3):
        orders = {number: wire.unlock(number, duration_s=0.1) for number in wire.docks}
        for number, order_id in orders.items():
            ended = await wire.ended(order_id)
            given[number].append(order_id)
            opened = command_id(order_id) in wire.docks[number].book.unlocks
            assert (ended.outcome is Outcome.DONE) is opened, ended
    wire.line.noise = None
    for number, dock in wire.docks.items():
        assert len(set(dock.book.unlocks)) == len(dock.book.unlocks)
        assert set(dock.book.unlocks) <= {command_id(order_id) for order_id in given[number]}
        assert len(dock.book.unlocks) >= 2
        for report in wire.all(DockReported, number):
            assert report.vehicle_id in {None, vehicles[number].vehicle_id}
            assert report.supply_voltage_v == 24.0


async def test_a_silent_dock_is_lost_then_found_and_does_not_slow_the_others(bench: Make) -> None:
    wire = bench(3)
    wire.park(2)
    wire.start()
    await locked(wire, 2)
    wire.docks[1].faults.silent = True
    await wire.until(lambda: wire.all(DockLost, 1))
    assert wire.all(DockLost, 1)[0].reason == "no_answer"
    began = time.monotonic()
    assert (await wire.ended(wire.unlock(2))).outcome is Outcome.DONE
    assert time.monotonic() - began < 1.5
    assert wire.all(DockLost, 2) == wire.all(DockLost, 3) == []
    ended = await wire.ended(wire.unlock(1))
    assert (ended.outcome, ended.detail) == (Outcome.NO_ANSWER, "dock_lost_no_answer")
    wire.docks[1].faults.silent = False
    await wire.until(lambda: len(wire.all(DockFound, 1)) == 2)
    assert len(wire.all(DockLost, 1)) == 1
    assert wire.docks[1].book.unlocks == []


async def test_a_lost_dock_is_polled_ever_more_slowly(bench: Make) -> None:
    wire = bench(1)
    wire.docks[1].faults.silent = True
    wire.start()
    await wire.until(lambda: wire.all(DockLost, 1))
    before = len(wire.requests(MessageType.IDENTIFY))
    await asyncio.sleep(1.0)
    # Pauses of 0.1 and then 0.2 s and a timeout of 0.2 s: a handful of probes, one frame each.
    assert 1 <= len(wire.requests(MessageType.IDENTIFY)) - before <= 6


async def test_a_wrong_secret_is_said_and_nothing_is_ordered(bench: Make) -> None:
    wire = bench(2)
    wire.docks[1].secret = b"not the same key"
    wire.start()
    await wire.up(2)
    await wire.until(lambda: wire.all(DockLost, 1))
    assert {lost.reason for lost in wire.all(DockLost, 1)} == {"bad_proof"}
    assert wire.all(DockFound, 1) == []
    assert (await wire.ended(wire.unlock(1))).outcome is Outcome.NO_ANSWER
    assert wire.requests(MessageType.UNLOCK) == []
    assert wire.docks[1].book.sessions == 0


@pytest.mark.parametrize("finishes", [True, False])
@pytest.mark.parametrize("moment", list(Moment))
async def test_a_brown_out_in_the_middle_of_an_unlock_is_found_out_and_never_repeated(
    bench: Make, moment: Moment, finishes: bool
) -> None:
    wire = bench(1)
    wire.park(1)
    wire.start()
    await locked(wire, 1)
    wire.docks[1].faults.brown_out = BrownOut(at=MessageType.UNLOCK, moment=moment, bolt_finishes=finishes)
    order_id = wire.unlock(1)
    ended = await wire.ended(order_id)
    opened = wire.docks[1].book.unlocks
    assert opened == ([command_id(order_id)] if finishes and moment is not Moment.BEFORE_ACTING else [])
    if opened:
        # It opened and, fail-secure, locked again when the power came back.
        assert ended.outcome is Outcome.DONE
    else:
        assert ended.outcome is Outcome.NO_ANSWER
        expected = "not_carried_out" if moment is Moment.BEFORE_ACTING else "interrupted"
        assert ended.detail == expected
    await wire.until(lambda: wire.all(DockReported)[-1].lock is LockState.LOCKED)
    await asyncio.sleep(0.3)
    assert wire.docks[1].book.unlocks == opened
    assert len(wire.all(DockOrderEnded)) == 1


async def test_a_dock_that_stays_dark_after_an_unlock_ends_the_order_as_unknown(bench: Make) -> None:
    wire = bench(1)
    wire.park(1)
    wire.start()
    await locked(wire, 1)
    wire.docks[1].faults.brown_out = BrownOut(at=MessageType.UNLOCK, moment=Moment.BEFORE_REPLY, off_s=60)
    ended = await wire.ended(wire.unlock(1, seconds=1.0))
    assert (ended.outcome, ended.detail) == (Outcome.NO_ANSWER, "unknown")


async def test_a_brown_out_under_a_switch_order_is_repaired_by_sending_it_again(bench: Make) -> None:
    wire = bench(1)
    wire.park(1)
    wire.start()
    await locked(wire, 1)
    wire.docks[1].faults.brown_out = BrownOut(at=MessageType.CONTACTOR, moment=Moment.BEFORE_REPLY)
    order = SwitchContactor(order_id=uuid.uuid4(), dock_no=1, closed=True, expires_mono_s=time.monotonic() + 10)
    wire.bus.send(order)
    assert (await wire.ended(order.order_id)).outcome in {Outcome.DONE, Outcome.REFUSED}
    assert wire.all(DockLost) == []


async def test_a_captured_unlock_opens_nothing_again_neither_now_nor_in_a_new_session(bench: Make) -> None:
    wire = bench(1)
    wire.park(1)
    wire.start()
    await locked(wire, 1)
    await wire.ended(wire.unlock(1, duration_s=0.2))
    captured = [frame for frame in wire.heard if frame.type == MessageType.UNLOCK]
    assert captured
    await wire.until(lambda: wire.docks[1].lock is Lock.LOCKED)
    for frame in captured:
        wire.line.inject(encode(frame))
    wire.docks[1].brown_out(0.05)
    await wire.until(lambda: wire.docks[1].book.sessions == 2)
    for frame in captured:
        wire.line.inject(encode(frame))
    await wire.until(lambda: wire.docks[1].lock is Lock.LOCKED)
    assert len(wire.docks[1].book.unlocks) == 1
    assert wire.docks[1].book.seen["stale_counter"] >= 1
    assert wire.docks[1].book.seen["bad_tag"] >= 1


async def test_forged_frames_open_nothing_and_cost_at_most_a_handshake(bench: Make) -> None:
    wire = bench(1)
    wire.park(1)
    wire.start()
    await locked(wire, 1)
    chance = random.Random(5)
    payload = Unlock(command_id=b"attacker", duration_ds=100).pack()
    for seq in range(0, 256, 4):
        bare = Frame(address=1, seq=seq, type=MessageType.UNLOCK, payload=payload)
        forged = Frame(
            address=1,
            seq=seq,
            type=MessageType.UNLOCK,
            payload=payload,
            counter=chance.randrange(1 << 32),
            tag=chance.randbytes(8),
        )
        no_session = Frame(address=1, seq=seq, type=MessageType.ERROR, payload=ErrorReply(code=3).pack(), reply=True)
        for frame in (bare, forged, no_session):
            wire.line.inject(encode(frame))
        await asyncio.sleep(0.002)
    assert wire.docks[1].book.unlocks == []
    assert wire.docks[1].lock is Lock.LOCKED
    order_id = wire.unlock(1)
    assert (await wire.ended(order_id)).outcome is Outcome.DONE
    assert wire.docks[1].book.unlocks == [command_id(order_id)]


async def test_a_flood_of_garbage_is_counted_and_the_bus_works_on_when_it_stops(bench: Make) -> None:
    wire = bench(2)
    wire.park(1)
    wire.start()
    await locked(wire, 1)
    for _ in range(100):
        wire.line.inject(os.urandom(300))
        await asyncio.sleep(0.002)
    assert (await wire.ended(wire.unlock(1))).outcome is Outcome.DONE
    assert sum(wire.bus.snapshot()["rejects"].values()) > 20
    await wire.until(lambda: all(d["up"] for d in wire.bus.snapshot()["docks"].values()))


async def test_one_noisy_stub_does_not_disturb_the_others(bench: Make) -> None:
    wire = bench(3)
    wire.start()
    await wire.up()
    wire.docks[1].faults.noise = Noise(0.05, seed=3)
    for number in (2, 3):
        wire.park(number)
    for number in (2, 3):
        await locked(wire, number)
        assert (await wire.ended(wire.unlock(number))).outcome is Outcome.DONE
    assert wire.all(DockLost, 2) == wire.all(DockLost, 3) == []
    assert wire.bus.snapshot()["docks"][1]["retries"] > 0


async def test_an_unlock_overtakes_the_polls_of_32_docks(bench: Make) -> None:
    wire = bench(32)
    wire.park(7)
    wire.start()
    await wire.up()
    await locked(wire, 7)
    waits = []
    for _ in range(10):
        on_the_wire = asyncio.Event()

        def heard(frame: Frame, seen: asyncio.Event = on_the_wire) -> None:
            if frame.type == MessageType.UNLOCK:
                seen.set()

        wire.on_heard = heard
        began = time.monotonic()
        order_id = wire.unlock(7, duration_s=0.1)
        await asyncio.wait_for(on_the_wire.wait(), 5)
        waits.append(time.monotonic() - began)
        await wire.ended(order_id)
    assert sorted(waits)[len(waits) // 2] < 0.03
