"""API keys: made by people for machines, and what comes with one is let in as far as both may."""

import datetime as dt
import hashlib
import secrets
import uuid
from typing import Final

from aiohttp import web
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from hub.accounts import repository
from hub.accounts.buckets import Buckets
from hub.accounts.key_schemas import NewKey
from hub.accounts.key_tables import ApiKey
from hub.accounts.rights import rights_of
from hub.accounts.tables import Account
from hub.kernel.auth import KEY_MARK, Principal
from hub.kernel.callers import Callers, network_of
from hub.kernel.clock import Clock
from hub.kernel.db import Database
from hub.kernel.pages import Found, PageQuery, find_page
from hub.kernel.problem import ProblemError, invalid, problem
from protocols.errors import Refused

MANAGE: Final = "api_keys:own"
LONGEST: Final = dt.timedelta(days=366)
COARSE: Final = dt.timedelta(minutes=5)
_SHOWN: Final = len(KEY_MARK) + 8
_MOST: Final = 50  # living keys of one account
BURST, PER_S = 200, 50.0
WRONG_BURST, WRONG_PER_S = 20, 0.1


class ApiKeys:
    """Makes, lists, revokes and checks keys. The limits are one process's: they guard its database, not a secret."""

    def __init__(self, database: Database, clock: Clock, callers: Callers | None = None, *, burst: int = BURST) -> None:
        self._database = database
        self._clock = clock
        self._callers = callers or Callers()
        self._calls = Buckets(burst=burst, per_s=PER_S)
        self._wrong = Buckets(burst=WRONG_BURST, per_s=WRONG_PER_S)
        self._uses = Buckets(burst=1, per_s=1 / COARSE.total_seconds())  # many at once are written down once

    async def make(self, session: AsyncSession, owner: Principal, new: NewKey) -> tuple[ApiKey, str]:
        """A key and its secret, which nobody sees again. Raises Refused `scope_not_held`, `too_many_keys`, or a 422."""
        now = self._clock.now()
        if not now < new.expires_at <= now + LONGEST:
            raise invalid("/expires_at", f"in the future, at most {LONGEST.days} days")
        for scope in new.scopes:
            if not owner.may(scope) or scope == MANAGE:
                raise Refused("scope_not_held", scope=scope)
        living = select(ApiKey.id).where(
            ApiKey.account_id == owner.account_id, ApiKey.revoked_at.is_(None), ApiKey.expires_at > now
        )
        if len((await session.scalars(living.limit(_MOST))).all()) == _MOST:
            raise Refused("too_many_keys", most=_MOST)
        key = KEY_MARK + secrets.token_urlsafe(32)
        row = ApiKey(
            id=self._clock.new_id(), created_at=now, account_id=owner.account_id, name=new.name, prefix=key[:_SHOWN],
            key_hash=_hash(key), scopes=sorted(set(new.scopes)), expires_at=new.expires_at, last_used_at=None,
            revoked_at=None,
        )  # fmt: skip
        session.add(row)
        await session.flush()
        return row, key

    async def page(self, session: AsyncSession, query: PageQuery, account_id: uuid.UUID | None) -> Found[ApiKey]:
        """A page of keys, newest first; of one account, or (None) of all."""
        found = select(ApiKey)
        if account_id is not None:
            found = found.where(ApiKey.account_id == account_id)
        return await find_page(session, found, ApiKey, query)

    async def revoke(self, session: AsyncSession, key_id: uuid.UUID, account_id: uuid.UUID | None) -> ApiKey:
        """It is let in no more, from now on. Raises Refused `not_found`, also for another account's."""
        row = await session.get(ApiKey, key_id, with_for_update=True)
        if row is None or (account_id is not None and row.account_id != account_id):
            raise Refused("not_found")
        row.revoked_at = row.revoked_at or self._clock.now()
        await session.flush()
        return row

    async def principal_of(self, key: str, request: web.Request) -> Principal:
        """Who comes with this key. Raises Refused `token_invalid`, `token_expired`, and a 429 for too many calls."""
        now, network = self._clock.now(), network_of(self._callers.address(request))
        async with self._database.reading() as session:
            row = await session.scalar(select(ApiKey).where(ApiKey.key_hash == _hash(key)))
            account = None if row is None else await repository.account(session, row.account_id)
        if row is None or account is None or row.revoked_at is not None or not account.active:
            _let_in(self._wrong.take(network, now))
            raise Refused("token_invalid")
        if row.expires_at <= now:
            raise Refused("token_expired")
        _let_in(self._calls.take(row.id, now))
        long_ago = row.last_used_at is None or row.last_used_at <= now - COARSE
        if long_ago and self._uses.take(row.id, now) is None:
            await self._used(row.id, now)
        return _principal(row, account)

    async def _used(self, key_id: uuid.UUID, now: dt.datetime) -> None:
        async with self._database.transaction() as session:
            await session.execute(update(ApiKey).where(ApiKey.id == key_id).values(last_used_at=now))


def _principal(row: ApiKey, account: Account) -> Principal:
    """What the key's scopes say and its account may by now."""
    rights = rights_of(account.roles, account.organisation_id)
    scopes = rights.permissions & frozenset(row.scopes)
    limits = {name: stations for name, stations in rights.limits.items() if name in scopes}
    return Principal(
        account_id=account.id,
        roles=frozenset(),
        permissions=scopes - {MANAGE},
        limits=limits,
        key_id=row.id,
        organisation_id=account.organisation_id,
    )


def _let_in(wait_s: int | None) -> None:
    if wait_s is not None:
        raise ProblemError(problem("too_many_requests"), {"Retry-After": str(wait_s)})


def _hash(key: str) -> str:
    # 256 random bits need no slow hash: nobody can guess them.
    return hashlib.sha256(key.encode()).hexdigest()
