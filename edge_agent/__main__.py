"""`voltdock-edge`: run the agent, enrol it, check its settings, look after its store."""

import asyncio
import contextlib
import json
import signal
import sqlite3
import sys
from pathlib import Path
from typing import NoReturn

import click

from edge_agent.settings import Misconfigured, Settings, read, redacted

EXIT_FAILED = 1
EXIT_MISCONFIGURED = 78  # sysexits.h EX_CONFIG

config_option = click.option(
    "--config",
    "config_path",
    type=click.Path(path_type=Path, dir_okay=False),
    default=None,
    show_default="none: defaults and the environment",
    help="TOML file with the settings.",
)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "show_default": True})
@click.version_option(package_name="voltdock")
def main() -> None:
    """The agent of one Voltdock station."""


def _read(path: Path | None) -> Settings:
    """The settings, or exit 78 with every problem on a line of its own."""
    try:
        settings = read(path)
        problems = _deep_problems(settings)
    except Misconfigured as error:
        problems = error.problems
    for problem in problems:
        click.echo(f"voltdock-edge: {problem}", err=True)
    if problems:
        sys.exit(EXIT_MISCONFIGURED)
    return settings


@main.command()
@config_option
def run(config_path: Path | None) -> None:
    """Run the agent until it is told to stop."""
    from edge_agent.app import Agent
    from edge_agent.runtime import logging
    from edge_agent.store.errors import StoreError
    from edge_agent.uplink.identity import IdentityError

    settings = _read(config_path)
    logging.configure(json=settings.log.format == "json", level=settings.log.level)

    async def serve() -> None:
        running = asyncio.ensure_future(Agent(settings).run())
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, running.cancel)
        with contextlib.suppress(asyncio.CancelledError):
            await running

    try:
        asyncio.run(serve())
    except (StoreError, IdentityError, OSError) as error:  # OSError: the data folder cannot be made or written
        _fail(str(error))


@main.command()
@config_option
@click.option("--hub", required=True, help="Address of the hub, e.g. https://hub.example.")
@click.option("--code", required=True, help="The one-time code from `voltdock-hub station enrol-code`.")
def enrol(config_path: Path | None, hub: str, code: str) -> None:
    """Make this station's key and trade a one-time code for an identity.

    A station whose key was revoked is enrolled anew by a fresh code: it keeps its store, and sends what waits there.
    """
    from edge_agent.app import version
    from edge_agent.uplink import enrolment
    from edge_agent.uplink.identity import IdentityError
    from edge_agent.uplink.revocation import is_revoked

    settings = _read(config_path)
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    try:
        revoked = is_revoked(settings.data_dir)
        identity = asyncio.run(
            enrolment.enrol(
                hub_url=hub, code=code, data_dir=settings.data_dir, agent_version=version(), revoked=revoked
            )
        )
    except (enrolment.EnrolmentError, IdentityError) as error:
        _fail(str(error))
    click.echo(f"Enrolled as {identity.name} ({identity.station_id}) at {identity.hub_url}.")


@main.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def check(file: Path) -> None:
    """Print the effective settings of FILE without secrets, and every problem at once. Touches nothing."""
    click.echo(json.dumps(redacted(_read(file)), indent=2))


def _deep_problems(settings: Settings) -> list[str]:
    """What only a second look finds: unreadable secret files, unknown meter profiles."""
    from edge_agent.meters.profiles import load_profile
    from protocols.errors import Malformed

    problems = []
    for index, dock in enumerate(settings.docks.dock):
        try:
            dock.key()
        except (OSError, ValueError) as error:
            problems.append(f"docks.dock.{index}: {error}")
    for index, meter in enumerate(settings.meters):
        try:
            load_profile(meter.profile)
        except Malformed as error:
            problems.append(f"meters.{index}.profile = {meter.profile!r}: {error.detail}")
    return problems


@main.command()
@config_option
def doctor(config_path: Path | None) -> None:
    """Look at ports, devices, clock, disk and hub, and say what is wrong."""
    from edge_agent.doctor import examine

    settings = _read(config_path)
    findings = asyncio.run(examine(settings))
    for finding in findings:
        click.echo(f"{'ok  ' if finding.good else 'FAIL'}  {finding.what}: {finding.detail}")
    if not all(finding.good for finding in findings):
        sys.exit(EXIT_FAILED)


@main.command()
@config_option
def outbox(config_path: Path | None) -> None:
    """Show what waits for the hub, by lane, and since when; and what is lost. Works while the agent runs."""
    from edge_agent.store import reading
    from protocols.values import from_ms, rfc3339

    path = _store_path(config_path)
    try:
        waiting, lost = reading.waiting(path), reading.losses(path)
    except sqlite3.DatabaseError as error:
        _fail(f"{path} is damaged ({error}); the next start of the agent salvages it")
    for one in waiting:
        oldest = "" if one.oldest_at_ms is None else f"  since {rfc3339(from_ms(one.oldest_at_ms))}"
        click.echo(f"{one.lane.value}  {one.waiting:>8} waiting{oldest}")
    for gap in lost:
        numbers = f"{gap.first}-{'?' if gap.last is None else gap.last}"
        known = "the hub knows" if gap.told else "not told to the hub yet"
        click.echo(f"{gap.lane.value}  {gap.gone:>8} lost in epoch {gap.epoch}, {numbers}: {gap.reason}; {known}")


@main.command()
@config_option
@click.option(
    "--file",
    "file",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    default=None,
    show_default="the station's own",
    help="A damaged file, one that was moved aside, or the daily copy: everything in it that can be read.",
)
def export(config_path: Path | None, file: Path | None) -> None:
    """Write every kept fact to standard output, one JSON object a line. Works while the agent runs."""
    from edge_agent.store import reading

    path = file or _store_path(config_path)
    try:
        for line in reading.export(path) if file is None else reading.export_damaged(file):
            sys.stdout.write(line + "\n")
    except sqlite3.DatabaseError as error:
        _fail(f"{path} is damaged ({error}); export --file {path} writes what can be read")


def _store_path(config_path: Path | None) -> Path:
    from edge_agent.app import STORE_FILE

    path = _read(config_path).data_dir / STORE_FILE
    if not path.is_file():
        _fail(f"there is no store at {path}")
    return path


def _fail(message: str) -> NoReturn:
    click.echo(f"voltdock-edge: {message}", err=True)
    sys.exit(EXIT_FAILED)


if __name__ == "__main__":
    main()
