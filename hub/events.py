"""The hub's past tense: what one domain tells the others. Plain frozen values, no behaviour.

What stations report comes in groups (`…Reported`), one per batch and business, so that a domain can write a
whole batch in a few statements. The bodies are the wire's own (`protocols.sync.facts`); they stand in the order
of their numbers in one lane, but lanes overtake each other and old epochs may arrive late: order by `hlc`.
"""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

import msgspec

from protocols.sync import facts
from protocols.sync.envelope import Backlog, Clock, Health
from protocols.values import BatteryReading

B_co = TypeVar("B_co", bound=facts.Body, covariant=True)


class Reported(msgspec.Struct, Generic[B_co], frozen=True, kw_only=True, gc=False):
    """One fact of a station; `received_at` is by the hub's clock, `hlc` by the station's.

    Where the station did not know the time, the body's instants and `hlc` are the hub's best word, off by
    `uncertainty_ms` at most; `told_hlc` is then the station's own. The same fact may be told again with a better date.

    A struct, not a dataclass: five hundred are made for every request.
    """

    station_id: uuid.UUID
    fact_id: uuid.UUID
    hlc: int
    received_at: dt.datetime
    body: B_co
    told_hlc: int | None = None
    uncertainty_ms: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RentalsReported:
    """Rentals began, became rides, came to nothing or ended."""

    facts: Sequence[Reported[facts.Body]]


