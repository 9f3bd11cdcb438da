"""Rentals from facts, reservations without overlaps, vouchers and cards; both databases."""

import asyncio
import datetime as dt
import uuid
from typing import Any

import msgspec
import pytest

from hub.intake.tables import ListItem
from hub.payments import seed as payments_seed
from hub.rentals.tables import Rental, Reservation
from protocols.errors import Refused
from protocols.sync import facts
from protocols.sync.envelope import Lane
from protocols.values import from_ms, rfc3339, to_ms
from protocols.voucher.pin import pin_matches
from protocols.voucher.voucher import VoucherKey, verify
from tests.hub.conftest import START, FixedAuth, ManualClock
from tests.hub.stations_double import AT_MS, StationDouble, World

CITY = uuid.UUID("01900000-0000-7000-8000-000000000201")
RENTAL, VEHICLE, ACCOUNT = uuid.UUID(int=0xA1), uuid.UUID(int=0xB1), uuid.UUID(int=0xD1)


def life(total_minor: int = 157, duration_s: float = 300.0, **renter: Any) -> list[facts.Body]:
    """A rental from its start to its end; 5 minutes in the city cost 1.00 + 3 × 0.19."""
    who: dict[str, Any] = {"by": "card", "account_id": ACCOUNT} | renter
    bill = facts.Bill(
        tariff_id=CITY, tariff_version=1, currency="EUR", total_minor=total_minor, tax_minor=14,
        lines=[facts.BillLine(key="minutes", quantity=3, unit="min", unit_price_minor=19, amount_minor=57)],
    )  # fmt: skip
    return [
        facts.RentalStarted(
            rental_id=RENTAL, vehicle_id=VEHICLE, dock_no=4, started_ms=AT_MS, tariff_id=CITY, tariff_version=1,
            renter=facts.Renter(**who), offline=True,
        ),
        facts.RentalActivated(rental_id=RENTAL, undocked_ms=AT_MS + 5000),
        facts.RentalEnded(
            rental_id=RENTAL, vehicle_id=VEHICLE, dock_no=2, ended_ms=AT_MS + 305_000, duration_s=duration_s,
            duration_by="monotonic", bill=bill,
        ),
    ]  # fmt: skip


async def tell(world: World, double: StationDouble, *bodies: facts.Body) -> list[tuple[int, str]]:
    first = len(double.chain().records) + 1
    for body in bodies:
        double.tell(body)
    reply = await world.sync(double, double.batch(first=first))
    double.take(reply)
    return [(one.seq, one.code) for one in reply.quarantined]


async def tariffs(world: World) -> None:
    async with world.kernel.database.transaction() as session:
        await payments_seed.seed(session, world.rooms.payments)


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0), (2, 0, 1)])
async def test_a_rental_is_the_same_in_whatever_order_it_is_told(
    world: World, auth: FixedAuth, order: tuple[int, ...]
) -> None:
    await tariffs(world)
    double = await world.station()
    bodies = life()
    assert await tell(world, double, *(bodies[index] for index in order)) == []
    auth.sign_in("rentals:read")
    async with world.client.get(f"/api/v1/rentals/{RENTAL}") as answer:
        rental = await answer.json()
    assert (rental["state"], rental["dock_no"], rental["ended_dock_no"]) == ("ended", 4, 2)
    assert (rental["total"], rental["tax"]) == ({"minor": 157, "currency": "EUR"}, {"minor": 14, "currency": "EUR"})
    assert rental["price_checked"] is True
    assert rental["offline"] is True
    assert rental["started_at"] == rfc3339(from_ms(AT_MS))


@pytest.mark.parametrize(
    ("total_minor", "duration_s", "checked"), [(157, 300.0, True), (158, 300.0, False), (176, 300.0, True)]
)
async def test_a_wrong_price_is_kept_and_flagged(
    world: World, total_minor: int, duration_s: float, checked: bool
) -> None:
    """176 is the price of a sixth minute: the wire's duration was rounded down to 300.000 s."""
    await tariffs(world)
    double = await world.station()
    bodies = life(total_minor, duration_s)
    if total_minor == 176:
        bodies[2] = msgspec.structs.replace(bodies[2], bill=msgspec.structs.replace(bodies[2].bill, tax_minor=16))  # type: ignore[attr-defined]
    await tell(world, double, *bodies)
    assert await world.rows(Rental, "total_minor", "price_checked") == [(total_minor, checked)]


async def test_a_price_by_an_unknown_tariff_is_not_judged(world: World) -> None:
    double = await world.station()
    await tell(world, double, *life())
    assert await world.rows(Rental, "price_checked") == [(None,)]


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
async def test_a_vehicle_that_left_is_a_ride_whatever_else_is_told_and_the_contradiction_is_flagged(
    world: World, order: tuple[int, ...]
) -> None:
    one = await world.station("1")
    told = [*life()[:2], facts.RentalVoided(rental_id=RENTAL, reason="not_taken", voided_ms=AT_MS)]
    assert await tell(world, one, *(told[index] for index in order)) == []
    assert await world.rows(Rental, "state", "flags") == [("active", " contradiction ")]


