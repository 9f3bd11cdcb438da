"""Tariffs as JSON."""

import uuid
from typing import Annotated, Final, Literal

from pydantic import Field, model_validator

from hub.kernel.pages import PageQuery
from hub.kernel.shapes import Instant, Shape

LineKey = Literal["unlock", "minutes", "day_cap", "distance", "energy", "late"]
Minor = Annotated[int, Field(ge=0, le=10**12)]


class WindowShape(Shape):
    """Minutes that begin then, by the station's local time, have this price; of several windows the first counts.

    One that ends at or before its beginning goes on past midnight.
    """

    per_minute_minor: Minor
    from_minute: int = Field(default=0, ge=0, le=1439, description="Minute of the local day", examples=[1320])
    to_minute: int = Field(default=1440, ge=1, le=1440, examples=[360])
    weekdays: tuple[Annotated[int, Field(ge=1, le=7)], ...] = Field(
        default=(), max_length=7, description="1 is Monday; empty: every day"
    )


class Prices(Shape):
    """Prices in minor units of the tariff's currency, tax inside; see protocols/tariff.

    What follows `tax_pct` needs agents that know it: stations with older ones do not rent by such a version.
    """

    unlock_minor: Minor = 0
    per_minute_minor: Minor = 0
    free_minutes: int = Field(default=0, ge=0, le=100_000)
    day_cap_minor: Minor | None = None
    per_kwh_minor: Minor = 0
    deposit_minor: Minor = 0
    tax_pct: float = Field(default=0, ge=0, le=100)
    per_km_minor: Minor = 0
    ride_kwh_minor: Minor = Field(default=0, description="Per kWh that a ride took")
    late_grace_minutes: int = Field(default=0, ge=0, le=10_080)
    late_hour_minor: Minor = Field(default=0, description="Per begun hour late, after the grace")
    windows: tuple[WindowShape, ...] = Field(default=(), max_length=20)
    tax_pcts: dict[LineKey, Annotated[float, Field(ge=0, le=100)]] = Field(
        default={}, description="Lines whose tax is another than tax_pct", examples=[{"late": 0}]
    )
    kinds: tuple[Annotated[str, Field(min_length=1, max_length=20)], ...] = Field(
        default=(), max_length=20, description="For these kinds of vehicles; empty: all", examples=[["scooter"]]
    )
    station_ids: tuple[uuid.UUID, ...] = Field(default=(), max_length=500, description="At these; empty: at all")


CHARGING_IS_SIMPLE: Final = "a tariff for charging has a price per kWh, for unlocking, and one tax"
_RICH: Final = ("per_km_minor", "ride_kwh_minor", "late_hour_minor", "windows", "tax_pcts", "kinds", "station_ids")


def is_simple(prices: Prices) -> bool:
    """Whether every agent knows what this means (see protocols.tariff)."""
    return not any(getattr(prices, name) for name in _RICH)


class NewTariff(Shape):
    """A tariff with its first version; it holds from `valid_from` (now when left out)."""

    name: str = Field(min_length=1, max_length=80, examples=["City ride"])
    use: Literal["rental", "charging"]
    currency: str = Field(pattern="^[A-Z]{3}$", examples=["EUR"])
    valid_from: Instant | None = None
    prices: Prices

    @model_validator(mode="after")
    def _charging_is_simple(self) -> "NewTariff":
        if self.use == "charging" and not is_simple(self.prices):
            raise ValueError(CHARGING_IS_SIMPLE)
        return self


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
