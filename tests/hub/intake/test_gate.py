"""Who is let in, who waits, and when whoever is turned away should come back."""

import asyncio
import uuid
from collections import Counter
from collections.abc import Iterable
from contextlib import AbstractContextManager, ExitStack

import pytest

from hub.intake.gate import LONGEST_S, MOST_OF_ONE, Full, Gate, TooManyOfOne


def all_of(entered: Iterable[AbstractContextManager[None]]) -> ExitStack:
    """All of them inside until the end."""
    stack = ExitStack()
    for one in entered:
        stack.enter_context(one)
    return stack


class Time:
    """Seconds that a test moves."""

    def __init__(self) -> None:
        self.s = 1000.0

    def __call__(self) -> float:
        return self.s


def gate(*, at_once: int = 2, waiting: int = 3, wait_s: float = 5.0, time: Time | None = None) -> Gate:
    chances = iter(number * 0.618034 % 1 for number in range(1, 1_000_000))
    return Gate(at_once=at_once, waiting=waiting, wait_s=wait_s, now=time or Time(), chance=lambda: next(chances))


async def test_only_so_many_work_at_once_and_the_next_goes_first() -> None:
    door, working, order = gate(), Counter[str](), []

    async def one(number: int) -> None:
        with door.entered(uuid.uuid4()):
            async with door.turn():
                order.append(number)
                working["now"] += 1
                working["most"] = max(working["most"], working["now"])
                await asyncio.sleep(0)
                working["now"] -= 1

    await asyncio.gather(*(one(number) for number in range(5)))
    assert working["most"] == 2
    assert order == [0, 1, 2, 3, 4]
    assert (door.inside, door.counts.served) == (0, 5)


async def test_whoever_finds_no_room_is_told_to_come_back() -> None:
    door = gate(at_once=1, waiting=1)
    with door.entered(uuid.uuid4()), door.entered(uuid.uuid4()):
        assert door.load == 1.0
        with pytest.raises(Full) as full, door.entered(uuid.uuid4()):
            pass
    assert full.value.retry_after_s >= 1
    with door.entered(uuid.uuid4()):  # there is room again
        assert door.load == 0.0
    assert door.counts.refused == 1


async def test_whoever_waits_too_long_is_told_to_come_back() -> None:
    door = gate(at_once=1, wait_s=0.01)
    async with door.turn():
        with pytest.raises(Full):
            async with door.turn():
                pass
    async with asyncio.timeout(1), door.turn():  # the turn that was given up is not lost
        pass
    assert door.counts.expired == 1


async def test_one_station_cannot_fill_the_door() -> None:
    door, station_id = gate(waiting=100), uuid.uuid4()
    with all_of([door.entered(station_id) for _ in range(MOST_OF_ONE)]):
        with pytest.raises(TooManyOfOne), door.entered(station_id):
            pass
        with door.entered(uuid.uuid4()):
            pass
    with door.entered(station_id):
        pass


async def test_a_crowd_comes_back_at_the_pace_of_the_work_and_not_as_one() -> None:
    time = Time()
    door = gate(at_once=4, waiting=0, time=time)
    for _ in range(200):  # each takes 40 ms, four at once: a hundred a second
        async with door.turn():
            time.s += 0.04
    with all_of([door.entered(uuid.uuid4()) for _ in range(4)]):
        told = [door.come_back_s() for _ in range(10_000)]
    assert max(told) <= LONGEST_S * 1.25 + 2
    of_each_second = Counter(told)
    assert max(of_each_second[second] for second in range(1, 90)) < 250  # a hundred a second, and some jitter
    assert sum(of_each_second[second] for second in range(1, 90)) > 5000


async def test_the_schedule_is_forgotten_when_its_time_is_over() -> None:
    time = Time()
    door = gate(at_once=1, waiting=0, time=time)
    for _ in range(1000):
        door.come_back_s()
    time.s += LONGEST_S
    assert door.come_back_s() <= 2


async def test_a_served_station_is_asked_for_patience_only_in_a_crowd() -> None:
    door = gate(at_once=1, waiting=8)
    with all_of([door.entered(uuid.uuid4()) for _ in range(2)]):
        assert door.hints() == (None, None)
        assert not door.crowded()
    with all_of([door.entered(uuid.uuid4()) for _ in range(3)]):
        retry_after_s, hold_telemetry_s = door.hints()
        assert retry_after_s is None
        assert door.crowded()
        assert hold_telemetry_s is not None
        assert 30 <= hold_telemetry_s <= 60
    with all_of([door.entered(uuid.uuid4()) for _ in range(6)]):
        retry_after_s, _ = door.hints()
        assert retry_after_s is not None
        assert retry_after_s >= 1
