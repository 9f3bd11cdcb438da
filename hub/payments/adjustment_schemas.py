"""Corrections of bills as JSON."""

import uuid
from typing import Literal, Self

from pydantic import Field, model_validator

from hub.kernel.pages import PageQuery
from hub.kernel.shapes import Instant, Shape
from hub.payments.adjustment_rules import CHARGES, CREDITS

Kind = Literal["credit", "charge"]
Cause = Literal[
    "goodwill", "wrong_end", "parked_unconfirmed", "charged_in_error", "damage", "late_fee", "cleaning"
]  # fmt: skip


class AskedAdjustment(Shape):
    """A credit of what a bill costs, or of a charge that was made further (`of_id`); or a further charge."""

    kind: Kind
    cause: Cause = Field(
        description="Credits: goodwill, wrong_end, parked_unconfirmed, charged_in_error. "
        "Charges: damage, late_fee, cleaning, parked_unconfirmed"
    )
    currency: str = Field(pattern="^[A-Z]{3}$", examples=["EUR"], description="ISO 4217; the bill's")
    amount_minor: int = Field(ge=1, le=10**12, description="Gross, minor units")
    of_id: uuid.UUID | None = Field(default=None, description="Credits: the further charge that is taken back")
    tax_bp: int | None = Field(
        default=None, ge=0, le=10_000, examples=[1900],
        description="Charges, and needed there: the rate of the tax inside, in hundredths of a per cent; 0 for none. "
        "A credit has the tax of what it is of",
    )  # fmt: skip

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.cause not in (CREDITS if self.kind == "credit" else CHARGES):
            raise ValueError(f"{self.cause} is no cause of a {self.kind}")
        if self.kind == "charge" and (self.tax_bp is None or self.of_id is not None):
            raise ValueError("a charge says tax_bp, and no of_id")
        if self.kind == "credit" and self.tax_bp is not None:
            raise ValueError("a credit says no tax_bp")
        return self


class NewAdjustment(AskedAdjustment):
    """The same, with why. `reason` is read by whoever pays, `note` never."""

    reason: str = Field(min_length=3, max_length=200, examples=["You brought it back at noon; we saw it at three."])
    note: str = Field(min_length=3, max_length=500, examples=["Camera of 12:04, ticket 4711"])
    revision: int | None = Field(
        default=None, description="The bill's that was looked at: refused where it has changed since"
    )


class AdjustmentShape(Shape):
    """One correction. It never changes; another one may take it back. `note`, `made_by`: only for `payments:read`."""

    id: uuid.UUID
    created_at: Instant
    bill_id: uuid.UUID
    kind: Kind
    cause: Cause
    of_id: uuid.UUID | None
    currency: str
    amount_minor: int = Field(description="Gross, always positive")
    tax_minor: int
    tax_bp: int | None
    reason: str
    note: str | None
    made_by: uuid.UUID | None


class AdjustmentQuery(PageQuery):
    """Corrections of one bill, of an account's bills, or of a kind."""

    bill_id: uuid.UUID | None = None
    account_id: uuid.UUID | None = None
    kind: Kind | None = None


class AdjustmentQuote(Shape):
    """What a correction would do to the bill as it stands. Minor units, gross."""

    bill_id: uuid.UUID
    revision: int = Field(description="The bill's; say it when you go on")
    currency: str
    amount_minor: int = Field(description="What it adds to what is owed; negative for a credit")
    tax_minor: int
    owed_before_minor: int
    owed_minor: int = Field(description="What is owed for it all afterwards")
    owed_tax_minor: int
    paid_minor: int
    refund_minor: int = Field(description="What is given back to whoever paid")
    collect_minor: int = Field(description="What is still to be paid afterwards")
    collect_from: Literal["deposit", "payment_method", "nobody"] = Field(description="Where that would come from")
