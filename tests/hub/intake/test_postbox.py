"""What waits for a worker: the newest of each, in turn, within its bounds."""

import asyncio
import uuid

import aiomqtt

from hub.intake.postbox import Postbox

A, B, C = ((uuid.UUID(int=one), "telemetry") for one in (1, 2, 3))


def message(payload: bytes) -> aiomqtt.Message:
    return aiomqtt.Message(topic="t", payload=payload, qos=0, retain=False, mid=0, properties=None)


async def taken(box: Postbox) -> list[object]:
    found: list[object] = []
    while box._waiting:
        found.append((await box.next()).payload)
    return found


async def test_a_newer_message_takes_the_place_of_the_older_one() -> None:
    box = Postbox()
    for key, payload in ((A, b"a1"), (B, b"b1"), (A, b"a2"), (A, b"a3")):
        box.put(key, message(payload), 1)
    assert await taken(box) == [b"a3", b"b1"]


async def test_a_full_box_drops_the_oldest_and_counts_them() -> None:
    box = Postbox(most_bytes=10)
    for number, key in enumerate((A, B, C)):
        box.put(key, message(b"%d" % number), 5)
    assert (await taken(box), box.dropped) == ([b"1", b"2"], 1)
    for number in range(100):
        box.put(A, message(b"%d" % number), 10)
    assert (await taken(box), box.dropped) == ([b"99"], 1)


async def test_who_waits_is_woken() -> None:
    box = Postbox()
    waiting = asyncio.create_task(box.next())
    await asyncio.sleep(0)
    box.put(A, message(b"a"), 1)
    assert (await asyncio.wait_for(waiting, 5)).payload == b"a"
