"""The one list of every domain's routes, subscriptions, tables and jobs. A new domain adds its lines here."""

import asyncio
import datetime as dt
import functools
import uuid
from collections.abc import Awaitable, Callable, Mapping

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy.ext.asyncio import AsyncSession

from hub import events
from hub.accounts import demo
from hub.accounts import repository as accounts_repository
from hub.accounts.access import Access
from hub.accounts.access_api import AccessApi
from hub.accounts.api import AccountsApi
from hub.accounts.front_desk import FrontDesk
from hub.accounts.key_api import KeysApi
from hub.accounts.keys import ApiKeys
from hub.accounts.organisation_api import OrganisationsApi
from hub.accounts.organisations import Organisations, seller_of
from hub.accounts.organisations import id_of as organisation_id_of
from hub.accounts.passwords import Passwords
from hub.accounts.rights import rights_of
from hub.accounts.service import Accounts
from hub.alarms.api import AlarmsApi
from hub.alarms.keeper import AlarmKeeper, Watcher
from hub.alarms.service import Alarms
from hub.balance.api import DemandApi
from hub.balance.conditions import SupplyWatch
from hub.balance.copies import Copies
from hub.balance.forecast import LEARN, Baseline
from hub.balance.plan_api import PlansApi
from hub.balance.planning import Planning
from hub.balance.task_api import TasksApi
from hub.balance.tasks import Tasks
from hub.cases.api import CasesApi
from hub.cases.service import Cases
from hub.charging.api import ChargingApi
from hub.charging.costs import ChargeCosts
from hub.charging.service import Charging
from hub.fleet import conditions as fleet_conditions
from hub.fleet import seed as fleet_seed
from hub.fleet.api import FleetApi
from hub.fleet.documents import Documents
from hub.fleet.records_api import FleetRecordsApi
from hub.fleet.service import Fleet
from hub.fleet.view import View
from hub.intake import conditions as intake_conditions
from hub.intake import feed, quarantine_desk
from hub.intake.api import IntakeApi, raw_routes
from hub.intake.broker import Broker
from hub.intake.downlink import Downlink
from hub.intake.enrolment import Enrolment, RateLimit
from hub.intake.gate import Gate
from hub.intake.live import LiveDoor
from hub.intake.mqtt import MqttDoor
from hub.intake.photo_door import PhotoDoor
from hub.intake.projection import Projection
from hub.intake.quarantine import Quarantine
from hub.intake.quarantine_api import QuarantineApi
from hub.intake.signatures import Signatures
from hub.intake.sync import SyncDoor
from hub.intake.time_api import TimeApi
from hub.kernel import idempotency, janitor, wishes
from hub.kernel.audit_api import AuditApi
from hub.kernel.auth import AccessTokens, BearerAuth
from hub.kernel.belonging import HOUSE
from hub.kernel.bus import Bus, Subscription, on
from hub.kernel.clock import Clock
from hub.kernel.db import Database
from hub.kernel.files import Files
from hub.kernel.mail import Mail
from hub.kernel.mailing import MAIL, Mailing
from hub.kernel.nudges import LocalNudges, Nudges
from hub.kernel.reach import Reach, reaching
from hub.kernel.routes import RawRoute, Route, routes_of
from hub.kernel.steady_clock import certain
from hub.kernel.web import Kernel
from hub.kernel.wishes import Handler
from hub.kernel.work_api import WorkApi
from hub.payments import seed as payments_seed
from hub.payments import webhook_api
from hub.payments.adjusting import Adjusting
from hub.payments.adjustment_api import AdjustmentsApi
from hub.payments.api import PaymentsApi
from hub.payments.billing import COLLECT, Billing
from hub.payments.collecting import Collecting
from hub.payments.hold_api import HoldsApi
from hub.payments.holds import HOLD, Holding, Holds
from hub.payments.invoice_api import InvoicePdf, InvoicesApi
from hub.payments.invoices import Invoices
from hub.payments.money_api import MoneyApi
from hub.payments.pay_api import PayApi
from hub.payments.pay_orders import PAY
from hub.payments.payers import Payers
from hub.payments.payout_api import PayoutsApi
from hub.payments.payouts import PAYOUT, Payouts
from hub.payments.quote_api import QuotesApi
from hub.payments.quotes import Quotes
from hub.payments.reconciliation_api import ReconciliationApi
from hub.payments.reconciling import RECONCILE, Reconciling
from hub.payments.returning import Returning
from hub.payments.service import Payments
from hub.payments.shield import Shield
from hub.payments.till import Till
from hub.payments.vnpay_door import VnpayDoor
from hub.photos.api import PhotoFile, PhotosApi
from hub.photos.keeping import DELETE, Keeping
from hub.photos.service import Photos
from hub.rentals import seed as rentals_seed
from hub.rentals.api import RentalPhotoFile, RentalsApi
from hub.rentals.blocks import Blocks
from hub.rentals.blocks_api import BlocksApi
from hub.rentals.booking import Booking
from hub.rentals.costs import RideCosts
from hub.rentals.lease_api import LeasesApi
from hub.rentals.lease_keeper import LeaseKeeper
from hub.rentals.leases import Leases
from hub.rentals.looking import Looking
from hub.rentals.moves import Moves
from hub.rentals.offers import Offers
from hub.rentals.overflow import Overflow
from hub.rentals.promises import PromisesMade
from hub.rentals.refill import Refill
from hub.rentals.reservations_api import ReservationsApi
from hub.rentals.rights_api import RightsApi
from hub.rentals.search_api import SearchApi
from hub.rentals.service import Rentals
from hub.rentals.supply import Supply
from hub.rentals.suspicion import OVERFLOW
from hub.rentals.vouchers import Cards, Vouchers
from hub.settings import BookingSettings, LeaseSettings, PhotoSettings
from hub.stations import conditions as stations_conditions
from hub.stations import seed as stations_seed
from hub.stations.api import StationsApi
from hub.stations.archive import Archive
from hub.stations.checklists import Checklists
from hub.stations.checklists_api import ChecklistsApi
from hub.stations.recorder import Recorder
from hub.stations.service import News, Pictures, Stations
from hub.stations.staff import Staff
from hub.stations.staff_api import StaffApi
from hub.stations.states_api import StatesApi, StatesStream
from hub.stations.telemetry_api import TelemetryApi
from hub.stations.watch import Watch

