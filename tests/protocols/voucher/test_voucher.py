import dataclasses
import datetime as dt
import uuid

import cbor2
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from protocols.errors import Malformed, Refused
from protocols.values import UTC
from protocols.voucher.base45 import from_base45, to_base45
from protocols.voucher.voucher import MAX_TEXT, PREFIX, Voucher, VoucherKey, issue, verify

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
KID = b"\x01\x02"
NOW = dt.datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
STATION = uuid.UUID(int=7)
KEYS = {
    KID: VoucherKey(
        kid=KID,
        public_key=KEY.public_key().public_bytes_raw(),
        valid_from=NOW - dt.timedelta(days=30),
        valid_to=NOW + dt.timedelta(days=30),
    )
}
PLAIN = Voucher(
    voucher_id=uuid.UUID(int=1),
    account_id=uuid.UUID(int=2),
    may=("rent",),
    stations=(STATION,),
    not_before=NOW - dt.timedelta(hours=1),
    expires=NOW + dt.timedelta(hours=1),
)
ids = st.uuids()
vouchers = st.builds(
    Voucher,
    voucher_id=ids,
    account_id=ids,
    may=st.sampled_from([("rent",), ("charge",), ("rent", "charge")]),
    stations=st.lists(ids, max_size=6).map(lambda found: (STATION, *found)) | st.just(()),
    not_before=st.integers(0, 10**6).map(lambda s: NOW - dt.timedelta(seconds=s)),
    expires=st.integers(1, 10**6).map(lambda s: NOW + dt.timedelta(seconds=s)),
    max_uses=st.integers(1, 1000),
    tariff=st.none() | st.tuples(ids, st.integers(1, 10**6)),
    vehicle_id=st.none() | ids,
)


def check(text: str, at: dt.datetime = NOW, leeway_s: float = 0, station_id: uuid.UUID = STATION) -> Voucher:
    leeway = dt.timedelta(seconds=leeway_s)
    return verify(text, KEYS, station_id=station_id, earliest=at - leeway, latest=at + leeway)


def sealed(payload: bytes, protected: bytes = cbor2.dumps({1: -8, 4: KID}), unprotected: object = None) -> str:
    signature = KEY.sign(cbor2.dumps(["Signature1", protected, b"", payload]))
    message = cbor2.CBORTag(18, [protected, {} if unprotected is None else unprotected, payload, signature])
    return PREFIX + to_base45(cbor2.dumps(message))


@given(voucher=vouchers)
def test_a_voucher_is_read_as_it_was_issued(voucher: Voucher) -> None:
    text = issue(voucher, KEY, KID)
    assert len(text) <= MAX_TEXT
    assert check(text) == voucher
    assert check(text.lower() + "\r\n") == voucher  # a scanner types in whatever case the keyboard is in


def test_a_plain_voucher_is_small_enough_for_a_coarse_qr_code() -> None:
    message = from_base45(issue(PLAIN, KEY, KID).removeprefix(PREFIX))
    assert len(message) <= 170


@settings(max_examples=300)
@given(data=st.data())
def test_any_flipped_bit_is_refused(data: st.DataObject) -> None:
    message = bytearray(from_base45(issue(PLAIN, KEY, KID).removeprefix(PREFIX)))
    bit = data.draw(st.integers(0, len(message) * 8 - 1))
    message[bit // 8] ^= 1 << bit % 8
    with pytest.raises(Refused, match="voucher_invalid"):
        check(PREFIX + to_base45(bytes(message)))


@given(at=st.integers(0, 400), byte=st.binary(min_size=1, max_size=1))
def test_any_exchanged_letter_is_refused(at: int, byte: bytes) -> None:
    text = issue(PLAIN, KEY, KID)
    at %= len(text)
    changed = text[:at] + byte.decode("latin-1") + text[at + 1 :]
    if changed.upper() != text:
        with pytest.raises(Refused):
            check(changed)


@settings(max_examples=300)
@given(text=st.text(max_size=700) | st.binary(max_size=300).map(lambda data: PREFIX + to_base45(data)))
def test_garbage_is_refused_and_nothing_else(text: str) -> None:
    with pytest.raises(Refused, match="voucher_invalid"):
        check(text)


simple = st.none() | st.booleans() | st.integers() | st.floats() | st.binary(max_size=20) | st.text(max_size=20)
trees = st.recursive(
    simple,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.integers(-3, 8) | st.text(max_size=2), inner, max_size=4)
        | st.tuples(st.sampled_from([0, 1, 2, 4, 5, 18, 28, 29, 30, 35, 36, 37, 100, 258, 260]), inner).map(
            lambda pair: cbor2.CBORTag(*pair)
        )
    ),
    max_leaves=12,
)


