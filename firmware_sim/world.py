"""One station's hardware in one process: the yard behind a pseudo-terminal, chargers, and the meter they all feed.

Devices live in their rooms; here they are joined, powered, and remembered. People's doors are `control`.
"""

import asyncio
import contextlib
import math
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

from firmware_sim import memory
from firmware_sim.car import VisitorCar
from firmware_sim.chargers.charger import SimCharger
from firmware_sim.chargers.line import LineHabits
from firmware_sim.clock import SimClock
from firmware_sim.deeds import Deeds
from firmware_sim.docks.line import DockLine
from firmware_sim.meters.device import MeterDevice
from firmware_sim.meters.endpoint import SimMeter
from firmware_sim.plan import ChargerPlan, StationPlan
from firmware_sim.yard import Yard
from protocols.errors import Refused

TICK_S: Final = 0.1
KEEP_EVERY_S: Final = 2.0
DOCK_SUPPLY_LOSS: Final = 1.08  # the docks' 48 V supplies take more from the mains than they give
METER_INTERVAL_S: Final = 60.0  # of simulated time between two meter values of a charger


class World:
    """The station's devices. `run()` is their life; the docks' port is `line.path`.

    `folder` keeps what must outlive the process (None: nothing is kept). `station_secret` feeds the docks' secrets.
    """

    def __init__(
        self,
        plan: StationPlan,
        *,
        station_secret: bytes,
        ocpp_url: str,
        modbus_port: int = 0,
        speed: float = 1.0,
        baud: int | None = 115_200,
        folder: Path | None = None,
        link: Path | None = None,
    ) -> None:
        self.plan = plan
        self.clock = SimClock(speed=speed)
        self.deeds = Deeds()
        self._file = None if folder is None else folder / "world.json"
        kept = None if self._file is None else memory.recall(self._file)
        self.yard = Yard(plan, station_secret=station_secret, clock=self.clock, deeds=self.deeds)
        self._furnish(kept)
        self.line = DockLine(self.yard.docks.values(), baud=baud, link=link)
        self.cars = {
            one.charger_id: VisitorCar(soc=one.car_soc, max_charge_power_w=one.car_power_w) for one in plan.chargers
        }
        self.chargers = {one.charger_id: self._charger(one, ocpp_url, folder) for one in plan.chargers}
        self.plugged: set[str] = set()
        device = MeterDevice() if kept is None else MeterDevice(import_wh=list(kept.meter_import_wh))
        self.meter = SimMeter(port=modbus_port, power=self._phases_w, clock_s=self.clock.now_s, device=device)

    def _furnish(self, kept: memory.Kept | None) -> None:
        """Everything where it was; where the plan says when nothing was kept."""
        if kept is None:
            for plan in self.plan.vehicles:
                self.yard.place(plan.vehicle_id, plan.dock_no)
            return
        for dock in kept.docks:
            if dock.dock_no in self.yard.docks:
                nvram = self.yard.docks[dock.dock_no].nvram
                nvram.boot_count, nvram.next_event = dock.boot_count + 1, dock.next_event
        for one in kept.vehicles:
            if one.vehicle_id in self.yard.vehicles:
                vehicle = self.yard.vehicles[one.vehicle_id].vehicle
                vehicle.battery.soc, vehicle.odometer_km = one.soc, one.odometer_km
                self.yard.place(one.vehicle_id, one.dock_no)

    def _charger(self, plan: ChargerPlan, url: str, folder: Path | None) -> SimCharger:
        return SimCharger(
            charger_id=plan.charger_id,
            url=url,
            speed=self.clock.speed,
            meter_interval_s=METER_INTERVAL_S,
            memory_file=None if folder is None else folder / f"{plan.charger_id}.json",
            habits=LineHabits(retry_s=1.0, reconnect_s=(0.2, 2.0)),
            seed=self.plan.seed,
        )

    # --- its life --------------------------------------------------------------------------------------

    @contextlib.asynccontextmanager
    async def open_meter(self) -> AsyncIterator[int]:
        """Listen for Modbus while inside; gives the port. Raises RuntimeError when it cannot be bound."""
        async with self.meter:
            yield self.meter.port

    async def run(self) -> None:
        """Live until cancelled. The meter listens already (`open_meter`)."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self.line.run())
                for charger in self.chargers.values():
                    group.create_task(charger.run())
                group.create_task(self._tick())
        finally:
            self.keep()

    async def _tick(self) -> None:
        loop = asyncio.get_running_loop()
        kept_at = loop.time()
        while True:
            await asyncio.sleep(TICK_S)
            self.yard.flow()
            self.meter.readings()  # integrates the power that flowed since
            if loop.time() - kept_at >= KEEP_EVERY_S:
                kept_at = loop.time()
                self.keep()

    def keep(self) -> None:
        """Write down what the next run begins with."""
        if self._file is None:
            return
        vehicles = [
            memory.KeptVehicle(
                vehicle_id=one.plan.vehicle_id,
                dock_no=one.dock_no,
                soc=one.vehicle.battery.soc,
                odometer_km=one.vehicle.odometer_km,
            )
            for one in self.yard.vehicles.values()
        ]
        docks = [
            memory.KeptDock(dock_no=number, boot_count=dock.nvram.boot_count, next_event=dock.nvram.next_event)
            for number, dock in self.yard.docks.items()
        ]
        l1_wh, l2_wh, l3_wh = self.meter.device.import_wh
        memory.keep(self._file, memory.Kept(vehicles=vehicles, docks=docks, meter_import_wh=(l1_wh, l2_wh, l3_wh)))

    def _phases_w(self) -> tuple[float, float, float]:
        """Who hangs on which phase: docks shared out one by one, chargers over all three, and lights on L1.

        The base load breathes by a few per cent over ten minutes, as a real building's does.
        """
        breath = 1.0 + 0.04 * math.sin(self.clock.now_s() / 600 * math.tau + self.plan.seed)
        phases = [self.plan.base_load_w * breath, 0.0, 0.0]
        for number, drawn_w in enumerate(self.yard.drawn_w()):
            phases[number % 3] += drawn_w * DOCK_SUPPLY_LOSS
        for charger in self.chargers.values():
            for phase in range(3):
                phases[phase] += charger.power_w / 3
        return phases[0], phases[1], phases[2]

    # --- hands at the chargers -------------------------------------------------------------------------

    def charger(self, charger_id: str) -> SimCharger:
        """Raises Refused("charger_unknown")."""
        try:
            return self.chargers[charger_id]
        except KeyError:
            raise Refused("charger_unknown", charger=charger_id[:40]) from None

    def plug(self, charger_id: str) -> None:
        """Plug the visitor's car in."""
        charger = self.charger(charger_id)
        try:
            charger.plug(self.cars[charger_id])
        except ValueError as error:
            raise Refused("already_plugged", charger=charger_id) from error
        self.plugged.add(charger_id)
        self.deeds.add("plug", charger_id)

    def unplug(self, charger_id: str) -> None:
        """Unplug it; a running charge ends. The car leaves, and comes back as empty as it once was."""
        charger = self.charger(charger_id)
        if charger.unplug() is None:
            raise Refused("not_plugged", charger=charger_id)
        self.plugged.discard(charger_id)
        plan = next(one for one in self.plan.chargers if one.charger_id == charger_id)
        self.cars[charger_id].drive_home_and_back(plan.car_soc)
        self.deeds.add("unplug", charger_id)

    async def present_card(self, charger_id: str, id_token: str) -> str:
        """Hold a card to a charger; returns what the charger showed: accepted, stopped, invalid, …"""
        shown = await self.charger(charger_id).present_card(id_token)
        self.deeds.add("charger_card", charger_id, f"{id_token} {shown}")
        return shown

    def set_speed(self, speed: float) -> None:
        """How fast energy flows. Raises ValueError outside the range."""
        self.yard.flow()
        self.meter.readings()
        self.clock.set_speed(speed)
        for charger in self.chargers.values():
            charger.speed = speed
