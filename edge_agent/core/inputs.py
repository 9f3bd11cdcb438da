"""What the links, the kiosk and the hub tell the station: the only things that can change its state.

Every input is frozen and says what was seen, never what to do. A link that saw something calls
``tell(input)``; somebody who waits for an answer calls ``await ask(question)``. What a wire calls these
things stays in the wire's room.
"""

import datetime as dt
import enum
import uuid
from dataclasses import dataclass

from protocols.kiosk.actions import ByCard, ByReservation, ByVoucher
from protocols.values import BatteryReading


class LockState(enum.StrEnum):
    """What the lock's own sensors say."""

    LOCKED = "locked"
    UNLOCKED = "unlocked"
    MOVING = "moving"
    STUCK = "stuck"


class DockKind(enum.StrEnum):
    """The two kinds of dock: a latch for two-wheelers, a bay for cars with a key box."""

    LATCH = "latch"
    BAY = "bay"


class Outcome(enum.StrEnum):
    """How an order to a device ended."""

    DONE = "done"
    REFUSED = "refused"  # the device answered and said no (stuck, wrong state)
    NO_ANSWER = "no_answer"  # all retries went unanswered; it may or may not have been carried out
    EXPIRED = "expired"  # its time was over before it was dispatched


# --- docks ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class DockFound:
    """A dock answered for the first time since the agent started or since it was lost; its session stands."""

    dock_no: int
    kind: DockKind
    serial: str
    firmware: str
    can_charge: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DockLost:
    """A dock does not answer (after all retries) or fails its proof. `reason`: no_answer, bad_proof."""

    dock_no: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DockReported:
    """One status of a dock. Sent at every change and at least every 10 s while the dock answers."""

    dock_no: int
    lock: LockState
    vehicle_present: bool
    vehicle_id: uuid.UUID | None  # None: no vehicle, or its tag could not be read
    presence_age_s: float  # how long ago `vehicle_present` last changed, by the dock's own timer
    contactor_closed: bool
    tamper: bool
    supply_voltage_v: float
    temperature_c: float
    age_since_restart: bool = False  # the dock restarted since that change: it was at least so long ago
    odometer_m: int | None = None  # what the vehicle has run in all, where dock and vehicle tell it


@dataclass(frozen=True, slots=True, kw_only=True)
class BatteryReported:
    """The battery of the vehicle that stands in the dock."""

    dock_no: int
    battery: BatteryReading


@dataclass(frozen=True, slots=True, kw_only=True)
class CardRead:
    """A card was held to a dock's reader. `uid` is upper-case hex (ISO/IEC 14443 UID, 4, 7 or 10 bytes)."""

    dock_no: int
    uid: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DockOrderEnded:
    """What became of an order that was handed to the dock link. Sent exactly once for every order."""

    order_id: uuid.UUID
    dock_no: int
    outcome: Outcome
    detail: str = ""


# --- chargers ------------------------------------------------------------------------------------------


