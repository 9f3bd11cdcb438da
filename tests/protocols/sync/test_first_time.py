"""The signed time: taken only from the key, for the question, as it was said."""

import datetime as dt
import uuid

import cbor2
import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from protocols.errors import Malformed, Refused
from protocols.sync.first_time import PREFIX, SignedTime, read_time, sign_time
from protocols.values import UTC
from protocols.voucher.base45 import from_base45
from protocols.voucher.voucher import Voucher, issue

KEY = Ed25519PrivateKey.from_private_bytes(b"k" * 32)
PUBLIC = KEY.public_key().public_bytes_raw()
OTHER = Ed25519PrivateKey.from_private_bytes(b"o" * 32).public_key().public_bytes_raw()
NONCE = "0123456789abcdef" * 2


def told(**changed: object) -> bytes:
    return msgspec.json.encode(msgspec.structs.asdict(sign_time(KEY, NONCE, 1_795_000_000_000)) | changed)


def test_the_time_is_taken_from_any_of_the_keys() -> None:
    assert read_time(told(), NONCE, [OTHER, PUBLIC]) == 1_795_000_000_000


@pytest.mark.parametrize(
    ("changed", "keys", "nonce"),
    [
        ({}, [], NONCE),
        ({}, [OTHER, b"short"], NONCE),
        ({}, [PUBLIC], "f" * 32),
        ({"at_ms": 1_795_000_000_001}, [PUBLIC], NONCE),
        ({"nonce": "f" * 32}, [PUBLIC], "f" * 32),
        ({"nonce": NONCE + "\n1"}, [PUBLIC], NONCE + "\n1"),
        ({"signature": "00" * 64}, [PUBLIC], NONCE),
    ],
)
def test_nothing_else_is_the_time(changed: dict[str, object], keys: list[bytes], nonce: str) -> None:
    with pytest.raises(Refused, match="time_not_signed"):
        read_time(told(**changed), nonce, keys)


@given(st.binary(max_size=2000))
def test_any_bytes_are_refused_or_malformed(answer: bytes) -> None:
    with pytest.raises((Malformed, Refused)):
        read_time(answer, NONCE, [PUBLIC])


def test_a_voucher_is_no_time_and_a_time_no_voucher() -> None:
    at = dt.datetime(2026, 11, 26, tzinfo=UTC)
    one = uuid.UUID(int=1)
    voucher = Voucher(voucher_id=one, account_id=one, may=("rent",), stations=(one,), not_before=at, expires=at)
    cose = cbor2.loads(from_base45(issue(voucher, KEY, b"kid1")[4:]))
    protected, _, payload, signature = cose.value
    signed = cbor2.dumps(["Signature1", protected, b"", payload])
    KEY.public_key().verify(signature, signed)
    assert signed[:1] == b"\x84" != PREFIX[:1]
    answer = SignedTime(at_ms=1, nonce=NONCE, signature=signature.hex())
    with pytest.raises(Refused):
        read_time(msgspec.json.encode(answer), NONCE, [PUBLIC])
