"""The meter's endpoint: a real Modbus TCP server whose registers are made anew at every request."""

import asyncio
import time
from collections.abc import Callable
from importlib import resources
from types import TracebackType
from typing import Final, Self, cast

from pymodbus.constants import ExcCodes
from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

from firmware_sim.meters.device import MeterDevice
from protocols.meter.profile import MeterProfile, parse_meter_profile
from protocols.meter.registers import words_of

READ_FUNCTIONS: Final = {"holding": 3, "input": 4}
EVERYONE_ELSE: Final = 0  # pymodbus asks this device for every unit id that it does not know

Power = Callable[[], tuple[float, float, float]]


def shipped_profile(name: str) -> MeterProfile:
    """A profile of `protocols.meter` by name, such as ``eastron_sdm630``."""
    file = resources.files("protocols.meter") / "profiles" / f"{name}.toml"
    return parse_meter_profile(file.read_text("utf-8"))


class SimMeter:
    """An energy meter on TCP. Its power is set, or asked of a callable (what docks and chargers draw now).

    `clock_s` counts seconds of the simulated world; energy is integrated over it. `port` 0 takes a free one.
    The `device` keeps the energy registers: hand it to the next SimMeter to restart the same meter.
    """

    def __init__(
        self,
        *,
        profile: MeterProfile | None = None,
        unit_id: int = 1,
        host: str = "127.0.0.1",
        port: int = 0,
        power: Power | None = None,
        clock_s: Callable[[], float] = time.monotonic,
        device: MeterDevice | None = None,
    ) -> None:
        self.device = device or MeterDevice()
        self.profile = profile or shipped_profile("eastron_sdm630")
        self._unit_id = unit_id
        self._address = (host, port)
        self._power = power
        self._clock_s = clock_s
        self._last_s = clock_s()
        self._server: ModbusTcpServer | None = None
        self._words: dict[int, int] = {}
        self.requests = 0

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    @property
    def port(self) -> int:
        """The port it listens on; the wished one before it starts."""
        return self._address[1]

    def set_power(self, l1_w: float, l2_w: float, l3_w: float) -> None:
        """From now on this flows; negative is export."""
        self._catch_up()
        self._power = None
        self.device.power_w = [l1_w, l2_w, l3_w]

    async def start(self) -> int:
        """Listen; returns the port, which a restart keeps. Raises RuntimeError when it cannot be bound."""
        self._catch_up()
        self._server = ModbusTcpServer(self._devices(), address=self._address)
        await self._server.serve_forever(background=True)
        listener = cast("asyncio.Server", self._server.transport)  # pymodbus keeps its listener there
        self._address = (self._address[0], listener.sockets[0].getsockname()[1])
        return self._address[1]

    async def stop(self) -> None:
        """Close the listener and every connection; returns when they are gone."""
        if self._server is None:
            return
        server, self._server = self._server, None
        await server.shutdown()  # type: ignore[no-untyped-call]
        await asyncio.sleep(0)  # transports close in the loop's next turn

    def readings(self) -> dict[str, float]:
        """What the meter shows now."""
        self._catch_up()
        return self.device.readings()

    def _catch_up(self) -> None:
        now_s = self._clock_s()
        self.device.advance(max(now_s - self._last_s, 0.0))
        self._last_s = now_s
        if self._power is not None:
            self.device.power_w = list(self._power())

    def _devices(self) -> list[SimDevice]:
        """The meter at its own unit id, and a gateway's "target does not answer" at all others."""
        span = SimData(0, count=max(self._layout()) + 1, datatype=DataType.REGISTERS)
        return [
            SimDevice(self._unit_id, simdata=[span], action=self._answer),
            SimDevice(EVERYONE_ELSE, simdata=[SimData(0, count=0x10000, datatype=DataType.REGISTERS)], action=_nobody),
        ]

    def _layout(self) -> dict[int, int]:
        return words_of(self.profile, self.device.readings())

    async def _answer(
        self,
        function_code: int,
        start_address: int,
        address: int,
        count: int,
        current_registers: list[int],
        set_values: list[int] | list[bool] | None,
    ) -> ExcCodes | None:
        self.requests += 1
        if set_values is not None or function_code != READ_FUNCTIONS[self.profile.function]:
            return ExcCodes.ILLEGAL_FUNCTION
        if count > self.profile.block_limit:
            return ExcCodes.ILLEGAL_VALUE
        self._catch_up()
        layout = self._layout()
        if any(register not in layout for register in range(address, address + count)):
            return ExcCodes.ILLEGAL_ADDRESS
        for register, word in layout.items():
            current_registers[register - start_address] = word
        return None


async def _nobody(*_request: object) -> ExcCodes:
    return ExcCodes.GATEWAY_NO_RESPONSE
