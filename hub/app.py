"""The composition root: opens the database, builds every part, serves until told to stop, closes everything."""

import asyncio
import contextlib
import datetime as dt
import os
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as version_of
from pathlib import Path
from typing import Any

import structlog
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from joserfc.jwk import OKPKey

from hub import wiring
from hub.accounts import demo as demo_accounts
from hub.accounts.desk import Entrance
from hub.accounts.front_desk import FrontDesk
from hub.accounts.keys import ApiKeys
from hub.accounts.oidc_provider import Provider
from hub.accounts.passwords import Passwords
from hub.accounts.roles import Role
from hub.intake.broker import Broker
from hub.intake.gate import Gate
from hub.kernel import audit_log
from hub.kernel.auth import AccessTokens, load_or_create_key, signing_key
from hub.kernel.backoff import Backoff
from hub.kernel.bus import Bus
from hub.kernel.callers import Callers
from hub.kernel.clock import Clock, SystemClock
from hub.kernel.db import Database, is_away
from hub.kernel.draining import SendAway, drain
from hub.kernel.edge import METRICS, Metrics
from hub.kernel.files import Files
from hub.kernel.front import front_routes
from hub.kernel.mail import Folder, Mail, Smtp, SmtpServer
from hub.kernel.migrations import migrate, pending
from hub.kernel.nudges import LocalNudges
from hub.kernel.openapi import document
from hub.kernel.pg_nudges import PostgresNudges
from hub.kernel.sealing import Seal
from hub.kernel.steady_clock import FILE, SteadyClock, certain
from hub.kernel.system import system_routes
from hub.kernel.web import Kernel, build
from hub.kernel.worker import Worker
from hub.payments import webhook_api
from hub.payments.gateway_refs import StoredRefs
from hub.payments.gateways import simulated, vnpay
from hub.payments.gateways.payer import PayerGateway
from hub.payments.gateways.port import Gateway, Refs
from hub.payments.gateways.vnpay import VnpayGateway
from hub.payments.gateways.vnpay_api import Merchant
from hub.payments.invoices import Seller
from hub.payments.pay_orders import StoredOrders
from hub.payments.reconciliation_rules import Fees
from hub.payments.till import Till
from hub.payments.vnpay_door import BACK
from hub.people_settings import OidcSettings
from hub.settings import BadSettingsError, Settings

_log = structlog.get_logger("hub.app")
_BACKLOG = 4096  # connections not accepted yet: thousands of stations come back in the same second
KEY_FILE = Path("keys") / "access-token.pem"
VOUCHER_KEY_FILE = Path("keys") / "voucher.pem"
CONSOLE = Path(__file__).parent / "console" / "static"
SECTIONS = (
    "network", "stations", "alarms", "rentals", "reservations", "fleet", "balance", "charging", "cases", "checklists",
    "tariffs", "payments", "people", "access", "audit", "system", "organisations", "mine", "me",
)  # fmt: skip
"""The console's own addresses; its `src/app/sections.ts` has the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hub:
    """One hub, built and not yet listening."""

    app: web.Application
    kernel: Kernel
    jobs: list[wiring.Job]
    send_away: SendAway


def version() -> str:
    """The installed version."""
    try:
        return version_of("voltdock")
    except PackageNotFoundError:
        return "0.0.0"


def prepare_folder(folder: Path) -> None:
    """Make the data folder, closed to others. Raises BadSettingsError when it cannot be written."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise BadSettingsError([f"data_dir: {folder}: {error.strerror}"]) from error
    if not os.access(folder, os.W_OK | os.X_OK):
        raise BadSettingsError([f"data_dir: {folder}: not writable"])


@contextlib.asynccontextmanager
async def open_database(settings: Settings) -> AsyncIterator[Database]:
    """The hub's database, closed at the end."""
    prepare_folder(settings.data_dir)
    database = Database(settings.url, pool_size=settings.database_connections)
    try:
        yield database
    finally:
        await database.close()


