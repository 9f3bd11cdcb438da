"""Seeded people who book a vehicle at the hub and come for it, while everything breaks.

They hold the hub to its word: what it told them, and what happened at the kiosk when they came, is kept for `books`.
"""

import asyncio
import datetime as dt
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Final

from firmware_sim.plan import STATION_ID
from firmware_sim.waiting import DemoError
from protocols.values import UTC, rfc3339
from tests.journeys.faults.lab import Lab

HOLD_S: Final = 40.0
ANSWER_S: Final = 9.0
Post = Callable[[str, dict[str, Any]], Awaitable[dict[str, Any] | None]]


@dataclass(slots=True)
class Booked:
    """What the hub promised, by the bookings' ids, and whom the kiosk turned away with which code."""

    confirmed: set[str] = field(default_factory=set)
    turned_away: dict[str, str] = field(default_factory=dict)
    rentals: set[str] = field(default_factory=set)


async def book(lab: Lab, chance: random.Random, post: Post, seen: Counter[str], booked: Booked, until_s: float) -> None:
    """One booking after the other, each asked for, waited for, and come for: by its code, which needs no line."""
    loop = asyncio.get_running_loop()
    while True:
        await asyncio.sleep(chance.uniform(1.0, 5.0))
        await lab.open_for_business.wait()
        if loop.time() >= until_s - ANSWER_S:
            return
        try:
            made = await _promised(lab, chance, chance.choice(lab.accounts))
        except DemoError:
            seen["booking: no answer"] += 1
            continue
        if made is None:
            seen["booking not confirmed"] += 1
            continue
        seen["booking confirmed"] += 1
        booked.confirmed.add(made[0])
        if chance.random() < 0.8:  # the others do not show up
            await asyncio.sleep(chance.uniform(0.0, 4.0))
            await _come(post, *made, booked, seen)


async def _promised(lab: Lab, chance: random.Random, account_id: str) -> tuple[str, str] | None:
    """The booking's id and the code on the renter's phone, once it is confirmed. Raises DemoError."""
    now = dt.datetime.now(UTC)
    wish: dict[str, Any] = {
        "station_id": str(STATION_ID),
        "account_id": account_id,
        "from_at": rfc3339(now),
        "until_at": rfc3339(now + dt.timedelta(seconds=HOLD_S)),
    }
    parked = [one.vehicle.vehicle_id for one in lab.world.yard.docks.values() if one.vehicle is not None]
    if parked and chance.random() < 0.4:
        wish["vehicle_id"] = str(chance.choice(parked))
    else:
        wish["vehicle_kind"] = "scooter"
    made = await lab.hub.post("/api/v1/reservations", wish)
    path = f"/api/v1/reservations/{made['id']}"
    for _ in range(int(ANSWER_S / 0.5)):
        if made["state"] != "requested":
            break
        await asyncio.sleep(0.5)
        made = await lab.hub.get(path)
    if made["state"] != "confirmed":
        return None
    return made["id"], (await lab.hub.post(f"{path}/voucher", {}))["text"]


async def _come(post: Post, booking_id: str, code: str, booked: Booked, seen: Counter[str]) -> None:
    asked = await post("/api/quotes", {"who": {"kind": "voucher", "token": code}})
    if asked is not None and "quote_id" in asked:
        asked = await post("/api/rentals", {"quote_id": asked["quote_id"]})
    if asked is None:
        seen["bearer: no answer"] += 1
    elif "rental_id" in asked:
        seen["bearer got a vehicle"] += 1
        booked.rentals.add(str(asked["rental_id"]))
    else:
        seen[f"bearer refused: {asked.get('code')}"] += 1
        booked.turned_away[booking_id] = str(asked.get("code"))
