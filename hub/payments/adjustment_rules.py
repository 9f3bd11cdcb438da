"""Pure: what a bill comes to with what people have corrected it by.

A function of the bill as it stands and of the sums of its lines, never of the order in which they came: a late fact
may change the bill before or after. A credit never takes more than what it is of; where the bill falls below its
credits nothing is owed for it, and where it rises again they count in full.
"""

from dataclasses import dataclass
from typing import Final

CREDIT: Final = "credit"
CHARGE: Final = "charge"
CREDITS: Final = ("goodwill", "wrong_end", "parked_unconfirmed", "charged_in_error")
CHARGES: Final = ("damage", "late_fee", "cleaning", "parked_unconfirmed")
_WHOLE_BP: Final = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Sum:
    """A gross amount in minor units, and the tax inside; both negative for what is given."""

    gross_minor: int
    tax_minor: int

    def plus(self, other: "Sum") -> "Sum":
        return Sum(gross_minor=self.gross_minor + other.gross_minor, tax_minor=self.tax_minor + other.tax_minor)

    def less(self, other: "Sum") -> "Sum":
        return Sum(gross_minor=self.gross_minor - other.gross_minor, tax_minor=self.tax_minor - other.tax_minor)


NOTHING: Final = Sum(gross_minor=0, tax_minor=0)


def adjusted(bill: Sum, credited_minor: int, charged: Sum) -> Sum:
    """What the lines come to: further charges, less as much of the credits as there is of the bill."""
    return charged.less(part_of(bill, min(credited_minor, bill.gross_minor)))


def part_of(whole: Sum, gross_minor: int) -> Sum:
    """So much of the whole, with its share of the tax (half to even): all of it has all of the tax."""
    if not whole.gross_minor:
        return NOTHING
    return Sum(gross_minor=gross_minor, tax_minor=_divided(whole.tax_minor * gross_minor, whole.gross_minor))


def charge_of(gross_minor: int, tax_bp: int) -> Sum:
    """A further charge and the tax inside it at this rate, in hundredths of a per cent."""
    return Sum(gross_minor=gross_minor, tax_minor=_divided(gross_minor * tax_bp, _WHOLE_BP + tax_bp))


def _divided(top: int, bottom: int) -> int:
    """Rounded half to even; in integers, for no amount is a float."""
    whole, rest = divmod(top, bottom)
    return whole + (2 * rest > bottom or (2 * rest == bottom and whole % 2 == 1))
