"""The checker can see: right books pass, and each falsified one is found out, by the kind of its fault."""

import dataclasses
import datetime as dt
import itertools
import uuid
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from protocols.sync import facts
from protocols.values import to_ms
from tests.journeys.faults.books import (
    Kind,
    Move,
    Opened,
    Reading,
    UnlockOrder,
)
from tests.journeys.faults.check import check
from tests.journeys.faults.right_books import ORDER, STAFF_ORDER, T0, VEHICLE, VOID, Books, money, right


def test_a_ride_that_nobody_could_see_is_a_known_limit_and_one_that_was_seen_is_lost() -> None:
    world, station, hub = right()
    at_ms = world.moves[1].at_ms
    unseen = (
        Move(what="pull", dock_no=2, vehicle_id=VEHICLE, at_ms=at_ms + 5_000),
        Move(what="push", dock_no=2, vehicle_id=VEHICLE, at_ms=at_ms + 8_000),
    )
    world = dataclasses.replace(world, moves=(*world.moves, *unseen))
    assert [one.kind for one in check(world, station, hub)] == [Kind.LIMIT]
    world = dataclasses.replace(world, heard={2: [at_ms + 6_000]})
    assert [one.kind for one in check(world, station, hub)] == [Kind.LOST]


def test_a_bill_up_to_a_docks_restart_is_a_known_limit_and_without_a_restart_it_is_wrong() -> None:
    world, station, hub = right()
    earlier = dataclasses.replace(world.moves[1], at_ms=world.moves[1].at_ms - 10_000)
    world = dataclasses.replace(world, moves=(world.moves[0], earlier))
    assert [one.kind for one in check(world, station, hub)] == [Kind.WRONG]
    world = dataclasses.replace(world, booted={2: [right()[0].moves[1].at_ms]})
    assert [one.kind for one in check(world, station, hub)] == [Kind.LIMIT]


def test_right_books_pass() -> None:
    assert check(*right()) == []


def test_a_hub_that_was_put_back_may_have_forgotten_an_order_of_staff() -> None:
    world, station, hub = right()
    hub = dataclasses.replace(hub, orders=())
    assert check(dataclasses.replace(world, staff={str(STAFF_ORDER): 4}), station, hub) == []
    assert check(dataclasses.replace(world, unanswered=(4,)), station, hub) == []


def test_a_booking_that_was_kept_or_is_a_case_is_no_fault() -> None:
    assert check(*_booking("used")(right())) == []
    assert check(*_booking("broken", case=True, turned_away="vehicle_gone")(right())) == []
    assert check(*_booking("confirmed", turned_away="dock_busy")(right())) == []


def test_a_cloned_card_that_was_noticed_is_no_fault() -> None:
    assert check(*_cloned(noticed=1)(right())) == []


def _world(**change: Any) -> Callable[[Books], Books]:
    return lambda books: (dataclasses.replace(books[0], **change), books[1], books[2])


def _hub(name: str, change: Callable[[Any], Any]) -> Callable[[Books], Books]:
    def falsify(books: Books) -> Books:
        world, station, hub = books
        return world, station, dataclasses.replace(hub, **{name: change(getattr(hub, name))})

    return falsify


def _station(name: str, change: Callable[[Any], Any]) -> Callable[[Books], Books]:
    def falsify(books: Books) -> Books:
        world, station, hub = books
        return world, dataclasses.replace(station, **{name: change(getattr(station, name))}), hub

    return falsify


def _edit(at: int, **change: Any) -> Callable[[Any], Any]:
    return lambda rows: (*rows[:at], {**rows[at], **change}, *rows[at + 1 :])


def _swap(at: int, **change: Any) -> Callable[[Any], Any]:
    return lambda rows: (*rows[:at], dataclasses.replace(rows[at], **change), *rows[at + 1 :])


def _opened_again(books: Books) -> Books:
    world, station, hub = books
    more = Opened(at_ms=T0 + 400_000, dock_no=1, command=ORDER.bytes[-8:])
    return dataclasses.replace(world, opened=(*world.opened, more)), station, hub


def _opened_by_nobody(books: Books) -> Books:
    world, station, hub = books
    more = Opened(at_ms=T0 + 400_000, dock_no=3, command=b"stranger")
    return dataclasses.replace(world, opened=(*world.opened, more)), station, hub


def _opened_without_a_rental(books: Books) -> Books:
    """The station journalled an order of its own, after the rental had ended."""
    world, station, hub = books
    order = UnlockOrder(hlc=300, order_id=uuid.UUID(int=77), dock_no=1)
    more = Opened(at_ms=T0 + 400_000, dock_no=1, command=order.order_id.bytes[-8:])
    world = dataclasses.replace(world, opened=(*world.opened, more))
    return world, dataclasses.replace(station, unlocks=(*station.unlocks, order)), hub


