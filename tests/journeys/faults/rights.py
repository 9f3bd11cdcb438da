"""Who had a right to a vehicle: vouchers, leases, bookings. Pure: books in, findings out."""

import uuid
from collections import Counter
from collections.abc import Iterator
from typing import Final

from protocols.sync import facts
from tests.journeys.faults.books import Finding, Hub, Kind, Station, World, bodies

# A bearer hears this when what was promised to him is not there, not when a dock, a disk or a line is broken.
BROKEN_WORD: Final = frozenset({"vehicle_gone", "no_vehicle", "reservation_unknown", "voucher_wrong_station"})
_KNOWN_ENDS: Final = frozenset({"confirmed", "used", "cancelled", "expired", "broken"})


def vouchers(world: World, station: Station) -> Iterator[Finding]:
    """A voucher is ridden on once, a revoked one never."""
    ridden = {one.rental_id for one in bodies(station, facts.RentalActivated)}
    rides = Counter(
        one.renter.voucher_id
        for one in bodies(station, facts.RentalStarted)
        if one.rental_id in ridden and one.renter.voucher_id is not None
    )
    for voucher_id, times in rides.items():
        if times > 1:
            yield Finding(Kind.DOUBLED, f"voucher {voucher_id} was ridden on {times} times")
    for rental_id in world.revoked:
        yield Finding(Kind.OPENED, f"rental {rental_id} was given for a revoked voucher")


def kept(station: Station) -> Iterator[Finding]:
    """No vehicle that the station keeps for a lease is given to anybody else."""
    held: dict[uuid.UUID, uuid.UUID] = {}
    for one in sorted(station.facts, key=lambda one: (one.fact.hlc, one.epoch, one.seq)):
        match one.body:
            case facts.LeaseGranted(lease_id=lease_id, vehicle_id=vehicle_id) if vehicle_id is not None:
                held[lease_id] = vehicle_id
            case facts.LeaseMoved(lease_id=lease_id, to_vehicle_id=vehicle_id):
                held[lease_id] = vehicle_id
            case facts.LeaseEnded(lease_id=lease_id):
                held.pop(lease_id, None)
            case facts.RentalStarted(rental_id=rental_id, vehicle_id=vehicle_id, renter=renter):
                others = [lease_id for lease_id, kept in held.items() if kept == vehicle_id]
                if others and renter.lease_id not in others:
                    yield Finding(Kind.OPENED, f"rental {rental_id}: its vehicle was kept for lease {others[0]}")


def bookings(world: World, hub: Hub) -> Iterator[Finding]:
    """What the hub confirmed it kept, or somebody has the case on the desk."""
    held = {str(one["id"]): one for one in hub.bookings}
    cases = {str(one["about"]) for one in hub.cases if one["kind"] == "booking_broken"}
    for booking_id in sorted(world.confirmed):
        one = held.get(booking_id)
        if one is None:
            yield Finding(Kind.LOST, f"booking {booking_id} was confirmed, and the hub does not know it")
            continue
        if one["state"] not in _KNOWN_ENDS:
            yield Finding(Kind.WRONG, f"booking {booking_id} was confirmed, and is {one['state']}")
        if one["state"] == "broken" and booking_id not in cases:
            yield Finding(Kind.WRONG, f"booking {booking_id} is broken, and nobody was told")
        code = world.turned_away.get(booking_id)
        if code in BROKEN_WORD and one["state"] == "confirmed":
            yield Finding(Kind.WRONG, f"the bearer of booking {booking_id} was turned away: {code}")
