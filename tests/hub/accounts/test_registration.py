"""Opening an account and getting back into one, over real sockets, on both databases."""

from collections.abc import Mapping
from typing import Any

import pytest
from aiohttp.test_utils import TestClient
from sqlalchemy import func, select

from hub.accounts.front_desk import FrontDesk
from hub.accounts.letter_texts import TEXTS
from hub.accounts.letters import write
from hub.accounts.registration import forget_old_registrations
from hub.accounts.service import Accounts
from hub.accounts.sign_in_tables import Link, Registration
from hub.accounts.tables import Account
from hub.kernel.mailing import MAIL, Mailing
from hub.kernel.web import Kernel
from hub.kernel.wishes import Handler, Wish
from tests.hub.accounts.conftest import PASSWORD, a_new
from tests.hub.accounts.letterbox import Letterbox, carry_out
from tests.hub.conftest import ManualClock, Serve

AUTH = "/api/v1/auth"
ADA = "ada@voltdock.example"
NEW = {"email": "Ada@Voltdock.example", "display_name": "Ada", "password": PASSWORD, "locale": "de"}


class Door:
    """A served front desk, and what its mails say."""

    def __init__(self, kernel: Kernel, box: Letterbox, desk: FrontDesk, client: TestClient[Any, Any]) -> None:
        self.kernel = kernel
        self.box = box
        self.retry_after: str | None = None
        self._client = client
        self.handlers: Mapping[str, Handler] = {**desk.handlers(), MAIL: Mailing(box).deliver}

    async def post(self, path: str, body: object, *, by: str = "") -> tuple[int, Any]:
        headers = {"X-Forwarded-For": by} if by else {}
        async with self._client.post(AUTH + path, json=body, headers=headers) as answer:
            self.retry_after = answer.headers.get("Retry-After")
            text = await answer.read()
            return answer.status, await answer.json(content_type=None) if text else None

    async def get(self, path: str) -> tuple[int, str]:
        async with self._client.get(path) as answer:
            return answer.status, await answer.text()

    async def mails(self, *, times: int = 1) -> int:
        return await carry_out(self.kernel.database, self.handlers, times=times)

    async def signs_in(self, password: str = PASSWORD) -> bool:
        status, _ = await self.post("/token", {"email": ADA, "password": password})
        return status == 200


@pytest.fixture
async def door(hub_kernel: Kernel, desk: FrontDesk, box: Letterbox, serve: Serve) -> Door:
    return Door(hub_kernel, box, desk, await serve(hub_kernel, desk.routes()))


async def _count(door: Door, table: type[Any]) -> int:
    async with door.kernel.database.reading() as session:
        return await session.scalar(select(func.count()).select_from(table)) or 0


async def test_an_account_opens_when_the_mail_to_its_address_comes_back_and_not_before(door: Door) -> None:
    assert await door.post("/register", NEW) == (202, None)
    assert not await door.signs_in()
    await door.mails()
    (letter,) = door.box.got
    assert (letter.to, letter.locale) == ("Ada@Voltdock.example", "de")
    assert f"https://hub.example/account/confirm#{letter.secret}" in letter.text
    assert await door.post("/register/confirm", {"token": letter.secret}) == (204, None)
    assert await door.signs_in()
    async with door.kernel.database.reading() as session:
        account = (await session.scalars(select(Account))).one()
    assert (account.roles, account.locale, account.email) == (["renter"], "de", "Ada@Voltdock.example")
    assert await _count(door, Registration) == 0


