"""The JSON Schema of everything that the kiosk exchanges with the agent; the TypeScript types are made from it."""

from pydantic.json_schema import models_json_schema

from protocols.kiosk.actions import Agree, AskHandback, AskQuote, Problem
from protocols.kiosk.staff import SignIn, StaffChecklist, StaffDockAct, StaffEnd, StaffRent
from protocols.kiosk.staff_views import (
    ChecklistDoneView,
    ChecklistsView,
    PhotoView,
    StaffActView,
    StaffRidesView,
    StaffSessionView,
    StaffStationView,
    StaffVehiclesView,
)
from protocols.kiosk.views import HandbackView, QuoteView, RentalView, StationView


def json_schema() -> dict[str, object]:
    """One document with all shapes under `$defs`."""
    _, definitions = models_json_schema(
        [
            (StationView, "serialization"),
            (QuoteView, "serialization"),
            (RentalView, "serialization"),
            (HandbackView, "serialization"),
            (AskQuote, "validation"),
            (AskHandback, "validation"),
            (Agree, "validation"),
            (Problem, "serialization"),
            (SignIn, "validation"),
            (StaffDockAct, "validation"),
            (StaffRent, "validation"),
            (StaffEnd, "validation"),
            (StaffChecklist, "validation"),
            (PhotoView, "serialization"),
            (ChecklistsView, "serialization"),
            (ChecklistDoneView, "serialization"),
            (StaffSessionView, "serialization"),
            (StaffActView, "serialization"),
            (StaffRidesView, "serialization"),
            (StaffVehiclesView, "serialization"),
            (StaffStationView, "serialization"),
        ],
        title="VoltdockKiosk",
    )
    return definitions
