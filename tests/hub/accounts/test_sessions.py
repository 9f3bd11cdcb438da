"""One's own sessions over real sockets, on both databases."""

import uuid
from typing import Any

import pytest
from aiohttp.test_utils import TestClient

from hub.accounts.api import AccountsApi
from hub.accounts.front_desk import FrontDesk
from hub.accounts.letter_texts import TEXTS
from hub.accounts.service import Accounts
from hub.accounts.visitors import device_of
from hub.kernel.mailing import MAIL, Mailing
from hub.kernel.routes import routes_of
from hub.kernel.web import Kernel
from tests.hub.accounts.conftest import PASSWORD, a_new
from tests.hub.accounts.letterbox import Letterbox, carry_out
from tests.hub.accounts.person import ADA, FIREFOX, Person
from tests.hub.conftest import ManualClock, Serve


@pytest.fixture
async def client(hub_kernel: Kernel, accounts: Accounts, desk: FrontDesk, serve: Serve) -> TestClient[Any, Any]:
    await accounts.create(a_new(ADA))
    await accounts.create(a_new("bo@voltdock.example"))
    return await serve(hub_kernel, [*routes_of(AccountsApi(accounts)), *desk.routes()])


async def test_a_person_sees_where_they_are_signed_in(client: TestClient[Any, Any], clock: ManualClock) -> None:
    home, other = Person(client), Person(client, agent="curl/8.5.0", address="2001:db8:1:2:3::4")
    await home.sign_in()
    clock.move(60)
    await other.sign_in()
    clock.move(60)
    assert await home.refresh() == 200
    status, listed = await home.call("GET", "/me/sessions")
    assert status == 200
    assert [(one["device"], one["address"], one["current"]) for one in listed["items"]] == [
        ("curl", "2001:db8:1:2::/64", False),
        ("Firefox on Linux", "203.0.113.0/24", True),
    ]
    assert listed["items"][1]["created_at"] == "2026-11-21T14:00:00.000Z"
    assert listed["items"][1]["last_used_at"] == "2026-11-21T14:02:00.000Z"


async def test_a_session_is_ended_from_another_and_nobody_elses_is(client: TestClient[Any, Any]) -> None:
    home, lost, bo = Person(client), Person(client), Person(client)
    await home.sign_in()
    await lost.sign_in()
    await bo.sign_in("bo@voltdock.example")
    _, listed = await lost.call("GET", "/me/sessions")
    lost_id = next(one["id"] for one in listed["items"] if one["current"])
    assert (await bo.call("DELETE", f"/me/sessions/{lost_id}"))[0] == 404
    assert (await home.call("DELETE", f"/me/sessions/{lost_id}"))[0] == 204
    assert (await home.call("DELETE", f"/me/sessions/{lost_id}"))[0] == 404
    assert (await home.call("DELETE", f"/me/sessions/{uuid.UUID(int=5)}"))[0] == 404
    assert await lost.refresh() == 401
    assert await home.refresh() == 200
    assert await bo.refresh() == 200


async def test_all_other_sessions_are_ended_at_once(client: TestClient[Any, Any]) -> None:
    home, one, two = Person(client), Person(client), Person(client)
    for person in (home, one, two):
        await person.sign_in()
    assert (await home.call("POST", "/me/sessions/end-others"))[0] == 204
    assert [await person.refresh() for person in (home, one, two)] == [200, 401, 401]
    _, listed = await home.call("GET", "/me/sessions")
    assert [entry["current"] for entry in listed["items"]] == [True]


async def test_a_changed_password_ends_the_others_and_is_told_by_mail(
    client: TestClient[Any, Any], hub_kernel: Kernel, box: Letterbox
) -> None:
    home, other = Person(client), Person(client)
    await home.sign_in()
    await other.sign_in()
    status, body = await home.call("POST", "/me/password", {"password": "wrong", "new_password": "a wholly new word"})
    assert (status, body["code"]) == (403, "bad_credentials")
    new = {"password": PASSWORD, "new_password": "a wholly new word"}
    assert (await home.call("POST", "/me/password", new))[0] == 204
    assert [await person.refresh() for person in (home, other)] == [200, 401]
    assert await Person(client).sign_in() == 401
    assert await Person(client).sign_in(password="a wholly new word") == 200
    await carry_out(hub_kernel.database, {MAIL: Mailing(box).deliver})
    assert [(one.to, one.subject) for one in box.got] == [(ADA, TEXTS["en"]["changed"].subject)]


async def test_a_stolen_session_cannot_guess_the_password(client: TestClient[Any, Any]) -> None:
    thief = Person(client)
    await thief.sign_in()
    guess = {"password": "wrong", "new_password": "a wholly new word"}
    answers = [(await thief.call("POST", "/me/password", guess))[0] for _ in range(6)]
    assert answers == [403] * 5 + [429]


async def test_a_reused_refresh_token_ends_its_session_in_the_list_too(client: TestClient[Any, Any]) -> None:
    home, thief = Person(client), Person(client)
    await home.sign_in()
    await thief.sign_in()
    thief.tokens = dict(thief.tokens)
    stolen = dict(thief.tokens)
    await thief.refresh()
    thief.tokens = stolen
    assert await thief.refresh() == 401
    _, listed = await home.call("GET", "/me/sessions")
    assert len(listed["items"]) == 1


@pytest.mark.parametrize(
    ("agent", "device"),
    [
        (FIREFOX, "Firefox on Linux"),
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/140.0 Safari/537.36 Edg/140", "Edge on Windows"),
        ("Mozilla/5.0 (Linux; Android 15; Pixel 9) Chrome/140.0 Mobile Safari/537.36", "Chrome on Android"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1", "Safari on iPhone"),
        ("curl/8.5.0", "curl"),
        ("", ""),
        ("<script>alert(1)</script>", ""),
        ("x" * 500, "x" * 40),
    ],
)  # fmt: skip
def test_a_device_is_called_what_people_call_it(agent: str, device: str) -> None:
    assert device_of(agent) == device
