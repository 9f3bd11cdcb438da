"""The one list of every domain's routes, subscriptions, tables and jobs. A new domain adds its lines here."""

import functools
from collections.abc import Awaitable, Callable

from hub.accounts import demo
from hub.accounts import repository as accounts_repository
from hub.accounts.api import AccountsApi
from hub.accounts.passwords import Passwords
from hub.accounts.rules import permissions_of
from hub.accounts.service import Accounts
from hub.kernel import idempotency, janitor
from hub.kernel.auth import AccessTokens, BearerAuth
from hub.kernel.bus import Subscription
from hub.kernel.clock import Clock
from hub.kernel.db import Database
from hub.kernel.nudges import Nudges
from hub.kernel.routes import RawRoute, Route, routes_of
from hub.kernel.web import Kernel
from protocols.errors import Refused

Job = Callable[[], Awaitable[None]]
"""Runs beside the web server from start to stop; it is cancelled at the end."""


def authenticate(tokens: AccessTokens) -> BearerAuth:
    """People sign in by bearer token; what a role may do stands in the accounts' rules."""
    return BearerAuth(tokens, permissions_of)


def subscriptions(clock: Clock, nudges: Nudges) -> list[Subscription]:
    """Who hears what: `on(events.X, service(clock).when_x)`, in the order they hear it."""
    _ = clock, nudges
    return []


def routes(kernel: Kernel, tokens: AccessTokens, passwords: Passwords) -> list[Route | RawRoute]:
    """Every route of every domain."""
    accounts = Accounts(database=kernel.database, clock=kernel.clock, tokens=tokens, passwords=passwords)
    return [
        *routes_of(AccountsApi(accounts)),
    ]


def jobs(kernel: Kernel) -> list[Job]:
    """What runs in the background."""
    sweeps = [idempotency.forget_old, accounts_repository.forget_expired]
    return [functools.partial(janitor.run, kernel.database, kernel.clock, sweeps)]


async def seed_demo(database: Database, clock: Clock, passwords: Passwords) -> None:
    """What `run --demo` puts into the database where it is missing."""
    await demo.seed(database, clock, passwords)


async def enrol_code(database: Database, clock: Clock, *, name: str) -> str:
    """A one-time code by which the station of this name may enrol."""
    _ = database, clock
    raise Refused("enrolment_unavailable", name=name)
