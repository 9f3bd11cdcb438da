import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocols.voucher.pin import pin_hash, pin_matches


@settings(max_examples=15, deadline=None)
@given(
    pin=st.from_regex(r"\A[0-9]{4,8}\Z"),
    other=st.from_regex(r"\A[0-9]{4,8}\Z"),
    salt=st.binary(min_size=16, max_size=16),
)
def test_a_pin_matches_its_own_verifier_and_no_other(pin: str, other: str, salt: bytes) -> None:
    verifier = pin_hash(pin, salt)
    assert pin_matches(pin, verifier)
    assert pin_matches(other, verifier) is (pin == other)


def test_a_verifier_does_not_show_the_pin_and_differs_by_salt() -> None:
    assert "1234" not in pin_hash("1234", bytes(16))
    assert pin_hash("1234", bytes(16)) != pin_hash("1234", b"\x01" * 16)


@pytest.mark.parametrize(
    "verifier", ["", "scrypt12$", "scrypt12$00$", "plain$1234", "scrypt12$zz$00", "a$b$c$d", "1234"]
)
def test_a_verifier_of_another_form_never_matches(verifier: str) -> None:
    assert not pin_matches("1234", verifier)
