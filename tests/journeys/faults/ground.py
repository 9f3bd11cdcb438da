"""What stands around agent and hub in one round, by its setting: database, broker, cable, clock, and the three wires.

Opened before them, closed after them. What this machine does not give is left out, and the setting says so.
"""

import asyncio
import contextlib
import random
import shutil
import sqlite3
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

from firmware_sim.demo.ports import HOST, Ports
from firmware_sim.plan import STATION_ID
from tests.journeys.faults.cable import HUB_END, STATION_END, YARD_END, Cable, CableRefusedError
from tests.journeys.faults.clocks import FakeClock, NoFaketimeError
from tests.journeys.faults.proxy import FaultProxy
from tests.journeys.faults.servers import Broker, Postgres
from tests.journeys.faults.setting import BROKER, CABLE, CLOCKS, HUB_CLOCK, POSTGRESQL, TWO_HUBS, Setting
from tests.journeys.faults.wires import ModbusProxy, OcppProxy

_BESIDE: Final = ("-wal", "-shm")


class Ground:
    """Everything is None that the setting does not have."""

    def __init__(self, folder: Path, seed: int, ports: Ports) -> None:
        self.postgres: Postgres | None = None
        self.broker: Broker | None = None
        self.cable: Cable | None = None
        self.clock: FakeClock | None = None
        self.hub_clock: FakeClock | None = None
        self.hub_ports = [ports.hub]
        self.station_host = HOST
        self.inside: list[str] = []
        self.hub_environment: dict[str, str] = {}
        self.agent_environment: dict[str, str] = {}
        self.line: FaultProxy
        self.ocpp: OcppProxy
        self.modbus: ModbusProxy
        self._folder = folder
        self._seed = seed
        self._ports = ports
        self._exits = contextlib.AsyncExitStack()

    async def open(self, setting: Setting) -> Setting:
        """Everything of the setting; what is given is what this machine could do of it."""
        for feature, lay in (
            (CABLE, self._lay_cable),
            (POSTGRESQL, self._start_postgres),
            (BROKER, self._start_broker),
            (CLOCKS, self._set_clock),
            (HUB_CLOCK, self._set_hub_clock),
        ):
            if not setting.has(feature):
                continue
            try:
                await lay()
            except (CableRefusedError, NoFaketimeError, RuntimeError, OSError) as error:
                setting = setting.without(feature, str(error).splitlines()[0])
        if setting.has(TWO_HUBS) and setting.has(POSTGRESQL):
            self.hub_ports.append(self._ports.control)
        elif setting.has(TWO_HUBS):
            setting = setting.without(TWO_HUBS, "no PostgreSQL")
        await self._open_wires()
        return setting

    async def close(self) -> None:
        """All of it is gone."""
        await self._exits.aclose()

    # --- copies of the hub's database ------------------------------------------------------------------

    async def back_up(self) -> Callable[[], Awaitable[None]]:
        """A copy of the hub's database as it is now, while it runs; what is given puts it back, while it does not.

        Raises RuntimeError or OSError when there is no database to be reached.
        """
        if self.postgres is not None:
            dump, postgres = await self.postgres.back_up(), self.postgres
            return lambda: postgres.put_back(dump)
        file, copy = self._folder / "hub" / "hub.sqlite", self._folder / "hub-backup.sqlite"
        await asyncio.to_thread(_copy_sqlite, file, copy)

        async def put_back() -> None:
            for ending in _BESIDE:
                file.with_name(file.name + ending).unlink(missing_ok=True)
            shutil.copyfile(copy, file)

        return put_back

    # --- its parts -------------------------------------------------------------------------------------

    async def _lay_cable(self) -> None:
        cable = Cable()
        await cable.lay()
        self._exits.push_async_callback(cable.remove)
        self.cable, self.station_host, self.inside = cable, STATION_END, cable.inside

    async def _start_postgres(self) -> None:
        postgres = Postgres(self._folder / "postgresql.log")
        self._exits.push_async_callback(postgres.close)
        await postgres.open()
        self.postgres = postgres
        self.hub_environment["VOLTDOCK_HUB_DATABASE_URL"] = postgres.url

    async def _start_broker(self) -> None:
        broker = Broker(self._folder, str(STATION_ID), HOST if self.cable is None else HUB_END)
        self._exits.push_async_callback(broker.kill)
        await broker.open()
        self.broker = broker
        for environment, prefix in ((self.hub_environment, "HUB"), (self.agent_environment, "EDGE")):
            environment[f"VOLTDOCK_{prefix}_MQTT__URL"] = broker.url
            environment[f"VOLTDOCK_{prefix}_MQTT__PASSWORD"] = broker.password
        if random.Random(f"{self._seed} live").random() < 0.5:
            self.agent_environment["VOLTDOCK_EDGE_HUB__LIVE"] = "false"

    async def _set_clock(self) -> None:
        self.clock = FakeClock(self._folder / "clock")
        self.agent_environment |= self.clock.environment

    async def _set_hub_clock(self) -> None:
        """One for all hubs: they are processes of one machine."""
        self.hub_clock = FakeClock(self._folder / "hub-clock")
        self.hub_environment |= self.hub_clock.environment

    async def _open_wires(self) -> None:
        there, here = (HOST, HOST) if self.cable is None else (HUB_END, YARD_END)
        hubs = [(HOST, port) for port in self.hub_ports]
        self.line = FaultProxy(targets=hubs, seed=self._seed, host=there)
        self.ocpp = OcppProxy(targets=[(self.station_host, self._ports.chargers)], seed=self._seed)
        self.modbus = ModbusProxy(targets=[(HOST, self._ports.modbus)], seed=self._seed, host=here)
        for proxy in (self.line, self.ocpp, self.modbus):
            await self._exits.enter_async_context(proxy.serve())


def _copy_sqlite(file: Path, copy: Path) -> None:
    """SQLite's own online backup: whole, as of one instant."""
    copy.unlink(missing_ok=True)
    source, target = sqlite3.connect(file, timeout=30), sqlite3.connect(copy)
    try:
        source.backup(target)
    finally:
        target.close()
        source.close()
