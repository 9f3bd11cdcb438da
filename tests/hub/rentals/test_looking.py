"""A renter's word at a full station: whoever sees the vehicle there confirms it, whoever looks in vain says so."""

import itertools
import uuid
from collections.abc import Sequence
from typing import Any

import msgspec
import pytest

from hub.accounts.roles import Role
from hub.accounts.rules import PERMISSIONS_OF
from hub.kernel.auth import Principal
from hub.rentals import suspicion
from hub.rentals.tables import Rental
from protocols.sync import facts
from tests.hub.conftest import FixedAuth, ManualClock
from tests.hub.rentals.test_overflow import TAKEN, out, scan, show
from tests.hub.rentals.test_rentals import RENTAL, life, tariffs
from tests.hub.rentals.test_returns import at, began, docked, left, rental
from tests.hub.stations_double import AT_MS, StationDouble, World

LOOKER = uuid.UUID(int=0x100C)
SECOND = uuid.UUID(int=0xA2)


def parked(minute: int = 5) -> facts.Body:
    """What the station says when its renter parks beside its full docks."""
    end = msgspec.structs.replace(life()[2], dock_no=0, parked=True, ended_ms=AT_MS + minute * 60_000)
    return msgspec.structs.replace(end, duration_s=60.0 * minute)


async def beside(world: World, auth: FixedAuth) -> StationDouble:
    """A ride that ended beside its station's full docks, five minutes after two."""
    await tariffs(world)
    double = await world.station()
    await at(world, double, 0, *began(0))
    await at(world, double, 5, parked())
    assert (await rental(world, auth))["parking"] == "waiting"
    return double


async def cases(world: World, auth: FixedAuth) -> list[dict[str, Any]]:
    auth.sign_in("cases:read")
    async with world.client.get(f"/api/v1/cases?kind={suspicion.OVERFLOW}") as answer:
        found: list[dict[str, Any]] = (await answer.json())["items"]
    return found


async def find(
    world: World, auth: FixedAuth, *, there: bool, why: str = "beside dock 6", case_id: str = "", key: str = ""
) -> tuple[int, Any]:
    case_id = case_id or (await cases(world, auth))[0]["id"]
    auth.sign_in("cases:look", "cases:read", account_id=LOOKER)
    headers = {"Idempotency-Key": key or uuid.uuid4().hex}
    body = {"vehicle_there": there, "why": why}
    async with world.client.post(f"/api/v1/cases/{case_id}/finding", json=body, headers=headers) as answer:
        return answer.status, await answer.json()


async def test_who_sees_it_there_resolves_the_case_and_the_ride_keeps_its_end(world: World, auth: FixedAuth) -> None:
    await beside(world, auth)
    before = await rental(world, auth)
    status, case = await find(world, auth, there=True)
    assert (status, case["state"], case["standing"]) == (200, "resolved", False)
    assert (case["resolved_by"], case["resolution"]) == (str(LOOKER), "beside dock 6")
    after = await rental(world, auth)
    assert after == before | {"parking": "confirmed"}
    assert (await find(world, auth, there=False))[1]["code"] == "case_resolved"


async def test_who_does_not_find_it_escalates_the_case_and_flags_the_rental_and_the_bill_stays(
    world: World, auth: FixedAuth
) -> None:
    await beside(world, auth)
    before = await rental(world, auth)
    status, case = await find(world, auth, there=False, why="not at the station, nor around it")
    assert (status, case["state"], case["standing"], case["seen"]["parking"]) == (200, "open", True, "not_there")
    note = case["history"][-1]
    assert (note["what"], note["by"], note["why"]) == ("escalated", str(LOOKER), "not at the station, nor around it")
    after = await rental(world, auth)
    assert after == before | {"parking": "not_there", "flags": ["parked", "parked_unconfirmed"]}
    auth.sign_in("rentals:read")
    async with world.client.get("/api/v1/rentals?flag=parked_unconfirmed") as answer:
        assert [one["id"] for one in (await answer.json())["items"]] == [str(RENTAL)]


async def test_who_finds_it_after_all_puts_it_right(world: World, auth: FixedAuth) -> None:
    await beside(world, auth)
    await find(world, auth, there=False)
    status, case = await find(world, auth, there=True)
    assert (status, case["state"]) == (200, "resolved")
    after = await rental(world, auth)
    assert (after["parking"], after["flags"]) == ("confirmed", ["parked"])


@pytest.mark.parametrize("later", [docked(30), left(30)], ids=["docked", "left"])
async def test_the_vehicle_in_a_dock_of_that_station_confirms_by_itself_and_closes_the_case(
    world: World, auth: FixedAuth, later: facts.Body
) -> None:
    double = await beside(world, auth)
    await at(world, double, 30, later)
    assert (await rental(world, auth))["parking"] == "confirmed"
    [case] = await cases(world, auth)
    assert (case["state"], case["resolved_by"], case["resolution"]) == ("resolved", None, "it was docked there")


