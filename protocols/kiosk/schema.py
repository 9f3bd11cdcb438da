"""The JSON Schema of everything that the kiosk exchanges with the agent; the TypeScript types are made from it."""

from pydantic.json_schema import models_json_schema

from protocols.kiosk.actions import Agree, AskQuote, Problem
from protocols.kiosk.staff import (
    SignIn,
    StaffActView,
    StaffEnd,
    StaffRent,
    StaffRentalsView,
    StaffSessionView,
    StaffUnlock,
)
from protocols.kiosk.views import QuoteView, RentalView, StationView


def json_schema() -> dict[str, object]:
    """One document with all shapes under `$defs`."""
    _, definitions = models_json_schema(
        [
            (StationView, "serialization"),
            (QuoteView, "serialization"),
            (RentalView, "serialization"),
            (AskQuote, "validation"),
            (Agree, "validation"),
            (Problem, "serialization"),
            (SignIn, "validation"),
            (StaffUnlock, "validation"),
            (StaffRent, "validation"),
            (StaffEnd, "validation"),
            (StaffSessionView, "serialization"),
            (StaffActView, "serialization"),
            (StaffRentalsView, "serialization"),
        ],
        title="VoltdockKiosk",
    )
    return definitions
