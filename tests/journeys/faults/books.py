"""The three books and what must be true of them together. Pure: books in, findings out, each a sentence for a person.

Book 1 is what the simulated world really did, book 2 what the station journalled, book 3 what the hub holds.
"""

import enum
import uuid
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from firmware_sim.chargers.memory import Charge
from protocols.sync import facts
from protocols.sync.envelope import NO_HASH, Fact, chain
from protocols.tariff.tariff import Tariff
from tests.journeys.faults import money

JSON = dict[str, Any]
T = TypeVar("T", bound=facts.Body)
SLACK_MS: Final = 1_500  # between a hand's deed and the word of a dock that is asked a few times a second
STAFF_MS: Final = 25_000  # an order from afar may wait for its dock so long (20 s), and is open for 2 s then
RESOLUTION_WH: Final = 1.0  # a register in whole Wh, read at both ends


class Kind(enum.StrEnum):
    """What sort of wrong."""

    LOST = "lost"
    DOUBLED = "doubled"
    OPENED = "wrongly opened"
    WRONG = "wrong"
    STALLED = "stalled"
    LIMIT = "known limit"  # nobody could have seen it: docs/reliability.md names each; counted, and no failure


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that must not be."""

    kind: Kind
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A bolt was drawn: when by the world's wall clock, where, and by which command."""

    at_ms: int
    dock_no: int
    command: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """A hand's deed: pull or push, by the world's wall clock."""

    what: str
    dock_no: int
    vehicle_id: uuid.UUID
    at_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """Book 1. `promised` are the rentals that people were told of; `charges` are (charger, what it did).

    `heard` are the instants (ms) at which a dock's status reached the station's end of the line; `booted` those at
    which its controller started anew, and forgot since when its vehicle stands there.
    """

    opened: Sequence[Opened] = ()
    first: Mapping[uuid.UUID, int] = field(default_factory=dict)  # where each vehicle stood at the beginning
    moves: Sequence[Move] = ()
    promised: frozenset[str] = frozenset()
    charges: Sequence[tuple[str, Charge]] = ()
    heard: Mapping[int, Sequence[int]] = field(default_factory=dict)
    booted: Mapping[int, Sequence[int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Journalled:
    """A fact as the station's file has it. `hash` is the chain's value that it wrote beside it."""

    lane: str
    epoch: int
    seq: int
    hash: bytes
    record: bytes
    fact: Fact
    body: facts.Body | None


@dataclass(frozen=True, slots=True, kw_only=True)
class UnlockOrder:
    """An order to open that the station journalled before it sent it. `hlc` orders it among the facts."""

    hlc: int
    order_id: uuid.UUID
    dock_no: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Station:
    """Book 2."""

    facts: Sequence[Journalled] = ()
    unlocks: Sequence[UnlockOrder] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """A fact as the hub has it."""

    lane: str
    epoch: int
    seq: int
    fact_id: str
    record: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Hub:
    """Book 3."""

    facts: Sequence[Received] = ()
    rentals: Sequence[JSON] = ()
    sessions: Sequence[JSON] = ()
    tariffs: Mapping[tuple[str, int], Tariff] = field(default_factory=dict)
    orders: Sequence[JSON] = ()
    quarantine: Sequence[JSON] = ()


def check(world: World, station: Station, hub: Hub) -> list[Finding]:
    """Everything that is wrong; an empty list is the proof."""
    return [
        *_chains(station),
        *_facts(station, hub),
        *_promises(world, station),
        *_openings(world, station, hub),
        *_moves(world, station, hub),
        *_stories(station),
        *_rentals(station, hub),
        *_rides(world, station),
        *_sessions(world, station, hub),
        *(Finding(Kind.WRONG, f"in quarantine: {one['type']} {one['code']} {one['detail']}") for one in hub.quarantine),
    ]


# --- the facts as such -----------------------------------------------------------------------------------


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
    for rest in held.values():
        for one in rest:
            yield Finding(Kind.WRONG, f"{one.lane} {one.epoch} {one.seq} is at the hub, the station has no such fact")


def _promises(world: World, station: Station) -> Iterator[Finding]:
    known = {str(one.rental_id) for one in _bodies(station, facts.RentalStarted)}
    for rental_id in sorted(world.promised - known):
        yield Finding(Kind.LOST, f"rental {rental_id} was promised at the kiosk and is in no book")


# --- locks and vehicles ----------------------------------------------------------------------------------


def _openings(world: World, station: Station, hub: Hub) -> Iterator[Finding]:
    """Each opening of a bolt has its journalled order, each order its open rental or its member of staff."""
    orders = {one.order_id.bytes[-8:]: one for one in station.unlocks}
    staff = {uuid.UUID(one["id"]): one for one in hub.orders if one["type"] == "UnlockDock"}
    for command, times in Counter(one.command for one in world.opened).items():
        if times > 1:
            yield Finding(Kind.OPENED, f"command {command.hex()} opened a dock {times} times")
    for one in world.opened:
        order = orders.get(one.command)
        if order is None or order.dock_no != one.dock_no:
            yield Finding(Kind.OPENED, f"dock {one.dock_no} was opened by {one.command.hex()}: no order in the journal")
        elif order.order_id in staff:
            if staff[order.order_id]["body"]["dock_no"] != one.dock_no:
                yield Finding(Kind.OPENED, f"dock {one.dock_no} was opened by an order for another dock")
        elif not (why := list(_rentals_behind(station, order))):
            yield Finding(Kind.OPENED, f"dock {one.dock_no} was opened for nobody's rental")
        elif all(voided is not None and one.at_ms > voided + SLACK_MS for voided in why):
            yield Finding(Kind.OPENED, f"dock {one.dock_no} was opened after its rental was void")


def _rentals_behind(station: Station, order: UnlockOrder) -> Iterator[int | None]:
    """When each rental that the order may belong to was void at last (None: never): begun there, not over yet."""
    over: dict[uuid.UUID, tuple[int, int | None]] = {}
    for one in station.facts:
        if isinstance(one.body, facts.RentalVoided):
            over[one.body.rental_id] = (one.fact.hlc, one.body.voided_ms)
        elif isinstance(one.body, facts.RentalActivated):
            over[one.body.rental_id] = (one.fact.hlc, None)
    for one in station.facts:
        body = one.body
        if isinstance(body, facts.RentalStarted) and body.dock_no == order.dock_no and one.fact.hlc < order.hlc:
            end_hlc, voided_ms = over.get(body.rental_id, (order.hlc + 1, None))
            if end_hlc > order.hlc:
                yield voided_ms


def _moves(world: World, station: Station, hub: Hub) -> Iterator[Finding]:
    """What the station wrote about each vehicle is what hands did with it, in order."""
    for vehicle_id, first in world.first.items():
        moves = [one for one in world.moves if one.vehicle_id == vehicle_id]
        told: list[tuple[str, int]] = []
        for fact in sorted(station.facts, key=lambda fact: fact.fact.hlc):
            body = fact.body
            if isinstance(body, facts.VehicleDocked | facts.VehicleUndocked) and body.vehicle_id == vehicle_id:
                told.append(("in" if isinstance(body, facts.VehicleDocked) else "out", body.dock_no))
        real = [("in", first), *_steps(moves)]
        if real != told:
            seen = [("in", first), *_steps(_without_unseen(world, moves))]
            kind = Kind.LIMIT if seen == told else Kind.LOST if len(told) < len(real) else Kind.WRONG
            name = f"vehicle …{str(vehicle_id)[-3:]}"
            yield Finding(kind, f"{name} really moved {_path(real)}, the station tells {_path(told)}")
    yield from _taken_without(world, station, hub)


def _without_unseen(world: World, moves: Sequence[Move]) -> list[Move]:
    """Without the rides out of a dock and back into it during which the station heard nothing from that dock."""
    kept: list[Move] = []
    for one in moves:
        before = kept[-1] if kept else None
        if before is not None and (before.what, one.what, before.dock_no) == ("pull", "push", one.dock_no):
            heard = world.heard.get(one.dock_no, ())
            if not any(before.at_ms < at_ms < one.at_ms for at_ms in heard):
                kept.pop()
                continue
        kept.append(one)
    return kept


def _steps(moves: Sequence[Move]) -> list[tuple[str, int]]:
    return [(_WAY[one.what], one.dock_no) for one in moves]


_WAY: Final = {"push": "in", "pull": "out"}


def _path(steps: Sequence[tuple[str, int]]) -> str:
    return " ".join(f"{way} {dock_no}" for way, dock_no in steps)


def _taken_without(world: World, station: Station, hub: Hub) -> Iterator[Finding]:
    """A vehicle leaves for a rental, or out of a dock that staff had opened."""
    staff = {uuid.UUID(one["id"]).bytes[-8:] for one in hub.orders}
    opened = [one for one in world.opened if one.command in staff]
    for body in _bodies(station, facts.VehicleUndocked):
        near = (abs(body.undocked_ms - one.at_ms) < STAFF_MS for one in opened if one.dock_no == body.dock_no)
        if body.rental_id is None and not any(near):
            yield Finding(
                Kind.OPENED, f"vehicle …{str(body.vehicle_id)[-3:]} left dock {body.dock_no} without a rental"
            )


# --- rentals ---------------------------------------------------------------------------------------------


def _stories(station: Station) -> Iterator[Finding]:
    """Each rental begins once and ends once: void, or ridden and ended."""
    happened: dict[uuid.UUID, list[str]] = {}
    for fact in sorted(station.facts, key=lambda fact: fact.fact.hlc):
        if isinstance(fact.body, facts.RentalStarted | facts.RentalActivated | facts.RentalVoided | facts.RentalEnded):
            happened.setdefault(fact.body.rental_id, []).append(fact.fact.type)
    for rental_id, story in happened.items():
        if story not in _STORIES:
            kind = Kind.DOUBLED if len(set(story)) < len(story) else Kind.WRONG
            yield Finding(kind, f"rental {rental_id}: {', '.join(story)}")


_STORIES: Final = (["RentalStarted", "RentalVoided"], ["RentalStarted", "RentalActivated", "RentalEnded"])


def _rentals(station: Station, hub: Hub) -> Iterator[Finding]:
    """Each rental is at the hub once, in its last state, with the amount that the price list makes of it."""
    started = {str(one.rental_id) for one in _bodies(station, facts.RentalStarted)}
    ended = {str(one.rental_id): one for one in _bodies(station, facts.RentalEnded)}
    voided = {str(one.rental_id) for one in _bodies(station, facts.RentalVoided)}
    yield from _once("rental", started, [one["id"] for one in hub.rentals])
    for one in hub.rentals:
        wanted = "ended" if one["id"] in ended else "voided" if one["id"] in voided else None
        if one["id"] not in started:
            continue
        if wanted is not None and one["state"] != wanted:
            yield Finding(Kind.WRONG, f"rental {one['id']} is {one['state']} at the hub, {wanted} at the station")
        if one["id"] in ended:
            yield from _as_wrong(money.rental(one, ended[one["id"]], hub.tariffs))
        elif one["total"] is not None:
            yield Finding(Kind.WRONG, f"rental {one['id']} has a total and never ended")


def _once(what: str, wanted: set[str], held: Sequence[str]) -> Iterator[Finding]:
    times = Counter(held)
    for name in sorted(wanted - times.keys()):
        yield Finding(Kind.LOST, f"{what} {name} is not at the hub")
    for name, count in times.items():
        if count > 1:
            yield Finding(Kind.DOUBLED, f"{what} {name} is {count} times at the hub")
        if name not in wanted:
            yield Finding(Kind.WRONG, f"{what} {name} is at the hub, and never was")


def _rides(world: World, station: Station) -> Iterator[Finding]:
    """Nobody pays for longer than the vehicle was away. What nobody saw is counted in the renter's favour."""
    trips: dict[uuid.UUID, list[tuple[int, Move]]] = {}
    left: dict[uuid.UUID, int] = {}
    for move in world.moves:
        if move.what == "pull":
            left[move.vehicle_id] = move.at_ms
        elif move.vehicle_id in left:
            trips.setdefault(move.vehicle_id, []).append((left.pop(move.vehicle_id), move))
    for body in _bodies(station, facts.RentalEnded):
        into = [trip for trip in trips.get(body.vehicle_id, []) if trip[1].dock_no == body.dock_no]
        near = [(back.at_ms - out,) * 2 for out, back in into if abs(back.at_ms - body.ended_ms) <= 2 * SLACK_MS]
        near += [(back.at_ms - out, at_ms - out) for out, back in into for at_ms in _booted(world, back, body.ended_ms)]
        billed_ms = body.duration_s * 1000 - SLACK_MS
        away_s = ", ".join(f"{away / 1000:.1f}" for away, _ in near)
        text = f"rental {body.rental_id}: billed {body.duration_s:.1f} s, away {away_s} s"
        if not near:
            yield Finding(Kind.WRONG, f"rental {body.rental_id} ended when no vehicle came back")
        elif all(billed_ms > at_most for _, at_most in near):
            yield Finding(Kind.WRONG, text)
        elif all(billed_ms > away for away, _ in near):
            yield Finding(Kind.LIMIT, f"{text}: dock {body.dock_no} started anew and knows no earlier moment")


def _booted(world: World, back: Move, ended_ms: int) -> list[int]:
    """When the dock started anew before it could tell that the vehicle was back: it knows no earlier moment."""
    heard = next((at_ms for at_ms in world.heard.get(back.dock_no, ()) if at_ms > ended_ms - SLACK_MS), ended_ms)
    booted = world.booted.get(back.dock_no, ())
    return [at_ms for at_ms in booted if back.at_ms < at_ms <= heard and abs(at_ms - ended_ms) <= 2 * SLACK_MS]


# --- charging --------------------------------------------------------------------------------------------


def _sessions(world: World, station: Station, hub: Hub) -> Iterator[Finding]:
    """Each charge that physically happened is at the hub once, with the energy that flowed and its price."""
    started = {str(one.session_id) for one in _bodies(station, facts.ChargingStarted)}
    orphans = {str(one.fact.id) for one in station.facts if isinstance(one.body, facts.ChargingOrphaned)}
    yield from _once("charging session", started | orphans, [one["id"] for one in hub.sessions])
    by_number: dict[tuple[str, int | None], list[JSON]] = {}
    for one in hub.sessions:
        by_number.setdefault((one["charger_id"], one["transaction_id"]), []).append(one)
    for charger_id, charge in world.charges:
        found = by_number.pop((charger_id, charge.transaction_id), [])
        name = f"{charger_id} charge {charge.no} ({charge.transaction_id})"
        if len(found) != 1:
            yield Finding(Kind.DOUBLED if found else Kind.LOST, f"{name} is {len(found)} times at the hub")
        for one in found:
            if one["state"] not in ("ended", "refused"):
                yield Finding(Kind.WRONG, f"{name} is {one['state']} at the hub")
            if one["energy_wh"] is None or abs(one["energy_wh"] - charge.energy_wh) > RESOLUTION_WH:
                yield Finding(Kind.WRONG, f"{name}: {one['energy_wh']} Wh at the hub, {charge.energy_wh:.1f} Wh flowed")
            yield from _as_wrong(money.session(one, hub.tariffs))
    for rest in by_number.values():
        for one in rest:
            yield Finding(
                Kind.WRONG, f"{one['charger_id']} {one['transaction_id']} is at the hub, no such charge happened"
            )


def _as_wrong(texts: Iterator[str]) -> Iterator[Finding]:
    return (Finding(Kind.WRONG, text) for text in texts)


def _bodies(station: Station, kind: type[T]) -> Iterator[T]:
    return (one.body for one in station.facts if isinstance(one.body, kind))
