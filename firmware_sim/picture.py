"""The world as one picture in JSON: what the simulator's page draws. Reads everything, moves nothing."""

from typing import Any

from firmware_sim.docks.device import SimDock
from firmware_sim.plan import ENROLMENT_CODE, OPERATOR_CARD, RENTER_CARD, ChargerPlan
from firmware_sim.world import World
from firmware_sim.yard import Placed


def picture_of(world: World) -> dict[str, Any]:
    """Docks, vehicles outside, chargers, the meter, and the last deeds."""
    readings = world.meter.readings()
    return {
        "speed": world.clock.speed,
        "port": world.line.path,
        "docks": [_dock(world, number, dock) for number, dock in sorted(world.yard.docks.items())],
        "outside": [_vehicle(one) for one in world.yard.vehicles.values() if one.dock_no is None],
        "chargers": [_charger(world, one) for one in world.plan.chargers],
        "meter": {
            "port": world.meter.port,
            "power_w": round(readings["power_w"], 1),
            "energy_import_wh": round(readings["energy_import_wh"], 1),
        },
        "cards": [
            {"uid": RENTER_CARD, "whose": "renter", "may": "rent and charge"},
            {"uid": OPERATOR_CARD, "whose": "operator", "may": "charge"},
        ],
        "enrolment_code": ENROLMENT_CODE,
        "deeds": world.deeds.as_json(8)[::-1],
    }


def _vehicle(placed: Placed) -> dict[str, Any]:
    vehicle = placed.vehicle
    return {
        "vehicle_id": str(placed.plan.vehicle_id),
        "label": placed.plan.label,
        "kind": placed.plan.picture,
        "fits": "bay" if placed.plan.picture == "car" else "latch",
        "soc_pct": round(vehicle.battery.soc * 100, 1),
        "odometer_km": round(vehicle.odometer_km, 2),
    }


def _dock(world: World, number: int, dock: SimDock) -> dict[str, Any]:
    placed = None if dock.vehicle is None else world.yard.vehicles[dock.vehicle.vehicle_id]
    return {
        "dock_no": number,
        "kind": dock.kind.name.lower(),
        "lock": dock.lock.name.lower(),
        "powered": dock.powered,
        "vehicle": None if placed is None else _vehicle(placed),
        "can_pull": world.yard.can_pull(dock),
        "can_push": dock.vehicle is None and dock.lock.name == "UNLOCKED",
        "charging": dock.contactor_closed,
        "drawn_w": round(dock.drawn_w, 1),
        "unlocks": len(dock.book.unlocks),
        "faults": _faults(dock),
    }


def _faults(dock: SimDock) -> list[str]:
    faults = dock.faults
    told = {
        "silence": faults.silent,
        "stuck": faults.stuck,
        "tamper": faults.tamper,
        "noise": faults.noise is not None,
        "brown_out": faults.brown_out is not None or not dock.powered,
    }
    return [name for name, on in told.items() if on]


def _charger(world: World, plan: ChargerPlan) -> dict[str, Any]:
    charger, car = world.chargers[plan.charger_id], world.cars[plan.charger_id]
    running = charger.memory.running
    return {
        "charger_id": plan.charger_id,
        "label": plan.label,
        "status": charger.status,
        "connected": charger.connected,
        "plugged": plan.charger_id in world.plugged,
        "car_soc_pct": round(car.soc_pct, 1),
        "power_w": round(charger.power_w, 1),
        "session_wh": None if running is None else round(running.energy_wh, 1),
        "undelivered": charger.undelivered,
    }
