"""A new password for who forgot theirs, by a link of one use that is mailed to the account's address."""

from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from hub.accounts import repository
from hub.accounts.desk import Desk
from hub.accounts.letters import write
from hub.accounts.limits import account_key, mail_limits
from hub.accounts.links import RESET, drop_links
from hub.accounts.registration import RESET_PATH
from hub.accounts.rules import email_key
from hub.accounts.tables import Account
from hub.accounts.throttle import Shut, forget
from hub.kernel.mailing import post
from hub.kernel.wishes import Task, wish
from protocols.errors import Refused

RECOVER: Final = "accounts_recover"


class Recovery:
    """Forgotten passwords."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._clock = desk.clock
        self._links = desk.links
        self._reach = desk.entrance.people_reach

    async def ask(self, email: str, network: str) -> Shut | None:
        """Somebody forgot a password. The same is done whether or not there is an account."""
        counted = await self._desk.throttle.count(mail_limits("recover", email_key(email), network))
        if isinstance(counted, Shut):
            return counted
        async with self._desk.database.transaction() as session:
            await wish(session, self._clock, RECOVER, {"email": email.strip()})
        return None

    async def write(self, task: Task) -> None:
        """Carries the wish out: the letter, where there is an account that may be used."""
        async with self._desk.database.transaction() as session:
            account = await repository.account_of(session, str(task.payload["email"]))
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
            await drop_links(session, RESET, account.id)
            await self.changed(session, account, password_hash)

    async def changed(self, session: AsyncSession, account: Account, password_hash: str) -> None:
        """Write the new password down, end every session, and tell the owner."""
        now = self._clock.now()
        account.password_hash = password_hash
        await forget(session, account_key("sign_in", account.email_key))
        await repository.revoke_account(session, account.id, now)
        letter = write("changed", account.locale, name=account.display_name, url=self._reach + RESET_PATH)
        await post(
            session, self._clock, to=account.email, subject=letter.subject, text=letter.text, html=letter.html,
            locale=letter.locale,
        )  # fmt: skip
