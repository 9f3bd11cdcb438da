"""The demo's log-ins: public, so a hub that others can reach refuses to start with them."""

import datetime as dt
from collections.abc import Mapping
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from hub.accounts import repository
from hub.accounts.passwords import Passwords
from hub.accounts.roles import Role
from hub.accounts.service import new_account
from hub.kernel.clock import Clock
from hub.kernel.db import Database

PASSWORD: Final = "voltdock-demo"  # noqa: S105  # published in the documentation on purpose
DOMAIN: Final = "voltdock.example"
_ROLES: Final[Mapping[str, Role]] = {
    "admin": Role.ADMIN,
    "staff": Role.STATION_STAFF,
    "advisor": Role.SERVICE_ADVISOR,
    "technician": Role.TECHNICIAN,
    "operator": Role.FLEET_OPERATOR,
    "developer": Role.DEVELOPER,
    "applicant": Role.SUBSIDY_APPLICANT,
    "analyst": Role.ANALYST,
    "renter": Role.RENTER,
}
EMAILS: Final = tuple(f"{name}@{DOMAIN}" for name in _ROLES)


async def seed(database: Database, clock: Clock, passwords: Passwords) -> None:
    """Create the demo's accounts that do not exist yet. One hash serves all: their password is no secret."""
    async with database.reading() as session:
        missing = [name for name in _ROLES if await repository.account_of(session, f"{name}@{DOMAIN}") is None]
    if not missing:
        return
    password_hash = await passwords.hash(PASSWORD)
    async with database.transaction() as session:
        for order, name in enumerate(missing):
            account = new_account(
                clock,
                email=f"{name}@{DOMAIN}",
                display_name=f"Demo {name}",
                roles=[_ROLES[name]],
                locale="en",
                password_hash=password_hash,
            )
            account.created_at += dt.timedelta(milliseconds=order)
            session.add(account)


async def open_log_ins(session: AsyncSession, passwords: Passwords) -> list[str]:
    """The demo addresses that can still be used with the published password."""
    found = []
    for email in EMAILS:
        account = await repository.account_of(session, email)
        if account is not None and account.active and await passwords.matches(account.password_hash, PASSWORD):
            found.append(email)
    return found
