"""AES-CMAC against RFC 4493 §4, and the derivation's separation of purposes."""

import pytest

from protocols.dock.security import cmac, derive

KEY = bytes.fromhex("2b7e151628aed2a6abf7158809cf4f3c")
MESSAGE = bytes.fromhex("6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e5130c81c46a35ce411")


@pytest.mark.parametrize(
    ("length", "expected"),
    [
        (0, "bb1d6929e95937287fa37d129b756746"),
        (16, "070a16b46b4d4144f79bdd9dd04a287c"),
        (40, "dfa66747de9ae63030ca32611497c827"),
    ],
)
def test_cmac_gives_the_rfc_values(length: int, expected: str) -> None:
    assert cmac(KEY, MESSAGE[:length]).hex() == expected


def test_labels_contexts_and_secrets_lead_to_different_keys() -> None:
    made = {
        derive(secret, label, context)
        for secret in (KEY, bytes(16))
        for label in (b"a", b"b")
        for context in (b"x", b"y")
    }
    assert len(made) == 8


def test_a_secret_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="16 bytes"):
        derive(b"short", b"", b"")