Job = Callable[[], Awaitable[None]]
"""Runs beside the web server from start to stop; it is cancelled at the end."""


class Rooms:
    """Every domain's services, their Protocols filled with each other. One per process."""

    def __init__(
        self,
        clock: Clock,
        nudges: Nudges,
        files: Files | None = None,
        leases: LeaseSettings | None = None,
        till: Till | None = None,
        booking: BookingSettings | None = None,
    ) -> None:
        files = files or Files.in_memory()
        self.files = files
        self.archive = Archive(files)
        self.photos = Photos(clock, files)
        self.recorder = Recorder(clock, self.archive, forgets_by=certain(clock))
        self.nudges = nudges
        self.downlink = Downlink(clock, nudges)
        news = News(clock, nudges)
        self.stations = Stations(clock, self.downlink, news, self._publish)
        self.pictures = Pictures(clock, self.recorder.hear, news, self._publish)
        self.enrolment = Enrolment(clock, self.stations)
        self.shield = Shield(clock, self.downlink, self.stations)
        self.fleet = Fleet(clock, self.shield, self._publish)
        self.shield.vehicles = self.fleet
        self.documents = Documents(clock, self.fleet)
        self.payments = Payments(clock, self.downlink, self.shield)
        self.quotes = Quotes(self.fleet, self.stations)
        self.blocks = Blocks(clock, self.downlink)
        self.cases = Cases(clock, self._publish)
        self.alarms = Alarms(clock, self._publish)
        self.till = till or Till()
        self.billing = Billing(clock, self.cases, collects=bool(self.till.gateways))
        rates = booking or BookingSettings()
        self.moves = Moves(clock, self.cases, self.billing, self._publish, rates)
        self.leases = Leases(clock, self.downlink, self.moves, leases or LeaseSettings())
        self.supply = Supply(clock, self.leases.times)
        self.vehicles = View(clock, self.stations, self.leases)
        self.keeper = LeaseKeeper(certain(clock), self.leases)
        self.booking = Booking(clock, self.downlink, self.leases, self.supply, rates)
        self.cards = Cards(clock, self.downlink)
        self.staff = Staff(clock, self.downlink, self.cases)
        self.checklists = Checklists(clock, self.downlink, self.cases)
        self.holds = Holds(clock, self.payments, self.quotes, active=bool(self.till.gateways))
        self.rentals = Rentals(
            self.payments, self.booking, self.downlink, self.stations, self.cases, self.billing, self._publish
        )
        self.overflow = Overflow(clock, self.stations, self.rentals)
        self.looking = Looking(clock, self.rentals, self.cases)
        self.copies = Copies()
        self.demand = Baseline(clock, self.stations)
        promises = PromisesMade()
        self.planning = Planning(clock, self.demand, self.stations, promises)
        self.tasks = Tasks(clock, promises)
        supply = SupplyWatch(self.demand, self.stations, promises)
        self.alarm_keeper = AlarmKeeper(clock, self._publish, watchers(self.tasks, supply), self.stations)
        self.offers = Offers()
        self.refill = Refill(self.payments, self.downlink)
        self.charging = Charging(self.payments, self.billing)
        self._bus = Bus(subscriptions(self))

    async def _publish(self, session: AsyncSession, event: object) -> None:
        """For services that others call through a Protocol, and that have something to tell themselves."""
        await self._bus.publish(session, event)


