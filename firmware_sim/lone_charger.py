"""`voltdock-sim charger`: one OCPP charger and its car, for trying any central system."""

import asyncio
import contextlib
from typing import Final

import click

from firmware_sim.car import VisitorCar
from firmware_sim.chargers.charger import SimCharger
from firmware_sim.stopping import Interrupted, until_told_to_stop
from firmware_sim.waiting import DemoError, until

CONNECT_S: Final = 30.0
DELIVER_S: Final = 15.0
TELL_S: Final = 2.0


async def run_charger(
    *,
    url: str,
    charger_id: str,
    password: str | None,
    power_w: float,
    soc: float,
    card: str,
    charge_s: float,
    speed: float,
) -> int:
    """Connect, plug in, hold the card, charge, deliver. 1 when there is no connection or the card is refused."""
    charger = SimCharger(charger_id=charger_id, url=url, password=password, max_power_w=power_w, speed=speed)
    living = asyncio.create_task(charger.run())
    try:
        async with until_told_to_stop():
            return await _charge(charger, VisitorCar(soc=soc, max_charge_power_w=power_w), card, charge_s)
    except Interrupted:
        return 0
    finally:
        living.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await living


async def _charge(charger: SimCharger, car: VisitorCar, card: str, charge_s: float) -> int:
    async def connected() -> bool:
        return charger.in_service

    async def delivered() -> bool:
        return charger.undelivered == 0

    try:
        await until(f"a connection to {charger.url}", connected, timeout_s=CONNECT_S)
        click.echo(f"connected to {charger.url}")
        charger.plug(car)
        shown = await charger.present_card(card)
        click.echo(f"card {card}: {shown}")
        if shown != "accepted":
            return 1
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(charge_s or None):
                await _tell(charger, car)
        charger.unplug()
        await until("the last messages", delivered, timeout_s=DELIVER_S)
    except DemoError as error:
        click.echo(f"voltdock-sim: {error}", err=True)
        return 1
    click.echo(f"done: {charger.book[-1].energy_wh:.0f} Wh")
    return 0


async def _tell(charger: SimCharger, car: VisitorCar) -> None:
    """A line every two seconds, for ever."""
    while True:
        meters = f"{charger.power_w / 1000:6.2f} kW  meter {charger.register_wh / 1000:8.3f} kWh"
        click.echo(f"{charger.status:<12} {meters}  car {car.soc_pct:5.1f} %")
        await asyncio.sleep(TELL_S)
