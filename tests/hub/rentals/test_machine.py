"""The life of a booking by its table: properties that hold whatever happens in whatever order."""

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from hub.rentals import machine
from hub.rentals.machine import PROMISED, RIDING, STATES, TABLE, WAITING, Effect, Event, Phase

FACTS = (Event.START, Event.LEAVE, Event.RETURN)


@dataclass
class Row:
    """A booking's columns that the machine changes."""

    phase: str
    state: str
    blocks: bool


def row(phase: Phase, *, blocks: bool | None = None) -> Row:
    return Row(phase.value, STATES[phase], phase in WAITING | RIDING if blocks is None else blocks)


class Life(RuleBasedStateMachine):
    """A booking to which anything may happen, as long as time is not turned back."""

    @initialize(held=st.booleans())
    def made(self, *, held: bool) -> None:
        self.row = row(Phase.HELD if held else Phase.ASKED)
        self.rides = 0
        self.fees = 0
        self.free_since_a_while = False

    @rule(event=st.sampled_from([event for event in Event if event not in FACTS]))
    def happens(self, event: Event) -> None:
        before = Phase(self.row.phase)
        effects = machine.step(self.row, event)
        self._follows(before, event, effects)

    @rule(event=st.sampled_from(FACTS))
    def is_told(self, event: Event) -> None:
        before = Phase(self.row.phase)
        effects = machine.step(self.row, event)
        assert effects is not None, "a ride counts in every phase"
        self._follows(before, event, effects)

    @precondition(lambda self: self.row.phase == Phase.STARTING)
    @rule()
    def comes_to_nothing(self) -> None:
        blocked = self.row.blocks
        machine.step(self.row, Event.VOID)
        assert Phase(self.row.phase) is (Phase.CONFIRMED if blocked else Phase.EXPIRED)

    def _follows(self, before: Phase, event: Event, effects: frozenset[Effect] | None) -> None:
        after = Phase(self.row.phase)
        if effects is None:
            assert after is before
            return
        if Effect.CASE in effects:
            assert before in PROMISED, "only what was promised is broken"
        if effects & {Effect.CHARGE_CANCEL, Effect.CHARGE_NO_SHOW}:
            assert before in PROMISED, "only what was promised costs"
            self.fees += 1
        if after in {Phase.CANCELLED, Phase.EXPIRED, Phase.NO_SHOW} and before in WAITING:
            assert Effect.RELEASE in effects, "the vehicle is free again"
        if event in FACTS and before in {Phase.NO_SHOW, Phase.CANCELLED}:
            assert Effect.FORGIVE in effects, "who has ridden did come"
            self.fees = 0

    @invariant()
    def state_is_the_phases(self) -> None:
        if hasattr(self, "row"):
            assert self.row.state == STATES[Phase(self.row.phase)]

    @invariant()
    def what_was_given_up_is_never_taken_again(self) -> None:
        if hasattr(self, "row"):
            assert not (self.free_since_a_while and self.row.blocks), "the database would have to refuse it"
            self.free_since_a_while = not self.row.blocks

    @invariant()
    def nobody_pays_twice(self) -> None:
        assert getattr(self, "fees", 0) <= 1


TestLife = Life.TestCase


@pytest.mark.parametrize("phase", Phase)
def test_every_phase_has_a_state_that_clients_know(phase: Phase) -> None:
    assert STATES[phase] in {"held", "requested", "confirmed", "used", "cancelled", "refused", "expired", "broken"}


@pytest.mark.parametrize("phase", Phase)
def test_every_phase_is_reached_from_the_beginning(phase: Phase) -> None:
    reached = {Phase.HELD, Phase.ASKED}
    while True:
        more = {after for (before, _), (after, _) in TABLE.items() if before in reached} - reached
        if not more:
            break
        reached |= more
    assert phase in reached


@given(st.sampled_from(sorted(WAITING)), st.sampled_from([Event.CANCEL, Event.SILENCE, Event.LAPSE, Event.MISS]))
def test_what_is_given_up_before_a_ride_stays_so_for_all_but_a_ride(phase: Phase, event: Event) -> None:
    booking = row(phase)
    if machine.step(booking, event) is None:
        return
    ended = booking.phase
    for more in Event:
        if more not in FACTS:
            assert machine.step(booking, more) is None
            assert booking.phase == ended


def test_a_hold_is_no_promise() -> None:
    booking = row(Phase.HELD)
    assert machine.step(booking, Event.KEEP) is None
    assert machine.step(booking, Event.LOSE) == frozenset()
    assert booking.phase == Phase.REFUSED
