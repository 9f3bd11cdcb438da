"""Whose turn it is: orders before moving bolts before polls, and a silent dock never holds the others up."""

import time
import uuid

import pytest

from edge_agent.core.orders import LockDock
from edge_agent.docks.config import DockConfig, Pace
from edge_agent.docks.conversation import Conversation
from edge_agent.docks.line import Speaker, choose
from edge_agent.docks.wishes import Ask, Haste
from firmware_sim.docks.device import SimDock
from protocols.dock.codes import MessageType
from protocols.dock.framing import FrameStream
from protocols.dock.lifecycle import Exchange, Phase

PACE = Pace(fast_retries=2, slow_retries=1, slow_retry_s=0.1)


def order(dock_no: int = 1) -> LockDock:
    return LockDock(order_id=uuid.uuid4(), dock_no=dock_no, expires_mono_s=time.monotonic() + 60)


class Stage:
    """A speaker and its dock, stepped by hand."""

    def __init__(self, number: int = 1) -> None:
        secret = bytes([number]) * 16
        self.told: list[object] = []
        self.dock = SimDock(address=number, secret=secret)
        config = DockConfig(dock_no=number, address=number, secret=secret)
        self.talk = Conversation(config, pace=PACE, tell=self.told.append)
        self.speaker = Speaker(self.talk, baud=115_200, pace=PACE)
        self.speaker.wake(time.monotonic())

    def exchange(self) -> int:
        """One whole exchange; returns what was asked."""
        ask = self.speaker.ask
        assert ask is not None
        assert self.speaker.begin(ask, time.monotonic())
        for frame in FrameStream().feed(self.dock.answer(self.talk.channel.frame())):
            reply = self.talk.channel.accept(frame)
            assert reply is not None
            self.speaker.on_reply(reply, time.monotonic())
        return int(ask.request.type)

    def lose(self) -> None:
        """One attempt without an answer."""
        ask = self.speaker.ask
        assert ask is not None
        assert self.speaker.begin(ask, time.monotonic())
        self.speaker.on_silence(time.monotonic())

    def until_poll(self) -> "Stage":
        """Up to the point where a status poll is wanted but not yet on the line."""
        while self.talk.channel.phase is not Phase.SECURED or self.speaker.ask is not None:
            self.exchange()
        self.speaker.wake(time.monotonic() + 1)
        assert self.wants(MessageType.STATUS)
        return self

    def wants(self, type_: MessageType) -> bool:
        return self.speaker.ask is not None and self.speaker.ask.request.type == type_


def test_a_poll_that_is_not_on_the_line_yet_makes_room_for_an_order() -> None:
    stage = Stage().until_poll()
    stage.talk.orders.append(order())
    stage.speaker.wake(time.monotonic())
    assert stage.wants(MessageType.LOCK)


def test_a_poll_that_was_sent_already_is_finished_first_but_hurried() -> None:
    stage = Stage().until_poll()
    stage.lose()
    stage.talk.orders.append(order())
    stage.speaker.wake(time.monotonic())
    assert stage.wants(MessageType.STATUS)
    assert stage.speaker.haste is Haste.ORDER
    assert stage.exchange() == MessageType.STATUS
    stage.speaker.wake(time.monotonic())
    assert stage.wants(MessageType.LOCK)


def test_orders_go_first_then_whoever_waits_longest() -> None:
    first, second, third = Stage(1).until_poll(), Stage(2).until_poll(), Stage(3).until_poll()
    speakers = [first.speaker, second.speaker, third.speaker]
    first.speaker.ready_at, second.speaker.ready_at, third.speaker.ready_at = 3.0, 2.0, 4.0
    assert choose(speakers, 10.0) is second.speaker
    third.talk.orders.append(order(3))
    assert choose(speakers, 10.0) is third.speaker
    assert choose(speakers, 2.5) is second.speaker
    assert choose(speakers, 1.0) is None


def test_between_two_attempts_at_a_silent_dock_another_gets_its_turn() -> None:
    silent, healthy = Stage(1).until_poll(), Stage(2).until_poll()
    silent.lose()
    now = time.monotonic() + 0.001
    healthy.speaker.ready_at = silent.speaker.ready_at - 0.01
    assert choose([silent.speaker, healthy.speaker], now) is healthy.speaker


def test_fast_retries_come_at_once_slow_ones_later_and_then_it_is_over() -> None:
    stage = Stage().until_poll()
    waits = []
    for _ in range(3):
        stage.lose()
        waits.append(stage.speaker.ready_at - time.monotonic())
    assert waits[0] < 0.01
    assert waits[1] < 0.01
    assert 0.05 < waits[2] <= 0.1
    assert stage.speaker.retries == 3
    stage.lose()
    assert stage.speaker.ask is None
    assert stage.talk.channel.phase is Phase.ABSENT
    assert not stage.talk.up


def test_a_retry_goes_out_under_the_same_number() -> None:
    stage = Stage().until_poll()
    ask = stage.speaker.ask
    assert isinstance(ask, Ask)
    numbers = []
    for _ in range(2):
        stage.speaker.begin(ask, time.monotonic())
        numbers.append(stage.talk.channel.frame().seq)
        stage.speaker.on_silence(time.monotonic())
    assert numbers[0] == numbers[1]
    assert stage.speaker.exchange is Exchange.READY


def test_a_reply_to_a_repeated_request_may_be_as_old_as_the_first_attempt() -> None:
    stage = Stage().until_poll()
    ask = stage.speaker.ask
    assert isinstance(ask, Ask)
    assert stage.speaker.begin(ask, 100.0)
    stage.dock.answer(stage.talk.channel.frame())  # heard and answered; the answer is lost on the line
    stage.speaker.on_silence(100.2)
    assert stage.speaker.begin(ask, 102.0)
    (frame,) = FrameStream().feed(stage.dock.answer(stage.talk.channel.frame()))
    reply = stage.talk.channel.accept(frame)
    assert reply is not None
    stage.speaker.on_reply(reply, 102.5)
    assert stage.talk.reply_may_be_old_s == 2.5


def test_a_reply_that_was_read_late_may_be_as_old_as_its_request() -> None:
    stage = Stage().until_poll()
    ask = stage.speaker.ask
    assert isinstance(ask, Ask)
    assert stage.speaker.begin(ask, 100.0)
    (frame,) = FrameStream().feed(stage.dock.answer(stage.talk.channel.frame()))
    reply = stage.talk.channel.accept(frame)
    assert reply is not None
    stage.speaker.on_reply(reply, 101.4)  # it was there at once, and this thread was not let run
    assert stage.talk.reply_may_be_old_s == pytest.approx(1.4)