def _opened_too_late(books: Books) -> Books:
    world, station, hub = books
    late = dataclasses.replace(world.opened[0], at_ms=T0 + 17_000)
    return dataclasses.replace(world, opened=(late, *world.opened[1:])), station, hub


def _taken_without_a_rental(books: Books) -> Books:
    world, station, hub = books
    at = 4
    body = facts.VehicleUndocked(vehicle_id=VEHICLE, dock_no=1, undocked_ms=T0 + 20_000)
    return _station("facts", _swap(at, body=body))((world, station, hub))


def _lost_everywhere(books: Books) -> Books:
    """The station told the kiosk of a rental and wrote none of it down."""
    world, station, hub = books
    return dataclasses.replace(world, promised=frozenset({str(uuid.UUID(int=5))})), station, hub


def _forgotten(dock_no: int | None) -> Callable[[Books], Books]:
    """The hub was put back to before the order. Its answer named this dock; None: nobody was told of the order."""

    def falsify(books: Books) -> Books:
        world, station, hub = books
        hub = dataclasses.replace(hub, orders=())
        if dock_no is not None:
            return dataclasses.replace(world, staff={str(STAFF_ORDER): dock_no}), station, hub
        again = UnlockOrder(hlc=201, order_id=uuid.UUID(int=(9 << 64) + 4), dock_no=4)
        more = Opened(at_ms=T0 + 310_000, dock_no=4, command=again.order_id.bytes[-8:])
        world = dataclasses.replace(world, opened=(*world.opened, more), unanswered=(4,))
        return world, dataclasses.replace(station, unlocks=(*station.unlocks, again)), hub

    return falsify


def _voucher_twice(books: Books) -> Books:
    """Another ride on the voucher of the first."""
    world, station, hub = books
    voucher = facts.Renter(by="voucher", voucher_id=uuid.UUID(int=66))
    rows = [
        dataclasses.replace(one, body=msgspec.structs.replace(one.body, renter=voucher))
        if isinstance(one.body, facts.RentalStarted)
        else one
        for one in station.facts
    ]
    again = facts.RentalActivated(rental_id=VOID, undocked_ms=T0)
    rows.append(dataclasses.replace(rows[5], seq=11, hash=b"", body=again))
    return world, dataclasses.replace(station, facts=tuple(rows)), hub


def _cloned(*, noticed: int) -> Callable[[Books], Books]:
    """A fact of a second card is at the hub."""

    def falsify(books: Books) -> Books:
        world, station, hub = books
        station = dataclasses.replace(station, twins=frozenset({"of the twin"}), forks_noticed=noticed)
        more = dataclasses.replace(hub.facts[0], fact_id="of the twin", epoch=2)
        return world, station, dataclasses.replace(hub, facts=(*hub.facts, more))

    return falsify


def _walk_in_on_a_lease(books: Books) -> Books:
    """The station kept the vehicle before the ride, for somebody else."""
    world, station, hub = books
    granted = facts.LeaseGranted(
        lease_id=uuid.UUID(int=88),
        generation=1,
        from_ms=T0,
        until_ms=T0 + 1,
        margin_ms=0,
        granted_ms=T0,
        vehicle_id=VEHICLE,
    )
    return _station("facts", _swap(0, body=granted))((world, station, hub))


def _booking(state: str, *, turned_away: str = "", case: bool = False) -> Callable[[Books], Books]:
    """A booking that the hub had confirmed is in this state in the end."""

    def falsify(books: Books) -> Books:
        world, station, hub = books
        away = {"b": turned_away} if turned_away else {}
        world = dataclasses.replace(world, confirmed=frozenset({"b"}), turned_away=away)
        cases = ({"about": "b", "kind": "booking_broken"},) if case else ()
        return world, station, dataclasses.replace(hub, bookings=({"id": "b", "state": state},), cases=cases)

    return falsify


def _missed(until_at: str) -> Callable[[Books], Books]:
    """A booking that the hub had confirmed until then was not come for, as the books were closed at 12:00."""

    def falsify(books: Books) -> Books:
        world, station, hub = books
        one = {"id": "b", "state": "expired", "reason": "no_show", "until_at": until_at}
        world = dataclasses.replace(world, confirmed=frozenset({"b"}))
        noon_ms = to_ms(dt.datetime.fromisoformat("2026-11-26T12:00:00Z"))
        rows = tuple(dataclasses.replace(row, received_ms=noon_ms) for row in hub.facts)
        hub = dataclasses.replace(hub, facts=rows, bookings=(one,), began_ms=noon_ms, read_ms=noon_ms)
        return world, station, hub

    return falsify


