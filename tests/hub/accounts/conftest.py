"""The accounts room with a hasher that is quick, because tests need no strength."""

import ipaddress

import pytest
from argon2 import PasswordHasher

from hub.accounts.desk import Entrance
from hub.accounts.front_desk import FrontDesk
from hub.accounts.passwords import Passwords
from hub.accounts.rights import rights_of
from hub.accounts.roles import Role
from hub.accounts.schemas import NewAccount
from hub.accounts.service import Accounts
from hub.kernel.auth import AccessTokens, BearerAuth
from hub.kernel.bus import Bus
from hub.kernel.callers import Callers
from hub.kernel.db import Database
from hub.kernel.nudges import LocalNudges
from hub.kernel.web import Kernel
from tests.hub.accounts.letterbox import Letterbox
from tests.hub.conftest import ManualClock

PASSWORD = "correct horse battery"


@pytest.fixture
def passwords() -> Passwords:
    return Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


@pytest.fixture
def tokens(clock: ManualClock) -> AccessTokens:
    return AccessTokens.throwaway(clock)


@pytest.fixture
def accounts(database: Database, clock: ManualClock, passwords: Passwords) -> Accounts:
    return Accounts(database=database, clock=clock, passwords=passwords)


@pytest.fixture
def box() -> Letterbox:
    return Letterbox()


@pytest.fixture
def desk(hub_kernel: Kernel, tokens: AccessTokens, passwords: Passwords, box: Letterbox) -> FrontDesk:
    """The front desk behind a proxy that is trusted, so that a test may come from anywhere."""
    callers = Callers([ipaddress.ip_network("127.0.0.1")])
    return FrontDesk(
        hub_kernel, tokens, passwords, Entrance(mail=box, people_reach="https://hub.example", callers=callers)
    )


@pytest.fixture
def hub_kernel(database: Database, clock: ManualClock, tokens: AccessTokens) -> Kernel:
    """The kernel with real bearer authentication."""
    return Kernel(
        database=database,
        clock=clock,
        bus=Bus(),
        nudges=LocalNudges(),
        authenticate=BearerAuth(tokens, rights_of),
    )


def a_new(email: str = "Ada@Voltdock.Example", *roles: Role) -> NewAccount:
    return NewAccount(email=email, display_name="Ada", password=PASSWORD, roles=list(roles or (Role.RENTER,)))
