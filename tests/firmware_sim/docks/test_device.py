"""A simulated dock behaves as the specification says, seen from the wire and from the hand."""

import hashlib
import uuid
from typing import cast

import pytest

from firmware_sim.docks.device import CAPABILITIES, SimDock
from firmware_sim.docks.mechanics import HeldByLock
from firmware_sim.docks.nvram import Nvram
from firmware_sim.vehicles.vehicle import SimVehicle, VehicleKind
from protocols.dock import codes, firmware, requests
from protocols.dock.codes import ErrorCode, EventKind, Kind, MessageType, StatusFlag
from protocols.dock.framing import Frame, FrameStream
from protocols.dock.messages import Reply, Request, decode_reply
from protocols.dock.replies import CardPage, Done, ErrorReply, EventPage, Identity, LockAnswer, Status
from protocols.dock.sequence import Sequence
from protocols.dock.session import Session, StationHandshake

SECRET = b"0123456789abcdef"


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Master:
    """A station with nothing but the protocol: one dock, no time."""

    def __init__(self, dock: SimDock) -> None:
        self.dock = dock
        self.session: Session | None = None
        self.sequence = Sequence()
        self.last_sent = b""

    def send(self, frame: Frame) -> Frame | None:
        frames = FrameStream().feed(self.dock.answer(frame))
        return frames[0] if frames else None

    def plain(self, request: Request, seq: int = 0) -> Reply | None:
        frame = Frame(address=self.dock.address, seq=seq, type=request.type, payload=request.pack())
        answer = self.send(frame)
        return None if answer is None else decode_reply(answer.type, answer.payload)

    def connect(self, nonce: bytes = b"n" * 16) -> None:
        station = StationHandshake(secret=SECRET, address=self.dock.address, nonce=nonce)
        hello = Frame(address=self.dock.address, seq=0, type=MessageType.HELLO, payload=station.hello.pack())
        answer = self.send(hello)
        assert answer is not None
        proof, session = station.on_answer(answer.payload)
        reply = self.send(Frame(address=self.dock.address, seq=1, type=MessageType.PROOF, payload=proof.pack()))
        assert reply is not None
        session.open(reply)
        self.session, self.sequence = session, Sequence()

    def ask(self, request: Request, *, seq: int | None = None) -> Reply:
        assert self.session is not None
        frame = Frame(
            address=self.dock.address,
            seq=self.sequence.take() if seq is None else seq,
            type=request.type,
            payload=request.pack(),
        )
        answer = self.send(self.session.seal(frame))
        assert answer is not None
        self.session.open(answer)
        return decode_reply(answer.type, answer.payload)

    def status(self) -> Status:
        return cast("Status", self.ask(requests.AskStatus()))

    def kinds(self) -> list[int]:
        page = cast("EventPage", self.ask(requests.AskEvents(cursor=1, most=255)))
        return [event.kind for event in page.events]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def dock(clock: Clock) -> SimDock:
    return SimDock(address=5, secret=SECRET, clock=clock, seed=1)


@pytest.fixture
def master(dock: SimDock) -> Master:
    one = Master(dock)
    one.connect()
    return one


def scooter(number: int = 1) -> SimVehicle:
    return SimVehicle(vehicle_id=uuid.UUID(int=number), soc=0.5)


def unlock(number: int = 1, duration_ds: int = 100) -> requests.Unlock:
    return requests.Unlock(command_id=number.to_bytes(8, "big"), duration_ds=duration_ds)


def test_a_pushed_vehicle_is_locked_in_and_cannot_be_pulled(dock: SimDock, clock: Clock, master: Master) -> None:
    vehicle = scooter()
    dock.push(vehicle)
    clock.now += 1
    status = master.status()
    assert status.lock is codes.Lock.LOCKED
    assert status.flags & StatusFlag.VEHICLE_PRESENT
    assert status.vehicle_id == vehicle.vehicle_id
    with pytest.raises(HeldByLock):
        dock.pull()
    with pytest.raises(ValueError, match="taken"):
        dock.push(scooter(2))


