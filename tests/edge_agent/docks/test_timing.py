"""Timeouts follow each dock's pace between a floor and a ceiling; probing slows down and starts over."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.docks.timing import Probing, ReplyTimeout


@pytest.mark.parametrize(("baud", "floor_s"), [(115_200, 0.0365), (9_600, 0.218)])
def test_the_timeout_settles_at_four_times_the_answer_or_the_floor(baud: int, floor_s: float) -> None:
    timeout = ReplyTimeout(baud)
    for _ in range(100):
        timeout.answered(0.001)
    assert timeout.seconds == pytest.approx(floor_s, rel=0.01)
    for _ in range(100):
        timeout.answered(0.03)
    assert timeout.seconds == pytest.approx(max(0.12, floor_s), rel=0.01)


@given(events=st.lists(st.none() | st.floats(0, 5), max_size=40))
def test_the_timeout_never_leaves_its_bounds(events: list[float | None]) -> None:
    timeout = ReplyTimeout(115_200)
    for took_s in events:
        if took_s is None:
            timeout.silent()
        else:
            timeout.answered(took_s)
        assert 0.02 < timeout.seconds <= 0.2


def test_probing_doubles_to_its_end_and_starts_over() -> None:
    probing = Probing(first_s=1, last_s=30)
    assert [probing.pause_s() for _ in range(7)] == [1, 2, 4, 8, 16, 30, 30]
    probing.reset()
    assert probing.pause_s() == 1
