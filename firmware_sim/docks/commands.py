"""What a dock's firmware does for each request once the request is trusted: one small method each.

No frame, session or sequence number is known here; those are `device`'s.
"""

import hashlib
from collections import deque
from collections.abc import Callable
from typing import Final

from firmware_sim.docks.book import Book
from firmware_sim.docks.faults import Faults
from firmware_sim.docks.mechanics import COMMANDED, Mechanics
from firmware_sim.docks.nvram import Nvram, Staged
from protocols.dock import codes, firmware, requests
from protocols.dock.codes import Capability, ErrorCode, EventKind, Kind, StatusFlag
from protocols.dock.framing import MAX_PAYLOAD
from protocols.dock.messages import Reply, Request
from protocols.dock.records import Card, Event
from protocols.dock.replies import (
    AGE_SATURATED,
    Battery,
    CardPage,
    Done,
    ErrorReply,
    EventPage,
    Identity,
    LockAnswer,
    Status,
)

KEPT_CARDS: Final = 8
MAX_IMAGE: Final = 1 << 20
_EVENT_OVERHEAD: Final = 10


def _deci(value: float) -> int:
    return round(value * 10)


class Commands:
    """The application half of the firmware. Everything in here but `nvram` and the iron is lost at a restart."""

    def __init__(
        self,
        *,
        kind: Kind,
        capabilities: Capability,
        serial: str,
        nvram: Nvram,
        mechanics: Mechanics,
        book: Book,
        faults: Faults,
        clock: Callable[[], float],
    ) -> None:
        self.supply_mv = 24_000
        self.temperature_dc = 210
        self.restart_wanted = False
        self._kind, self._capabilities, self._serial = kind, capabilities, serial
        self._nvram, self._mechanics, self._book, self._faults = nvram, mechanics, book, faults
        self._clock = clock
        self._booted_at = clock()
        self._wall_offset_s: float | None = None
        self._cards: deque[tuple[int, float, bytes]] = deque(maxlen=KEPT_CARDS)
        self._last_card = 0
        self._handlers: dict[type, Callable[..., Reply]] = {
            requests.Identify: self.identify,
            requests.AskStatus: self.status,
            requests.AskBattery: self.battery,
            requests.AskEvents: self.events,
            requests.AskCards: self.cards,
            requests.Lock: self.lock,
            requests.Unlock: self.unlock,
            requests.SwitchContactor: self.contactor,
            requests.Signal: self.signal,
            requests.SetTime: self.set_time,
            requests.Restart: self.restart,
            firmware.FirmwareBegin: self.begin,
            firmware.FirmwareBlock: self.block,
            firmware.FirmwareCommit: self.commit,
        }

    def carry_out(self, request: Request) -> Reply:
        """The reply to a request that was checked to be genuine and new."""
        return self._handlers[type(request)](request)

    def boot(self) -> None:
        """Power is back: RAM is empty, the clock unknown, the cards forgotten."""
        self._booted_at = self._clock()
        self._wall_offset_s = None
        self._cards.clear()
        self._last_card = 0
        self.restart_wanted = False
        if self._nvram.committed is not None:
            self._nvram.firmware, self._nvram.committed = self._nvram.committed, None
            self.log(EventKind.FIRMWARE, self._nvram.firmware.encode()[:24])

    def log(self, kind: EventKind, data: bytes) -> None:
        """Write the event log, with the time if it was ever set."""
        known = self._wall_offset_s is not None
        at_s = int(self._clock() + (self._wall_offset_s or 0.0)) if known else 0
        self._nvram.log(kind, data, at_s=at_s)

    def present_card(self, uid: bytes) -> None:
        """Somebody holds a card to the reader."""
        self._last_card += 1
        self._cards.append((self._last_card, self._clock(), uid))

    def identify(self, _request: object) -> Identity:
        return Identity(
            minor=codes.MINOR,
            kind=self._kind,
            provisioned=True,
            capabilities=self._capabilities,
            serial=self._serial,
            hardware="sim-1",
            firmware=self._nvram.firmware,
        )

    def status(self, _request: object) -> Status:
        iron = self._mechanics
        since = max(iron.presence_changed_at, self._booted_at)
        flags = StatusFlag(0)
        flags |= StatusFlag.VEHICLE_PRESENT if iron.vehicle is not None else StatusFlag(0)
        flags |= StatusFlag.CONTACTOR_CLOSED if iron.contactor_closed else StatusFlag(0)
        flags |= StatusFlag.TAMPER if self._faults.tamper else StatusFlag(0)
        flags |= StatusFlag.AGE_SINCE_BOOT if since > iron.presence_changed_at else StatusFlag(0)
        readable = iron.vehicle is not None and iron.vehicle.tag_readable
        if iron.vehicle is not None and readable:
            flags |= StatusFlag.VEHICLE_ID_KNOWN
        return Status(
            lock=iron.lock,
            flags=flags,
            vehicle_id=iron.vehicle.vehicle_id if iron.vehicle is not None and readable else None,
            presence_age_ds=min(int((self._clock() - since) * 10), AGE_SATURATED),
            supply_mv=self.supply_mv,
            temperature_dc=self.temperature_dc,
            boot=self._nvram.boot_count,
            next_event=self._nvram.next_event,
            last_card=self._last_card,
            odometer_m=self._odometer_m(),
        )

    def _odometer_m(self) -> int | None:
        vehicle = self._mechanics.vehicle if self._capabilities & Capability.ODOMETER else None
        return None if vehicle is None else vehicle.odometer_m

    def battery(self, _request: object) -> Reply:
        if not self._capabilities & Capability.BATTERY_DATA:
            return ErrorReply(code=ErrorCode.NOT_CAPABLE)
        if self._mechanics.vehicle is None:
            return ErrorReply(code=ErrorCode.NO_VEHICLE)
        pack = self._mechanics.vehicle.battery
        low, mean, high = pack.temperatures_c
        return Battery(
            soc_pm=round(pack.soc * 1000),
            soh_pm=round(pack.soh * 1000),
            voltage_mv=round(pack.voltage_v * 1000),
            current_ma=round(pack.current_a * 1000),
            temperature_min_dc=_deci(low),
            temperature_avg_dc=_deci(mean),
            temperature_max_dc=_deci(high),
            cycle_count=pack.cycle_count,
            fault_codes=pack.fault_codes,
        )

    def events(self, request: requests.AskEvents) -> EventPage:
        page: list[Event] = []
        room = MAX_PAYLOAD - 9
        for event in self._nvram.events:
            if event.number < request.cursor:
                continue
            room -= _EVENT_OVERHEAD + len(event.data)
            if room < 0 or len(page) >= request.most:
                break
            page.append(event)
        return EventPage(oldest=self._nvram.oldest_event, next=self._nvram.next_event, events=tuple(page))

    def cards(self, request: requests.AskCards) -> CardPage:
        now = self._clock()
        return CardPage(
            cards=tuple(
                Card(number=number, age_ds=int((now - at) * 10), uid=uid)
                for number, at, uid in self._cards
                if number > request.after
            )
        )

    def lock(self, request: requests.Lock) -> Reply:
        if self._mechanics.vehicle is None:
            return ErrorReply(code=ErrorCode.NO_VEHICLE)
        if not self._first_time(request.command_id):
            return ErrorReply(code=ErrorCode.ALREADY_SEEN)
        if self._mechanics.lock is not codes.Lock.LOCKED:
            self._mechanics.drive_shut(COMMANDED)
        return LockAnswer(lock=self._mechanics.lock)

    def unlock(self, request: requests.Unlock) -> Reply:
        if not self._first_time(request.command_id):
            self._book.refused.append((request.command_id, ErrorCode.ALREADY_SEEN))
            return ErrorReply(code=ErrorCode.ALREADY_SEEN)
        # Logged before the motor turns: whatever happens next, the log knows that it was begun.
        self.log(EventKind.UNLOCK_STARTED, request.command_id)
        self._mechanics.drive_open(request.command_id, request.duration_ds / 10)
        return LockAnswer(lock=self._mechanics.lock)

    def _first_time(self, command_id: bytes) -> bool:
        if command_id in self._nvram.command_ids:
            return False
        self._nvram.command_ids.append(command_id)
        return True

    def contactor(self, request: requests.SwitchContactor) -> Reply:
        iron = self._mechanics
        if not self._capabilities & Capability.CHARGE:
            return ErrorReply(code=ErrorCode.NOT_CAPABLE)
        if request.closed and iron.vehicle is None:
            return ErrorReply(code=ErrorCode.NO_VEHICLE)
        if request.closed and iron.lock is not codes.Lock.LOCKED:
            return ErrorReply(code=ErrorCode.WRONG_STATE)
        iron.switch_contactor(closed=request.closed)
        return Done()

    def signal(self, request: requests.Signal) -> Reply:
        self._book.signals.append(request.pattern.name.lower())
        return Done()

    def set_time(self, request: requests.SetTime) -> Reply:
        self._wall_offset_s = request.at_ms / 1000 - self._clock()
        return Done()

    def restart(self, _request: object) -> Reply:
        self.restart_wanted = True
        return Done()

    def begin(self, request: firmware.FirmwareBegin) -> Reply:
        if not 0 < request.size <= MAX_IMAGE:
            return ErrorReply(code=ErrorCode.WRONG_STATE)
        staged = self._nvram.staged
        if staged is None or (staged.digest, staged.size) != (request.digest, request.size):
            staged = Staged(size=request.size, digest=request.digest, version=request.version)
            self._nvram.staged = staged
        return firmware.FirmwareProgress(next_offset=len(staged.data))

    def block(self, request: firmware.FirmwareBlock) -> Reply:
        staged = self._nvram.staged
        if staged is None:
            return ErrorReply(code=ErrorCode.WRONG_STATE)
        if request.offset != len(staged.data) or request.offset + len(request.data) > staged.size:
            return ErrorReply(code=ErrorCode.BAD_OFFSET)
        staged.data += request.data
        return firmware.FirmwareProgress(next_offset=len(staged.data))

    def commit(self, _request: object) -> Reply:
        staged = self._nvram.staged
        if staged is None or len(staged.data) != staged.size:
            return ErrorReply(code=ErrorCode.WRONG_STATE)
        self._nvram.staged = None
        if hashlib.sha256(staged.data).digest() != staged.digest:
            return ErrorReply(code=ErrorCode.BAD_DIGEST)
        self._nvram.committed = staged.version
        return Done()
