"""The queries of sessions and of the refresh tokens that carry them on."""

import datetime as dt
import uuid

from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from hub.accounts.session_tables import Session
from hub.accounts.tables import RefreshToken
from hub.kernel.pages import Found, PageQuery, find_page

KEPT_FOR = dt.timedelta(days=90)


async def refresh_token(session: AsyncSession, token_hash: str) -> RefreshToken | None:
    """The refresh token with this hash; its row is held until the transaction ends."""
    return await session.scalar(select(RefreshToken).where(RefreshToken.token_hash == token_hash).with_for_update())


async def open_sessions(session: AsyncSession, account_id: uuid.UUID, query: PageQuery) -> Found[Session]:
    """An account's sessions that have not ended, newest first."""
    mine = select(Session).where(Session.account_id == account_id, Session.ended_at.is_(None))
    return await find_page(session, mine, Session, query)


async def was_here(session: AsyncSession, account_id: uuid.UUID, network: str) -> bool:
    """Whether this account has been signed in from this network."""
    there = select(Session.id).where(Session.account_id == account_id, Session.network == network)
    return await session.scalar(there.limit(1)) is not None


async def end(session: AsyncSession, now: dt.datetime, account_id: uuid.UUID, *which: ColumnElement[bool]) -> int:
    """End an account's sessions, or `which` of them, with their tokens; how many there were."""
    mine = (Session.account_id == account_id, Session.ended_at.is_(None), *which)
    ids = (await session.scalars(update(Session).where(*mine).values(ended_at=now).returning(Session.id))).all()
    tokens = update(RefreshToken).where(RefreshToken.family_id.in_(ids), RefreshToken.revoked_at.is_(None))
    await session.execute(tokens.values(revoked_at=now))
    return len(ids)


async def revoke_family(session: AsyncSession, family_id: uuid.UUID, now: dt.datetime) -> None:
    """End every token that descends from the same log-in, and its session."""
    tokens = update(RefreshToken).where(RefreshToken.family_id == family_id, RefreshToken.revoked_at.is_(None))
    await session.execute(tokens.values(revoked_at=now))
    ended = update(Session).where(Session.id == family_id, Session.ended_at.is_(None))
    await session.execute(ended.values(ended_at=now))


async def forget_expired(session: AsyncSession, now: dt.datetime) -> None:
    """Drop the tokens that nobody can use any more, and the sessions that say nothing any more."""
    await session.execute(delete(RefreshToken).where(RefreshToken.expires_at <= now))
    await session.execute(delete(Session).where(Session.last_used_at <= now - KEPT_FOR))
