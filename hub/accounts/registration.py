"""Opening an account by oneself: asked for, answered by mail, confirmed. What is answered tells nobody who has one.

Every request does the same whether or not the address has an account: counts, hashes, writes a registration and a
wish. Which letter it becomes is decided where nobody waits for it.
"""

import datetime as dt
import uuid
from typing import Final

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from hub.accounts import repository
from hub.accounts.desk import Desk
from hub.accounts.letters import write
from hub.accounts.limits import mail_limits
from hub.accounts.links import CONFIRM, LIFETIME
from hub.accounts.organisations import id_of
from hub.accounts.roles import Role
from hub.accounts.rules import email_key
from hub.accounts.service import new_account
from hub.accounts.sign_in_schemas import Registering
from hub.accounts.sign_in_tables import Registration
from hub.accounts.tables import Account
from hub.accounts.throttle import Shut
from hub.kernel import audit
from hub.kernel.wishes import PRIVATE, Task, wish
from protocols.errors import Refused

WELCOME: Final = "accounts_welcome"
CONFIRM_PATH: Final = "/account/confirm"
RESET_PATH: Final = "/account/reset"


class Registrations:
    """Accounts that people open themselves; they become renters."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._clock = desk.clock
        self._links = desk.links
        self._reach = desk.entrance.people_reach

    async def ask(self, asked: Registering, network: str) -> Shut | None:
        """Somebody asks for an account. Raises Refused `organisation_unknown`.

        Opens its own units of work, round the slow hashing.
        """
        counted = await self._desk.throttle.count(mail_limits("register", email_key(asked.email), network))
        if isinstance(counted, Shut):
            return counted
        async with self._desk.database.reading() as session:
            organisation_id = await id_of(session, asked.organisation)
        password_hash = await self._desk.passwords.hash(asked.password)
        now = self._clock.now()
        row = Registration(
            id=self._clock.new_id(),
            created_at=now,
            expires_at=now + LIFETIME[CONFIRM],
            email=asked.email.strip(),
            email_key=email_key(asked.email),
            display_name=asked.display_name,
            locale=asked.locale,
            password_hash=password_hash,
            organisation_id=organisation_id,
        )
        async with self._desk.database.transaction() as session:
            session.add(row)
            await wish(session, self._clock, WELCOME, {PRIVATE: {"email": row.email}, "registration_id": str(row.id)})
        return None

    async def ask_again(self, email: str, network: str) -> Shut | None:
        """The letter did not come: send the last registration's again."""
        counted = await self._desk.throttle.count(mail_limits("register", email_key(email), network))
        if isinstance(counted, Shut):
            return counted
        async with self._desk.database.transaction() as session:
            await wish(session, self._clock, WELCOME, {PRIVATE: {"email": email.strip()}, "registration_id": None})
        return None

    async def confirm(self, session: AsyncSession, secret: str) -> Account:
        """The account that was asked for. Raises Refused `link_invalid`, also when the address has one by now."""
        registration = await session.get(Registration, await self._links.take(session, CONFIRM, secret))
        if registration is None or await repository.account_of(session, registration.email) is not None:
            raise Refused("link_invalid")
        account = new_account(
            self._clock,
            email=registration.email,
            display_name=registration.display_name,
            roles=[Role.RENTER],
            locale=registration.locale,
            password_hash=registration.password_hash,
            organisation_id=registration.organisation_id,
        )
        session.add(account)
        actor = audit.Actor(kind="account", id=account.id, organisation_id=account.organisation_id)
        audit.tell(actor=actor, target=("accounts", account.id))
        await session.execute(delete(Registration).where(Registration.email_key == account.email_key))
        return account

    async def welcome(self, task: Task) -> None:
        """Carries the wish out: the letter that fits who has this address."""
        email, registration_id = str(task.payload[PRIVATE]["email"]), task.payload["registration_id"]
        async with self._desk.database.transaction() as session:
            account = await repository.account_of(session, email)
            registration = await self._registration(session, email, registration_id)
            if account is not None:
                letter = write("exists", account.locale, name=account.display_name, url=self._reach + RESET_PATH)
                to = account.email
            elif registration is not None:
                secret = await self._links.make(session, task.id, CONFIRM, registration.id)
                url = f"{self._reach}{CONFIRM_PATH}#{secret}"
                # The name is a stranger's word about somebody else's address: it does not go into a mail to them.
                letter = write("confirm", registration.locale, url=url, secret=secret)
                to = registration.email
            else:
                return
        await self._desk.entrance.mail.send(
            ref=str(task.id), to=to, subject=letter.subject, text=letter.text, html=letter.html, locale=letter.locale
        )

    async def _registration(self, session: AsyncSession, email: str, registration_id: object) -> Registration | None:
        if registration_id is not None:
            return await session.get(Registration, uuid.UUID(str(registration_id)))
        newest = (
            select(Registration)
            .where(Registration.email_key == email_key(email), Registration.expires_at > self._clock.now())
            .order_by(Registration.created_at.desc(), Registration.id.desc())
        )
        return await session.scalar(newest.limit(1))


async def forget_old_registrations(session: AsyncSession, now: dt.datetime) -> None:
    """Drop what nobody confirmed. A link made late may outlive its registration and then opens nothing."""
    await session.execute(delete(Registration).where(Registration.expires_at <= now - LIFETIME[CONFIRM]))
