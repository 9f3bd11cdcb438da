"""The second factor over real sockets, on both databases."""

import asyncio
import datetime as dt
from typing import Any

import pytest
from aiohttp.test_utils import TestClient
from sqlalchemy import select

from hub.accounts.api import AccountsApi
from hub.accounts.front_desk import FrontDesk
from hub.accounts.letter_texts import TEXTS
from hub.accounts.roles import Role
from hub.accounts.second_factor_tables import RecoveryCode, SecondFactor
from hub.accounts.service import Accounts
from hub.accounts.totp import STEP_S, new_recovery_codes, new_secret, plain, step_that_fits
from hub.kernel.mailing import MAIL, Mailing
from hub.kernel.routes import routes_of
from hub.kernel.web import Kernel
from tests.hub.accounts.conftest import PASSWORD, a_new
from tests.hub.accounts.letterbox import Letterbox, carry_out
from tests.hub.accounts.person import ADA, Person, shown_code
from tests.hub.conftest import START, ManualClock, Serve

FACTOR = "/me/second-factor"
KNOWN = {"email": ADA, "password": PASSWORD}


@pytest.fixture
async def client(hub_kernel: Kernel, accounts: Accounts, desk: FrontDesk, serve: Serve) -> TestClient[Any, Any]:
    await accounts.create(a_new(ADA))
    await accounts.create(a_new("admin@voltdock.example", Role.ADMIN))
    return await serve(hub_kernel, [*routes_of(AccountsApi(accounts)), *desk.routes()])


@pytest.fixture
async def ada(client: TestClient[Any, Any]) -> Person:
    person = Person(client)
    await person.sign_in()
    return person


async def turned_on(ada: Person, clock: ManualClock) -> tuple[str, list[str]]:
    """The secret and the recovery codes of a second factor that is on; the next code is of the next step."""
    status, begun = await ada.call("POST", FACTOR, {"password": PASSWORD})
    assert status == 200
    status, confirmed = await ada.call("POST", f"{FACTOR}/confirm", {"code": shown_code(begun["secret"], clock)})
    assert status == 200
    clock.move(STEP_S)
    return begun["secret"], confirmed["recovery_codes"]


async def challenge(ada: Person) -> str:
    status, body = await ada.prove(KNOWN)
    assert (status, body["code"]) == (401, "second_factor_required")
    assert body["params"]["expires_in_s"] == 300
    return str(body["params"]["challenge"])


async def test_it_is_asked_for_once_a_code_has_come_back_and_not_before(ada: Person, clock: ManualClock) -> None:
    assert (await ada.call("GET", FACTOR))[1] == {"enabled": False, "since": None, "recovery_codes_left": 0}
    status, begun = await ada.call("POST", FACTOR, {"password": PASSWORD})
    assert status == 200
    assert begun["uri"] == f"otpauth://totp/Voltdock:ada%40voltdock.example?secret={begun['secret']}&issuer=Voltdock"
    assert (await ada.prove(KNOWN))[0] == 200
    status, body = await ada.call("POST", f"{FACTOR}/confirm", {"code": "000000"})
    assert (status, body["code"]) == (403, "code_invalid")
    code = shown_code(begun["secret"], clock)
    status, confirmed = await ada.call("POST", f"{FACTOR}/confirm", {"code": code})
    assert (status, len(confirmed["recovery_codes"])) == (200, 10)
    assert (await ada.call("GET", FACTOR))[1] == {
        "enabled": True, "since": "2026-11-21T14:00:00.000Z", "recovery_codes_left": 10,
    }  # fmt: skip
    clock.move(STEP_S)
    token = await challenge(ada)
    proof = {"challenge": token, "code": shown_code(begun["secret"], clock)}
    assert (await ada.prove(proof))[0] == 200
    assert (await ada.call("GET", "/me"))[0] == 200


async def test_a_code_counts_once_and_its_neighbours_only(ada: Person, clock: ManualClock) -> None:
    secret, _ = await turned_on(ada, clock)
    # -1 is the code that confirmed it.
    for steps, status in ((-2, 401), (2, 401), (-1, 401), (0, 200), (0, 401), (1, 200), (1, 401)):
        proof = {"challenge": await challenge(ada), "code": shown_code(secret, clock, steps=steps)}
        assert (await ada.prove(proof))[0] == status, steps


async def test_of_two_uses_of_one_code_at_once_one_counts(
    client: TestClient[Any, Any], ada: Person, clock: ManualClock
) -> None:
    secret, codes = await turned_on(ada, clock)
    for code in (shown_code(secret, clock), codes[0]):
        token = await challenge(ada)
        people = [Person(client) for _ in range(3)]
        answers = await asyncio.gather(*(one.prove({"challenge": token, "code": code}) for one in people))
        assert sorted(status for status, _ in answers) == [200, 401, 401]
        clock.move(3600)


async def test_a_recovery_code_counts_once_however_it_is_typed(ada: Person, clock: ManualClock) -> None:
    _, codes = await turned_on(ada, clock)
    typed = codes[3].upper().replace("-", " ")
    assert (await ada.prove({"challenge": await challenge(ada), "code": typed}))[0] == 200
    assert (await ada.call("GET", FACTOR))[1]["recovery_codes_left"] == 9
    status, body = await ada.prove({"challenge": await challenge(ada), "code": codes[3]})
    assert (status, body["code"]) == (401, "code_invalid")


async def test_new_recovery_codes_void_the_old_ones(ada: Person, clock: ManualClock) -> None:
    secret, old = await turned_on(ada, clock)
    proof = {"password": PASSWORD, "code": shown_code(secret, clock)}
    status, body = await ada.call("POST", f"{FACTOR}/recovery-codes", proof)
    assert (status, len(body["recovery_codes"])) == (200, 10)
    assert (await ada.prove({"challenge": await challenge(ada), "code": old[0]}))[0] == 401
    assert (await ada.prove({"challenge": await challenge(ada), "code": body["recovery_codes"][0]}))[0] == 200