@settings(max_examples=300)
@given(tree=trees)
def test_any_cbor_in_any_place_is_refused_and_nothing_else(tree: object) -> None:
    data = cbor2.dumps(tree)
    for text in (
        PREFIX + to_base45(data),
        PREFIX + to_base45(cbor2.dumps(cbor2.CBORTag(18, [data, {}, data, data]))),
        sealed(b"\xa0", protected=data),
        sealed(data),  # signed by us, and still no voucher
    ):
        with pytest.raises(Refused, match="voucher_invalid"):
            check(text)


def test_another_key_under_our_kid_is_refused() -> None:
    with pytest.raises(Refused, match="voucher_invalid") as caught:
        check(issue(PLAIN, Ed25519PrivateKey.from_private_bytes(bytes(32)), KID))
    assert caught.value.params["why"] == "signature"


@pytest.mark.parametrize("protected", [{1: -8, 4: b"other"}, {1: -7, 4: KID}, {4: KID}, {1: -8}, {1: -8, 4: [1]}])
def test_another_kid_or_algorithm_is_refused(protected: dict[int, object]) -> None:
    with pytest.raises(Refused, match="voucher_invalid") as caught:
        check(sealed(b"\xa0", cbor2.dumps(protected)))
    assert caught.value.params["why"] == "unknown_key"


def test_an_unprotected_header_is_refused() -> None:
    with pytest.raises(Refused, match="voucher_invalid"):
        check(sealed(b"\xa0", unprotected={4: KID}))


def test_a_voucher_for_another_station_is_refused_and_a_roaming_one_is_not() -> None:
    with pytest.raises(Refused, match="voucher_wrong_station"):
        check(issue(PLAIN, KEY, KID), station_id=uuid.UUID(int=8))
    roaming = dataclasses.replace(PLAIN, stations=())
    assert check(issue(roaming, KEY, KID), station_id=uuid.UUID(int=8)) == roaming


@pytest.mark.parametrize(
    ("off_s", "leeway_s", "code"),
    [
        (-3601, 0, "voucher_not_yet"),
        (-3600, 0, None),
        (3599, 0, None),
        (3600, 0, "voucher_expired"),
        (-3610, 10, None),
        (-3611, 10, "voucher_not_yet"),
        (3609, 10, None),
        (3610, 10, "voucher_expired"),
    ],
)
def test_a_voucher_counts_from_its_beginning_to_before_its_end(off_s: int, leeway_s: float, code: str | None) -> None:
    text, at = issue(PLAIN, KEY, KID), NOW + dt.timedelta(seconds=off_s)
    if code is None:
        assert check(text, at, leeway_s) == PLAIN
    else:
        with pytest.raises(Refused, match=code):
            check(text, at, leeway_s)


@pytest.mark.parametrize("days", [-31, 31])
def test_a_key_signs_only_in_its_period(days: int) -> None:
    at = NOW + dt.timedelta(days=days)
    long = dataclasses.replace(PLAIN, not_before=NOW - dt.timedelta(days=99), expires=NOW + dt.timedelta(days=99))
    with pytest.raises(Refused, match="voucher_invalid") as caught:
        check(issue(long, KEY, KID), at)
    assert caught.value.params["why"] == "key_period"


def test_a_voucher_that_no_station_would_take_is_not_issued() -> None:
    many = dataclasses.replace(PLAIN, stations=tuple(uuid.UUID(int=number) for number in range(40)))
    with pytest.raises(ValueError, match="too many stations"):
        issue(many, KEY, KID)


@pytest.mark.parametrize(
    ("plain", "text"),
    [(b"AB", "BB8"), (b"Hello!!", "%69 VD92EX0"), (b"base-45", "UJCLQE7W581"), (b"ietf!", "QED8WEX0")],
)
def test_base45_is_that_of_rfc_9285(plain: bytes, text: str) -> None:
    assert to_base45(plain) == text
    assert from_base45(text) == plain


@given(data=st.binary(max_size=200))
def test_base45_round_trips(data: bytes) -> None:
    assert from_base45(to_base45(data)) == data


@pytest.mark.parametrize("text", ["A", "BB8A", ":::", "GGW", "::", "a00", "Ä00"])
def test_base45_that_is_none_is_malformed(text: str) -> None:
    with pytest.raises(Malformed, match="bad_base45"):
        from_base45(text)
