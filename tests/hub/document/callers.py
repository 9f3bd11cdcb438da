"""Who calls: somebody of every role who has signed in, nobody, and whoever holds a token that is worth nothing."""

import datetime as dt
import uuid
from collections.abc import Iterator
from typing import Final

import requests

from hub.accounts.passwords import Passwords
from hub.accounts.roles import Role
from hub.accounts.service import new_account
from hub.app import KEY_FILE
from hub.kernel.auth import AccessTokens, load_or_create_key
from hub.kernel.clock import SystemClock
from hub.stations.seed import ID as STATION
from tests.hub.conftest import ManualClock
from tests.hub.document.served import Served

NOBODY: Final = "nobody"
WORTHLESS: Final = ("forged", "expired", "garbage", "basic")
AT_ONE_STATION: Final = f"{Role.STATION_STAFF}@{STATION}"
ROLES: Final = (*(role.value for role in Role), AT_ONE_STATION)
CALLERS: Final = (NOBODY, *WORTHLESS, *ROLES)
PASSWORD: Final = "correct horse battery"  # of accounts that live as long as the test


def headers_of(served: Served) -> dict[str, dict[str, str]]:
    """What each of them sends."""
    given = {NOBODY: {}, "garbage": {"Authorization": "Bearer \u00e4.b.c".encode().decode("latin-1")},
             "basic": {"Authorization": "Basic YWRtaW46YWRtaW4="}}  # fmt: skip
    given |= {name: {"Authorization": f"Bearer {token}"} for name, token in _worthless(served)}
    served.run(_open_accounts(served))
    return given | {role: _sign_in(served, _email(role)) for role in ROLES}


def _email(role: str) -> str:
    return f"{role.replace('@', '.')}@proof.example"


async def _open_accounts(served: Served) -> None:
    """One of each role. One hash serves all: hashing is slow on purpose."""
    kernel = served.hub.kernel
    password_hash = await Passwords().hash(PASSWORD)
    async with kernel.database.transaction() as session:
        for role in ROLES:
            made = new_account(
                kernel.clock, email=_email(role), display_name=role, roles=[], locale="en", password_hash=password_hash
            )
            made.roles = [role]
            session.add(made)


def _sign_in(served: Served, email: str) -> dict[str, str]:
    asked = requests.post(f"{served.url}/api/v1/auth/token", json={"email": email, "password": PASSWORD}, timeout=30)
    assert asked.status_code == 200, asked.text
    return {"Authorization": f"Bearer {asked.json()['access_token']}"}


def _worthless(served: Served) -> Iterator[tuple[str, str]]:
    """An admin's token under a key that is not the hub's; one under the hub's key, long over."""
    now = SystemClock().now()
    yield "forged", AccessTokens.throwaway(ManualClock(now)).issue(uuid.uuid4(), [Role.ADMIN])
    key = load_or_create_key(served.folder / KEY_FILE)
    yield "expired", AccessTokens(key, ManualClock(now - dt.timedelta(days=1))).issue(uuid.uuid4(), [Role.ADMIN])
