"""Use cases of stations: add, edit, hear their facts, know when they were last heard of."""

import datetime as dt
import uuid
import zoneinfo
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, Final, Protocol

import msgspec
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from hub import events
from hub.kernel.clock import Clock
from hub.kernel.db import after_commit, violates
from hub.kernel.nudges import CONSOLES, Nudges
from hub.stations import glance, repository, rules
from hub.stations.schemas import NewStation, StationEdit
from hub.stations.signals import WRONG_CLOCK_MS, batteries_of
from hub.stations.tables import Station
from protocols.errors import Refused
from protocols.sync import facts
from protocols.sync.changes import Item, StationItem
from protocols.sync.envelope import LossReason
from protocols.sync.live import Telemetry
from protocols.values import from_ms, to_ms

_SEEN_EVERY: Final = dt.timedelta(seconds=10)
_SILENCE: Final = dt.timedelta(seconds=rules.ONLINE_S)
_PICTURE_EVERY: Final = dt.timedelta(seconds=60)
_NOTABLE_EVERY: Final = dt.timedelta(seconds=2)


Publish = Callable[[AsyncSession, object], Awaitable[None]]


class Lists(Protocol):
    """The lists that stations hold. Filled by the wiring."""

    async def put(
        self, session: AsyncSession, name: str, items: list[Item], *, station_id: uuid.UUID | None = None
    ) -> None:
        """Add or replace items."""


class News:
    """Tells whoever watches all stations, in every process of the hub, that one of them is worth another look."""

    def __init__(self, clock: Clock, nudges: Nudges) -> None:
        self._clock = clock
        self._nudges = nudges

    def tell(self, session: AsyncSession) -> None:
        """Once the transaction is committed."""
        after_commit(session, lambda: self._nudges.nudge(CONSOLES, to_ms(self._clock.now())))