class Doors:
    """What stations and vouchers need beside the rooms: the links that are open, and the key that signs."""

    def __init__(
        self,
        kernel: Kernel,
        rooms: Rooms,
        voucher_key: Ed25519PrivateKey,
        gate: Gate | None = None,
        photos: PhotoSettings | None = None,
    ) -> None:
        self.database = kernel.database
        self._signatures = Signatures(kernel.database)
        self.rooms = rooms
        self.gate = gate or Gate(at_once=6, waiting=200, wait_s=10.0)
        self.sync = SyncDoor(kernel, self._signatures, self.gate)
        self.live = LiveDoor(kernel, self._signatures, rooms.pictures)
        self.photos = PhotoDoor(kernel, self._signatures, rooms.photos)
        self.photo_files = [PhotoFile(kernel, rooms.photos).route(), RentalPhotoFile(kernel, rooms.photos).route()]
        kept_days = (photos or PhotoSettings()).kept_days
        self.keeping = Keeping(kernel.database, certain(kernel.clock), rooms.files, rooms.cases, kept_days)
        self.quarantine = Quarantine(kernel.clock, Projection(kernel.bus))
        self.watch = Watch(kernel.clock, rooms.nudges, kernel.draining)
        self.states = StatesStream(kernel, self.watch)
        self.collecting = Collecting(kernel.database, kernel.clock, rooms.till.gateways, rooms.cases)
        self.holding = Holding(kernel.database, kernel.clock, rooms.till.gateways, rooms.cases, kernel.bus.publish)
        self.invoices = Invoices(kernel.clock, [RideCosts(), ChargeCosts()], Sellers(rooms.stations), rooms.till.seller)
        self.invoice_pdf = InvoicePdf(kernel)
        self.adjusting = Adjusting(kernel.clock, rooms.billing, self.invoices)
        self.payouts = Payouts(kernel.database, kernel.clock, rooms.till.gateways)
        self.reconciling = Reconciling(
            kernel.database, kernel.clock, rooms.till.gateways, [RideCosts(), ChargeCosts()], rooms.till.fees
        )
        self.webhooks = [
            webhook_api.Webhooks(kernel, [self.collecting, self.holding], name, rooms.till.dialects.get(name))
            for name in ("simulated", "stripe")
        ]
        returning = Returning(kernel.database, kernel.clock, rooms.till.gateways, rooms.cases)
        self.payers = Payers(
            kernel.database, kernel.clock, rooms.till.payers, [self.collecting, self.holding], returning, rooms.cases
        )
        self.vnpay = VnpayDoor(kernel, self.payers, rooms.till.vnpay, rooms.till.after_url)
        self.limit = RateLimit(kernel.clock)
        self.vouchers = Vouchers(kernel.clock, rooms.downlink, voucher_key)
        self.time = TimeApi(kernel.clock, voucher_key, rooms.till.callers)
        self.time_key = voucher_key.public_key().public_bytes_raw().hex()

    def sweeps(self) -> list[janitor.Forget]:
        """What rentals, tariffs, the fleet, alarms, the balance and pictures do every hour."""
        rooms = self.rooms
        return [
            self.vouchers.forget_expired,
            rooms.rentals.look_for_long_rides,
            rooms.shield.sweep,
            rooms.documents.look,
            rooms.alarms.forget_old,
            rooms.copies.forget_old,
            rooms.demand.wish,
            self.payers.sweep,
            self.keeping.wish,
        ]

    def money(self) -> dict[str, Handler]:
        """Who carries out what is wished of gateways."""
        return {
            COLLECT: self.collecting.collect, HOLD: self.holding.work, PAY: self.payers.work,
            RECONCILE: self.reconciling.reconcile, PAYOUT: self.payouts.carry_out,
        }  # fmt: skip

    def nights(self) -> list[janitor.Forget]:
        """What plans the nightly work."""
        return [self.reconciling.plan_tonight] if self.rooms.till.gateways else []

    def at_broker(self, kernel: Kernel, nudges: LocalNudges, broker: Broker) -> MqttDoor:
        """The stations' live links over a broker; its `run` is a job."""
        return MqttDoor(kernel, self._signatures, self.rooms.pictures, nudges, broker)

    async def announce(self, database: Database) -> None:
        """Tell all stations the key that signs vouchers; then nothing."""
        async with database.transaction() as session:
            await self.vouchers.publish_key(session)
        await asyncio.Event().wait()


