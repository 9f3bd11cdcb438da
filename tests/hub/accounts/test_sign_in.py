"""Signing in, staying signed in, and what keeps strangers out; on both databases."""

import asyncio
import datetime as dt

import pytest

from hub.accounts import repository, session_repository
from hub.accounts.front_desk import FrontDesk
from hub.accounts.limits import account_key, sign_in_limits
from hub.accounts.passwords import Passwords
from hub.accounts.schemas import Tokens
from hub.accounts.service import Accounts
from hub.accounts.sessions import REFRESH_LIFETIME, Denied
from hub.accounts.sign_in_tables import ThrottleCount
from hub.accounts.throttle import Attempt, forget
from hub.accounts.visitors import Visitor
from hub.kernel.auth import AccessTokens
from hub.kernel.db import Database
from protocols.errors import Refused
from tests.hub.accounts.conftest import PASSWORD, a_new
from tests.hub.conftest import ManualClock

ADA = "ada@voltdock.example"
HERE = Visitor(network="203.0.113.7", address="203.0.113.0/24", device="Firefox on Linux")


async def _level(database: Database, key: str) -> float:
    async with database.reading() as session:
        row = await session.get(ThrottleCount, key)
    return row.level if row is not None else 0.0


async def _refresh(database: Database, desk: FrontDesk, token: str) -> Tokens | Denied:
    async with database.transaction() as session:
        return await desk.sessions.refresh(session, token, HERE)


async def test_the_right_password_gives_a_token_of_the_account(
    accounts: Accounts, desk: FrontDesk, tokens: AccessTokens
) -> None:
    account = await accounts.create(a_new())
    granted = await desk.sign_in.with_password(" ADA@voltdock.example", PASSWORD, HERE)
    assert isinstance(granted, Tokens)
    said = tokens.check(granted.access_token)
    assert (said.account_id, said.roles) == (account.id, frozenset({"renter"}))
    assert PASSWORD not in account.password_hash
    assert account.password_hash.startswith("$argon2id$")


async def test_an_address_is_taken_whatever_its_capitals(accounts: Accounts) -> None:
    await accounts.create(a_new("ada@voltdock.example"))
    with pytest.raises(Refused, match="email_taken"):
        await accounts.create(a_new("ADA@VOLTDOCK.EXAMPLE"))


@pytest.mark.parametrize("email", [ADA, "nobody@voltdock.example"])
async def test_wrong_passwords_make_an_address_wait_whether_or_not_it_has_an_account(
    accounts: Accounts, desk: FrontDesk, clock: ManualClock, email: str
) -> None:
    await accounts.create(a_new())
    for _ in range(5):
        assert await desk.sign_in.with_password(email, "wrong", HERE) == Denied(code="bad_credentials")
    assert await desk.sign_in.with_password(email, PASSWORD, HERE) == Denied(code="log_in_locked", retry_after_s=6)
    clock.move(5)
    assert await desk.sign_in.with_password(email, "wrong", HERE) == Denied(code="bad_credentials")
    assert await desk.sign_in.with_password(email, "wrong", HERE) == Denied(code="log_in_locked", retry_after_s=11)
    clock.move(10)
    assert isinstance(await desk.sign_in.with_password(email, PASSWORD, HERE), Tokens if email == ADA else Denied)


async def test_a_right_password_ends_the_count(accounts: Accounts, desk: FrontDesk) -> None:
    await accounts.create(a_new())
    for _ in range(3):
        for _ in range(4):
            await desk.sign_in.with_password(ADA, "wrong", HERE)
        assert isinstance(await desk.sign_in.with_password(ADA, PASSWORD, HERE), Tokens)


async def test_failures_at_once_are_all_counted(accounts: Accounts, desk: FrontDesk, database: Database) -> None:
    await accounts.create(a_new())
    await asyncio.gather(*(desk.sign_in.with_password(ADA, "wrong", HERE) for _ in range(4)))
    assert await _level(database, account_key(ADA)) == 4


