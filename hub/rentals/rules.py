"""Pure: what stations told of a rental, kept as their words, and the row that follows from them.

A row is a fold of words, never a change of a row: whatever order they come in, the same words give the same row.
Of words of one kind from one station the earliest (by the station's hybrid clock) stands; one that differs from it,
or that another station says, flags the rental `contradiction`. A vehicle that left its dock is a ride: nothing that
is told later un-opens it. Where a ride ended stands in `returns`.
"""

import datetime as dt
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, Generic, TypeAlias, TypeVar

import msgspec

from hub.rentals import pricing
from hub.rentals.bills import bill_row
from hub.rentals.returns import OPEN, PARKED, Closing, Sighting
from hub.rentals.telling import RentalFact, columns_of
from protocols.sync import facts
from protocols.tariff.tariff import Tariff, Used, distance_m, price_of_rental
from protocols.values import from_ms, to_ms

Row: TypeAlias = dict[str, Any]
B = TypeVar("B")
_FOLDED: Final = (
    "vehicle_id", "dock_no", "account_id", "renter_by", "voucher_id", "reservation_id", "card_uid", "tariff_id",
    "tariff_version", "offline", "started_at", "undocked_at", "ended_at", "ended_dock_no", "ended_station_id",
    "ended_by", "voided_at", "void_reason", "duration_s", "duration_by", "currency", "total_minor", "tax_minor",
    "bill", "price_checked", "soc_start_pct", "soc_end_pct", "distance_m", "late_s", "began_hlc",
)  # fmt: skip
UNCERTAIN_S: Final = 2.0  # what people are told of


class Word(msgspec.Struct, Generic[B], frozen=True, kw_only=True, omit_defaults=True):
    """A fact as one station told it; where it did not know the time, as the hub dates it (`told_hlc`: its own)."""

    station_id: uuid.UUID
    hlc: int
    fact_id: uuid.UUID
    body: B
    told_hlc: int | None = None
    uncertainty_ms: int = 0

    @property
    def key(self) -> tuple[int, bytes, bytes]:
        """The order of all words of all stations."""
        return (self.hlc, self.station_id.bytes, self.fact_id.bytes)

    @property
    def told(self) -> tuple[int, bytes]:
        """The order in which its own station told it."""
        return (self.hlc if self.told_hlc is None else self.told_hlc, self.fact_id.bytes)


