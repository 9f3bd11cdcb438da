"""One dock's story told without a line or a clock: hours of bus life in milliseconds."""

import itertools
import random
import uuid

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_agent.core.inputs import BatteryReported, CardRead, DockFound, DockLost, DockOrderEnded, DockReported, Outcome
from edge_agent.core.orders import DockOrder, SwitchContactor, UnlockDock
from edge_agent.docks.channel import Broken, Why
from edge_agent.docks.config import DockConfig, Pace
from edge_agent.docks.conversation import Conversation
from edge_agent.docks.verdict import command_id
from edge_agent.docks.wishes import Ask, Rest, TooLate
from firmware_sim.docks.device import SimDock
from firmware_sim.docks.faults import BrownOut, Moment
from firmware_sim.vehicles.vehicle import SimVehicle
from protocols.dock.codes import MessageType
from protocols.dock.framing import FrameStream

SECRET = b"0123456789abcdef"


class Theatre:
    """Plays a conversation against a simulated dock in virtual time; `loss` is the share of exchanges that fail."""

    def __init__(self, *, loss: float = 0.0, seed: int = 0) -> None:
        self.now = 5000.0
        self.told: list[object] = []
        self.asked: list[tuple[float, int]] = []
        self.loss = loss
        self._random = random.Random(seed)
        self.dock = SimDock(address=3, secret=SECRET, clock=lambda: self.now, seed=seed)
        self.talk = Conversation(
            DockConfig(dock_no=1, address=3, secret=SECRET),
            pace=Pace(),
            tell=self.told.append,
            clock=lambda: self.now,
            wall_clock=lambda: 1_795_267_329.0,
        )
        self._story = self.talk.story()
        self._wish: Ask | Rest = next(self._story)

    def play(self, seconds: float) -> None:
        end = self.now + seconds
        while self.now < end:
            if isinstance(self._wish, Rest):
                if self.talk.orders and self._wish.orders_wake:
                    self._wish = next(self._story)
                    continue
                self.now = min(max(self.now, self._wish.until_mono_s), end)
                if self.now >= self._wish.until_mono_s:
                    self._wish = next(self._story)
                continue
            self._wish = self._exchange(self._wish)

    def _exchange(self, ask: Ask) -> Ask | Rest:
        if ask.not_after_mono_s is not None and self.now >= ask.not_after_mono_s:
            return self._story.throw(TooLate())
        try:
            self.talk.channel.start(ask.request)
            for _ in range(9 if ask.retries else 1):
                self.now += 0.01
                self.asked.append((self.now, ask.request.type))
                frame = self.talk.channel.frame()
                if self._random.random() < self.loss:
                    continue
                answer = self.dock.answer(frame)
                if self._random.random() < self.loss:
                    continue
                for one in FrameStream().feed(answer):
                    reply = self.talk.channel.accept(one)
                    if reply is not None:
                        return self._story.send(reply)
        except Broken as broken:
            return self._story.throw(broken)
        return self._story.throw(Broken(Why.NO_ANSWER))

    def all(self, kind: type) -> list[object]:
        return [seen for seen in self.told if isinstance(seen, kind)]

    def order(self, one: DockOrder) -> DockOrder:
        self.talk.orders.append(one)
        return one

    def unlock(self, seconds: float = 8.0) -> DockOrder:
        return self.order(
            UnlockDock(
                order_id=uuid.UUID(int=self._random.getrandbits(128)),
                dock_no=1,
                duration_s=0.5,
                expires_mono_s=self.now + seconds,
            )
        )


def scooter() -> SimVehicle:
    return SimVehicle(vehicle_id=uuid.UUID(int=9))


def test_a_quiet_dock_is_reported_every_ten_seconds_and_polled_every_fifth_of_one() -> None:
    stage = Theatre()
    stage.play(100)
    assert len(stage.all(DockFound)) == 1
    assert 10 <= len(stage.all(DockReported)) <= 12
    polls = [at for at, type_ in stage.asked if type_ == MessageType.STATUS]
    assert 400 <= len(polls) <= 460


def test_a_resting_battery_is_reported_every_ten_seconds_and_asked_every_few() -> None:
    stage = Theatre()
    stage.dock.push(scooter())
    stage.play(100)
    assert 8 <= len(stage.all(BatteryReported)) <= 12
    assert 20 <= len([1 for _, type_ in stage.asked if type_ == MessageType.BATTERY]) <= 27