class Sellers:
    """Who sends the invoices of a station's rides."""

    def __init__(self, stations: Stations) -> None:
        self._stations = stations

    async def seller_at(
        self, session: AsyncSession, station_id: uuid.UUID | None, /
    ) -> tuple[uuid.UUID, Mapping[str, str] | None]:
        """The organisation, and how it prints itself; None where it has not said."""
        ids = [] if station_id is None else [station_id]
        organisation_id = (await self._stations.organisations_of(session, ids)).get(station_id or HOUSE, HOUSE)
        return organisation_id, await seller_of(session, organisation_id)


def watchers(tasks: Tasks, supply: SupplyWatch) -> list[Watcher]:
    """Who sees what alarms are made of."""

    async def fleet(session: AsyncSession, now: dt.datetime, /) -> list[events.Condition]:
        """What staff moves is not missing."""
        moved = await tasks.being_moved(session)
        return [one for one in await fleet_conditions.conditions(session, now) if one.subject not in moved]

    return [stations_conditions.conditions, intake_conditions.conditions, fleet, supply.conditions]


def authenticate(tokens: AccessTokens, keys: ApiKeys | None = None) -> BearerAuth:
    """People come with an access token, machines with an API key; what a role may do stands in the accounts' rules."""
    return BearerAuth(tokens, rights_of, keys)


def subscriptions(rooms: Rooms) -> list[Subscription]:
    """Who hears what, in the order they hear it."""
    return [
        on(events.StationAdded, rooms.downlink.when_added),
        on(events.StationAdded, rooms.shield.when_added),
        on(events.StationSeen, rooms.stations.when_seen),
        on(events.StationSeen, rooms.offers.when_seen),
        on(events.StationPresented, rooms.offers.when_presented),
        on(events.VehiclesRegistered, rooms.offers.when_registered),
        on(events.VehiclesPlaced, rooms.offers.when_placed),
        on(events.StationEmpty, rooms.refill.when_empty),
        on(events.HubBehind, rooms.cases.when_behind),
        on(events.StationForked, rooms.cases.when_forked),
        on(events.FactsLost, rooms.stations.when_lost),
        on(events.StationKeyChanged, rooms.stations.when_key),
        on(events.DevicesReported, rooms.stations.when_devices),
        on(events.CustodyReported, rooms.fleet.when_custody),
        on(events.CustodyReported, rooms.rentals.when_custody),
        on(events.BatteriesSeen, rooms.fleet.when_batteries),
        on(events.RentalsReported, rooms.rentals.when_rentals),
        on(events.RentalsReported, rooms.holds.when_rentals),
        on(events.BookingChanged, rooms.holds.when_booking),
        on(events.ChargingReported, rooms.charging.when_charging),
        on(events.OrdersReported, rooms.downlink.when_ended),
        on(events.DevicesReported, rooms.leases.when_devices),
        on(events.DevicesReported, rooms.shield.when_devices),
        on(events.LeasesReported, rooms.leases.when_leases),
        on(events.StaffReported, rooms.staff.when_staff),
        on(events.StaffReported, rooms.checklists.when_staff),
        on(events.StaffReported, rooms.photos.when_staff),
        on(events.CaseChanged, rooms.blocks.when_case),
        on(events.RidesChanged, rooms.copies.when_rides),
        on(events.VehiclesRegistered, rooms.copies.when_registered),
        on(events.VehiclesPlaced, rooms.copies.when_placed),
        on(events.VehiclesPlaced, rooms.tasks.when_placed),
    ]