def test_the_bolt_takes_its_time_and_then_lets_the_vehicle_go(dock: SimDock, clock: Clock, master: Master) -> None:
    vehicle = scooter()
    dock.push(vehicle)
    clock.now += 1
    assert master.ask(unlock()) == LockAnswer(lock=codes.Lock.MOVING)
    with pytest.raises(HeldByLock):
        dock.pull()
    clock.now += 1
    assert master.status().lock is codes.Lock.UNLOCKED
    assert dock.pull() is vehicle
    clock.now += 3600
    assert dock.lock is codes.Lock.UNLOCKED  # empty, it waits for the next one
    assert master.status().presence_age_ds == 36_000


def test_the_dock_locks_again_after_the_duration(dock: SimDock, clock: Clock, master: Master) -> None:
    dock.push(scooter())
    clock.now += 1
    master.ask(unlock(duration_ds=100))
    seen = []
    for step_s in (9, 2):
        clock.now += step_s
        seen.append(dock.lock)
    assert seen == [codes.Lock.UNLOCKED, codes.Lock.LOCKED]


def test_a_vehicle_whose_tag_cannot_be_read_is_there_without_a_name(dock: SimDock, master: Master) -> None:
    dock.push(SimVehicle(vehicle_id=uuid.UUID(int=1), tag_readable=False))
    status = master.status()
    assert status.flags & StatusFlag.VEHICLE_PRESENT
    assert status.vehicle_id is None


def test_a_repeated_sequence_number_is_answered_again_and_not_carried_out(
    dock: SimDock, clock: Clock, master: Master
) -> None:
    dock.push(scooter())
    clock.now += 1
    first = master.ask(unlock(), seq=77)
    clock.now += 1
    assert master.ask(unlock(), seq=77) == first
    assert dock.book.unlocks == [unlock().command_id]
    assert dock.book.seen["repeated"] == 1
    conflict = master.ask(unlock(2), seq=77)
    assert conflict == ErrorReply(code=ErrorCode.SEQUENCE_CONFLICT)


def test_a_command_is_used_once_even_across_a_restart_and_a_new_session(
    dock: SimDock, clock: Clock, master: Master
) -> None:
    dock.push(scooter())
    clock.now += 1
    master.ask(unlock(duration_ds=5))
    clock.now += 2
    dock.brown_out(1)
    clock.now += 2
    master.connect(b"m" * 16)
    assert master.ask(unlock()) == ErrorReply(code=ErrorCode.ALREADY_SEEN)
    assert len(dock.book.unlocks) == 1


@pytest.mark.parametrize("type_", sorted(set(MessageType) - {MessageType.IDENTIFY, MessageType.ERROR}))
def test_unsecured_orders_are_refused_whatever_they_say(dock: SimDock, clock: Clock, type_: int) -> None:
    dock.push(scooter())
    clock.now += 1
    answer = dock.answer(Frame(address=5, seq=0, type=type_, payload=bytes(64)))
    assert dock.lock is codes.Lock.LOCKED
    assert dock.book.unlocks == []
    for frame in FrameStream().feed(answer):
        assert type_ == MessageType.HELLO or frame.type == MessageType.ERROR


def test_a_forged_hello_does_not_disturb_the_running_session(master: Master) -> None:
    master.plain(requests.Hello(nonce=b"attackers nonce!"))
    assert master.plain(requests.Proof(proof=bytes(16))) == ErrorReply(code=ErrorCode.BAD_PROOF)
    assert master.status().boot == 1


def test_a_lost_answer_to_the_proof_is_given_again_with_the_counters_going_on(dock: SimDock) -> None:
    master = Master(dock)
    station = StationHandshake(secret=SECRET, address=5, nonce=b"n" * 16)
    hello = Frame(address=5, seq=0, type=MessageType.HELLO, payload=station.hello.pack())
    first, second = master.send(hello), master.send(hello)
    assert first is not None
    assert first == second
    proof, session = station.on_answer(first.payload)
    frame = Frame(address=5, seq=1, type=MessageType.PROOF, payload=proof.pack())
    master.send(frame)
    again = master.send(frame)
    assert again is not None
    assert session.open(again).counter == 2
    assert dock.book.sessions == 1
    dock.answer(session.seal(Frame(address=5, seq=0, type=MessageType.STATUS)))
    replayed = master.send(frame)  # the session is in use now: a proof is worth nothing any more
    assert replayed is not None
    assert not replayed.secured
    assert replayed.type == MessageType.ERROR


