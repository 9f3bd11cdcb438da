"""Checklists: told to every station; what was filled in is kept once, and what is wrong waits for a person."""

import uuid
from typing import Any

import msgspec

from protocols.sync import facts
from protocols.sync.changes import ChecklistItem
from protocols.sync.checklists import BUILT_IN
from protocols.sync.envelope import Lane
from tests.hub.cases.test_cases import cases
from tests.hub.conftest import FixedAuth
from tests.hub.stations_double import AT_MS, StationDouble, World

ANNA = uuid.UUID(int=0xA77A)
VEHICLE = uuid.UUID(int=0xF001)
TYRES = {"key": "tyres", "text": {"en": "Tyres are firm.", "de": "Die Reifen sind fest."}}
WISH = {"key": "tyres_only", "title": {"en": "Tyres"}, "about": "vehicle", "questions": [TYRES]}


async def call(
    world: World, auth: FixedAuth, method: str, path: str, body: Any = None, may: str = "stations:write",
    tag: str | None = None,
) -> tuple[int, Any]:  # fmt: skip
    auth.sign_in(may, "stations:read")
    headers = {"Idempotency-Key": str(uuid.uuid4())} | ({} if tag is None else {"If-Match": tag})
    async with world.client.request(method, f"/api/v1/{path}", json=body, headers=headers) as answer:
        return answer.status, None if answer.status == 204 else await answer.json()


async def told(world: World, double: StationDouble) -> dict[str, ChecklistItem]:
    double.take(await world.sync(double))
    raw = double.lists.get("checklists", (0, {}))[1]
    return {key: msgspec.json.decode(one, type=ChecklistItem) for key, one in raw.items()}


def filled(number: int, *, ok: bool, **more: Any) -> facts.ChecklistFilled:
    answer = facts.ChecklistAnswer(
        key="tyres", text="Tyres are firm.", kind="yes_no", value="yes" if ok else "no", ok=ok,
        note="" if ok else "rear is flat\x00", photos=() if ok else ("ab" * 32,),
    )  # fmt: skip
    given: dict[str, Any] = {
        "checklist_id": uuid.UUID(int=0xC0 + number), "list_key": "tyres_only", "list_version": 1, "title": "Tyres",
        "about": "vehicle", "staff_id": ANNA, "staff_name": "Anna", "identified_by": "pin", "at_ms": AT_MS,
        "answers": [answer], "passed": ok, "vehicle_id": VEHICLE, "offline": True,
    }  # fmt: skip
    return facts.ChecklistFilled(**given | more)


async def test_a_checklist_is_told_to_every_station_and_taken_back(world: World, auth: FixedAuth) -> None:
    double = await world.station()
    status, made = await call(world, auth, "POST", "checklists", WISH)
    assert (status, made["version"], made["questions"][0]["kind"]) == (201, 1, "yes_no")
    [item] = (await told(world, double)).values()
    assert (item.title, item.version, item.about) == ({"en": "Tyres"}, 1, "vehicle")
    assert [one.text["de"] for one in item.questions] == ["Die Reifen sind fest."]
    _, page = await call(world, auth, "GET", "checklists")
    assert [one["key"] for one in page["items"]] == ["tyres_only"]
    assert (await call(world, auth, "POST", "checklists/tyres_only/end"))[0] == 204
    assert await told(world, double) == {}
    assert (await call(world, auth, "POST", "checklists/tyres_only/end"))[0] == 404


async def tag_of(world: World, auth: FixedAuth) -> str:
    auth.sign_in("stations:read")
    async with world.client.get("/api/v1/checklists/tyres_only") as answer:
        assert answer.status == 200
        return str(answer.headers["ETag"])


async def test_a_change_is_told_to_every_station_and_needs_the_tag_of_what_was_read(
    world: World, auth: FixedAuth
) -> None:
    double = await world.station()
    await call(world, auth, "POST", "checklists", WISH)
    edit = {name: value for name, value in WISH.items() if name != "key"} | {"title": {"en": "Only tyres"}}
    assert (await call(world, auth, "PUT", "checklists/tyres_only", edit))[1]["code"] == "if_match_required"
    read = await tag_of(world, auth)
    status, changed = await call(world, auth, "PUT", "checklists/tyres_only", edit, tag=read)
    assert (status, changed["version"], changed["title"]) == (200, 2, {"en": "Only tyres"})
    [item] = (await told(world, double)).values()
    assert (item.title, item.version) == ({"en": "Only tyres"}, 2)
    assert [one.text["de"] for one in item.questions] == ["Die Reifen sind fest."]
    late = await call(world, auth, "PUT", "checklists/tyres_only", edit, tag=read)
    assert (late[0], late[1]["code"]) == (412, "changed_meanwhile")
    assert (await call(world, auth, "PUT", "checklists/unheard_of", edit, tag="*"))[0] == 404


