"""Signing in elsewhere: the browser is sent to a provider, comes back with a code, and is let in as the account it is.

What binds the three steps together travels in the browser, sealed: state, nonce and PKCE verifier, then the code.
Nobody but this browser can go on with a log-in that it began.
"""

import json
import secrets
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncSession

from hub.accounts import repository
from hub.accounts.desk import Desk
from hub.accounts.letters import write
from hub.accounts.oidc_provider import Asked, Known, Provider, ProviderDoor
from hub.accounts.oidc_tables import Identity
from hub.accounts.organisations import id_of
from hub.accounts.registration import RESET_PATH
from hub.accounts.roles import Role
from hub.accounts.schemas import Tokens
from hub.accounts.second_factor import Challenge
from hub.accounts.service import new_account
from hub.accounts.sign_in import SignIn
from hub.accounts.tables import Account
from hub.accounts.visitors import Visitor
from hub.kernel import audit
from hub.kernel.clock import Clock
from hub.kernel.mailing import post
from protocols.errors import Refused

LASTS_S: Final = 600
LOST: Final = "/?back=elsewhere"
"""Where somebody goes on whose log-in began elsewhere or too long ago: the console's door, which asks and says so."""
_SEALED_FOR: Final = "oidc"
_MOST_CODE: Final = 2000  # a cookie holds four thousand characters
_LANGUAGES: Final = ("en", "de", "vi")


@dataclass(frozen=True, slots=True, kw_only=True)
class UnderWay:
    """A log-in that began: what it was asked with, and once it came back its code or what went wrong."""

    provider: str
    asked: Asked
    return_to: str
    until: float
    code: str = ""
    error: str = ""