def test_a_dock_without_a_secret_says_who_it_is_and_nothing_else(clock: Clock) -> None:
    master = Master(SimDock(address=5, secret=None, clock=clock))
    identity = cast("Identity", master.plain(requests.Identify()))
    assert not identity.provisioned
    assert master.plain(requests.Hello(nonce=bytes(16))) == ErrorReply(code=ErrorCode.NOT_PROVISIONED)
    assert master.plain(unlock()) == ErrorReply(code=ErrorCode.NOT_PROVISIONED)


def test_unknown_and_malformed_requests_are_answered_as_such(master: Master) -> None:
    assert master.session is not None
    for type_, payload, code in ((0x66, b"", ErrorCode.UNKNOWN_TYPE), (0x21, b"short", ErrorCode.MALFORMED)):
        sealed = master.session.seal(Frame(address=5, seq=master.sequence.take(), type=type_, payload=payload))
        answer = master.send(sealed)
        assert answer is not None
        master.session.open(answer)
        assert decode_reply(answer.type, answer.payload) == ErrorReply(code=code)


def test_the_log_survives_a_restart_and_tells_the_story_of_an_unlock(
    dock: SimDock, clock: Clock, master: Master
) -> None:
    dock.push(scooter())
    clock.now += 1
    master.ask(unlock())
    clock.now += 1
    dock.brown_out(0.5)
    clock.now += 1
    master.connect(b"m" * 16)
    assert master.kinds() == [
        EventKind.BOOTED,
        EventKind.VEHICLE_IN,
        EventKind.LOCKED,
        EventKind.UNLOCK_STARTED,
        EventKind.UNLOCKED,
        EventKind.BOOTED,
    ]
    clock.now += 1
    assert dock.lock is codes.Lock.LOCKED  # fail secure
    assert master.status().flags & StatusFlag.AGE_SINCE_BOOT


def test_a_dark_dock_answers_nothing_and_still_holds_the_vehicle(dock: SimDock, clock: Clock) -> None:
    dock.push(scooter())
    clock.now += 1
    dock.brown_out(60)
    assert dock.answer(Frame(address=5, seq=0, type=MessageType.IDENTIFY, payload=b"\0")) == b""
    with pytest.raises(HeldByLock):
        dock.pull()


def test_cards_are_handed_out_by_number_and_forgotten_at_a_restart(dock: SimDock, clock: Clock, master: Master) -> None:
    for uid in (b"\x04abc", b"\x04abcdef"):
        dock.present_card(uid)
    clock.now += 1
    page = cast("CardPage", master.ask(requests.AskCards(after=1)))
    assert [(card.number, card.uid, card.age_ds) for card in page.cards] == [(2, b"\x04abcdef", 10)]
    dock.brown_out(0.1)
    clock.now += 1
    master.connect(b"m" * 16)
    assert master.status().last_card == 0


def test_the_contactor_feeds_the_battery_and_opens_before_the_bolt(dock: SimDock, clock: Clock, master: Master) -> None:
    assert master.ask(requests.SwitchContactor(closed=True)) == ErrorReply(code=ErrorCode.NO_VEHICLE)
    vehicle = scooter()
    dock.push(vehicle)
    assert master.ask(requests.SwitchContactor(closed=True)) == ErrorReply(code=ErrorCode.WRONG_STATE)
    clock.now += 1
    assert master.ask(requests.SwitchContactor(closed=True)) == Done()
    clock.now += 1800
    assert dock.drawn_w == pytest.approx(350, rel=0.05)
    assert vehicle.battery.energy_in_wh == pytest.approx(175, rel=0.05)
    master.ask(unlock())
    assert not dock.contactor_closed
    clock.now += 1
    taken = dock.pull()
    energy = taken.battery.energy_in_wh
    clock.now += 3600
    dock.advance()
    assert taken.battery.energy_in_wh == energy


