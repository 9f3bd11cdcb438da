"""The operators that share one hub, strictly apart: whatever one has, the others do not see (`kernel/reach.py`).

An account belongs to one organisation for good, and its address is unique in the hub. The house is the organisation
that runs the hub: it makes the others, and sees no more of them than their names.
"""

import uuid

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from hub.accounts.organisation_schemas import NewOrganisation, OrganisationEdit
from hub.accounts.organisation_tables import Organisation
from hub.accounts.passwords import Passwords
from hub.accounts.roles import Role
from hub.accounts.service import new_account
from hub.kernel.belonging import HOUSE
from hub.kernel.clock import Clock
from hub.kernel.db import Database
from hub.kernel.pages import Found, PageQuery, find_page
from hub.kernel.reach import within
from protocols.errors import Refused


class Organisations:
    """Organisations, as the house makes and everybody's admin sees them."""

    def __init__(self, *, database: Database, clock: Clock, passwords: Passwords) -> None:
        self._database = database
        self._clock = clock
        self._passwords = passwords

    async def create(self, new: NewOrganisation) -> Organisation:
        """A new organisation and its first admin. Raises Refused `organisation_exists`, `email_taken`.

        Opens its own transaction, after the slow hashing.
        """
        admin = new.admin
        password_hash = await self._passwords.hash(admin.password)
        row = Organisation(
            id=self._clock.new_id(), created_at=self._clock.now(), slug=new.slug, name=new.name,
            seller=None if new.seller is None else new.seller.model_dump(), version=1,
        )  # fmt: skip
        account = new_account(
            self._clock, email=admin.email, display_name=admin.display_name, roles=[Role.ADMIN], locale=admin.locale,
            password_hash=password_hash, organisation_id=row.id,
        )  # fmt: skip
        async with self._database.transaction() as session, within(session, None):
            await _add(session, row, "organisation_exists", slug=new.slug)
            await _add(session, account, "email_taken")
        return row

    async def get(
        self, session: AsyncSession, organisation_id: uuid.UUID, only: uuid.UUID | None, *, lock: bool = False
    ) -> Organisation:
        """The organisation; `only`: no other than this one. Raises Refused `not_found`."""
        row = await session.get(Organisation, organisation_id, with_for_update=lock or None)
        if row is None or only not in {None, row.id}:
            raise Refused("not_found")
        return row

    async def page(self, session: AsyncSession, query: PageQuery, only: uuid.UUID | None) -> Found[Organisation]:
        """A page of them, newest first; `only`: no other than this one."""
        found = select(Organisation)
        if only is not None:
            found = found.where(Organisation.id == only)
        return await find_page(session, found, Organisation, query)

    async def edit(self, session: AsyncSession, row: Organisation, edit: OrganisationEdit) -> None:
        """Change what is given."""
        for name, value in edit.model_dump(exclude_unset=True).items():
            if value is not None or name == "seller":
                setattr(row, name, value)
        row.version += 1
        await session.flush()


async def id_of(session: AsyncSession, slug: str | None) -> uuid.UUID:
    """The organisation that is named so; the house for None. Raises Refused `organisation_unknown`."""
    if slug is None:
        return HOUSE
    found = await session.scalar(select(Organisation.id).where(Organisation.slug == slug))
    if found is None:
        raise Refused("organisation_unknown", organisation=slug)
    return found


async def seller_of(session: AsyncSession, organisation_id: uuid.UUID) -> dict[str, str] | None:
    """Who its invoices are from: name, address, tax_number, prefix; None where nobody has said."""
    row = await session.get(Organisation, organisation_id)
    return None if row is None else row.seller


async def _add(session: AsyncSession, row: object, taken: str, **params: str) -> None:
    session.add(row)
    try:
        await session.flush()
    except IntegrityError as error:
        raise Refused(taken, **params) from error
