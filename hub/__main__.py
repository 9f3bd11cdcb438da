"""The command `voltdock-hub`. Exit codes: 0 done, 1 failed, 2 wrong use, 78 wrong configuration."""

import asyncio
import functools
import gc
import json
import os
import resource
import signal
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TextIO, TypeVar

import click
import pydantic
from sqlalchemy.exc import SQLAlchemyError

from hub import app, wiring
from hub.accounts import organisations
from hub.accounts.passwords import Passwords
from hub.accounts.roles import Role
from hub.accounts.schemas import NewAccount
from hub.accounts.service import Accounts
from hub.intake.quarantine_commands import quarantine_commands
from hub.intake.quarantine_desk import Desk
from hub.kernel import log
from hub.kernel.audit import by_command
from hub.kernel.audit_commands import audit_commands
from hub.kernel.auth import BadKeyFileError
from hub.kernel.clock import SystemClock
from hub.kernel.db import Database
from hub.kernel.migrations import pending
from hub.settings import BadSettingsError, Settings, load
from protocols.errors import Refused

WRONG_CONFIGURATION = 78
_NEW_OBJECTS, _TIDY_S = 50_000, 0.5
T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., Any])


def main() -> None:
    """Entry point of the installed command."""
    cli(prog_name="voltdock-hub")


def with_settings(command: F) -> F:
    """Give a command the options that find its settings, and turn wrong ones into exit 78."""

    @click.option("--config", type=click.Path(path_type=Path), default=None, show_default="none", help="TOML file.")
    @click.option(
        "--data-dir",
        type=click.Path(path_type=Path),
        default=None,
        show_default="hub-data",
        help="Folder of keys and the embedded database.",
    )
    @click.option(
        "--database-url", default=None, show_default="SQLite in the data folder", help="postgresql://… or sqlite:///…"
    )
    @functools.wraps(command)
    def run(config: Path | None, data_dir: Path | None, database_url: str | None, **options: Any) -> None:
        given = {name: options.pop(name) for name in ("host", "port") if name in options}
        try:
            settings = load(config, os.environ, data_dir=data_dir, database_url=database_url, **given)
            log.configure(settings.log.level, as_json=settings.log.format == "json")
            command(settings, **options)
        except BadSettingsError as error:
            _stop(error.problems, WRONG_CONFIGURATION)
        except BadKeyFileError as error:
            _stop([str(error)], WRONG_CONFIGURATION)
        except (SQLAlchemyError, OSError) as error:
            _stop([f"database: {_first_line(error)}"], 1)

    return run  # type: ignore[return-value]  # click calls it with what the options gave


@click.group(context_settings={"show_default": True, "help_option_names": ["-h", "--help"]})
@click.version_option(app.version(), prog_name="voltdock-hub")
def cli() -> None:
    """The Voltdock hub: what stations share.

    Settings come from --config FILE and from VOLTDOCK_HUB_… in the environment (nested with __).
    """


@cli.command()
@with_settings
@click.option("--host", default=None, show_default="127.0.0.1", help="Address to bind to.")
@click.option("--port", type=click.IntRange(0, 65535), default=None, show_default="8080", help="0: a free one.")
@click.option(
    "--migrate/--no-migrate",
    "migrate_first",
    default=False,
    help="Migrate PostgreSQL before the start; SQLite always is.",
)
@click.option("--demo/--no-demo", default=False, help="Create the demo's public log-ins; loopback only.")
def run(settings: Settings, migrate_first: bool, demo: bool) -> None:  # click's flags
    """Run the hub until SIGINT or SIGTERM; a second one ends the leave-taking."""
    asyncio.run(_serve(settings, migrate_first=migrate_first, demo=demo))


async def _serve(settings: Settings, *, migrate_first: bool, demo: bool) -> None:
    _open_files()
    # A batch of facts is thousands of short-lived objects without circles: they do not make Python look for circles.
    gc.set_threshold(_NEW_OBJECTS, 50, 50)
    stop, hurry = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, lambda: hurry.set() if stop.is_set() else stop.set())

    def listening(url: str) -> None:
        gc.freeze()  # what is there by now stays
        click.echo(f"voltdock-hub listens on {url}")
        sys.stdout.flush()

    tidying = asyncio.create_task(_tidy())
    try:
        await app.serve(settings, stop=stop, hurry=hurry, listening=listening, migrate_first=migrate_first, demo=demo)
    finally:
        tidying.cancel()


async def _tidy() -> None:
    """Look for circles among the newest objects often: 50,000 at once are 30 ms in which nobody is answered."""
    while True:
        await asyncio.sleep(_TIDY_S)
        gc.collect(0)


def _open_files() -> None:
    """As many as the system allows: every station holds one or two connections."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


@cli.command()
@with_settings
def migrate(settings: Settings) -> None:
    """Bring the database's schema up to date."""

    async def work() -> None:
        async with app.open_database(settings) as database:
            missing = await pending(database)
            await app.bring_up_to_date(database, allowed=True)
        click.echo("migrated: " + ", ".join(missing) if missing else "up to date")

    asyncio.run(work())


@cli.group()
def user() -> None:
    """Accounts."""


