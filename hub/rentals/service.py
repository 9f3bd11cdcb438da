"""Use cases of rentals: fold what all stations saw into rentals, check the bills, use up reservations.

A batch is folded in a few statements: the rentals that it names, those of the same vehicles that it may change, and
what else was seen of these vehicles. Every change is a new value of the projection; the facts stay as they came.
"""

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Final, Protocol, TypeAlias

from sqlalchemy.ext.asyncio import AsyncSession

from hub import events
from hub.rentals import billed, limits, parking, repository, returns, rules, suspicion, telling
from hub.rentals.booking import Booking
from hub.rentals.leases import Names
from hub.rentals.moves import Cases
from hub.rentals.returns import Closing, Sighting
from hub.rentals.rides import ride_between
from hub.rentals.rules import Row, Told
from hub.rentals.tables import VehicleSighting
from protocols.errors import Refused
from protocols.sync import facts
from protocols.sync.changes import CloseRental, OrderBody
from protocols.tariff.tariff import Tariff
from protocols.values import from_ms, to_ms

CLOSE_LIFE_S: Final = 30 * 86_400.0  # a station may be away for long; a late word is harmless, a lost one is not


class Tariffs(Protocol):
    """The tariff versions that the payments' room knows. Filled by the wiring."""

    async def by_version(
        self, session: AsyncSession, wanted: Iterable[tuple[uuid.UUID, int]]
    ) -> dict[tuple[uuid.UUID, int], Tariff]:
        """These versions; what is not known is left out."""


class Places(Names, Protocol):
    """The stations' names and time zones. Filled by the wiring."""

    async def zones_of(self, session: AsyncSession, ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, dt.tzinfo]:
        """The time zones of these stations."""


class Sent(Protocol):
    """An order on its way."""

    @property
    def id(self) -> uuid.UUID:
        """Its id."""


class Orders(Protocol):
    """The way down to the stations. Filled by the wiring."""

    async def send_order(
        self, session: AsyncSession, station_id: uuid.UUID, body: OrderBody, *, life_s: float, by: uuid.UUID | None
    ) -> Sent:
        """Send an order. Raises Refused `not_found` for a station that does not exist."""


class Bills(Protocol):
    """Who must know what rides cost. Filled by the wiring."""

    async def see(self, session: AsyncSession, told: Sequence[events.Billed]) -> None:
        """What these rides cost now."""


Publish: TypeAlias = Callable[[AsyncSession, object], Awaitable[None]]


