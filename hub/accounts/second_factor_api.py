"""The routes of one's own second factor, and the one that takes a lost one away."""

import uuid
from typing import Final

from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession

from hub.accounts import repository
from hub.accounts.letters import write
from hub.accounts.second_factor import SecondFactors
from hub.accounts.sessions import Denied
from hub.accounts.sign_in import SignIn
from hub.accounts.tables import Account
from hub.accounts.visitors import Visitor
from hub.kernel.callers import Callers
from hub.kernel.clock import Clock
from hub.kernel.mailing import post
from hub.kernel.problem import Problem, problem
from hub.kernel.routes import SIGNED_IN, Call, Unit, route
from hub.kernel.shapes import Instant, Shape
from protocols.errors import Refused

_PATH: Final = "/api/v1/me/second-factor"
_DENIED: Final = {"bad_credentials": 403, "code_invalid": 403, "log_in_locked": 429}
_CONFIRM: Final = {"second_factor_on": 409, "second_factor_off": 409, "code_invalid": 403}


class SecondFactorShape(Shape):
    """Whether a code is asked for beside the password."""

    enabled: bool
    since: Instant | None
    recovery_codes_left: int


class Proof(Shape):
    """The password, once more."""

    password: str = Field(max_length=200)


class FullProof(Proof):
    """The password and a code, of the authenticator or for recovery."""

    code: str = Field(max_length=40, examples=["492039"])


class CodeRequest(Shape):
    """A code that the authenticator shows."""

    code: str = Field(max_length=40, examples=["492039"])


class Enrolment(Shape):
    """What the authenticator needs. It is shown once."""

    secret: str
    uri: str = Field(description="otpauth:// to be shown as a QR code")


class RecoveryCodes(Shape):
    """Codes of one use for who has lost the authenticator. They are shown once."""

    recovery_codes: list[str]


class Reason(Shape):
    """Why somebody else's second factor is taken away."""

    reason: str = Field(min_length=3, max_length=500)


class SecondFactorApi:
    """Routes of second factors. Whoever changes one proves the password, and a code where one is on."""

    def __init__(self, clock: Clock, sign_in: SignIn, factors: SecondFactors, callers: Callers) -> None:
        self._clock = clock
        self._sign_in = sign_in
        self._factors = factors
        self._callers = callers

    @route(
        "GET", _PATH, summary="My second factor", tags=["auth"], permission=SIGNED_IN, response=SecondFactorShape
    )  # fmt: skip
    async def read(self, call: Call[None, None]) -> SecondFactorShape:
        """Whether it is on, and how many recovery codes are left."""
        factor = await self._factors.of(call.session, call.principal.account_id)
        left = await self._factors.codes_left(call.session, call.principal.account_id)
        return SecondFactorShape(
            enabled=factor is not None, since=None if factor is None else factor.confirmed_at, recovery_codes_left=left
        )

    @route(
        "POST", _PATH, summary="Begin a second factor", tags=["auth"], permission=SIGNED_IN, body=Proof,
        response=Enrolment, errors={**_DENIED, "second_factor_on": 409}, unit=Unit.NONE,
    )  # fmt: skip
    async def enrol(self, call: Call[Proof, None]) -> Enrolment | Problem:
        """A new secret for an authenticator. It counts once `confirm` was called with a code of it."""
        proven = await self._sign_in.prove_again(call.principal.account_id, call.body.password, self._visitor(call))
        if isinstance(proven, Denied):
            return _problem(proven)
        async with call.database.transaction() as session:
            secret, uri = await self._factors.enrol(session, await _mine(session, call.principal.account_id))
        return Enrolment(secret=secret, uri=uri)

    @route(
        "POST", f"{_PATH}/confirm", summary="Turn the second factor on", tags=["auth"], permission=SIGNED_IN,
        body=CodeRequest, response=RecoveryCodes, errors=_CONFIRM,
    )  # fmt: skip
    async def confirm(self, call: Call[CodeRequest, None]) -> RecoveryCodes:
        """With a code that the authenticator shows. From now on signing in asks for one; a mail tells the owner."""
        account = await _mine(call.session, call.principal.account_id)
        codes = await self._factors.confirm(call.session, account.id, call.body.code)
        await self._tell(call.session, account, "factor_on")
        return RecoveryCodes(recovery_codes=codes)

    @route(
        "POST", f"{_PATH}/recovery-codes", summary="New recovery codes", tags=["auth"], permission=SIGNED_IN,
        body=FullProof, response=RecoveryCodes, errors=_DENIED, unit=Unit.NONE,
    )  # fmt: skip
    async def regenerate(self, call: Call[FullProof, None]) -> RecoveryCodes | Problem:
        """The old ones are void."""
        denied = await self._denied(call)
        if denied is not None:
            return _problem(denied)
        async with call.database.transaction() as session:
            return RecoveryCodes(recovery_codes=await self._factors.new_codes(session, call.principal.account_id))

    @route(
        "POST", f"{_PATH}/disable", summary="Turn the second factor off", tags=["auth"], permission=SIGNED_IN,
        body=FullProof, errors=_DENIED, unit=Unit.NONE,
    )  # fmt: skip
    async def disable(self, call: Call[FullProof, None]) -> Problem | None:
        """With the password and a code. A mail tells the owner."""
        denied = await self._denied(call)
        if denied is not None:
            return _problem(denied)
        async with call.database.transaction() as session:
            await self._off(session, await _mine(session, call.principal.account_id))
        return None

    @route(
        "POST", "/api/v1/accounts/{account_id}/remove-second-factor", summary="Take a lost second factor away",
        tags=["accounts"], permission="accounts:write", body=Reason,
        errors={"not_found": 404, "second_factor_off": 409},
    )  # fmt: skip
    async def take_away(self, call: Call[Reason, None]) -> None:
        """For who has lost authenticator and recovery codes, and has shown otherwise who they are."""
        account = await repository.account(call.session, call.id("account_id"))
        if account is None:
            raise Refused("not_found")
        if not await self._off(call.session, account):
            raise Refused("second_factor_off")

    async def _denied(self, call: Call[FullProof, None]) -> Denied | None:
        account_id, body = call.principal.account_id, call.body
        proven = await self._sign_in.prove_again(account_id, body.password, self._visitor(call))
        if isinstance(proven, Denied):
            return proven
        return await self._sign_in.prove_code(account_id, body.code, self._visitor(call))

    async def _off(self, session: AsyncSession, account: Account) -> bool:
        was_on = await self._factors.of(session, account.id) is not None
        await self._factors.remove(session, account.id)
        if was_on:
            await self._tell(session, account, "factor_off")
        return was_on

    async def _tell(self, session: AsyncSession, account: Account, what: str) -> None:
        letter = write(what, account.locale, name=account.display_name)
        await post(
            session, self._clock, to=account.email, subject=letter.subject, text=letter.text, html=letter.html,
            locale=letter.locale,
        )  # fmt: skip

    def _visitor(self, call: Call[Proof, None] | Call[FullProof, None]) -> Visitor:
        return Visitor.of(call.request, self._callers)


async def _mine(session: AsyncSession, account_id: uuid.UUID) -> Account:
    found = await repository.account(session, account_id)
    if found is None:
        raise Refused("not_found")
    return found


def _problem(denied: Denied) -> Problem:
    params = {"retry_after_s": denied.retry_after_s} if denied.retry_after_s else None
    return problem(denied.code, _DENIED[denied.code], params=params)
