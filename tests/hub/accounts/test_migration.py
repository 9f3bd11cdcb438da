"""Log-ins that were under way before there were sessions go on as sessions."""

import datetime as dt
import uuid
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, insert, select, text

from hub.accounts.session_tables import Session
from hub.accounts.tables import RefreshToken
from hub.kernel.db import Database
from tests.hub.conftest import START

ADA, OPEN, ENDED = (uuid.UUID(int=number) for number in (1, 2, 3))


def _to(connection: Connection, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", "hub:migrations")
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def _token(family: uuid.UUID, number: int, revoked_at: dt.datetime | None) -> dict[str, object]:
    at = START + dt.timedelta(hours=number)
    return {
        "id": uuid.uuid4(), "family_id": family, "account_id": ADA, "token_hash": f"{family}{number}"[-64:],
        "created_at": at, "expires_at": at + dt.timedelta(days=30), "used_at": None, "revoked_at": revoked_at,
    }  # fmt: skip


@pytest.fixture
async def before(tmp_path: Path) -> Database:
    """A SQLite file of the step before, with one account."""
    return Database(f"sqlite+aiosqlite:///{tmp_path / 'old.sqlite'}")


async def test_a_log_in_that_is_under_way_becomes_a_session(before: Database) -> None:
    async with before.engine.execution_options(voltdock_write=True).begin() as connection:
        await connection.run_sync(_to, "0025")
        await connection.execute(
            text(
                "INSERT INTO accounts (id, created_at, email, email_key, display_name, locale, roles, active, "
                "password_hash, failed_logins) VALUES (:id, :at, 'a@b.de', 'a@b.de', 'A', 'en', '[]', 1, 'x', 0)"
            ),
            {"id": ADA.hex, "at": "2026-11-21 14:00:00.000000"},
        )
        rows = [_token(OPEN, 0, START), _token(OPEN, 2, None), _token(ENDED, 0, START), _token(ENDED, 1, START)]
        await connection.execute(insert(RefreshToken), rows)
        await connection.run_sync(_to, "heads")
    async with before.reading() as session:
        found = (await session.scalars(select(Session).order_by(Session.id))).all()
    assert [(one.id, one.account_id, one.created_at, one.last_used_at, one.ended_at) for one in found] == [
        (OPEN, ADA, START, START + dt.timedelta(hours=2), None),
        (ENDED, ADA, START, START + dt.timedelta(hours=1), START),
    ]
    await before.close()
