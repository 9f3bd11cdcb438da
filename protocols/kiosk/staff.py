"""What staff may do at the station by hand, as request bodies and answers; under `/api/staff`.

`POST /api/staff/sessions` trades a PIN or a badge for a token, good for a few minutes; every other request carries it
as `Authorization: Bearer`. Each act has an id of the caller's making: repeated, it is done once.
"""

import uuid
from typing import Annotated, Literal

from pydantic import Field, model_validator

from protocols.kiosk.actions import Action
from protocols.kiosk.views import RentalView, View

Reason = Literal[
    "renter_helped",  # somebody cannot use the kiosk, his card or his code
    "dock_broken",
    "taken_in_elsewhere",  # the vehicle came back, though in no dock of ours
    "vehicle_moved",
    "maintenance",
    "emergency",
    "other",  # the note says it
]


class SignIn(Action):
    """`POST /api/staff/sessions`: by PIN, or by the badge that was just held to a dock (its `read_id`)."""

    pin: Annotated[str, Field(pattern=r"^\d{4,8}$")] | None = None
    read_id: uuid.UUID | None = None

    @model_validator(mode="after")
    def _one_of_them(self) -> "SignIn":
        if (self.pin is None) == (self.read_id is None):
            raise ValueError("either a pin or a read_id")
        return self


class Act(Action):
    """Base of everything that staff do: why, in a code and in words."""

    act_id: uuid.UUID
    reason: Reason
    note: Annotated[str, Field(max_length=500)] = ""

    @model_validator(mode="after")
    def _says_why(self) -> "Act":
        if self.reason == "other" and len(self.note.strip()) < 3:
            raise ValueError("say why in the note")
        return self


class StaffUnlock(Act):
    """`POST /api/staff/docks/{dock_no}/unlock`."""


class StaffRent(Act):
    """`POST /api/staff/rentals`: start a rental for a person by hand; `note` says for whom where he has no account."""

    dock_no: Annotated[int, Field(ge=1, le=247)]
    account_id: uuid.UUID | None = None


class StaffEnd(Act):
    """`POST /api/staff/rentals/{rental_id}/end`: the vehicle was taken in, into this dock or (None) elsewhere."""

    dock_no: Annotated[int, Field(ge=1, le=247)] | None = None


class StaffSessionView(View):
    """Who is signed in, until when, and what he may do."""

    token: uuid.UUID
    name: str
    may: list[str]
    expires_at: str


class StaffActView(View):
    """An act that is done (an unlock: on its way to the dock)."""

    act_id: uuid.UUID
    what: Literal["unlock", "start_rental", "end_rental"]
    dock_no: int | None
    rental: RentalView | None


class StaffRentalsView(View):
    """The rentals that began here and are not over."""

    rentals: list[RentalView]


STAFF_REFUSALS = (
    "staff_unknown",  # the PIN or the badge is nobody's, or his time here is over
    "staff_locked",  # too many wrong PINs; until
    "staff_session_over",  # sign in again
    "staff_may_not",  # what
    "card_not_read",
    "dock_unknown",
    "dock_busy",
    "dock_out_of_order",
    "vehicle_gone",
    "vehicle_not_rentable",
    "rental_unknown",
    "rental_not_active",
    "account_blocked",
    "too_many_rentals",
    "no_tariff",
    "station_revoked",
    "store_full",
)