class Stations:
    """Stations and their devices."""

    def __init__(self, clock: Clock, lists: Lists, news: News, publish: Publish) -> None:
        self._clock = clock
        self._lists = lists
        self._news = news
        self._publish = publish
        self._seen: dict[uuid.UUID, tuple[dt.datetime, tuple[object, ...] | None]] = {}

    async def name_of(self, session: AsyncSession, station_id: uuid.UUID) -> str | None:
        """The station's name; None when there is no such station."""
        found = await repository.station(session, station_id)
        return None if found is None else found.name

    async def zones_of(self, session: AsyncSession, ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, dt.tzinfo]:
        """The time zones of these stations; of one that does not exist none."""
        found = await repository.timezones(session, ids)
        return {station_id: zoneinfo.ZoneInfo(name) for station_id, name in found.items()}

    async def id_of(self, session: AsyncSession, name: str) -> uuid.UUID:
        """The one station with this number or name. Raises Refused `not_found` or `ambiguous`."""
        found = await repository.by_number(session, name)
        if len(found) != 1:
            raise Refused("ambiguous" if found else "not_found", name=name)
        return found[0].id

    async def organisations_of(
        self, session: AsyncSession, ids: Collection[uuid.UUID]
    ) -> Mapping[uuid.UUID, uuid.UUID]:
        """Station → its organisation, of those that there are."""
        return {one.id: one.organisation_id for one in await repository.by_ids(session, list(ids))}

    async def heard_of(
        self, session: AsyncSession, ids: Sequence[uuid.UUID]
    ) -> Mapping[uuid.UUID, tuple[dt.datetime | None, float]]:
        """Of these stations when they were last heard of, and below which charge (%) they rent nothing out."""
        found = await repository.by_ids(session, ids)
        return {one.id: (one.last_seen_at, one.min_soc_pct) for one in found}

    async def places(
        self, session: AsyncSession
    ) -> Sequence[tuple[uuid.UUID, str, float | None, float | None, float, int]]:
        """Every station: id, name, latitude, longitude, least charge in %, docks."""
        return [
            (
                one.id, one.name, one.latitude, one.longitude, one.min_soc_pct,
                max((one.devices or {}).get("docks", 0), (one.counts or {}).get("docks", 0)),
            )
            for one in await repository.every(session)
        ]  # fmt: skip

    async def free_docks(self, session: AsyncSession, station_id: uuid.UUID, since: dt.datetime) -> int | None:
        """How many docks could take a vehicle, as the station showed since then; None where it did not."""
        found = await repository.station(session, station_id)
        if found is None or found.picture is None or found.picture_at is None or found.picture_at < since:
            return None
        return glance.free_docks(found.picture.get("docks"))

    async def add(self, session: AsyncSession, new: NewStation, station_id: uuid.UUID | None = None) -> Station:
        """A new station; the caller publishes `StationAdded`, then calls `present`. Raises Refused `number_taken`."""
        station = Station(
            id=station_id or self._clock.new_id(),
            created_at=self._clock.now(),
            **new.model_dump(),
            version=1,
            agent=None,
            agent_hlc=-1,
            agent_started_at=None,
            unclean_start=False,
            last_seen_at=None,
            last_left_at=None,
            facts_lost=0,
            facts_shed=0,
            last_loss_at=None,
            picture=None,
            picture_at=None,
            revoked_at=None,
            report=None,
            reported_at=None,
            counts=None,
            devices=None,
            changed_at=self._clock.now(),
        )
        session.add(station)
        self._news.tell(session)
        try:
            await session.flush()
        except IntegrityError as error:
            if violates(error, "uq_stations_organisation_id_number") or violates(error, "stations.number"):
                raise Refused("number_taken", number=new.number) from error
            raise
        return station

    async def edit(self, session: AsyncSession, station: Station, edit: StationEdit) -> None:
        """Change what is given, and tell the station."""
        for name, value in edit.model_dump(exclude_unset=True).items():
            if value is not None or name in {"latitude", "longitude", "offline_amount_minor"}:
                setattr(station, name, value)
        station.version += 1
        station.changed_at = self._clock.now()
        self._news.tell(session)
        await session.flush()
        await self.present(session, station)

    async def present(self, session: AsyncSession, station: Station) -> None:
        """Tell the station, and other rooms, how it presents itself."""
        item = StationItem(
            key="self",
            name=station.name,
            number=station.number,
            timezone=station.timezone,
            currency=station.currency,
            help_phone=station.help_phone,
            pull_out_s=station.pull_out_s,
            min_soc_pct=station.min_soc_pct,
            offline_rentals=station.offline_rentals,
            offline_rentals_per_account=station.offline_rentals_per_account,
            offline_amount_minor=station.offline_amount_minor,
            stale_after_s=station.stale_after_s,
        )
        await self._lists.put(session, "station", [item], station_id=station.id)
        presented = events.StationPresented(
            station_id=station.id, name=station.name, currency=station.currency, latitude=station.latitude,
            longitude=station.longitude, min_soc_pct=station.min_soc_pct,
        )  # fmt: skip
        await self._publish(session, presented)

    async def when_seen(self, session: AsyncSession, event: events.StationSeen) -> None:
        """Remember when the station was last heard of, and what it said of itself.

        Who comes and goes, and what people want to hear of, at once; the rest every ten seconds.
        """
        last_at, shown = self._seen.get(event.station_id, (None, None))
        report = None
        if event.clock is not None:
            report = glance.report_of(event.at, event.clock, event.backlog, event.health)
        shows = shown if report is None else glance.shows(report)
        is_back = last_at is None or event.at - last_at > _SILENCE
        is_news = event.came or event.left or is_back or shows != shown
        if not is_news and last_at is not None and event.at - last_at < _SEEN_EVERY:
            return
        after_commit(session, lambda: self._remember(event, shows))
        values: dict[str, Any] = {"last_left_at" if event.left else "last_seen_at": event.at}
        if report is not None:
            values |= {"report": report, "reported_at": event.at}
        if is_news:
            await self._changed(session, event.station_id, **values)
        else:
            await repository.change(session, event.station_id, **values)

    def _remember(self, event: events.StationSeen, shows: tuple[object, ...] | None) -> None:
        if event.left:
            self._seen.pop(event.station_id, None)
        else:
            self._seen[event.station_id] = (event.at, shows)

    async def when_lost(self, session: AsyncSession, event: events.FactsLost) -> None:
        """A person must see that a station lost facts; which ones stands with the facts."""
        await repository.lost(session, event.station_id, event.at, event.gone, shed=event.reason == LossReason.SHED)
        await self._changed(session, event.station_id)

    async def when_key(self, session: AsyncSession, event: events.StationKeyChanged) -> None:
        """Show that the station's key is revoked, or good again."""
        await self._changed(session, event.station_id, revoked_at=event.revoked_at)

    async def _changed(self, session: AsyncSession, station_id: uuid.UUID, **values: Any) -> None:
        await repository.change(session, station_id, **values, changed_at=self._clock.now())
        self._news.tell(session)

    async def when_devices(self, session: AsyncSession, event: events.DevicesReported) -> None:
        """Docks, chargers and the agent, as the station tells of them."""
        station_id = event.facts[0].station_id
        docks = await self._docks(session, station_id, event)
        chargers = await self._chargers(session, station_id, event)
        for one in event.facts:
            match one.body:
                case facts.DockSeen() | facts.DockFault() as fact:
                    docks[fact.dock_no] = rules.dock_after(docks[fact.dock_no], fact, one.hlc)
                case facts.ChargerSeen() | facts.ConnectorChanged() as fact:
                    chargers[fact.charger_id] = rules.charger_after(chargers[fact.charger_id], fact, one.hlc)
                case facts.AgentStarted() as fact:
                    await repository.agent_started(
                        session, station_id, fact.version[:80], one.hlc, one.received_at, unclean=fact.unclean
                    )
        await repository.put_docks(session, station_id, docks.values())
        await repository.put_chargers(session, station_id, chargers.values())
        devices = glance.devices_of(*await repository.devices(session, station_id))
        await self._changed(session, station_id, devices=devices)

    async def _docks(
        self, session: AsyncSession, station_id: uuid.UUID, event: events.DevicesReported
    ) -> dict[int, dict[str, Any]]:
        told = {one.body.dock_no for one in event.facts if isinstance(one.body, facts.DockSeen | facts.DockFault)}
        if not told:
            return {}
        return {no: rules.new_dock(no) for no in told} | await repository.dock_rows(session, station_id, told)

    async def _chargers(
        self, session: AsyncSession, station_id: uuid.UUID, event: events.DevicesReported
    ) -> dict[str, dict[str, Any]]:
        told = {
            one.body.charger_id
            for one in event.facts
            if isinstance(one.body, facts.ChargerSeen | facts.ConnectorChanged)
        }
        if not told:
            return {}
        known = await repository.charger_rows(session, station_id, told)
        return {charger_id: rules.new_charger(charger_id) for charger_id in told} | known