class ConnectorState(enum.StrEnum):
    """A connector's state, in our own words for every OCPP version."""

    AVAILABLE = "available"
    PREPARING = "preparing"
    CHARGING = "charging"
    SUSPENDED = "suspended"
    FINISHING = "finishing"
    RESERVED = "reserved"
    UNAVAILABLE = "unavailable"
    FAULTED = "faulted"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargerFound:
    """A charge point is connected (and, where it booted, told us who it is)."""

    charger_id: str
    vendor: str = ""
    model: str = ""
    firmware: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargerLost:
    """A charge point's connection is gone. Its open transactions stay open."""

    charger_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectorReported:
    """A connector's state at the charger's own time; apply by `reported_at`, not by arrival. 0 = the station."""

    charger_id: str
    connector_no: int
    state: ConnectorState
    error_code: str
    reported_at: dt.datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterSample:
    """One instant of a charging meter. Energy is the meter's register in Wh, not the session's share."""

    sampled_at: dt.datetime
    energy_wh: int | None = None
    power_w: float | None = None
    current_a: float | None = None
    voltage_v: float | None = None
    soc_pct: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargeMetered:
    """Meter values of a connector. `transaction_id` None where the charger did not say."""

    charger_id: str
    connector_no: int
    transaction_id: int | None
    samples: tuple[MeterSample, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargerOrderEnded:
    """What became of an order that was handed to the charger link. Sent exactly once for every order."""

    order_id: uuid.UUID
    charger_id: str
    outcome: Outcome
    detail: str = ""


class CardVerdict(enum.StrEnum):
    """What a charger is told about an id token."""

    ACCEPTED = "accepted"
    BLOCKED = "blocked"
    EXPIRED = "expired"
    INVALID = "invalid"
    CONCURRENT = "concurrent"


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorizeCard:
    """Question: may this card charge here? Answer: `CardAnswer`."""

    charger_id: str
    id_token: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CardAnswer:
    """Answer to `AuthorizeCard`."""

    verdict: CardVerdict
    expires_at: dt.datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargeStarted:
    """Question: a charger began a transaction (perhaps long ago, while off line). Answer: `ChargeAnswer`.

    The same (charger_id, connector_no, id_token, started_at, meter_start_wh) is the same transaction,
    whatever its message id: it gets the same answer and makes no second fact.
    """

    charger_id: str
    connector_no: int
    id_token: str
    meter_start_wh: int
    started_at: dt.datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargeAnswer:
    """Answer to `ChargeStarted`: a transaction id > 0 that is never given twice, also for a refused card."""

    transaction_id: int
    verdict: CardVerdict


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargeStopped:
    """Question: a charger ended a transaction. Answer: None, always; bad data is kept as it came.

    `transaction_id` may be one that we never gave (-1, 0, invented): it is matched by connector and time.
    """

    charger_id: str
    transaction_id: int
    meter_stop_wh: int
    stopped_at: dt.datetime
    reason: str  # our words: local, remote, ev_disconnected, power_loss, de_authorized, reboot, other
    id_token: str | None = None
    samples: tuple[MeterSample, ...] = ()


# --- meters --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterReported:
    """A grid meter's readings by our names (power_w, power_l1_w, voltage_l1_v, energy_import_wh, …)."""

    meter_id: str
    readings: dict[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterLost:
    """A meter does not answer."""

    meter_id: str
    reason: str


# --- the hub -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class HubReached:
    """An exchange with the hub succeeded. `hub_at` is the hub's clock in its reply.

    `level`: the hub holds all our business facts now.
    """

    hub_at: dt.datetime
    level: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class HubUnreachable:
    """An exchange with the hub failed; `reason` is a short code (connect, timeout, http_503, …)."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRevoked:
    """The hub says that it takes nothing more that is signed by this station's key. TLS says that it is the hub."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangesArrived:
    """Question: changes from the hub, up to `rev`, each as its raw JSON. Answer: None once they are committed.

    `hub_at_ms` is the hub's clock when it said so, heard at `heard_mono_s`: by these an order's age is known without
    any clock of ours.
    """

    rev: int
    changes: tuple[bytes, ...]
    hub_at_ms: int | None = None
    heard_mono_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What the station holds of the hub's changes: the last revision and each list's version (0: send it whole)."""

    rev: int
    lists: tuple[tuple[str, int], ...]


# --- people at the kiosk -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class QuoteAsked:
    """Question: what would this person pay for this dock's vehicle? Answer: `state.Quote`; raises `Refused`."""

    who: ByVoucher | ByReservation | ByCard
    dock_no: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreed:
    """Question: yes to a quote. Answer: `state.Rental`, committed; the unlock is on its way. Raises `Refused`."""

    quote_id: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class MoreTimeAsked:
    """Question: keep the dock open longer. Answer: `state.Rental`; raises `Refused`."""

    rental_id: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class NotOpenReported:
    """Question: a person says that the dock did not open. Answer: `state.Rental`; raises `Refused`."""

    rental_id: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class HandbackAsked:
    """Question: somebody cannot return his vehicle, for no dock is free. Answer: `state.Handback`; raises `Refused`."""

    who: ByVoucher | ByReservation | ByCard


@dataclass(frozen=True, slots=True, kw_only=True)
class VehicleParked:
    """Question: it stands beside the docks, locked. Answer: `state.Rental`, ended; raises `Refused`."""

    handback_id: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticked:
    """A second has passed: what is due is looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentWoke:
    """The agent has started; `epoch` is the store's new one. In `last_boot` it ran until `last_mono_s` at least."""

    epoch: int
    version: str
    unclean: bool
    last_boot: str = ""
    last_mono_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockMoved:
    """The station's clock was put right (`reason` hub, ntp), or the machine's clock jumped under it (jump)."""

    reason: str
    old_ms: int
    new_ms: int
    offset_ms: int  # the station's clock less the machine's, afterwards
