"""What something would cost: by the same rules, and the same choice of a tariff, as at the station."""

import datetime as dt
import uuid
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncSession

from hub.kernel.problem import invalid
from hub.payments import repository
from hub.payments.quote_schemas import NewQuote
from protocols.errors import Refused
from protocols.tariff.choice import Version, Wanted, choose
from protocols.tariff.tariff import Price, Used, price_of_charge, price_of_rental
from protocols.values import to_ms


class Vehicles(Protocol):
    """What a vehicle is rented by. Filled by the wiring."""

    async def priced_by(self, session: AsyncSession, vehicle_id: uuid.UUID) -> tuple[str, uuid.UUID | None] | None:
        """Its kind and its own tariff, if it has one; None when there is no such vehicle."""


class Zones(Protocol):
    """Where stations are, and whose. Filled by the wiring."""

    async def zones_of(self, session: AsyncSession, ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, dt.tzinfo]:
        """The time zones of these stations."""

    async def organisations_of(
        self, session: AsyncSession, ids: Collection[uuid.UUID]
    ) -> Mapping[uuid.UUID, uuid.UUID]:
        """Station → its organisation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quoted:
    """A price, and the version that it is by; `began_at` in the station's time zone."""

    version: Version
    price: Price
    began_at: dt.datetime
    not_counted: tuple[str, ...]


class Quotes:
    """Prices before anything is agreed."""

    def __init__(self, vehicles: Vehicles, zones: Zones) -> None:
        self._vehicles = vehicles
        self._zones = zones

    async def quote(self, session: AsyncSession, asked: NewQuote, now: dt.datetime) -> Quoted:
        """The price. Raises Refused `no_tariff`; a 422 for a vehicle, or a station, that does not exist."""
        wanted = await self._wanted(session, asked)
        began_at = (asked.from_at or now).astimezone(await self._zone(session, asked))
        version = choose(await repository.versions_for(session, asked.use), wanted, to_ms(began_at))
        if version is None or (asked.tariff_id is not None and version.tariff.tariff_id != asked.tariff_id):
            raise Refused("no_tariff")
        return Quoted(
            version=version,
            price=_price(version, asked, began_at),
            began_at=began_at,
            not_counted=tuple(_not_counted(version, asked)),
        )

    async def deposit_of(
        self, session: AsyncSession, vehicle_id: uuid.UUID, station_id: uuid.UUID, at: dt.datetime
    ) -> tuple[int, str] | None:
        """What is held for this vehicle by the tariff that holds then: minor units and currency."""
        found = await self._vehicles.priced_by(session, vehicle_id)
        kind, tariff_id = (None, None) if found is None else found
        wanted = Wanted(use="rental", kind=kind, station_id=station_id, tariff_id=tariff_id)
        # The hub itself may ask, for bookings of all organisations: by the tariffs of whose station it is.
        organisation_id = (await self._zones.organisations_of(session, [station_id])).get(station_id)
        version = choose(await repository.versions_for(session, "rental", organisation_id), wanted, to_ms(at))
        return None if version is None else (version.tariff.deposit_minor, version.tariff.currency)

    async def _wanted(self, session: AsyncSession, asked: NewQuote) -> Wanted:
        kind, tariff_id = asked.vehicle_kind, asked.tariff_id
        if asked.vehicle_id is not None:
            found = await self._vehicles.priced_by(session, asked.vehicle_id)
            if found is None:
                raise invalid("/vehicle_id", "there is no such vehicle")
            kind, tariff_id = found[0], tariff_id or found[1]
        return Wanted(use=asked.use, kind=kind, station_id=asked.station_id, tariff_id=tariff_id)

    async def _zone(self, session: AsyncSession, asked: NewQuote) -> dt.tzinfo:
        if asked.station_id is None:
            return dt.UTC
        zone = (await self._zones.zones_of(session, [asked.station_id])).get(asked.station_id)
        if zone is None:
            raise invalid("/station_id", "there is no such station")
        return zone


def _price(version: Version, asked: NewQuote, began_at: dt.datetime) -> Price:
    if asked.use == "charging":
        return price_of_charge(version.tariff, asked.energy_wh or 0)
    used = Used(distance_m=asked.distance_m, energy_wh=asked.energy_wh, late_s=float(asked.late_s))
    return price_of_rental(version.tariff, asked.duration_s, began_at=began_at, used=used)


def _not_counted(version: Version, asked: NewQuote) -> Iterable[str]:
    if asked.use == "rental":
        if version.tariff.per_km_minor and asked.distance_m is None:
            yield "distance"
        if version.tariff.ride_kwh_minor and asked.energy_wh is None:
            yield "energy"
        if version.tariff.late_hour_minor and not asked.late_s:
            yield "late"
