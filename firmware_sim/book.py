"""What physically happened, as JSON, for proofs: the station never sees it, and nothing here changes anything."""

import datetime as dt
from typing import Any

from firmware_sim.chargers.charger import SimCharger
from firmware_sim.world import World
from protocols.values import UTC, rfc3339


def book_of(world: World) -> dict[str, Any]:
    """Hands, docks, chargers, vehicles, and the grid meter."""
    return {
        "at": rfc3339(dt.datetime.now(UTC)),
        "counts": dict(world.deeds.counts),
        "deeds": world.deeds.as_json(),
        "docks": {str(number): _dock_book(world, number) for number in world.yard.docks},
        "chargers": {key: _charger_book(charger) for key, charger in world.chargers.items()},
        "vehicles": {
            str(key): {
                "label": one.plan.label,
                "odometer_km": one.vehicle.odometer_km,
                "charged_wh": one.vehicle.battery.energy_in_wh,
                "used_wh": one.vehicle.battery.energy_out_wh,
            }
            for key, one in world.yard.vehicles.items()
        },
        "meter": {"import_wh": sum(world.meter.device.import_wh)},
    }


def _dock_book(world: World, dock_no: int) -> dict[str, Any]:
    book = world.yard.docks[dock_no].book
    return {
        "unlocks": [command.hex() for command in book.unlocks],
        "refused": [[command.hex(), code] for command, code in book.refused],
        "locks": book.locks,
        "contactor_switches": book.contactor_switches,
        "restarts": book.restarts,
        "sessions": book.sessions,
        "seen": dict(book.seen),
    }


def _charger_book(charger: SimCharger) -> dict[str, Any]:
    return {
        "register_wh": charger.register_wh,
        "undelivered": charger.undelivered,
        "charges": [
            {
                "no": one.no,
                "id_token": one.id_token,
                "transaction_id": one.transaction_id,
                "started_at": rfc3339(one.started_at),
                "stopped_at": None if one.stopped_at is None else rfc3339(one.stopped_at),
                "meter_start_wh": one.meter_start_wh,
                "meter_stop_wh": one.meter_stop_wh,
                "energy_wh": one.energy_wh,
                "reason": one.reason,
            }
            for one in charger.book
        ],
    }
