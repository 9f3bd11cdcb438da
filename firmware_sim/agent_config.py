"""The agent's configuration file for a simulated station, as text. Which keys there are is the agent's settings."""

import json
from dataclasses import dataclass
from pathlib import Path

from firmware_sim.plan import StationPlan, dock_secret


@dataclass(frozen=True, slots=True, kw_only=True)
class Addresses:
    """Where the agent finds the hub and the hardware, and where it serves."""

    hub_url: str
    docks_port: str
    modbus_port: int
    kiosk_port: int = 8090
    chargers_port: int = 9000
    host: str = "127.0.0.1"
    meter_host: str = "127.0.0.1"


def agent_toml(
    plan: StationPlan, at: Addresses, *, data_dir: Path, station_secret: bytes, poll_s: float = 5.0, log: str = "json"
) -> str:
    """The whole file. It holds the docks' secrets: write it with mode 0600."""
    lines = [
        f"data_dir = {_text(str(data_dir))}",
        "",
        "[hub]",
        f"url = {_text(at.hub_url)}",
        f"poll_s = {poll_s}",
        "",
        "[kiosk]",
        f"host = {_text(at.host)}",
        f"port = {at.kiosk_port}",
        "",
        "[docks]",
        f"port = {_text(at.docks_port)}",
        "baud = 115200",
    ]
    for dock in plan.docks:
        secret = dock_secret(station_secret, dock.dock_no).hex()
        lines += [
            "",
            "[[docks.dock]]",
            f"no = {dock.dock_no}",
            f"address = {dock.dock_no}",
            f"secret = {_text(secret)}",
        ]
    lines += ["", "[chargers]", f"host = {_text(at.host)}", f"port = {at.chargers_port}"]
    for charger in plan.chargers:
        lines += ["", "[[chargers.charger]]", f"id = {_text(charger.charger_id)}", f"label = {_text(charger.label)}"]
        lines += ["connectors = 1"]
    lines += ["", "[[meters]]", f"id = {_text(plan.meter_id)}", 'profile = "eastron_sdm630"']
    lines += [f"host = {_text(at.meter_host)}", f"port = {at.modbus_port}", "unit = 1", "interval_s = 2.0"]
    lines += ["", "[log]", 'level = "info"', f"format = {_text(log)}", ""]
    return "\n".join(lines)


def write_private(path: Path, text: str) -> None:
    """Write a file that nobody else may read."""
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    path.write_text(text, encoding="utf-8")


def _text(value: str) -> str:
    """A TOML basic string; JSON's escapes are a subset of TOML's."""
    return json.dumps(value, ensure_ascii=False)
