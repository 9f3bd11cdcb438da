"""The composition root: the only file that knows every room. Builds the parts, joins them, runs them."""

import asyncio
import datetime as dt
import functools
import importlib.metadata
import uuid
from dataclasses import replace
from typing import Final

import msgspec
import structlog

from edge_agent.chargers.config import ChargerConfig
from edge_agent.chargers.server import OcppServer
from edge_agent.core import persist
from edge_agent.core.inputs import AgentWoke, ClockMoved
from edge_agent.core.lists import time_keys
from edge_agent.core.state import Charger, Dock, State
from edge_agent.docks.bus import DockBus
from edge_agent.docks.config import DockConfig
from edge_agent.kiosk.live import LiveViews
from edge_agent.kiosk.photos import PhotoShelf
from edge_agent.kiosk.server import KioskServer
from edge_agent.kiosk.staff import Surroundings
from edge_agent.kiosk.telemetry import telemetry_of
from edge_agent.kiosk.waiting import sync_view
from edge_agent.meters.poller import MeterPoller
from edge_agent.meters.profiles import load_profile
from edge_agent.runtime import health
from edge_agent.runtime.clock import new_id
from edge_agent.runtime.metrics import Metrics
from edge_agent.runtime.station_clock import CLOCK_FILE, StationClock
from edge_agent.runtime.supervisor import Policy, Supervisor
from edge_agent.runtime.timekeeper import Stepped
from edge_agent.settings import Settings, StoreSlice
from edge_agent.station.dispatch import Dispatch
from edge_agent.station.loop import Station
from edge_agent.store.daily import DailyBackup
from edge_agent.store.limits import MIB, Limits
from edge_agent.store.report import store_document
from edge_agent.store.store import Store
from edge_agent.store.work import Entry, Work
from edge_agent.uplink.first_time import FirstTime
from edge_agent.uplink.identity import Identity, load_identity
from edge_agent.uplink.live import LiveLink
from edge_agent.uplink.numbers import RequestNumbers
from edge_agent.uplink.photos import PhotoSender
from edge_agent.uplink.pump import SyncPump
from edge_agent.uplink.renewal import Renewal
from edge_agent.uplink.tls import station_tls
from edge_agent.uplink.watchdog import Watchdog
from protocols.kiosk.staff_views import SyncView
from protocols.sync.changes import StationItem
from protocols.sync.clock import hlc_parts
from protocols.values import rfc3339

STORE_FILE: Final = "station.db"
PHOTOS: Final = "photos"
NOBODY: Final = uuid.UUID(int=0)
_log = structlog.get_logger(__name__)


def version() -> str:
    """The installed version."""
    return importlib.metadata.version("voltdock")