class Pictures:
    """The stations' last telemetry: the live part in memory, thinned to one write a minute. `record` keeps all.

    What people want to hear of at once (a vehicle came, a dock fell silent) is written within seconds: other
    processes of the hub know it from there.
    """

    def __init__(
        self, clock: Clock, record: Callable[[uuid.UUID, Telemetry], None], news: News, publish: Publish
    ) -> None:
        self._clock = clock
        self._record = record
        self._news = news
        self._publish = publish
        self._last: dict[uuid.UUID, tuple[Telemetry, dt.datetime]] = {}
        self._written: dict[uuid.UUID, tuple[dt.datetime, tuple[object, ...]]] = {}

    def hear(self, station_id: uuid.UUID, telemetry: Telemetry) -> bool:
        """Take the picture; whether it is due to be written down."""
        now = self._clock.now()
        self._last[station_id] = (telemetry, now)
        self._record(station_id, telemetry)
        written = self._written.get(station_id)
        if written is None:
            return True
        age = abs(now - written[0])  # the clock may have been set back
        if age < _NOTABLE_EVERY:
            return False
        return age >= _PICTURE_EVERY or glance.notable(telemetry.docks, telemetry.chargers) != written[1]

    async def write(self, session: AsyncSession, station_id: uuid.UUID) -> None:
        """Write the station's last picture down, and tell of the batteries on it."""
        found = self._last.get(station_id)
        if found is None:
            return
        telemetry, at = found
        notable = glance.notable(telemetry.docks, telemetry.chargers)
        counts = glance.counts_of(telemetry.docks, telemetry.chargers)
        values: dict[str, Any] = {"picture": msgspec.to_builtins(telemetry), "picture_at": at, "counts": counts}
        written = self._written.get(station_id)
        if written is None or written[1] != notable:
            values["changed_at"] = self._clock.now()
            self._news.tell(session)
        after_commit(session, lambda: self._written.update({station_id: (at, notable)}))
        await repository.change(session, station_id, **values)
        batteries = dict(batteries_of(telemetry))
        if batteries:
            at_ms = telemetry.at_ms if abs(telemetry.at_ms - to_ms(at)) <= WRONG_CLOCK_MS else to_ms(at)
            seen = events.BatteriesSeen(station_id=station_id, at_ms=at_ms, batteries=batteries)
            await self._publish(session, seen)

    def last(self, station: Station) -> tuple[dict[str, Any], dt.datetime] | None:
        """The last picture and when it was heard, from memory or as it was written down."""
        found = self._last.get(station.id)
        if found is not None and (station.picture_at is None or station.picture_at <= found[1]):
            return msgspec.to_builtins(found[0]), found[1]  # else another process has heard a newer one
        if station.picture is None or station.picture_at is None:
            return None
        return station.picture, station.picture_at


def fault_at(at_ms: int) -> dt.datetime:
    """The instant a device's fact tells; one that no calendar knows is shown as its beginning."""
    try:
        return from_ms(at_ms)
    except (ValueError, OverflowError, OSError):
        return from_ms(0)
