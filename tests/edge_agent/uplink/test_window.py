"""How large the next request may be."""

import pytest

from edge_agent.uplink.window import Window
from protocols.sync.envelope import MAX_BYTES, MAX_FACTS, MOST_BYTES, MOST_FACTS, Room

ROOM = Room(facts=MOST_FACTS, bytes=MOST_BYTES)
QUICK_S, SLOW_S = 0.1, 10.0


def grown(times: int, room: Room | None = ROOM, took_s: float = QUICK_S) -> Window:
    window = Window()
    for _ in range(times):
        window.grow(room, took_s)
    return window


def test_a_hub_that_offers_nothing_gets_what_every_hub_takes() -> None:
    window = grown(20, room=None)
    assert window.facts == MAX_FACTS
    assert window.bytes <= MAX_BYTES


def test_offered_room_is_used_step_by_step_and_not_beyond() -> None:
    assert grown(1).facts == 2 * MAX_FACTS
    assert grown(100).facts == MOST_FACTS
    assert grown(100).bytes <= MOST_BYTES


def test_a_slow_line_is_asked_for_no_more_than_it_carries_in_seconds() -> None:
    assert grown(20, took_s=2.0).facts == MAX_FACTS
    window = grown(20)
    for _ in range(10):
        window.grow(ROOM, SLOW_S)
    assert window.facts == MAX_FACTS


def test_after_a_failure_another_hub_may_answer_which_offered_nothing() -> None:
    window = grown(20)
    window.failed()
    assert window.facts == MAX_FACTS
    assert window.bytes <= MAX_BYTES


def test_what_was_too_large_once_is_not_tried_again() -> None:
    window = grown(20)
    window.shrink()
    window.failed()
    for _ in range(20):
        window.grow(ROOM, QUICK_S)
    assert window.facts == MOST_FACTS // 2


def test_an_offer_that_is_taken_back_holds_at_once() -> None:
    window = grown(20)
    window.grow(None, QUICK_S)
    assert window.facts == MAX_FACTS


@pytest.mark.parametrize("offer", [Room(facts=-1, bytes=-1), Room(facts=0, bytes=0), Room(facts=1, bytes=1)])
def test_no_hub_talks_a_station_out_of_what_every_hub_takes(offer: Room) -> None:
    assert grown(3, room=offer).facts == MAX_FACTS
    assert grown(3, room=offer).bytes > MAX_BYTES // 2


def test_no_hub_talks_a_station_into_more_than_the_contract_has() -> None:
    window = grown(1000, room=Room(facts=10**9, bytes=10**12))
    assert (window.facts, window.bytes <= MOST_BYTES) == (MOST_FACTS, True)


def test_one_fact_is_always_tried_and_what_shrank_grows_again() -> None:
    window = Window()
    for _ in range(30):
        window.shrink()
    assert window.facts == 1
    assert window.bytes > 0
    for _ in range(20):
        window.grow(None, QUICK_S)
    assert window.facts == MAX_FACTS
