"""The station's end of one dock's wire takes the reply to its own request and nothing else."""

import dataclasses
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.docks.channel import Broken, Channel, Why
from firmware_sim.docks.device import SimDock
from protocols.dock.codes import ErrorCode, MessageType
from protocols.dock.framing import Frame, FrameStream
from protocols.dock.lifecycle import Happened, Phase
from protocols.dock.messages import Reply, Request
from protocols.dock.replies import ErrorReply, Status
from protocols.dock.requests import AskStatus, Identify, Unlock
from protocols.errors import Malformed

SECRET = b"0123456789abcdef"


def answer(dock: SimDock, frame: Frame) -> Frame:
    (one,) = FrameStream().feed(dock.answer(frame))
    return one


def ask(channel: Channel, dock: SimDock, request: Request) -> Reply | None:
    channel.start(request)
    return channel.accept(answer(dock, channel.frame()))


def connected() -> tuple[Channel, SimDock]:
    channel = Channel(address=5, secret=SECRET, randbytes=random.Random(1).randbytes)
    dock = SimDock(address=5, secret=SECRET, seed=2)
    ask(channel, dock, Identify())
    ask(channel, dock, channel.hello())
    ask(channel, dock, channel.proof())
    assert channel.phase is Phase.SECURED
    return channel, dock


def test_nothing_but_identity_and_handshake_can_be_said_before_the_session() -> None:
    channel = Channel(address=5, secret=SECRET, randbytes=random.Random(1).randbytes)
    for request in (AskStatus(), Unlock(command_id=bytes(8), duration_ds=1), channel.hello()):
        with pytest.raises(Malformed, match="out_of_order"):
            channel.start(request)


def test_a_retry_keeps_its_number_and_raises_its_counter() -> None:
    channel, _ = connected()
    channel.start(AskStatus())
    first, second = channel.frame(), channel.frame()
    assert first.seq == second.seq
    assert first.counter is not None
    assert second.counter == first.counter + 1


def test_the_late_reply_to_a_first_attempt_serves_and_the_second_one_is_ignored() -> None:
    channel, dock = connected()
    channel.start(AskStatus())
    late, again = (answer(dock, channel.frame()) for _ in range(2))
    assert isinstance(channel.accept(late), Status)
    channel.start(AskStatus())
    assert channel.accept(again) is None
    assert channel.ignored == {"late": 1}


@given(
    address=st.sampled_from([5, 6]),
    seq=st.integers(0, 255),
    type_=st.sampled_from([0x10, 0x21, 0x7F]),
    payload=st.binary(max_size=60),
    secured=st.booleans(),
    reply=st.booleans(),
)
def test_a_made_up_frame_is_never_taken_for_a_reply(
    address: int, seq: int, type_: int, payload: bytes, secured: bool, reply: bool
) -> None:
    channel, _ = connected()
    channel.start(AskStatus())
    frame = Frame(
        address=address,
        seq=seq,
        type=type_,
        payload=payload,
        reply=reply,
        counter=99 if secured else None,
        tag=bytes(8) if secured else None,
    )
    session_gone = type_ == MessageType.ERROR and payload[:1] in {b"\x03", b"\x06"}
    if reply and not secured and address == 5 and seq == 0 and session_gone:
        with pytest.raises(Broken, match="session_gone"):  # all that it may cause: a new handshake
            channel.accept(frame)
    else:
        assert channel.accept(frame) is None


def test_an_unsecured_status_is_not_believed_in_a_session() -> None:
    channel, dock = connected()
    channel.start(AskStatus())
    genuine = answer(dock, channel.frame())
    assert channel.accept(dataclasses.replace(genuine, counter=None, tag=None)) is None
    assert channel.ignored == {"not_secured": 1}
    assert isinstance(channel.accept(genuine), Status)


def test_a_dock_that_forgot_the_session_breaks_the_conversation() -> None:
    channel, _ = connected()
    channel.start(AskStatus())
    payload = ErrorReply(code=ErrorCode.NO_SESSION).pack()
    hint = Frame(address=5, seq=channel.frame().seq, type=MessageType.ERROR, payload=payload, reply=True)
    with pytest.raises(Broken) as caught:
        channel.accept(hint)
    assert caught.value.why is Why.SESSION_GONE
    channel.forget(Happened.SESSION_GONE)
    assert channel.phase is Phase.ABSENT


def test_the_wrong_secret_is_noticed_before_anything_of_ours_is_shown() -> None:
    channel = Channel(address=5, secret=SECRET, randbytes=random.Random(1).randbytes)
    dock = SimDock(address=5, secret=b"another secret!!", seed=2)
    ask(channel, dock, Identify())
    with pytest.raises(Broken) as caught:
        ask(channel, dock, channel.hello())
    assert caught.value.why is Why.BAD_PROOF
    with pytest.raises(Malformed, match="out_of_order"):
        channel.proof()