class Oidc:
    """The providers, and who comes back from them."""

    def __init__(self, desk: Desk, sign_in: SignIn, providers: Iterable[Provider]) -> None:
        self._database = desk.database
        self._clock: Clock = desk.clock
        self._seal = desk.entrance.seal
        self._reach = desk.entrance.people_reach
        self._sign_in = sign_in
        self._doors: Mapping[str, ProviderDoor] = {one.name: ProviderDoor(one, desk.clock) for one in providers}

    def providers(self) -> list[Provider]:
        """Where one can sign in."""
        return [door.provider for door in self._doors.values()]

    async def begin(self, name: str, return_to: str) -> tuple[str, str]:
        """Where the browser goes and what it keeps: the provider, or back where that does not answer.

        Raises Refused `not_found`.
        """
        door = self._door(name)
        asked = Asked(
            redirect_uri=f"{self._reach}/api/v1/auth/oidc/{name}/callback",
            state=secrets.token_urlsafe(24),
            nonce=secrets.token_urlsafe(24),
            verifier=secrets.token_urlsafe(48),
        )
        until = self._clock.now().timestamp() + LASTS_S
        begun = UnderWay(provider=name, asked=asked, return_to=return_to, until=until)
        try:
            return await door.address_to_ask(asked), self._sealed(begun)
        except Refused as refused:  # a person's browser is here, not a program: it goes back, and its page says why
            return return_to, self._sealed(replace(begun, error=refused.code))

    def came_back(self, name: str, kept: str, said: Mapping[str, str]) -> tuple[str, str]:
        """Where to go on, and what the browser keeps until it asks for its session. Judges nothing but the state."""
        begun = self._opened(kept)
        if (
            begun is None
            or begun.provider != name
            or not secrets.compare_digest(begun.asked.state.encode(), said.get("state", "").encode())
        ):
            return LOST, ""
        issuer, code = said.get("iss"), said.get("code", "")
        error = ""
        if issuer is not None and issuer != self._door(name).provider.issuer:  # RFC 9207: a mix-up of providers
            error = "oidc_token_invalid"
        elif "error" in said:
            error = "oidc_denied"
        elif not code or len(code) > _MOST_CODE:
            error = "oidc_code_refused"
        return begun.return_to, self._sealed(replace(begun, code="" if error else code, error=error))

    async def finish(self, kept: str, visitor: Visitor) -> Tokens | Challenge:
        """Let in who came back. Raises Refused."""
        begun = self._opened(kept)
        if begun is None or not (begun.code or begun.error):
            raise Refused("oidc_state_invalid")
        if begun.error:
            raise Refused(begun.error)
        door = self._door(begun.provider)
        known = await door.known_by(begun.code, begun.asked)
        async with self._database.transaction() as session:
            account = await self._account(session, known, door.provider)
            if not account.active:
                raise Refused("account_closed")
            return await self._sign_in.begin(session, account, visitor)

    async def _account(self, session: AsyncSession, known: Known, provider: Provider) -> Account:
        organisation_id = await id_of(session, provider.organisation)
        identity = await session.get(Identity, (known.issuer, known.subject))
        if identity is not None:
            account = await repository.account(session, identity.account_id, lock=True)
            if account is None:
                raise Refused("account_closed")
            return _of(account, organisation_id)
        if known.email is None:
            raise Refused("oidc_email_missing")
        if not known.email_verified:
            # Anybody could claim anybody's address: neither an account nor a new one under it.
            raise Refused("oidc_email_unverified")
        account = await repository.account_of(session, known.email, lock=True)
        if account is not None:
            await self._tell(session, _of(account, organisation_id))
        else:
            account = self._new(known, known.email, provider, organisation_id)
            session.add(account)
            await session.flush()
        audit.tell(linked_to=known.issuer)
        session.add(
            Identity(issuer=known.issuer, subject=known.subject, account_id=account.id, created_at=self._clock.now())
        )
        return account

    async def _tell(self, session: AsyncSession, account: Account) -> None:
        letter = write("linked", account.locale, name=account.display_name, url=self._reach + RESET_PATH)
        await post(
            session, self._clock, to=account.email, subject=letter.subject, text=letter.text, html=letter.html,
            locale=letter.locale,
        )  # fmt: skip

    def _new(self, known: Known, email: str, provider: Provider, organisation_id: uuid.UUID) -> Account:
        language = known.locale[:2].lower()
        return new_account(
            self._clock,
            email=email,
            display_name=(known.name.strip() or email.partition("@")[0])[:120],
            roles=[Role(provider.role)],
            locale=language if language in _LANGUAGES else "en",
            organisation_id=organisation_id,
            password_hash="",  # none: it signs in elsewhere, until a password is mailed for
        )

    def _door(self, name: str) -> ProviderDoor:
        door = self._doors.get(name)
        if door is None:
            raise Refused("not_found")
        return door

    def _sealed(self, begun: UnderWay) -> str:
        said = {
            "provider": begun.provider, "redirect_uri": begun.asked.redirect_uri, "state": begun.asked.state,
            "nonce": begun.asked.nonce, "verifier": begun.asked.verifier, "return_to": begun.return_to,
            "until": begun.until, "code": begun.code, "error": begun.error,
        }  # fmt: skip
        return self._seal.seal(_SEALED_FOR, json.dumps(said).encode())

    def _opened(self, kept: str) -> UnderWay | None:
        opened = self._seal.open(_SEALED_FOR, kept)
        said: dict[str, Any] = json.loads(opened) if opened is not None else {"until": 0.0}
        if said["until"] <= self._clock.now().timestamp():
            return None
        asked = Asked(
            redirect_uri=said["redirect_uri"], state=said["state"], nonce=said["nonce"], verifier=said["verifier"]
        )
        return UnderWay(
            provider=said["provider"], asked=asked, return_to=said["return_to"], until=said["until"],
            code=said["code"], error=said["error"],
        )  # fmt: skip


def _of(account: Account, organisation_id: uuid.UUID) -> Account:
    """Who runs a provider can say any address: it lets nobody in as somebody of another organisation."""
    if account.organisation_id != organisation_id:
        raise Refused("oidc_account_elsewhere")
    return account