async def test_who_may_not_read_all_sees_his_own(world: World, auth: FixedAuth) -> None:
    double = await world.station()
    await tell(world, double, *life())
    for account_id, count in ((ACCOUNT, 1), (uuid.UUID(int=9), 0)):
        auth.sign_in(account_id=account_id)
        for query in ("", f"?account_id={ACCOUNT}"):
            async with world.client.get(f"/api/v1/rentals{query}") as answer:
                assert len((await answer.json())["items"]) == count
        async with world.client.get(f"/api/v1/rentals/{RENTAL}") as answer:
            assert answer.status == (200 if count else 404)


def wish(double: StationDouble, start_h: float = 0, hours: float = 1, **given: Any) -> dict[str, Any]:
    start = START + dt.timedelta(hours=start_h)
    end = start + dt.timedelta(hours=hours)
    return {
        "station_id": str(double.station_id), "account_id": str(ACCOUNT), "vehicle_id": str(VEHICLE), "pin": "4711",
        "from_at": start.isoformat(), "until_at": end.isoformat(), **given,
    }  # fmt: skip


async def book(world: World, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    key = {"Idempotency-Key": uuid.uuid4().hex}
    async with world.client.post("/api/v1/reservations", json=body, headers=key) as answer:
        return answer.status, await answer.json(content_type=None)


async def on_list(world: World, name: str) -> dict[str, Any]:
    rows = await world.rows(ListItem, "list", "key", "payload")
    return {key: msgspec.json.decode(payload) for list_, key, payload in rows if list_ == name}


async def old_agent(world: World) -> StationDouble:
    """A station whose agent knows no leases."""
    double = await world.station()
    double.tell(facts.AgentStarted(epoch=1, version="0.1.0"))
    double.take(await world.sync(double, double.batch(Lane.OPERATIONS)))
    return double


async def test_a_reservation_is_told_to_an_old_agent_and_cancelled_there(world: World, auth: FixedAuth) -> None:
    auth.sign_in("reservations:write", "reservations:read")
    double = await old_agent(world)
    status, made = await book(world, wish(double))
    assert (status, made["pin"]) == (201, "4711")
    assert (made["state"], made["reason"], made["voucher"]) == ("confirmed", "unbacked", None)
    item = (await on_list(world, "reservations"))[made["id"]]
    assert item["code"] == made["code"]
    assert pin_matches("4711", item["pin_hash"])
    for _ in range(2):
        async with world.client.post(f"/api/v1/reservations/{made['id']}/cancel") as answer:
            assert (await answer.json())["state"] == "cancelled"
    assert await on_list(world, "reservations") == {}
    assert (await book(world, wish(double)))[0] == 201


async def test_overlaps_on_one_vehicle_are_refused_and_neighbours_are_not(world: World, auth: FixedAuth) -> None:
    auth.sign_in("reservations:write")
    double = await world.station()
    assert (await book(world, wish(double, 1)))[0] == 201
    for start_h, hours in ((1, 1), (0.5, 1), (1.5, 1), (0, 4), (1.2, 0.1)):
        status, problem = await book(world, wish(double, start_h, hours))
        assert (status, problem["code"]) == (409, "reservation_overlap")
    assert (await book(world, wish(double, 0)))[0] == 201
    assert (await book(world, wish(double, 2)))[0] == 201
    assert (await book(world, wish(double, 1, vehicle_id=str(uuid.UUID(int=5)))))[0] == 201
    assert (await book(world, wish(double, 1, vehicle_id=None, vehicle_kind="car")))[0] == 201


async def test_of_many_who_want_the_same_at_once_one_gets_it(world: World, auth: FixedAuth) -> None:
    auth.sign_in("reservations:write")
    double = await world.station()
    answers = await asyncio.gather(*(book(world, wish(double, number / 20)) for number in range(8)))
    assert sorted(status for status, _ in answers) == [201] + [409] * 7
    assert len(await world.rows(Reservation, "id")) == 1


async def test_a_reservation_needs_sense_and_permission(world: World, auth: FixedAuth) -> None:
    double = await world.station()
    auth.sign_in("reservations:write_own", account_id=ACCOUNT)
    assert (await book(world, wish(double)))[0] == 201
    assert (await book(world, wish(double, 5, account_id=str(uuid.UUID(int=4)))))[0] == 403
    for wrong in ({"hours": 0}, {"start_h": -9}, {"vehicle_kind": "car"}, {"vehicle_id": None}, {"pin": "x"}):
        assert (await book(world, wish(double, **wrong)))[0] == 422, wrong
    auth.sign_in(account_id=ACCOUNT)
    assert (await book(world, wish(double, 9)))[0] == 403


async def test_a_ride_uses_a_reservation_and_a_void_gives_it_back(world: World, auth: FixedAuth) -> None:
    auth.sign_in("reservations:write", "reservations:read")
    double = await old_agent(world)
    _, made = await book(world, wish(double))
    begun = life(by="reservation", reservation_id=uuid.UUID(made["id"]))
    await tell(world, double, begun[0])
    assert await world.rows(Reservation, "state", "rental_id") == [("used", RENTAL)]
    assert made["id"] in await on_list(world, "reservations")
    async with world.client.post(f"/api/v1/reservations/{made['id']}/cancel") as answer:
        assert answer.status == 409
    await tell(world, double, facts.RentalVoided(rental_id=RENTAL, reason="not_taken", voided_ms=AT_MS))
    assert await world.rows(Reservation, "state", "rental_id") == [("confirmed", None)]
    again = msgspec.structs.replace(begun[0], rental_id=uuid.UUID(int=0xA2))
    await tell(world, double, again, facts.RentalActivated(rental_id=uuid.UUID(int=0xA2), undocked_ms=AT_MS))
    assert await world.rows(Reservation, "state") == [("used",)]
    assert await on_list(world, "reservations") == {}


async def test_a_voucher_is_verified_with_what_the_stations_hold(
    world: World, auth: FixedAuth, clock: ManualClock
) -> None:
    auth.sign_in("vouchers:write", "vouchers:read")
    double = await world.station()
    body = {"account_id": str(ACCOUNT), "stations": [str(double.station_id)],
            "expires": (START + dt.timedelta(days=2)).isoformat()}  # fmt: skip
    async with world.client.post("/api/v1/vouchers", json=body, headers={"Idempotency-Key": "v"}) as answer:
        assert answer.status == 201, await answer.text()
        issued = await answer.json()
    keys = {
        bytes.fromhex(kid): VoucherKey(
            kid=bytes.fromhex(kid),
            public_key=bytes.fromhex(item["public_key"]),
            valid_from=from_ms(item["valid_from_ms"]),
            valid_to=from_ms(item["valid_to_ms"]),
        )
        for kid, item in (await on_list(world, "voucher_keys")).items()
    }
    voucher = verify(issued["text"], keys, station_id=double.station_id, earliest=clock.now(), latest=clock.now())
    assert (str(voucher.voucher_id), voucher.account_id, voucher.may) == (issued["id"], ACCOUNT, ("rent",))
    with pytest.raises(Refused):
        verify(issued["text"], keys, station_id=uuid.UUID(int=2), earliest=clock.now(), latest=clock.now())
    for _ in range(2):
        async with world.client.post(f"/api/v1/vouchers/{issued['id']}/revoke") as answer:
            assert (await answer.json())["revoked_at"] is not None
    assert list(await on_list(world, "voucher_denials")) == [issued["id"]]
    async with world.client.get("/api/v1/vouchers") as answer:
        assert "text" not in (await answer.json())["items"][0]
    for expires in (START - dt.timedelta(1), START + dt.timedelta(days=400)):
        wrong = body | {"expires": expires.isoformat()}
        async with world.client.post("/api/v1/vouchers", json=wrong, headers={"Idempotency-Key": "w"}) as answer:
            assert answer.status == 422


async def test_a_card_is_told_to_all_stations_and_blocked(world: World, auth: FixedAuth) -> None:
    auth.sign_in("cards:write", "cards:read")
    body = {"uid": "04a1b2c3d4e5f6", "account_id": str(ACCOUNT), "may": ["rent", "charge"]}
    async with world.client.post("/api/v1/cards", json=body, headers={"Idempotency-Key": "1"}) as answer:
        made = await answer.json()
    async with world.client.post("/api/v1/cards", json=body, headers={"Idempotency-Key": "2"}) as answer:
        assert answer.status == 409
    async with world.client.patch(f"/api/v1/cards/{made['id']}", json={"blocked": True}) as answer:
        assert answer.status == 200
    assert (await on_list(world, "cards"))["04A1B2C3D4E5F6"]["blocked"] is True
    async with world.client.get(f"/api/v1/cards?account_id={ACCOUNT}") as answer:
        assert [one["blocked"] for one in (await answer.json())["items"]] == [True]


async def test_the_key_that_signs_vouchers_goes_on_before_it_ends(
    world: World, auth: FixedAuth, clock: ManualClock
) -> None:
    async def until() -> int:
        async with world.kernel.database.transaction() as session:
            await world.doors.vouchers.publish_key(session)
        (item,) = (await on_list(world, "voucher_keys")).values()
        assert item["valid_from_ms"] < to_ms(START), "a station whose clock is behind takes the first voucher too"
        return int(item["valid_to_ms"])

    await world.station()
    first = await until()
    clock.move(300 * 86_400.0)
    assert await until() == first
    clock.move(100 * 86_400.0)
    assert await until() == first + 400 * 86_400_000
