"""The models and the migrations say the same, on both databases."""

from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection

from hub import app  # noqa: F401  # every model is imported by it
from hub.kernel.columns import Base
from hub.kernel.db import Database
from hub.kernel.migrations import migrate, pending


def _differences(connection: Connection) -> list[object]:
    context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
    return list(compare_metadata(context, Base.metadata))


async def test_models_and_migrations_agree(database: Database) -> None:
    assert await pending(database) == []
    async with database.engine.connect() as connection:
        assert await connection.run_sync(_differences) == []


async def test_a_missing_column_would_be_seen(database: Database) -> None:
    async with database.transaction() as session:
        await (await session.connection()).exec_driver_sql("ALTER TABLE accounts DROP COLUMN locale")
    async with database.engine.connect() as connection:
        assert await connection.run_sync(_differences)


async def test_an_empty_database_lacks_every_step_and_a_second_migration_does_nothing(tmp_path: Path) -> None:
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'empty.sqlite'}")
    missing = await pending(database)
    assert missing[0] == "0001"
    assert len(missing) == len(set(missing))  # in the chain's order: numbers were given out to several at once
    await migrate(database)
    await migrate(database)
    assert await pending(database) == []
    await database.close()
