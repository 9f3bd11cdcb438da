"""Quotes as JSON: what something would cost, line by line."""

import uuid
from typing import Annotated, Literal

from pydantic import Field, model_validator

from hub.kernel.shapes import Instant, Shape

_MOST_S = 92 * 86_400
Seconds = Annotated[int, Field(ge=0, le=_MOST_S)]


class NewQuote(Shape):
    """What is asked for: a vehicle, or a kind at a station, or a tariff by name; from when (now), and how much."""

    use: Literal["rental", "charging"] = "rental"
    vehicle_id: uuid.UUID | None = None
    vehicle_kind: str | None = Field(default=None, min_length=1, max_length=20, examples=["scooter"])
    station_id: uuid.UUID | None = None
    tariff_id: uuid.UUID | None = None
    from_at: Instant | None = None
    duration_s: Seconds = Field(default=0, examples=[1800])
    late_s: Seconds = 0
    distance_m: int | None = Field(default=None, ge=0, le=10**8)
    energy_wh: int | None = Field(default=None, ge=0, le=10**8)

    @model_validator(mode="after")
    def _fits(self) -> "NewQuote":
        if self.use == "charging" and self.energy_wh is None:
            raise ValueError("a quote for charging needs energy_wh")
        return self


class QuoteLineShape(Shape):
    """One line: what it is for, how much of it at which price, what it adds, and the tax inside."""

    key: str
    message_key: str = Field(description="Names the line in people's languages", examples=["price.minutes"])
    quantity: float
    unit: str
    unit_price_minor: int
    amount_minor: int
    tax_minor: int
    tax_pct: float


class QuoteShape(Shape):
    """A price with its reasons. A rental that begins before `valid_to` (if any) is billed by this version.

    `deposit_minor` is held and given back. `not_counted` names lines that would come on top and were not asked for.
    """

    tariff_id: uuid.UUID
    tariff_version: int
    tariff_name: str
    valid_from: Instant
    valid_to: Instant | None
    from_at: Instant
    timezone: str
    currency: str
    total_minor: int
    tax_minor: int
    deposit_minor: int
    lines: list[QuoteLineShape]
    not_counted: list[str]
