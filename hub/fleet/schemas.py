"""Vehicles, their types, papers and history as JSON."""

import uuid
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, Field

from hub.fleet import vin
from hub.kernel.pages import PageQuery
from hub.kernel.shapes import Instant, Shape

Kind = Literal["scooter", "moped", "bicycle", "car"]
DockKind = Literal["latch", "bay"]
FormFactor = Literal["bicycle", "cargo_bicycle", "car", "moped", "scooter_standing", "scooter_seated", "other"]
Propulsion = Literal["electric", "electric_assist"]
Service = Literal["deployed", "removed", "missing"]
Paper = Literal["registration", "insurance", "inspection", "other"]
Vin = Annotated[
    str, AfterValidator(vin.normalised), Field(min_length=17, max_length=30, examples=["1M8GDM9AXKP042788"])
]
Plate = Annotated[str, AfterValidator(lambda text: " ".join(text.upper().split())), Field(min_length=1, max_length=20)]

MAX_RANGE_KM: Final = 2000.0


class NewVehicleType(Shape):
    """A type of vehicle. Left out, `range_km` follows from battery and consumption."""

    id: uuid.UUID | None = None
    kind: Kind
    form_factor: FormFactor = Field(description="In the words of GBFS 3.0")
    propulsion: Propulsion = "electric"
    make: str = Field(min_length=1, max_length=80)
    model: str = Field(min_length=1, max_length=80)
    dock_kind: DockKind = "latch"
    battery_wh: float = Field(gt=0, le=1_000_000, description="Usable energy of a new battery")
    wh_per_km: float = Field(gt=0, le=10_000, description="What a kilometre takes")
    charge_w: float = Field(gt=0, le=1_000_000, description="Highest power that it charges with")
    range_km: float | None = Field(default=None, gt=0, le=MAX_RANGE_KM)
    vin_check_digit: bool = Field(default=False, description="Its VINs must carry a check digit (North America)")


class VehicleTypeEdit(Shape):
    """What to change; what is left out stays. All vehicles of the type follow."""

    form_factor: FormFactor | None = None
    propulsion: Propulsion | None = None
    make: str | None = Field(default=None, min_length=1, max_length=80)
    model: str | None = Field(default=None, min_length=1, max_length=80)
    battery_wh: float | None = Field(default=None, gt=0, le=1_000_000)
    wh_per_km: float | None = Field(default=None, gt=0, le=10_000)
    charge_w: float | None = Field(default=None, gt=0, le=1_000_000)
    range_km: float | None = Field(default=None, gt=0, le=MAX_RANGE_KM)
    vin_check_digit: bool | None = None


class VehicleTypeShape(Shape):
    """A type of vehicle."""

    id: uuid.UUID
    created_at: Instant
    kind: str
    form_factor: str
    propulsion: str
    make: str
    model: str
    dock_kind: str
    battery_wh: float
    wh_per_km: float
    charge_w: float
    range_km: float
    vin_check_digit: bool


class NewVehicle(Shape):
    """A vehicle to be; `id` is what its docks read from it, given where it is known already.

    What its type says need not be said again; without a type `kind`, `model` and `full_range_km` are needed.
    """

    id: uuid.UUID | None = None
    label: str = Field(min_length=1, max_length=20, examples=["V-118"])
    type_id: uuid.UUID | None = None
    kind: Kind | None = None
    model: str | None = Field(default=None, min_length=1, max_length=80)
    dock_kind: DockKind | None = None
    full_range_km: float | None = Field(default=None, gt=0, le=MAX_RANGE_KM)
    rentable: bool = True
    why_not: str = Field(default="", max_length=80, description="Message key when it is not rentable")
    tariff_id: uuid.UUID | None = None
    vin: Vin | None = None
    plate: Plate | None = None


class VehicleEdit(Shape):
    """What to change; what is left out stays."""

    label: str | None = Field(default=None, min_length=1, max_length=20)
    type_id: uuid.UUID | None = None
    model: str | None = Field(default=None, min_length=1, max_length=80)
    full_range_km: float | None = Field(default=None, gt=0, le=MAX_RANGE_KM)
    rentable: bool | None = None
    why_not: str | None = Field(default=None, max_length=80)
    tariff_id: uuid.UUID | None = None
    vin: Vin | None = None
    plate: Plate | None = None
    service: Service | None = Field(
        default=None, description="`removed`: taken out of use; `missing`: nobody knows where it is, until a dock does"
    )


class VehicleQuery(PageQuery):
    """Vehicles that stand at a station, of a kind, of a type, or with a VIN or plate."""

    station_id: uuid.UUID | None = None
    kind: Kind | None = None
    type_id: uuid.UUID | None = None
    vin: Vin | None = None
    plate: Plate | None = None


class VehicleShape(Shape):
    """A vehicle, where it is, and its battery as it was last read. `state`: unknown, docked or away.

    `mds_state` is the same in the words of MDS 2.0 with all that the hub knows, `mds_reason` why; `contact_lost`: the
    hub has not heard of it for long, so that all this may have changed. `vin_checked`: the ninth place is the VIN's
    check digit. `papers_until`: from then on it is not rented out for want of papers.
    """

    id: uuid.UUID
    created_at: Instant
    label: str
    type_id: uuid.UUID | None
    kind: str
    model: str
    dock_kind: str
    full_range_km: float
    rentable: bool
    why_not: str
    tariff_id: uuid.UUID | None
    vin: str | None
    vin_checked: bool | None
    plate: str | None
    service: str
    papers_until: Instant | None
    state: str
    mds_state: str
    mds_reason: str
    contact_lost: bool
    station_id: uuid.UUID | None
    dock_no: int | None
    rental_id: uuid.UUID | None
    since: Instant | None
    soc_pct: float | None
    soh_pct: float | None
    battery_at: Instant | None
    range_km: float | None


class NewDocument(Shape):
    """A paper of a vehicle. Of one kind several may follow each other: the last one's end counts."""

    kind: Paper
    number: str = Field(default="", max_length=80)
    issuer: str = Field(default="", max_length=120)
    valid_from: Instant
    valid_until: Instant | None = Field(default=None, description="Null: for good")
    blocks: bool = Field(default=True, description="Once it is over, the vehicle is not rented out")


class DocumentShape(Shape):
    """A paper of a vehicle."""

    id: uuid.UUID
    created_at: Instant
    vehicle_id: uuid.UUID
    kind: str
    number: str
    issuer: str
    valid_from: Instant
    valid_until: Instant | None
    blocks: bool


class HistoryShape(Shape):
    """What happened to a vehicle at `at`, and the MDS 2.0 event type for it."""

    id: uuid.UUID
    at: Instant
    what: str
    mds_event: str
    station_id: uuid.UUID | None
    dock_no: int | None
    rental_id: uuid.UUID | None
    soc_pct: float | None
    by: uuid.UUID | None
    detail: str
