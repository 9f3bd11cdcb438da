"""VNPay's amounts, instants and signatures, by vectors and for any texts.

VNPay publishes no example together with its secret. The vectors are made by hand with openssl over the texts that
VNPay's pages describe, e.g. `printf 'r1|2.1.0|querydr|…' | openssl dgst -sha512 -hmac VECTORSECRET`; the simulator's
wire (`firmware_sim/gateway/vnpay_wire.py`) signs by code of its own.
"""

import datetime as dt
from urllib.parse import parse_qsl, quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_sim.gateway.vnpay_wire import VnpayWire
from hub.payments.gateways import vnpay_signing as signing
from protocols.errors import Malformed, Refused

SECRET = "VECTORSECRET"
FIELDS = {
    "vnp_TmnCode": "VOLTDOCK", "vnp_Amount": "1500000", "vnp_OrderInfo": "Dat coc xe 7: 50%", "vnp_Command": "pay",
    "vnp_BankCode": "",
}  # fmt: skip
PAY_QUERY = "vnp_Amount=1500000&vnp_Command=pay&vnp_OrderInfo=Dat+coc+xe+7%3A+50%25&vnp_TmnCode=VOLTDOCK"
PAY_MAC = (
    "c1b63c5041c2fd50ce574429369ee862732a6bda7cec19f6bb07dcbe9827fc74"
    "55061f8f1ded2d9de3ace882e3354737d6bbdd7fe856111133c8ee29e42c8e09"
)
ASKED = {
    "vnp_Version": "2.1.0", "vnp_TmnCode": "VOLTDOCK", "vnp_TxnRef": "T1", "vnp_TransactionDate": "20261121210000",
    "vnp_CreateDate": "20261121211500", "vnp_IpAddr": "127.0.0.1", "vnp_CreateBy": "voltdock",
}  # fmt: skip
TOLD = {"vnp_ResponseCode": "00", "vnp_Message": "Success", "vnp_TmnCode": "VOLTDOCK", "vnp_TxnRef": "T1",
        "vnp_BankCode": "NCB", "vnp_PayDate": "20261121210100"}  # fmt: skip
MESSAGES = {
    "ask a query": (
        signing.ASK_QUERY,
        {**ASKED, "vnp_RequestId": "r1", "vnp_Command": "querydr", "vnp_OrderInfo": "Query T1"},
        ("703dcf113da35faed917f3cb011aebda7813cf24f22df525a1714fa35ed3c604"
        "683bb391fe776e521df96ab1e976adec00d477d97eaad55c99ffc77ae32cb046"),
    ),
    "ask a refund": (
        signing.ASK_REFUND,
        {**ASKED, "vnp_RequestId": "r2", "vnp_Command": "refund", "vnp_TransactionType": "03",
         "vnp_Amount": "1000000", "vnp_TransactionNo": "14000001", "vnp_OrderInfo": "Refund T1"},
        ("af2f7bcccc3a01596ac23fd96436e009dd604648d815ac631c6b51a67b7b9b8e"
        "4c8e17f5c51dce28d83d29823257cbb598a5b9cdac084a1c3bba9c5776d2b7a4"),
    ),
    "a query's answer": (
        signing.TOLD_QUERY,
        {**TOLD, "vnp_ResponseId": "a1", "vnp_Command": "querydr", "vnp_Amount": "1500000",
         "vnp_TransactionNo": "14000001", "vnp_TransactionType": "01", "vnp_TransactionStatus": "00",
         "vnp_OrderInfo": "Query T1"},
        ("e2314c7dfc3c6f60551d572de2369a5ff4c900e91cd48dc4ef28d05e91217bf5"
        "cd2b45fd65127ff2b070e956736ec2d002fad6e45b93c7621470443f6589f11b"),
    ),
    "a refund's answer": (
        signing.TOLD_REFUND,
        {**TOLD, "vnp_ResponseId": "a2", "vnp_Command": "refund", "vnp_Amount": "1000000",
         "vnp_TransactionNo": "14000002", "vnp_TransactionType": "03", "vnp_TransactionStatus": "05",
         "vnp_OrderInfo": "Refund T1"},
        ("6e3a0cd18c138a6d253877ad5aea47388b1cef1249214028471f70d82ed8594c"
        "69443183af81249e53b725361d87ba0798767cd947724ed2b6535ef1e8055bc1"),
    ),
}  # fmt: skip
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60)


def test_a_query_is_sorted_encoded_and_signed_as_the_vector() -> None:
    assert signing.signed_query(SECRET, FIELDS) == f"{PAY_QUERY}&vnp_SecureHash={PAY_MAC}"
    assert signing.read_query(SECRET, f"vnp_SecureHash={PAY_MAC.upper()}&{PAY_QUERY}") == {
        name: value for name, value in FIELDS.items() if value
    }


