"""The live link over an MQTT 5 broker: what `live.LiveLink` does over a WebSocket. Topics: `protocols.sync.mqtt`.

Nothing here is needed for correctness: without the broker the pump polls. Presence is a retained status, which the
broker itself takes back (last will) when the connection breaks.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from dataclasses import replace
from typing import Final

import structlog

from edge_agent.runtime.backoff import Backoff
from edge_agent.uplink import broker as brokers
from edge_agent.uplink.broker import Broker, BrokerError, Client, LastWill, UserProperties
from edge_agent.uplink.identity import Identity
from edge_agent.uplink.live import STEADY_S, LinkState, LiveSnapshot
from edge_agent.uplink.thinning import CHANGE_S, thinned
from protocols.errors import Malformed
from protocols.sync import mqtt
from protocols.sync.live import Nudge, Telemetry, decode_live, encode_live
from protocols.sync.signing import sign

_GOODBYE_S: Final = 2.0
_log = structlog.get_logger(__name__)


class MqttLink:
    """Runs as one supervised part: `await link.run()`."""

    def __init__(
        self,
        *,
        identity: Identity,
        broker: Broker,
        on_nudge: Callable[[], None],
        telemetry: Callable[[], Telemetry],
        request_number: Callable[[], int],
        interval_s: float = 5.0,
        change_s: float = CHANGE_S,
        backoff: Backoff | None = None,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._identity = identity
        self._broker = broker
        self._on_nudge = on_nudge
        self._telemetry = telemetry
        self._request_number = request_number
        self._interval_s = interval_s
        self._change_s = change_s
        self._backoff = backoff or Backoff()
        self._pause = pause
        self._status_topic = mqtt.topic(identity.station_id, mqtt.STATUS)
        self._telemetry_topic = mqtt.topic(identity.station_id, mqtt.TELEMETRY)
        self._nudge_topic = mqtt.topic(identity.station_id, mqtt.NUDGE)
        self._seen = LiveSnapshot()

    def use(self, identity: Identity) -> None:
        """Sign with another key from now on."""
        self._identity = identity

    def snapshot(self) -> LiveSnapshot:
        """How it goes."""
        return self._seen

    async def run(self) -> None:
        """Connect, and connect again, until cancelled."""
        while True:
            try:
                await self._connect_once()
            except BrokerError as error:
                self._failed(str(error) or type(error).__name__)
            await self._pause(self._backoff.next_s())

    def _failed(self, reason: str) -> None:
        if self._seen.state is LinkState.CONNECTED or self._seen.last_failure is None:
            _log.info("broker_lost", reason=reason[:200])
        self._seen = replace(self._seen, state=LinkState.WAITING, last_failure=reason)

    async def _connect_once(self) -> None:
        """One connection's whole life. Status and will carry the number that it is opened by."""
        number, at_ms = self._request_number(), self._telemetry().at_ms
        online = mqtt.encode_status(mqtt.Status(online=True, at_ms=at_ms))
        offline = mqtt.encode_status(mqtt.Status(online=False, at_ms=at_ms))
        goodbye = self._signed(number, self._status_topic, offline)
        will = LastWill(topic=self._status_topic, payload=offline, properties=goodbye)
        async with brokers.connected(self._broker, f"voltdock-{self._identity.station_id}", will) as client:
            await brokers.subscribe(client, self._nudge_topic)
            hello = self._signed(number, self._status_topic, online)
            try:
                await brokers.publish(client, self._status_topic, online, hello, qos=1, retain=True)
                await self._serve(client)
            except asyncio.CancelledError:
                # An orderly end is no break: the broker keeps the will to itself, so it is said here.
                with contextlib.suppress(BrokerError, TimeoutError):
                    async with asyncio.timeout(_GOODBYE_S):
                        await brokers.publish(client, self._status_topic, offline, goodbye, qos=1, retain=True)
                raise

    async def _serve(self, client: Client) -> None:
        self._seen = replace(self._seen, state=LinkState.CONNECTED, connections=self._seen.connections + 1)
        _log.info("broker_connected", connections=self._seen.connections)
        steady = asyncio.get_running_loop().call_later(STEADY_S, self._backoff.reset)
        sender = asyncio.create_task(self._send(client), name="mqtt-sender")
        receiver = asyncio.create_task(self._receive(client), name="mqtt-receiver")
        self._on_nudge()  # what was told while nobody listened is not told again
        try:
            done, _ = await asyncio.wait({sender, receiver}, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            steady.cancel()
            for task in (sender, receiver):
                task.cancel()
            await asyncio.gather(sender, receiver, return_exceptions=True)

    async def _receive(self, client: Client) -> None:
        async for message in client.messages:
            try:
                heard = decode_live(bytes(message.payload))
            except Malformed:
                heard = None
            if isinstance(heard, Nudge):
                self._seen = replace(self._seen, nudges=self._seen.nudges + 1)
                self._on_nudge()
            else:
                self._seen = replace(self._seen, malformed=self._seen.malformed + 1)

    async def _send(self, client: Client) -> None:
        due = thinned(self._telemetry, self._pause, change_s=self._change_s, interval_s=self._interval_s)
        async with aclosing(due) as pictures:
            async for message in pictures:
                payload = encode_live(message)
                signed = self._signed(self._request_number(), self._telemetry_topic, payload)
                await brokers.publish(client, self._telemetry_topic, payload, signed, qos=0)
                self._seen = replace(self._seen, sent=self._seen.sent + 1)

    def _signed(self, number: int, topic: str, payload: bytes) -> UserProperties:
        key, station_id = self._identity.key, self._identity.station_id
        return mqtt.as_properties(sign(key, station_id, number, mqtt.METHOD, topic, payload))