class Agent:
    """One station's process. `run` serves until cancelled."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        self._clock = StationClock(settings.data_dir / CLOCK_FILE)
        self._photos = PhotoShelf(settings.data_dir / PHOTOS)
        self._sync: SyncPump | None = None

    async def run(self) -> None:
        """Open the store, build the parts, run them. Raises StoreError when the store cannot be opened."""
        settings = self._settings
        identity = load_identity(settings.data_dir)
        if identity is not None and settings.hub.url is not None:
            identity = replace(identity, hub_url=settings.hub.url)
        store = await Store.open(settings.data_dir / STORE_FILE, clock=self._clock, limits=limits_of(settings.store))
        try:
            if identity is not None and 0 < store.epoch < identity.epoch_floor:
                await store.rehome((), epoch_floor=identity.epoch_floor)
            await self._run(store, identity)
        finally:
            await store.close()

    def _identity(self) -> Identity | None:
        identity = load_identity(self._settings.data_dir)
        if identity is not None and self._settings.hub.url is not None:
            identity = replace(identity, hub_url=self._settings.hub.url)
        return identity

    async def _run(self, store: Store, identity: Identity | None) -> None:
        dispatch = Dispatch()
        station = Station(
            state=self._first_state(store, identity),
            journal=store,
            dispatch=dispatch,
            clock=self._clock,
            new_id=new_id,
        )
        self._clock.seen(hlc_parts(store.last_hlc)[0])
        self._clock.on_step(lambda stepped: station.tell(_moved(stepped, self._clock.offset_ms())))
        supervisor = Supervisor(clock=self._clock)
        supervisor.add("clock", self._clock.run)
        supervisor.add("station", station.run, policy=Policy.ESCALATE)
        supervisor.add("store", store.damage, policy=Policy.ESCALATE)
        if self._settings.store.backup:
            supervisor.add("backup", DailyBackup(store).run)
        docks = self._docks(station, supervisor)
        chargers = self._chargers(station, supervisor)
        dispatch.connect(tell=station.tell, docks=docks, chargers=chargers)
        self._meters(station, supervisor)
        self._uplink(station, store, identity, supervisor)
        self._kiosk(station, store, supervisor)
        last = self._clock.last
        station.tell(
            AgentWoke(
                epoch=store.epoch,
                version=version(),
                unclean=store.unclean,
                last_boot="" if last is None else last.boot,
                last_mono_s=0.0 if last is None else last.mono_s,
            )
        )
        await supervisor.run()

    def _first_state(self, store: Store, identity: Identity | None) -> State:
        settings = self._settings
        name = "Voltdock" if identity is None else identity.name
        empty = State(
            station_id=NOBODY if identity is None else identity.station_id,
            profile=StationItem(key="self", name=name, number="", timezone="UTC", currency="EUR"),
            boot=self._clock.now().boot_id,
            docks={dock.no: Dock(dock_no=dock.no) for dock in settings.docks.dock},
            chargers={one.id: Charger(charger_id=one.id) for one in settings.chargers.charger},
            walk_in_min=settings.leases.walk_in_min,
        )
        return persist.restore(empty, store.load())

    def _docks(self, station: Station, supervisor: Supervisor) -> DockBus | None:
        slice_ = self._settings.docks
        if slice_.port is None or not slice_.dock:
            return None
        bus = DockBus(
            port=slice_.port,
            baud=slice_.baud,
            docks=[DockConfig(dock_no=one.no, address=one.address, secret=one.key()) for one in slice_.dock],
            tell=station.tell,
        )
        supervisor.add("docks", bus.run)
        return bus

    def _chargers(self, station: Station, supervisor: Supervisor) -> OcppServer | None:
        slice_ = self._settings.chargers
        if not slice_.charger:
            return None
        server = OcppServer(
            host=slice_.host,
            port=slice_.port,
            chargers=[
                ChargerConfig(
                    charger_id=one.id,
                    connectors=one.connectors,
                    password=None if one.password is None else one.password.get_secret_value(),
                )
                for one in slice_.charger
            ],
            tell=station.tell,
            ask=station.ask,
            clock=lambda: self._clock.now().at,
        )
        supervisor.add("chargers", server.run)
        return server

    def _meters(self, station: Station, supervisor: Supervisor) -> None:
        for one in self._settings.meters:
            poller = MeterPoller(
                meter_id=one.id,
                profile=load_profile(one.profile),
                host=one.host,
                port=one.port,
                unit_id=one.unit,
                interval_s=one.interval_s,
                tell=station.tell,
            )
            supervisor.add(f"meter:{one.id}", poller.run)

    def _uplink(self, station: Station, store: Store, identity: Identity | None, supervisor: Supervisor) -> None:
        if identity is None:
            _log.warning("not_enrolled", help="voltdock-edge enrol --hub URL --code CODE")
            return
        numbers = RequestNumbers(lambda: store.epoch)
        renewal = Renewal(identity, self._identity)
        tls = station_tls(self._clock, self._clock.offset_ms) if identity.hub_url.startswith("https:") else None
        pump = SyncPump(
            identity=identity,
            store=store,
            ask=station.ask,
            tell=station.tell,
            held=station.held,
            clock=self._clock,
            hear=self._clock.hear,
            agent_version=version(),
            poll_s=self._settings.hub.poll_s,
            numbers=numbers,
            renewed=renewal.look,
            tls=tls,
            first_time=FirstTime(
                hub_url=identity.hub_url,
                keys=lambda: time_keys(station.state, identity.time_key),
                clock=self._clock,
                hear=self._clock.hear,
            ),
        )
        self._sync = pump
        watchdog = Watchdog(pump=pump, mono_s=self._clock.mono_s, note=functools.partial(self._note_stall, store))
        supervisor.add("sync", watchdog.run)
        station.on_business(pump.nudge)
        photos = PhotoSender(
            identity=identity,
            shelf=self._photos,
            online=lambda: station.state.hub.online,
            numbers=numbers,
            mono_s=self._clock.mono_s,
            tls=tls,
        )
        renewal.tell(photos.use)
        supervisor.add("photos", photos.run)
        if self._settings.hub.live:
            live = LiveLink(
                identity=identity,
                on_nudge=pump.nudge,
                telemetry=lambda: telemetry_of(station.state, self._clock.now()),
                request_number=numbers,
                tls=tls,
            )
            renewal.tell(live.use)
            supervisor.add("live", live.run)
        mqtt = self._settings.mqtt
        if mqtt.url is not None:
            # Imported here: the MQTT client is 5 MB that a station without a broker need not carry.
            from edge_agent.uplink.broker import Broker  # noqa: PLC0415
            from edge_agent.uplink.mqtt import MqttLink  # noqa: PLC0415

            link = MqttLink(
                identity=identity,
                broker=Broker(
                    host=mqtt.host,
                    port=mqtt.port,
                    username=mqtt.username or str(identity.station_id),
                    password=mqtt.secret(),
                    tls=mqtt.tls(),
                ),
                on_nudge=pump.nudge,
                telemetry=lambda: telemetry_of(station.state, self._clock.now()),
                request_number=numbers,
            )
            renewal.tell(link.use)
            supervisor.add("mqtt", link.run)

    async def _note_stall(self, store: Store, what: str) -> None:
        entry = Entry(kind="sync_stalled", data=msgspec.json.encode({"what": what}))
        await store.commit(Work(moment=self._clock.now(), journal=(entry,)))

    def _kiosk(self, station: Station, store: Store, supervisor: Supervisor) -> None:
        labels = {one.id: one.label for one in self._settings.chargers.charger}
        live = LiveViews(
            clock=self._clock, state=lambda: station.state, trouble=lambda: _trouble(station, store), labels=labels
        )
        station.on_change(live.changed)
        metrics = Metrics()
        metrics.watch("store_file_bytes", "Size of the station's file.", lambda: store.health().file_bytes)
        metrics.watch("clock_trusted", "1 while the time is known.", lambda: float(self._clock.now().is_trusted))
        metrics.watch(
            "clock_uncertainty_seconds",
            "By how much the station's time may be off.",
            lambda: self._clock.now().uncertainty_ms / 1000,
        )
        metrics.watch(
            "clock_offset_seconds",
            "The station's time less the machine's clock.",
            lambda: self._clock.offset_ms() / 1000,
        )
        metrics.watch("outbox_waiting", "Facts that the hub does not hold yet.", lambda: store.health().waiting)
        metrics.watch("decision_bugs_total", "Inputs that a bug in the rules spoilt.", lambda: station.bugs)
        server = KioskServer(
            host=self._settings.kiosk.host,
            port=self._settings.kiosk.port,
            ask=station.ask,
            state=lambda: station.state,
            live=live,
            clock=self._clock,
            health=lambda: self._health(station, store, supervisor),
            metrics=metrics.render,
            around=Surroundings(
                labels=labels,
                trouble=lambda: _trouble(station, store),
                waiting=functools.partial(self._waiting, store),
                photos=self._photos,
            ),
        )
        supervisor.add("kiosk", server.run)

    async def _waiting(self, store: Store) -> SyncView:
        backlog, seen = await store.backlog(), None if self._sync is None else self._sync.snapshot()
        photos = await asyncio.to_thread(self._photos.unsent)
        if seen is None:
            return sync_view(backlog, photos=photos)
        return sync_view(backlog, seen.line.value, seen.last_success_at, seen.last_failure, photos)

    def _health(self, station: Station, store: Store, supervisor: Supervisor) -> dict[str, object]:
        """What /healthz shows: one entry per part, and what a person would ask next."""
        document = health.as_document(supervisor.health())
        trouble = _trouble(station, store)
        if trouble is not None:
            document["status"] = "degraded"
        return {
            **document,
            "version": version(),
            "station_id": str(station.state.station_id),
            "hub_online": station.state.hub.online,
            "trouble": trouble,
            "clock": health.clock_document(self._clock.now(), self._clock.offset_ms()),
            "store": store_document(store),
            "sync": None if self._sync is None else _sync_health(self._sync),
            "docks": {str(no): _dock_health(dock) for no, dock in sorted(station.state.docks.items())},
        }


def _moved(stepped: Stepped, offset_ms: int) -> ClockMoved:
    return ClockMoved(
        reason=stepped.reason,
        old_ms=int(stepped.old_s * 1000),
        new_ms=int(stepped.new_s * 1000),
        offset_ms=offset_ms,
    )


def _trouble(station: Station, store: Store) -> str | None:
    """Why no new business is taken: the disk takes nothing or only what the reserve is for, or the key is revoked."""
    if station.trouble is None and station.state.revoked_ms:
        return "station_revoked"
    return station.trouble or ("store_full" if store.health().low else None)


def _sync_health(pump: SyncPump) -> dict[str, object]:
    seen = pump.snapshot()
    last = seen.last_success_at
    return {
        "line": seen.line.value,
        "since": rfc3339(seen.since),
        "last_success_at": None if last is None else rfc3339(last),
        "last_failure": seen.last_failure,
        "update_needed": None if seen.outdated is None else seen.outdated.value,
        "forks": seen.forks,
        "rewinds": seen.rewinds,
        "quarantined": seen.facts_quarantined,
    }


def limits_of(slice_: StoreSlice) -> Limits:
    """The settings in the store's words."""
    return Limits(
        max_bytes=slice_.max_mb * MIB,
        ballast_bytes=slice_.reserve_mb * MIB,
        facts=dt.timedelta(hours=slice_.keep_facts_h),
        journal=dt.timedelta(days=slice_.keep_journal_days),
        telemetry_share=slice_.telemetry_share,
        telemetry_delay_s=slice_.telemetry_delay_s,
        journal_share=slice_.journal_share,
        thin_free_bytes=slice_.thin_below_mb * MIB,
        stop_free_bytes=slice_.stop_below_mb * MIB,
    )


def _dock_health(dock: Dock) -> str:
    if dock.faults:
        return ", ".join(dock.faults)
    return "online" if dock.online else "unknown"
