"""What a person may do at the kiosk, as request bodies, and how the station says no."""

import uuid
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field


class Action(BaseModel):
    """Base of every request body."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class ByVoucher(Action):
    """A voucher's text, as a scanner types it from the QR code."""

    kind: Literal["voucher"]
    token: Annotated[str, Field(min_length=16, max_length=600)]


class ByReservation(Action):
    """A reservation's code and its PIN."""

    kind: Literal["reservation"]
    code: Annotated[str, Field(min_length=3, max_length=16)]
    pin: Annotated[str, Field(pattern=r"^\d{4,8}$")]


class ByCard(Action):
    """The card that was just held to a dock: its `read_id` from the station's view."""

    kind: Literal["card"]
    read_id: uuid.UUID


class AskQuote(Action):
    """`POST /api/quotes`. Without `dock_no` the station chooses: what was reserved, else the best vehicle."""

    who: Annotated[ByVoucher | ByReservation | ByCard, Field(discriminator="kind")]
    dock_no: Annotated[int, Field(ge=1, le=247)] | None = None


class Agree(Action):
    """`POST /api/rentals`: yes to a quote. Safe to repeat: the same quote gives the same rental."""

    quote_id: uuid.UUID


class AskHandback(Action):
    """`POST /api/handbacks`: no dock is free; whose ride is it? `POST /api/handbacks/{id}/parked` then ends it."""

    who: Annotated[ByVoucher | ByReservation | ByCard, Field(discriminator="kind")]


class FieldError(BaseModel):
    """Which field of the request is wrong (JSON pointer) and why."""

    model_config = ConfigDict(frozen=True)

    pointer: str
    detail: str


class Problem(BaseModel):
    """RFC 9457 problem+json. `code` is stable and keys the message that people read; `params` fill it."""

    model_config = ConfigDict(frozen=True)

    type: str
    title: str
    status: int
    code: str
    params: dict[str, str | int | float | bool | None] = {}
    detail: str = ""
    errors: list[FieldError] = []


REFUSALS = (
    "vehicle_gone",  # no vehicle stands in that dock any more
    "vehicle_not_rentable",  # why: low_charge, reserved, leased, fault, not_for_rent, unknown_vehicle
    "no_vehicle",  # none here is fit to ride
    "dock_out_of_order",
    "dock_busy",
    "voucher_invalid",  # not a voucher, or not signed by us
    "voucher_expired",
    "voucher_not_yet",
    "voucher_wrong_station",
    "voucher_used",
    "voucher_revoked",
    "reservation_unknown",  # the code or the PIN is wrong
    "reservation_locked",  # too many wrong PINs; until
    "reservation_not_now",  # from, until
    "card_unknown",
    "card_blocked",
    "card_expired",
    "card_not_read",  # the read is too old, or not ours
    "quote_expired",
    "too_many_rentals",
    "rental_unknown",
    "rental_not_open",
    "no_ride",  # nothing of his that began here is out
    "docks_free",  # dock: one that could take it, count
    "handback_expired",
    "no_tariff",
    "station_revoked",  # the hub trusts the station's key no more
    "account_blocked",
    "offline_limit",  # why: station, account, amount
    "lists_stale",  # too long without contact to take this right
    "store_full",  # the station cannot write: nothing opens
    "starting",
    "busy",  # more questions wait than the station takes
)
