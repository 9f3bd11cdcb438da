"""What the demo prints when it is up: where to click, who to be. One screen, no more."""

import click

from firmware_sim.demo.clients import PASSWORD
from firmware_sim.demo.stage import Stage
from firmware_sim.plan import OPERATOR_CARD, RENTER_CARD


def summary(stage: Stage, booking: tuple[str, str, str]) -> str:
    """The text. `booking` is code, PIN, and for which vehicle."""
    code, pin, what = booking
    rows = [
        ("Kiosk", stage.kiosk_url, "choose a vehicle, or Rent with a code"),
        ("Simulator", stage.control_url, "pull / push vehicles, plug cars, hold cards here"),
        ("Console", stage.hub_url, "network, stations, rentals, money; log in as admin"),
        ("Staff pages", f"{stage.kiosk_url}/staff", "PIN 2468"),
        ("Hub's API", f"{stage.hub_url}/docs", "every route, readable"),
        ("Agent's health", f"{stage.kiosk_url}/healthz", "one entry per part"),
    ]
    lines = ["", click.style("Everything is up.", bold=True), ""]
    lines += [f"  {name:<15} {click.style(f'{url:<30}', fg='cyan')}  {what}" for name, url, what in rows]
    lines += [
        "",
        f"  Booking code    {code}, PIN {pin} ({what})",
        f"  Cards           {RENTER_CARD} rents and charges, {OPERATOR_CARD} charges (hold them in the simulator)",
        f"  Log-ins         admin@voltdock.example, staff@…, operator@…, renter@…, password {PASSWORD}",
        "",
        "  Try: Rent at the kiosk with the booking code; pull the vehicle out in the simulator, ride, push it back.",
        f"  Logs in {stage.folder}. Ctrl-C stops everything.",
    ]
    return "\n".join(lines)