def test_a_bay_holds_a_car_by_its_key_box(clock: Clock) -> None:
    bay = SimDock(address=6, secret=SECRET, kind=Kind.BAY, clock=clock)
    master = Master(bay)
    identity = cast("Identity", master.plain(requests.Identify()))
    assert identity.kind is Kind.BAY
    assert identity.capabilities & codes.Capability.KEY_BOX
    bay.push(SimVehicle(vehicle_id=uuid.UUID(int=3), kind=VehicleKind.CAR))
    clock.now += 1
    assert bay.lock is codes.Lock.LOCKED


def test_firmware_resumes_after_a_restart_and_runs_from_the_next_one(
    dock: SimDock, clock: Clock, master: Master
) -> None:
    image = bytes(range(256)) * 3
    begin = firmware.FirmwareBegin(size=len(image), digest=hashlib.sha256(image).digest(), version="2.0.0")
    assert master.ask(begin) == firmware.FirmwareProgress(next_offset=0)
    master.ask(firmware.FirmwareBlock(offset=0, data=image[:256]))
    assert master.ask(firmware.FirmwareBlock(offset=512, data=b"x")) == ErrorReply(code=ErrorCode.BAD_OFFSET)
    assert master.ask(firmware.FirmwareCommit()) == ErrorReply(code=ErrorCode.WRONG_STATE)
    dock.brown_out(0.1)
    clock.now += 1
    master.connect(b"m" * 16)
    assert master.ask(begin) == firmware.FirmwareProgress(next_offset=256)
    for offset in (256, 512):
        master.ask(firmware.FirmwareBlock(offset=offset, data=image[offset : offset + 256]))
    assert master.ask(firmware.FirmwareCommit()) == Done()
    assert dock.nvram.firmware == "1.0.0"
    master.ask(requests.Restart())
    clock.now += 1
    assert cast("Identity", master.plain(requests.Identify())).firmware == "2.0.0"


def test_a_damaged_image_is_not_taken(master: Master, dock: SimDock) -> None:
    master.ask(firmware.FirmwareBegin(size=4, digest=bytes(32), version="2.0.0"))
    master.ask(firmware.FirmwareBlock(offset=0, data=b"evil"))
    assert master.ask(firmware.FirmwareCommit()) == ErrorReply(code=ErrorCode.BAD_DIGEST)
    assert dock.nvram.committed is None
    assert dock.nvram.staged is None


def test_a_new_process_continues_the_docks_life_from_its_nvram(clock: Clock) -> None:
    nvram = Nvram()
    SimDock(address=5, secret=SECRET, clock=clock, nvram=nvram)
    SimDock(address=5, secret=SECRET, clock=clock, nvram=nvram)
    assert nvram.boot_count == 2
    assert [event.number for event in nvram.events] == [1, 2]


def test_tamper_is_logged_when_it_comes_and_when_it_goes(dock: SimDock, master: Master) -> None:
    dock.faults.tamper = True
    assert master.status().flags & StatusFlag.TAMPER
    dock.faults.tamper = False
    master.status()
    assert master.kinds().count(EventKind.TAMPER) == 2


def test_what_a_vehicle_has_run_is_told_as_soon_as_it_is_locked_in(dock: SimDock, clock: Clock, master: Master) -> None:
    assert master.status().odometer_m is None
    vehicle = scooter()
    vehicle.ride(seconds=600)
    dock.push(vehicle)
    clock.now += 1
    assert (master.status().lock, master.status().odometer_m) == (codes.Lock.LOCKED, int(vehicle.odometer_km * 1000))
    assert vehicle.odometer_km > 4


def test_a_vehicle_or_a_dock_without_an_odometer_tells_none(clock: Clock) -> None:
    silent = SimVehicle(vehicle_id=uuid.UUID(int=1), tells_odometer=False)
    old = CAPABILITIES[codes.Kind.LATCH] & ~codes.Capability.ODOMETER
    for vehicle, capabilities in ((silent, None), (scooter(), old)):
        dock = SimDock(address=5, secret=SECRET, clock=clock, seed=1, capabilities=capabilities)
        dock.push(vehicle)
        master = Master(dock)
        master.connect()
        assert master.status().odometer_m is None
