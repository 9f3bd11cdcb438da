"""The queries of accounts."""

import uuid

from sqlalchemy import Text, cast, select
from sqlalchemy.ext.asyncio import AsyncSession

from hub.accounts.roles import Role
from hub.accounts.rules import email_key
from hub.accounts.tables import Account
from hub.kernel.pages import Found, PageQuery, find_page


async def account(session: AsyncSession, account_id: uuid.UUID, *, lock: bool = False) -> Account | None:
    """The account with this id; `lock` holds its row until the transaction ends."""
    return await session.get(Account, account_id, with_for_update=lock or None)


async def admins(session: AsyncSession) -> list[Account]:
    """Those who may everything and can sign in; their rows are held until the transaction ends."""
    may_all = cast(Account.roles, Text).contains(f'"{Role.ADMIN}"')
    found = select(Account).where(Account.active, may_all).order_by(Account.id).with_for_update()
    return list((await session.scalars(found)).all())


async def account_of(session: AsyncSession, email: str, *, lock: bool = False) -> Account | None:
    """The account with this address; `lock` holds its row until the transaction ends."""
    found = select(Account).where(Account.email_key == email_key(email))
    return await session.scalar(found.with_for_update() if lock else found)


async def accounts(session: AsyncSession, query: PageQuery) -> Found[Account]:
    """A page of accounts, newest first."""
    return await find_page(session, select(Account), Account, query)
