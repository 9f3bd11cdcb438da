import asyncio

import pytest

from edge_agent.core.inputs import (
    BatteryReported,
    CardRead,
    DockReported,
    HubReached,
    HubUnreachable,
    MeterLost,
    MeterReported,
    Ticked,
)
from edge_agent.station.queue import InputQueue, Waiting
from edge_agent.station.unsettled import Unsettled
from protocols.errors import Refused
from protocols.values import BatteryReading
from tests.edge_agent.core.stage import BEGAN, Stage, report

NOW = Stage().now()


def told(seen: object) -> Waiting:
    return Waiting(seen, NOW)


def battery(soc_pct: float, dock_no: int = 1) -> BatteryReported:
    return BatteryReported(dock_no=dock_no, battery=BatteryReading(soc_pct=soc_pct))


async def drain(queue: InputQueue) -> list[object]:
    return [(await queue.get()).seen for _ in range(len(queue))]


async def test_a_newer_reading_replaces_the_one_that_waits_and_words_keep_their_order() -> None:
    queue = InputQueue()
    card, status = CardRead(dock_no=1, uid="AA"), report(1)
    for seen in (battery(10), card, battery(20, 2), battery(30), status, status):
        queue.put(told(seen))
    assert await drain(queue) == [battery(30), card, battery(20, 2), status, status]


@pytest.mark.parametrize(
    "words",
    [
        (HubReached(hub_at=BEGAN), HubUnreachable(reason="a"), HubReached(hub_at=BEGAN)),
        (MeterReported(meter_id="m", readings={"power_w": 1.0}), MeterLost(meter_id="m", reason="x")),
        (Ticked(), Ticked()),
    ],
)
async def test_of_words_that_contradict_the_last_one_counts(words: tuple[object, ...]) -> None:
    queue = InputQueue()
    for seen in words:
        queue.put(told(seen))
    assert await drain(queue) == [words[-1]]


async def test_a_full_queue_turns_questions_away_and_still_takes_a_sensors_word() -> None:
    queue = InputQueue(limit=2)
    for _ in range(3):
        queue.put(told(CardRead(dock_no=1, uid="AA")))
    with pytest.raises(Refused, match="busy"):
        queue.put(Waiting("question", NOW, asyncio.get_running_loop().create_future()))
    assert len(queue) == 3


async def test_get_waits_for_the_first_word() -> None:
    queue = InputQueue()
    getting = asyncio.create_task(queue.get())
    await asyncio.sleep(0)
    assert not getting.done()
    queue.put(told("word"))
    assert (await getting).seen == "word"


def test_what_repeats_itself_takes_one_place_and_what_changed_another() -> None:
    unsettled = Unsettled()
    for seen in (report(1, 1, age_s=1), report(1, 1, age_s=11), report(2, 1), report(1, 1, age_s=21), report(1)):
        unsettled.add(told(seen))
    assert len(unsettled) == 3
    first = unsettled.first()
    assert first is not None
    assert isinstance(first.seen, DockReported)
    assert first.seen.presence_age_s == 21


def test_what_is_about_no_device_holds_everything_back() -> None:
    unsettled = Unsettled()
    unsettled.add(told("agent woke"))
    assert unsettled.concerns(told(report(5)))