class Told(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """All that was told of a rental: of each kind the earliest word of each station."""

    started: tuple[Word[facts.RentalStarted], ...] = ()
    activated: tuple[Word[facts.RentalActivated], ...] = ()
    voided: tuple[Word[facts.RentalVoided], ...] = ()
    ended: tuple[Word[facts.RentalEnded], ...] = ()
    differs: bool = False  # a station has told the same thing in two ways


@dataclass(frozen=True, slots=True, kw_only=True)
class Ride:
    """The words that stand, and what they say together. Without `started` neither is a beginning known."""

    station_id: uuid.UUID
    started: Word[facts.RentalStarted] | None
    activated: Word[facts.RentalActivated] | None
    voided: Word[facts.RentalVoided] | None
    ended: Word[facts.RentalEnded] | None
    contradicted: bool

    @property
    def left(self) -> bool:
        """Whether the vehicle left its dock."""
        return self.activated is not None or self.ended is not None

    @property
    def vehicle_id(self) -> uuid.UUID | None:
        """The vehicle, as far as it is known."""
        if self.started is not None:
            return self.started.body.vehicle_id
        return None if self.ended is None else self.ended.body.vehicle_id

    @property
    def began_ms(self) -> int | None:
        """From when the ride is billed."""
        if self.activated is not None:
            return self.activated.body.undocked_ms
        return None if self.started is None else self.started.body.started_ms

    @property
    def began_uncertainty_ms(self) -> int:
        """By how much `began_ms` may be off."""
        word = self.started if self.activated is None else self.activated
        return 0 if word is None else word.uncertainty_ms

    @property
    def words(self) -> list[Word[Any]]:
        """Those that stand."""
        every = (self.started, self.activated, self.voided, self.ended)
        return [word for word in every if word is not None]


_decoder: Final = msgspec.json.Decoder(Told)


def told_of(row: Row) -> Told:
    """What a row keeps of the stations' words."""
    return _decoder.decode(row["told"])


def began_by(told: bytes) -> facts.RentalStarted | None:
    """What its station said when it began."""
    started = ride_of(_decoder.decode(told)).started
    return None if started is None else started.body


def with_word(
    told: Told,
    station_id: uuid.UUID,
    hlc: int,
    fact_id: uuid.UUID,
    fact: RentalFact,
    *,
    told_hlc: int | None = None,
    uncertainty_ms: int = 0,
) -> Told:
    """The words with one more, or with a better date of one that is there.

    Raises Malformed, ValueError or OverflowError for one that no row could hold.
    """
    columns_of(fact)
    name = _kind(fact)
    new: Word[Any] = Word(
        station_id=station_id, hlc=hlc, fact_id=fact_id, body=fact, told_hlc=told_hlc, uncertainty_ms=uncertainty_ms
    )
    words: tuple[Word[Any], ...] = getattr(told, name)
    if not words:
        return msgspec.structs.replace(told, **{name: (new,)})
    held = next((one for one in words if one.station_id == station_id), None)
    if held is None:
        kept = tuple(sorted((*words, new), key=lambda one: one.key))
        return msgspec.structs.replace(told, **{name: kept})
    same = held.fact_id == new.fact_id
    first = new if same else min(held, new, key=lambda one: one.told)
    kept = tuple(sorted((*(one for one in words if one is not held), first), key=lambda one: one.key))
    differs = told.differs or (not same and held.body != new.body)
    return msgspec.structs.replace(told, differs=differs, **{name: kept})


def _kind(fact: RentalFact) -> str:
    match fact:
        case facts.RentalStarted():
            return "started"
        case facts.RentalActivated():
            return "activated"
        case facts.RentalVoided():
            return "voided"
        case facts.RentalEnded():
            return "ended"


def words_of(told: Told) -> list[Word[Any]]:
    """Every word, standing or not."""
    return [*told.started, *told.activated, *told.voided, *told.ended]


def ride_of(told: Told) -> Ride:
    """Whose word stands: the station's where the rental began; until that is known, the earliest speaker's."""
    every = words_of(told)
    first = told.started[0] if len(told.started) == 1 else min(told.started or every, key=lambda one: one.key)
    station_id = first.station_id
    started, activated = _by(told.started, station_id), _by(told.activated, station_id)
    voided, ended = _by(told.voided, station_id), _by(told.ended, station_id)
    return Ride(
        station_id=station_id,
        started=started,
        activated=activated,
        voided=voided,
        ended=ended,
        contradicted=told.differs
        or any(one.station_id != station_id for one in every)
        or (voided is not None and (activated is not None or ended is not None))
        or (started is not None and ended is not None and _disagree(started.body, ended.body)),
    )


def _by(words: tuple[Word[B], ...], station_id: uuid.UUID) -> Word[B] | None:
    return next((one for one in words if one.station_id == station_id), None)


def _disagree(started: facts.RentalStarted, ended: facts.RentalEnded) -> bool:
    bill = ended.bill
    return (started.vehicle_id, started.tariff_id, started.tariff_version) != (
        ended.vehicle_id,
        bill.tariff_id,
        bill.tariff_version,
    )


def sightings_of(rental_id: uuid.UUID, told: Told, ride: Ride) -> Iterator[Sighting]:
    """Where the words say that the rental's vehicle stood: begun from a dock, pushed into one.

    It is one vehicle, the one that the rental began with: an end that names another is a contradiction, not a clue.
    """
    vehicle_id = ride.vehicle_id
    if vehicle_id is None:
        return
    for start in told.started:
        began = start.body
        yield Sighting(
            vehicle_id=vehicle_id, key=start.key, what="started", station_id=start.station_id,
            at_ms=began.started_ms, dock_no=began.dock_no, rental_id=rental_id, uncertainty_ms=start.uncertainty_ms,
        )  # fmt: skip
    for end in told.ended:
        back = end.body
        yield Sighting(
            vehicle_id=vehicle_id, key=end.key, what="docked", station_id=end.station_id, at_ms=back.ended_ms,
            dock_no=back.dock_no, rental_id=rental_id, soc_pct=None if back.battery is None else back.battery.soc_pct,
            uncertainty_ms=end.uncertainty_ms, odometer_m=back.odometer_m,
        )  # fmt: skip


def tariff_of(ride: Ride) -> tuple[uuid.UUID, int] | None:
    """The tariff version that the rental was begun with."""
    if ride.started is not None:
        return (ride.started.body.tariff_id, ride.started.body.tariff_version)
    return None if ride.ended is None else (ride.ended.body.bill.tariff_id, ride.ended.body.bill.tariff_version)


def booking_of(ride: Ride) -> uuid.UUID | None:
    """The reservation that the rental was begun with."""
    return None if ride.started is None else ride.started.body.renter.reservation_id


def folded(
    row: Row,
    told: Told,
    ride: Ride,
    closing: Closing | None,
    tariffs: Mapping[tuple[uuid.UUID, int], Tariff],
    zones: Mapping[uuid.UUID, dt.tzinfo] = MappingProxyType({}),
    dues: Mapping[uuid.UUID, dt.datetime] = MappingProxyType({}),
) -> Row:
    """The row that follows from the words and from where the ride ended.

    `zones`: the stations', else UTC is taken. `dues`: until when reservations go, where that may matter.
    """
    after = row | dict.fromkeys(_FOLDED) | {"station_id": ride.station_id, "told": msgspec.json.encode(told)}
    for word in reversed(ride.words):
        after |= columns_of(word.body)
    wanted = tariff_of(ride)
    tariff = None if wanted is None else tariffs.get(wanted)
    flags = {"contradiction"} if ride.contradicted else set()
    zone, due_ms = zones.get(ride.station_id, dt.UTC), _due_ms(ride, dues)
    if ride.ended is not None and ride.started is None:
        flags.add("orphan_return")
    if closing is not None and closing.ended_by != "station":
        after |= _closed(ride, closing, tariff, zone, due_ms)
        flags |= _flags_of(after, ride, closing)
    elif ride.ended is not None:
        billed = None if tariff is None else _is_right(after, tariff, ride, zone)
        after |= {"ended_by": "station", "ended_station_id": ride.station_id, "price_checked": billed}
        forgiven = _forgiven(ride, tariff, zone, due_ms) if tariff is not None and billed else {}
        after |= forgiven
        flags |= {"late_forgiven"} if forgiven else set()
        flags |= {PARKED} if ride.ended.body.parked else set()
    after["state"] = _state(after)
    over = closing is not None or after["state"] in {"ended", "voided"}
    hlcs = [word.hlc for word in words_of(told)]
    after["began_hlc"] = None if ride.started is None else ride.started.hlc
    after["ended_hlc"] = OPEN if not over else max(hlcs) if closing is None else closing.hlc
    after["settled_hlc"] = OPEN if not over else max([*hlcs, after["ended_hlc"]])
    doubtful = [word.uncertainty_ms for word in ride.words] + [0 if closing is None else closing.uncertainty_ms]
    after["uncertainty_s"] = max(doubtful) / 1000
    if after["uncertainty_s"] > UNCERTAIN_S:
        flags.add("time_uncertain")
    after["flags"] = flags_text(flags)
    return after


def _due_ms(ride: Ride, dues: Mapping[uuid.UUID, dt.datetime]) -> int | None:
    """When it was to be back: by the booking as it stands here, which may have more time than its station knew."""
    booking = booking_of(ride)
    if booking is not None and booking in dues:
        return to_ms(dues[booking])
    return None if ride.started is None else ride.started.body.due_ms


def _forgiven(ride: Ride, tariff: Tariff, zone: dt.tzinfo, due_ms: int | None) -> Row:
    """The hub's bill, where the ride got more time and its station billed as late what was not; else nothing."""
    told = None if ride.ended is None else ride.ended.body
    if told is None or due_ms is None or ride.began_ms is None:
        return {}
    late_s = max(0, told.ended_ms - due_ms) / 1000
    if late_s >= told.late_s:
        return {}
    used = Used(distance_m=told.distance_m, energy_wh=told.energy_wh, late_s=late_s)
    began_at = from_ms(ride.began_ms).astimezone(zone)
    price = price_of_rental(tariff, told.duration_s, began_at=began_at, used=used)
    return bill_row(price) | {"late_s": late_s} if price.total_minor < told.bill.total_minor else {}


def _closed(ride: Ride, closing: Closing, tariff: Tariff | None, zone: dt.tzinfo, due_ms: int | None) -> Row:
    """The end that the hub made out, with the hub's own bill."""
    began_ms = closing.at_ms if ride.began_ms is None else ride.began_ms
    # In the renter's favour: no longer than it has been for certain.
    doubtful_ms = ride.began_uncertainty_ms + closing.uncertainty_ms
    duration_s = max(0, closing.at_ms - began_ms - doubtful_ms) / 1000
    late_s = 0.0 if due_ms is None else max(0, closing.at_ms - due_ms - closing.uncertainty_ms) / 1000
    used = Used(distance_m=_distance_m(ride, closing), late_s=late_s)
    closed: Row = {
        "ended_at": from_ms(closing.at_ms),
        "ended_by": closing.ended_by,
        "ended_station_id": closing.station_id,
        "ended_dock_no": closing.dock_no,
        "soc_end_pct": closing.soc_pct,
        "duration_s": duration_s,
        "duration_by": "wall",
        "distance_m": used.distance_m,
        "late_s": used.late_s,
    }
    began_at = from_ms(began_ms).astimezone(zone)
    return closed | bill_row(
        None if tariff is None else price_of_rental(tariff, duration_s, began_at=began_at, used=used)
    )


def _distance_m(ride: Ride, closing: Closing) -> int | None:
    """As the stations reckon it: in the renter's favour where the odometer makes no sense."""
    began_m = None if ride.started is None else ride.started.body.odometer_m
    return distance_m(began_m, closing.odometer_m)


def _flags_of(row: Row, ride: Ride, closing: Closing) -> set[str]:
    flags = {closing.ended_by}
    if closing.station_id != ride.station_id:
        flags.add("two_clocks")
    if ride.began_ms is not None and closing.at_ms < ride.began_ms:
        flags.add("clocks_disagree")
    if row["total_minor"] is None:
        flags.add("unpriced")
    if ride.ended is not None:
        flags.add("station_bill_replaced")
    return flags


def flags_text(flags: set[str]) -> str:
    """Flags as the column keeps them, so that one can be found by LIKE."""
    return f" {' '.join(sorted(flags))} " if flags else ""


def close_order_due(row: Row) -> bool:
    """Whether the station must be told that its rental is over: it has not seen the end, nor heard of it yet."""
    told_itself = any(one.station_id == row["station_id"] for one in told_of(row).ended)
    ended_elsewhere = row["state"] == "ended" and row["ended_by"] != "station"
    return ended_elsewhere and not told_itself and row["close_order_id"] is None


def ended_ms_of(row: Row) -> int:
    """When the ride ended, for the wire."""
    return to_ms(row["ended_at"])


def _state(row: Row) -> str:
    if row["ended_at"] is not None:
        return "ended"
    if row["undocked_at"] is not None:
        return "active"
    return "starting" if row["voided_at"] is None else "voided"


def _is_right(row: Row, tariff: Tariff, ride: Ride, zone: dt.tzinfo) -> bool | None:
    if ride.ended is None:
        return None
    ended_ms = to_ms(row["ended_at"])
    began_ms, uncertain = (ended_ms, True) if ride.began_ms is None else (ride.began_ms, ride.began_uncertainty_ms > 0)
    return pricing.is_right(tariff, ride.ended.body, from_ms(began_ms).astimezone(zone), uncertain=uncertain)


def new_rental(rental_id: uuid.UUID, created_at: object) -> Row:
    """A rental of which nothing is told yet."""
    new: Row = {"id": rental_id, "created_at": created_at, "close_order_id": None, "told": b"{}", "flags": ""}
    new |= {"parking": None, "parking_hlc": None, "parking_look": None}
    return (
        new
        | {"station_id": None, "state": "starting", "ended_hlc": OPEN, "settled_hlc": OPEN, "uncertainty_s": 0.0}
        | dict.fromkeys(_FOLDED)
    )