def test_a_lost_dock_is_probed_at_doubling_pauses_up_to_thirty_seconds() -> None:
    stage = Theatre()
    stage.play(2)
    stage.dock.faults.silent = True
    stage.play(3)
    assert [lost.reason for lost in stage.all(DockLost) if isinstance(lost, DockLost)] == ["no_answer"]
    stage.asked.clear()
    stage.play(200)
    times = [at for at, _ in stage.asked]
    pauses = [round(later - earlier) for earlier, later in itertools.pairwise(times)]
    assert pauses[-3:] == [30, 30, 30]
    assert pauses == sorted(pauses)
    stage.dock.faults.silent = False
    stage.play(31)
    assert len(stage.all(DockFound)) == 2
    assert len(stage.all(DockLost)) == 1


def test_the_dock_gets_the_time_with_each_session() -> None:
    stage = Theatre()
    stage.play(1)
    stage.dock.push(scooter())
    assert stage.dock.nvram.events[-1].at_s in range(1_795_267_329, 1_795_267_332)


def test_an_old_card_is_history_and_a_fresh_one_a_wish() -> None:
    stage = Theatre()
    stage.dock.present_card(b"\x01\x02\x03\x04")
    stage.now += 60
    stage.dock.present_card(b"\x0a\x0b\x0c\x0d")
    stage.play(2)
    assert [card.uid for card in stage.all(CardRead) if isinstance(card, CardRead)] == ["0A0B0C0D"]


def test_a_card_is_not_told_again_after_a_new_session_of_the_same_boot() -> None:
    stage = Theatre()
    stage.dock.present_card(b"\x0a\x0b\x0c\x0d")
    stage.play(2)
    stage.dock._session = None
    stage.play(2)
    assert stage.talk.sessions == 2
    assert len(stage.all(CardRead)) == 1


def test_an_order_whose_time_is_over_never_reaches_the_line() -> None:
    stage = Theatre()
    stage.play(1)
    stage.unlock(seconds=-1)
    stage.play(1)
    (ended,) = stage.all(DockOrderEnded)
    assert isinstance(ended, DockOrderEnded)
    assert ended.outcome is Outcome.EXPIRED
    assert MessageType.UNLOCK not in [type_ for _, type_ in stage.asked]


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    loss=st.floats(0, 0.6),
    moves=st.lists(
        st.sampled_from(["unlock", "switch", "dark", "before", "reply", "torn", "wait", "stuck"]), max_size=12
    ),
)
def test_whatever_breaks_every_order_ends_once_and_no_unlock_happens_twice_or_unsaid(
    seed: int, loss: float, moves: list[str]
) -> None:
    stage = Theatre(loss=loss, seed=seed)
    stage.dock.push(scooter())
    stage.play(5)
    given_orders: list[DockOrder] = []
    strikes = {"before": Moment.BEFORE_ACTING, "reply": Moment.BEFORE_REPLY, "torn": Moment.MID_REPLY}
    for move in moves:
        if move == "unlock":
            given_orders.append(stage.unlock())
        elif move == "switch":
            switch = SwitchContactor(
                order_id=uuid.UUID(int=len(given_orders)), dock_no=1, closed=True, expires_mono_s=stage.now + 5
            )
            given_orders.append(stage.order(switch))
        elif move == "dark":
            stage.dock.brown_out(0.5)
        elif move in strikes:
            stage.dock.faults.brown_out = BrownOut(
                at=MessageType.UNLOCK, moment=strikes[move], bolt_finishes=bool(seed % 2)
            )
        elif move == "stuck":
            stage.dock.faults.stuck = not stage.dock.faults.stuck
        stage.play(2)
    stage.loss = 0.0
    stage.play(120)
    ended = {e.order_id: e for e in stage.all(DockOrderEnded) if isinstance(e, DockOrderEnded)}
    assert len(stage.all(DockOrderEnded)) == len(ended) == len(given_orders)
    opened = stage.dock.book.unlocks
    assert len(set(opened)) == len(opened)
    for order in given_orders:
        how = ended[order.order_id]
        if isinstance(order, UnlockDock):
            did_open = command_id(order.order_id) in opened
            if how.outcome is Outcome.DONE:
                assert did_open
            if how.outcome in {Outcome.EXPIRED, Outcome.REFUSED} or how.detail in {"not_carried_out", "interrupted"}:
                assert not did_open


def test_a_status_keeps_the_age_that_the_dock_counted() -> None:
    stage = Theatre()
    stage.dock.push(scooter())
    stage.play(35)
    reports = [r for r in stage.all(DockReported) if isinstance(r, DockReported)]
    assert reports[-1].presence_age_s == pytest.approx(stage.now - 5000 - 5, abs=7)