async def test_the_next_ride_from_that_station_confirms_it(world: World, auth: FixedAuth) -> None:
    double = await beside(world, auth)
    await at(world, double, 30, *began(30, SECOND))
    assert (await rental(world, auth))["parking"] == "confirmed"


async def test_an_end_whose_beginning_was_never_told_is_confirmed_all_the_same(world: World, auth: FixedAuth) -> None:
    await tariffs(world)
    double = await world.station()
    await at(world, double, 5, parked())
    await at(world, double, 30, docked(30))
    assert (await rental(world, auth))["parking"] == "confirmed"


async def test_what_is_seen_after_the_ride_that_confirmed_it_changes_nothing(world: World, auth: FixedAuth) -> None:
    """Also where a late word keeps the first ride unsettled longer than the ride that confirmed it."""
    double, other = await beside(world, auth), await world.station("2")
    await at(world, double, 30, *began(30, SECOND))
    end = msgspec.structs.replace(life()[2], rental_id=SECOND, ended_ms=AT_MS + 40 * 60_000, duration_s=600.0)
    await at(world, double, 40, end)
    void = facts.RentalVoided(rental_id=RENTAL, reason="not_taken", voided_ms=AT_MS + 60 * 60_000)
    await at(world, double, 60, void)
    await at(world, other, 50, docked(50))
    assert (await rental(world, auth))["parking"] == "confirmed"


async def test_seen_at_another_station_first_it_stays_for_a_person(world: World, auth: FixedAuth) -> None:
    double, other = await beside(world, auth), await world.station("2")
    await at(world, other, 20, docked(20), left(25))
    await at(world, double, 30, docked(30))
    assert (await rental(world, auth))["parking"] == "waiting"
    [case] = await cases(world, auth)
    assert case["state"] == "open"


async def test_a_dock_before_the_look_speaks_louder_than_who_looked_and_one_after_it_does_not(
    world: World, auth: FixedAuth, clock: ManualClock
) -> None:
    double = await beside(world, auth)
    clock.move(20 * 60)
    await find(world, auth, there=False)
    await at(world, double, 40, docked(40))  # it came back; it did not stand there
    assert (await rental(world, auth))["parking"] == "not_there"
    other = await world.station("2")
    await at(world, other, 10, docked(10))
    assert (await rental(world, auth))["parking"] == "not_there"
    assert (await cases(world, auth))[0]["state"] == "open"


async def test_a_dock_that_is_told_late_explains_a_look_in_vain(
    world: World, auth: FixedAuth, clock: ManualClock
) -> None:
    double = await beside(world, auth)
    clock.move(20 * 60)
    await find(world, auth, there=False)
    await at(world, double, 10, docked(10))  # the station was away; somebody had pushed it in
    after = await rental(world, auth)
    assert (after["parking"], after["flags"]) == ("confirmed", ["parked"])
    [case] = await cases(world, auth)
    assert (case["state"], case["resolution"]) == ("resolved", "it was docked there")