async def bring_up_to_date(database: Database, *, allowed: bool) -> None:
    """Migrate where that is allowed; otherwise refuse to go on with a schema that is behind."""
    missing = await pending(database)
    if not missing:
        return
    if not allowed:
        steps = ", ".join(missing)
        raise BadSettingsError([f"database_url: the schema lacks {steps}; run: voltdock-hub migrate"])
    await migrate(database)
    _log.info("migrated", steps=missing)


def compose(settings: Settings, database: Database, clock: Clock, passwords: Passwords) -> Hub:
    """Join every part. Raises `kernel.auth.BadKeyFileError`."""
    key = load_or_create_key(settings.data_dir / KEY_FILE)
    tokens = AccessTokens(key, clock)
    entrance = _entrance(settings, key, clock)
    nudges = LocalNudges()
    till = _till(settings, database, clock)
    rooms = wiring.Rooms(clock, nudges, Files(settings.files), settings.leases, till, settings.booking)
    kernel = Kernel(
        database=database,
        clock=clock,
        bus=Bus(wiring.subscriptions(rooms)),
        nudges=nudges,
        authenticate=wiring.authenticate(tokens, ApiKeys(database, clock, entrance.callers)),
    )
    metrics = Metrics()
    gate = Gate(at_once=settings.sync.at_once, waiting=settings.sync.waiting, wait_s=settings.sync.wait_s)
    _watch(metrics, gate)
    voucher_key = signing_key(load_or_create_key(settings.data_dir / VOUCHER_KEY_FILE))
    doors = wiring.Doors(kernel, rooms, voucher_key, gate, settings.photos)
    desk = FrontDesk(kernel, tokens, passwords, entrance)
    routes = wiring.routes(kernel, tokens, passwords, doors, desk)
    system = system_routes(database, metrics, routes, version=version())
    app = build(kernel, [*routes, *system, *front_routes(CONSOLE, SECTIONS)], max_body_bytes=settings.max_body_bytes)
    app[METRICS] = metrics
    jobs = wiring.jobs(kernel, doors, desk)
    handlers = wiring.handlers(doors, desk, entrance.mail)
    jobs.append(Worker(database, clock, handlers, settings.data_dir, due=certain(clock)).run)
    if isinstance(clock, SteadyClock):
        jobs.append(clock.run)
        metrics.watch("clock_off_seconds", "By how much the machine's clock jumped and is not followed", clock.off_s)
    if not database.is_sqlite:  # SQLite has one hub process: nobody else to tell
        jobs.append(PostgresNudges(database, nudges).run)
    if settings.mqtt.url is not None:
        jobs.append(doors.at_broker(kernel, nudges, _broker(settings)).run)
    return Hub(app=app, kernel=kernel, jobs=jobs, send_away=doors.live.send_away)


async def serve(
    settings: Settings,
    *,
    stop: asyncio.Event,
    listening: Callable[[str], None],
    migrate_first: bool = False,
    demo: bool = False,
    hurry: asyncio.Event | None = None,
) -> None:
    """Run the hub until `stop` is set, then leave in order; `hurry` cuts the leave-taking short.

    Raises BadSettingsError; what a job raises ends the hub.
    """
    if demo and not settings.is_loopback:
        raise BadSettingsError([f"host: {settings.host!r}: the demo's log-ins are public; bind to 127.0.0.1"])
    async with open_database(settings) as database:
        clock, passwords = SteadyClock(settings.data_dir / FILE), Passwords()
        await bring_up_to_date(database, allowed=migrate_first or database.is_sqlite)
        async with database.reading() as session:
            clock.recall(await audit_log.last_at(session))
        if demo:
            await wiring.seed_demo(database, clock, passwords)
        if not settings.is_loopback:
            await _refuse_demo_log_ins(database, passwords)
        hub = compose(settings, database, clock, passwords)
        async with _listening(hub.app, settings) as (runner, url):
            listening(url)
            await _until_stopped(hub, runner, settings, stop, hurry or asyncio.Event())
    _log.info("stopped")


