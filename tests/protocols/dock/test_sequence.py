"""Sequence numbers make a repeated request one request."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.dock.framing import Frame
from protocols.dock.sequence import LastAnswer, Sequence
from protocols.errors import Malformed


@given(repeats=st.lists(st.integers(1, 4), max_size=300))
def test_each_request_is_carried_out_once_however_often_it_is_heard(repeats: list[int]) -> None:
    numbers, memory, carried_out = Sequence(), LastAnswer(), 0
    for number, times in enumerate(repeats):
        request = Frame(address=1, seq=numbers.take(), type=0x21, payload=bytes([number & 7]))
        answers = set()
        for _ in range(times):
            answer = memory.recall(request)
            if answer is None:
                carried_out += 1
                answer = Frame(address=1, seq=request.seq, type=0x21, payload=b"%d" % carried_out, reply=True)
                memory.remember(request, answer)
            answers.add(answer.payload)
        assert len(answers) == 1
    assert carried_out == len(repeats)


def test_numbers_run_round() -> None:
    numbers = Sequence()
    assert [numbers.take() for _ in range(258)][-3:] == [255, 0, 1]


@pytest.mark.parametrize("changed", [{"type": 0x20}, {"payload": b"other"}])
def test_a_number_used_for_another_request_is_a_conflict(changed: dict[str, object]) -> None:
    memory = LastAnswer()
    request = Frame(address=1, seq=9, type=0x21, payload=b"one")
    memory.remember(request, Frame(address=1, seq=9, type=0x21, reply=True))
    other = Frame(address=1, seq=9, **{"type": 0x21, "payload": b"one", **changed})  # type: ignore[arg-type]
    with pytest.raises(Malformed, match="sequence_conflict"):
        memory.recall(other)
