"""Everything by which somebody gets in, joined: its routes, its durable work, what it forgets. No logic."""

from hub.accounts import links, registration, throttle
from hub.accounts.auth_api import AuthApi
from hub.accounts.desk import Desk, Entrance
from hub.accounts.oidc import Oidc
from hub.accounts.oidc_api import OidcApi
from hub.accounts.pages import pages
from hub.accounts.passwords import Passwords
from hub.accounts.recovery import RECOVER, Recovery
from hub.accounts.registration import WELCOME, Registrations
from hub.accounts.registration_api import RegistrationApi
from hub.accounts.second_factor import SecondFactors
from hub.accounts.second_factor_api import SecondFactorApi
from hub.accounts.session_api import SessionsApi
from hub.accounts.session_repository import forget_expired
from hub.accounts.sessions import Sessions
from hub.accounts.sign_in import SignIn
from hub.kernel.auth import AccessTokens
from hub.kernel.janitor import Forget
from hub.kernel.routes import RawRoute, Route, routes_of
from hub.kernel.web import Kernel
from hub.kernel.wishes import Handler


class FrontDesk:
    """The services of getting in. One per process."""

    def __init__(
        self, kernel: Kernel, tokens: AccessTokens, passwords: Passwords, entrance: Entrance | None = None
    ) -> None:
        desk = Desk.of(kernel.database, kernel.clock, passwords, entrance or Entrance())
        self._callers = desk.entrance.callers
        self._clock = kernel.clock
        self.throttle = desk.throttle
        self.registrations = Registrations(desk)
        self.sessions = Sessions(kernel.clock, tokens)
        self.factors = SecondFactors(desk)
        self.sign_in = SignIn(desk, self.sessions, self.factors)
        self.oidc = Oidc(desk, self.sign_in, desk.entrance.providers)
        self._over_tls = desk.entrance.people_reach.startswith("https:")
        self.recovery = Recovery(desk, self.sign_in, self.sessions)

    def routes(self) -> list[Route | RawRoute]:
        """Its routes."""
        return [
            *routes_of(AuthApi(self.sign_in, self.sessions, self._callers)),
            *routes_of(RegistrationApi(self.registrations, self.recovery, self._callers)),
            *routes_of(SessionsApi(self.sessions, self.recovery, self._callers)),
            *routes_of(SecondFactorApi(self._clock, self.sign_in, self.factors, self._callers)),
            *routes_of(OidcApi(self.oidc, self._callers, over_tls=self._over_tls)),
            *pages(),
        ]

    def handlers(self) -> dict[str, Handler]:
        """Its durable work."""
        return {WELCOME: self.registrations.welcome, RECOVER: self.recovery.write}

    def sweeps(self) -> list[Forget]:
        """What it forgets every hour."""
        return [forget_expired, throttle.forget_old, links.forget_old_links, registration.forget_old_registrations]