async def test_turning_it_off_needs_password_and_code_and_is_told_by_mail(
    ada: Person, clock: ManualClock, hub_kernel: Kernel, box: Letterbox
) -> None:
    secret, _ = await turned_on(ada, clock)
    for proof in ({"password": PASSWORD, "code": "000000"}, {"password": "x", "code": shown_code(secret, clock)}):
        assert (await ada.call("POST", f"{FACTOR}/disable", proof))[0] == 403
    good = {"password": PASSWORD, "code": shown_code(secret, clock)}
    assert (await ada.call("POST", f"{FACTOR}/disable", good))[0] == 204
    assert (await ada.prove(KNOWN))[0] == 200
    await carry_out(hub_kernel.database, {MAIL: Mailing(box).deliver})
    assert [one.subject for one in box.got] == [TEXTS["en"]["factor_on"].subject, TEXTS["en"]["factor_off"].subject]


async def test_a_challenge_lasts_five_minutes_and_as_long_as_the_password(
    client: TestClient[Any, Any], ada: Person, clock: ManualClock
) -> None:
    secret, _ = await turned_on(ada, clock)
    other = Person(client)
    token = await challenge(other)
    clock.move(300)
    status, body = await other.prove({"challenge": token, "code": shown_code(secret, clock)})
    assert (status, body["code"]) == (401, "challenge_invalid")
    token = await challenge(other)
    assert (await ada.call("POST", "/me/password", {"password": PASSWORD, "new_password": "a wholly new word"}))[
        0
    ] == 204
    assert (await other.prove({"challenge": token, "code": shown_code(secret, clock)}))[0] == 401
    for forged in ("x", token[:-4] + "AAAA", token * 2):
        status, body = await other.prove({"challenge": forged, "code": shown_code(secret, clock)})
        assert (status, body["code"]) == (401, "challenge_invalid")


async def test_codes_cannot_be_guessed_also_with_ever_new_challenges(
    client: TestClient[Any, Any], ada: Person, clock: ManualClock
) -> None:
    secret, _ = await turned_on(ada, clock)
    statuses = []
    for number in range(7):
        guesser = Person(client, address=f"198.51.100.{number}")
        token = await challenge(guesser)
        statuses.append((await guesser.prove({"challenge": token, "code": "123456"}))[0])
    assert statuses == [401] * 5 + [429] * 2
    clock.move(5)
    assert (await ada.prove({"challenge": await challenge(ada), "code": shown_code(secret, clock)}))[0] == 200


async def test_a_second_factor_that_is_on_cannot_be_replaced_unseen(ada: Person, clock: ManualClock) -> None:
    await turned_on(ada, clock)
    status, body = await ada.call("POST", FACTOR, {"password": PASSWORD})
    assert (status, body["code"]) == (409, "second_factor_on")
    status, body = await ada.call("POST", f"{FACTOR}/confirm", {"code": "123456"})
    assert (status, body["code"]) == (409, "second_factor_on")


async def test_an_admin_takes_a_lost_one_away_with_a_reason(
    client: TestClient[Any, Any], ada: Person, clock: ManualClock
) -> None:
    await turned_on(ada, clock)
    _, me = await ada.call("GET", "/me")
    admin = Person(client)
    await admin.sign_in("admin@voltdock.example")
    path = f"/accounts/{me['id']}/remove-second-factor"
    assert (await ada.call("POST", path, {"reason": "lost phone"}))[0] == 403
    assert (await admin.call("POST", path, {"reason": "lost phone, passport seen"}))[0] == 204
    assert (await admin.call("POST", path, {"reason": "lost phone, passport seen"}))[0] == 409
    assert (await ada.prove(KNOWN))[0] == 200


async def test_the_database_holds_neither_secret_nor_codes(ada: Person, clock: ManualClock, hub_kernel: Kernel) -> None:
    secret, codes = await turned_on(ada, clock)
    async with hub_kernel.database.reading() as session:
        factor = (await session.scalars(select(SecondFactor))).one()
        hashes = (await session.scalars(select(RecoveryCode.code_hash))).all()
    assert secret not in factor.sealed_secret
    assert not {plain(code) for code in codes} & set(hashes)


@pytest.mark.parametrize(
    ("proof", "pointer"),
    [
        ({"challenge": "x"}, "/code"),
        ({"code": "x"}, "/challenge"),
        ({"challenge": "x", "code": "x", "email": ADA}, "/challenge"),
        ({"refresh_token": "x", "code": "x"}, "/refresh_token"),
    ],
)
async def test_half_a_proof_is_named(ada: Person, proof: dict[str, str], pointer: str) -> None:
    status, body = await ada.prove(proof)
    assert (status, body["errors"][0]["pointer"]) == (422, pointer)


def test_a_code_is_of_one_step_of_thirty_seconds() -> None:
    secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"  # RFC 6238, appendix B: the ASCII bytes 1234…
    at = dt.datetime.fromtimestamp(1111111109, dt.UTC)
    assert step_that_fits(secret, "081804", at, 0) == 1111111109 // 30
    assert step_that_fits(secret, "081 804", at, 0) == 1111111109 // 30
    assert step_that_fits(secret, "081804", at, 1111111109 // 30) is None
    for wrong in ("", "81804", "0818041", "abcdef", "０８１８０４"):
        assert step_that_fits(secret, wrong, START, 0) is None


def test_secrets_and_recovery_codes_are_never_the_same() -> None:
    assert len({new_secret() for _ in range(50)}) == 50
    assert len({code for _ in range(20) for code in new_recovery_codes()}) == 200
