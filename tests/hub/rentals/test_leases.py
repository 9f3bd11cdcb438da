"""Bookings are promised when a station's word backs them; held ahead, sold once, lost with a case, learnt back."""

import asyncio
import datetime as dt
import uuid
from typing import Any

import msgspec
import pytest

from hub.cases.tables import CaseRow
from hub.intake.tables import ListItem
from hub.rentals.tables import Lease, Reservation
from protocols.sync import facts
from protocols.sync.changes import Holder, LeaseItem
from protocols.sync.envelope import Lane
from protocols.values import from_ms
from protocols.voucher.voucher import VoucherKey, verify
from tests.hub.conftest import START, FixedAuth, ManualClock
from tests.hub.rentals.test_rentals import ACCOUNT, VEHICLE, book, life, on_list, tell, wish
from tests.hub.stations_double import AT_MS, StationDouble, World

HOUR_MS = 3_600_000


async def new_agent(
    world: World, auth: FixedAuth, number: str = "014", features: tuple[str, ...] = ("leases",)
) -> StationDouble:
    """A station whose agent knows leases, and somebody who may book there."""
    auth.sign_in("reservations:write", "reservations:read", "stations:write")
    double = await world.station(number)
    await started(world, double, features)
    return double


async def started(world: World, double: StationDouble, features: tuple[str, ...]) -> None:
    first = double.tell(facts.AgentStarted(epoch=1, version="1", features=features))
    double.take(await world.sync(double, double.batch(Lane.OPERATIONS, first=first)))


async def listen(world: World, double: StationDouble) -> dict[str, LeaseItem]:
    """What the station is asked to keep."""
    double.take(await world.sync(double))
    _, items = double.lists.get("leases", (0, {}))
    return {key: msgspec.json.decode(raw, type=LeaseItem) for key, raw in items.items()}


def granted(item: LeaseItem, **more: Any) -> facts.LeaseGranted:
    given: dict[str, Any] = {
        "lease_id": uuid.UUID(item.key), "generation": item.generation, "from_ms": item.from_ms,
        "until_ms": item.until_ms, "margin_ms": item.margin_ms, "granted_ms": AT_MS,
        "vehicle_id": item.vehicle_id, "vehicle_kind": item.vehicle_kind,
    } | more  # fmt: skip
    return facts.LeaseGranted(**given)


def refused(item: LeaseItem, reason: str = "no_vehicle") -> facts.LeaseRefused:
    return facts.LeaseRefused(lease_id=uuid.UUID(item.key), generation=item.generation, reason=reason, refused_ms=AT_MS)


def ended(item: LeaseItem, how: str, reason: str = "", **more: Any) -> facts.LeaseEnded:
    return facts.LeaseEnded(
        lease_id=uuid.UUID(item.key), generation=item.generation, how=how, reason=reason, ended_ms=AT_MS, **more
    )


async def seen(world: World, made: dict[str, Any]) -> dict[str, Any]:
    async with world.client.get(f"/api/v1/reservations/{made['id']}") as answer:
        found: dict[str, Any] = await answer.json()
        return found


async def states(world: World) -> list[tuple[str, str]]:
    return [(state, reason) for state, reason in await world.rows(Reservation, "state", "reason")]


async def hold_ahead(world: World, double: StationDouble, **ahead: int) -> list[LeaseItem]:
    """So many are asked for and granted."""
    body = {"ahead": ahead, "walk_in_min": 1}
    path = f"/api/v1/stations/{double.station_id}/lease-policy"
    async with world.client.put(path, json=body, headers={"If-Match": "*"}) as answer:
        assert answer.status == 200, await answer.text()
    items = [one for one in (await listen(world, double)).values() if one.holder is None]
    await tell(world, double, *(granted(one) for one in items))
    return items


def kind(double: StationDouble, **more: Any) -> dict[str, Any]:
    return wish(double, vehicle_id=None, vehicle_kind="scooter", **more)


