"""A whole charger: the device, its line, its physics in time, and what a person can do at it."""

import asyncio
import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from firmware_sim.chargers.device import Car, ChargerDevice
from firmware_sim.chargers.line import ChargerLine, LineHabits
from firmware_sim.chargers.link import NoAnswerError, RefusedCallError
from firmware_sim.chargers.memory import Charge, ChargerMemory, read_memory, write_memory

SAVE_S: Final = 1.0  # how much of the meter a power cut may cost


def _utc_now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


class SimCharger:
    """One charge point with one connector. Use it in the event loop's thread; `run()` is its life.

    `url` is the central system's, without the charger's id (``ws://127.0.0.1:9000/ocpp``). `clock` gives the times
    that it reports; `speed` says how much faster than ours its physics run (energy and meter interval; it may be
    changed at any time). `memory`, or `memory_file` on disk, survives it.
    """

    def __init__(
        self,
        *,
        charger_id: str,
        url: str,
        clock: Callable[[], dt.datetime] = _utc_now,
        speed: float = 1.0,
        max_power_w: float = 11_040.0,
        meter_interval_s: float = 60.0,
        memory: ChargerMemory | None = None,
        memory_file: Path | None = None,
        car: Car | None = None,
        password: str | None = None,
        offline_cards: frozenset[str] | None = None,
        habits: LineHabits | None = None,
        tick_s: float = 0.1,
        seed: int | None = None,
    ) -> None:
        self.charger_id = charger_id
        self.url = f"{url.rstrip('/')}/{quote(charger_id, safe='')}"
        self.speed = speed
        self._clock = clock
        self._file = memory_file
        self._memory = memory or (read_memory(memory_file) if memory_file else ChargerMemory())
        self._device = ChargerDevice(self._memory, max_power_w=max_power_w, meter_interval_s=meter_interval_s)
        self._device.car = car
        self._offline_cards = offline_cards
        self._tick_s = tick_s
        self._line = ChargerLine(
            url=self.url,
            user=charger_id,
            password=password,
            habits=habits or LineHabits(),
            device=self._device,
            now=self._now,
            obey=self._obey,
            changed=self._changed,
            seed=seed,
        )
        self._device.power_on(self._now())

    # --- what a person does --------------------------------------------------------------------------

    def plug(self, car: Car) -> None:
        """Plug a car in. Raises ValueError when one is plugged in already."""
        self._device.plug(car, self._now())
        self._changed()

    def unplug(self) -> Car | None:
        """Unplug; ends a running charge. Returns the car that was there."""
        car = self._device.unplug(self._now())
        self._changed()
        return car

    async def present_card(self, id_token: str) -> str:
        """Hold a card to the reader. Returns stopped, accepted, busy, or the station's refusal (invalid, blocked …)."""
        running = self._memory.running
        if running:
            if running.id_token != id_token:
                return "busy"
            self._device.stop(self._now(), "Local", id_token)
            self._changed()
            return "stopped"
        verdict = await self._verdict(id_token)
        if verdict != "accepted":
            return verdict
        accepted = self._device.authorise(id_token, self._now())
        self._changed()
        return "accepted" if accepted else "busy"

    def go_offline(self) -> None:
        """Cut the network, as by a pulled plug: no goodbye."""
        self._line.unplug_network()

    def go_online(self) -> None:
        """Let the network be there again; it reconnects by itself."""
        self._line.plug_network()

    def reboot(self) -> None:
        """Power off and on: the RAM is lost, the memory stays; a running transaction goes on (P2)."""
        self._line.booted = False
        self._line.cut()
        self._device.power_on(self._now())
        self._changed()

    def set_fault(self, code: str) -> None:
        """Raise a ChargePointErrorCode such as ``GroundFailure``; "" clears it."""
        self._device.fault = code
        self._device.show(self._now())
        self._changed()

    # --- what a meter or a proof sees -----------------------------------------------------------------

    @property
    def connected(self) -> bool:
        """Is there a connection to the station?"""
        return self._line.connected

    @property
    def in_service(self) -> bool:
        """Is it connected and was its boot accepted?"""
        return self._line.link is not None

    @property
    def dropped(self) -> tuple[str, ...]:
        """What the station answered by CALLERROR and the charger gave up."""
        return tuple(self._line.dropped)

    @property
    def power_w(self) -> float:
        """What it draws from the grid now."""
        return self._device.power_w

    @property
    def status(self) -> str:
        """The connector's ChargePointStatus."""
        return self._device.status

    @property
    def register_wh(self) -> float:
        """Its meter."""
        return self._memory.register_wh

    @property
    def book(self) -> tuple[Charge, ...]:
        """Every charge that physically happened, the running one last."""
        return tuple(self._memory.charges)

    @property
    def undelivered(self) -> int:
        """How many messages about charges the station has not acknowledged."""
        return len(self._memory.queue)

    @property
    def memory(self) -> ChargerMemory:
        """Hand it to the next SimCharger to restart this one."""
        return self._memory

    def _now(self) -> dt.datetime:
        at = self._clock()
        return at.replace(microsecond=at.microsecond // 1000 * 1000)  # what it can say on the wire, and so its book

    # --- its life ------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Live until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._tick())
            group.create_task(self._line.run())

    async def _tick(self) -> None:
        loop = asyncio.get_running_loop()
        last_s = saved_s = loop.time()
        while True:
            await asyncio.sleep(self._tick_s)
            now_s = loop.time()
            owed = len(self._memory.queue) + len(self._device.statuses)
            self._device.advance((now_s - last_s) * self.speed, self._now())
            last_s = now_s
            turning = self._device.power_w > 0 and now_s - saved_s >= SAVE_S
            if turning or len(self._memory.queue) + len(self._device.statuses) != owed:
                saved_s = now_s
                self._changed()

    async def _verdict(self, id_token: str) -> str:
        """The station's word about a card, or the charger's own while it has no line."""
        if self._line.link is not None:
            try:
                answer = await self._line.link.call("Authorize", {"idTag": id_token})
                return str((answer.get("idTagInfo") or {}).get("status", "Invalid")).lower()
            except RefusedCallError:
                return "invalid"
            except NoAnswerError:
                pass
        known = self._offline_cards is None or id_token in self._offline_cards
        return "accepted" if known else "invalid"

    def _obey(self, action: str, payload: dict[str, Any]) -> dict[str, Any] | None:
        """The answer to a call of the station; None: not implemented."""
        match action:
            case "RemoteStartTransaction":
                done = self._device.authorise(str(payload.get("idTag", "")), self._now())
            case "RemoteStopTransaction":
                done = self._stop_remotely(payload.get("transactionId"))
            case "TriggerMessage" if payload.get("requestedMessage") == "StatusNotification":
                self._device.show(self._now(), again=True)
                done = True
            case "Reset":
                asyncio.get_running_loop().call_later(0.05, self.reboot)
                done = True
            case _:
                return None
        self._changed()
        return {"status": "Accepted" if done else "Rejected"}

    def _stop_remotely(self, transaction_id: object) -> bool:
        running = self._memory.running
        if running is None or transaction_id is None or running.transaction_id != transaction_id:
            return False
        return self._device.stop(self._now(), "Remote")

    def _changed(self) -> None:
        self._line.wake()
        if self._file is not None:
            write_memory(self._file, self._memory)
