"""A new password: for who forgot theirs by a mailed link of one use, for who knows theirs by that one."""

import uuid
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from hub.accounts import repository
from hub.accounts.desk import Desk
from hub.accounts.letters import write
from hub.accounts.limits import account_key, mail_limits
from hub.accounts.links import RESET, drop_links
from hub.accounts.registration import RESET_PATH
from hub.accounts.rules import email_key
from hub.accounts.sessions import Denied, Sessions
from hub.accounts.sign_in import BAD, SignIn
from hub.accounts.tables import Account
from hub.accounts.throttle import Shut, forget
from hub.accounts.visitors import Visitor
from hub.kernel import audit
from hub.kernel.mailing import post
from hub.kernel.wishes import PRIVATE, Task, wish
from protocols.errors import Refused

RECOVER: Final = "accounts_recover"


class Recovery:
    """Forgotten and changed passwords."""

    def __init__(self, desk: Desk, sign_in: SignIn, sessions: Sessions) -> None:
        self._desk = desk
        self._sign_in = sign_in
        self._sessions = sessions
        self._clock = desk.clock
        self._links = desk.links
        self._reach = desk.entrance.people_reach

    async def ask(self, email: str, network: str) -> Shut | None:
        """Somebody forgot a password. The same is done whether or not there is an account."""
        counted = await self._desk.throttle.count(mail_limits("recover", email_key(email), network))
        if isinstance(counted, Shut):
            return counted
        async with self._desk.database.transaction() as session:
            await wish(session, self._clock, RECOVER, {PRIVATE: {"email": email.strip()}})
        return None

    async def write(self, task: Task) -> None:
        """Carries the wish out: the letter, where there is an account that may be used."""
        async with self._desk.database.transaction() as session:
            account = await repository.account_of(session, str(task.payload[PRIVATE]["email"]))
            if account is None or not account.active:
                return
            secret = await self._links.make(session, task.id, RESET, account.id)
        url = f"{self._reach}{RESET_PATH}#{secret}"
        letter = write("reset", account.locale, name=account.display_name, url=url, secret=secret)
        await self._desk.entrance.mail.send(
            ref=str(task.id), to=account.email, subject=letter.subject, text=letter.text, html=letter.html,
            locale=letter.locale,
        )  # fmt: skip

    async def reset(self, secret: str, password: str) -> None:
        """The new password; whoever is signed in no longer is. Raises Refused `link_invalid`."""
        async with self._desk.database.reading() as session:
            await self._links.check(session, RESET, secret)
        password_hash = await self._desk.passwords.hash(password)
        async with self._desk.database.transaction() as session:
            account = await repository.account(session, await self._links.take(session, RESET, secret))
            if account is None or not account.active:
                raise Refused("link_invalid")
            await self._changed(session, account, password_hash)

    async def change(
        self, account_id: uuid.UUID, password: str, new: str, visitor: Visitor, *, keep: uuid.UUID | None
    ) -> Denied | None:
        """A new password for who knows the old one; the session `keep` goes on."""
        proven = await self._sign_in.prove_again(account_id, password, visitor)
        if isinstance(proven, Denied):
            return proven
        password_hash = await self._desk.passwords.hash(new)
        async with self._desk.database.transaction() as session:
            account = await repository.account(session, account_id, lock=True)
            if account is None or account.password_hash != proven.password_hash:
                return BAD
            await self._changed(session, account, password_hash, keep=keep)
        return None

    async def _changed(
        self, session: AsyncSession, account: Account, password_hash: str, *, keep: uuid.UUID | None = None
    ) -> None:
        """Write the new password down, end the sessions, and tell the owner."""
        account.password_hash = password_hash
        actor = audit.Actor(kind="account", id=account.id, organisation_id=account.organisation_id)
        audit.tell(actor=actor, target=("accounts", account.id))
        await forget(session, account_key(account.email_key))
        await drop_links(session, RESET, account.id)
        await self._sessions.end_all(session, account.id, but=keep)
        letter = write("changed", account.locale, name=account.display_name, url=self._reach + RESET_PATH)
        await post(
            session, self._clock, to=account.email, subject=letter.subject, text=letter.text, html=letter.html,
            locale=letter.locale,
        )  # fmt: skip
