"""A simulated dock: a device that answers frames, holds a vehicle and keeps a book of what really happened.

Sessions, sequence numbers and power are here; the application is `commands`, the iron `mechanics`, the
pseudo-terminal `line`.
"""

import dataclasses
import random
import time
from collections.abc import Callable
from typing import Final

from firmware_sim.docks.book import Book
from firmware_sim.docks.commands import Commands
from firmware_sim.docks.faults import BrownOut, Faults, Moment
from firmware_sim.docks.mechanics import Mechanics
from firmware_sim.docks.nvram import Nvram
from firmware_sim.vehicles.vehicle import SimVehicle
from protocols.dock import codes
from protocols.dock.codes import NEEDS_NO_SESSION, Capability, ErrorCode, EventKind, Kind, MessageType
from protocols.dock.framing import Frame, encode
from protocols.dock.messages import Reply, decode_request
from protocols.dock.replies import Done, ErrorReply
from protocols.dock.requests import Hello, Identify, Proof
from protocols.dock.sequence import LastAnswer
from protocols.dock.session import DockHandshake, Session
from protocols.errors import Malformed

_COMMON: Final = (
    Capability.CHARGE
    | Capability.BATTERY_DATA
    | Capability.CARD_READER
    | Capability.LIGHT
    | Capability.BUZZER
    | Capability.FIRMWARE
    | Capability.ODOMETER
)
CAPABILITIES: Final = {Kind.LATCH: _COMMON, Kind.BAY: _COMMON | Capability.KEY_BOX}
_CHARGE_POWER_W: Final = {Kind.LATCH: 350.0, Kind.BAY: 3_700.0}
_BOOT_S: Final = 0.2


