"""Everything that the station knows, as one frozen value. Changed only by `decide`.

What must survive a restart is listed in `persist.DURABLE`; the rest the links tell again within seconds.
"""

import datetime as dt
import enum
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from edge_agent.core.inputs import ConnectorState, DockKind, DockReported
from protocols.sync.changes import Holder, Item, StationItem
from protocols.sync.facts import Bill, Renter
from protocols.tariff.tariff import Tariff
from protocols.values import BatteryReading

# An alarm about a vehicle, raised until one stands in the dock again. The dock itself works.
LEFT_WITHOUT_RENTAL: Final = "left_without_rental"
# Staff took the dock out of service: a fault like any other, but for who clears it.
OUT_OF_SERVICE: Final = "out_of_service"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dock:
    """A dock as it was last seen. `report` is None until it has spoken in this start."""

    dock_no: int
    online: bool = False
    kind: DockKind = DockKind.LATCH
    serial: str = ""
    firmware: str = ""
    can_charge: bool = False
    report: DockReported | None = None
    battery: BatteryReading | None = None
    faults: tuple[str, ...] = ()  # survives a restart: what was raised must be cleared
    staff_until_mono_s: float = 0.0  # staff opened it: a vehicle that leaves until then is no alarm
    contactor_asked_mono_s: float = -1e9  # the last time the contactor was ordered
    lock_asked_mono_s: float = -1e9


class Phase(enum.StrEnum):
    """Where a rental is. unsure: an unlock may or may not have happened; the dock's next word decides."""

    STARTING = "starting"
    OPEN = "open"
    UNSURE = "unsure"
    ACTIVE = "active"
    VOIDED = "voided"
    ENDED = "ended"


