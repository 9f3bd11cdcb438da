"""Rentals and charges: each once, in its last state, with the right amount. Pure: books in, findings out."""

import uuid
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, Final

from protocols.sync import facts
from tests.journeys.faults import money
from tests.journeys.faults.books import SLACK_MS, Finding, Hub, Kind, Move, Station, World, bodies

JSON = dict[str, Any]
RESOLUTION_WH: Final = 1.0  # a register in whole Wh, read at both ends


def stories(station: Station) -> Iterator[Finding]:
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


def rentals(station: Station, hub: Hub) -> Iterator[Finding]:
    """Each rental is at the hub once, in its last state, with the amount that the price list makes of it."""
    started = {str(one.rental_id) for one in bodies(station, facts.RentalStarted)}
    ended = {str(one.rental_id): one for one in bodies(station, facts.RentalEnded)}
    voided = {str(one.rental_id) for one in bodies(station, facts.RentalVoided)}
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


def rides(world: World, station: Station) -> Iterator[Finding]:
    """Nobody pays for longer than the vehicle was away. What nobody saw is counted in the renter's favour."""
    trips: dict[uuid.UUID, list[tuple[int, Move]]] = {}
    left: dict[uuid.UUID, int] = {}
    for move in world.moves:
        if move.what == "pull":
            left[move.vehicle_id] = move.at_ms
        elif move.vehicle_id in left:
            trips.setdefault(move.vehicle_id, []).append((left.pop(move.vehicle_id), move))
    for body in bodies(station, facts.RentalEnded):
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


def sessions(world: World, station: Station, hub: Hub) -> Iterator[Finding]:
    """Each charge that physically happened is at the hub once, with the energy that flowed and its price."""
    started = {str(one.session_id) for one in bodies(station, facts.ChargingStarted)}
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
