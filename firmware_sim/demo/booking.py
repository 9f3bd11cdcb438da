"""What the demo's renter needs: a card, and a booking code that works (a new one when the last was used)."""

import datetime as dt
import json
from pathlib import Path
from typing import Any, Final

from firmware_sim.agent_config import write_private
from firmware_sim.demo.clients import RENTER, Hub
from firmware_sim.plan import DEMO, RESERVATION, STATION_ID
from protocols.values import UTC, instant, rfc3339

CARD: Final = {"gateway": "simulated", "token": "card_ok", "label": "Visa ·· 4242"}
FOR: Final = dt.timedelta(days=7)


async def add_card(hub: Hub) -> None:
    """A card for the demo's renter, whose rides are paid by it. Nothing when there is one."""
    await hub.sign_in(RENTER)
    if not (await hub.get("/api/v1/payment-methods"))["items"]:
        await hub.post("/api/v1/payment-methods", CARD)


async def booking_code(hub: Hub, folder: Path) -> tuple[str, str, str]:
    """Code, PIN, and for which vehicle. Raises DemoError when the hub refuses."""
    await hub.sign_in()
    now = dt.datetime.now(UTC)
    file = folder / "booking.json"
    code, pin = json.loads(file.read_text(encoding="utf-8")) if file.exists() else RESERVATION
    for one in await hub.all_of("/api/v1/reservations"):
        if one["code"] == code and one["state"] in ("requested", "confirmed") and instant(one["until_at"]) > now:
            return code, pin, _what(one)
    made = await _book(hub, now)
    write_private(file, json.dumps([made["code"], made["pin"]]))
    return made["code"], made["pin"], _what(made)


async def _book(hub: Hub, now: dt.datetime) -> Any:
    renter = next(one["id"] for one in await hub.all_of("/api/v1/accounts") if one["email"] == RENTER)
    return await hub.post(
        "/api/v1/reservations",
        {
            "station_id": str(STATION_ID),
            "account_id": renter,
            "vehicle_kind": "scooter",
            "from_at": rfc3339(now),
            "until_at": rfc3339(now + FOR),
        },
    )


def _what(reservation: Any) -> str:
    labels = {str(one.vehicle_id): f"{one.picture} {one.label}" for one in DEMO.vehicles}
    return labels.get(reservation["vehicle_id"] or "", f"any {reservation['vehicle_kind']}")
