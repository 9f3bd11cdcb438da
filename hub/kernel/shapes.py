"""Shapes that every domain's JSON shares: the schema base, instants, money."""

from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, PlainSerializer

from protocols.values import UTC, rfc3339

Instant = Annotated[
    AwareDatetime,
    AfterValidator(lambda at: at.astimezone(UTC)),
    PlainSerializer(rfc3339, return_type=str, when_used="json"),
    Field(json_schema_extra={"format": "date-time", "examples": ["2026-11-21T14:02:09.120Z"]}),
]
"""An RFC 3339 instant; comes in with any zone, is kept and answered in UTC with milliseconds and `Z`."""


class Shape(BaseModel):
    """Base of everything that enters or leaves as JSON: frozen; unknown keys are errors that name the key."""

    model_config = ConfigDict(frozen=True, extra="forbid", from_attributes=True, ser_json_inf_nan="null")


class MoneyShape(Shape):
    """An amount in minor units: `{"minor": 1250, "currency": "EUR"}` is 12.50 EUR."""

    minor: int = Field(ge=-(2**53), le=2**53, examples=[1250])
    currency: str = Field(pattern="^[A-Z]{3}$", examples=["EUR"], description="ISO 4217")
