"""Signing in: by password, and by a code where the account has a second factor.

Whether an address has an account shows neither in the answer nor in how long it takes.
"""

import uuid
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from hub.accounts import repository
from hub.accounts.desk import Desk
from hub.accounts.limits import account_key, code_key, code_limits, sign_in_limits
from hub.accounts.rules import email_key
from hub.accounts.schemas import Tokens
from hub.accounts.second_factor import Challenge, SecondFactors
from hub.accounts.session_repository import was_here
from hub.accounts.sessions import Denied, Sessions
from hub.accounts.tables import Account
from hub.accounts.throttle import Attempt, Shut
from hub.accounts.visitors import Visitor
from hub.kernel import audit

BAD = Denied(code="bad_credentials")
BAD_CODE = Denied(code="code_invalid")
BAD_CHALLENGE = Denied(code="challenge_invalid")


@dataclass(frozen=True, slots=True, kw_only=True)
class Proven:
    """Whose password it was, the hash it was checked against, and what was counted meanwhile."""

    account_id: uuid.UUID
    password_hash: str
    attempt: Attempt


class SignIn:
    """Passwords and codes, checked under the limits."""

    def __init__(self, desk: Desk, sessions: Sessions, factors: SecondFactors) -> None:
        self._database = desk.database
        self._throttle = desk.throttle
        self._passwords = desk.passwords
        self._sessions = sessions
        self._factors = factors

    async def with_password(self, email: str, password: str, visitor: Visitor) -> Tokens | Challenge | Denied:
        """Tokens for the right password, or what to bring a code with."""
        proven = await self.prove(email, password, visitor)
        if isinstance(proven, Denied):
            return proven
        async with self._database.transaction() as session:
            # Read again and held: the account may have been closed or changed while its password was hashed.
            account = await repository.account_of(session, email, lock=True)
            if account is None or account.password_hash != proven.password_hash or not account.active:
                return _told(BAD)
            await self._throttle.take_back(session, proven.attempt, forget=account_key(account.email_key))
            return await self.begin(session, account, visitor)

    async def with_code(self, challenge: str, code: str, visitor: Visitor) -> Tokens | Denied:
        """Tokens for the right code, of who has just shown the right password."""
        challenged = self._factors.challenged(challenge)
        if challenged is None:
            return BAD_CHALLENGE
        attempt = await self._count_code(challenged.account_id, visitor)
        if isinstance(attempt, Denied):
            return attempt
        async with self._database.transaction() as session:
            account = await repository.account(session, challenged.account_id, lock=True)
            if account is None or not account.active or self._factors.mark(account) != challenged.mark:
                return _told(BAD_CHALLENGE)
            if not await self._factors.use(session, account.id, code):
                return _told(BAD_CODE, account)
            await self._throttle.take_back(session, attempt, forget=code_key(account.id))
            return self._begun(session, account, visitor)

    async def begin(self, session: AsyncSession, account: Account, visitor: Visitor) -> Tokens | Challenge:
        """Who has shown who they are gets in, or is asked for a code."""
        if await self._factors.of(session, account.id) is not None:
            _told(Denied(code="second_factor_required"), account)
            return self._factors.challenge(account)
        return self._begun(session, account, visitor)

    async def prove(self, email: str, password: str, visitor: Visitor) -> Proven | Denied:
        """Whose password this is. The attempt is counted as a failure until it is taken back."""
        async with self._database.reading() as session:
            account = await repository.account_of(session, email)
            known = account is not None and await was_here(session, account.id, visitor.network)
        counted = await self._throttle.count(sign_in_limits(email_key(email), visitor.network, known_here=known))
        if isinstance(counted, Shut):
            return Denied(code="log_in_locked", retry_after_s=counted.retry_after_s)
        right = await self._passwords.matches(_hash_of(account), password)
        if account is None or not right or not account.active:
            return BAD
        return Proven(account_id=account.id, password_hash=account.password_hash, attempt=counted)

    async def prove_again(self, account_id: uuid.UUID, password: str, visitor: Visitor) -> Proven | Denied:
        """The password of who is signed in already, before something that a stolen session must not do."""
        async with self._database.reading() as session:
            account = await repository.account(session, account_id)
        if account is None:
            return BAD
        proven = await self.prove(account.email, password, visitor)
        if isinstance(proven, Proven):
            async with self._database.transaction() as session:
                audit.nothing_done()
                await self._throttle.take_back(session, proven.attempt)
        return proven

    async def prove_code(self, account_id: uuid.UUID, code: str, visitor: Visitor) -> Denied | None:
        """A code of who is signed in already; None when it is right, and used up."""
        attempt = await self._count_code(account_id, visitor)
        if isinstance(attempt, Denied):
            return attempt
        async with self._database.transaction() as session:
            if not await self._factors.use(session, account_id, code):
                return _told(BAD_CODE)
            audit.nothing_done()
            await self._throttle.take_back(session, attempt, forget=code_key(account_id))
        return None

    async def _count_code(self, account_id: uuid.UUID, visitor: Visitor) -> Attempt | Denied:
        counted = await self._throttle.count(code_limits(account_id, visitor.network))
        if isinstance(counted, Shut):
            return Denied(code="log_in_locked", retry_after_s=counted.retry_after_s)
        return counted

    def _begun(self, session: AsyncSession, account: Account, visitor: Visitor) -> Tokens:
        actor = audit.Actor(kind="account", id=account.id, organisation_id=account.organisation_id)
        audit.tell(actor=actor, target=("accounts", account.id))
        return self._sessions.begin(session, account, visitor)


def _told(denied: Denied, account: Account | None = None) -> Denied:
    """The refusal, which the audit log gets to know with whose name it was about."""
    audit.tell(outcome=denied.code, target=None if account is None else ("accounts", account.id))
    return denied


def _hash_of(account: Account | None) -> str | None:
    """None costs a hash as well; an account without a password (it signs in elsewhere) is like none."""
    return account.password_hash or None if account is not None else None
