"""Blocked accounts: by hand, and by a case for as long as it is open; the stations are told, bookings refused."""

import uuid
from typing import Any

import msgspec

from protocols.sync import facts
from protocols.sync.changes import BlockItem
from tests.hub.cases.test_cases import act, cases
from tests.hub.conftest import FixedAuth
from tests.hub.rentals.test_returns import SECOND, at, began, docked
from tests.hub.stations_double import AT_MS, StationDouble, World

ACCOUNT = uuid.UUID(int=0xB10C)
STAFF = uuid.UUID(int=0x57)


async def call(world: World, auth: FixedAuth, method: str, path: str, body: Any = None) -> tuple[int, Any]:
    auth.sign_in(
        "blocks:read", "blocks:write", "reservations:write", "vouchers:read", "vouchers:write", account_id=STAFF
    )
    headers = {"Idempotency-Key": str(uuid.uuid4())}
    async with world.client.request(method, f"/api/v1/{path}", json=body, headers=headers) as answer:
        return answer.status, None if answer.status == 204 else await answer.json()


async def blocked(world: World, double: StationDouble) -> dict[str, int]:
    double.take(await world.sync(double))
    items = double.lists.get("blocked_accounts", (0, {}))[1]
    return {key: msgspec.json.decode(raw, type=BlockItem).since_ms for key, raw in items.items()}


async def book(world: World, auth: FixedAuth, account_id: uuid.UUID, station_id: uuid.UUID) -> tuple[int, Any]:
    wish = {
        "station_id": str(station_id), "account_id": str(account_id), "vehicle_kind": "scooter",
        "from_at": "2026-11-22T10:00:00Z", "until_at": "2026-11-22T11:00:00Z",
    }  # fmt: skip
    return await call(world, auth, "POST", "reservations", wish)


async def test_a_person_blocks_an_account_and_lifts_it(world: World, auth: FixedAuth) -> None:
    double = await world.station()
    status, made = await call(world, auth, "POST", "account-blocks", {"account_id": str(ACCOUNT), "why": "unpaid"})
    assert (status, made["by"], made["case_id"]) == (201, str(STAFF), None)
    assert await blocked(world, double) == {str(ACCOUNT): AT_MS}
    assert (await book(world, auth, ACCOUNT, double.station_id))[1]["code"] == "account_blocked"
    status, second = await call(world, auth, "POST", "account-blocks", {"account_id": str(ACCOUNT), "why": "again"})
    assert (await call(world, auth, "POST", f"account-blocks/{made['id']}/lift"))[0] == 204
    assert await blocked(world, double) == {str(ACCOUNT): AT_MS}
    assert (await call(world, auth, "POST", f"account-blocks/{second['id']}/lift"))[0] == 204
    assert await blocked(world, double) == {}
    assert (await book(world, auth, ACCOUNT, double.station_id))[0] == 201
    assert (await call(world, auth, "POST", f"account-blocks/{second['id']}/lift"))[0] == 404


async def test_two_rides_at_two_stations_block_the_account_until_a_person_resolves_the_case(
    world: World, auth: FixedAuth
) -> None:
    one, other = await world.station("1"), await world.station("2")
    await at(world, other, 5, *began(5, SECOND, uuid.UUID(int=0xB2)))
    assert await blocked(world, one) == {}
    await at(world, one, 0, *began(0))
    [case] = await cases(world, auth)
    [account] = (await blocked(world, one)).keys()
    assert (case["kind"], case["account_id"]) == ("over_limit", account)
    assert (await book(world, auth, uuid.UUID(account), one.station_id))[1]["code"] == "account_blocked"
    _, page = await call(world, auth, "GET", f"account-blocks?account_id={account}")
    [block] = page["items"]
    assert (block["case_id"], block["by"], block["why"]) == (case["id"], None, "over_limit")
    status, refused = await call(world, auth, "POST", f"account-blocks/{block['id']}/lift")
    assert (status, refused["code"]) == (409, "block_of_a_case")
    await act(world, auth, case["id"], "acknowledge", {})
    assert await blocked(world, one) != {}
    await act(world, auth, case["id"], "resolve", {"why": "the second one was for his wife"})
    assert await blocked(world, one) == await blocked(world, other) == {}


async def test_a_late_return_that_explains_the_case_lifts_the_block(world: World, auth: FixedAuth) -> None:
    one, other = await world.station("1"), await world.station("2")
    await at(world, one, 0, *began(0))
    await at(world, other, 5, *began(5, SECOND, uuid.UUID(int=0xB2)))
    assert await blocked(world, one) != {}
    await at(world, other, 3, docked(3))
    assert await blocked(world, one) == {}
    [case] = await cases(world, auth, kind="over_limit")
    assert (case["state"], case["resolution"]) == ("resolved", "the rides did not overlap")


async def test_a_voucher_used_at_two_stations_is_a_case_for_the_later_use(world: World, auth: FixedAuth) -> None:
    one, other = await world.station("1"), await world.station("2")
    wish = {"account_id": str(ACCOUNT), "expires": "2026-11-30T00:00:00Z"}
    _, issued = await call(world, auth, "POST", "vouchers", wish)
    voucher_id = uuid.UUID(issued["id"])
    who: dict[str, Any] = {"account_id": ACCOUNT}

    def with_it(bodies: list[facts.Body]) -> list[facts.Body]:
        start = bodies[0]
        assert isinstance(start, facts.RentalStarted)
        renter = facts.Renter(by="voucher", voucher_id=voucher_id, **who)
        return [msgspec.structs.replace(start, renter=renter), bodies[1]]

    await at(world, other, 50, *with_it(began(50, SECOND, uuid.UUID(int=0xB2))))
    assert await cases(world, auth) == []
    await at(world, one, 0, *with_it(began(0)))
    await at(world, one, 20, docked(20))
    [case] = await cases(world, auth, state="open")
    assert (case["kind"], case["rental_id"]) == ("voucher_used_twice", str(SECOND))
    assert case["subjects"]["voucher_id"] == str(voucher_id)
    assert list(await blocked(world, one)) == [str(ACCOUNT)]
