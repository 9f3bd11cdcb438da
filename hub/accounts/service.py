"""What can be done with accounts by others: create them, look at them. Getting in is `front_desk`."""

import uuid
from collections.abc import Iterable

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from hub.accounts import repository
from hub.accounts.passwords import Passwords
from hub.accounts.roles import Role
from hub.accounts.rules import email_key
from hub.accounts.schemas import NewAccount
from hub.accounts.tables import Account
from hub.kernel.belonging import HOUSE
from hub.kernel.clock import Clock
from hub.kernel.db import Database
from protocols.errors import Refused


class Accounts:
    """Accounts, as others make and see them."""

    def __init__(self, *, database: Database, clock: Clock, passwords: Passwords) -> None:
        self._database = database
        self._clock = clock
        self._passwords = passwords

    async def create(self, new: NewAccount, organisation_id: uuid.UUID = HOUSE) -> Account:
        """A new account. Raises Refused `email_taken`. Opens its own transaction, after the slow hashing."""
        password_hash = await self._passwords.hash(new.password)
        account = new_account(
            self._clock,
            email=new.email,
            display_name=new.display_name,
            roles=new.roles,
            locale=new.locale,
            password_hash=password_hash,
            organisation_id=organisation_id,
        )
        try:
            async with self._database.transaction() as session:
                session.add(account)
        except IntegrityError as error:
            raise Refused("email_taken") from error
        return account

    async def get(self, session: AsyncSession, account_id: uuid.UUID) -> Account:
        """The account. Raises Refused `not_found`."""
        found = await repository.account(session, account_id)
        if found is None:
            raise Refused("not_found")
        return found


def new_account(
    clock: Clock,
    *,
    email: str,
    display_name: str,
    roles: Iterable[Role],
    locale: str,
    password_hash: str,
    organisation_id: uuid.UUID = HOUSE,
) -> Account:
    """An active account that has never signed in."""
    return Account(
        id=clock.new_id(),
        created_at=clock.now(),
        organisation_id=organisation_id,
        email=email.strip(),
        email_key=email_key(email),
        display_name=display_name,
        locale=locale,
        roles=sorted(set(roles)),
        active=True,
        password_hash=password_hash,
        failed_logins=0,
        locked_until=None,
    )