IN_DOCK = (Phase.STARTING, Phase.OPEN, Phase.UNSURE)
RUNNING = (*IN_DOCK, Phase.ACTIVE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rental:
    """One rental that began here. Monotonic instants count in `boot`; in another boot the wall clock bills."""

    rental_id: uuid.UUID
    quote_id: uuid.UUID
    vehicle_id: uuid.UUID
    dock_no: int
    phase: Phase
    renter: Renter
    tariff: Tariff
    started_at: dt.datetime
    boot: str
    started_mono_s: float = 0.0
    offline: bool = False
    by_hand: bool = False  # staff handed the vehicle over: its dock did not see it go
    unlock_order: uuid.UUID | None = None
    unlock_asked_s: float = 0.0  # after the rental's start: when its last unlock was ordered
    unlocking: bool = False  # the unlock is on its way: a dock that is locked now may open yet
    restarted: bool = False  # the agent restarted before the vehicle left
    seen_unlocked: bool = False
    pull_until_mono_s: float | None = None
    extensions: int = 0
    cancelling: bool = False
    undocked_at: dt.datetime | None = None
    undocked_mono_s: float | None = None
    uncertainty_ms: int = 0  # of `started_at`, and of `undocked_at` once the vehicle left
    counted_s: float = 0.0  # what monotonic clocks of earlier boots counted since then; `boot` counts on from its zero
    crossed: bool = False  # more than one boot saw it
    finished_at: dt.datetime | None = None
    returned_dock_no: int | None = None
    duration_s: float = 0.0
    bill: Bill | None = None
    void_reason: str | None = None
    ended_elsewhere: str | None = None  # where it ended, in the hub's words; then the bill is the hub's
    parked: bool = False  # left beside full docks, by its renter's word
    odometer_m: int | None = None  # of the vehicle when it was given out; None: nobody tells it
    due_ms: int | None = None  # when it is to be back, by the hub's clock; None: whenever the renter likes


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """A price somebody was shown. Volatile: after a restart people are asked again."""

    quote_id: uuid.UUID
    dock_no: int
    vehicle_id: uuid.UUID
    renter: Renter
    identified_by: str
    tariff: Tariff
    offline: bool
    expires_at: dt.datetime
    expires_mono_s: float
    voucher_uses: int = 1
    voucher_expires_ms: int | None = None
    voucher_status: int | None = None
    counts_km: bool = False  # the dock tells the vehicle's odometer
    due_ms: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Handback:
    """Somebody is about to leave his vehicle beside full docks. Volatile: after a restart people are asked again."""

    handback_id: uuid.UUID
    rental_id: uuid.UUID
    expires_mono_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SpentVoucher:
    """How often a voucher was used here; kept until it has certainly expired."""

    uses: int
    expires_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PinTries:
    """Wrong PINs for one reservation, or of staff."""

    wrong: int
    locked_until_ms: int = 0  # for people
    boot: str = ""
    locked_until_mono_s: float = 0.0  # on this boot's monotonic clock


class LeasePhase(enum.StrEnum):
    """Whether a vehicle is kept. over: refused, used, given back, expired or lost; told to the hub, and final."""

    HELD = "held"
    OVER = "over"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """The last answer to one wish of the hub: a vehicle of its own, or any of a kind, kept for `holder` or for sale."""

    lease_id: uuid.UUID
    generation: int
    phase: LeasePhase
    from_ms: int
    until_ms: int
    margin_ms: int
    vehicle_id: uuid.UUID | None = None
    vehicle_kind: str | None = None
    holder: Holder | None = None
    told_version: int | None = None  # the list's version that did not show it, when that was told
    rental_id: uuid.UUID | None = None  # who used it


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffSession:
    """A member of staff who has proved who he is. Volatile, and short."""

    token: uuid.UUID
    staff_id: uuid.UUID
    name: str
    may: tuple[str, ...]
    identified_by: str
    expires_at: dt.datetime
    expires_mono_s: float
    began_mono_s: float = 0.0


class ActState(enum.StrEnum):
    """What became of something that staff did to a dock. asked: it is on its way."""

    ASKED = "asked"
    DONE = "done"
    REFUSED = "refused"
    NO_ANSWER = "no_answer"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class DockAct:
    """The last thing that staff did to a dock, for whoever stands in front of it."""

    act_id: uuid.UUID
    what: str
    by: str
    reason: str
    asked_at: dt.datetime
    state: ActState = ActState.ASKED
    ended_at: dt.datetime | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One charging session (an OCPP transaction). Kept for a while after its end, to know its repeats."""

    session_id: uuid.UUID
    charger_id: str
    connector_no: int
    transaction_id: int
    id_token: str
    verdict: str
    meter_start_wh: int
    started_at: dt.datetime
    tariff: Tariff | None = None
    last_energy_wh: int | None = None
    last_power_w: float | None = None
    last_soc_pct: float | None = None
    last_sample_ms: int = 0
    stopped_at: dt.datetime | None = None
    inferred: bool = False
    closed_ms: int = 0  # on our clock, for pruning


@dataclass(frozen=True, slots=True, kw_only=True)
class Connector:
    """A connector's last state at the charger's own time."""

    state: ConnectorState
    error_code: str
    reported_at: dt.datetime
    since_mono_s: float = 0.0  # when we heard of this state first


@dataclass(frozen=True, slots=True, kw_only=True)
class Charger:
    """A charge point as last seen."""

    charger_id: str
    online: bool = False
    vendor: str = ""
    model: str = ""
    firmware: str = ""
    connectors: Mapping[int, Connector] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class OfflineStart:
    """A rental that began while the hub was not reached; the amount is what it puts at risk."""

    account_id: uuid.UUID | None
    amount_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HubContact:
    """Whether the hub is reachable. `since` is when that last changed; None until the first try of this start."""

    online: bool = False
    since: dt.datetime | None = None
    last_contact: dt.datetime | None = None
    last_contact_mono_s: float | None = None
    outdated: str | None = None  # who must be updated before they understand each other


@dataclass(frozen=True, slots=True, kw_only=True)
class CardPresented:
    """The last card held to a dock, for a few seconds. The UID never leaves the station's core."""

    read_id: uuid.UUID
    dock_no: int
    uid: str
    at: dt.datetime
    mono_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ListState:
    """One versioned list from the hub: its bytes as they came, and what this version understands of them."""

    version: int
    raw: Mapping[str, bytes]
    items: Mapping[str, Item]
    suspect: bool = False  # a delta did not fit: ask for the whole list


class HubOrderState(enum.StrEnum):
    """What became of an order from the hub."""

    DISPATCHED = "dispatched"
    ENDED = "ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class HubOrder:
    """An order from the hub, stored before it is carried out, so that it happens at most once."""

    order_id: uuid.UUID
    state: HubOrderState
    taken_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """The station."""

    station_id: uuid.UUID
    profile: StationItem
    boot: str = ""
    docks: Mapping[int, Dock] = field(default_factory=dict)
    occupants: Mapping[int, uuid.UUID] = field(default_factory=dict)
    rentals: Mapping[uuid.UUID, Rental] = field(default_factory=dict)
    quotes: Mapping[uuid.UUID, Quote] = field(default_factory=dict)
    handbacks: Mapping[uuid.UUID, Handback] = field(default_factory=dict)
    spent: Mapping[uuid.UUID, SpentVoucher] = field(default_factory=dict)
    pin_tries: Mapping[uuid.UUID, PinTries] = field(default_factory=dict)
    staff_tries: Mapping[str, PinTries] = field(default_factory=dict)
    staff_sessions: Mapping[uuid.UUID, StaffSession] = field(default_factory=dict)
    dock_acts: Mapping[int, DockAct] = field(default_factory=dict)
    used_reservations: Mapping[uuid.UUID, uuid.UUID] = field(default_factory=dict)
    leases: Mapping[uuid.UUID, Lease] = field(default_factory=dict)
    shaken: Mapping[uuid.UUID, float] = field(default_factory=dict)  # leases without a fit vehicle, since when
    walk_in_min: int = 0  # the station's own share for people without a booking
    woke_mono_s: float = -1e9
    sessions: Mapping[uuid.UUID, Session] = field(default_factory=dict)
    orphans: Mapping[str, int] = field(default_factory=dict)
    next_transaction_id: int = 1
    chargers: Mapping[str, Charger] = field(default_factory=dict)
    meters: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    hub: HubContact = field(default_factory=HubContact)
    card: CardPresented | None = None
    lists: Mapping[str, ListState] = field(default_factory=dict)
    rev: int = 0
    contact_ms: int = 0  # the last contact that was written down, by our clock; 0: none yet
    offline_starts: Mapping[uuid.UUID, OfflineStart] = field(default_factory=dict)
    revoked_ms: int = 0  # since when the hub refuses this station's key; 0: it does not
    kept: Mapping[str, bytes] = field(default_factory=dict)
    hub_orders: Mapping[uuid.UUID, HubOrder] = field(default_factory=dict)
