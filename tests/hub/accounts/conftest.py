"""The accounts room with a hasher that is quick, because tests need no strength."""

import pytest
from argon2 import PasswordHasher

from hub.accounts.passwords import Passwords
from hub.accounts.roles import Role
from hub.accounts.rules import permissions_of
from hub.accounts.schemas import NewAccount
from hub.accounts.service import Accounts
from hub.kernel.auth import AccessTokens, BearerAuth
from hub.kernel.bus import Bus
from hub.kernel.db import Database
from hub.kernel.nudges import LocalNudges
from hub.kernel.web import Kernel
from tests.hub.conftest import ManualClock

PASSWORD = "correct horse battery"


@pytest.fixture
def passwords() -> Passwords:
    return Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


@pytest.fixture
def tokens(clock: ManualClock) -> AccessTokens:
    return AccessTokens.throwaway(clock)


@pytest.fixture
def accounts(database: Database, clock: ManualClock, tokens: AccessTokens, passwords: Passwords) -> Accounts:
    return Accounts(database=database, clock=clock, tokens=tokens, passwords=passwords)


@pytest.fixture
def hub_kernel(database: Database, clock: ManualClock, tokens: AccessTokens) -> Kernel:
    """The kernel with real bearer authentication."""
    return Kernel(
        database=database,
        clock=clock,
        bus=Bus(),
        nudges=LocalNudges(),
        authenticate=BearerAuth(tokens, permissions_of),
    )


def a_new(email: str = "Ada@Voltdock.Example", *roles: Role) -> NewAccount:
    return NewAccount(email=email, display_name="Ada", password=PASSWORD, roles=list(roles or (Role.RENTER,)))
