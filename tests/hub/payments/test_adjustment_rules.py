"""What corrections come to: pure, by property."""

from hypothesis import given
from hypothesis import strategies as st

from hub.payments import adjustment_rules as rules
from hub.payments.adjustment_rules import NOTHING, Sum

MINOR = st.integers(0, 10**9)
BILLS = st.builds(rules.charge_of, MINOR, st.integers(0, 10_000))


@given(bill=BILLS, credited=MINOR, charged=BILLS)
def test_a_credit_never_takes_more_than_there_is_and_never_leaves_tax_without_a_price(
    bill: Sum, credited: int, charged: Sum
) -> None:
    owed = bill.plus(rules.adjusted(bill, credited, charged))
    assert charged.gross_minor <= owed.gross_minor <= bill.gross_minor + charged.gross_minor
    assert 0 <= owed.tax_minor - charged.tax_minor <= owed.gross_minor - charged.gross_minor


@given(bill=BILLS, parts=st.lists(MINOR, max_size=8))
def test_the_parts_of_a_credit_have_the_tax_of_the_whole(bill: Sum, parts: list[int]) -> None:
    given_minor, tax = 0, 0
    for part in parts:
        upto = min(bill.gross_minor, given_minor + part)
        tax += rules.part_of(bill, upto).less(rules.part_of(bill, given_minor)).tax_minor
        given_minor = upto
    assert tax == rules.part_of(bill, given_minor).tax_minor
    assert rules.part_of(bill, bill.gross_minor) == (bill if bill.gross_minor else NOTHING)


@given(bill=BILLS, later=BILLS, credited=MINOR)
def test_a_bill_that_falls_and_rises_again_is_corrected_as_before(bill: Sum, later: Sum, credited: int) -> None:
    before = rules.adjusted(bill, credited, NOTHING)
    rules.adjusted(later, credited, NOTHING)
    assert rules.adjusted(bill, credited, NOTHING) == before


def test_tax_inside_a_charge_is_rounded_half_to_even_by_its_rate() -> None:
    assert rules.charge_of(11_900, 1900) == Sum(gross_minor=11_900, tax_minor=1900)
    assert rules.charge_of(5000, 0) == Sum(gross_minor=5000, tax_minor=0)
    assert [rules.charge_of(one, 10_000).tax_minor for one in (1, 3, 5)] == [0, 2, 2]