class SimDock:
    """One dock. `clock` is its own timer in monotonic seconds; `seed` feeds its nonces.

    `secret` None is a dock that nobody provisioned yet.
    `nvram` is what survives a restart; hand in an old one to continue a dock's life in a new process.
    """

    def __init__(
        self,
        *,
        address: int,
        secret: bytes | None,
        kind: Kind = Kind.LATCH,
        serial: str = "",
        clock: Callable[[], float] = time.monotonic,
        nvram: Nvram | None = None,
        seed: int | None = None,
        capabilities: Capability | None = None,
        charge_power_w: float | None = None,
    ) -> None:
        self.address = address
        self.secret = secret
        self.kind = kind
        self.serial = serial or f"SIM-{kind.name}-{address:03d}"
        self.nvram = nvram or Nvram()
        self.book = Book()
        self.faults = Faults()
        self._clock = clock
        self._random = random.Random(seed)
        self._capabilities = CAPABILITIES[kind] if capabilities is None else capabilities
        self._off_until: float | None = None
        self._session: Session | None = None
        self._last = LastAnswer()
        self._handshake: DockHandshake | None = None
        self._proof: bytes | None = None
        self._tamper_logged = False
        self._mechanics = Mechanics(
            clock=clock,
            book=self.book,
            faults=self.faults,
            log=self._log,
            charge_power_w=_CHARGE_POWER_W[kind] if charge_power_w is None else charge_power_w,
        )
        self._commands = Commands(
            kind=kind,
            capabilities=self._capabilities,
            serial=self.serial,
            nvram=self.nvram,
            mechanics=self._mechanics,
            book=self.book,
            faults=self.faults,
            clock=clock,
        )
        self._boot()

    # --- hands: what people and vehicles do ------------------------------------------------------------

    @property
    def vehicle(self) -> SimVehicle | None:
        """The vehicle that stands in the dock."""
        return self._mechanics.vehicle

    @property
    def lock(self) -> codes.Lock:
        """What the bolt's sensors would say now."""
        self.advance()
        return self._mechanics.lock

    @property
    def contactor_closed(self) -> bool:
        """Are the charging contacts connected?"""
        return self._mechanics.contactor_closed

    @property
    def drawn_w(self) -> float:
        """Power drawn from the supply for charging, right now."""
        self.advance()
        return self._mechanics.drawn_w

    def push(self, vehicle: SimVehicle) -> None:
        """Push a vehicle in; the lock engages by itself. Raises ValueError when taken, HeldByLock when locked."""
        self.advance()
        self._mechanics.push(vehicle)

    def pull(self) -> SimVehicle:
        """Pull the vehicle out. Raises HeldByLock when the lock holds it, ValueError when the dock is empty."""
        self.advance()
        return self._mechanics.pull()

    def present_card(self, uid: bytes) -> None:
        """Hold a card with this UID (4, 7 or 10 bytes) to the reader."""
        self.advance()
        if self.powered:
            self._commands.present_card(uid)

    def set_supply(self, *, voltage_v: float, temperature_c: float) -> None:
        """What the dock's own sensors measure."""
        self._commands.supply_mv = round(voltage_v * 1000)
        self._commands.temperature_dc = round(temperature_c * 10)

    # --- power and time --------------------------------------------------------------------------------

    @property
    def powered(self) -> bool:
        """Is the controller running?"""
        return self._off_until is None

    def brown_out(self, off_s: float = 0.3) -> None:
        """The supply breaks down now and is back after `off_s`; everything but the NVRAM is forgotten."""
        self._mechanics.power_lost()
        self._off_until = self._clock() + off_s
        self._session = self._handshake = self._proof = None
        self._last = LastAnswer()

    def advance(self) -> None:
        """Let the dock live up to now: timers, bolt, charging, the return of the supply."""
        if self._off_until is not None and self._clock() >= self._off_until:
            self._off_until = None
            self._boot()
        self._mechanics.advance()
        if self.powered and self.faults.tamper is not self._tamper_logged:
            self._tamper_logged = self.faults.tamper
            self._log(EventKind.TAMPER, bytes((self.faults.tamper,)))

    def _boot(self) -> None:
        self.nvram.boot_count += 1
        self.book.restarts = self.nvram.boot_count - 1
        self._commands.boot()
        self._log(EventKind.BOOTED, self.nvram.boot_count.to_bytes(4, "little"))
        self._mechanics.power_back()

    def _log(self, kind: EventKind, data: bytes = b"") -> None:
        if self.powered:
            self._commands.log(kind, data)

    # --- the wire --------------------------------------------------------------------------------------

    def answer(self, frame: Frame) -> bytes:
        """The bytes that the dock sends for a frame on the line; empty when it stays silent."""
        self.advance()
        if frame.reply or frame.address != self.address or not self.powered or self.faults.silent:
            return b""
        fault = self.faults.brown_out
        struck = fault is not None and fault.at == frame.type and self._would_accept(frame)
        if fault is not None and struck and fault.moment is Moment.BEFORE_ACTING:
            self._strike(fault)
            return b""
        reply = self._respond(frame)
        data = encode(reply) if reply is not None else b""
        if fault is not None and struck:
            self._strike(fault)
            data = data[: len(data) // 2] if fault.moment is Moment.MID_REPLY else b""
        elif self._commands.restart_wanted:
            self.brown_out(_BOOT_S)
        return data

    def _would_accept(self, frame: Frame) -> bool:
        return frame.secured is (self._session is not None and frame.type not in NEEDS_NO_SESSION)

    def _strike(self, fault: BrownOut) -> None:
        self.faults.brown_out = None
        if fault.bolt_finishes:
            self._mechanics.finish_travel()
        self.brown_out(fault.off_s)

    def _respond(self, frame: Frame) -> Frame | None:
        if frame.secured:
            return self._respond_secured(frame)
        try:
            request = decode_request(frame.type, frame.payload)
        except Malformed as error:
            return self._reply(frame, _error_of(error))
        if isinstance(request, Identify):
            identity = dataclasses.replace(self._commands.identify(request), provisioned=self.secret is not None)
            return self._reply(frame, identity)
        if self.secret is None:
            return self._reply(frame, ErrorReply(code=ErrorCode.NOT_PROVISIONED))
        if isinstance(request, Hello):
            return self._challenge(frame, self.secret)
        if isinstance(request, Proof):
            return self._check_proof(frame, request)
        # An unsecured order: never obeyed, whatever it says.
        self.book.seen["unsecured"] += 1
        return self._reply(frame, ErrorReply(code=ErrorCode.NO_SESSION))

    def _challenge(self, frame: Frame, secret: bytes) -> Frame:
        if self._handshake is None or self._handshake.hello_payload != frame.payload:
            self._proof = None
            self._handshake = DockHandshake(
                secret=secret,
                address=self.address,
                hello_payload=frame.payload,
                nonce=self._random.randbytes(16),
                minor=codes.MINOR,
                kind=self.kind,
                capabilities=self._capabilities,
            )
        return self._reply(frame, self._handshake.answer)

    def _check_proof(self, frame: Frame, request: Proof) -> Frame:
        repeated = self._proof is not None and self._proof == request.proof and self._session is not None
        if repeated and self._session is not None:  # our answer was lost; the counters stay where they are
            self.book.seen["repeated"] += 1
            return self._session.seal(self._reply(frame, Done()))
        if self._handshake is None:
            return self._reply(frame, ErrorReply(code=ErrorCode.NO_SESSION))
        try:
            session = self._handshake.on_proof(request)
        except Malformed:
            self.book.seen["bad_proof"] += 1
            return self._reply(frame, ErrorReply(code=ErrorCode.BAD_PROOF))
        self._handshake, self._proof = None, request.proof
        self._session, self._last = session, LastAnswer()
        self.book.sessions += 1
        return session.seal(self._reply(frame, Done()))

    def _respond_secured(self, frame: Frame) -> Frame | None:
        if self._session is None:
            self.book.seen["no_session"] += 1
            return self._reply(frame, ErrorReply(code=ErrorCode.NO_SESSION))
        try:
            self._session.open(frame)
        except Malformed as error:  # forged or replayed: not worth an answer
            self.book.seen[error.reason] += 1
            return None
        self._proof = None
        return self._session.seal(self._once(frame))

    def _once(self, frame: Frame) -> Frame:
        try:
            known = self._last.recall(frame)
        except Malformed:
            return self._reply(frame, ErrorReply(code=ErrorCode.SEQUENCE_CONFLICT))
        if known is not None:
            self.book.seen["repeated"] += 1
            return known
        try:
            reply = self._commands.carry_out(decode_request(frame.type, frame.payload))
        except Malformed as error:
            reply = _error_of(error)
        except KeyError:  # hello or proof inside a session: they have their place outside
            reply = ErrorReply(code=ErrorCode.WRONG_STATE)
        answer = self._reply(frame, reply)
        self._last.remember(frame, answer)
        return answer

    def _reply(self, frame: Frame, reply: Reply) -> Frame:
        type_ = MessageType.ERROR if isinstance(reply, ErrorReply) else frame.type
        return Frame(address=self.address, seq=frame.seq, type=type_, payload=reply.pack(), reply=True)


def _error_of(error: Malformed) -> ErrorReply:
    unknown = error.reason == "unknown_type"
    return ErrorReply(code=ErrorCode.UNKNOWN_TYPE if unknown else ErrorCode.MALFORMED)
