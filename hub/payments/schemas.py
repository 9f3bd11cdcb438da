"""Tariffs as JSON."""

import uuid
from typing import Annotated, Literal

from pydantic import Field

from hub.kernel.pages import PageQuery
from hub.kernel.shapes import Instant, Shape

Minor = Annotated[int, Field(ge=0, le=10**12)]


class Prices(Shape):
    """Prices in minor units of the tariff's currency, tax inside; see protocols/tariff."""

    unlock_minor: Minor = 0
    per_minute_minor: Minor = 0
    free_minutes: int = Field(default=0, ge=0, le=100_000)
    day_cap_minor: Minor | None = None
    per_kwh_minor: Minor = 0
    deposit_minor: Minor = 0
    tax_pct: float = Field(default=0, ge=0, le=100)


class NewTariff(Shape):
    """A tariff with its first version; it holds from `valid_from` (now when left out)."""

    name: str = Field(min_length=1, max_length=80, examples=["City ride"])
    use: Literal["rental", "charging"]
    currency: str = Field(pattern="^[A-Z]{3}$", examples=["EUR"])
    valid_from: Instant | None = None
    prices: Prices


class NewVersion(Shape):
    """The next version; it ends the one before at `valid_from` (now when left out)."""

    valid_from: Instant | None = None
    prices: Prices


class TariffQuery(PageQuery):
    """Tariffs for a use."""

    use: Literal["rental", "charging"] | None = None


class VersionShape(Shape):
    """One version of a tariff."""

    version: int
    valid_from: Instant
    valid_to: Instant | None
    prices: Prices


class TariffShape(Shape):
    """A tariff with its versions, the newest first."""

    id: uuid.UUID
    created_at: Instant
    name: str
    use: str
    currency: str
    versions: list[VersionShape]
