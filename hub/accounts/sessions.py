"""Staying signed in: sessions, the tokens that carry them on, and their end."""

import datetime as dt
import hashlib
import secrets
import uuid
from dataclasses import dataclass
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from hub.accounts import repository
from hub.accounts import session_repository as kept
from hub.accounts.schemas import Tokens
from hub.accounts.session_tables import Session
from hub.accounts.tables import Account, RefreshToken
from hub.accounts.visitors import Visitor
from hub.kernel.auth import AccessTokens
from hub.kernel.clock import Clock
from protocols.errors import Refused

REFRESH_LIFETIME: Final = dt.timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Denied:
    """A log-in or refresh that failed and whose trace (a counted failure, a revoked family) is to be kept."""

    code: str
    retry_after_s: int = 0


class Sessions:
    """Begins, goes on with and ends sessions. A refresh token is used once; a second use gives its session away."""

    def __init__(self, clock: Clock, tokens: AccessTokens) -> None:
        self._clock = clock
        self._tokens = tokens

    def begin(self, session: AsyncSession, account: Account, visitor: Visitor) -> Tokens:
        """A new session with its first tokens."""
        begun = self._row(self._clock.new_id(), account.id, visitor)
        session.add(begun)
        return self._grant(session, account, begun.id)

    async def refresh(self, session: AsyncSession, refresh_token: str, visitor: Visitor) -> Tokens | Denied:
        """The next pair of tokens. A token that was used before ends every session that descends from its log-in."""
        now = self._clock.now()
        token = await kept.refresh_token(session, _hash(refresh_token))
        if token is None or token.revoked_at is not None or token.expires_at <= now:
            return Denied(code="refresh_token_invalid")
        if token.used_at is not None:
            await kept.revoke_family(session, token.family_id, now)
            return Denied(code="refresh_token_reused")
        account = await repository.account(session, token.account_id)
        if account is None or not account.active:
            return Denied(code="refresh_token_invalid")
        token.used_at = now
        await self._used(session, token, visitor)
        return self._grant(session, account, token.family_id)

    async def sign_out(self, session: AsyncSession, refresh_token: str) -> None:
        """End the session; a token that is not known is already signed out."""
        token = await kept.refresh_token(session, _hash(refresh_token))
        if token is not None:
            await kept.revoke_family(session, token.family_id, self._clock.now())

    async def end(self, session: AsyncSession, account_id: uuid.UUID, session_id: uuid.UUID) -> None:
        """End one of an account's own sessions. Raises Refused `not_found`."""
        if not await kept.end(session, self._clock.now(), account_id, Session.id == session_id):
            raise Refused("not_found")

    async def end_all(self, session: AsyncSession, account_id: uuid.UUID, *, but: uuid.UUID | None = None) -> None:
        """End all of an account's sessions, but this one."""
        which = [] if but is None else [Session.id != but]
        await kept.end(session, self._clock.now(), account_id, *which)

    async def _used(self, session: AsyncSession, token: RefreshToken, visitor: Visitor) -> None:
        row = await session.get(Session, token.family_id)
        if row is None:  # begun at a hub of before there were sessions
            row = self._row(token.family_id, token.account_id, visitor)
            row.created_at = token.created_at
            session.add(row)
        row.last_used_at = self._clock.now()
        row.device, row.address, row.network = visitor.device, visitor.address, visitor.network

    def _row(self, session_id: uuid.UUID, account_id: uuid.UUID, visitor: Visitor) -> Session:
        now = self._clock.now()
        return Session(
            id=session_id, created_at=now, account_id=account_id, device=visitor.device, address=visitor.address,
            network=visitor.network, last_used_at=now, ended_at=None,
        )  # fmt: skip

    def _grant(self, session: AsyncSession, account: Account, session_id: uuid.UUID) -> Tokens:
        secret = secrets.token_urlsafe(32)
        now = self._clock.now()
        session.add(
            RefreshToken(
                id=self._clock.new_id(),
                family_id=session_id,
                account_id=account.id,
                token_hash=_hash(secret),
                created_at=now,
                expires_at=now + REFRESH_LIFETIME,
                used_at=None,
                revoked_at=None,
            )
        )
        return Tokens(
            access_token=self._tokens.issue(account.id, account.roles, session_id, account.organisation_id),
            expires_in=self._tokens.lifetime_s,
            refresh_token=secret,
        )


def _hash(token: str) -> str:
    # 256 random bits need no slow hash: nobody can guess them.
    return hashlib.sha256(token.encode()).hexdigest()
