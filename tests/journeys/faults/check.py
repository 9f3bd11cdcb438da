"""What must be true of the three books together. Pure: books in, findings out, each a sentence for a person.

Here are the facts as such; locks and vehicles are `locks`, rentals and charges `trade`.
"""

from collections import Counter
from collections.abc import Iterator

from protocols.sync import facts
from protocols.sync.envelope import NO_HASH, chain
from tests.journeys.faults import hub_time, locks, meter, rights, trade
from tests.journeys.faults.books import Finding, Hub, Kind, Received, Station, World, bodies


def check(world: World, station: Station, hub: Hub) -> list[Finding]:
    """Everything that is wrong; an empty list is the proof."""
    return [
        *_chains(station),
        *_facts(station, hub),
        *_promises(world, station),
        *rights.vouchers(world, station),
        *rights.kept(station),
        *rights.bookings(world, hub),
        *hub_time.dates(hub),
        *hub_time.missed(world, hub),
        *locks.openings(world, station, hub),
        *locks.moves(world, station, hub),
        *trade.stories(station),
        *trade.rentals(station, hub),
        *trade.rides(world, station),
        *trade.sessions(world, station, hub),
        *meter.readings(world),
        *(Finding(Kind.WRONG, f"in quarantine: {one['type']} {one['code']} {one['detail']}") for one in hub.quarantine),
    ]


def _chains(station: Station) -> Iterator[Finding]:
    """Numbers without a gap, and hashes that follow from the records, in every chain of the station's file."""
    heads: dict[tuple[str, int], tuple[int, bytes]] = {}
    for one in sorted(station.facts, key=lambda one: (one.lane, one.epoch, one.seq)):
        seq, value = heads.get((one.lane, one.epoch), (0, NO_HASH))
        if one.seq != seq + 1:
            yield Finding(Kind.LOST, f"{one.lane} {one.epoch}: number {one.seq} follows {seq} in the station's file")
        value = chain(value, one.fact.id, one.record)
        if value != one.hash:
            yield Finding(Kind.WRONG, f"{one.lane} {one.epoch} {one.seq}: the hash does not follow from the record")
        heads[one.lane, one.epoch] = (one.seq, one.hash)
    for fact_id, times in Counter(one.fact.id for one in station.facts).items():
        if times > 1:
            yield Finding(Kind.DOUBLED, f"fact {fact_id} is {times} times in the station's file")


def _facts(station: Station, hub: Hub) -> Iterator[Finding]:
    """Each fact of the station is at the hub exactly once, at its place, byte for byte; and nothing else is."""
    held: dict[str, list[Received]] = {}
    for one in hub.facts:
        held.setdefault(one.fact_id, []).append(one)
    for mine in station.facts:
        found = held.pop(str(mine.fact.id), [])
        name = f"{mine.fact.type} {mine.lane} {mine.epoch} {mine.seq}"
        if not found:
            yield Finding(Kind.LOST, f"{name} is not at the hub")
        if len(found) > 1:
            yield Finding(Kind.DOUBLED, f"{name} is {len(found)} times at the hub")
        for one in found:
            if one.record != mine.record:
                yield Finding(Kind.WRONG, f"{name}: the hub holds other bytes")
            if (one.lane, one.epoch, one.seq) != (mine.lane, mine.epoch, mine.seq):
                yield Finding(Kind.WRONG, f"{name}: the hub holds it at {one.lane} {one.epoch} {one.seq}")
    twins = {key for key in held if key in station.twins}
    if twins and not station.forks_noticed:
        yield Finding(Kind.WRONG, f"{len(twins)} facts of a cloned card are at the hub, and nobody noticed")
    for rest in (rest for key, rest in held.items() if key not in twins):
        for one in rest:
            yield Finding(Kind.WRONG, f"{one.lane} {one.epoch} {one.seq} is at the hub, the station has no such fact")


def _promises(world: World, station: Station) -> Iterator[Finding]:
    known = {str(one.rental_id) for one in bodies(station, facts.RentalStarted)}
    for rental_id in sorted(world.promised - known):
        yield Finding(Kind.LOST, f"rental {rental_id} was promised at the kiosk and is in no book")
