"""The chargers' and the meter's wires with somebody on them: whole frames again, old ones, garbage between them.

Never a well-formed lie: neither OCPP nor Modbus over TCP could tell it from the truth. A flipped bit makes bytes that
are no text any more; numbers with other digits are what TCP's checksums and TLS are for.
"""

import asyncio
import contextlib
import json
import random
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from tests.journeys.faults.proxy import HOST, Direction, FaultProxy, Tap

_KEPT: Final = 60
_NO_EXTENSIONS: Final = b"sec-websocket-extensions:"
_TEXT, _BINARY, _UNKNOWN = 0x1, 0x2, 0xB


def masked(payload: bytes, opcode: int = _TEXT, *, mask: bytes = b"\x0f\xf0\x55\xaa") -> bytes:
    """A whole WebSocket frame as a client sends it (RFC 6455, 5.2)."""
    size = len(payload)
    head = bytes([0x80 | opcode])
    if size < 126:
        head += bytes([0x80 | size])
    elif size < 1 << 16:
        head += bytes([0x80 | 126]) + size.to_bytes(2, "big")
    else:
        head += bytes([0x80 | 127]) + size.to_bytes(8, "big")
    key = int.from_bytes((mask * (size // 4 + 1))[:size], "big")
    return head + mask + (int.from_bytes(payload, "big") ^ key).to_bytes(size, "big")


def garbage(chance: random.Random) -> bytes:
    """One frame that is no OCPP, or none that makes sense. None of them says that anything was charged.

    A start or stop would say so, however broken its fields are: the station keeps it as a record, worth nothing.
    """
    number = chance.randrange(1 << 30)
    texts = [
        "", "null", "{}", "[]", "[2]", f'[9,"{number}","Heartbeat",{{}}]', f'[3,"{number}",{{}}]',
        f'[4,"{number}","InternalError","",{{}}]', f'[2,"{number}","NoSuchAction",{{}}]',
        f'[2,{number},"Heartbeat",{{}}]',
        f'[2,"{number}","Heartbeat",[]]', f'[2,"{number}","Authorize",{{"idTag":{{"a":[1]}}}}]',
        f'[2,"{number}","MeterValues",{{"connectorId":-1,"meterValue":[{{"timestamp":"x","sampledValue":7}}]}}]',
        f'[2,"{number}","StatusNotification",{{"connectorId":99,"status":"OnFire","errorCode":null}}]',
        "[" * 3000, '"\\ud800"', f'[2,"{number}","DataTransfer",{{"vendorId":"{"x" * 400_000}"}}]',
    ]  # fmt: skip
    mask = chance.randbytes(4)
    kind = chance.randrange(8)
    if kind == 0:
        return masked(chance.randbytes(chance.randrange(1, 500)), mask=mask)
    if kind == 1:
        return masked(chance.randbytes(chance.randrange(1, 500)), _BINARY, mask=mask)
    if kind == 2:
        return masked(b"", _UNKNOWN, mask=mask)
    if kind == 3:
        return masked(b"[2," + b"9" * (1 << 21), mask=mask)  # beyond what the station takes
    return masked(chance.choice(texts).encode(), mask=mask)


class FrameTap(Tap):
    """Cuts a charger's words into whole WebSocket frames; asks for no compression, so that each stands alone."""

    def __init__(self, proxy: "OcppProxy") -> None:
        self._proxy = proxy
        self._held = bytearray()
        self._path: bytes | None = None
        self._writer: asyncio.StreamWriter | None = None

    def leads_to(self, writer: asyncio.StreamWriter) -> None:
        """Where it goes."""
        self._writer = writer

    async def passing(self, data: bytes, *, lost: bool) -> bytes:
        """Whole frames only, and what the weather puts between them."""
        self._held += data
        out = b""
        if self._path is None:
            end = self._held.find(b"\r\n\r\n")
            if end < 0:
                return b""
            out = self._handshake(bytes(self._held[: end + 4]))
            del self._held[: end + 4]
        while size := _frame_size(self._held):
            out += self._proxy.heard(self._path or b"", bytes(self._held[:size]), lost=lost)
            del self._held[:size]
        return out

    def _handshake(self, head: bytes) -> bytes:
        lines = [one for one in head.split(b"\r\n") if not one.lower().startswith(_NO_EXTENSIONS)]
        self._path = lines[0].split(b" ")[1] if lines[0].count(b" ") == 2 else b"?"
        assert self._writer is not None
        self._proxy.lines[self._path] = self._writer
        return b"\r\n".join(lines)


def _frame_size(held: bytearray) -> int:
    """How many bytes the first frame has; 0 while it is not whole."""
    if len(held) < 2:
        return 0
    size, at = held[1] & 0x7F, 2
    if size >= 126:
        width = 2 if size == 126 else 8
        size, at = int.from_bytes(held[2 : 2 + width], "big"), 2 + width
    at += 4 if held[1] & 0x80 else 0
    return at + size if len(held) >= at + size else 0


class OcppProxy(FaultProxy):
    """Between the chargers and the station. `twice` and `stale` are chances for each frame of a charger."""

    def __init__(self, *, targets: Sequence[tuple[str, int]], seed: int) -> None:
        super().__init__(targets=targets, seed=seed)
        self.twice = 0.0
        self.stale = 0.0
        self.lines: dict[bytes, asyncio.StreamWriter] = {}
        self._kept: dict[bytes, deque[bytes]] = {}

    def clear(self) -> None:
        """Nobody on the wire any more."""
        self.twice = self.stale = 0.0
        super().clear()

    def heard(self, path: bytes, frame: bytes, *, lost: bool) -> bytes:
        """What goes on in the frame's place."""
        kept = self._kept.setdefault(path, deque(maxlen=_KEPT))
        out = frame
        if not lost and self.chance(self.twice):
            self.counts["ocpp frames doubled"] += 1
            out += frame
        if not lost and kept and self.chance(self.stale):
            self.counts["ocpp frames of before"] += 1
            out += self._random.choice(kept)
        if frame[0] & 0x0F == _TEXT:
            kept.append(frame)
        return out

    def inject(self, frame: bytes) -> None:
        """Say this on every charger's line, between its own words."""
        for writer in self.lines.values():
            if not writer.is_closing():
                self.counts["ocpp garbage"] += 1
                with contextlib.suppress(OSError):
                    writer.write(frame)

    def _tap(self, way: Direction) -> Tap:
        return FrameTap(self) if way == "up" else Tap()


@dataclass(slots=True, kw_only=True)
class MeterWeather:
    """Chances for each answer of the meter."""

    number: float = 0.0  # it carries another transaction number
    half: float = 0.0  # its second half never comes
    twice: float = 0.0
    late: float = 0.0  # the answer before comes in its place, and it itself with the next
    garbage: float = 0.0  # random bytes before it


class ModbusProxy(FaultProxy):
    """Between the station and its meter."""

    def __init__(self, *, targets: Sequence[tuple[str, int]], seed: int, host: str = HOST) -> None:
        super().__init__(targets=targets, seed=seed, host=host)
        self.meter = MeterWeather()

    def clear(self) -> None:
        """Nobody on the wire any more."""
        self.meter = MeterWeather()
        super().clear()

    def _tap(self, way: Direction) -> Tap:
        return AnswerTap(self) if way == "down" else Tap()


class AnswerTap(Tap):
    """The meter's answers, spoilt as the weather says. TCP hands them over one by one: requests wait for them."""

    def __init__(self, proxy: ModbusProxy) -> None:
        self._proxy = proxy
        self._before = b""

    async def passing(self, data: bytes, *, lost: bool) -> bytes:
        """What the station gets."""
        del lost
        weather, chance, counts = self._proxy.meter, self._proxy.chance, self._proxy.counts
        answer = data
        if chance(weather.number):
            answer, counts["modbus other number"] = (
                bytes([data[0] ^ 0x5A]) + data[1:],
                counts["modbus other number"] + 1,
            )
        if chance(weather.late):
            counts["modbus answers late"] += 1
            answer, self._before = self._before, answer
        if chance(weather.half):
            counts["modbus answers halved"] += 1
            answer = answer[: len(answer) // 2]
        if chance(weather.twice):
            counts["modbus answers doubled"] += 1
            answer += answer
        if chance(weather.garbage):
            counts["modbus garbage"] += 1
            answer = _noise(answer) + answer
        return answer


def _noise(answer: bytes) -> bytes:
    """Bytes as a gateway that lost its place sends them."""
    return json.dumps(len(answer)).encode() + answer[7:] + b"\xff\x00"