async def test_an_unknown_address_costs_a_hash_too(
    accounts: Accounts, desk: FrontDesk, passwords: Passwords, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked: list[str] = []
    really = passwords._verify_now

    def count(kept: str, password: str) -> bool:
        checked.append(kept)
        return really(kept, password)

    monkeypatch.setattr(passwords, "_verify_now", count)
    assert await desk.sign_in.with_password("nobody@voltdock.example", PASSWORD, HERE) == Denied(code="bad_credentials")
    assert len(checked) == 1


async def test_a_closed_account_cannot_sign_in_nor_go_on(
    accounts: Accounts, desk: FrontDesk, database: Database
) -> None:
    await accounts.create(a_new())
    granted = await desk.sign_in.with_password(ADA, PASSWORD, HERE)
    assert isinstance(granted, Tokens)
    async with database.transaction() as session:
        account = await repository.account_of(session, ADA)
        assert account is not None
        account.active = False
    assert await desk.sign_in.with_password(ADA, PASSWORD, HERE) == Denied(code="bad_credentials")
    assert await _refresh(database, desk, granted.refresh_token) == Denied(code="refresh_token_invalid")


async def test_a_refresh_token_used_twice_ends_its_whole_family(
    accounts: Accounts, desk: FrontDesk, database: Database
) -> None:
    await accounts.create(a_new())
    first = await desk.sign_in.with_password(ADA, PASSWORD, HERE)
    other = await desk.sign_in.with_password(ADA, PASSWORD, HERE)
    assert isinstance(first, Tokens)
    assert isinstance(other, Tokens)
    second = await _refresh(database, desk, first.refresh_token)
    assert isinstance(second, Tokens)
    assert await _refresh(database, desk, first.refresh_token) == Denied(code="refresh_token_reused")
    assert await _refresh(database, desk, second.refresh_token) == Denied(code="refresh_token_invalid")
    assert isinstance(await _refresh(database, desk, other.refresh_token), Tokens)


async def test_of_two_uses_at_once_one_wins(accounts: Accounts, desk: FrontDesk, database: Database) -> None:
    await accounts.create(a_new())
    granted = await desk.sign_in.with_password(ADA, PASSWORD, HERE)
    assert isinstance(granted, Tokens)
    answers = await asyncio.gather(*(_refresh(database, desk, granted.refresh_token) for _ in range(5)))
    assert sum(isinstance(one, Tokens) for one in answers) == 1


async def test_a_signed_out_or_expired_token_is_of_no_use(
    accounts: Accounts, desk: FrontDesk, database: Database, clock: ManualClock
) -> None:
    await accounts.create(a_new())
    one, two = [await desk.sign_in.with_password(ADA, PASSWORD, HERE) for _ in range(2)]
    assert isinstance(one, Tokens)
    assert isinstance(two, Tokens)
    async with database.transaction() as session:
        await desk.sessions.sign_out(session, one.refresh_token)
        await desk.sessions.sign_out(session, "never seen")
    assert await _refresh(database, desk, one.refresh_token) == Denied(code="refresh_token_invalid")
    clock.move((REFRESH_LIFETIME - dt.timedelta(seconds=1)).total_seconds())
    two = await _refresh(database, desk, two.refresh_token)
    assert isinstance(two, Tokens)
    clock.move(REFRESH_LIFETIME.total_seconds())
    assert await _refresh(database, desk, two.refresh_token) == Denied(code="refresh_token_invalid")
    async with database.transaction() as session:
        await session_repository.forget_expired(session, clock.now())
    async with database.reading() as session:
        assert await session_repository.refresh_token(session, two.refresh_token) is None


async def _wrong(desk: FrontDesk, email: str, network: str) -> str:
    answer = await desk.sign_in.with_password(email, "Summer2026!", Visitor(network=network))
    assert isinstance(answer, Denied)
    return answer.code


async def test_one_network_that_tries_many_accounts_waits_and_another_does_not(
    accounts: Accounts, desk: FrontDesk, clock: ManualClock
) -> None:
    await accounts.create(a_new())
    answers = [await _wrong(desk, f"user{number}@voltdock.example", "198.51.100.9") for number in range(40)]
    assert answers == ["bad_credentials"] * 31 + ["log_in_locked"] * 9
    assert isinstance(await desk.sign_in.with_password(ADA, PASSWORD, HERE), Tokens)
    clock.move(5)
    assert await _wrong(desk, "user50@voltdock.example", "198.51.100.9") == "bad_credentials"
    assert await _wrong(desk, "user51@voltdock.example", "198.51.100.9") == "log_in_locked"


async def test_a_spraying_of_one_password_from_many_networks_is_slowed_and_those_at_home_still_get_in(
    accounts: Accounts, desk: FrontDesk, clock: ManualClock
) -> None:
    await accounts.create(a_new())
    await accounts.create(a_new("bo@voltdock.example"))
    assert isinstance(await desk.sign_in.with_password(ADA, PASSWORD, HERE), Tokens)
    let_in = 0
    for second in range(450):  # one try a second, each of another account and network
        let_in += await _counted(desk, f"user{second}@voltdock.example", f"2001:db8:{second:x}::/64")
        clock.move(1)
    assert let_in < 400
    answer = await desk.sign_in.with_password("bo@voltdock.example", PASSWORD, Visitor(network="192.0.2.1"))
    assert isinstance(answer, Denied)
    assert 0 < answer.retry_after_s <= 61
    assert isinstance(await desk.sign_in.with_password(ADA, PASSWORD, HERE), Tokens), "she was here before"
    clock.move(answer.retry_after_s)
    assert isinstance(
        await desk.sign_in.with_password("bo@voltdock.example", PASSWORD, Visitor(network="192.0.2.1")), Tokens
    )


async def _counted(desk: FrontDesk, email: str, network: str) -> bool:
    """Whether a guess gets as far as its password, without the cost of a hash."""
    return isinstance(await desk.throttle.count(sign_in_limits(email, network, known_here=False)), Attempt)


async def test_right_passwords_count_for_nothing(accounts: Accounts, desk: FrontDesk, database: Database) -> None:
    await accounts.create(a_new())
    for number in range(3):
        visitor = Visitor(network=f"203.0.113.{number}")
        assert isinstance(await desk.sign_in.with_password(ADA, PASSWORD, visitor), Tokens)
    for key in (account_key(ADA), "sign_in:network:203.0.113.0", "sign_in:all"):
        assert await _level(database, key) == 0


async def test_strangers_who_guess_an_account_lock_themselves_out_and_not_its_owner_at_home(
    accounts: Accounts, desk: FrontDesk
) -> None:
    await accounts.create(a_new())
    assert isinstance(await desk.sign_in.with_password(ADA, PASSWORD, HERE), Tokens)
    answers = [await _wrong(desk, ADA, f"198.51.100.{number}") for number in range(8)]
    assert answers == ["bad_credentials"] * 5 + ["log_in_locked"] * 3
    assert isinstance(await desk.sign_in.with_password(ADA, PASSWORD, HERE), Tokens)
    assert await _wrong(desk, ADA, "198.51.100.99") == "log_in_locked", "that she got in helps no stranger"
    home = [await _wrong(desk, ADA, HERE.network) for _ in range(6)]
    assert home == ["bad_credentials"] * 5 + ["log_in_locked"]


async def test_a_password_that_was_chosen_anew_makes_nobody_wait(
    accounts: Accounts, desk: FrontDesk, database: Database
) -> None:
    await accounts.create(a_new())
    assert isinstance(await desk.sign_in.with_password(ADA, PASSWORD, HERE), Tokens)
    for network in (HERE.network, "198.51.100.1"):
        for _ in range(6):
            await _wrong(desk, ADA, network)
    async with database.transaction() as session:
        await forget(session, account_key(ADA))
    for visitor in (HERE, Visitor(network="198.51.100.2")):
        assert isinstance(await desk.sign_in.with_password(ADA, PASSWORD, visitor), Tokens)
