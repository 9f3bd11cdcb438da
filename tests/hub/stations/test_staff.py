"""Staff at the stations: told to all of them with verifiers; each act by hand becomes a case."""

import uuid
from typing import Any

import msgspec

from protocols.sync import facts
from protocols.sync.changes import StaffItem
from protocols.voucher.pin import whose_pin
from tests.hub.cases.test_cases import cases
from tests.hub.conftest import FixedAuth, ManualClock
from tests.hub.stations_double import AT_MS, StationDouble, World

ANNA, BEN = uuid.UUID(int=0xA77A), uuid.UUID(int=0xBE77)


async def call(world: World, auth: FixedAuth, method: str, path: str = "", body: Any = None) -> tuple[int, Any]:
    auth.sign_in("stations:write")
    headers = {"Idempotency-Key": str(uuid.uuid4())}
    async with world.client.request(method, f"/api/v1/station-staff{path}", json=body, headers=headers) as answer:
        return answer.status, None if answer.status == 204 else await answer.json()


def wish(account_id: uuid.UUID, **more: Any) -> dict[str, Any]:
    plain = {"account_id": str(account_id), "name": "Anna", "may": ["unlock"], "valid_to": "2027-01-01T00:00:00Z"}
    return plain | more


async def told(world: World, double: StationDouble) -> dict[str, StaffItem]:
    double.take(await world.sync(double))
    raw = double.lists.get("staff", (0, {}))[1]
    return {key: msgspec.json.decode(one, type=StaffItem) for key, one in raw.items()}


async def test_who_may_act_is_told_to_every_station_with_a_verifier_and_an_end(world: World, auth: FixedAuth) -> None:
    double = await world.station()
    status, made = await call(world, auth, "POST", body=wish(ANNA, pin="2468", badge="04bebe01"))
    assert (status, made["has_pin"], "pin" in made) == (201, True, False)
    assert (await call(world, auth, "POST", body=wish(BEN, pin="1357")))[0] == 201
    staff = await told(world, double)
    assert (staff[str(ANNA)].badge, staff[str(ANNA)].may) == ("04BEBE01", ["unlock"])
    verifiers = {key: one.pin_hash for key, one in staff.items()}
    assert [whose_pin(pin, verifiers) for pin in ("2468", "1357", "0000")] == [str(ANNA), str(BEN), None]
    assert len({one.pin_hash.split("$")[1] for one in staff.values()}) == 1, "one salt: one hash a try"
    await call(world, auth, "POST", body=wish(ANNA, badge="04bebe01", may=["rent"]))
    assert ((await told(world, double))[str(ANNA)].pin_hash, len(await told(world, double))) == ("", 2)
    assert (await call(world, auth, "POST", f"/{made['id']}/end"))[0] == 204
    assert list(await told(world, double)) == [str(BEN)]
    _, page = await call(world, auth, "GET")
    assert [one["account_id"] for one in page["items"]] == [str(BEN)]


async def test_a_new_badge_leaves_the_pin_where_that_is_wished(world: World, auth: FixedAuth) -> None:
    double = await world.station()
    await call(world, auth, "POST", body=wish(ANNA, pin="2468", badge="04bebe01"))
    status, made = await call(world, auth, "POST", body=wish(ANNA, badge="04bebe02", keep_pin=True))
    assert (status, made["has_pin"], made["badge"]) == (201, True, "04BEBE02")
    item = (await told(world, double))[str(ANNA)]
    assert whose_pin("2468", {"anna": item.pin_hash}) == "anna"
    status, made = await call(world, auth, "POST", body=wish(ANNA, keep_pin=True))
    assert (status, made["has_pin"], made["badge"]) == (201, True, "")
    _, made = await call(world, auth, "POST", body=wish(ANNA, pin="1357", keep_pin=True))
    item = (await told(world, double))[str(ANNA)]
    assert [whose_pin(pin, {"anna": item.pin_hash}) for pin in ("2468", "1357")] == [None, "anna"]
    assert (await call(world, auth, "POST", body=wish(BEN, keep_pin=True)))[0] == 422, "he has none to keep"


async def test_a_badge_is_one_persons_until_that_ones_time_is_over(
    world: World, auth: FixedAuth, clock: ManualClock
) -> None:
    until = "2026-11-22T14:00:00Z"
    assert (await call(world, auth, "POST", body=wish(ANNA, badge="04BEBE01", valid_to=until)))[0] == 201
    status, problem = await call(world, auth, "POST", body=wish(BEN, badge="04bebe01"))
    assert (status, problem["code"]) == (409, "badge_taken")
    assert (await call(world, auth, "POST", body=wish(ANNA, badge="04bebe01", valid_to=until)))[0] == 201, "his own"
    clock.move(24 * 3600)
    assert (await call(world, auth, "POST", body=wish(BEN, badge="04bebe01")))[0] == 201


async def test_what_makes_no_sense_is_refused(world: World, auth: FixedAuth) -> None:
    assert (await call(world, auth, "POST", body=wish(ANNA, pin="2468")))[0] == 201
    status, problem = await call(world, auth, "POST", body=wish(BEN, pin="2468"))
    assert (status, problem["code"]) == (409, "pin_taken")
    for more in ({}, {"pin": "12"}, {"pin": "1111", "valid_to": "2026-01-01T00:00:00Z"}, {"pin": "1111", "may": []}):
        assert (await call(world, auth, "POST", body=wish(BEN, **more)))[0] == 422
    assert (await call(world, auth, "POST", f"/{BEN}/end"))[0] == 404


async def test_each_act_by_hand_is_a_case_once_however_often_it_comes(world: World, auth: FixedAuth) -> None:
    double = await world.station()
    act = facts.StaffActed(
        act_id=uuid.UUID(int=0xAC7), staff_id=ANNA, staff_name="Anna", identified_by="pin", what="unlock",
        reason="emergency", note="child's hand", at_ms=AT_MS, dock_no=4, offline=True,
    )  # fmt: skip
    double.tell(act)
    double.tell(act)
    assert (await world.sync(double, double.batch())).quarantined == []
    [case] = await cases(world, auth)
    assert (case["kind"], case["about"], case["station_id"]) == (
        "staff_override",
        str(act.act_id),
        str(double.station_id),
    )
    assert case["seen"] == {
        "what": "unlock", "reason": "emergency", "note": "child's hand", "dock_no": 4, "staff_name": "Anna",
        "identified_by": "pin", "offline": True,
    }  # fmt: skip
    assert case["subjects"] == {"staff_id": str(ANNA)}
