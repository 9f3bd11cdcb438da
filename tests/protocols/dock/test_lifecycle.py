"""The tables keep their promises: no way round the proofs, no way on after the end."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.dock.codes import MessageType
from protocols.dock.lifecycle import EXCHANGES, PHASES, SPEAKABLE, Exchange, Happened, Phase, Turn, step, turn
from protocols.errors import Malformed


@given(happenings=st.lists(st.sampled_from(Happened), max_size=30))
def test_secured_is_reached_through_identity_and_both_proofs_only(happenings: list[Happened]) -> None:
    phase = Phase.ABSENT
    since_absent: list[Happened] = []
    for happened in happenings:
        try:
            phase = step(phase, happened)
        except Malformed:
            continue
        since_absent = [] if phase is Phase.ABSENT else [*since_absent, happened]
        if phase is Phase.SECURED:
            assert since_absent == [Happened.IDENTITY_CAME, Happened.DOCK_PROVED, Happened.STATION_PROVED]


def test_orders_can_be_spoken_in_a_session_only() -> None:
    harmless = {MessageType.IDENTIFY, MessageType.HELLO, MessageType.PROOF}
    for phase in Phase:
        if phase is not Phase.SECURED:
            assert SPEAKABLE[phase] <= harmless
    assert SPEAKABLE[Phase.SECURED] >= set(MessageType) - harmless - {MessageType.ERROR}


def test_silence_leads_back_to_the_start_from_everywhere() -> None:
    assert {row[Happened.SILENCE] for row in PHASES.values()} == {Phase.ABSENT}


def test_an_exchange_that_is_over_stays_over() -> None:
    assert EXCHANGES[Exchange.ANSWERED] == EXCHANGES[Exchange.GIVEN_UP] == {}
    for over in (Exchange.ANSWERED, Exchange.GIVEN_UP):
        for happened in Turn:
            with pytest.raises(Malformed, match="out_of_order"):
                turn(over, happened)


def test_an_exchange_goes_from_ready_over_retries_to_its_answer() -> None:
    state = Exchange.READY
    for happened in (Turn.SEND, Turn.TIMEOUT, Turn.SEND, Turn.REPLY):
        state = turn(state, happened)
    assert state is Exchange.ANSWERED
