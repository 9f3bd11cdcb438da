"""Register words ↔ readings, and which blocks to read. Pure; knows no device but through its profile.

Source for codings: Modbus Application Protocol 1.1b3 §4.2 (a register is two bytes, high byte first) and
IEEE 754-2008; the order of the words of a wider value is the device's own affair (`word_order`).
"""

import math
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from protocols.errors import Malformed
from protocols.meter.profile import MeterProfile, Register

_CODE: Final = {"u16": "H", "i16": "h", "u32": "I", "i32": "i", "u64": "Q", "i64": "q", "f32": "f", "f64": "d"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One read: `count` registers from `address`. All of them belong to readings; gaps are never asked for."""

    address: int
    count: int
    registers: tuple[Register, ...]


def blocks_of(profile: MeterProfile) -> tuple[Block, ...]:
    """The reads that fetch every reading: neighbours together, none above the device's limit.

    Registers that the maker does not document are not read along: some devices refuse the whole block then.
    """
    found: list[Block] = []
    group: list[Register] = []
    for register in sorted(profile.registers, key=lambda one: one.address):
        if group and not _continues(group, register, profile.block_limit):
            found.append(_block(group))
            group = []
        group.append(register)
    found.append(_block(group))
    return tuple(found)


def readings_of(profile: MeterProfile, block: Block, words: Sequence[int]) -> dict[str, float]:
    """The readings in a block's words; what the device marks as unknown is left out.

    Raises Malformed when there are not exactly `block.count` words of 16 bits.
    """
    if len(words) != block.count or any(not 0 <= word <= 0xFFFF for word in words):
        raise Malformed("bad_register_words", f"{len(words)} words for {block.count}")
    readings = {}
    for register in block.registers:
        start = register.address - block.address
        value = decode(register, words[start : start + register.words], profile.word_order)
        if value is not None:
            readings[register.reading] = value
    return readings


def decode(register: Register, words: Sequence[int], word_order: str) -> float | None:
    """One value in the reading's unit; None for NaN, infinity and the device's own "not implemented"."""
    ordered = words if word_order == "big" else list(reversed(words))
    raw: float = struct.unpack(f">{_CODE[register.type]}", struct.pack(f">{len(ordered)}H", *ordered))[0]
    if not math.isfinite(raw) or raw == register.not_implemented:
        return None
    return raw * register.scale


def encode(register: Register, value: float | None, word_order: str) -> tuple[int, ...]:
    """The words of one value, None as the device's "not implemented". The inverse of `decode`, for simulators.

    Raises Malformed when the value does not fit the register's type, or cannot be said to be missing.
    """
    code = _CODE[register.type]
    try:
        packed = struct.pack(f">{code}", _raw(register, value))
    except (struct.error, OverflowError) as error:
        raise Malformed("does_not_fit", f"{register.reading}={value} as {register.type}") from error
    words = struct.unpack(f">{register.words}H", packed)
    return words if word_order == "big" else tuple(reversed(words))


def words_of(profile: MeterProfile, readings: Mapping[str, float | None]) -> dict[int, int]:
    """Register address → word for all readings of the profile; a reading that is not given is missing."""
    words: dict[int, int] = {}
    for register in profile.registers:
        value = readings.get(register.reading)
        for offset, word in enumerate(encode(register, value, profile.word_order)):
            words[register.address + offset] = word
    return words


def _raw(register: Register, value: float | None) -> float:
    is_float = register.type.startswith("f")
    if value is None:
        if is_float:
            return math.nan
        if register.not_implemented is None:
            raise Malformed("cannot_be_missing", register.reading)
        return register.not_implemented
    raw = value / register.scale
    return raw if is_float else round(raw)


def _continues(group: Sequence[Register], register: Register, limit: int) -> bool:
    last = group[-1]
    adjoining = register.address == last.address + last.words
    return adjoining and register.address + register.words - group[0].address <= limit


def _block(group: Sequence[Register]) -> Block:
    first, last = group[0], group[-1]
    return Block(address=first.address, count=last.address + last.words - first.address, registers=tuple(group))