async def test_who_asks_cannot_tell_whether_an_address_has_an_account(door: Door, accounts: Accounts) -> None:
    await accounts.create(a_new(ADA))
    for path, body in (("/register", NEW), ("/register/resend", {}), ("/password/forgot", {})):
        before = await _count(door, Wish)
        taken = await door.post(path, {**body, "email": ADA})
        free = await door.post(path, {**body, "email": "bo@voltdock.example"})
        assert taken == free == (202, None)
        assert await _count(door, Wish) == before + 2, "both do the same work"
    await door.mails()
    assert {(one.to, one.subject) for one in door.box.got} == {
        (ADA, TEXTS["en"]["exists"].subject),
        (ADA, TEXTS["en"]["reset"].subject),
        ("bo@voltdock.example", TEXTS["de"]["confirm"].subject),
    }
    assert "#" not in next(one for one in door.box.got if one.subject == TEXTS["en"]["exists"].subject).text


async def test_a_link_is_good_once_and_for_a_day(door: Door, clock: ManualClock) -> None:
    await door.post("/register", NEW)
    await door.mails()
    late = door.box.got[0].secret
    clock.move(24 * 3600)
    status, body = await door.post("/register/confirm", {"token": late})
    assert (status, body["code"]) == (410, "link_invalid")
    await door.post("/register", NEW)
    await door.mails()
    good = door.box.got[-1].secret
    assert (await door.post("/register/confirm", {"token": good}))[0] == 204
    assert (await door.post("/register/confirm", {"token": good}))[0] == 410
    assert (await door.post("/register/confirm", {"token": "guessed"}))[0] == 410
    assert await _count(door, Account) == 1


async def test_a_mail_that_is_sent_again_holds_the_same_link_and_the_database_holds_none(door: Door) -> None:
    await door.post("/register", NEW)
    await door.mails(times=2)
    first, second = door.box.got
    assert first == second
    async with door.kernel.database.reading() as session:
        kept = [str(row) for row in (await session.execute(select(Link.__table__))).all()]
        kept += [str(row) for row in (await session.execute(select(Wish.__table__))).all()]
    assert not [row for row in kept if first.secret in row]


async def test_two_registrations_of_one_address_end_as_one_account_with_the_confirmed_ones_password(
    door: Door,
) -> None:
    await door.post("/register", {**NEW, "password": "somebody else's word"})
    await door.post("/register", NEW)
    await door.mails()
    theirs, mine = (one.secret for one in door.box.got)
    assert (await door.post("/register/confirm", {"token": mine}))[0] == 204
    assert (await door.post("/register/confirm", {"token": theirs}))[0] == 410
    assert await door.signs_in()


async def test_an_address_that_came_by_an_account_otherwise_meanwhile_gets_no_second_one(
    door: Door, accounts: Accounts
) -> None:
    await door.post("/register", NEW)
    await door.mails()
    await accounts.create(a_new(ADA))
    status, body = await door.post("/register/confirm", {"token": door.box.got[0].secret})
    assert (status, body["code"]) == (410, "link_invalid")


async def test_the_last_registrations_mail_is_sent_again(door: Door) -> None:
    await door.post("/register", NEW)
    await door.post("/register/resend", {"email": ADA})
    await door.mails()
    first, second = door.box.got
    assert first.secret != second.secret
    assert (await door.post("/register/confirm", {"token": second.secret}))[0] == 204
    assert (await door.post("/register/confirm", {"token": first.secret}))[0] == 410


async def test_a_forgotten_password_is_chosen_anew_once_and_ends_every_session(
    door: Door, accounts: Accounts, clock: ManualClock
) -> None:
    await accounts.create(a_new(ADA))
    _, held = await door.post("/token", {"email": ADA, "password": PASSWORD})
    for _ in range(2):
        await door.post("/password/forgot", {"email": ADA.upper()})
    await door.mails()
    other, link = (one.secret for one in door.box.got)
    status, body = await door.post("/password/reset", {"token": link, "password": "short"})
    assert (status, body["errors"][0]["pointer"]) == (422, "/password")
    assert (await door.post("/password/reset", {"token": link, "password": "a wholly new word"}))[0] == 204
    assert not await door.signs_in()
    assert await door.signs_in("a wholly new word")
    assert (await door.post("/refresh", {"refresh_token": held["refresh_token"]}))[0] == 401
    for used in (link, other):
        assert (await door.post("/password/reset", {"token": used, "password": PASSWORD}))[0] == 410
    await door.mails()
    assert door.box.got[-1].subject == TEXTS["en"]["changed"].subject
    await door.post("/password/forgot", {"email": ADA})
    await door.mails()
    clock.move(3600)
    assert (await door.post("/password/reset", {"token": door.box.got[-1].secret, "password": PASSWORD}))[0] == 410