async def test_a_booking_is_requested_until_its_station_grants_a_lease(world: World, auth: FixedAuth) -> None:
    double = await new_agent(world, auth)
    status, made = await book(world, wish(double))
    assert (status, made["state"], made["voucher"]) == (201, "requested", None)
    [item] = (await listen(world, double)).values()
    assert (item.vehicle_id, item.holder is not None and item.holder.code) == (VEHICLE, made["code"])
    async with world.client.post(f"/api/v1/reservations/{made['id']}/voucher") as answer:
        assert (answer.status, (await answer.json())["code"]) == (409, "reservation_not_confirmed")
    assert await tell(world, double, granted(item)) == []
    assert (await seen(world, made))["state"] == "confirmed"
    assert await world.rows(Lease, "state", "granted_generation") == [("assigned", 1)]


async def test_a_refusal_is_shown_with_its_reason_and_what_else_there_is(world: World, auth: FixedAuth) -> None:
    double, other = await new_agent(world, auth), await new_agent(world, auth, "015")
    await hold_ahead(world, other, scooter=2)
    _, made = await book(world, kind(double))
    [item] = (await listen(world, double)).values()
    await tell(world, double, refused(item))
    shown = await seen(world, made)
    assert (shown["state"], shown["reason"]) == ("refused", "no_vehicle")
    assert shown["alternatives"] == [{"station_id": str(other.station_id), "vehicle_kind": "scooter", "count": 2}]
    assert await listen(world, double) == {}
    assert (await book(world, wish(double)))[0] == 201


async def test_a_held_lease_backs_a_booking_at_once_and_only_one(world: World, auth: FixedAuth) -> None:
    """No exchange with the station lies between: the line may be cut."""
    double = await new_agent(world, auth)
    [item] = await hold_ahead(world, double, scooter=1)
    answers = await asyncio.gather(*(book(world, kind(double)) for _ in range(4)))
    assert sorted(made["state"] for _, made in answers) == ["confirmed"] + ["requested"] * 3
    [made] = [made for _, made in answers if made["state"] == "confirmed"]
    assert made["lease_id"] == item.key
    keys = {
        bytes.fromhex(kid): VoucherKey(
            kid=bytes.fromhex(kid), public_key=bytes.fromhex(one["public_key"]),
            valid_from=from_ms(one["valid_from_ms"]), valid_to=from_ms(one["valid_to_ms"]),
        )
        for kid, one in (await on_list(world, "voucher_keys")).items()
    }  # fmt: skip
    voucher = verify(made["voucher"], keys, station_id=double.station_id, earliest=START, latest=START)
    assert voucher.hold == (uuid.UUID(made["id"]), uuid.UUID(item.key))
    async with world.client.post(f"/api/v1/reservations/{made['id']}/voucher") as answer:
        assert (await answer.json())["text"] == made["voucher"]


@pytest.mark.parametrize(("hours", "state"), [(5.9, "confirmed"), (5.97, "requested")])
async def test_a_held_lease_is_sold_for_pick_ups_that_end_two_margins_before_it(
    world: World, auth: FixedAuth, hours: float, state: str
) -> None:
    double = await new_agent(world, auth)
    await hold_ahead(world, double, scooter=1)
    assert (await book(world, kind(double, hours=hours)))[1]["state"] == state


async def test_what_was_sold_and_cancelled_is_given_back_and_not_sold_again(world: World, auth: FixedAuth) -> None:
    double = await new_agent(world, auth)
    [item] = await hold_ahead(world, double, scooter=1)
    _, made = await book(world, kind(double))
    async with world.client.post(f"/api/v1/reservations/{made['id']}/cancel") as answer:
        assert (await answer.json())["state"] == "cancelled"
    assert (await book(world, kind(double)))[1]["state"] == "requested"
    assert (await listen(world, double))[item.key].ended == "cancelled"
    assert len(await on_list(world, "voucher_denials")) == 1
    await tell(world, double, ended(item, "released", "cancelled"))
    assert item.key not in await listen(world, double)


