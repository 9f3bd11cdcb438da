"""Stations as JSON."""

import uuid
from typing import Annotated, Any, Literal
from zoneinfo import available_timezones

from pydantic import AfterValidator, Field

from hub.kernel.shapes import Instant, Shape
from hub.stations.states_schemas import StationState


def _zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError("not an IANA time zone")
    return name


Zone = Annotated[str, AfterValidator(_zone), Field(max_length=64, examples=["Asia/Ho_Chi_Minh"])]
Currency = Annotated[str, Field(pattern="^[A-Z]{3}$", examples=["EUR"], description="ISO 4217")]


class NewStation(Shape):
    """A station to be."""

    name: str = Field(min_length=1, max_length=120, examples=["Riverside Market"])
    number: str = Field(min_length=1, max_length=20, examples=["014"])
    timezone: Zone
    currency: Currency
    latitude: float | None = Field(default=None, ge=-90, le=90)
    longitude: float | None = Field(default=None, ge=-180, le=180)
    help_phone: str = Field(default="", max_length=40)
    pull_out_s: int = Field(default=60, ge=10, le=600, description="How long a dock stays open for a renter")
    min_soc_pct: float = Field(default=20, ge=0, le=100, description="Vehicles below this charge are not rented out")
    offline_rentals: int = Field(default=50, ge=0, le=10_000, description="Rentals that may start without contact")
    offline_rentals_per_account: int = Field(default=3, ge=0, le=1000, description="The same, for one account")
    offline_amount_minor: int | None = Field(
        default=None, ge=0, le=2**53, description="What they may come to together (deposit or a day's price); null: any"
    )
    stale_after_s: int = Field(
        default=7 * 86_400, ge=600, le=365 * 86_400, description="After so long without contact the station gives less"
    )


class StationEdit(Shape):
    """What to change; what is left out stays."""

    name: str | None = Field(default=None, min_length=1, max_length=120)
    timezone: Zone | None = None
    latitude: float | None = Field(default=None, ge=-90, le=90)
    longitude: float | None = Field(default=None, ge=-180, le=180)
    help_phone: str | None = Field(default=None, max_length=40)
    pull_out_s: int | None = Field(default=None, ge=10, le=600)
    min_soc_pct: float | None = Field(default=None, ge=0, le=100)
    offline_rentals: int | None = Field(default=None, ge=0, le=10_000)
    offline_rentals_per_account: int | None = Field(default=None, ge=0, le=1000)
    offline_amount_minor: int | None = Field(default=None, ge=0, le=2**53)
    stale_after_s: int | None = Field(default=None, ge=600, le=365 * 86_400)


class StationShape(Shape):
    """A station. `online`: its live link or a sync was heard of within the last 90 seconds.

    `facts_lost` were lost by damage, `facts_shed` given up for want of room; see its lost ranges.
    `revoked_at`: since then its key is not trusted and nothing is taken from it, until it is enrolled anew.
    """

    id: uuid.UUID
    created_at: Instant
    name: str
    number: str
    timezone: str
    currency: str
    latitude: float | None
    longitude: float | None
    help_phone: str
    pull_out_s: int
    min_soc_pct: float
    agent: str | None
    agent_started_at: Instant | None
    unclean_start: bool
    last_seen_at: Instant | None
    online: bool
    facts_lost: int
    facts_shed: int
    last_loss_at: Instant | None
    revoked_at: Instant | None
    offline_rentals: int
    offline_rentals_per_account: int
    offline_amount_minor: int | None
    stale_after_s: int


class NewStaff(Shape):
    """Who may act by hand at all stations: `may` open docks, start rentals for people, end them. Replaces his row.

    `keep_pin`: without a new PIN he keeps the one that he has, else he has none from now on.
    """

    account_id: uuid.UUID
    name: str = Field(min_length=1, max_length=120)
    may: list[Literal["unlock", "rent", "end"]] = Field(min_length=1, max_length=3)
    pin: str | None = Field(default=None, pattern="^[0-9]{4,8}$")
    keep_pin: bool = False
    badge: str = Field(default="", pattern="^([0-9A-Fa-f]{8,40})?$", description="A card's UID")
    valid_to: Instant


class StaffShape(Shape):
    """A member of staff at the stations, without his PIN."""

    id: uuid.UUID
    created_at: Instant
    account_id: uuid.UUID
    name: str
    may: list[str]
    badge: str
    has_pin: bool
    valid_to: Instant


class FaultShape(Shape):
    """Something that is wrong with a dock now."""

    code: str
    at: Instant
    detail: str


class DockShape(Shape):
    """A dock and what is wrong with it."""

    dock_no: int
    kind: str
    serial: str
    firmware: str
    faults: list[FaultShape]


class ConnectorShape(Shape):
    """A connector's last state."""

    connector_no: int
    state: str
    error_code: str
    at: Instant


class ChargerShape(Shape):
    """A charger and its connectors."""

    charger_id: str
    vendor: str
    model: str
    firmware: str
    connectors: list[ConnectorShape]


class PictureShape(Shape):
    """The station's last telemetry and how old it is."""

    at: Instant
    age_s: float
    docks: list[dict[str, Any]]
    chargers: list[dict[str, Any]]
    meters: list[dict[str, Any]]


class StationDetail(StationShape):
    """A station with everything in it."""

    docks: list[DockShape]
    chargers: list[ChargerShape]
    picture: PictureShape | None
    state: StationState
