"""Where the money went: the receipt, the hub's bill, payment and ledger, and what the gateway took. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

JSON = dict[str, Any]
CLEARING: Final = "clearing:simulated"


@dataclass(frozen=True, slots=True, kw_only=True)
class Books:
    """Everything that is known about the money, by who says it. `taken` is the gateway's own report."""

    receipt: JSON
    reservation: JSON
    bills: Sequence[JSON]
    payments: Sequence[JSON]
    postings: Sequence[JSON]
    balances: JSON
    taken: Sequence[JSON]


def check(rental_id: str, books: Books) -> Iterator[tuple[str, list[str]]]:
    """Every promise with what is wrong about it; an empty list where it holds."""
    yield "the booking was used by this rental", list(_used(rental_id, books))
    yield "one bill, one payment: the receipt's amount", list(_paid(rental_id, books))
    yield "its ledger entries say what was earned, owed and taken", list(_posted(rental_id, books))
    yield "the ledger balances, and nobody owes anything", list(_balanced(books))
    yield "the gateway took exactly that, once", list(_taken(books))


def _used(rental_id: str, books: Books) -> Iterator[str]:
    found = books.reservation
    if (found["state"], found["rental_id"]) != ("used", rental_id):
        yield f"the booking is {found['state']}, by rental {found['rental_id']}"


def _total(books: Books) -> int:
    return int(books.receipt["total"]["minor"])


def _paid(rental_id: str, books: Books) -> Iterator[str]:
    for name, items, key in (("bills", books.bills, "id"), ("payments", books.payments, "bill_id")):
        if [one[key] for one in items] != [rental_id]:
            yield f"{len(items)} {name}: {[one[key] for one in items]}"
    for bill in books.bills:
        if (bill["state"], bill["total_minor"], bill["paid_minor"]) != ("paid", _total(books), _total(books)):
            yield f"the bill is {bill['state']}: {bill['paid_minor']} of {bill['total_minor']} paid"
    for payment in books.payments:
        if (payment["outcome"], payment["amount_minor"]) != ("succeeded", _total(books)):
            yield f"the payment {payment['outcome']}: {payment['amount_minor']}"


def _posted(rental_id: str, books: Books) -> Iterator[str]:
    total, tax = _total(books), int(books.receipt["tax"]["minor"])
    sums: dict[str, int] = {}
    for posting in books.postings:
        if posting["subject_id"] != rental_id:
            yield f"a posting is about {posting['subject_id']}"
        if sum(one["amount_minor"] for one in posting["entries"]):
            yield f"the entries of “{posting['kind']}” do not sum to zero"
        for one in posting["entries"]:
            name = one["account"].partition(":")[0] if one["account"].startswith("receivable") else one["account"]
            sums[name] = sums.get(name, 0) + one["amount_minor"]
    wanted = {"revenue:rental": tax - total, "tax": -tax, CLEARING: total, "receivable": 0}
    if {name: amount for name, amount in sums.items() if amount} != {k: v for k, v in wanted.items() if v}:
        yield f"the entries come to {sums}, not {wanted}"


def _balanced(books: Books) -> Iterator[str]:
    if books.balances["balanced"] is not True:
        yield "somebody tampered with it"
    for one in books.balances["accounts"]:
        if one["account"].startswith("receivable") and one["amount_minor"]:
            yield f"{one['account']} owes {one['amount_minor']}"


def _taken(books: Books) -> Iterator[str]:
    amounts = [one["amount_minor"] for one in books.taken]
    if amounts != [_total(books)]:
        yield f"it took {amounts}, the receipt says {_total(books)}"
