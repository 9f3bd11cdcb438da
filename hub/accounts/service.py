"""What can be done with accounts: sign in, stay signed in, sign out, be created."""

import datetime as dt
import hashlib
import secrets
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from hub.accounts import repository
from hub.accounts.passwords import Passwords
from hub.accounts.roles import Role
from hub.accounts.rules import email_key, wait_after
from hub.accounts.schemas import NewAccount, Tokens
from hub.accounts.strangers import Strangers
from hub.accounts.tables import Account, RefreshToken
from hub.kernel.auth import AccessTokens
from hub.kernel.clock import Clock
from hub.kernel.db import Database
from protocols.errors import Refused

REFRESH_LIFETIME: Final = dt.timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Denied:
    """A log-in or refresh that failed and whose trace (a counted failure, a revoked family) is to be kept."""

    code: str
    retry_after_s: int = 0


class Accounts:
    """Accounts, passwords and tokens."""

    def __init__(self, *, database: Database, clock: Clock, tokens: AccessTokens, passwords: Passwords) -> None:
        self._database = database
        self._clock = clock
        self._tokens = tokens
        self._passwords = passwords
        self._strangers = Strangers()

    async def create(self, new: NewAccount) -> Account:
        """A new account. Raises Refused `email_taken`. Opens its own transaction, after the slow hashing."""
        password_hash = await self._passwords.hash(new.password)
        account = new_account(
            self._clock,
            email=new.email,
            display_name=new.display_name,
            roles=new.roles,
            locale=new.locale,
            password_hash=password_hash,
        )
        try:
            async with self._database.transaction() as session:
                session.add(account)
        except IntegrityError as error:
            raise Refused("email_taken") from error
        return account

    async def sign_in(self, email: str, password: str) -> Tokens | Denied:
        """Tokens for the right password. Each failure past the fourth makes the account wait longer."""
        async with self._database.reading() as session:
            seen = await repository.account_of(session, email)
            kept = seen.password_hash if seen is not None else None
            wait = self._still_locked(seen, email)
        if wait is not None:
            return wait
        right = await self._passwords.matches(kept, password)
        async with self._database.transaction() as session:
            # Read again and held: other log-ins may have failed while this one was hashing.
            account = await repository.account_of(session, email, lock=True)
            if account is None:
                self._strangers.count_failure(email_key(email), self._clock.now())
                return Denied(code="bad_credentials")
            wait = self._still_locked(account, email)
            if wait is not None:
                return wait
            if not right or account.password_hash != kept or not account.active:
                return self._count_failure(account)
            account.failed_logins, account.locked_until = 0, None
            return self._grant(session, account, self._clock.new_id())

    async def refresh(self, session: AsyncSession, refresh_token: str) -> Tokens | Denied:
        """The next pair of tokens. A token that was used before ends every session that descends from its log-in."""
        now = self._clock.now()
        token = await repository.refresh_token(session, _hash(refresh_token))
        if token is None or token.revoked_at is not None or token.expires_at <= now:
            return Denied(code="refresh_token_invalid")
        if token.used_at is not None:
            await repository.revoke_family(session, token.family_id, now)
            return Denied(code="refresh_token_reused")
        account = await repository.account(session, token.account_id)
        if account is None or not account.active:
            return Denied(code="refresh_token_invalid")
        token.used_at = now
        return self._grant(session, account, token.family_id)

    async def sign_out(self, session: AsyncSession, refresh_token: str) -> None:
        """End the session; a token that is not known is already signed out."""
        token = await repository.refresh_token(session, _hash(refresh_token))
        if token is not None:
            await repository.revoke_family(session, token.family_id, self._clock.now())

    async def get(self, session: AsyncSession, account_id: uuid.UUID) -> Account:
        """The account. Raises Refused `not_found`."""
        found = await repository.account(session, account_id)
        if found is None:
            raise Refused("not_found")
        return found

    def _still_locked(self, account: Account | None, email: str) -> Denied | None:
        now = self._clock.now()
        until = account.locked_until if account is not None else self._strangers.locked_until(email_key(email))
        if until is None or until <= now:
            return None
        return Denied(code="log_in_locked", retry_after_s=int((until - now).total_seconds()) + 1)

    def _count_failure(self, account: Account) -> Denied:
        account.failed_logins += 1
        wait = wait_after(account.failed_logins)
        account.locked_until = self._clock.now() + wait if wait else None
        return Denied(code="bad_credentials")

    def _grant(self, session: AsyncSession, account: Account, family_id: uuid.UUID) -> Tokens:
        secret = secrets.token_urlsafe(32)
        now = self._clock.now()
        session.add(
            RefreshToken(
                id=self._clock.new_id(),
                family_id=family_id,
                account_id=account.id,
                token_hash=_hash(secret),
                created_at=now,
                expires_at=now + REFRESH_LIFETIME,
                used_at=None,
                revoked_at=None,
            )
        )
        return Tokens(
            access_token=self._tokens.issue(account.id, account.roles),
            expires_in=self._tokens.lifetime_s,
            refresh_token=secret,
        )


def new_account(
    clock: Clock, *, email: str, display_name: str, roles: Iterable[Role], locale: str, password_hash: str
) -> Account:
    """An active account that has never signed in."""
    return Account(
        id=clock.new_id(),
        created_at=clock.now(),
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


def _hash(token: str) -> str:
    # 256 random bits need no slow hash: nobody can guess them.
    return hashlib.sha256(token.encode()).hexdigest()