def openapi_document() -> dict[str, Any]:
    """The API's document, made without opening anything."""
    clock = SystemClock()
    nudges = LocalNudges()
    database = Database("sqlite+aiosqlite:///never-opened")
    tokens = AccessTokens.throwaway(clock)
    kernel = Kernel(database=database, clock=clock, bus=Bus(), nudges=nudges, authenticate=wiring.authenticate(tokens))
    doors = wiring.Doors(kernel, wiring.Rooms(clock, nudges), Ed25519PrivateKey.generate())
    routes = wiring.routes(kernel, tokens, Passwords(), doors)
    system = system_routes(database, Metrics(), routes, version=version())
    return document([*routes, *system], version=version())


def _watch(metrics: Metrics, gate: Gate) -> None:
    counts = gate.counts
    metrics.watch("sync_inside", "Sync requests that are read, wait or work", lambda: gate.inside)
    metrics.watch("sync_load", "How full the stations' door is; at 1 the next one is turned away", lambda: gate.load)
    metrics.watch("sync_refused", "Sync requests turned away", lambda: counts.refused + counts.expired + counts.of_one)


def _till(settings: Settings, database: Database, clock: Clock) -> Till:
    gateways: dict[str, Gateway] = {}
    payers: dict[str, PayerGateway] = {}
    dialects: dict[str, webhook_api.Dialect] = {}
    given, key, secret = settings.gateway, settings.gateway.key(), settings.gateway.secret()
    if given.url is not None and key is not None and secret is not None:
        gateways[simulated.NAME] = simulated.SimulatedGateway(given.url, key)
        dialects[simulated.NAME] = webhook_api.Simulated(secret)
    stripe_key, stripe_secret = settings.stripe.key(), settings.stripe.secret()
    if stripe_key is not None and stripe_secret is not None:
        gateways["stripe"] = _stripe(stripe_key, StoredRefs(database, "stripe"))
        dialects["stripe"] = webhook_api.Stripe(stripe_secret)
    at_vnpay = _vnpay(settings, database, clock)
    if at_vnpay is not None:
        gateways[at_vnpay.name] = payers[at_vnpay.name] = at_vnpay
    limits = settings.reconciliation
    return Till(
        gateways=gateways,
        dialects=dialects,
        payers=payers,
        vnpay=at_vnpay,
        after_url=settings.vnpay.after_url,
        callers=Callers(settings.proxies),
        seller=Seller(
            name=settings.invoices.seller_name,
            address=settings.invoices.seller_address,
            tax_number=settings.invoices.tax_number,
            prefix=settings.invoices.prefix,
        ),
        fees=Fees(free_minor=limits.fee_free_minor, per_mille=limits.fee_per_mille),
    )


def _vnpay(settings: Settings, database: Database, clock: Clock) -> VnpayGateway | None:
    given, secret = settings.vnpay, settings.vnpay.secret()
    if given.tmn_code is None or secret is None:
        return None
    merchant = Merchant(
        tmn_code=given.tmn_code, secret=secret, pay_url=given.pay_url, api_url=given.api_url,
        return_url=settings.people_reach.rstrip("/") + BACK, server_ip=given.server_ip, locale=given.locale,
    )  # fmt: skip
    return VnpayGateway(
        merchant, StoredOrders(database, vnpay.NAME, clock), clock,
        pays_within=dt.timedelta(seconds=given.pay_within_s), attempt_lasts=dt.timedelta(seconds=given.attempt_s),
    )  # fmt: skip


