"""The queries of accounts and refresh tokens."""

import datetime as dt
import uuid

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from hub.accounts.rules import email_key
from hub.accounts.tables import Account, RefreshToken
from hub.kernel.pages import Found, PageQuery, find_page


async def account(session: AsyncSession, account_id: uuid.UUID) -> Account | None:
    """The account with this id."""
    return await session.get(Account, account_id)


async def account_of(session: AsyncSession, email: str, *, lock: bool = False) -> Account | None:
    """The account with this address; `lock` holds its row until the transaction ends."""
    found = select(Account).where(Account.email_key == email_key(email))
    return await session.scalar(found.with_for_update() if lock else found)


async def accounts(session: AsyncSession, query: PageQuery) -> Found[Account]:
    """A page of accounts, newest first."""
    return await find_page(session, select(Account), Account, query)


async def refresh_token(session: AsyncSession, token_hash: str) -> RefreshToken | None:
    """The refresh token with this hash; its row is held until the transaction ends."""
    return await session.scalar(select(RefreshToken).where(RefreshToken.token_hash == token_hash).with_for_update())


async def revoke_family(session: AsyncSession, family_id: uuid.UUID, now: dt.datetime) -> None:
    """End every token that descends from the same log-in."""
    await session.execute(
        update(RefreshToken)
        .where(RefreshToken.family_id == family_id, RefreshToken.revoked_at.is_(None))
        .values(revoked_at=now)
    )


async def revoke_account(session: AsyncSession, account_id: uuid.UUID, now: dt.datetime) -> None:
    """End every session of this account."""
    await session.execute(
        update(RefreshToken)
        .where(RefreshToken.account_id == account_id, RefreshToken.revoked_at.is_(None))
        .values(revoked_at=now)
    )


async def forget_expired(session: AsyncSession, now: dt.datetime) -> None:
    """Drop the tokens that nobody can use any more."""
    await session.execute(delete(RefreshToken).where(RefreshToken.expires_at <= now))
