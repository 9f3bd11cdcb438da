"""Sessions: both sides prove themselves, and nothing replayed, forged or talked down gets through."""

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.dock.codes import Capability, Kind
from protocols.dock.framing import Frame
from protocols.dock.requests import Proof
from protocols.dock.session import DockHandshake, Session, StationHandshake
from protocols.errors import Malformed

SECRET = b"0123456789abcdef"
nonces = st.binary(min_size=16, max_size=16)


def shake(
    *,
    station_secret: bytes = SECRET,
    dock_secret: bytes = SECRET,
    station_nonce: bytes = b"s" * 16,
    dock_nonce: bytes = b"d" * 16,
    address: int = 5,
) -> tuple[Session, Session]:
    station = StationHandshake(secret=station_secret, address=5, nonce=station_nonce)
    dock = dock_of(station, secret=dock_secret, nonce=dock_nonce, address=address)
    proof, ours = station.on_answer(dock.answer.pack())
    return ours, dock.on_proof(proof)


def dock_of(
    station: StationHandshake, *, secret: bytes = SECRET, nonce: bytes = b"d" * 16, address: int = 5
) -> DockHandshake:
    return DockHandshake(
        secret=secret,
        address=address,
        hello_payload=station.hello.pack(),
        nonce=nonce,
        minor=0,
        kind=Kind.LATCH,
        capabilities=Capability.CHARGE,
    )


def reason_of(session: Session, frame: Frame) -> str:
    with pytest.raises(Malformed) as caught:
        session.open(frame)
    return caught.value.reason


UNLOCK = Frame(address=5, seq=3, type=0x21, payload=b"open it")


@given(payloads=st.lists(st.binary(max_size=40), min_size=1, max_size=6))
def test_what_one_side_seals_the_other_opens_in_both_directions(payloads: list[bytes]) -> None:
    ours, theirs = shake()
    for payload in payloads:
        request = ours.seal(dataclasses.replace(UNLOCK, payload=payload))
        assert theirs.open(request).payload == payload
        reply = theirs.seal(dataclasses.replace(UNLOCK, reply=True))
        assert ours.open(reply) == reply


def test_a_replayed_frame_is_stale_in_its_session_and_wrong_in_the_next() -> None:
    ours, theirs = shake()
    captured = ours.seal(UNLOCK)
    theirs.open(captured)
    assert reason_of(theirs, captured) == "stale_counter"
    _, next_session = shake(dock_nonce=b"e" * 16)
    assert reason_of(next_session, captured) == "bad_tag"
    _, next_session = shake(station_nonce=b"t" * 16)
    assert reason_of(next_session, captured) == "bad_tag"


def test_an_older_frame_that_arrives_late_is_refused() -> None:
    ours, theirs = shake()
    first, second = ours.seal(UNLOCK), ours.seal(UNLOCK)
    theirs.open(second)
    assert reason_of(theirs, first) == "stale_counter"


def test_a_frame_reflected_to_its_sender_is_refused() -> None:
    ours, _ = shake()
    assert reason_of(ours, ours.seal(UNLOCK)) == "bad_tag"


@given(
    changed=st.sampled_from(["address", "seq", "type", "payload", "reply", "counter", "tag"]),
    noise=st.integers(1, 200),
)
def test_no_part_of_a_sealed_frame_can_be_changed(changed: str, noise: int) -> None:
    ours, theirs = shake()
    sealed = ours.seal(UNLOCK)
    forged = {
        "address": dataclasses.replace(sealed, address=(5 + noise) % 247 + 1),
        "seq": dataclasses.replace(sealed, seq=(3 + noise) & 0xFF),
        "type": dataclasses.replace(sealed, type=(0x21 + noise) & 0xFF),
        "payload": dataclasses.replace(sealed, payload=b"open it" + bytes([noise])),
        "reply": dataclasses.replace(sealed, reply=True),
        "counter": dataclasses.replace(sealed, counter=1 + noise),
        "tag": dataclasses.replace(sealed, tag=bytes([noise]) * 8),
    }[changed]
    assert reason_of(theirs, forged) == "bad_tag"
    assert theirs.open(sealed) == sealed  # and the forgery has used up nothing


def test_an_unsecured_frame_is_refused_in_a_session() -> None:
    _, theirs = shake()
    assert reason_of(theirs, UNLOCK) == "not_secured"


def test_a_dock_with_another_secret_is_unmasked_before_the_station_shows_its_proof() -> None:
    with pytest.raises(Malformed, match="bad_proof"):
        shake(dock_secret=b"another secret!!")


def test_a_dock_at_another_address_cannot_answer_for_this_one() -> None:
    with pytest.raises(Malformed, match="bad_proof"):
        shake(address=6)


@given(at=st.integers(0, 37), bit=st.integers(0, 7))
def test_nothing_in_the_answer_can_be_talked_down(at: int, bit: int) -> None:
    station = StationHandshake(secret=SECRET, address=5, nonce=b"s" * 16)
    answer = bytearray(dock_of(station).answer.pack())
    answer[at] ^= 1 << bit
    with pytest.raises(Malformed, match="bad_proof"):
        station.on_answer(bytes(answer))


def test_trailing_fields_of_a_newer_version_are_covered_too() -> None:
    station = StationHandshake(secret=SECRET, address=5, nonce=b"s" * 16)
    with pytest.raises(Malformed, match="bad_proof"):
        station.on_answer(dock_of(station).answer.pack() + b"\x01")


def test_the_dock_wants_the_stations_proof_and_not_its_own_back() -> None:
    station = StationHandshake(secret=SECRET, address=5, nonce=b"s" * 16)
    dock = dock_of(station)
    for proof in (bytes(16), dock.answer.proof):
        with pytest.raises(Malformed, match="bad_proof"):
            dock.on_proof(Proof(proof=proof))


@given(a=nonces, b=nonces)
def test_a_captured_proof_is_worth_nothing_against_a_new_challenge(a: bytes, b: bytes) -> None:
    station = StationHandshake(secret=SECRET, address=5, nonce=b"s" * 16)
    proof, _ = station.on_answer(dock_of(station, nonce=a).answer.pack())
    if a == b:
        return
    with pytest.raises(Malformed, match="bad_proof"):
        dock_of(station, nonce=b).on_proof(proof)


def test_a_spent_session_says_so_and_seals_nothing() -> None:
    ours, _ = shake()
    ours._sent = 0xFFFFFFFE
    ours.seal(UNLOCK)
    assert ours.spent
    with pytest.raises(ValueError, match="spent"):
        ours.seal(UNLOCK)