class Rentals:
    """Rentals as the stations tell them."""

    def __init__(
        self,
        tariffs: Tariffs,
        booking: Booking,
        orders: Orders,
        names: Places,
        cases: Cases,
        bills: Bills,
        publish: Publish,
    ) -> None:
        self._tariffs = tariffs
        self._booking = booking
        self._orders = orders
        self._names = names
        self._cases = cases
        self._bills = bills
        self._publish = publish

    async def when_rentals(self, session: AsyncSession, event: events.RentalsReported) -> None:
        """Apply a batch of rental facts of one station."""
        told = [(one, one.body) for one in event.facts if isinstance(one.body, telling.RentalFact)]
        if not told:
            return
        ids = {fact.rental_id for _, fact in told}
        vehicles = {fact.vehicle_id for _, fact in told if isinstance(fact, facts.RentalStarted | facts.RentalEnded)}
        since = min(one.hlc for one, _ in told)
        for vehicle_id, began_hlc in await repository.places(session, ids):
            vehicles |= set() if vehicle_id is None else {vehicle_id}
            since = since if began_hlc is None else min(since, began_hlc)
        await repository.line_up_vehicles(session, vehicles)
        before = await repository.rental_rows(session, ids, vehicles, since)
        earliest = _earliest(row for rental_id, row in before.items() if rental_id in ids)
        if earliest < since:  # an end from before its beginning: hardly ever
            since = earliest
            before = await repository.rental_rows(session, ids, vehicles, since)
        fresh: dict[uuid.UUID, Told] = {}
        rows = dict(before)
        for one, fact in told:
            if fact.rental_id not in rows:
                rows[fact.rental_id] = rules.new_rental(fact.rental_id, one.received_at)
            held = fresh.get(fact.rental_id) or rules.told_of(rows[fact.rental_id])
            fresh[fact.rental_id] = rules.with_word(
                held, one.station_id, one.hlc, one.fact_id, fact,
                told_hlc=one.told_hlc, uncertainty_ms=one.uncertainty_ms,
            )  # fmt: skip
        await self._fold(session, before, rows, fresh, since)

    async def when_custody(self, session: AsyncSession, event: events.CustodyReported) -> None:
        """Vehicles came or went without a rental that their station knew: it may be the end of another's."""
        seen = [_sighting(one) for one in event.facts if _is_loose(one.body)]
        if not seen:
            return
        vehicles, since = {row["vehicle_id"] for row in seen}, min(row["hlc"] for row in seen)
        await repository.line_up_vehicles(session, vehicles)
        again = {one.fact_id for one in event.facts if one.told_hlc is not None}
        if again:  # dated better: also what stood at its old place may change
            since = min([since, *await repository.hlcs_of(session, again)])
        await repository.put_sightings(session, seen, again=bool(again))
        rows = await repository.rental_rows(session, (), vehicles, since)
        await self._fold(session, rows, rows, {}, since)

    async def see(self, session: AsyncSession, seen: Sequence[Row]) -> None:
        """Vehicles were seen by others than stations; one that was seen so before stays as it was."""
        vehicles, since = {row["vehicle_id"] for row in seen}, min(row["hlc"] for row in seen)
        await repository.line_up_vehicles(session, vehicles)
        await repository.put_sightings(session, seen)
        rows = await repository.rental_rows(session, (), vehicles, since)
        await self._fold(session, rows, rows, {}, since)

    async def line_up(self, session: AsyncSession, rental_id: uuid.UUID) -> Row:
        """Let nobody fold the rides of this rental's vehicle until the transaction ends; the row as it stands then.

        Raises Refused `not_found`.
        """
        places = await repository.places(session, [rental_id])
        await repository.line_up_vehicles(session, {vehicle_id for vehicle_id, _ in places if vehicle_id is not None})
        row = (await repository.rental_rows(session, [rental_id], (), returns.OPEN)).get(rental_id)
        if row is None:
            raise Refused("not_found")
        return row

    async def look(self, session: AsyncSession, row: Row, *, there: bool, at_ms: int, by: uuid.UUID) -> None:
        """A person has looked where the vehicle should stand; `row` is what `line_up` gave."""
        since = _earliest([row])
        vehicles = () if row["vehicle_id"] is None else (row["vehicle_id"],)
        before = await repository.rental_rows(session, [row["id"]], vehicles, since)
        looked = row | {"parking_look": parking.look_of(row, there=there, at_ms=at_ms, by=by)}
        fresh = {row["id"]: rules.told_of(row)}
        await self._fold(session, before, before | {row["id"]: looked}, fresh, since)

    async def look_for_long_rides(self, session: AsyncSession, now: dt.datetime) -> None:
        """Every hour: who has not come back for a day."""
        rows = await repository.out_since(session, now - suspicion.LONG)
        await self._cases.see(session, [suspicion.long_ride(row) for row in rows])

    async def _fold(
        self,
        session: AsyncSession,
        before: dict[uuid.UUID, Row],
        rows: dict[uuid.UUID, Row],
        fresh: dict[uuid.UUID, Told],
        since: int,
    ) -> None:
        """Fold again what may have changed, and write what did. `fresh` are the rentals with new words."""
        every = {rental_id: fresh.get(rental_id) or rules.told_of(row) for rental_id, row in rows.items()}
        known = {rental_id: rules.ride_of(told) for rental_id, told in every.items()}
        sightings = await _sightings(session, every, known)
        due = [rental_id for rental_id, row in rows.items() if rental_id in fresh or _is_open(row, since)]
        rides = {rental_id: known[rental_id] for rental_id in due}
        wanted = {rules.tariff_of(ride) for ride in rides.values() if ride.left} - {None}
        tariffs = await self._tariffs.by_version(session, [one for one in wanted if one is not None])
        local = any(one.windows for one in tariffs.values())
        zones = await self._names.zones_of(session, {ride.station_id for ride in rides.values()}) if local else {}
        late = any(one.late_hour_minor for one in tariffs.values())
        booked = {one for ride in rides.values() if (one := rules.booking_of(ride)) is not None} if late else set()
        dues = await repository.dues(session, booked)
        after = {}
        for rental_id, ride in rides.items():
            closing = _closing(rental_id, ride, sightings)
            row = rules.folded(rows[rental_id], every[rental_id], ride, closing, tariffs, zones, dues)
            seen = sightings.get(ride.vehicle_id, ()) if ride.vehicle_id is not None else ()
            after[rental_id] = parking.with_parking(row, ride, closing, seen)
        await limits.flag(session, before, after)
        changed = [row for rental_id, row in after.items() if row != before.get(rental_id)]
        told = [case for row in changed for case in suspicion.cases_between(before.get(row["id"]), row)]
        await self._cases.see(session, told)
        for row in changed:
            if rules.close_order_due(row):
                await self._tell_its_station(session, row)
        await repository.put_rentals(session, changed)
        await self._bills.see(
            session, [bill for row in changed for bill in billed.bills_between(before.get(row["id"]), row)]
        )
        moved = [ride_between(before.get(row["id"]), row) for row in changed]
        if any(moved):
            await self._publish(session, events.RidesChanged(rides=[one for one in moved if one is not None]))
        await self._booking.settle(session, [row for row in changed if row["reservation_id"] is not None])

    async def _tell_its_station(self, session: AsyncSession, row: Row) -> None:
        where = await self._names.name_of(session, row["ended_station_id"])
        body = CloseRental(
            rental_id=row["id"], ended_ms=rules.ended_ms_of(row), where=where or "", reason=row["ended_by"]
        )
        try:
            sent = await self._orders.send_order(session, row["station_id"], body, life_s=CLOSE_LIFE_S, by=None)
        except Refused:
            return  # the station is no more: nobody there to tell
        row["close_order_id"] = sent.id