@dataclass(frozen=True, slots=True, kw_only=True)
class CustodyReported:
    """Vehicles were pushed into docks or left them."""

    facts: Sequence[Reported[facts.Body]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargingReported:
    """Charging sessions began, were metered, ended."""

    facts: Sequence[Reported[facts.Body]]


@dataclass(frozen=True, slots=True, kw_only=True)
class DevicesReported:
    """Docks, chargers and the agent itself were seen, failed, recovered."""

    facts: Sequence[Reported[facts.Body]]


@dataclass(frozen=True, slots=True, kw_only=True)
class OrdersReported:
    """Orders came to their end."""

    facts: Sequence[Reported[facts.Body]]


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffReported:
    """Staff did something by hand at a station."""

    facts: Sequence[Reported[facts.Body]]


@dataclass(frozen=True, slots=True, kw_only=True)
class LeasesReported:
    """Stations keep vehicles for the hub, or do so no longer."""

    facts: Sequence[Reported[facts.Body]]


@dataclass(frozen=True, slots=True, kw_only=True)
class StationAdded:
    """A station exists from now on; it may enrol and is told what all stations are told."""

    station_id: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class StationKeyChanged:
    """A station's key was revoked (`revoked_at`), or it was enrolled (None)."""

    station_id: uuid.UUID
    revoked_at: dt.datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StationSeen:
    """A station has spoken: a sync, or a sign of life on its live link. `came`, `left`: that link opened, closed.

    A sync also says what its clocks showed, what waits there, and (a newer agent) how it is.
    """

    station_id: uuid.UUID
    at: dt.datetime
    agent: str | None = None
    came: bool = False
    left: bool = False
    clock: Clock | None = None
    backlog: Sequence[Backlog] = ()
    health: Health | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BatteriesSeen:
    """A station's picture shows the batteries of the vehicles in its docks; `at_ms` is by the station's clock."""

    station_id: uuid.UUID
    at_ms: int
    batteries: Mapping[uuid.UUID, BatteryReading]


@dataclass(frozen=True, slots=True, kw_only=True)
class StationPresented:
    """How a station presents itself from now on."""

    station_id: uuid.UUID
    name: str
    currency: str
    latitude: float | None
    longitude: float | None
    min_soc_pct: float


@dataclass(frozen=True, slots=True, kw_only=True)
class VehicleRegistered:
    """What the fleet says of a vehicle. `why_not` empty: for rent, until `papers_until`. Energies of a new battery."""

    vehicle_id: uuid.UUID
    label: str
    kind: str
    model: str
    type_id: uuid.UUID | None
    tariff_id: uuid.UUID | None
    full_range_km: float
    battery_wh: float | None
    wh_per_km: float | None
    charge_w: float | None
    why_not: str
    papers_until: dt.datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class VehiclesRegistered:
    """Vehicles are new, or registered differently; each stands here once."""

    vehicles: Sequence[VehicleRegistered]


@dataclass(frozen=True, slots=True, kw_only=True)
class VehiclePlaced:
    """Where a vehicle is, or was last, and its battery as it was last read; `soc_at` by the station's clock."""

    vehicle_id: uuid.UUID
    station_id: uuid.UUID
    dock_no: int
    docked: bool
    soc_pct: float | None
    soh_pct: float | None
    soc_at: dt.datetime | None
    faulty: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class VehiclesPlaced:
    """Vehicles have come, gone or were read; each stands here once. Told by the fleet, whatever order facts came in."""

    vehicles: Sequence[VehiclePlaced]


@dataclass(frozen=True, slots=True, kw_only=True)
class RideChanged:
    """A ride as all facts so far tell it. `is_ride` False: nothing has come of it (yet), or nothing after all."""

    rental_id: uuid.UUID
    vehicle_id: uuid.UUID | None
    is_ride: bool
    station_id: uuid.UUID
    started_at: dt.datetime | None
    ended_station_id: uuid.UUID | None
    ended_at: dt.datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RidesChanged:
    """Rides began, ended, were dated anew, or came to nothing; each stands here once."""

    rides: Sequence[RideChanged]


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingChanged:
    """A booking has come to another phase (`hub.rentals.machine`); `reason` says why, if there is one."""

    reservation_id: uuid.UUID
    account_id: uuid.UUID
    station_id: uuid.UUID
    vehicle_id: uuid.UUID | None
    before: str
    phase: str
    reason: str
    from_at: dt.datetime
    until_at: dt.datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseSeen:
    """Something that a person must look at, or (`standing` False) that later facts explain: `why` says how.

    `kind` and `about` name the case: the same facts in any order name the same ones. `seen_at` is by the facts'
    clocks; `seen` is what was seen, in plain JSON values.
    """

    kind: str
    about: uuid.UUID
    seen_at: dt.datetime
    standing: bool = True
    station_ids: tuple[uuid.UUID, ...] = ()
    account_id: uuid.UUID | None = None
    rental_id: uuid.UUID | None = None
    subjects: Mapping[str, uuid.UUID] = field(default_factory=dict)
    seen: Mapping[str, str | int | float | bool | None] = field(default_factory=dict)
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseChanged:
    """A case is open, acknowledged or resolved now. `by` None with `resolved`: later facts explain it."""

    case_id: uuid.UUID
    kind: str
    state: str
    account_id: uuid.UUID | None = None
    rental_id: uuid.UUID | None = None
    by: uuid.UUID | None = None
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StationEmpty:
    """A station asks for everything: its store is new, or was lost."""

    station_id: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class HubBehind:
    """A station knows changes that this hub does not: the hub was restored from a backup.

    What it lacks of facts comes again by itself; what people did at the hub since then does not.
    """

    station_id: uuid.UUID
    at: dt.datetime
    hub_rev: int
    station_rev: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StationForked:
    """Under one station's name another history was told: a copied or restored card, or a stolen key.

    The hub holds `acked` facts of this lane and epoch; what differs from them was not taken.
    """

    station_id: uuid.UUID
    at: dt.datetime
    lane: str
    epoch: int
    acked: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FactsLost:
    """A station told that facts of one lane are lost for good: `gone` of them (0: nobody knows how many), and why."""

    station_id: uuid.UUID
    at: dt.datetime
    lane: str
    gone: int
    reason: str  # damaged | shed, or what a later agent says


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldChanged:
    """A deposit for a booking, or for a rental that was not booked, stands so now.

    `state`: asking, waiting (for the payer), held, capturing, captured, returning, released, declined (`code` says
    why), lost.
    """

    subject_id: uuid.UUID
    rental_id: uuid.UUID | None
    account_id: uuid.UUID
    state: str
    amount_minor: int
    currency: str
    code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Billed:
    """What a ride or a charge costs now: gross minor units and the tax inside. Told again when it changes."""

    use: str  # rental | charging | booking (a fee for cancelling late or not coming)
    subject_id: uuid.UUID
    account_id: uuid.UUID | None
    station_id: uuid.UUID | None
    currency: str
    total_minor: int
    tax_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """Something that holds now and should not for long: what a watcher of alarms sees when it looks.

    `rule` names the kind, `subject` what it is about within the station (`dock 3`, a vehicle's id; empty: the station
    itself). `since`: when it began as far as is known; None: when it was seen first. `seen` is for people.
    """

    rule: str
    station_id: uuid.UUID | None
    subject: str = ""
    since: dt.datetime | None = None
    organisation_id: uuid.UUID | None = None
    seen: Mapping[str, str | int | float | bool | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmChanged:
    """An alarm was raised, came again soon after it was cleared, was cleared, acknowledged, muted or unmuted.

    `muted`: people do not want to hear of it now. An alarm that flaps is raised once; the rest is `again`.
    """

    alarm_id: uuid.UUID
    rule: str
    severity: str  # info | warning | critical
    what: str  # raised | again | cleared | acknowledged | muted | unmuted
    at: dt.datetime
    station_id: uuid.UUID | None
    subject: str
    muted: bool
    by: uuid.UUID | None = None
