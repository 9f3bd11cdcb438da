"""Bad input and faults, each through the real hub, real stations and real bytes: a clear code for whoever is refused,
and money and vehicles right afterwards.

Elsewhere, beside what they concern: a replayed or forged webhook `tests/hub/payments/test_money_api.py`; a gateway that
times out after it has charged `tests/hub/payments/test_collecting.py`; a clock that jumped
`tests/edge_agent/core/test_clocks.py` and `test_rental.py`; mass registration
`tests/hub/accounts/test_registration.py`; password spraying `tests/hub/accounts/test_sign_in.py`. All of them at
once, in any order: `test_town.py`.
"""

import asyncio
import datetime as dt
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from edge_agent.core.inputs import AgentWoke
from protocols.errors import Refused
from protocols.kiosk.actions import ByReservation, ByVoucher
from protocols.values import rfc3339
from tests.edge_agent.core.stage import vehicle_id
from tests.model.hub import ModelHub
from tests.model.station import ModelStation

RIDE_S = 600.0


class Street:
    """Two stations; one scooter stands at each."""

    def __init__(self) -> None:
        self.hub = ModelHub()
        self.hub.add_vehicles({1: "scooter", 2: "scooter"})
        self.hub.clock.move(600)
        self.stations = [ModelStation(self.hub.station(f"{no}"), 2, self.hub.now) for no in range(2)]
        for number, station in enumerate(self.stations, 1):
            station.standing[1] = number
            station.tell(AgentWoke(epoch=1, version="1", unclean=False))
            self.sync(station)
            station.wake()
        self.sync(*self.stations * 3)

    def sync(self, *stations: ModelStation) -> None:
        for station in stations:
            reply = self.hub.sync(*station.request())
            assert reply is not None
            station.hear(reply)
            self.pass_time(1.0)

    def pass_time(self, seconds: float) -> None:
        self.hub.clock.move(seconds)
        for station in self.stations:
            station.mono_s += seconds
            station.set_clock(self.hub.now, station.skew_s)

    def renter(self, card: str = "card_ok") -> str:
        account_id = uuid.uuid4()
        self.hub.run(self.hub.till.pays_with(account_id, card))
        return str(account_id)

    def voucher(self, account_id: str) -> ByVoucher:
        expires = rfc3339(self.hub.now + dt.timedelta(days=1))
        status, made = self.hub.call("POST", "/api/v1/vouchers", {"account_id": account_id, "expires": expires})
        assert status == 201, made
        self.pass_time(120)
        return ByVoucher(kind="voucher", token=made["text"])

    def wish(self, account_id: str, number: int = 1) -> dict[str, Any]:
        now = self.hub.now
        return {
            "station_id": str(self.stations[0].double.station_id), "account_id": account_id, "pin": "4711",
            "vehicle_id": str(vehicle_id(number)), "from_at": rfc3339(now),
            "until_at": rfc3339(now + dt.timedelta(hours=1)),
        }  # fmt: skip

    def books(self) -> list[dict[str, Any]]:
        """Every line is up, everything is collected, and all books agree; the rides."""
        self.sync(*self.stations * 3)
        self.hub.run(self.hub.till.finish())
        rides = self.hub.every("/api/v1/rentals")
        self.hub.run(self.hub.till.check_end(rides))
        return rides


@pytest.fixture
def street() -> Iterator[Street]:
    made = Street()
    yield made
    made.hub.close()


def test_of_two_people_who_want_the_last_vehicle_one_gets_it_and_pays_and_the_other_is_told(street: Street) -> None:
    first, second = street.renter(), street.renter()

    async def at_once() -> list[tuple[int, Any]]:
        async def book(who: str) -> tuple[int, Any]:
            headers = {"Idempotency-Key": uuid.uuid4().hex}
            path = "/api/v1/reservations"
            async with street.hub.world.client.post(path, json=street.wish(who), headers=headers) as answer:
                return answer.status, await answer.json()

        return list(await asyncio.gather(book(first), book(second)))

    answers = sorted(street.hub.run(at_once()), key=lambda one: one[0])
    assert [status for status, _ in answers] == [201, 409]
    assert answers[1][1]["code"] == "reservation_overlap"
    here = street.stations[0]
    street.sync(here, here)
    made = answers[0][1]
    walk_in = street.voucher(second)
    with pytest.raises(Refused) as refused:
        here.take(walk_in, 1)
    assert refused.value.code == "vehicle_not_rentable"
    here.take(ByReservation(kind="reservation", code=made["code"], pin="4711"))
    street.pass_time(RIDE_S)
    here.put(1, 1)
    (ride,) = street.books()
    assert ride["account_id"] == made["account_id"]
    assert set(street.hub.till.gateway.moved().values()) == {ride["total"]["minor"]}


def test_a_voucher_shown_at_two_cut_off_stations_is_two_rides_paid_by_their_renter_and_a_case(street: Street) -> None:
    renter = street.renter("card_silent")  # takes the money, and does not say so
    voucher = street.voucher(renter)
    for station in street.stations:
        station.take(voucher)
    with pytest.raises(Refused) as refused:
        street.stations[0].take(voucher)
    assert refused.value.code in {"voucher_used", "no_vehicle"}
    street.pass_time(RIDE_S)
    for number, station in enumerate(street.stations, 1):
        station.put(1, number)
    rides = street.books()
    assert [one["account_id"] for one in rides] == [renter, renter]
    assert sum(street.hub.till.gateway.moved().values()) == sum(one["total"]["minor"] for one in rides)
    kinds = {one["kind"] for one in street.hub.every("/api/v1/cases")}
    assert "voucher_used_twice" in kinds


def test_who_is_blocked_while_the_station_is_cut_off_rides_once_more_and_pays_and_then_is_refused(
    street: Street,
) -> None:
    renter = street.renter()
    here = street.stations[0]
    vouchers = [street.voucher(renter), street.voucher(renter)]
    status, made = street.hub.call("POST", "/api/v1/account-blocks", {"account_id": renter, "why": "theft"})
    assert status == 201, made
    here.take(vouchers[0])  # the station has not heard of it
    street.pass_time(RIDE_S)
    here.put(1, 1)
    (ride,) = street.books()
    assert sum(street.hub.till.gateway.moved().values()) == ride["total"]["minor"] > 0
    with pytest.raises(Refused) as refused:
        here.take(vouchers[1])
    assert refused.value.code == "account_blocked"
    assert here.standing[1] == 1
    status, told = street.hub.call("POST", "/api/v1/reservations", street.wish(renter))
    assert (status, told["code"]) == (409, "account_blocked")


def test_a_clock_that_jumped_while_the_line_was_cut_bills_the_minutes_that_were_ridden(street: Street) -> None:
    here = street.stations[0]
    here.take(street.voucher(street.renter()))
    here.skew_s = 7200.0
    street.pass_time(RIDE_S)
    here.put(1, 1)
    here.put_right(street.hub.now, 0.0)
    (ride,) = street.books()
    assert RIDE_S <= ride["duration_s"] <= RIDE_S + 10
    assert sum(street.hub.till.gateway.moved().values()) == ride["total"]["minor"]