@pytest.mark.parametrize("name", MESSAGES)
def test_a_message_is_signed_as_the_vector_and_each_field_counts(name: str) -> None:
    order, fields, mac = MESSAGES[name]
    assert signing.sign_message(SECRET, order, fields) == mac
    assert signing.is_signed(SECRET, order, {**fields, "vnp_SecureHash": mac})
    for field in set(order) & fields.keys():
        changed = {**fields, field: fields[field] + "0", "vnp_SecureHash": mac}
        assert not signing.is_signed(SECRET, order, changed)
    assert not signing.is_signed("another", order, {**fields, "vnp_SecureHash": mac})
    assert not signing.is_signed(SECRET, order, fields)


@given(st.dictionaries(st.sampled_from(["vnp_OrderInfo", "vnp_TxnRef", "vnp_Amount", "vnp_A"]), TEXTS, min_size=1))
def test_any_texts_come_through_signed_and_the_simulator_signs_the_same(fields: dict[str, str]) -> None:
    query = signing.signed_query(SECRET, fields)
    assert signing.read_query(SECRET, query) == fields
    assert VnpayWire("T", SECRET)._signed(fields) == query


@given(TEXTS)
def test_a_sender_who_writes_blanks_otherwise_is_believed(text: str) -> None:
    query = f"vnp_OrderInfo={quote(text, safe='')}&vnp_TxnRef=1"
    mac = signing.sign_message(SECRET, ("raw",), {"raw": query})
    assert signing.read_query(SECRET, f"{query}&vnp_SecureHash={mac}&utm=x")["vnp_OrderInfo"] == text


@given(st.integers(0, len(PAY_QUERY) - 1), st.sampled_from("0aZ+%&="))
def test_a_query_in_which_one_sign_is_changed_is_refused(at: int, sign: str) -> None:
    changed = PAY_QUERY[:at] + sign + PAY_QUERY[at + 1 :]
    same = dict(parse_qsl(changed)) == dict(parse_qsl(PAY_QUERY))
    try:
        read = signing.read_query(SECRET, f"{changed}&vnp_SecureHash={PAY_MAC}")
    except (Refused, Malformed):
        assert changed != PAY_QUERY
    else:
        assert same
        assert read["vnp_Amount"] == "1500000"


@pytest.mark.parametrize("query", ["", "vnp_TxnRef=1", "vnp_SecureHash=", f"{PAY_QUERY}&vnp_SecureHash=é"])
def test_a_query_without_a_signature_is_refused(query: str) -> None:
    with pytest.raises(Refused, match="bad_signature"):
        signing.read_query(SECRET, query)


def test_a_field_that_stands_twice_is_no_query() -> None:
    with pytest.raises(Malformed):
        signing.read_query(SECRET, f"{PAY_QUERY}&vnp_Amount=1&vnp_SecureHash={PAY_MAC}")


def test_dong_are_told_a_hundredfold() -> None:
    assert signing.to_vnpay(15_000, "VND") == "1500000"
    assert signing.from_vnpay("1500000") == 15_000


@given(st.integers(1, 10**10 - 1))
def test_every_amount_comes_back(minor: int) -> None:
    assert signing.from_vnpay(signing.to_vnpay(minor, "VND")) == minor


@pytest.mark.parametrize(("minor", "currency"), [(15_000, "EUR"), (0, "VND"), (-1, "VND"), (10**10, "VND")])
def test_what_vnpay_cannot_take_is_refused(minor: int, currency: str) -> None:
    with pytest.raises(Refused, match="amount_not_payable"):
        signing.to_vnpay(minor, currency)


@pytest.mark.parametrize("amount", ["", "1500001", "-100", "1e5", "１00", "1" * 16])
def test_an_amount_that_is_none_is_malformed(amount: str) -> None:
    with pytest.raises(Malformed):
        signing.from_vnpay(amount)


def test_instants_are_written_at_seven_hours_east() -> None:
    at = dt.datetime(2026, 12, 31, 17, 30, 5, 999_999, tzinfo=dt.UTC)
    assert signing.stamp(at) == "20270101003005"
    assert signing.instant_of("20270101003005") == at.replace(microsecond=0)


@pytest.mark.parametrize("text", ["", "20270101", "20271301003005", "00000101000000", "2027010100300５"])
def test_an_instant_that_is_none_is_malformed(text: str) -> None:
    with pytest.raises(Malformed):
        signing.instant_of(text)


def test_words_lose_their_accents_and_signs() -> None:
    assert signing.plain("Đặt cọc: xe số 7 + phụ kiện & mũ!") == "Dat coc xe so 7 phu kien mu"
    assert signing.plain("…") == "Voltdock"


@given(st.text())
def test_any_words_become_plain_and_stay_so(text: str) -> None:
    once = signing.plain(text)
    assert once.isascii()
    assert 0 < len(once) <= 255
    assert signing.plain(once) == once
