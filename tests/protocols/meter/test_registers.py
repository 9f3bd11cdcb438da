"""Golden words, and the promises of the pure translation."""

import math
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.errors import Malformed
from protocols.meter.profile import MeterProfile, Register
from protocols.meter.registers import Block, blocks_of, decode, encode, readings_of, words_of

WORD_ORDERS = st.sampled_from(["big", "little"])


def register(type_: str, **more: object) -> Register:
    return Register.model_validate({"reading": "power_w", "address": 0, "type": type_, **more})


def profile(*registers: Register, block_limit: int = 60, word_order: str = "big") -> MeterProfile:
    return MeterProfile.model_validate(
        {
            "name": "test",
            "maker": "m",
            "model": "m",
            "source": "test",
            "function": "input",
            "word_order": word_order,
            "block_limit": block_limit,
            "registers": registers,
        }
    )


# Sign, exponent and fraction by hand from IEEE 754-2008 §3.4; 43 66 33 34 is the Eastron manuals' own example
# of a reply, 230.2 V on phase 1.
@pytest.mark.parametrize(
    ("type_", "words", "value"),
    [
        ("f32", (0x4366, 0x3334), 230.20001220703125),
        ("f32", (0x42C8, 0x0000), 100.0),  # 1.5625 x 2^6
        ("f32", (0xC1A0, 0x0000), -20.0),  # -1.25 x 2^4
        ("f32", (0x4248, 0x0000), 50.0),  # 1.5625 x 2^5
        ("f32", (0x0000, 0x0000), 0.0),
        ("f64", (0x40C3, 0x8800, 0x0000, 0x0000), 10000.0),
        ("i16", (0xFFFE,), -2.0),
        ("u16", (0xFFFE,), 65534.0),
        ("i32", (0xFFFF, 0xFFFE), -2.0),
        ("u32", (0x0001, 0x0000), 65536.0),
        ("i64", (0xFFFF, 0xFFFF, 0xFFFF, 0xFFFE), -2.0),
        ("u64", (0, 0, 1, 0), 65536.0),
    ],
)
def test_golden_words_decode_to_their_value(type_: str, words: tuple[int, ...], value: float) -> None:
    assert decode(register(type_), words, "big") == value
    assert decode(register(type_), tuple(reversed(words)), "little") == value
    assert encode(register(type_), value, "big") == words


@pytest.mark.parametrize("words", [(0x7FC0, 0), (0x7F80, 0), (0xFF80, 0)])
def test_nan_and_infinity_are_no_readings(words: tuple[int, ...]) -> None:
    assert decode(register("f32"), words, "big") is None


def test_the_devices_own_mark_for_missing_is_no_reading() -> None:
    missing = register("i16", not_implemented=-0x8000)
    assert decode(missing, (0x8000,), "big") is None
    assert encode(missing, None, "big") == (0x8000,)
    with pytest.raises(Malformed, match="cannot_be_missing"):
        encode(register("i16"), None, "big")


def test_a_scale_turns_the_devices_unit_into_ours() -> None:
    assert decode(register("f32", scale=1000), (0x42C8, 0), "big") == 100_000.0
    assert encode(register("f32", scale=1000), 100_000.0, "big") == (0x42C8, 0)


@given(st.floats(width=32, allow_nan=False, allow_infinity=False), WORD_ORDERS)
def test_every_float32_survives_the_round_trip(value: float, order: str) -> None:
    assert decode(register("f32"), encode(register("f32"), value, order), order) == value


@given(st.integers(-(2**31), 2**31 - 1), WORD_ORDERS)
def test_every_int32_survives_the_round_trip(value: int, order: str) -> None:
    assert decode(register("i32"), encode(register("i32"), value, order), order) == value


@given(st.lists(st.integers(0, 0xFFFF), min_size=2, max_size=2), WORD_ORDERS)
def test_any_words_decode_to_a_finite_value_or_none(words: list[int], order: str) -> None:
    value = decode(register("f32"), words, order)
    assert value is None or math.isfinite(value)


@pytest.mark.parametrize(("type_", "value"), [("u16", -1.0), ("i16", 40000.0), ("u32", 2.0**32), ("f32", 1e39)])
def test_a_value_that_does_not_fit_is_refused(type_: str, value: float) -> None:
    with pytest.raises(Malformed, match="does_not_fit"):
        encode(register(type_), value, "big")


@pytest.mark.parametrize("words", [[], [1], [1, 2, 3], [1, 0x10000], [-1, 0]])
def test_a_block_of_the_wrong_size_is_malformed(words: list[int]) -> None:
    one = profile(register("f32"))
    with pytest.raises(Malformed, match="bad_register_words"):
        readings_of(one, blocks_of(one)[0], words)


@given(st.sets(st.integers(0, 60), min_size=1), st.integers(2, 20))
def test_blocks_cover_every_register_once_and_ask_for_no_gap(slots: set[int], limit: int) -> None:
    registers = [
        Register.model_validate({"reading": f"r{slot}_w", "address": slot * 2, "type": "f32"}) for slot in slots
    ]
    blocks = blocks_of(profile(*registers, block_limit=limit))
    asked = [address for block in blocks for address in range(block.address, block.address + block.count)]
    wanted = sorted(address for one in registers for address in (one.address, one.address + 1))
    assert asked == wanted
    assert all(block.count <= limit for block in blocks)


def test_a_reading_that_is_not_given_is_written_as_nan() -> None:
    words = words_of(profile(register("f32")), {})
    assert math.isnan(struct.unpack(">f", struct.pack(">HH", words[0], words[1]))[0])
    assert (
        readings_of(
            profile(register("f32")), Block(address=0, count=2, registers=(register("f32"),)), [words[0], words[1]]
        )
        == {}
    )