def _stripe(api_key: str, refs: Refs) -> Gateway:
    try:
        from hub.payments.gateways.stripe import StripeGateway  # noqa: PLC0415  # an extra
    except ModuleNotFoundError as error:
        raise BadSettingsError(["stripe: needs the extra: pip install voltdock[hub,stripe]"]) from error
    return StripeGateway(api_key, refs)


def _entrance(settings: Settings, key: OKPKey, clock: Clock) -> Entrance:
    return Entrance(
        seal=Seal.of(key),
        mail=_mail(settings, clock),
        people_reach=settings.people_reach,
        callers=Callers(settings.proxies),
        providers=tuple(_provider(name, given) for name, given in settings.oidc.items()),
    )


def _provider(name: str, given: OidcSettings) -> Provider:
    if given.role not in set(Role):
        raise BadSettingsError([f"oidc.{name}.role: {given.role!r}: expected one of {', '.join(Role)}"])
    return Provider(
        name=name, title=given.title or name, issuer=given.issuer, client_id=given.client_id,
        client_secret=given.secret(), scopes=given.scopes, role=given.role,
        organisation=given.organisation,
    )  # fmt: skip


def _mail(settings: Settings, clock: Clock) -> Mail:
    if settings.smtp_url is None:
        return Folder(settings.data_dir / "mail", settings.mail_from, clock)
    return Smtp(SmtpServer.of(settings.smtp_url.get_secret_value()), settings.mail_from, clock)


def _broker(settings: Settings) -> Broker:
    mqtt = settings.mqtt
    return Broker(
        host=mqtt.host, port=mqtt.port, username=mqtt.username or "hub", password=mqtt.secret(), tls=mqtt.tls()
    )


async def _refuse_demo_log_ins(database: Database, passwords: Passwords) -> None:
    async with database.reading() as session:
        found = await demo_accounts.open_log_ins(session, passwords)
    if found:
        names = ", ".join(found)
        raise BadSettingsError([f"host: others could use the demo's public log-ins: {names}"])


@contextlib.asynccontextmanager
async def _listening(app: web.Application, settings: Settings) -> AsyncIterator[tuple[web.AppRunner, str]]:
    # Stations sign the bytes as they are sent, so bodies must reach the intake as they came.
    runner = web.AppRunner(
        app, handle_signals=False, shutdown_timeout=settings.shutdown_s, access_log=None, auto_decompress=False
    )
    await runner.setup()
    try:
        site = web.TCPSite(runner, settings.host, settings.port, backlog=_BACKLOG)
        try:
            await site.start()
        except OSError as error:
            raise BadSettingsError([f"port: {settings.host}:{settings.port}: {error.strerror}"]) from error
        host, port = runner.addresses[0][:2]
        shown = f"[{host}]" if ":" in host else host
        yield runner, f"http://{shown}:{port}"
    finally:
        await runner.cleanup()


async def _until_stopped(
    hub: Hub, runner: web.AppRunner, settings: Settings, stop: asyncio.Event, hurry: asyncio.Event
) -> None:
    """Serve; then be seen leaving, close the port, let what runs finish, and end the jobs last: requests need them."""
    async with asyncio.TaskGroup() as group:
        running = [group.create_task(_forever(job)) for job in hub.jobs]
        await stop.wait()
        _log.info("leaving", serves_on_s=settings.leaves_in_s)
        await drain(hub.kernel.draining, hub.send_away, for_s=settings.leaves_in_s, hurry=hurry)
        await runner.cleanup()
        for task in running:
            task.cancel()


async def _forever(job: wiring.Job) -> None:
    """A job that finds no database is begun again: the hub outlives PostgreSQL's restarts, every job of it."""
    backoff = Backoff(cap_s=10.0)
    while True:
        try:
            await job()
        except Exception as error:
            if not is_away(error):
                raise
            _log.warning("database_unreachable", job=str(job)[:80], reason=str(error)[:200])
            await asyncio.sleep(backoff.next_s())
        else:
            raise RuntimeError(f"a job ended by itself: {job}")
