"""No lock opens for nobody, no vehicle moves unseen. Pure: books in, findings out."""

import uuid
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

from protocols.sync import facts
from tests.journeys.faults.books import Finding, Hub, Kind, Move, Station, UnlockOrder, World, bodies

OPEN_MS: Final = 30  # a bolt opens, is told of, and only then may its rental be void; world and station share a clock
STAFF_MS: Final = 25_000  # an order from afar may wait for its dock so long (20 s), and is open for 2 s then


def openings(world: World, station: Station, hub: Hub) -> Iterator[Finding]:
    """Each opening of a bolt has its journalled order, each order its open rental or its member of staff."""
    orders = {one.order_id.bytes[-8:]: one for one in station.unlocks}
    staff = {uuid.UUID(one["id"]): int(one["body"]["dock_no"]) for one in hub.orders if one["type"] == "UnlockDock"}
    staff |= {uuid.UUID(key): dock_no for key, dock_no in world.staff.items()}
    unanswered = Counter(world.unanswered)
    for command, times in Counter(one.command for one in world.opened).items():
        if times > 1:
            yield Finding(Kind.OPENED, f"command {command.hex()} opened a dock {times} times")
    for one in world.opened:
        order = orders.get(one.command)
        if order is None or order.dock_no != one.dock_no:
            yield Finding(Kind.OPENED, f"dock {one.dock_no} was opened by {one.command.hex()}: no order in the journal")
        elif order.order_id in staff:
            if staff[order.order_id] != one.dock_no:
                yield Finding(Kind.OPENED, f"dock {one.dock_no} was opened by an order for another dock")
        elif not (why := list(_rentals_behind(station, order))):
            if unanswered[one.dock_no] > 0:
                unanswered[one.dock_no] -= 1  # the hub took the order, said so to nobody, and then forgot it
            else:
                yield Finding(Kind.OPENED, f"dock {one.dock_no} was opened for nobody's rental")
        elif all(voided is not None and one.at_ms > voided + OPEN_MS for voided in why):
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


def moves(world: World, station: Station, hub: Hub) -> Iterator[Finding]:
    """What the station wrote about each vehicle is what hands did with it, in order."""
    for vehicle_id, first in world.first.items():
        mine = [one for one in world.moves if one.vehicle_id == vehicle_id]
        told: list[tuple[str, int]] = []
        for fact in sorted(station.facts, key=lambda fact: fact.fact.hlc):
            body = fact.body
            if isinstance(body, facts.VehicleDocked | facts.VehicleUndocked) and body.vehicle_id == vehicle_id:
                told.append(("in" if isinstance(body, facts.VehicleDocked) else "out", body.dock_no))
        real = [("in", first), *_steps(mine)]
        if real != told:
            seen = [("in", first), *_steps(_without_unseen(world, mine))]
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
    staff = {uuid.UUID(key).bytes[-8:] for key in (*(one["id"] for one in hub.orders), *world.staff)}
    opened = [one for one in world.opened if one.command in staff or one.dock_no in world.unanswered]
    for body in bodies(station, facts.VehicleUndocked):
        near = (abs(body.undocked_ms - one.at_ms) < STAFF_MS for one in opened if one.dock_no == body.dock_no)
        if body.rental_id is None and not any(near):
            yield Finding(
                Kind.OPENED, f"vehicle …{str(body.vehicle_id)[-3:]} left dock {body.dock_no} without a rental"
            )