async def test_a_lease_that_is_used_ends_with_its_rental(world: World, auth: FixedAuth) -> None:
    double = await new_agent(world, auth)
    _, made = await book(world, wish(double))
    [item] = (await listen(world, double)).values()
    begun = life(by="reservation", reservation_id=uuid.UUID(made["id"]), lease_id=uuid.UUID(item.key))
    await tell(world, double, granted(item), *begun[:2], ended(item, "used", rental_id=begun[0].rental_id))  # type: ignore[attr-defined]
    assert await states(world) == [("used", "")]
    assert await world.rows(Lease, "state", "rental_id") == [("used", begun[0].rental_id)]  # type: ignore[attr-defined]
    assert await listen(world, double) == {}


@pytest.mark.parametrize("fate", ["lost", "refused"])
async def test_a_promise_that_cannot_be_kept_is_broken_and_a_case(world: World, auth: FixedAuth, fate: str) -> None:
    """Lost: its vehicle failed and there is no other. Refused: the station has a new card, and no vehicle any more."""
    double = await new_agent(world, auth)
    _, made = await book(world, wish(double))
    [item] = (await listen(world, double)).values()
    await tell(world, double, granted(item))
    await tell(world, double, ended(item, "lost", "fault") if fate == "lost" else refused(item, "fault"))
    assert await states(world) == [("broken", "fault")]
    assert await world.rows(CaseRow, "kind", "about", "state") == [("booking_broken", uuid.UUID(made["id"]), "open")]


async def test_a_booking_without_an_answer_expires_and_a_late_answer_is_given_back(
    world: World, auth: FixedAuth, clock: ManualClock
) -> None:
    double = await new_agent(world, auth)
    await book(world, wish(double))
    [item] = (await listen(world, double)).values()
    clock.move(899)
    await world.rooms.keeper.look(world.kernel.database)
    assert await states(world) == [("requested", "")]
    clock.move(2)
    await world.rooms.keeper.look(world.kernel.database)
    assert await states(world) == [("expired", "no_answer")]
    await tell(world, double, granted(item))
    assert await states(world) == [("expired", "no_answer")]
    assert (await listen(world, double))[item.key].ended


async def test_who_does_not_come_is_waited_for_until_the_margins_are_over(
    world: World, auth: FixedAuth, clock: ManualClock
) -> None:
    double = await new_agent(world, auth)
    await book(world, wish(double))
    [item] = (await listen(world, double)).values()
    await tell(world, double, granted(item))
    clock.move(3600 + 119)
    await world.rooms.keeper.look(world.kernel.database)
    assert await states(world) == [("confirmed", "")]
    clock.move(2)
    await world.rooms.keeper.look(world.kernel.database)
    assert await states(world) == [("expired", "no_show")]
    assert (await listen(world, double))[item.key].ended == "no_show"


async def test_leases_held_ahead_are_renewed_topped_up_and_given_back(
    world: World, auth: FixedAuth, clock: ManualClock
) -> None:
    double = await new_agent(world, auth)
    [item] = await hold_ahead(world, double, scooter=1)
    clock.move(3 * 3600 + 1)
    await world.rooms.keeper.look(world.kernel.database)
    renewed = (await listen(world, double))[item.key]
    assert (renewed.generation, renewed.until_ms - item.until_ms) == (2, 3 * HOUR_MS + 1000)
    await tell(world, double, ended(item, "expired"), granted(renewed))
    assert await world.rows(Lease, "state", "granted_generation") == [("granted", 2)]
    assert (await book(world, kind(double, start_h=3.1)))[1]["state"] == "confirmed"
    await world.rooms.keeper.look(world.kernel.database)
    fresh = [one for one in (await listen(world, double)).values() if one.holder is None]
    assert len(fresh) == 1
    await tell(world, double, refused(fresh[0], "walk_ins"))
    await world.rooms.keeper.look(world.kernel.database)
    assert len(await listen(world, double)) == 1  # not asked again at once
    clock.move(301)
    await world.rooms.keeper.look(world.kernel.database)
    assert len(await listen(world, double)) == 2
    await hold_ahead(world, double, scooter=0)
    assert [one.ended for one in (await listen(world, double)).values() if one.holder is None] == ["surplus"]


