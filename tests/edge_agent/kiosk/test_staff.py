"""The staff's API over real HTTP."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from edge_agent.core.orders import UnlockDock
from tests.edge_agent.core.test_staff import staff_items
from tests.edge_agent.kiosk.test_server import Rig, until

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
    assert [one["rental_id"] for one in page["rentals"]] == [done["rental"]["rental_id"]]
    path = f"rentals/{done['rental']['rental_id']}/end"
    status, problem = await ask(rig, "POST", path, token, {"act_id": ACT, "reason": "dock_broken"})
    assert (status, problem["code"]) == (409, "rental_not_active")
    assert (await ask(rig, "DELETE", "sessions", token))[0] == 204
    assert (await ask(rig, "GET", "rentals", token))[0] == 401


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
