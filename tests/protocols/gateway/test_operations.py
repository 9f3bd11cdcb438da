"""The simulated gateway's messages round-trip, and any other bytes are Malformed."""

import contextlib

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.errors import Malformed
from protocols.gateway.operations import Ask, Failure, Kind, Operation, Outcome, Report, decode, encode

texts = st.text(max_size=40)
amounts = st.integers(-(2**53), 2**53)
asks = st.builds(
    Ask, key=texts, kind=st.sampled_from(Kind), amount_minor=amounts, currency=texts, token=texts, of=texts, note=texts
)
operations = st.builds(
    Operation, ref=texts, key=texts, kind=st.sampled_from(Kind), outcome=st.sampled_from(Outcome),
    amount_minor=amounts, currency=texts, at_ms=amounts, of=texts, code=texts, fee_minor=amounts,
)  # fmt: skip
messages = st.one_of(
    asks, operations, st.builds(Failure, code=texts),
    st.builds(Report, since_ms=amounts, until_ms=amounts, operations=st.lists(operations, max_size=3)),
)  # fmt: skip


@given(messages)
def test_every_message_comes_back_as_it_was(message: Ask | Operation | Report | Failure) -> None:
    assert decode(encode(message), type(message)) == message


@given(st.binary(), st.sampled_from([Ask, Operation, Report, Failure]))
def test_any_bytes_are_a_message_or_malformed(data: bytes, shape: type[msgspec.Struct]) -> None:
    with contextlib.suppress(Malformed):
        decode(data, shape)


def test_a_kind_that_does_not_exist_is_malformed() -> None:
    with pytest.raises(Malformed):
        decode(b'{"key":"k","kind":"steal","amount_minor":1,"currency":"EUR"}', Ask)
