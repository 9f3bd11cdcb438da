"""A charger's line to its station: connecting, booting, delivering what is owed in order, heartbeats.

Its habits are those of real ones: no boot after a mere reconnect, an unanswered message again with a new id and the
same payload, a message that was answered by CALLERROR given up.
"""

import asyncio
import base64
import contextlib
import datetime as dt
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidHandshake, WebSocketException
from websockets.typing import Subprotocol

from firmware_sim.chargers.device import ChargerDevice
from firmware_sim.chargers.link import Answerer, ChargerLink, NoAnswerError, RefusedCallError

VENDOR: Final = "Voltdock"
MODEL: Final = "SimCharger 11"
FIRMWARE: Final = "1.0.0"


@dataclass(frozen=True, slots=True, kw_only=True)
class LineHabits:
    """How patient the charger is, in seconds; `reconnect_s` is the first wait and the longest one."""

    retry_s: float = 10.0
    call_timeout_s: float = 30.0
    reconnect_s: tuple[float, float] = (0.2, 10.0)


class ChargerLine:
    """Delivers for a device whatever it owes, whenever there is a station to deliver it to."""

    def __init__(
        self,
        *,
        url: str,
        user: str,
        password: str | None,
        habits: LineHabits,
        device: ChargerDevice,
        now: Callable[[], dt.datetime],
        obey: Answerer,
        changed: Callable[[], None],
        seed: int | None,
    ) -> None:
        self.connected = False
        self.booted = False
        self.link: ChargerLink | None = None  # only while booted and connected
        self.dropped: list[str] = []
        self._url = url
        self._user = user
        self._password = password
        self._habits = habits
        self._device = device
        self._now = now
        self._obey = obey
        self._changed = changed
        self._chance = random.Random(seed)
        self._heartbeat_s = 60.0
        self._socket: ClientConnection | None = None
        self._network = asyncio.Event()
        self._network.set()
        self._work = asyncio.Event()

    def wake(self) -> None:
        """There may be something to deliver."""
        self._work.set()

    def unplug_network(self) -> None:
        """No more packets in or out, and no goodbye."""
        self._network.clear()
        self.cut()

    def plug_network(self) -> None:
        """The network is there again."""
        self._network.set()

    def cut(self) -> None:
        """Break the present connection without a goodbye."""
        if self._socket is not None:
            self._socket.transport.abort()

    async def run(self) -> None:
        """Connect, talk, reconnect, until cancelled."""
        tries = 0
        while True:
            await self._network.wait()
            try:
                async with connect(
                    self._url,
                    subprotocols=[Subprotocol("ocpp1.6")],
                    additional_headers=self._credentials(),
                    open_timeout=self._habits.call_timeout_s,
                    close_timeout=1,
                    proxy=None,
                ) as socket:
                    tries = 0
                    await self._talk(socket)
            except (OSError, TimeoutError, InvalidHandshake, WebSocketException, RefusedCallError):
                pass
            first_s, cap_s = self._habits.reconnect_s
            await asyncio.sleep(self._chance.uniform(0.5, 1.0) * min(cap_s, first_s * 2 ** min(tries, 10)))
            tries += 1

    async def _talk(self, socket: ClientConnection) -> None:
        self._socket = socket
        link = ChargerLink(socket, timeout_s=self._habits.call_timeout_s, answer=self._obey)
        tasks = [asyncio.create_task(part) for part in (link.read(), self._send_owed(link), self._beat(link))]
        try:
            self.connected = True
            if self._network.is_set():
                await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self.connected, self._socket, self.link = False, None, None
            for task in tasks:
                task.cancel()
            results = await asyncio.gather(*tasks, return_exceptions=True)
        for result in results:
            if isinstance(result, Exception) and not isinstance(result, NoAnswerError):
                raise result

    async def _boot(self, link: ChargerLink) -> None:
        while not self.booted:
            answer = await link.call(
                "BootNotification",
                {"chargePointVendor": VENDOR, "chargePointModel": MODEL, "firmwareVersion": FIRMWARE},
            )
            self._heartbeat_s = float(answer.get("interval") or self._heartbeat_s)
            self.booted = answer.get("status") == "Accepted"
            if not self.booted:
                await asyncio.sleep(self._heartbeat_s)

    async def _send_owed(self, link: ChargerLink) -> None:
        await self._boot(link)
        self.link = link
        while True:
            self._work.clear()
            if self._device.statuses:
                await self._send_status(link)
            elif self._device.owed():
                await self._send_oldest(link)
            else:
                await self._work.wait()

    async def _send_status(self, link: ChargerLink) -> None:
        oldest = self._device.statuses[0]
        with contextlib.suppress(RefusedCallError):
            await link.call("StatusNotification", oldest)
        if self._device.statuses and self._device.statuses[0] is oldest:  # a reboot may have forgotten it
            self._device.statuses.pop(0)

    async def _send_oldest(self, link: ChargerLink) -> None:
        owed = self._device.owed()
        if owed is None:
            return
        try:
            answer = await link.call(*owed)
        except NoAnswerError:
            if self._socket is None or self._socket.close_code is not None:
                raise
            await asyncio.sleep(self._habits.retry_s)  # the next round repeats it under a new message id (P3)
            return
        except RefusedCallError as refusal:
            self.dropped.append(str(refusal))  # real chargers give the record up (P5)
            answer = {}
        self._device.delivered(answer, self._now())
        self._changed()

    async def _beat(self, link: ChargerLink) -> None:
        while True:
            await asyncio.sleep(self._heartbeat_s)
            with contextlib.suppress(RefusedCallError, NoAnswerError):
                await link.call("Heartbeat", {})

    def _credentials(self) -> dict[str, str]:
        if self._password is None:
            return {}
        pair = f"{self._user}:{self._password}".encode()
        return {"Authorization": f"Basic {base64.b64encode(pair).decode()}"}
