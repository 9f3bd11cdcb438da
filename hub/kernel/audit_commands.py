"""`voltdock-hub audit`: the audit log, for who sits at the server."""

import re
from collections.abc import Awaitable, Callable
from typing import Any, Final

import click

from hub.kernel import audit_log
from hub.kernel.audit_log import Verified
from hub.kernel.chain import Broken, Head
from hub.kernel.db import Database

InLog = Callable[[Any, Callable[[Database], Awaitable[None]]], None]
"""Runs some work on the database of the hub with these settings."""

_NOTED: Final = re.compile(r"^([1-9][0-9]{0,15}):([0-9a-f]{64})$")
_STEP: Final = 100_000


def audit_commands(with_settings: Callable[[Any], Any], in_log: InLog) -> click.Group:
    """The commands, for a command line that finds its settings by `with_settings`."""

    @click.group()
    def audit() -> None:
        """The log of who did what."""

    @audit.command("verify")
    @with_settings
    @click.option(
        "--noted", default=None, show_default="none", callback=_read, metavar="SEQ:HASH",
        help="A head that an earlier verification printed: whether it is still there.",
    )  # fmt: skip
    def verify(settings: Any, noted: Head | None) -> None:
        """Hash every record again; exit 1 and name the first that was changed or is missing."""

        async def work(database: Database) -> None:
            found = await _verified(database, noted)
            if found.broken is not None:
                click.echo(f"record {found.broken.seq}: {_WORDS[found.broken.fault]}", err=True)
                raise SystemExit(1)
            click.echo(f"{found.head.seq} records are as they were written; note the head elsewhere:")
            click.echo(f"{found.head.seq}:{found.head.hash}")

        in_log(settings, work)

    return audit


_WORDS: Final = {
    "changed": "was changed (or the one before it, together with its hash)",
    "missing": "is missing",
}


async def _verified(database: Database, noted: Head | None) -> Verified:
    after = 0
    while True:
        async with database.reading() as session:
            found = await audit_log.verified(session, after, _STEP, noted)
        if not found.more or isinstance(found.broken, Broken):
            return found
        after = found.head.seq


def _read(_context: click.Context, _option: click.Parameter, value: str | None) -> Head | None:
    if value is None:
        return None
    given = _NOTED.match(value)
    if given is None:
        raise click.BadParameter("the number and the hash, as verify prints them: SEQ:HASH")
    return Head(seq=int(given[1]), hash=given[2])
