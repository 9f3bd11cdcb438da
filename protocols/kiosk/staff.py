"""What staff may do at the station by hand, as request bodies and answers; under `/api/staff`.

`POST /api/staff/sessions` trades a PIN or a badge for a token, good for a few minutes; every other request carries it
as `Authorization: Bearer`. Each act has an id of the caller's making: repeated, it is done once.
"""

import uuid
from typing import Annotated, Final, Literal

from pydantic import Field, model_validator

from protocols.kiosk.actions import Action

Photo = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]  # SHA-256 of a picture that was handed in before
MOST_PHOTOS: Final = 6

Reason = Literal[
    "renter_helped",  # somebody cannot use the kiosk, his card or his code
    "dock_broken",
    "taken_in_elsewhere",  # the vehicle came back, though in no dock of ours
    "vehicle_moved",
    "maintenance",
    "emergency",
    "vehicle_damaged",
    "network_down",
    "card_lost",
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
    photos: Annotated[tuple[Photo, ...], Field(max_length=MOST_PHOTOS)] = ()

    @model_validator(mode="after")
    def _says_why(self) -> "Act":
        if self.reason == "other" and len(self.note.strip()) < 3:
            raise ValueError("say why in the note")
        return self


DockDeed = Literal["unlock", "lock", "restart", "out_of_service", "in_service"]
DOCK_DEEDS: Final[tuple[DockDeed, ...]] = ("unlock", "lock", "restart", "out_of_service", "in_service")


class StaffDockAct(Act):
    """`POST /api/staff/docks/{dock_no}/{unlock|lock|restart|out_of_service|in_service}`."""


class StaffRent(Act):
    """`POST /api/staff/rentals`: start a rental for a person by hand.

    The vehicle: in `dock_no`, which then opens; or `vehicle_id`, handed over by hand where no dock can open. For whom:
    the booking with `code`, the card that was just held to a dock (`read_id`), an account, or whom `note` names.
    """

    dock_no: Annotated[int, Field(ge=1, le=247)] | None = None
    vehicle_id: uuid.UUID | None = None
    account_id: uuid.UUID | None = None
    code: Annotated[str, Field(min_length=3, max_length=16)] | None = None
    read_id: uuid.UUID | None = None

    @model_validator(mode="after")
    def _one_vehicle_and_at_most_one_renter(self) -> "StaffRent":
        if (self.dock_no is None) == (self.vehicle_id is None):
            raise ValueError("either a dock_no or a vehicle_id")
        if sum(one is not None for one in (self.account_id, self.code, self.read_id)) > 1:
            raise ValueError("at most one of account_id, code and read_id")
        return self


class StaffEnd(Act):
    """`POST /api/staff/rentals/{rental_id}/end`: the vehicle was taken in, into this dock or (None) elsewhere.

    `ago_s`: since when it has been standing there; the bill ends then.
    """

    dock_no: Annotated[int, Field(ge=1, le=247)] | None = None
    ago_s: Annotated[int, Field(ge=0, le=7 * 86_400)] = 0


class StaffAnswer(Action):
    """One answer: yes or no, a number with a point, or words."""

    key: Annotated[str, Field(min_length=1, max_length=60)]
    value: Annotated[str, Field(max_length=1000)]
    note: Annotated[str, Field(max_length=500)] = ""
    photos: Annotated[tuple[Photo, ...], Field(max_length=MOST_PHOTOS)] = ()


class StaffChecklist(Action):
    """`POST /api/staff/checklists/{key}`: filled in, about this dock or vehicle; `lang` is what it was read in."""

    act_id: uuid.UUID
    answers: Annotated[tuple[StaffAnswer, ...], Field(max_length=100)]
    lang: Annotated[str, Field(pattern="^[a-z]{2}$")] = "en"
    dock_no: Annotated[int, Field(ge=1, le=247)] | None = None
    vehicle_id: uuid.UUID | None = None


STAFF_REFUSALS = (
    "staff_unknown",  # the PIN or the badge is nobody's
    "staff_expired",  # the PIN or the badge is right, but his time here is over
    "staff_locked",  # too many wrong PINs; until
    "staff_session_over",  # sign in again
    "staff_may_not",  # what
    "card_not_read",
    "card_unknown",
    "card_blocked",
    "card_expired",
    "reservation_unknown",
    "checklist_unknown",
    "checklist_incomplete",  # key: of the question, or dock, vehicle
    "photo_unknown",  # it was not handed in, or is gone
    "photos_full",  # no room for another picture
    "dock_unknown",
    "dock_busy",
    "dock_out_of_order",
    "dock_opens",  # the vehicle stands in a dock that works: let the dock hand it over
    "vehicle_gone",
    "vehicle_unknown",
    "vehicle_out",  # it is on a ride
    "vehicle_not_rentable",
    "rental_unknown",
    "rental_not_active",
    "account_blocked",
    "too_many_rentals",
    "no_tariff",
    "station_revoked",
    "store_full",
)
