"""The station's picture for the hub's live link: what the next reading replaces. Pure."""

from edge_agent.core.state import Dock, State
from protocols.sync.clock import Moment
from protocols.sync.live import Telemetry
from protocols.values import to_ms


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
                    {"connector_no": no, "state": connector.state.value}
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
    return picture


def _power_w(dock: Dock) -> float | None:
    if dock.battery is None or dock.battery.voltage_v is None or dock.battery.current_a is None:
        return None
    return round(dock.battery.voltage_v * dock.battery.current_a, 1)