FALSIFIED: dict[str, tuple[Callable[[Books], Books], Kind]] = {
    "a fact that the hub lost": (_hub("facts", lambda rows: rows[:-1]), Kind.LOST),
    "a fact that the hub has twice": (_hub("facts", lambda rows: (*rows, rows[3])), Kind.DOUBLED),
    "a fact that the hub received in 2036": (_hub("facts", _swap(2, received_ms=2_111_234_567_890)), Kind.WRONG),
    "a booking that was missed before its time": (_missed("2026-11-26T12:00:20Z"), Kind.WRONG),
    "a fact with other bytes": (_hub("facts", _swap(2, record=b"{}")), Kind.WRONG),
    "a fact at another place": (_hub("facts", _swap(2, seq=99)), Kind.WRONG),
    "a fact that the station never wrote": (
        _hub("facts", lambda r: (*r, dataclasses.replace(r[0], fact_id="x"))),
        Kind.WRONG,
    ),
    "a gap in the station's numbers": (_station("facts", lambda rows: (*rows[:4], *rows[5:])), Kind.LOST),
    "a hash that does not follow": (_station("facts", _swap(3, hash=bytes(32))), Kind.WRONG),
    "a rental that was promised and is nowhere": (_lost_everywhere, Kind.LOST),
    "a rental that the hub lost": (_hub("rentals", lambda rows: rows[1:]), Kind.LOST),
    "a doubled rental": (_hub("rentals", lambda rows: (*rows, rows[0])), Kind.DOUBLED),
    "a rental in the wrong state": (_hub("rentals", _edit(0, state="active")), Kind.WRONG),
    "a wrong amount": (_hub("rentals", _edit(0, total=money(1))), Kind.WRONG),
    "an amount for a rental that never ended": (_hub("rentals", _edit(1, total=money(100))), Kind.WRONG),
    "a rental that ended twice": (
        _station("facts", lambda r: (*r, dataclasses.replace(r[7], seq=11, hash=b""))),
        Kind.DOUBLED,
    ),
    "an unlock too many": (_opened_again, Kind.OPENED),
    "an unlock that nobody ordered": (_opened_by_nobody, Kind.OPENED),
    "an unlock for no rental": (_opened_without_a_rental, Kind.OPENED),
    "an unlock after the rental was void": (_opened_too_late, Kind.OPENED),
    "an order from afar that opened another dock": (_hub("orders", _edit(0, body={"dock_no": 5})), Kind.OPENED),
    "a vehicle that left without a rental": (_taken_without_a_rental, Kind.OPENED),
    "a departure that nobody wrote down": (
        _world(moves=tuple(itertools.chain(right()[0].moves, right()[0].moves))),
        Kind.LOST,
    ),
    "a ride that was billed too long": (
        _world(moves=(dataclasses.replace(right()[0].moves[0], at_ms=T0 + 60_000), right()[0].moves[1])),
        Kind.WRONG,
    ),
    "a charge that the hub lost": (_hub("sessions", lambda _: ()), Kind.LOST),
    "a doubled charge": (_hub("sessions", lambda rows: (*rows, rows[0])), Kind.DOUBLED),
    "a charge with other energy": (_hub("sessions", _edit(0, energy_wh=1003)), Kind.WRONG),
    "a charge with a wrong price": (_hub("sessions", _edit(0, total=money(46))), Kind.WRONG),
    "a charge that never happened": (_world(charges=()), Kind.WRONG),
    "energy in the meter that never flowed": (
        _world(readings=(Reading(told={"energy_import_wh": 2_000.0}, energy_wh=1_500.0),)),
        Kind.WRONG,
    ),
    "a reading out of another register": (
        _world(readings=(Reading(told={"voltage_l1_v": 50.0}, energy_wh=1.0),)),
        Kind.WRONG,
    ),
    "an order of staff that the hub forgot and that opened another dock": (_forgotten(2), Kind.OPENED),
    "two openings for one order that nobody was told of": (_forgotten(None), Kind.OPENED),
    "a voucher that was ridden on twice": (_voucher_twice, Kind.DOUBLED),
    "a rental for a revoked voucher": (_world(revoked=("r",)), Kind.OPENED),
    "a cloned card that nobody noticed": (_cloned(noticed=0), Kind.WRONG),
    "a walk-in got a vehicle that was kept": (_walk_in_on_a_lease, Kind.OPENED),
    "a confirmed booking that the hub forgot": (_world(confirmed=frozenset({"b"})), Kind.LOST),
    "a confirmed booking that was refused later": (_booking("refused"), Kind.WRONG),
    "a broken booking without a case": (_booking("broken"), Kind.WRONG),
    "a bearer who was turned away": (_booking("confirmed", turned_away="vehicle_gone"), Kind.WRONG),
    "something in quarantine": (
        _hub("quarantine", lambda _: ({"type": "X", "code": "contradiction", "detail": ""},)),
        Kind.WRONG,
    ),
}


@pytest.mark.parametrize("name", FALSIFIED)
def test_a_falsified_book_is_found_out(name: str) -> None:
    falsify, kind = FALSIFIED[name]
    assert kind in {one.kind for one in check(*falsify(right()))}
