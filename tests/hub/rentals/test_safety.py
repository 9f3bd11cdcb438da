"""Safe levels: what stays for people without a booking; pure, and over the API on both databases."""

import asyncio
import uuid
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from hub.rentals.safety import Policy, limits_of
from protocols.sync import facts
from protocols.sync.envelope import Lane
from protocols.values import rfc3339
from tests.hub.conftest import START, FixedAuth
from tests.hub.rentals.test_search import HOUR, place, search, stand, told, vehicle
from tests.hub.stations_double import AT_MS, StationDouble, World

kinds = st.sampled_from(["scooter", "car"])
counts = st.dictionaries(kinds, st.integers(0, 4))


@given(st.lists(kinds, max_size=8), counts, counts, st.integers(0, 4), st.floats(0, 100), counts)
def test_selling_one_where_nothing_is_limited_leaves_what_must_stay(
    fit: list[str], safe: dict[str, int], booked: dict[str, int], least: int, pct: float, leased: dict[str, int]
) -> None:
    policy = Policy(safe=safe, walk_in_min=least, walk_in_pct=pct)
    found = limits_of(policy, fit, fit, booked, leased)
    for limit in found.values():
        if limit.limited or limit.leased:
            continue
        assert limit.supply - 1 >= limit.safe or limit.safe == 0
        left = sum(one.supply for one in found.values()) - 1
        assert left >= limit.walk_ins or limit.walk_ins == 0


def test_a_safe_level_holds_where_nothing_is_charged_and_a_share_only_where_vehicles_are_known() -> None:
    assert limits_of(Policy(safe={"scooter": 1}), [], [], {}, {})["scooter"].limited
    assert limits_of(Policy(safe={"scooter": 1}), ["scooter"] * 3, [], {}, {})["scooter"].supply == 0
    assert limits_of(Policy(walk_in_min=1), [], [], {}, {}) == {}
    assert limits_of(Policy(walk_in_min=1), ["car"], ["car"], {}, {})["car"].limited


def test_what_the_station_keeps_for_bookings_may_still_be_sold() -> None:
    policy = Policy(safe={"scooter": 2})
    assert limits_of(policy, ["scooter"] * 2, ["scooter"] * 2, {}, {})["scooter"].limited
    assert not limits_of(policy, ["scooter"] * 2, ["scooter"] * 2, {}, {"scooter": 1})["scooter"].limited


async def policy(world: World, double: StationDouble, **given_: Any) -> None:
    path = f"/api/v1/stations/{double.station_id}/lease-policy"
    async with world.client.put(path, json=given_, headers={"If-Match": "*"}) as answer:
        assert answer.status == 200, await answer.text()
        assert (await answer.json())["safe"] == given_.get("safe", {})


async def book(world: World, double: StationDouble, number: int | None, begins: float = 0) -> tuple[int, Any]:
    wish: dict[str, Any] = {"vehicle_kind": "scooter"} if number is None else {"vehicle_id": str(vehicle(number))}
    body = {
        "station_id": str(double.station_id), "from_at": rfc3339(START + begins * HOUR),
        "until_at": rfc3339(START + (begins + 1) * HOUR), **wish,
    }  # fmt: skip
    headers = {"Idempotency-Key": uuid.uuid4().hex}
    async with world.client.post("/api/v1/reservations", json=body, headers=headers) as answer:
        return answer.status, await answer.json()


async def test_bookings_are_limited_when_too_few_charged_vehicles_would_stay(world: World, auth: FixedAuth) -> None:
    double = await place(world, "1")
    await stand(world, auth, double, 90, 80, 70, 10)
    await policy(world, double, safe={"scooter": 2})
    assert (await book(world, double, 1))[0] == 201
    status, answer = await book(world, double, 2)
    numbers = {"kind": "scooter", "supply": 2, "safe": 2, "walk_ins": 0}
    assert (status, answer["code"], answer["params"]) == (409, "station_limited", numbers)
    assert (await book(world, double, None))[1]["code"] == "station_limited"
    found = await search(world, double)
    assert told(found)[:3] == [("V-1", ["booked"]), ("V-2", ["station_limited"]), ("V-3", ["station_limited"])]
    assert found["items"][1]["reasons"][0]["params"] == numbers
    assert found["stations"][0]["limits"] == [numbers | {"leased": 0, "limited": True}]
    assert found["stations"][0]["offered"] == 0
    # In two hours the fourth will be charged and the first back; in two days nobody knows.
    assert (await book(world, double, 2, 3))[0] == 201
    assert (await book(world, double, 3, 48))[0] == 201


