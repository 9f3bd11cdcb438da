"""Framing: what goes in comes out, nothing else does, and no bytes ever raise."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocols.dock.framing import MAX_ENCODED, MAX_PAYLOAD, Frame, FrameStream, decode, encode
from protocols.errors import Malformed


@st.composite
def frames(draw: st.DrawFn) -> Frame:
    secured = draw(st.booleans())
    return Frame(
        address=draw(st.integers(1, 247)),
        seq=draw(st.integers(0, 255)),
        type=draw(st.integers(0, 255)),
        payload=draw(st.binary(max_size=MAX_PAYLOAD)),
        reply=draw(st.booleans()),
        counter=draw(st.integers(0, 2**32 - 1)) if secured else None,
        tag=draw(st.binary(min_size=8, max_size=8)) if secured else None,
    )


@given(sent=st.lists(frames(), max_size=5), cut=st.integers(1, 40))
def test_frames_come_out_as_they_went_in_however_the_bytes_are_cut(sent: list[Frame], cut: int) -> None:
    stream, data = FrameStream(), b"".join(encode(frame) for frame in sent)
    got = [frame for at in range(0, len(data), cut) for frame in stream.feed(data[at : at + cut])]
    assert got == sent
    assert not stream.rejects


@given(data=st.lists(st.binary(max_size=2000), max_size=4), frame=frames())
def test_any_garbage_is_survived_and_the_next_frame_is_found(data: list[bytes], frame: Frame) -> None:
    stream = FrameStream()
    for piece in data:
        stream.feed(piece)
    assert stream.feed(encode(frame))[-1:] == [frame]


@settings(max_examples=300)
@given(data=st.binary(max_size=80))
def test_decoding_raises_malformed_and_nothing_else(data: bytes) -> None:
    try:
        frame = decode(data)
    except Malformed:
        return
    assert decode(encode(frame).strip(b"\0")) == frame


@given(frame=frames(), where=st.floats(0, 0.999), bit=st.integers(0, 7))
def test_no_flipped_bit_changes_a_frame_unnoticed(frame: Frame, where: float, bit: int) -> None:
    data = bytearray(encode(frame))
    data[int(where * len(data))] ^= 1 << bit
    # A flip in a delimiter may leave the frame whole, or make none of it; it never makes another one.
    assert all(got == frame for got in FrameStream().feed(bytes(data) + b"\0"))


def test_memory_is_bounded_and_an_endless_frame_is_one_reject() -> None:
    stream = FrameStream()
    for _ in range(100):
        assert stream.feed(b"\x01" * 1000) == []
    assert len(stream._buffer) <= MAX_ENCODED
    assert stream.rejects == {"too_long": 1}
    frame = Frame(address=1, seq=0, type=1)
    assert stream.feed(encode(frame)) == [frame]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({0: 0x20}, "bad_version"),
        ({0: 0x14}, "bad_flags"),
        ({1: 0}, "bad_address"),
        ({1: 248}, "bad_address"),
        ({4: 9}, "bad_length"),
        ({0: 0x12}, "bad_length"),
        ({5: 0xFF}, "bad_length"),
    ],
)
def test_each_wrong_field_has_its_name(change: dict[int, int], reason: str) -> None:
    import zlib

    from cobs import cobs

    body = bytearray(b"\x10\x05\x00\x01\x01\x00\x00")
    for at, value in change.items():
        body[at] = value
    encoded = cobs.encode(bytes(body) + zlib.crc32(body).to_bytes(4, "little"))
    with pytest.raises(Malformed) as caught:
        decode(encoded)
    assert caught.value.reason == reason


def test_short_and_broken_frames_have_their_names() -> None:
    stream = FrameStream()
    stream.feed(b"\0\x05ab\0" + b"\x02a\0" + encode(Frame(address=1, seq=0, type=1))[:-3] + b"\x77\x77\0")
    assert stream.rejects == {"bad_cobs": 1, "too_short": 1, "bad_crc": 1}


@pytest.mark.parametrize(("address", "length"), [(0, 0), (248, 0), (1, MAX_PAYLOAD + 1)])
def test_impossible_frames_are_not_sent(address: int, length: int) -> None:
    with pytest.raises(ValueError, match="out of range"):
        encode(Frame(address=address, seq=0, type=1, payload=bytes(length)))
