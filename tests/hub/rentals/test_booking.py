"""A booking from its hold to its end: promises, extensions, fees, buffers; both databases."""

import datetime as dt
import uuid
from typing import Any

import pytest

from hub.kernel.columns import Base
from hub.payments.money_tables import Bill
from hub.rentals.tables import Lease, Reservation
from hub.settings import BookingSettings
from protocols.sync import facts
from protocols.sync.envelope import Lane
from protocols.values import BatteryReading, rfc3339, to_ms
from tests.hub.conftest import START, FixedAuth, ManualClock
from tests.hub.rentals.test_search import HOUR, place, stand, vehicle
from tests.hub.stations_double import AT_MS, StationDouble, World

ME = uuid.UUID(int=0xD1)
RENTAL = uuid.UUID(int=0xA1)
OWN = ("reservations:write_own", "reservations:read_own")


class Renter:
    """Somebody who books at a station whose agent knows leases (unless said otherwise)."""

    def __init__(self, world: World, auth: FixedAuth, double: StationDouble) -> None:
        self.world, self.auth, self.double = world, auth, double

    async def call(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        headers = {"Idempotency-Key": uuid.uuid4().hex} if method == "POST" else {}
        async with self.world.client.request(method, f"/api/v1/{path}", json=body, headers=headers) as answer:
            return answer.status, await answer.json(content_type=None)

    async def book(self, begins: float = 0, ends: float = 1, **wish: Any) -> tuple[int, Any]:
        given = {
            "station_id": str(self.double.station_id), "from_at": rfc3339(START + begins * HOUR),
            "until_at": rfc3339(START + ends * HOUR),
        } | ({} if "vehicle_kind" in wish else {"vehicle_id": str(vehicle(1))}) | wish  # fmt: skip
        return await self.call("POST", "reservations", given)

    async def see(self, made: Any) -> Any:
        return (await self.call("GET", f"reservations/{made['id']}"))[1]

    async def act(self, made: Any, what: str, body: Any = None) -> tuple[int, Any]:
        return await self.call("POST", f"reservations/{made['id']}/{what}", body)

    async def tell(self, *bodies: facts.Body, lane: Lane = Lane.BUSINESS) -> None:
        first = len(self.double.chain(lane).records) + 1
        for body in bodies:
            self.double.tell(body)
        reply = await self.world.sync(self.double, self.double.batch(lane, first=first))
        assert not reply.quarantined

    async def grant(self, made: Any, generation: int = 1, ends: float = 8) -> None:
        granted = facts.LeaseGranted(
            lease_id=uuid.UUID(made["lease_id"]), generation=generation, from_ms=AT_MS,
            until_ms=to_ms(START + ends * HOUR), margin_ms=60_000, granted_ms=AT_MS, vehicle_id=vehicle(1),
        )  # fmt: skip
        await self.tell(granted)

    async def start(self, made: Any) -> None:
        who = facts.Renter(by="reservation", account_id=ME, reservation_id=uuid.UUID(made["id"]))
        await self.tell(
            facts.RentalStarted(
                rental_id=RENTAL, vehicle_id=vehicle(1), dock_no=1, started_ms=AT_MS, tariff_id=RENTAL,
                tariff_version=1, renter=who, offline=False,
            )
        )  # fmt: skip

    async def look(self) -> None:
        await self.world.rooms.keeper.look(self.world.kernel.database)

    async def rows(self, table: type[Base], *names: str) -> list[tuple[Any, ...]]:
        return await self.world.rows(table, *names)


@pytest.fixture
async def renter(world: World, auth: FixedAuth) -> Renter:
    double = await place(world, "1")
    await stand(world, auth, double, 90)
    one = Renter(world, auth, double)
    started = facts.AgentStarted(epoch=1, version="1", unclean=False, features=("leases", "extensions"))
    await one.tell(started, lane=Lane.OPERATIONS)
    auth.sign_in(*OWN, account_id=ME)
    return one


def rates(world: World, **given: Any) -> None:
    world.rooms.moves.settings = BookingSettings(**given)


async def test_a_booking_goes_from_its_hold_to_its_end(renter: Renter, clock: ManualClock) -> None:
    status, made = await renter.book(1, 2, hold=True)
    assert (status, made["state"], made["phase"], made["voucher"]) == (201, "held", "held", None)
    assert made["hold_until_at"] == rfc3339(START + dt.timedelta(minutes=10))
    await renter.grant(made)
    assert (await renter.see(made))["phase"] == "held"  # kept for him, and not promised before he says yes
    _, confirmed = await renter.act(made, "confirm")
    assert (confirmed["state"], confirmed["phase"]) == ("confirmed", "confirmed")
    assert confirmed["voucher"]
    assert (await renter.act(made, "confirm"))[1]["phase"] == "confirmed"
    clock.move(3600)
    await renter.look()
    assert (await renter.see(made))["phase"] == "ready"
    await renter.start(made)
    assert [(await renter.see(made))[name] for name in ("phase", "state")] == ["starting", "used"]
    await renter.tell(facts.RentalActivated(rental_id=RENTAL, undocked_ms=AT_MS + 1))
    assert (await renter.see(made))["phase"] == "active"
    bill = facts.Bill(tariff_id=RENTAL, tariff_version=1, currency="EUR", total_minor=1, tax_minor=0, lines=[])
    await renter.tell(
        facts.RentalEnded(
            rental_id=RENTAL, vehicle_id=vehicle(1), dock_no=1, ended_ms=AT_MS + 9000, duration_s=9.0,
            duration_by="monotonic", bill=bill,
        )
    )  # fmt: skip
    assert (await renter.see(made))["phase"] == "closed"
    assert await renter.rows(Reservation, "blocks") == [(False,)]


async def test_a_hold_that_nobody_confirms_lapses_and_sets_the_vehicle_free(renter: Renter, clock: ManualClock) -> None:
    _, made = await renter.book(hold=True)
    await renter.grant(made)
    assert (await renter.book())[1]["code"] == "reservation_overlap"
    clock.move(601)
    assert (await renter.act(made, "confirm"))[1]["code"] == "hold_over"
    await renter.look()
    assert [(await renter.see(made))[name] for name in ("state", "reason")] == ["expired", "hold_over"]
    assert await renter.rows(Lease, "giving_back") == [("hold_over",)]
    assert (await renter.book())[0] == 201


async def test_what_was_held_and_is_not_kept_yet_is_requested_when_it_is_confirmed(renter: Renter) -> None:
    _, made = await renter.book(hold=True)
    assert (await renter.act(made, "confirm"))[1]["state"] == "requested"
    await renter.grant(made)
    assert (await renter.see(made))["state"] == "confirmed"


async def test_an_unlock_that_fails_gives_the_promise_back(renter: Renter) -> None:
    _, made = await renter.book()
    await renter.grant(made)
    await renter.start(made)
    await renter.tell(facts.RentalVoided(rental_id=RENTAL, voided_ms=AT_MS + 5, reason="dock_did_not_open"))
    seen = await renter.see(made)
    assert (seen["phase"], seen["rental_id"]) == ("confirmed", None)


async def test_the_time_to_charge_behind_a_booking_is_refused_by_the_database(renter: Renter) -> None:
    _, made = await renter.book(0, 1, trip_km=20)  # 230 Wh at 500 W
    assert made["kept_until_at"] == rfc3339(START + HOUR + dt.timedelta(seconds=1656))
    assert (await renter.book(1, 2))[1]["code"] == "reservation_overlap"
    assert (await renter.book(1.47, 2, trip_km=0))[0] == 201
    assert (await renter.book(1.45, 1.46, trip_km=0))[1]["code"] == "reservation_overlap"


@pytest.mark.parametrize(
    ("wish", "reason"), [({"trip_km": 500}, "too_far"), ({"trip_km": 80}, "low_charge"), ({"trip_km": 70}, None)]
)
async def test_a_vehicle_that_will_not_do_is_not_booked(
    renter: Renter, wish: dict[str, Any], reason: str | None
) -> None:
    status, answer = await renter.book(**wish)
    if reason is None:
        assert status == 201
    else:
        assert (status, answer["code"], answer["params"]["reason"]) == (409, "vehicle_not_fit", reason)


async def test_an_extension_counts_when_the_station_has_granted_it(renter: Renter) -> None:
    _, made = await renter.book(0, 1)
    await renter.grant(made, ends=1.1)
    status, asked = await renter.act(made, "extend", {"until_at": rfc3339(START + 3 * HOUR)})
    assert (status, asked["until_at"]) == (200, made["until_at"])
    assert asked["wanted_until_at"] == rfc3339(START + 3 * HOUR)
    assert (await renter.book(2, 4))[1]["code"] == "reservation_overlap"  # kept already
    await renter.grant(made, generation=2, ends=3.1)
    seen = await renter.see(made)
    assert (seen["until_at"], seen["wanted_until_at"]) == (rfc3339(START + 3 * HOUR), None)
    assert seen["state"] == "confirmed"


async def test_an_extension_into_anothers_booking_is_refused(renter: Renter) -> None:
    _, made = await renter.book(0, 1)
    await renter.grant(made)
    assert (await renter.book(2, 3))[0] == 201
    status, answer = await renter.act(made, "extend", {"until_at": rfc3339(START + 2.5 * HOUR)})
    assert (status, answer["code"]) == (409, "reservation_overlap")
    assert (await renter.see(made))["wanted_until_at"] is None


async def test_who_rides_extends_at_once_and_who_is_not_promised_cannot(renter: Renter) -> None:
    _, made = await renter.book(0, 1)
    until = {"until_at": rfc3339(START + 2 * HOUR)}
    assert (await renter.act(made, "extend", until))[1]["code"] == "reservation_not_extendable"
    await renter.grant(made)
    assert (await renter.act(made, "extend", {"until_at": rfc3339(START)}))[0] == 422
    await renter.start(made)
    assert (await renter.act(made, "extend", until))[1]["until_at"] == until["until_at"]


async def test_an_agent_that_cannot_extend_is_not_asked(renter: Renter) -> None:
    old = facts.AgentStarted(epoch=1, version="0", unclean=False, features=("leases",))
    await renter.tell(old, lane=Lane.OPERATIONS)
    _, made = await renter.book(0, 1)
    await renter.grant(made)
    status, answer = await renter.act(made, "extend", {"until_at": rfc3339(START + 2 * HOUR)})
    assert (status, answer["code"]) == (409, "extension_not_possible")
    assert await renter.rows(Reservation, "wanted_until_at", "kept_until_at") == [
        (None, dt.datetime.fromisoformat(made["kept_until_at"]))
    ]


@pytest.mark.parametrize(("begins", "fee_minor"), [(2, None), (0.5, 300), (0.1, 700)])
async def test_a_cancellation_costs_the_more_the_later_it_is(
    world: World, renter: Renter, begins: float, fee_minor: int | None
) -> None:
    rates(world, cancel_fee_minor=300, late_cancel_fee_minor=700)
    _, made = await renter.book(begins, 3)
    assert made["cancel_fee"] is None  # nothing is promised yet
    await renter.grant(made)
    money = None if fee_minor is None else {"minor": fee_minor, "currency": "EUR"}
    assert (await renter.see(made))["cancel_fee"] == money
    _, cancelled = await renter.act(made, "cancel")
    assert (cancelled["state"], cancelled["fee_minor"]) == ("cancelled", fee_minor)
    assert (await renter.act(made, "cancel"))[1]["fee_minor"] == fee_minor
    bills = [] if fee_minor is None else [("booking", fee_minor, "EUR", uuid.UUID(made["id"]))]
    assert await renter.rows(Bill, "use", "total_minor", "currency", "id") == bills


async def test_what_others_cancel_costs_its_owner_nothing(world: World, auth: FixedAuth, renter: Renter) -> None:
    rates(world, cancel_fee_minor=300, late_cancel_fee_minor=700)
    _, made = await renter.book()
    await renter.grant(made)
    auth.sign_in("reservations:write", "reservations:read")
    assert (await renter.act(made, "cancel"))[1]["fee_minor"] is None


async def test_a_no_show_is_billed_and_forgiven_when_the_ride_is_told_after_all(
    world: World, renter: Renter, clock: ManualClock
) -> None:
    rates(world, no_show_fee_minor=500)
    _, made = await renter.book(0, 1)
    await renter.grant(made)
    clock.move(3600 + 121)
    await renter.look()
    seen = await renter.see(made)
    assert (seen["phase"], seen["state"], seen["reason"], seen["fee_minor"]) == ("no_show", "expired", "no_show", 500)
    assert (await renter.book(1.1, 2))[0] == 201  # somebody else has it now
    await renter.start(made)  # the line was cut
    seen = await renter.see(made)
    assert (seen["phase"], seen["fee_minor"]) == ("starting", 0)
    assert await renter.rows(Bill, "total_minor") == [(0,)]


async def test_only_its_owner_confirms_and_extends(renter: Renter, auth: FixedAuth) -> None:
    _, made = await renter.book(hold=True)
    auth.sign_in(*OWN, account_id=uuid.UUID(int=0xD2))
    for what, body in (("confirm", None), ("extend", {"until_at": rfc3339(START + 2 * HOUR)}), ("cancel", None)):
        assert (await renter.act(made, what, body))[0] == 404


async def test_a_battery_that_is_read_anew_changes_what_is_bookable(renter: Renter) -> None:
    assert (await renter.book(trip_km=80))[0] == 409
    reading = BatteryReading(soc_pct=99)
    await renter.tell(facts.VehicleDocked(vehicle_id=vehicle(1), dock_no=1, docked_ms=AT_MS + 9, battery=reading))
    assert (await renter.book(trip_km=80))[0] == 201
