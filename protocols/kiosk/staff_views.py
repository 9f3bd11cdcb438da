"""What the staff pages show, in whole views: the station as staff need to see it, rides, vehicles, what waits."""

import uuid
from typing import Literal

from protocols.kiosk.staff import DockDeed
from protocols.kiosk.views import (
    BillLineView,
    ChargerView,
    Example,
    HubView,
    MoneyView,
    RentalView,
    StationIdentity,
    TariffView,
    VehicleView,
    View,
)


class StaffSessionView(View):
    """Who is signed in, until when if he does nothing, and what he may do."""

    token: uuid.UUID
    name: str
    may: list[str]
    expires_at: str


class FateView(View):
    """The last thing that was done by hand to a dock, and what became of it. asked: nobody has answered yet."""

    act_id: uuid.UUID
    what: DockDeed
    by: str
    reason: str
    asked_at: str
    state: Literal["asked", "done", "refused", "no_answer", "expired"]
    ended_at: str | None
    detail: str


class StaffDockView(View):
    """One dock with everything that its sensors say. `lock` and what follows are its last words, also when off line."""

    dock_no: int
    kind: Literal["latch", "bay"]
    state: Literal["free", "occupied", "open", "moving", "out_of_order", "unknown"]
    online: bool
    lock: Literal["locked", "unlocked", "moving", "stuck"] | None
    occupied: bool | None
    faults: list[str]
    out_of_service: bool
    vehicle: VehicleView | None
    charging: bool
    temperature_c: float | None
    supply_voltage_v: float | None
    serial: str
    firmware: str
    rental: str | None  # the reference of the rental that is opening it
    last_act: FateView | None


class LaneView(View):
    """What waits in one lane for the hub, and since when."""

    lane: Literal["biz", "ops", "tel"]
    waiting: int
    oldest_at: str | None


class SyncView(View):
    """What the hub does not hold yet: facts by lane, and pictures. `waiting` counts the facts.

    `line`: connecting, online, offline; none where the station is not enrolled.
    """

    line: Literal["none", "connecting", "online", "offline"]
    last_success_at: str | None
    last_failure: str | None
    waiting: int
    lanes: list[LaneView]
    photos: int
    photo_bytes: int
    photos_oldest_at: str | None


class ClockView(View):
    """How far the station's time can be trusted: synced, holdover, floor, unknown; off by how much at most."""

    quality: Literal["synced", "holdover", "floor", "unknown"]
    trusted: bool
    uncertainty_s: float | None


class StaffStationView(View):
    """`GET /api/staff/station`: everything on the first page."""

    at: str
    station: StationIdentity
    hub: HubView
    docks: list[StaffDockView]
    chargers: list[ChargerView]
    sync: SyncView
    clock: ClockView
    trouble: str | None  # message key when no new business is taken
    rides: int
    pull_out_s: int  # how long a dock that is opened stays open
    expires_at: str


class SoFarView(View):
    """What a ride would cost if it ended now."""

    duration_s: float
    total: MoneyView
    lines: list[BillLineView]


class StaffRideView(View):
    """A rental that began here and is not over, and what ending it now would bill."""

    rental: RentalView
    vehicle_id: uuid.UUID
    renter_by: str
    by_name: str | None  # who of the staff started it
    so_far: SoFarView | None  # None: the vehicle has not left


class StaffRidesView(View):
    """`GET /api/staff/rentals`."""

    rides: list[StaffRideView]


class StaffVehicleView(View):
    """A vehicle and how it can be given out: its dock opens (dock), by hand (hand), or not now (none) and why."""

    vehicle: VehicleView
    dock_no: int | None
    how: Literal["dock", "hand", "none"]
    why_not: str | None
    tariff: TariffView | None
    examples: list[Example]


class StaffVehiclesView(View):
    """`GET /api/staff/vehicles`: those in docks first, then all others that belong here and are not on a ride."""

    vehicles: list[StaffVehicleView]


class StaffActView(View):
    """An act that is done (an order to a dock: on its way; its fate stands on the dock).

    `queued`: final here, and the hub hears of it later.
    """

    act_id: uuid.UUID
    what: DockDeed | Literal["start_rental", "hand_over", "end_rental"]
    dock_no: int | None
    rental: RentalView | None
    bill: SoFarView | None
    queued: bool


class PhotoView(View):
    """`POST /api/staff/photos`: the picture is kept under this SHA-256."""

    photo: str


class QuestionView(View):
    """One thing to look at. yes_no: no means that something is wrong."""

    key: str
    text: str
    kind: Literal["yes_no", "number", "text"]
    needed: bool
    unit: str
    photo: bool


class ChecklistView(View):
    """A checklist in the asked language."""

    key: str
    title: str
    about: Literal["station", "dock", "vehicle"]
    questions: list[QuestionView]


class ChecklistsView(View):
    """`GET /api/staff/checklists?lang=`."""

    checklists: list[ChecklistView]


class ChecklistDoneView(View):
    """It is kept. `passed`: nothing is wrong; `queued`: the hub hears of it later."""

    act_id: uuid.UUID
    passed: bool
    queued: bool
