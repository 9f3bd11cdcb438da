"""Polls one Modbus TCP meter through its profile and tells the station what it reads. Knows no device model."""

import asyncio
import math
from collections.abc import Callable
from typing import Any, Final

import structlog
from pymodbus.client import AsyncModbusTcpClient
from pymodbus.exceptions import ModbusException

from edge_agent.core.inputs import MeterLost, MeterReported
from edge_agent.runtime.backoff import Backoff
from protocols.errors import Malformed
from protocols.meter.profile import MeterProfile
from protocols.meter.registers import Block, blocks_of, readings_of

Tell = Callable[[object], None]

log = structlog.get_logger(__name__)

RETRIES: Final = 1  # of one request; a gateway that drops one frame in a hundred is still a good meter


class MeterLostError(Exception):
    """The meter gave no usable answer; `reason` is a short stable code."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class MeterPoller:
    """Reads every `interval_s`; reconnects by itself with back-off. Event loop's thread only.

    Tells `MeterReported` at each complete poll (never half of one), `MeterLost` once when it stops answering.
    """

    def __init__(
        self,
        *,
        meter_id: str,
        profile: MeterProfile,
        host: str,
        port: int,
        unit_id: int,
        interval_s: float,
        tell: Tell,
        timeout_s: float = 3.0,
        backoff: Backoff | None = None,
    ) -> None:
        self._meter_id = meter_id
        self._profile = profile
        self._blocks = blocks_of(profile)
        self._host = host
        self._port = port
        self._unit_id = unit_id
        self._interval_s = interval_s
        self._tell = tell
        self._timeout_s = timeout_s
        self._backoff = backoff or Backoff()
        self._state = "starting"
        self._reason = ""
        self._polls = 0
        self._losses = 0
        self._readings: dict[str, float] = {}

    async def run(self) -> None:
        """Poll until cancelled; never raises for what the meter or the line does."""
        while True:
            try:
                await self._connected()
            except MeterLostError as lost:
                self._lose(lost.reason)
            await asyncio.sleep(self._backoff.next_s())

    def snapshot(self) -> dict[str, Any]:
        """For health pages: plain values only."""
        return {
            "meter_id": self._meter_id,
            "profile": self._profile.name,
            "state": self._state,
            "reason": self._reason,
            "polls": self._polls,
            "losses": self._losses,
            "readings": dict(self._readings),
        }

    async def _connected(self) -> None:
        """One connection's life; ends by raising MeterLostError."""
        client = AsyncModbusTcpClient(
            self._host,
            port=self._port,
            timeout=self._timeout_s,
            retries=RETRIES,
            reconnect_delay=0,  # reconnecting is our affair: one back-off, not two
            name=self._meter_id,
        )
        try:
            if not await client.connect():
                raise MeterLostError("no_connection")
            loop = asyncio.get_running_loop()
            due = loop.time()
            while True:
                self._report(await self._poll(client))
                due = _next_due(due, loop.time(), self._interval_s)
                await asyncio.sleep(due - loop.time())
        finally:
            client.close()

    async def _poll(self, client: AsyncModbusTcpClient) -> dict[str, float]:
        readings: dict[str, float] = {}
        for block in self._blocks:
            try:
                readings |= readings_of(self._profile, block, await self._read(client, block))
            except (ModbusException, OSError, TimeoutError) as error:
                raise MeterLostError("no_answer") from error
            except Malformed as error:
                raise MeterLostError("bad_answer") from error
        return readings

    async def _read(self, client: AsyncModbusTcpClient, block: Block) -> list[int]:
        holding = self._profile.function == "holding"
        read = client.read_holding_registers if holding else client.read_input_registers
        reply = await read(block.address, count=block.count, device_id=self._unit_id)
        if reply.isError():
            # 2: the profile does not fit the device; 10, 11: no such unit behind the gateway (Modbus §7)
            raise MeterLostError(f"exception_{reply.exception_code}")
        return list(reply.registers)

    def _report(self, readings: dict[str, float]) -> None:
        if self._state != "online":
            log.info("meter_answers", meter_id=self._meter_id)
        self._state, self._reason = "online", ""
        self._polls += 1
        self._backoff.reset()
        self._readings = readings
        self._tell(MeterReported(meter_id=self._meter_id, readings=dict(readings)))

    def _lose(self, reason: str) -> None:
        self._reason = reason
        if self._state == "lost":
            return
        self._state = "lost"
        self._losses += 1
        self._readings = {}
        log.warning("meter_lost", meter_id=self._meter_id, reason=reason)
        self._tell(MeterLost(meter_id=self._meter_id, reason=reason))


def _next_due(due_s: float, now_s: float, interval_s: float) -> float:
    """The next beat of a fixed rate; beats that a slow poll overran are left out."""
    return due_s + interval_s * max(1, math.ceil((now_s - due_s) / interval_s))
