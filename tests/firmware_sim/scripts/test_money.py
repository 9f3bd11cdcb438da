"""The proof of the money sees each way in which the books can disagree."""

import dataclasses
from typing import Any

import pytest

from firmware_sim.scripts.money import Books, check

RIDE = "01900000-0000-7000-8000-00000000abcd"
OTHER = "01900000-0000-7000-8000-00000000ffff"


def entry(account: str, amount: int) -> dict[str, Any]:
    return {"account": account, "currency": "EUR", "amount_minor": amount}


def posting(kind: str, *entries: dict[str, Any]) -> dict[str, Any]:
    return {"kind": kind, "subject_id": RIDE, "entries": list(entries)}


BILLED = posting("billed", entry("receivable:ada", 120), entry("revenue:rental", -109), entry("tax", -11))
CAPTURED = posting("captured", entry("clearing:simulated", 120), entry("receivable:ada", -120))
BILL = {"id": RIDE, "state": "paid", "total_minor": 120, "paid_minor": 120}
PAYMENT = {"bill_id": RIDE, "outcome": "succeeded", "amount_minor": 120}
RIGHT = Books(
    receipt={"total": {"minor": 120}, "tax": {"minor": 11}},
    reservation={"state": "used", "rental_id": RIDE},
    bills=[BILL],
    payments=[PAYMENT],
    postings=[CAPTURED, BILLED],
    balances={"balanced": True, "accounts": [entry("clearing:simulated", 120), entry("receivable:ada", 0)]},
    taken=[{"amount_minor": 120}],
)


def wrong(books: Books) -> list[str]:
    return [problem for _, problems in check(RIDE, books) for problem in problems]


def test_books_that_agree_are_right() -> None:
    assert wrong(RIGHT) == []


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"reservation": {"state": "confirmed", "rental_id": None}}, "the booking is confirmed"),
        ({"bills": [BILL, BILL | {"id": OTHER}]}, "2 bills"),
        ({"bills": [BILL | {"state": "unpaid", "paid_minor": 0}]}, "the bill is unpaid"),
        ({"payments": []}, "0 payments"),
        ({"payments": [PAYMENT, PAYMENT]}, "2 payments"),
        ({"payments": [PAYMENT | {"amount_minor": 119}]}, "the payment succeeded: 119"),
        ({"postings": [BILLED]}, "the entries come to"),
        ({"postings": [CAPTURED, BILLED | {"subject_id": OTHER}]}, "a posting is about"),
        ({"postings": [CAPTURED, BILLED, posting("x", entry("tax", 5))]}, "do not sum to zero"),
        ({"balances": {"balanced": False, "accounts": []}}, "tampered"),
        ({"balances": {"balanced": True, "accounts": [entry("receivable:ada", 7)]}}, "receivable:ada owes 7"),
        ({"taken": [{"amount_minor": 120}] * 2}, "it took [120, 120]"),
        ({"taken": []}, "it took []"),
    ],
)
def test_books_that_disagree_are_told(changed: dict[str, Any], words: str) -> None:
    assert any(words in problem for problem in wrong(dataclasses.replace(RIGHT, **changed)))
