"""The live link over an MQTT broker: presence and telemetry in, nudges out. Lossy by design, like the WebSocket.

Any number of hub processes share the load by shared subscriptions: each message comes to one of them. So nothing
is remembered here that another process would need: who comes and goes is judged in the database by the number of
the connection, telemetry goes to `Pictures`. A nudge is published by the process that it begins in.
"""

import asyncio
import uuid
from typing import Final

import structlog
from sqlalchemy.exc import SQLAlchemyError

from hub import events
from hub.intake import broker, ledger
from hub.intake.broker import Broker, BrokerError, Client, Message
from hub.intake.live import Pictures
from hub.intake.postbox import Postbox
from hub.intake.signatures import NumberTooLow, Signatures, Verified
from hub.kernel.backoff import Backoff
from hub.kernel.nudges import CONSOLES, LocalNudges
from hub.kernel.web import Kernel
from protocols.errors import Malformed, Refused
from protocols.sync import mqtt
from protocols.sync.live import Nudge, Telemetry, decode_live, encode_live

_WORKERS: Final = 4
_AT_ONCE: Final = 10  # nudges on their way together; aiomqtt warns above that
_MAX_MESSAGE: Final = 256 * 1024
_log = structlog.get_logger("hub.mqtt")


class MqttDoor:
    """One hub process at the broker: `run` is a job of the hub."""

    def __init__(
        self,
        kernel: Kernel,
        signatures: Signatures,
        pictures: Pictures,
        nudges: LocalNudges,
        where: Broker,
        *,
        backoff: Backoff | None = None,
    ) -> None:
        self._kernel = kernel
        self._signatures = signatures
        self._pictures = pictures
        self._where = where
        self._backoff = backoff or Backoff()
        self._postbox = Postbox()
        self._news: dict[uuid.UUID, int] = {}  # one revision per station, so it is bounded
        self._has_news = asyncio.Event()
        self._numbers: dict[uuid.UUID, int] = {}
        self._lost = False
        self.connections = 0
        self.handled = 0
        self.rejected = 0
        nudges.carry(self._take)

    async def run(self) -> None:
        """Keep the connection and do what comes over it, until cancelled."""
        async with asyncio.TaskGroup() as group:
            for _ in range(_WORKERS):
                group.create_task(self._work())
            while True:
                try:
                    await self._connect_once()
                except BrokerError as error:
                    self._tell_lost(str(error))
                await asyncio.sleep(self._backoff.next_s())

    async def _connect_once(self) -> None:
        async with broker.connected(self._where) as client:
            await broker.subscribe(client, [mqtt.of_all(mqtt.STATUS)], qos=1)
            await broker.subscribe(client, [mqtt.of_all(mqtt.TELEMETRY)], qos=0)
            self._backoff.reset()
            self.connections += 1
            _log.info("broker_connected", connections=self.connections)
            self._lost = False
            teller = asyncio.create_task(self._publish(client))
            reader = asyncio.create_task(self._read(client))
            try:
                done, _ = await asyncio.wait({teller, reader}, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    task.result()
            finally:
                teller.cancel()
                reader.cancel()
                await asyncio.gather(teller, reader, return_exceptions=True)

    def _tell_lost(self, reason: str) -> None:
        if not self._lost:
            _log.warning("broker_lost", reason=reason[:200])
        self._lost = True

    async def _read(self, client: Client) -> None:
        """Take messages off the connection at its pace; nothing here waits for the database."""
        async for message in client.messages:
            name, size = str(message.topic), len(bytes(message.payload))
            try:
                key = mqtt.station_of(name)
            except Malformed as error:
                self._reject(name, error)
                continue
            if size > _MAX_MESSAGE:
                self._reject(name, Malformed("too_large", f"{size} bytes"))
                continue
            self._postbox.put(key, message, size)

    async def _publish(self, client: Client) -> None:
        while True:
            await self._has_news.wait()
            self._has_news.clear()
            while self._news:
                some = [(one, self._news[one]) for one in list(self._news)[:_AT_ONCE]]
                sent = await asyncio.gather(*(self._nudge(client, *one) for one in some), return_exceptions=True)
                for failure in filter(None, sent):
                    raise failure
                for station_id, rev in some:
                    if self._news.get(station_id) == rev:
                        del self._news[station_id]

    async def _nudge(self, client: Client, station_id: uuid.UUID, rev: int) -> None:
        await client.publish(mqtt.topic(station_id, mqtt.NUDGE), encode_live(Nudge(rev=rev)), qos=1)
        broker.heed_cancellation()

    def _take(self, station_id: uuid.UUID, rev: int) -> None:
        if station_id == CONSOLES:
            return  # no station waits for it
        self._news[station_id] = rev
        self._has_news.set()

    async def _work(self) -> None:
        while True:
            message = await self._postbox.next()
            try:
                await self._handle(message)
                self.handled += 1
            except (Malformed, Refused) as error:
                self._reject(str(message.topic), error)
            except (SQLAlchemyError, OSError) as error:
                # The message is lost, as it may be: the next telemetry or sync says that the station is there.
                _log.warning("not_written", topic=str(message.topic), reason=f"{type(error).__name__}: {error}"[:200])

    async def _handle(self, message: Message) -> None:
        name, payload = str(message.topic), bytes(message.payload)
        station_id, kind = mqtt.station_of(name)
        headers = mqtt.as_headers(broker.properties_of(message))
        signed = await self._signatures.verify_signed(headers, mqtt.METHOD, name, payload)
        if signed.station_id != station_id:
            raise Refused("bad_signature", why="another_station")
        if kind == mqtt.STATUS:
            await self._presence(signed, online=mqtt.decode_status(payload).online)
        else:
            await self._telemetry(signed, payload)

    async def _presence(self, signed: Verified, *, online: bool) -> None:
        async with self._kernel.database.transaction() as session:
            if online:
                try:
                    await self._signatures.take(session, signed, "live")
                except NumberTooLow:
                    return  # delivered twice, or overtaken by a newer connection
            else:
                is_newest = await ledger.is_newest_link(session, signed.station_id, signed.number)
                await self._pictures.write(session, signed.station_id)
                if not is_newest:
                    return  # the will of an old connection: the station has come back
            seen = events.StationSeen(
                station_id=signed.station_id, at=self._kernel.clock.now(), came=online, left=not online
            )
            await self._kernel.bus.publish(session, seen)

    async def _telemetry(self, signed: Verified, payload: bytes) -> None:
        heard = decode_live(payload)
        if not isinstance(heard, Telemetry):
            raise Malformed("bad_live_message", "no telemetry")
        if signed.number <= self._numbers.get(signed.station_id, -1):
            raise Refused("bad_signature", why="number")
        self._numbers[signed.station_id] = signed.number
        if not self._pictures.hear(signed.station_id, heard):
            return
        async with self._kernel.database.transaction() as session:
            await self._signatures.check(session, signed)
            await self._pictures.write(session, signed.station_id)
            seen = events.StationSeen(station_id=signed.station_id, at=self._kernel.clock.now())
            await self._kernel.bus.publish(session, seen)

    def _reject(self, name: str, error: Malformed | Refused) -> None:
        self.rejected += 1
        if self.rejected == 1:
            _log.warning("message_rejected", topic=name[:120], reason=str(error)[:200])
