"""Signing in by password. Whether an address has an account shows neither in the answer nor in how long it takes."""

import uuid
from dataclasses import dataclass

from hub.accounts import repository
from hub.accounts.desk import Desk
from hub.accounts.limits import account_key, sign_in_limits
from hub.accounts.rules import email_key
from hub.accounts.schemas import Tokens
from hub.accounts.session_repository import was_here
from hub.accounts.sessions import Denied, Sessions
from hub.accounts.tables import Account
from hub.accounts.throttle import Attempt, Shut
from hub.accounts.visitors import Visitor
from hub.kernel import audit

BAD = Denied(code="bad_credentials")


@dataclass(frozen=True, slots=True, kw_only=True)
class Proven:
    """Whose password it was, the hash it was checked against, and what was counted meanwhile."""

    account_id: uuid.UUID
    password_hash: str
    attempt: Attempt


class SignIn:
    """Passwords, checked under the limits."""

    def __init__(self, desk: Desk, sessions: Sessions) -> None:
        self._desk = desk
        self._sessions = sessions

    async def with_password(self, email: str, password: str, visitor: Visitor) -> Tokens | Denied:
        """Tokens for the right password."""
        proven = await self.prove(email, password, visitor)
        if isinstance(proven, Denied):
            return proven
        async with self._desk.database.transaction() as session:
            # Read again and held: the account may have been closed or changed while its password was hashed.
            account = await repository.account_of(session, email, lock=True)
            if account is None or account.password_hash != proven.password_hash or not account.active:
                return BAD
            await self._desk.throttle.take_back(
                session, proven.attempt, forget=account_key("sign_in", account.email_key)
            )
            audit.tell(actor=audit.Actor(kind="account", id=account.id), target=("accounts", account.id))
            return self._sessions.begin(session, account, visitor)

    async def prove(self, email: str, password: str, visitor: Visitor) -> Proven | Denied:
        """Whose password this is. The attempt is counted as a failure until it is taken back."""
        async with self._desk.database.reading() as session:
            account = await repository.account_of(session, email)
            known = account is not None and await was_here(session, account.id, visitor.network)
        counted = await self._desk.throttle.count(sign_in_limits(email_key(email), visitor.network, known_here=known))
        if isinstance(counted, Shut):
            return Denied(code="log_in_locked", retry_after_s=counted.retry_after_s)
        right = await self._desk.passwords.matches(_hash_of(account), password)
        if account is None or not right or not account.active:
            return BAD
        return Proven(account_id=account.id, password_hash=account.password_hash, attempt=counted)


def _hash_of(account: Account | None) -> str | None:
    """None costs a hash as well; an account without a password (it signs in elsewhere) is like none."""
    return account.password_hash or None if account is not None else None
