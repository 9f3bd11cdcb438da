"""What an account may do, and whether it may be used at all, as admins say it."""

import uuid
from collections.abc import Iterable
from typing import Final, Protocol

from sqlalchemy.ext.asyncio import AsyncSession

from hub.accounts import repository
from hub.accounts.rights import Grant
from hub.accounts.roles import Role
from hub.accounts.sessions import Sessions
from hub.accounts.tables import Account
from protocols.errors import Refused

_ADMIN: Final = Role.ADMIN.value


class Places(Protocol):
    """The stations that there are. Filled by the wiring."""

    async def name_of(self, session: AsyncSession, station_id: uuid.UUID) -> str | None:
        """The station's name; None where there is no such station, or none within the caller's reach."""


class Access:
    """Roles given and taken, accounts closed and opened again. At least one admin stays."""

    def __init__(self, places: Places, sessions: Sessions) -> None:
        self._places = places
        self._sessions = sessions

    async def give(self, session: AsyncSession, account_id: uuid.UUID, grants: Iterable[Grant]) -> Account:
        """These are the account's roles from now on. Raises Refused `not_found`, `station_unknown`, `last_admin`.

        They come into force with its next access token: ten minutes at most.
        """
        wanted = sorted({str(one): one for one in grants}.items())
        for _, grant in wanted:
            if grant.station_id is not None and await self._places.name_of(session, grant.station_id) is None:
                raise Refused("station_unknown", station_id=str(grant.station_id))
        account = await self._held(session, account_id, stays_admin=any(text == _ADMIN for text, _ in wanted))
        account.roles = [text for text, _ in wanted]
        await session.flush()
        return account

    async def close(self, session: AsyncSession, account_id: uuid.UUID) -> Account:
        """Nobody signs in with it any more, and its sessions end. Raises Refused `not_found`, `last_admin`."""
        account = await self._held(session, account_id, stays_admin=False)
        account.active = False
        await self._sessions.end_all(session, account_id)
        await session.flush()
        return account

    async def open(self, session: AsyncSession, account_id: uuid.UUID) -> Account:
        """It may be used again. Raises Refused `not_found`."""
        account = await self._held(session, account_id, stays_admin=True)
        account.active = True
        await session.flush()
        return account

    async def _held(self, session: AsyncSession, account_id: uuid.UUID, *, stays_admin: bool) -> Account:
        """The account, its row held. All admins' rows are held where one of them might go: two may not go at once."""
        if not stays_admin:
            admins = await repository.admins(session)
            if [one.id for one in admins] == [account_id]:
                raise Refused("last_admin")
        account = await repository.account(session, account_id, lock=True)
        if account is None:
            raise Refused("not_found")
        return account
