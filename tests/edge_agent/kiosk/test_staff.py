"""The staff's API over real HTTP."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from edge_agent.core.orders import UnlockDock
from tests.edge_agent.core.stage import vehicle_id
from tests.edge_agent.core.test_staff import staff_items
from tests.edge_agent.kiosk.test_server import Rig, until
from tests.pictures import jpeg

ACT = str(uuid.UUID(int=0xAC7))
WHY = {"act_id": ACT, "reason": "maintenance"}


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    made = Rig(tmp_path)
    made.stage.give("staff", *staff_items(made.stage))
    made.station._state = made.stage.state
    tasks = [asyncio.create_task(made.station.run()), asyncio.create_task(made.server.run())]
    await until(lambda: made.server.bound_port)
    async with aiohttp.ClientSession() as made.http:
        yield made
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def ask(rig: Rig, method: str, path: str, token: str = "", body: Any = None) -> tuple[int, Any]:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    url = f"http://127.0.0.1:{rig.server.bound_port}/api/staff/{path}"
    async with rig.http.request(method, url, json=body, headers=headers) as answer:
        return answer.status, None if answer.status == 204 else await answer.json()


async def signed_in(rig: Rig) -> str:
    status, session = await ask(rig, "POST", "sessions", body={"pin": "2468"})
    assert (status, session["name"], session["may"]) == (201, "Anna", ["unlock", "rent", "end"])
    return str(session["token"])


async def test_staff_sign_in_open_a_dock_rent_see_and_sign_out(rig: Rig) -> None:
    token = await signed_in(rig)
    status, done = await ask(rig, "POST", "docks/3/unlock", token, WHY)
    assert (status, done["what"], done["dock_no"]) == (202, "unlock", 3)
    assert [type(one) for one in rig.orders if isinstance(one, UnlockDock)] == [UnlockDock]
    status, done = await ask(
        rig,
        "POST",
        "rentals",
        token,
        {"act_id": str(uuid.UUID(int=2)), "reason": "other", "note": "lost phone", "dock_no": 1},
    )
    assert (status, done["rental"]["state"]) == (201, "starting")
    status, page = await ask(rig, "GET", "rentals", token)
    assert [one["rental"]["rental_id"] for one in page["rides"]] == [done["rental"]["rental_id"]]
    path = f"rentals/{done['rental']['rental_id']}/end"
    status, problem = await ask(rig, "POST", path, token, {"act_id": ACT, "reason": "dock_broken"})
    assert (status, problem["code"]) == (409, "rental_not_active")
    assert (await ask(rig, "DELETE", "sessions", token))[0] == 204
    assert (await ask(rig, "GET", "rentals", token))[0] == 401


async def test_the_first_page_shows_docks_and_what_became_of_an_act_there(rig: Rig) -> None:
    token = await signed_in(rig)
    assert (await ask(rig, "POST", "docks/1/out_of_service", token, WHY))[0] == 202
    status, page = await ask(rig, "GET", "station", token)
    assert (status, page["sync"]["line"], page["clock"]["trusted"], page["rides"]) == (200, "none", True, 0)
    first, _, third = page["docks"]
    assert (first["out_of_service"], first["faults"], first["state"]) == (True, [], "out_of_order")
    assert (first["lock"], first["vehicle"]["label"]) == ("locked", "V-1")
    act = first["last_act"]
    assert (act["what"], act["by"], act["state"], act["act_id"]) == ("out_of_service", "Anna", "done", ACT)
    assert (third["occupied"], third["last_act"]) == (False, None)
    assert (await ask(rig, "GET", "station"))[0] == 401


async def test_what_may_be_given_out_stands_there_with_its_price_and_others_are_found_by_label(rig: Rig) -> None:
    token = await signed_in(rig)
    _, page = await ask(rig, "GET", "vehicles", token)
    shown = [(one["vehicle"]["label"], one["dock_no"], one["how"]) for one in page["vehicles"]]
    assert shown == [("V-1", 1, "dock"), ("V-2", 2, "dock")]
    assert page["vehicles"][0]["tariff"]["unlock"] == {"minor": 100, "currency": "EUR", "decimals": 2}
    _, page = await ask(rig, "GET", "vehicles?label=v3", token)
    [beside] = page["vehicles"]
    assert (beside["vehicle"]["label"], beside["dock_no"], beside["how"]) == ("V-3", None, "hand")


async def test_a_ride_shows_what_it_costs_so_far_and_its_end_shows_the_bill(rig: Rig) -> None:
    token = await signed_in(rig)
    body = {"act_id": str(uuid.UUID(int=2)), "reason": "renter_helped", "vehicle_id": str(vehicle_id(3))}
    status, done = await ask(rig, "POST", "rentals", token, body)
    assert (status, done["what"], done["queued"], done["rental"]["state"]) == (201, "hand_over", True, "active")
    rig.stage.wait(240)
    _, page = await ask(rig, "GET", "rentals", token)
    [ride] = page["rides"]
    assert (ride["so_far"]["total"]["minor"], ride["by_name"], ride["renter_by"]) == (138, "Anna", "staff")
    path = f"rentals/{ride['rental']['rental_id']}/end"
    status, done = await ask(rig, "POST", path, token, {"act_id": ACT, "reason": "dock_broken"})
    assert (status, done["bill"]["total"]["minor"], done["rental"]["state"]) == (200, 138, "ended")


async def test_who_touches_the_page_stays_signed_in(rig: Rig) -> None:
    token = await signed_in(rig)
    rig.stage.wait(250)
    status, session = await ask(rig, "POST", "sessions/stay", token)
    assert (status, session["token"]) == (200, token)
    rig.stage.wait(250)
    assert (await ask(rig, "GET", "station", token))[0] == 200
    rig.stage.wait(51)
    assert (await ask(rig, "POST", "sessions/stay", token))[0] == 401


async def test_the_page_is_served_where_it_is_built(rig: Rig, tmp_path: Path) -> None:
    async with rig.http.get(f"{rig.url}/staff") as answer:
        assert answer.status == 503
    (tmp_path / "staff").mkdir()
    (tmp_path / "staff" / "index.html").write_text("staff page")
    async with rig.http.get(f"{rig.url}/staff") as answer:
        assert (answer.status, await answer.text()) == (200, "staff page")
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]


async def test_a_picture_is_kept_before_an_act_names_it(rig: Rig) -> None:
    token = await signed_in(rig)
    picture = jpeg(1, 40_000)

    async def hand_in(body: bytes, kind: str = "image/jpeg") -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {token}", "Content-Type": kind}
        async with rig.http.post(f"{rig.url}/api/staff/photos", data=body, headers=headers) as answer:
            return answer.status, await answer.json()

    status, made = await hand_in(picture)
    assert status == 201
    assert (await hand_in(b"GIF89a"))[0] == 422
    assert (await hand_in(picture, "text/plain"))[0] == 415
    assert (await hand_in(b"\xff\xd8\xff" + bytes(700_000)))[0] == 413
    status, problem = await ask(rig, "POST", "docks/3/unlock", token, WHY | {"photos": ["ab" * 32]})
    assert (status, problem["code"]) == (422, "photo_unknown")
    assert (await ask(rig, "POST", "docks/3/unlock", token, WHY | {"photos": [made["photo"]]}))[0] == 202
    headers = {"Authorization": f"Bearer {token}"}
    async with rig.http.get(f"{rig.url}/api/staff/photos/{made['photo']}", headers=headers) as answer:
        assert (answer.status, answer.content_type, await answer.read()) == (200, "image/jpeg", picture)
    assert (await ask(rig, "GET", f"photos/{made['photo']}"))[0] == 401


async def test_a_checklist_is_shown_in_ones_language_and_filled_in(rig: Rig) -> None:
    token = await signed_in(rig)
    _, page = await ask(rig, "GET", "checklists?lang=de", token)
    closing = next(one for one in page["checklists"] if one["key"] == "closing")
    assert (closing["title"], closing["about"]) == ("Schließen der Station", "station")
    answers = [{"key": "locked", "value": "yes"}, {"key": "tidy", "value": "no"}, {"key": "left", "value": "0"}]
    body = {"act_id": ACT, "lang": "de", "answers": answers}
    for _ in range(2):
        status, done = await ask(rig, "POST", "checklists/closing", token, body)
        assert (status, done["passed"], done["queued"]) == (201, False, True)
    status, problem = await ask(
        rig, "POST", "checklists/closing", token, body | {"act_id": str(uuid.UUID(int=5)), "answers": []}
    )
    assert (status, problem["code"], problem["params"]) == (422, "checklist_incomplete", {"key": "locked"})


async def test_what_is_wrong_is_named(rig: Rig) -> None:
    status, problem = await ask(rig, "POST", "sessions", body={"pin": "0000"})
    assert (status, problem["code"]) == (403, "staff_unknown")
    for body in ({}, {"pin": "12"}, {"pin": "2468", "read_id": ACT}, {"pin": "2468", "x": 1}):
        assert (await ask(rig, "POST", "sessions", body=body))[0] == 422
    token = await signed_in(rig)
    for body in ({"act_id": ACT, "reason": "other"}, {"act_id": ACT}, {"act_id": "x", "reason": "emergency"}):
        assert (await ask(rig, "POST", "docks/1/unlock", token, body))[0] == 422
    for dock_no in ("9", "-1", "x", "1e3"):
        status, problem = await ask(rig, "POST", f"docks/{dock_no}/unlock", token, WHY)
        assert (status, problem["code"]) == (404, "dock_unknown")
    for wrong in ("", "nonsense", ACT):
        status, problem = await ask(rig, "POST", "docks/1/unlock", wrong, WHY)
        assert (status, problem["code"]) == (401, "staff_session_over")
    assert not [one for one in rig.orders if isinstance(one, UnlockDock)]