@user.command("create")
@with_settings
@click.option("--email", required=True, help="The address to sign in with.")
@click.option(
    "--role",
    "roles",
    required=True,
    multiple=True,
    type=click.Choice([role.value for role in Role]),
    help="What the account may do; may be given more than once.",
)
@click.option("--name", default="", show_default="the address", help="The name to show.")
@click.option("--organisation", default=None, show_default="the house", help="Whose account it is, by its slug.")
@click.option(
    "--password-file",
    required=True,
    type=click.File("r", encoding="utf-8"),
    help="File with the password; - reads standard input.",
)
def create_user(
    settings: Settings, email: str, roles: tuple[str, ...], name: str, organisation: str | None, password_file: TextIO
) -> None:
    """Create an account."""
    password = password_file.read().rstrip("\r\n")
    try:
        new = NewAccount(
            email=email, display_name=name or email, password=password, roles=[Role(role) for role in roles]
        )
    except pydantic.ValidationError as error:
        _stop([f"{one['loc'][0]}: {one['msg']}" for one in error.errors()], 2)
        return

    async def work() -> None:
        clock = SystemClock()
        async with app.open_database(settings) as database:
            await app.bring_up_to_date(database, allowed=database.is_sqlite)
            accounts = Accounts(database=database, clock=clock, passwords=Passwords())
            with by_command(clock, "user create"):
                async with database.reading() as session:
                    organisation_id = await organisations.id_of(session, organisation)
                account = await accounts.create(new, organisation_id)
            click.echo(f"created {account.email} ({account.id})")

    _or_refused(work)


@cli.group()
def station() -> None:
    """Stations."""


@station.command("enrol-code")
@with_settings
@click.option("--name", required=True, help="The station's name.")
@click.option("--organisation", default=None, show_default="the house", help="Whose station it is, by its slug.")
def enrol_code(settings: Settings, name: str, organisation: str | None) -> None:
    """Print a one-time code by which a station enrols itself."""

    async def work() -> None:
        async with app.open_database(settings) as database:
            await app.bring_up_to_date(database, allowed=database.is_sqlite)
            clock = SystemClock()
            with by_command(clock, "station enrol-code"):
                click.echo(await wiring.enrol_code(database, clock, name=name, organisation=organisation))

    _or_refused(work)


def _at_desk(settings: Settings, work: Callable[[Desk], Awaitable[None]]) -> None:
    async def run_it() -> None:
        async with app.open_database(settings) as database:
            await app.bring_up_to_date(database, allowed=database.is_sqlite)
            clock = SystemClock()
            with by_command(clock, "quarantine"):
                await work(wiring.quarantine_desk_of(database, clock))

    _or_refused(run_it)


def _in_log(settings: Settings, work: Callable[[Database], Awaitable[None]]) -> None:
    async def run_it() -> None:
        async with app.open_database(settings) as database:
            await app.bring_up_to_date(database, allowed=database.is_sqlite)
            await work(database)

    asyncio.run(run_it())


cli.add_command(audit_commands(with_settings, _in_log))
cli.add_command(quarantine_commands(with_settings, _at_desk))


@cli.command()
def openapi() -> None:
    """Print the OpenAPI document."""
    click.echo(json.dumps(app.openapi_document(), indent=2, ensure_ascii=False))


@cli.command()
@with_settings
def doctor(settings: Settings) -> None:
    """Check folder, key, database and schema; exit 1 when something needs a hand."""
    checks = asyncio.run(_checks(settings))
    for name, trouble in checks:
        click.echo(f"{'ok  ' if not trouble else 'FAIL'}  {name}{': ' + trouble if trouble else ''}")
    if any(trouble for _, trouble in checks):
        raise SystemExit(1)


async def _checks(settings: Settings) -> list[tuple[str, str]]:
    key = settings.data_dir / app.KEY_FILE
    closed = not key.exists() or not key.stat().st_mode & 0o077  # nothing else runs here
    found = [
        (f"data folder {settings.data_dir}", ""),
        (f"key {key}", "" if closed else "others can read it"),
    ]
    async with app.open_database(settings) as database:
        kind = "database (SQLite)" if database.is_sqlite else "database (PostgreSQL)"
        try:
            await database.ping()
            missing = await pending(database)
        except (SQLAlchemyError, OSError) as error:
            return [*found, (kind, _first_line(error))]
    behind = f"lacks {', '.join(missing)}; run: voltdock-hub migrate" if missing else ""
    return [*found, (kind, ""), ("schema", behind)]


def _or_refused(work: Callable[[], Awaitable[None]]) -> None:
    async def run_it() -> None:
        await work()

    try:
        asyncio.run(run_it())
    except Refused as refused:
        params = ", ".join(f"{name}={value}" for name, value in refused.params.items())
        _stop([f"refused: {refused.code}" + (f" ({params})" if params else "")], 1)


def _first_line(error: BaseException) -> str:
    return str(getattr(error, "orig", None) or error).splitlines()[0]


def _stop(problems: list[str], code: int) -> None:
    for one in problems:
        click.echo(f"voltdock-hub: {one}", err=True)
    raise SystemExit(code)


if __name__ == "__main__":
    main()
