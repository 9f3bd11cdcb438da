import base64
import random
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.errors import Malformed
from protocols.voucher.status import CHUNK, is_set, packed, place_of


@given(st.sets(st.integers(0, CHUNK - 1), max_size=60), st.integers(0, CHUNK - 1))
def test_exactly_the_bits_that_were_set_are_set(places: set[int], other: int) -> None:
    text = packed(places)
    assert all(is_set(text, place) for place in places)
    assert is_set(text, other) == (other in places)


@given(st.one_of(st.text(max_size=80), st.binary(max_size=80).map(lambda raw: raw.hex())))
def test_what_is_no_chunk_is_named_and_nothing_else_is_raised(text: str) -> None:
    with pytest.raises(Malformed, match="bad_status"):
        is_set(text, 0)


def test_a_bomb_is_not_blown_up() -> None:

    text = base64.b64encode(zlib.compress(bytes(10_000_000), 9)).decode()
    assert not is_set(text, 0)


def test_a_hundred_thousand_vouchers_with_one_in_a_hundred_revoked_take_under_three_kilobytes() -> None:
    revoked = random.Random(1).sample(range(100_000), 1000)
    chunks: dict[int, list[int]] = {}
    for number in revoked:
        chunk, place = place_of(number)
        chunks.setdefault(chunk, []).append(place)
    texts = [packed(places) for places in chunks.values()]
    assert len(texts) == 13
    assert sum(map(len, texts)) < 2800
    assert max(map(len, texts)) < 240
