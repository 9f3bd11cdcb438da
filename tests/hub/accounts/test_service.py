"""Signing in, staying signed in, and what keeps strangers out; on both databases."""

import asyncio
import datetime as dt

import pytest

from hub.accounts import repository
from hub.accounts.passwords import Passwords
from hub.accounts.schemas import Tokens
from hub.accounts.service import REFRESH_LIFETIME, Accounts, Denied
from hub.kernel.auth import AccessTokens
from hub.kernel.db import Database
from protocols.errors import Refused
from tests.hub.accounts.conftest import PASSWORD, a_new
from tests.hub.conftest import ManualClock

ADA = "ada@voltdock.example"


async def _refresh(database: Database, accounts: Accounts, token: str) -> Tokens | Denied:
    async with database.transaction() as session:
        return await accounts.refresh(session, token)


async def test_the_right_password_gives_a_token_of_the_account(accounts: Accounts, tokens: AccessTokens) -> None:
    account = await accounts.create(a_new())
    granted = await accounts.sign_in(" ADA@voltdock.example", PASSWORD)
    assert isinstance(granted, Tokens)
    assert tokens.check(granted.access_token) == (account.id, frozenset({"renter"}))
    assert PASSWORD not in account.password_hash
    assert account.password_hash.startswith("$argon2id$")


async def test_an_address_is_taken_whatever_its_capitals(accounts: Accounts) -> None:
    await accounts.create(a_new("ada@voltdock.example"))
    with pytest.raises(Refused, match="email_taken"):
        await accounts.create(a_new("ADA@VOLTDOCK.EXAMPLE"))


@pytest.mark.parametrize("email", [ADA, "nobody@voltdock.example"])
async def test_wrong_passwords_make_an_address_wait_whether_or_not_it_has_an_account(
    accounts: Accounts, clock: ManualClock, email: str
) -> None:
    await accounts.create(a_new())
    for _ in range(5):
        assert await accounts.sign_in(email, "wrong") == Denied(code="bad_credentials")
    assert await accounts.sign_in(email, PASSWORD) == Denied(code="log_in_locked", retry_after_s=6)
    clock.move(5)
    assert await accounts.sign_in(email, "wrong") == Denied(code="bad_credentials")
    assert await accounts.sign_in(email, "wrong") == Denied(code="log_in_locked", retry_after_s=11)
    clock.move(10)
    assert isinstance(await accounts.sign_in(email, PASSWORD), Tokens if email == ADA else Denied)


async def test_a_right_password_ends_the_count(accounts: Accounts) -> None:
    await accounts.create(a_new())
    for _ in range(3):
        for _ in range(4):
            await accounts.sign_in(ADA, "wrong")
        assert isinstance(await accounts.sign_in(ADA, PASSWORD), Tokens)


async def test_failures_at_once_are_all_counted(accounts: Accounts, database: Database) -> None:
    await accounts.create(a_new())
    await asyncio.gather(*(accounts.sign_in(ADA, "wrong") for _ in range(4)))
    async with database.reading() as session:
        account = await repository.account_of(session, ADA)
    assert account is not None
    assert account.failed_logins == 4


async def test_an_unknown_address_costs_a_hash_too(
    accounts: Accounts, passwords: Passwords, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked: list[str] = []
    really = passwords._verify_now

    def count(kept: str, password: str) -> bool:
        checked.append(kept)
        return really(kept, password)

    monkeypatch.setattr(passwords, "_verify_now", count)
    assert await accounts.sign_in("nobody@voltdock.example", PASSWORD) == Denied(code="bad_credentials")
    assert len(checked) == 1


async def test_a_closed_account_cannot_sign_in_nor_go_on(accounts: Accounts, database: Database) -> None:
    await accounts.create(a_new())
    granted = await accounts.sign_in(ADA, PASSWORD)
    assert isinstance(granted, Tokens)
    async with database.transaction() as session:
        account = await repository.account_of(session, ADA)
        assert account is not None
        account.active = False
    assert await accounts.sign_in(ADA, PASSWORD) == Denied(code="bad_credentials")
    assert await _refresh(database, accounts, granted.refresh_token) == Denied(code="refresh_token_invalid")


async def test_a_refresh_token_used_twice_ends_its_whole_family(accounts: Accounts, database: Database) -> None:
    await accounts.create(a_new())
    first = await accounts.sign_in(ADA, PASSWORD)
    other = await accounts.sign_in(ADA, PASSWORD)
    assert isinstance(first, Tokens)
    assert isinstance(other, Tokens)
    second = await _refresh(database, accounts, first.refresh_token)
    assert isinstance(second, Tokens)
    assert await _refresh(database, accounts, first.refresh_token) == Denied(code="refresh_token_reused")
    assert await _refresh(database, accounts, second.refresh_token) == Denied(code="refresh_token_invalid")
    assert isinstance(await _refresh(database, accounts, other.refresh_token), Tokens)


async def test_of_two_uses_at_once_one_wins(accounts: Accounts, database: Database) -> None:
    await accounts.create(a_new())
    granted = await accounts.sign_in(ADA, PASSWORD)
    assert isinstance(granted, Tokens)
    answers = await asyncio.gather(*(_refresh(database, accounts, granted.refresh_token) for _ in range(5)))
    assert sum(isinstance(one, Tokens) for one in answers) == 1


async def test_a_signed_out_or_expired_token_is_of_no_use(
    accounts: Accounts, database: Database, clock: ManualClock
) -> None:
    await accounts.create(a_new())
    one, two = [await accounts.sign_in(ADA, PASSWORD) for _ in range(2)]
    assert isinstance(one, Tokens)
    assert isinstance(two, Tokens)
    async with database.transaction() as session:
        await accounts.sign_out(session, one.refresh_token)
        await accounts.sign_out(session, "never seen")
    assert await _refresh(database, accounts, one.refresh_token) == Denied(code="refresh_token_invalid")
    clock.move((REFRESH_LIFETIME - dt.timedelta(seconds=1)).total_seconds())
    two = await _refresh(database, accounts, two.refresh_token)
    assert isinstance(two, Tokens)
    clock.move(REFRESH_LIFETIME.total_seconds())
    assert await _refresh(database, accounts, two.refresh_token) == Denied(code="refresh_token_invalid")
    async with database.transaction() as session:
        await repository.forget_expired(session, clock.now())
    async with database.reading() as session:
        assert await repository.refresh_token(session, two.refresh_token) is None
