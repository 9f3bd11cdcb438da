"""What the hub seals under its own key."""

from hypothesis import given
from hypothesis import strategies as st

from hub.kernel.sealing import Seal

SEAL = Seal(b"k" * 32)


@given(st.binary(max_size=300))
def test_what_was_sealed_opens_for_its_purpose_alone(content: bytes) -> None:
    sealed = SEAL.seal("a", content)
    assert SEAL.open("a", sealed) == content
    assert SEAL.open("b", sealed) is None
    assert Seal.throwaway().open("a", sealed) is None


@given(st.text(max_size=80))
def test_what_was_not_sealed_here_opens_nothing_and_raises_nothing(text: str) -> None:
    assert SEAL.open("a", text) is None


def test_a_changed_character_is_seen() -> None:
    sealed = SEAL.seal("a", b"content")
    for at in range(len(sealed)):
        changed = sealed[:at] + ("A" if sealed[at] != "A" else "B") + sealed[at + 1 :]
        assert SEAL.open("a", changed) in {None, b"content"}  # the last character holds bits that are no data
    assert sum(SEAL.open("a", sealed[:at] + "." + sealed[at + 1 :]) is not None for at in range(len(sealed))) == 0


def test_a_secret_is_the_same_for_its_name_and_another_for_any_other() -> None:
    assert SEAL.secret("links", b"1") == SEAL.secret("links", b"1")
    assert len({SEAL.secret("links", b"1"), SEAL.secret("links", b"2"), SEAL.secret("other", b"1")}) == 3