STORY: Sequence[tuple[int, list[facts.Body]]] = [
    (0, began(0)), (5, [parked()]), (10, [docked(10)]), (20, [left(20)]), (30, [docked(30)]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("there", "elsewhere", "known"),
    [
        (True, False, "confirmed"), (True, True, "confirmed"), (False, False, "confirmed"), (False, True, "not_there"),
    ],
)  # fmt: skip
async def test_whatever_comes_first_the_same_is_known_in_the_end(
    world: World, auth: FixedAuth, clock: ManualClock, there: bool, elsewhere: bool, known: str
) -> None:
    """The facts after the parking in every order, the look (40 minutes after two) before, between and after them."""
    await tariffs(world)
    clock.move(40 * 60)
    other = await world.station("2") if elsewhere else None
    ends = set()
    for number, order in enumerate(itertools.permutations(range(2, 5))):
        for looked_after in range(4):
            name = f"{number}-{looked_after}"
            ends.add(await _told_in(world, auth, name, order, looked_after, there=there, other=other))
    assert len(ends) == 1, ends
    assert ends.pop()[0] == known


async def _told_in(
    world: World,
    auth: FixedAuth,
    name: str,
    order: Sequence[int],
    looked_after: int,
    *,
    there: bool,
    other: StationDouble | None,
) -> tuple[Any, ...]:
    rental_id, vehicle_id = uuid.uuid4(), uuid.uuid4()
    double = await world.station(name)

    async def tell(step: int) -> None:
        minute, bodies = STORY[step]
        own = [_of(one, rental_id, vehicle_id) for one in bodies]
        await at(world, other if other is not None and step in {2, 3} else double, minute, *own)

    for step in (0, 1):
        await tell(step)
    for after in range(4):
        if after == looked_after:
            auth.sign_in("cases:read")
            async with world.client.get(f"/api/v1/cases?rental_id={rental_id}") as answer:
                [case] = (await answer.json())["items"]
            assert (await find(world, auth, there=there, case_id=case["id"]))[0] == 200
        for step in order[after : after + 1]:
            await tell(step)
    async with world.kernel.database.reading() as session:
        row = await session.get(Rental, rental_id)
        assert row is not None
        auth.sign_in("cases:read")
    async with world.client.get(f"/api/v1/cases?rental_id={rental_id}") as answer:
        [case] = (await answer.json())["items"]
    seen = None if case["state"] == "resolved" else case["seen"]["parking"]
    return row.parking, row.parking_hlc, row.settled_hlc, row.flags, case["state"], case["standing"], seen


def _of(body: facts.Body, rental_id: uuid.UUID, vehicle_id: uuid.UUID) -> facts.Body:
    given = {"rental_id": rental_id, "vehicle_id": vehicle_id}
    own = {name: one for name, one in given.items() if getattr(body, name, None) is not None}
    renter = getattr(body, "renter", None)
    if renter is not None:
        own["renter"] = msgspec.structs.replace(renter, account_id=rental_id)
    return msgspec.structs.replace(body, **own)


async def test_a_scan_at_a_full_station_elsewhere_is_confirmed_there(
    world: World, auth: FixedAuth, clock: ManualClock
) -> None:
    await out(world, auth)
    other = await world.station("2")
    clock.move(305)
    await show(world, other, TAKEN)
    assert (await scan(world, other))[1]["parking"] == "waiting"
    [case] = await cases(world, auth)
    assert case["station_id"] == str(other.station_id), "who stands there must see it"
    await at(world, other, 60, docked(60))
    after = await rental(world, auth)
    assert (after["parking"], after["ended_by"]) == ("confirmed", "overflow")
    assert (await cases(world, auth))[0]["state"] == "resolved"


async def test_a_return_that_was_seen_before_the_scan_leaves_nothing_to_look_for(
    world: World, auth: FixedAuth, clock: ManualClock
) -> None:
    double = await out(world, auth)
    clock.move(600)
    await show(world, double, TAKEN)
    assert (await scan(world, double))[1]["parking"] == "waiting"
    case_id = (await cases(world, auth))[0]["id"]
    other = await world.station("2")
    await at(world, other, 4, docked(4))
    after = await rental(world, auth)
    assert (after["parking"], after["ended_by"]) == (None, "other_station")
    assert (await find(world, auth, there=True, case_id=case_id))[1]["code"] == "case_resolved"


async def test_who_looks_is_staff_of_that_station_and_nobody_who_may_only_read(world: World, auth: FixedAuth) -> None:
    double = await beside(world, auth)
    [case] = await cases(world, auth)
    headers, body = {"Idempotency-Key": "a"}, {"vehicle_there": True, "why": "seen"}
    path = f"/api/v1/cases/{case['id']}/finding"
    async with world.client.post(path, json=body, headers=headers) as answer:
        assert answer.status == 403
    for place, status in ((uuid.uuid4(), 404), (double.station_id, 200)):
        auth.principal = Principal(
            account_id=LOOKER, roles=frozenset(), permissions=frozenset({"cases:look"}),
            limits={"cases:look": frozenset({place})},
        )  # fmt: skip
        async with world.client.post(path, json=body, headers={"Idempotency-Key": str(place)}) as answer:
            assert answer.status == status, await answer.text()
    assert (await rental(world, auth))["parking"] == "confirmed"


async def test_a_finding_that_is_sent_twice_is_one_and_one_without_a_reason_is_none(
    world: World, auth: FixedAuth
) -> None:
    await beside(world, auth)
    first = await find(world, auth, there=False, key="k")
    assert await find(world, auth, there=False, key="k") == first
    [case] = await cases(world, auth)
    assert [note["what"] for note in case["history"]] == ["opened", "escalated"]
    assert (await find(world, auth, there=False, why=""))[0] == 422


async def test_a_case_of_another_kind_asks_nothing(world: World, auth: FixedAuth) -> None:
    await tariffs(world)
    double, other = await world.station(), await world.station("2")
    await at(world, other, 0, *began(0))
    await at(world, double, 1, *began(1, SECOND, uuid.UUID(int=0xB2)))
    auth.sign_in("cases:read")
    async with world.client.get("/api/v1/cases?kind=over_limit") as answer:
        [case] = (await answer.json())["items"]
    status, problem = await find(world, auth, there=True, case_id=case["id"])
    assert (status, problem["code"], problem["params"]) == (409, "case_asks_nothing", {"kind": "over_limit"})
    assert (await find(world, auth, there=True, case_id=str(uuid.uuid4())))[0] == 404


def test_a_renter_may_not_confirm_his_own_word() -> None:
    assert {role for role, may in PERMISSIONS_OF.items() if "cases:look" in may} == {
        Role.STATION_STAFF, Role.FLEET_OPERATOR, Role.SUPPORT, Role.ADMIN,
    }  # fmt: skip
