"""Standard Webhooks: one signature, fresh, over exactly these bytes."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.errors import Malformed, Refused
from protocols.gateway.webhooks import ID, SIGNATURE, TIMESTAMP, TOLERANCE_S, secret_of, sign, verify

# The vector of the Standard Webhooks specification (github.com/standard-webhooks, libraries' test suites).
SECRET = secret_of("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
EVENT, AT_S, BODY = "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}'
GOOD = sign(SECRET, EVENT, AT_S, BODY)


def test_the_specifications_own_vector_is_signed_and_verified() -> None:
    assert GOOD[SIGNATURE] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert verify(SECRET, GOOD, BODY, now_s=AT_S) == EVENT


@pytest.mark.parametrize(
    ("changed", "body", "now_s"),
    [
        ({}, BODY + b" ", AT_S),
        ({ID: "msg_other"}, BODY, AT_S),
        ({TIMESTAMP: str(AT_S + 1)}, BODY, AT_S),
        ({SIGNATURE: ""}, BODY, AT_S),
        ({SIGNATURE: GOOD[SIGNATURE].replace("v1,", "v1a,")}, BODY, AT_S),
        ({}, BODY, AT_S + TOLERANCE_S + 1),
        ({}, BODY, AT_S - TOLERANCE_S - 1),
    ],
)
def test_whatever_is_changed_or_stale_is_refused(changed: dict[str, str], body: bytes, now_s: float) -> None:
    with pytest.raises(Refused, match="bad_signature"):
        verify(SECRET, GOOD | changed, body, now_s=now_s)


def test_another_secret_signs_nothing_of_ours() -> None:
    with pytest.raises(Refused, match="bad_signature"):
        verify(bytes(24), GOOD, BODY, now_s=AT_S)


def test_during_a_change_of_secrets_one_of_two_signatures_is_enough() -> None:
    both = f"{sign(bytes(24), EVENT, AT_S, BODY)[SIGNATURE]} {GOOD[SIGNATURE]}"
    assert verify(SECRET, GOOD | {SIGNATURE: both}, BODY, now_s=AT_S) == EVENT


@pytest.mark.parametrize("wrong", [{ID: ""}, {ID: "x" * 101}, {TIMESTAMP: "soon"}, {TIMESTAMP: "-1"}, {TIMESTAMP: "²"}])
def test_headers_that_are_none_are_malformed(wrong: dict[str, str]) -> None:
    with pytest.raises(Malformed):
        verify(SECRET, GOOD | wrong, BODY, now_s=AT_S)


@given(st.dictionaries(st.sampled_from([ID, TIMESTAMP, SIGNATURE]), st.text()), st.binary())
def test_no_delivery_of_a_stranger_is_believed_or_breaks_anything(headers: dict[str, str], body: bytes) -> None:
    with pytest.raises((Malformed, Refused)):
        verify(SECRET, headers, body, now_s=AT_S)


@pytest.mark.parametrize("text", ["", "whsec_", "whsec_!!!", "whsec_" + base64.b64encode(bytes(8)).decode()])
def test_a_secret_that_is_none_is_malformed(text: str) -> None:
    with pytest.raises(Malformed):
        secret_of(text)
