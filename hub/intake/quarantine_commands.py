"""`voltdock-hub quarantine`: facts that were set aside, for who sits at the server."""

import uuid
from collections.abc import Awaitable, Callable
from typing import Any, Final

import click

from hub.intake.quarantine_desk import Desk
from hub.intake.tables import QuarantinedFact
from protocols.values import rfc3339

AtDesk = Callable[[Any, Callable[[Desk], Awaitable[None]]], None]
"""Runs some work at the desk of the hub with these settings."""

STATES: Final = ("waiting", "parked", "applied", "dismissed")


def quarantine_commands(with_settings: Callable[[Any], Any], at_desk: AtDesk) -> click.Group:
    """The commands, for a command line that finds its settings by `with_settings`."""

    @click.group()
    def quarantine() -> None:
        """Facts that the hub keeps but could not apply."""

    @quarantine.command("list")
    @with_settings
    @click.option("--station", type=click.UUID, default=None, show_default="all", help="Of this station (its id).")
    @click.option("--code", default=None, show_default="all", help="With this reason.")
    @click.option("--type", "fact_type", default=None, show_default="all", help="Of this type.")
    @click.option("--state", type=click.Choice(STATES), default=None, show_default="all", help="In this state.")
    @click.option("--limit", type=click.IntRange(1, 10_000), default=100, help="How many at most, newest first.")
    def list_(settings: Any, station: uuid.UUID | None, limit: int, **filters: str | None) -> None:
        """List them, one a line."""

        async def work(desk: Desk) -> None:
            rows = await desk.listed(
                station_id=station,
                code=filters["code"],
                fact_type=filters["fact_type"],
                state=filters["state"],
                limit=limit,
            )
            for row in rows:
                click.echo(_line(row))

        at_desk(settings, work)

    @quarantine.command("show")
    @with_settings
    @click.argument("quarantine_id", type=click.UUID)
    def show(settings: Any, quarantine_id: uuid.UUID) -> None:
        """Show one: its record, the reason, what was done."""
        at_desk(settings, lambda desk: _show(desk, quarantine_id))

    @quarantine.command("retry")
    @with_settings
    @click.argument("quarantine_id", type=click.UUID, required=False)
    @click.option("--code", default=None, show_default="none", help="All with this reason, in place of one.")
    @click.option("--station", type=click.UUID, default=None, show_default="all", help="With --code: of this station.")
    def retry(settings: Any, quarantine_id: uuid.UUID | None, code: str | None, station: uuid.UUID | None) -> None:
        """Try to apply one, or all with a reason; exit 1 when one failed again."""
        if (quarantine_id is None) == (code is None):
            raise click.UsageError("give one id, or --code")

        at_desk(settings, lambda desk: _retry(desk, quarantine_id, code or "", station))

    @quarantine.command("dismiss")
    @with_settings
    @click.argument("quarantine_id", type=click.UUID)
    @click.option("--reason", required=True, help="Why nothing shall come of it; it is kept.")
    def dismiss(settings: Any, quarantine_id: uuid.UUID, reason: str) -> None:
        """Nothing shall come of this one. The fact itself stays."""

        async def work(desk: Desk) -> None:
            click.echo(_line(await desk.dismiss(quarantine_id, reason[:500])))

        at_desk(settings, work)

    return quarantine


async def _show(desk: Desk, quarantine_id: uuid.UUID) -> None:
    row, acts = await desk.shown(quarantine_id)
    click.echo(_line(row))
    click.echo(f"reason: {row.code}: {row.detail}")
    click.echo(f"record: {row.record.decode('utf-8', 'replace')}")
    for act in acts:
        who = f" ({act.account_id})" if act.account_id else ""
        why = f": {act.reason}" if act.reason else ""
        click.echo(f"{rfc3339(act.created_at)}  {act.act} by {act.via}{who}: {act.outcome}{why}")


async def _retry(desk: Desk, quarantine_id: uuid.UUID | None, code: str, station: uuid.UUID | None) -> None:
    if quarantine_id is not None:
        row = await desk.retry(quarantine_id)
        click.echo(_line(row))
        failed = row.state != "applied"
    else:
        tried = await desk.retry_all(code, station)
        click.echo(f"applied {tried.applied}, failed again {tried.failed}")
        failed = tried.failed > 0
    if failed:
        raise SystemExit(1)


def _line(row: QuarantinedFact) -> str:
    place = f"{row.station_id} {row.lane} {row.epoch}/{row.seq}"
    return f"{row.id}  {rfc3339(row.created_at)}  {row.state:9}  {row.code:16}  {row.type}  {place}"
