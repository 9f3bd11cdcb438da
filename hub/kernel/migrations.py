"""Brings a database's schema up to date, or says how far behind it is. The steps stand in `hub/migrations`."""

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from hub.kernel.db import Database

_SCRIPTS = "hub:migrations"


async def migrate(database: Database) -> None:
    """Carry out every step that is missing, in one transaction where the database can (both of ours can)."""
    async with database.engine.execution_options(voltdock_write=True).begin() as connection:
        await connection.run_sync(_upgrade)


async def pending(database: Database) -> list[str]:
    """The steps this database still lacks, oldest first; empty when it is up to date."""
    async with database.engine.connect() as connection:
        current = await connection.run_sync(_current)
    steps = ScriptDirectory.from_config(_config()).iterate_revisions("heads", current or "base")
    return [step.revision for step in steps if step.revision not in current][::-1]


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", _SCRIPTS)
    config.set_main_option("path_separator", "os")
    return config


def _current(connection: Connection) -> tuple[str, ...]:
    return MigrationContext.configure(connection).get_current_heads()


def _upgrade(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        # Two hubs that start at once take turns; the second finds nothing left to do.
        connection.execute(text("SELECT pg_advisory_xact_lock(7606802)"))
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, "heads")