def _is_open(row: Row, since: int) -> bool:
    """Whether what was seen since then may change its end, or what is known of where it was left."""
    return bool(row["ended_hlc"] >= since or (row["parking_hlc"] is not None and row["parking_hlc"] >= since))


def _earliest(rows: Iterable[Row]) -> int:
    return min((word.hlc for row in rows for word in rules.words_of(rules.told_of(row))), default=returns.OPEN)


async def _sightings(
    session: AsyncSession, every: dict[uuid.UUID, Told], rides: dict[uuid.UUID, rules.Ride]
) -> dict[uuid.UUID, list[Sighting]]:
    """Of each vehicle all that was seen of it since the first of these rentals began, in order."""
    found: dict[uuid.UUID, list[Sighting]] = defaultdict(list)
    began = [one.hlc for told in every.values() for one in told.started]
    began += [one.hlc for told in every.values() for one in told.ended if one.body.parked]  # its beginning may come yet
    for rental_id, told in every.items():
        for one in rules.sightings_of(rental_id, told, rides[rental_id]):
            found[one.vehicle_id].append(one)
    if began:
        for loose in await repository.sightings(session, tuple(found), min(began)):
            found[loose.vehicle_id].append(_read(loose))
    for seen in found.values():
        seen.sort(key=lambda one: one.key)
    return found


def _closing(rental_id: uuid.UUID, ride: rules.Ride, sightings: dict[uuid.UUID, list[Sighting]]) -> Closing | None:
    if ride.started is None or not ride.left or ride.began_ms is None:
        return None
    seen: Sequence[Sighting] = sightings.get(ride.started.body.vehicle_id, ())
    return returns.closing_of(rental_id, ride.station_id, ride.started.key, ride.began_ms, seen)


def _is_loose(body: facts.Body) -> bool:
    return isinstance(body, facts.VehicleDocked | facts.VehicleUndocked) and body.rental_id is None


def _sighting(one: events.Reported[facts.Body]) -> Row:
    body = one.body
    assert isinstance(body, facts.VehicleDocked | facts.VehicleUndocked)  # noqa: S101  # _is_loose said so
    docked = isinstance(body, facts.VehicleDocked)
    at_ms = body.docked_ms if isinstance(body, facts.VehicleDocked) else body.undocked_ms
    battery = body.battery if isinstance(body, facts.VehicleDocked) else None
    return {
        "fact_id": one.fact_id,
        "vehicle_id": body.vehicle_id,
        "hlc": one.hlc,
        "station_id": one.station_id,
        "what": "docked" if docked else "left",
        "at": from_ms(at_ms),
        "dock_no": body.dock_no,
        "soc_pct": None if battery is None else battery.soc_pct,
        "uncertainty_ms": one.uncertainty_ms,
        "odometer_m": body.odometer_m if isinstance(body, facts.VehicleDocked) else None,
    }


def _read(row: VehicleSighting) -> Sighting:
    return Sighting(
        vehicle_id=row.vehicle_id,
        key=(row.hlc, row.station_id.bytes, row.fact_id.bytes),
        what=row.what,
        station_id=row.station_id,
        at_ms=to_ms(row.at),
        dock_no=row.dock_no,
        soc_pct=row.soc_pct,
        uncertainty_ms=row.uncertainty_ms,
        odometer_m=row.odometer_m,
    )
