"""Offers and their answers as bytes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.errors import Malformed
from protocols.photo.upload import MOST_OFFERED, Offer, Wanted, decode_offer, decode_wanted, encode

digests = st.lists(st.text("0123456789abcdef", min_size=64, max_size=64), max_size=5)


@given(digests, st.booleans())
def test_an_offer_and_its_answer_come_as_they_were_sent(have: list[str], whole: bool) -> None:
    offer, answer = Offer(have=have, whole=whole), Wanted(want=have, have=have[:1])
    assert decode_offer(encode(offer)) == offer
    assert decode_wanted(encode(answer)) == answer


@pytest.mark.parametrize("odd", [b"", b"[]", b'{"have": ["../x"]}', b'{"have": "x"}', b"\xff"])
def test_what_is_no_offer_is_malformed(odd: bytes) -> None:
    with pytest.raises(Malformed):
        decode_offer(odd)


def test_an_offer_of_more_than_a_station_can_hold_is_malformed() -> None:
    with pytest.raises(Malformed, match="bad_offer"):
        decode_offer(encode(Offer(have=["ab" * 32] * (MOST_OFFERED + 1))))


@given(st.binary(max_size=60))
def test_no_bytes_break_the_readers(odd: bytes) -> None:
    for read in (decode_offer, decode_wanted):
        try:
            read(odd)
        except Malformed:
            continue
