"""The values behind the README's worked examples. The README holds the bytes; the tests bring both together."""

import dataclasses
import uuid
from typing import Final

from protocols.dock import codes, firmware, replies, requests
from protocols.dock.codes import Capability, EventKind, Kind, Pattern, StatusFlag
from protocols.dock.messages import Reply, Request
from protocols.dock.records import Card, Event

SECRET: Final = bytes(range(16))
STATION_NONCE: Final = bytes(range(0xA0, 0xB0))
DOCK_NONCE: Final = bytes(range(0xB0, 0xC0))
ADDRESS: Final = 5
COMMAND: Final = bytes.fromhex("0011223344556677")
CAPABILITIES: Final = (
    Capability.CHARGE | Capability.BATTERY_DATA | Capability.CARD_READER | Capability.LIGHT | Capability.BUZZER
)
IDENTITY: Final = replies.Identity(
    minor=0,
    kind=Kind.LATCH,
    provisioned=True,
    capabilities=CAPABILITIES,
    serial="VD-0005",
    hardware="L2",
    firmware="1.4.0",
)
STATUS: Final = replies.Status(
    lock=codes.Lock.LOCKED,
    flags=StatusFlag.VEHICLE_PRESENT | StatusFlag.VEHICLE_ID_KNOWN,
    vehicle_id=uuid.UUID("01937a52-6f3e-7c11-8a2b-0123456789ab"),
    presence_age_ds=1234,
    supply_mv=24_120,
    temperature_dc=-15,
    boot=3,
    next_event=42,
    last_card=2,
)

REQUESTS: Final[dict[str, Request]] = {
    "identify": requests.Identify(),
    "hello": requests.Hello(nonce=STATION_NONCE),
    "status": requests.AskStatus(),
    "battery": requests.AskBattery(),
    "events": requests.AskEvents(cursor=40, most=8),
    "cards": requests.AskCards(after=1),
    "lock": requests.Lock(command_id=COMMAND),
    "unlock": requests.Unlock(command_id=COMMAND, duration_ds=300),
    "contactor": requests.SwitchContactor(closed=True),
    "signal": requests.Signal(pattern=Pattern.GUIDE, duration_ds=50),
    "set_time": requests.SetTime(at_ms=1_795_267_329_120),
    "restart": requests.Restart(),
    "firmware_begin": firmware.FirmwareBegin(size=1000, digest=bytes(range(32)), version="1.5.0"),
    "firmware_block": firmware.FirmwareBlock(offset=256, data=b"\xde\xad\xbe\xef"),
    "firmware_commit": firmware.FirmwareCommit(),
}
REPLIES: Final[dict[str, tuple[str, Reply]]] = {
    "identify": ("identify", IDENTITY),
    "status": ("status", STATUS),
    "status_odometer": ("status", dataclasses.replace(STATUS, odometer_m=123_456_789)),
    "battery": (
        "battery",
        replies.Battery(
            soc_pm=805,
            soh_pm=972,
            voltage_mv=51_350,
            current_ma=-2_400,
            temperature_min_dc=188,
            temperature_avg_dc=None,
            temperature_max_dc=213,
            cycle_count=311,
            fault_codes=(0x0102,),
        ),
    ),
    "events": (
        "events",
        replies.EventPage(
            oldest=7,
            next=42,
            events=(
                Event(number=40, at_s=1_795_267_300, kind=EventKind.UNLOCK_STARTED, data=COMMAND),
                Event(number=41, at_s=1_795_267_300, kind=EventKind.UNLOCKED, data=COMMAND),
            ),
        ),
    ),
    "cards": ("cards", replies.CardPage(cards=(Card(number=2, age_ds=3, uid=bytes.fromhex("04a1b2c3")),))),
    "unlock": ("unlock", replies.LockAnswer(lock=codes.Lock.MOVING)),
    "firmware": ("firmware_block", firmware.FirmwareProgress(next_offset=260)),
    "error": ("unlock", replies.ErrorReply(code=codes.ErrorCode.STUCK)),
}
