"""The routes by which people open an account themselves, and get back into it."""

from typing import Final

from hub.accounts.links import LINK_ERRORS
from hub.accounts.recovery import Recovery
from hub.accounts.registration import Registrations
from hub.accounts.sign_in_schemas import Addressed, Confirming, Registering, Resetting
from hub.accounts.throttle import Shut
from hub.kernel.callers import Callers, network_of
from hub.kernel.problem import ProblemError, problem
from hub.kernel.routes import Call, Unit, route

TOO_MANY: Final = {"too_many_requests": 429}


class RegistrationApi:
    """Routes for who has no account yet, or has forgotten the password. None tells whether an address has one."""

    def __init__(self, registrations: Registrations, recovery: Recovery, callers: Callers) -> None:
        self._registrations = registrations
        self._recovery = recovery
        self._callers = callers

    @route(
        "POST", "/api/v1/auth/register", summary="Open an account", tags=["auth"], permission=None,
        body=Registering, status=202, errors={**TOO_MANY, "organisation_unknown": 422}, unit=Unit.NONE,
    )  # fmt: skip
    async def register(self, call: Call[Registering, None]) -> None:
        """A mail goes to the address; the account exists once its link came back. It is a renter's.

        The answer is the same for an address that has an account already: that one gets a mail that says so. Three
        mails an hour to one address, twenty asked for by one network, then 429 with `retry_after_s`.
        """
        refuse_if_shut(await self._registrations.ask(call.body, self._network(call)))

    @route(
        "POST", "/api/v1/auth/register/resend", summary="Send the confirmation again", tags=["auth"],
        permission=None, body=Addressed, status=202, errors=TOO_MANY, unit=Unit.NONE,
    )  # fmt: skip
    async def resend(self, call: Call[Addressed, None]) -> None:
        """The last registration's mail once more, where one waits."""
        refuse_if_shut(await self._registrations.ask_again(call.body.email, self._network(call)))

    @route(
        "POST", "/api/v1/auth/register/confirm", summary="Confirm an address", tags=["auth"], permission=None,
        body=Confirming, errors=LINK_ERRORS,
    )  # fmt: skip
    async def confirm(self, call: Call[Confirming, None]) -> None:
        """The link of the mail came back: the account is there, and its owner may sign in."""
        await self._registrations.confirm(call.session, call.body.token)

    @route(
        "POST", "/api/v1/auth/password/forgot", summary="Ask for a new password", tags=["auth"], permission=None,
        body=Addressed, status=202, errors=TOO_MANY, unit=Unit.NONE,
    )  # fmt: skip
    async def forgot(self, call: Call[Addressed, None]) -> None:
        """A mail goes to the address, where it has an account. The answer is the same where it has none."""
        refuse_if_shut(await self._recovery.ask(call.body.email, self._network(call)))

    @route(
        "POST", "/api/v1/auth/password/reset", summary="Choose a new password", tags=["auth"], permission=None,
        body=Resetting, errors=LINK_ERRORS, unit=Unit.NONE,
    )  # fmt: skip
    async def reset(self, call: Call[Resetting, None]) -> None:
        """With the link of the mail, once and within an hour. Every session of the account ends."""
        await self._recovery.reset(call.body.token, call.body.password)

    def _network(self, call: Call[Registering, None] | Call[Addressed, None]) -> str:
        return network_of(self._callers.address(call.request))


def refuse_if_shut(shut: Shut | None, code: str = "too_many_requests") -> None:
    """Raises the 429 that says how long."""
    if shut is not None:
        raise ProblemError(problem(code, 429, params={"retry_after_s": shut.retry_after_s}))