def routes(
    kernel: Kernel, tokens: AccessTokens, passwords: Passwords, doors: Doors, desk: FrontDesk | None = None
) -> list[Route | RawRoute]:
    """Every route of every domain."""
    desk = desk or FrontDesk(kernel, tokens, passwords)
    accounts = Accounts(database=kernel.database, clock=kernel.clock, passwords=passwords)
    access = Access(doors.rooms.stations, desk.sessions)
    organisations = Organisations(database=kernel.database, clock=kernel.clock, passwords=passwords)
    return [
        *routes_of(AccountsApi(accounts)),
        *routes_of(AccessApi(access)),
        *routes_of(OrganisationsApi(organisations)),
        *routes_of(KeysApi(ApiKeys(kernel.database, kernel.clock))),
        *desk.routes(),
        *domain_routes(doors),
    ]


def domain_routes(doors: Doors) -> list[Route | RawRoute]:
    """The routes of every domain but the accounts."""
    rooms = doors.rooms
    return [
        *routes_of(
            IntakeApi(
                rooms.enrolment, rooms.downlink, doors.limit, rooms.nudges.nudge, doors.time_key, rooms.till.callers
            )
        ),
        *routes_of(doors.time),
        *raw_routes(doors.sync, doors.live),
        *doors.photos.routes(),
        *routes_of(PhotosApi()),
        *doors.photo_files,
        *routes_of(QuarantineApi(doors.quarantine)),
        *routes_of(StationsApi(rooms.stations, rooms.pictures)),
        *routes_of(StatesApi()),
        doors.states.route(),
        *routes_of(StaffApi(rooms.staff)),
        *routes_of(ChecklistsApi(rooms.checklists)),
        *routes_of(TelemetryApi(rooms.archive, rooms.recorder)),
        *routes_of(FleetApi(rooms.fleet, rooms.vehicles)),
        *routes_of(FleetRecordsApi(rooms.fleet, rooms.documents)),
        *routes_of(PaymentsApi(rooms.payments)),
        *routes_of(QuotesApi(rooms.quotes)),
        *routes_of(MoneyApi(rooms.till.gateways)),
        *routes_of(AdjustmentsApi(doors.adjusting)),
        *routes_of(HoldsApi()),
        *routes_of(PayoutsApi(doors.payouts)),
        *routes_of(InvoicesApi(doors.invoices)),
        doors.invoice_pdf.route(),
        *routes_of(ReconciliationApi(doors.reconciling, runs=bool(rooms.till.gateways))),
        *(one.route() for one in doors.webhooks),
        *doors.vnpay.routes(),
        *routes_of(PayApi(doors.payers, rooms.till.callers)),
        *routes_of(RentalsApi(rooms.overflow, rooms.photos)),
        *routes_of(ReservationsApi(rooms.booking, rooms.leases, rooms.moves, doors.vouchers)),
        *routes_of(SearchApi(rooms.leases.times)),
        *routes_of(LeasesApi(rooms.leases, rooms.keeper, rooms.stations)),
        *routes_of(RightsApi(doors.vouchers, rooms.cards)),
        *routes_of(BlocksApi(rooms.blocks)),
        *routes_of(ChargingApi()),
        *routes_of(WorkApi()),
        *routes_of(AuditApi()),
        *routes_of(CasesApi(rooms.cases, {OVERFLOW: rooms.looking.found})),
        *routes_of(AlarmsApi(rooms.alarms)),
        *routes_of(DemandApi(rooms.demand, rooms.stations)),
        *routes_of(PlansApi(rooms.planning)),
        *routes_of(TasksApi(rooms.tasks, rooms.stations)),
    ]