async def test_a_tag_does_not_outlive_its_checklist(world: World, auth: FixedAuth) -> None:
    await call(world, auth, "POST", "checklists", WISH)
    read = await tag_of(world, auth)
    await call(world, auth, "POST", "checklists/tyres_only/end")
    await call(world, auth, "POST", "checklists", WISH)
    edit = {name: value for name, value in WISH.items() if name != "key"}
    assert (await call(world, auth, "PUT", "checklists/tyres_only", edit, tag=read))[0] == 412


async def test_making_one_overwrites_none(world: World, auth: FixedAuth) -> None:
    await call(world, auth, "POST", "checklists", WISH)
    status, refusal = await call(world, auth, "POST", "checklists", WISH | {"title": {"en": "Mine"}})
    assert (status, refusal["code"], refusal["params"]) == (409, "checklist_exists", {"key": "tyres_only"})
    _, page = await call(world, auth, "GET", "checklists")
    assert [one["title"] for one in page["items"]] == [{"en": "Tyres"}]


async def test_each_built_in_checklist_can_be_made_as_it_is(world: World, auth: FixedAuth) -> None:
    double = await world.station()
    _, built = await call(world, auth, "GET", "built-in-checklists")
    assert {one["key"] for one in built["items"]} == {key for key, *_ in BUILT_IN}
    for one in built["items"]:
        assert (await call(world, auth, "POST", "checklists", one))[0] == 201
    items = await told(world, double)
    assert {key: (one.about, one.title, one.questions) for key, one in items.items()} == {
        key: (about, title, questions) for key, about, title, questions in BUILT_IN
    }


async def test_a_checklist_that_makes_no_sense_is_refused(world: World, auth: FixedAuth) -> None:
    odd: list[dict[str, Any]] = [
        {"questions": []},
        {"questions": [TYRES, TYRES]},
        {"title": {}},
        {"about": "moon"},
        {"key": "Ä"},
    ]
    for more in odd:
        assert (await call(world, auth, "POST", "checklists", WISH | more))[0] == 422


async def test_what_was_filled_in_is_kept_once_however_often_it_comes_and_found_by_what_is_wrong(
    world: World, auth: FixedAuth
) -> None:
    double = await world.station()
    for fact in (filled(1, ok=True), filled(2, ok=False), filled(2, ok=False)):
        double.tell(fact)
    assert (await world.sync(double, double.batch(Lane.OPERATIONS))).quarantined == []
    _, page = await call(world, auth, "GET", "filled-checklists", may="cases:read")
    assert {one["id"] for one in page["items"]} == {str(uuid.UUID(int=0xC1)), str(uuid.UUID(int=0xC2))}
    _, page = await call(world, auth, "GET", "filled-checklists?passed=false", may="cases:read")
    [wrong] = page["items"]
    assert (wrong["station_id"], wrong["vehicle_id"]) == (str(double.station_id), str(VEHICLE))
    assert (wrong["staff_name"], wrong["offline"]) == ("Anna", True)
    assert wrong["answers"][0]["note"] == "rear is flat"
    assert wrong["answers"][0]["photos"] == ["ab" * 32]
    _, page = await call(world, auth, "GET", f"filled-checklists?vehicle_id={ANNA}", may="cases:read")
    assert page["items"] == []


async def test_only_what_is_wrong_becomes_a_case(world: World, auth: FixedAuth) -> None:
    double = await world.station()
    for fact in (filled(1, ok=True), filled(2, ok=False)):
        double.tell(fact)
    await world.sync(double, double.batch(Lane.OPERATIONS))
    [case] = await cases(world, auth)
    assert (case["kind"], case["about"]) == ("checklist_failed", str(uuid.UUID(int=0xC2)))
    assert case["seen"]["wrong"] == "Tyres are firm. rear is flat"
    assert case["subjects"] == {"staff_id": str(ANNA), "vehicle_id": str(VEHICLE)}
