"""What became of an order is read from the dock's log, and what the log does not say is not guessed."""

import uuid

import pytest

from edge_agent.core.inputs import Outcome
from edge_agent.core.orders import UnlockDock
from edge_agent.docks.verdict import Sent, Verdict, command_id, recent, refusal, request_for
from protocols.dock.codes import EventKind, Lock, StatusFlag
from protocols.dock.records import Event
from protocols.dock.replies import EventPage, Status
from protocols.dock.requests import Unlock

ORDER = UnlockDock(order_id=uuid.uuid4(), dock_no=1, duration_s=10, expires_mono_s=0)
OTHER = b"other id"


def status(lock: Lock) -> Status:
    return Status(
        lock=lock,
        flags=StatusFlag.VEHICLE_PRESENT | StatusFlag.VEHICLE_ID_KNOWN,
        vehicle_id=uuid.UUID(int=1),
        presence_age_ds=0,
        supply_mv=0,
        temperature_dc=0,
        boot=1,
        next_event=20,
        last_card=0,
    )


def sent() -> Sent:
    return Sent(order=ORDER, floor=10, boot=1, sent_at_mono_s=0.0)


def events(*kinds: EventKind, command: bytes | None = None) -> tuple[Event, ...]:
    data = command_id(ORDER.order_id) if command is None else command
    return tuple(Event(number=10 + i, at_s=0, kind=kind, data=data) for i, kind in enumerate(kinds))


@pytest.mark.parametrize(
    ("kinds", "lock", "expected"),
    [
        ([EventKind.UNLOCK_STARTED, EventKind.UNLOCKED], Lock.UNLOCKED, Verdict(outcome=Outcome.DONE)),
        (
            [EventKind.UNLOCK_STARTED, EventKind.UNLOCKED],
            Lock.LOCKED,
            Verdict(outcome=Outcome.DONE, detail="relocked"),
        ),
        (
            [EventKind.UNLOCK_STARTED, EventKind.UNLOCK_REFUSED],
            Lock.STUCK,
            Verdict(outcome=Outcome.REFUSED, detail="stuck"),
        ),
        ([EventKind.UNLOCK_STARTED], Lock.LOCKED, Verdict(outcome=Outcome.NO_ANSWER, detail="interrupted")),
        ([], Lock.LOCKED, Verdict(outcome=Outcome.NO_ANSWER, detail="not_carried_out")),
    ],
)
def test_the_log_decides(kinds: list[EventKind], lock: Lock, expected: Verdict) -> None:
    one = sent()
    assert one.read(EventPage(oldest=1, next=10 + len(kinds), events=events(*kinds)))
    assert one.judge_unlock(status(lock)) == expected


def test_an_open_lock_alone_proves_nothing_about_this_order() -> None:
    one = sent()
    page = events(EventKind.UNLOCK_STARTED, EventKind.UNLOCKED, command=OTHER)
    one.read(EventPage(oldest=1, next=12, events=page))
    assert one.judge_unlock(status(Lock.UNLOCKED)).outcome is Outcome.NO_ANSWER


def test_the_log_is_read_page_by_page_to_its_end() -> None:
    one = sent()
    assert not one.read(EventPage(oldest=1, next=12, events=events(EventKind.UNLOCK_STARTED)))
    assert one.cursor == 11
    last = Event(number=11, at_s=0, kind=EventKind.UNLOCKED, data=command_id(ORDER.order_id))
    assert one.read(EventPage(oldest=1, next=12, events=(last,)))
    assert one.judge_unlock(status(Lock.UNLOCKED)).outcome is Outcome.DONE


@pytest.mark.parametrize("page", [EventPage(oldest=15, next=20), EventPage(oldest=1, next=3)])
def test_a_log_with_a_hole_or_of_another_dock_leaves_it_unknown(page: EventPage) -> None:
    one = sent()
    one.read(page)
    assert one.judge_unlock(status(Lock.LOCKED)).detail == "unknown"


@pytest.mark.parametrize(("duration_s", "wire_ds"), [(10.0, 100), (0.0, 1), (-5.0, 1), (1e6, 0xFFFF)])
def test_a_duration_always_fits_the_wire(duration_s: float, wire_ds: int) -> None:
    order = UnlockDock(order_id=ORDER.order_id, dock_no=1, duration_s=duration_s, expires_mono_s=0)
    assert request_for(order) == Unlock(command_id=command_id(order.order_id), duration_ds=wire_ds)


def test_refusals_and_events_have_names_or_keep_their_numbers() -> None:
    assert refusal(8) == Verdict(outcome=Outcome.REFUSED, detail="stuck")
    assert refusal(99).detail == "code_99"
    assert recent(Event(number=4, at_s=0, kind=EventKind.TAMPER, data=b"\1")) == "4 tamper 01"
    assert recent(Event(number=5, at_s=0, kind=99)) == "5 kind_99"