async def test_a_hub_from_a_backup_learns_lease_and_booking_back_from_the_station(
    world: World, auth: FixedAuth
) -> None:
    double = await new_agent(world, auth)
    booking, lease = uuid.UUID(int=0xB00C), uuid.UUID(int=0x1EA5E)
    holder = Holder(
        reservation_id=booking, code="VD-LOST", pin_hash="x", account_id=ACCOUNT, from_ms=AT_MS,
        until_ms=AT_MS + HOUR_MS,
    )  # fmt: skip
    item = LeaseItem(
        key=str(lease), generation=3, from_ms=AT_MS, until_ms=AT_MS + HOUR_MS, margin_ms=60_000, vehicle_kind="moped"
    )
    await tell(world, double, granted(item, again=True, holder=holder))
    assert await world.rows(Reservation, "id", "state", "code") == [(booking, "confirmed", "VD-LOST")]
    assert await world.rows(Lease, "id", "state", "generation") == [(lease, "assigned", 3)]
    learnt = (await listen(world, double))[str(lease)]
    assert (learnt.holder, learnt.generation, learnt.until_ms) == (holder, 3, item.until_ms)


async def test_words_count_by_the_stations_clock_and_another_stations_do_not(world: World, auth: FixedAuth) -> None:
    double, other = await new_agent(world, auth), await new_agent(world, auth, "015")
    await book(world, wish(double))
    [item] = (await listen(world, double)).values()
    await tell(world, other, granted(item))
    assert await world.rows(Lease, "state") == [("requested",)]
    double.tell(ended(item, "released"), hlc=(AT_MS << 16) + 900)
    double.tell(granted(item), hlc=(AT_MS << 16) + 800)
    await world.sync(double, double.batch())
    assert await world.rows(Lease, "state") == [("released",)]


async def test_an_agent_that_learns_leases_and_one_that_forgets_them_are_spoken_to_in_their_words(
    world: World, auth: FixedAuth
) -> None:
    double = await new_agent(world, auth, features=())
    _, made = await book(world, wish(double))
    assert (made["state"], made["reason"]) == ("confirmed", "unbacked")
    assert list(await on_list(world, "reservations")) == [made["id"]]
    await started(world, double, ("leases",))
    assert await on_list(world, "reservations") == {}
    [item] = (await listen(world, double)).values()
    await tell(world, double, granted(item))
    assert await states(world) == [("confirmed", "")]
    await started(world, double, ())
    assert (await on_list(world, "leases"), await states(world)) == ({}, [("confirmed", "unbacked")])
    assert list(await on_list(world, "reservations")) == [made["id"]]


async def test_a_booking_for_later_asks_for_its_vehicle_a_day_before(world: World, auth: FixedAuth) -> None:
    double = await new_agent(world, auth)
    await book(world, wish(double, start_h=48))
    [item] = (await listen(world, double)).values()
    assert from_ms(item.from_ms) == START + dt.timedelta(hours=24)
    assert from_ms(item.answer_by_ms) == START + dt.timedelta(hours=48)
    rows = await world.rows(ListItem, "list", "key")
    assert ("leases", item.key) in rows


async def test_a_lease_that_a_restored_hub_sold_twice_stays_with_its_first_holder(
    world: World, auth: FixedAuth
) -> None:
    double = await new_agent(world, auth)
    [item] = await hold_ahead(world, double, scooter=1)
    _, made = await book(world, kind(double))
    first = Holder(
        reservation_id=uuid.UUID(int=0xB00C), code="VD-FIRST", pin_hash="x", account_id=ACCOUNT, from_ms=AT_MS,
        until_ms=AT_MS + HOUR_MS,
    )  # fmt: skip
    await tell(world, double, granted(item, again=True, holder=first))
    items = await listen(world, double)
    assert items[item.key].holder == first
    [fresh] = [one for one in items.values() if one.key != item.key]
    assert (await seen(world, made))["state"] == "confirmed"
    await tell(world, double, refused(fresh))
    assert (await seen(world, made))["state"] == "broken"