async def test_a_link_for_one_thing_opens_no_other(door: Door, accounts: Accounts) -> None:
    await accounts.create(a_new("bo@voltdock.example"))
    await door.post("/register", NEW)
    await door.post("/password/forgot", {"email": "bo@voltdock.example"})
    await door.mails()
    confirm, reset = (one.secret for one in door.box.got)
    assert (await door.post("/register/confirm", {"token": reset}))[0] == 410
    assert (await door.post("/password/reset", {"token": confirm, "password": PASSWORD}))[0] == 410


async def test_one_address_gets_three_mails_an_hour_whether_or_not_it_has_an_account(
    door: Door, accounts: Accounts, clock: ManualClock
) -> None:
    await accounts.create(a_new("bo@voltdock.example"))
    for email in (ADA, "bo@voltdock.example"):
        answers = [await door.post("/password/forgot", {"email": email}) for _ in range(4)]
        assert [status for status, _ in answers] == [202] * 3 + [429]
        assert answers[-1][1]["code"] == "too_many_requests"
        assert answers[-1][1]["params"] == {"retry_after_s": 1201}
        assert door.retry_after == "1201"
    clock.move(1200)
    assert (await door.post("/password/forgot", {"email": ADA}))[0] == 202
    assert (await door.post("/password/forgot", {"email": ADA}))[0] == 429


async def test_mass_registration_is_stopped_and_lets_others_in_soon(door: Door, clock: ManualClock) -> None:
    def asked(number: int) -> dict[str, Any]:
        return {**NEW, "email": f"bot{number}@voltdock.example"}

    answers = [(await door.post("/register", asked(number)))[0] for number in range(25)]
    assert answers == [202] * 20 + [429] * 5
    assert await _count(door, Registration) == 20, "what is refused costs no hash and leaves nothing"
    clock.move(180)
    assert [(await door.post("/register", asked(number)))[0] for number in (30, 31)] == [202, 429]


async def test_old_registrations_are_forgotten(door: Door, clock: ManualClock) -> None:
    await door.post("/register", NEW)
    clock.move(49 * 3600)
    async with door.kernel.database.transaction() as session:
        await forget_old_registrations(session, clock.now())
    assert await _count(door, Registration) == 0


async def test_the_pages_of_mails_are_there_and_load_nothing_foreign(door: Door) -> None:
    for path in ("/account/confirm", "/account/reset", "/account/account.css", "/account/account.js"):
        status, text = await door.get(path)
        assert status == 200
        assert "//" not in text.replace("// ", "")


def test_every_language_has_every_letter_with_the_same_parts() -> None:
    for words in TEXTS.values():
        assert words.keys() == TEXTS["en"].keys()
        for kind, text in words.items():
            assert len(text.lines) == len(TEXTS["en"][kind].lines)
            assert kind == "frame" or text.subject
            assert bool(text.button) == bool(TEXTS["en"][kind].button)


def test_a_letter_is_in_the_persons_language_and_harmless_as_html() -> None:
    letter = write("reset", "vi-VN", name="<b>Ada</b>", url="https://hub.example/x#y", secret="y")
    assert letter.locale == "vi"
    assert "Xin chào <b>Ada</b>," in letter.text
    assert "<b>Ada" not in letter.html
    assert write("reset", "fr").locale == "en"
    assert write("confirm", "en", url="u", secret="s").text.startswith("Hello,\n")