def jobs(kernel: Kernel, doors: Doors, desk: FrontDesk) -> list[Job]:
    """What runs in the background."""
    sweeps = [idempotency.forget_old, feed.prune, wishes.forget_old, *doors.nights()]
    sweeps += [*doors.sweeps(), *desk.sweeps()]
    return [
        functools.partial(janitor.run, kernel.database, certain(kernel.clock), sweeps),
        functools.partial(doors.announce, kernel.database),
        functools.partial(quarantine_desk.keep_reading, kernel.database, doors.quarantine),
        doors.live.run,
        functools.partial(doors.rooms.keeper.run, kernel.database),
        doors.rooms.booking.pins.run,
        doors.rooms.recorder.run,
        functools.partial(doors.watch.run, kernel.database),
        functools.partial(doors.rooms.alarm_keeper.run, kernel.database),
        functools.partial(doors.rooms.billing.run, kernel.database, doors.gate.crowded),
    ]


def handlers(doors: Doors, desk: FrontDesk, mail: Mail) -> dict[str, Handler]:
    """Who carries out which kind of durable work."""
    money = doors.money() if doors.rooms.till.gateways else {}
    learning = {LEARN: doors.rooms.demand.handler(doors.database)}
    pictures = {DELETE: doors.keeping.carry_out}
    return {**money, **learning, **pictures, **desk.handlers(), MAIL: Mailing(mail).deliver}


async def seed_demo(database: Database, clock: Clock, passwords: Passwords) -> None:
    """What `run --demo` puts into the database where it is missing."""
    await demo.seed(database, clock, passwords)
    rooms = Rooms(clock, LocalNudges())
    bus = Bus(subscriptions(rooms))
    async with database.transaction() as session:
        station = await stations_seed.seed(session, rooms.stations)
        if station is not None:
            await bus.publish(session, events.StationAdded(station_id=station.id))
            await rooms.stations.present(session, station)
        await payments_seed.seed(session, rooms.payments)
        await fleet_seed.seed(session, rooms.fleet)
        staff = await _account_id(session, stations_seed.STAFF)
        await stations_seed.seed_staff(session, clock, rooms.staff, staff)
        await rentals_seed.seed(session, clock, rooms.booking, rooms.cards, _account_id)
        if not await rooms.enrolment.is_enrolled(session, stations_seed.ID):
            await rooms.enrolment.arm(session, stations_seed.ID, stations_seed.CODE)


async def enrol_code(database: Database, clock: Clock, *, name: str, organisation: str | None = None) -> str:
    """A one-time code by which an organisation's station of this name or number may enrol. Raises Refused."""
    rooms = Rooms(clock, LocalNudges())
    async with database.reading() as session:
        reach = Reach(organisation_id=await organisation_id_of(session, organisation))
    with reaching(reach):
        return await _enrol_code(database, rooms, name)


async def _enrol_code(database: Database, rooms: Rooms, name: str) -> str:
    async with database.transaction() as session:
        station_id = await rooms.stations.id_of(session, name)
        code, _ = await rooms.enrolment.issue(session, station_id)
    return code


def quarantine_desk_of(database: Database, clock: Clock) -> quarantine_desk.Desk:
    """The quarantine for the command line; what is applied there is heard by every domain as always."""
    rooms = Rooms(clock, LocalNudges())
    return quarantine_desk.Desk(database, Quarantine(clock, Projection(Bus(subscriptions(rooms)))))


async def _account_id(session: AsyncSession, email: str) -> uuid.UUID | None:
    account = await accounts_repository.account_of(session, email)
    return None if account is None else account.id
