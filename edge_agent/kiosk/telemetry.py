"""The station's picture for the hub's live link: what the next reading replaces. Pure."""

from edge_agent.core.state import Dock, State
from protocols.sync.clock import Moment
from protocols.sync.live import Telemetry
from protocols.values import BatteryReading, to_ms


def telemetry_of(state: State, now: Moment) -> Telemetry:
    """Docks, chargers and meters as they are."""
    return Telemetry(
        at_ms=to_ms(now.at),
        docks=[_dock(state, dock) for _, dock in sorted(state.docks.items())],
        chargers=[
            {
                "charger_id": one.charger_id,
                "online": one.online,
                "connectors": [
                    {"connector_no": no, "state": connector.state.value, **_session(state, one.charger_id, no)}
                    for no, connector in sorted(one.connectors.items())
                ],
            }
            for _, one in sorted(state.chargers.items())
        ],
        meters=[{"meter_id": key, **readings} for key, readings in sorted(state.meters.items())],
    )


def _dock(state: State, dock: Dock) -> dict[str, object]:
    picture: dict[str, object] = {"dock_no": dock.dock_no, "online": dock.online, "faults": list(dock.faults)}
    vehicle = state.occupants.get(dock.dock_no)
    if vehicle is not None:
        picture["vehicle_id"] = str(vehicle)
    if dock.report is not None:
        picture |= {
            "lock": dock.report.lock.value,
            "contactor_closed": dock.report.contactor_closed,
            "temperature_c": dock.report.temperature_c,
        }
    if dock.battery is not None:
        picture |= {
            "soc_pct": dock.battery.soc_pct,
            "soh_pct": dock.battery.soh_pct,
            "power_w": _power_w(dock),
        }
    if vehicle is not None and dock.battery is not None:
        picture["battery"] = {"vehicle_id": str(vehicle), **_battery(dock.battery), "power_w": _power_w(dock)}
    return picture


def _battery(reading: BatteryReading) -> dict[str, object]:
    """What the BMS said, without what it does not know."""
    told = {name: getattr(reading, name) for name in BatteryReading.__struct_fields__}
    return {
        name: list(value) if isinstance(value, tuple) else value for name, value in told.items() if value is not None
    }


def _session(state: State, charger_id: str, connector_no: int) -> dict[str, object]:
    """What the connector's running session last metered."""
    for one in state.sessions.values():
        if (one.charger_id, one.connector_no) == (charger_id, connector_no) and one.stopped_at is None:
            told = {"power_w": one.last_power_w, "energy_wh": one.last_energy_wh, "soc_pct": one.last_soc_pct}
            return {name: value for name, value in told.items() if value is not None}
    return {}


def _power_w(dock: Dock) -> float | None:
    if dock.battery is None or dock.battery.voltage_v is None or dock.battery.current_a is None:
        return None
    return round(dock.battery.voltage_v * dock.battery.current_a, 1)