async def test_the_walk_ins_share_stays(world: World, auth: FixedAuth) -> None:
    double = await place(world, "1")
    await stand(world, auth, double, 90, 80, 70)
    await policy(world, double, walk_in_pct=60)  # two of three
    assert (await book(world, double, None))[0] == 201
    assert (await book(world, double, None))[1]["params"] == {
        "kind": "scooter", "supply": 2, "safe": 0, "walk_ins": 2,
    }  # fmt: skip


async def test_what_is_kept_for_bookings_is_sold_under_a_safe_level(world: World, auth: FixedAuth) -> None:
    double = await place(world, "1")
    await stand(world, auth, double, 90, 80)
    await policy(world, double, safe={"scooter": 2})
    granted = facts.LeaseGranted(
        lease_id=uuid.UUID(int=0xE1), generation=1, from_ms=AT_MS, until_ms=AT_MS + 9_000_000, margin_ms=60_000,
        granted_ms=AT_MS, vehicle_kind="scooter",
    )  # fmt: skip
    double.tell(granted)
    await world.sync(double, double.batch(first=3))
    status, made = await book(world, double, None)
    assert (status, made["state"]) == (201, "confirmed")
    assert (await book(world, double, None))[1]["code"] == "station_limited"


async def test_of_many_at_once_only_so_many_are_sold_that_the_safe_level_stays(world: World, auth: FixedAuth) -> None:
    double = await place(world, "1")
    await stand(world, auth, double, *([90] * 6))
    await policy(world, double, safe={"scooter": 4})
    answers = await asyncio.gather(*(book(world, double, number) for number in range(1, 7)))
    assert sorted(status for status, _ in answers) == [201, 201, 409, 409, 409, 409]


async def test_a_safe_level_without_sense_is_refused(world: World, auth: FixedAuth) -> None:
    double = await place(world, "1")
    auth.sign_in("stations:write")
    path = f"/api/v1/stations/{double.station_id}/lease-policy"
    async with world.client.put(path, json={"safe": {"scooter": -1}}, headers={"If-Match": "*"}) as answer:
        assert (answer.status, (await answer.json())["errors"][0]["pointer"]) == (422, "/safe")


async def test_a_policy_is_set_only_as_it_was_read(world: World, auth: FixedAuth) -> None:
    """Also the first one, where nothing was set before and the station's agent has not spoken."""
    double = await place(world, "1")
    auth.sign_in("stations:write", "reservations:read")
    path = f"/api/v1/stations/{double.station_id}/lease-policy"

    async def put(count: int, tag: str | None) -> tuple[int, Any, str | None]:
        headers = {} if tag is None else {"If-Match": tag}
        async with world.client.put(path, json={"safe": {"scooter": count}}, headers=headers) as answer:
            return answer.status, await answer.json(), answer.headers.get("ETag")

    async def read() -> tuple[dict[str, int], str]:
        async with world.client.get(path) as answer:
            return (await answer.json())["safe"], answer.headers["ETag"]

    _, first = await read()
    status, _, second = await put(1, first)
    assert (status, await read()) == (200, ({"scooter": 1}, second))
    status, said, now = await put(2, first)
    assert (status, said["code"], now) == (412, "changed_meanwhile", second)
    status, said, _ = await put(3, None)
    assert (status, said["code"]) == (428, "if_match_required")
    assert await read() == ({"scooter": 1}, second)
    assert (await put(4, second))[0] == 200


async def test_of_two_who_set_a_policy_at_once_one_is_told(world: World, auth: FixedAuth) -> None:
    double = await place(world, "1")
    auth.sign_in("stations:write", "reservations:read")
    path = f"/api/v1/stations/{double.station_id}/lease-policy"

    async def put(count: int) -> int:
        body = {"safe": {"scooter": count}}
        async with world.client.put(path, json=body, headers={"If-Match": '"1"'}) as answer:
            return answer.status

    assert sorted(await asyncio.gather(put(1), put(2))) == [200, 412]


async def test_what_an_agent_says_of_leases_leaves_the_policys_tag(world: World, auth: FixedAuth) -> None:
    double = await place(world, "1")
    auth.sign_in("stations:write", "reservations:read")
    path = f"/api/v1/stations/{double.station_id}/lease-policy"
    first = double.tell(facts.AgentStarted(epoch=1, version="1", features=("leases",)))
    async with world.client.get(path) as answer:
        tag = answer.headers["ETag"]
    double.take(await world.sync(double, double.batch(Lane.OPERATIONS, first=first)))
    async with world.client.get(path) as answer:
        assert ((await answer.json())["knows_leases"], answer.headers["ETag"]) == (True, tag)
