"""The station's live link over a real Mosquitto, which is killed and started again."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiomqtt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edge_agent.runtime.backoff import Backoff
from edge_agent.uplink.broker import Broker, publish
from edge_agent.uplink.identity import Identity
from edge_agent.uplink.live import LinkState
from edge_agent.uplink.mqtt import MqttLink
from edge_agent.uplink.numbers import RequestNumbers
from protocols.sync import mqtt
from protocols.sync.live import Nudge, Telemetry, decode_live, encode_live
from protocols.sync.signing import verify
from tests.edge_agent.uplink.conftest import STATION_ID, running, until
from tests.mosquitto import Mosquitto, mosquitto

STATUS = mqtt.topic(STATION_ID, mqtt.STATUS)
TELEMETRY = mqtt.topic(STATION_ID, mqtt.TELEMETRY)
NUDGE = mqtt.topic(STATION_ID, mqtt.NUDGE)


class Picture:
    def __init__(self) -> None:
        self.docks: list[dict[str, object]] = [{"dock_no": 1}]
        self.at_ms = 0

    def __call__(self) -> Telemetry:
        self.at_ms += 1
        return Telemetry(at_ms=self.at_ms, docks=self.docks)


class Ear:
    """Somebody else at the broker who hears everything of the stations."""

    def __init__(self, client: aiomqtt.Client) -> None:
        self.client = client
        self.heard: list[aiomqtt.Message] = []

    async def listen(self) -> None:
        async for message in self.client.messages:
            self.heard.append(message)

    def payloads(self, topic: str) -> list[bytes]:
        return [bytes(one.payload) for one in self.heard if str(one.topic) == topic]

    def online(self) -> list[bool]:
        return [mqtt.decode_status(one).online for one in self.payloads(STATUS)]

    def docks(self) -> list[object]:
        messages = [decode_live(one) for one in self.payloads(TELEMETRY)]
        return [one.docks[0]["dock_no"] for one in messages if isinstance(one, Telemetry)]


def headers_of(message: aiomqtt.Message) -> dict[str, str]:
    properties: Any = message.properties
    return mqtt.as_headers(properties.UserProperty)


@contextlib.asynccontextmanager
async def ear_at(broker: Mosquitto) -> AsyncIterator[Ear]:
    client = aiomqtt.Client("127.0.0.1", broker.port, protocol=aiomqtt.ProtocolVersion.V5)
    async with client:
        await client.subscribe(f"{mqtt.ROOT}/#", qos=1)
        ear = Ear(client)
        listening = asyncio.create_task(ear.listen())
        try:
            yield ear
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)


@pytest.fixture
async def broker(tmp_path: Path) -> AsyncIterator[Mosquitto]:
    async with mosquitto(tmp_path) as running_broker:
        yield running_broker


@pytest.fixture
def key() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.generate()


@pytest.fixture
def picture() -> Picture:
    return Picture()


def make_link(
    broker: Broker, key: Ed25519PrivateKey, picture: Picture, nudges: list[int], *, interval_s: float = 1e9
) -> MqttLink:
    async def pause(_wait_s: float) -> None:
        await asyncio.sleep(0.005)

    return MqttLink(
        identity=Identity(station_id=STATION_ID, name="Riverside", hub_url="http://127.0.0.1:1", key=key),
        broker=broker,
        on_nudge=lambda: nudges.append(1),
        telemetry=picture,
        request_number=RequestNumbers(lambda: 3),
        interval_s=interval_s,
        backoff=Backoff(chance=lambda: 0.5),
        pause=pause,
    )


def at(broker: Mosquitto) -> Broker:
    return Broker(host="127.0.0.1", port=broker.port)


async def test_presence_is_retained_and_the_picture_goes_up_only_when_it_changed(
    broker: Mosquitto, key: Ed25519PrivateKey, picture: Picture
) -> None:
    async with ear_at(broker) as ear, running(make_link(at(broker), key, picture, []).run):
        await until(lambda: ear.docks() == [1])
        before = picture.at_ms
        await until(lambda: picture.at_ms > before + 5)
        picture.docks = [{"dock_no": 2}]
        await until(lambda: ear.docks() == [1, 2])
        async with ear_at(broker) as late:
            await until(lambda: late.online() == [True])
            assert late.docks() == []


async def test_an_unchanged_picture_goes_up_at_its_interval(
    broker: Mosquitto, key: Ed25519PrivateKey, picture: Picture
) -> None:
    async with ear_at(broker) as ear, running(make_link(at(broker), key, picture, [], interval_s=5).run):
        await until(lambda: ear.docks()[:3] == [1, 1, 1])


async def test_all_that_goes_up_is_signed_for_its_topic_with_numbers_that_rise(
    broker: Mosquitto, key: Ed25519PrivateKey, picture: Picture
) -> None:
    async with ear_at(broker) as ear, running(make_link(at(broker), key, picture, [], interval_s=1).run):
        await until(lambda: len(ear.heard) >= 4)
    public = key.public_key().public_bytes_raw()
    numbers = []
    for message in ear.heard[:4]:
        signed = verify(public, headers_of(message), mqtt.METHOD, str(message.topic), bytes(message.payload))
        assert signed.station_id == STATION_ID
        numbers.append(signed.number)
    assert numbers == sorted(set(numbers))


async def test_a_link_that_breaks_is_told_by_the_last_will_under_the_connections_number(
    broker: Mosquitto, key: Ed25519PrivateKey, picture: Picture
) -> None:
    def broken() -> Telemetry:
        if picture.at_ms > 5:
            raise ZeroDivisionError  # any bug: the link ends without a word
        return picture()

    link = make_link(at(broker), key, picture, [])
    link._telemetry = broken
    async with ear_at(broker) as ear:
        with pytest.raises(ZeroDivisionError):
            async with asyncio.timeout(10):
                await link.run()
        await until(lambda: ear.online() == [True, False])
        hello, will = [one for one in ear.heard if str(one.topic) == STATUS]
        public = key.public_key().public_bytes_raw()
        signed = [verify(public, headers_of(one), mqtt.METHOD, STATUS, bytes(one.payload)) for one in (hello, will)]
        assert signed[0] == signed[1]
        async with ear_at(broker) as late:
            await until(lambda: late.online() == [False])


async def test_an_orderly_end_says_goodbye(broker: Mosquitto, key: Ed25519PrivateKey, picture: Picture) -> None:
    async with ear_at(broker) as ear:
        async with running(make_link(at(broker), key, picture, []).run):
            await until(lambda: ear.online() == [True])
        await until(lambda: ear.online() == [True, False])


async def test_a_nudge_is_passed_on_and_garbage_is_counted(
    broker: Mosquitto, key: Ed25519PrivateKey, picture: Picture
) -> None:
    nudges: list[int] = []
    link = make_link(at(broker), key, picture, nudges)
    async with ear_at(broker) as ear, running(link.run):
        await until(lambda: nudges == [1])  # each new connection is one
        for bad in (b"", b"{", b"\xff", encode_live(Telemetry(at_ms=1))):
            await ear.client.publish(NUDGE, bad, qos=1)
        await ear.client.publish(NUDGE, encode_live(Nudge(rev=7)), qos=1)
        await until(lambda: nudges == [1, 1])
    seen = link.snapshot()
    assert (seen.nudges, seen.malformed, seen.connections) == (1, 4, 1)


async def test_a_broker_that_is_killed_is_found_again(
    broker: Mosquitto, key: Ed25519PrivateKey, picture: Picture
) -> None:
    nudges: list[int] = []
    link = make_link(at(broker), key, picture, nudges)
    async with running(link.run):
        for times in (1, 2, 3):
            await until(lambda times=times: link.snapshot().connections == times == len(nudges))  # type: ignore[misc]
            await broker.kill()
            await until(lambda: link.snapshot().state is LinkState.WAITING)
            await broker.start()
        async with ear_at(broker) as ear:
            await until(lambda: ear.online() == [True])
            await ear.client.publish(NUDGE, encode_live(Nudge(rev=7)), qos=1)
            await until(lambda: link.snapshot().nudges == 1)


async def test_a_second_link_of_the_station_puts_the_first_out_and_presence_ends_as_online(
    broker: Mosquitto, key: Ed25519PrivateKey, picture: Picture
) -> None:
    first = make_link(at(broker), key, picture, [])
    first._pause = _never  # it does not fight back
    second = make_link(at(broker), key, picture, [])
    async with ear_at(broker) as ear, running(first.run):
        await until(lambda: ear.online() == [True])
        async with running(second.run):
            await until(lambda: first.snapshot().state is LinkState.WAITING)
            await until(lambda: ear.online()[-1] is True and len(ear.online()) >= 2)


async def test_a_wrong_password_is_named_and_tried_again_without_leaking(
    tmp_path: Path, key: Ed25519PrivateKey, picture: Picture
) -> None:
    (tmp_path / "passwd").write_text("")
    async with mosquitto(tmp_path, "allow_anonymous false", f"password_file {tmp_path}/passwd") as closed:
        broker = Broker(host="127.0.0.1", port=closed.port, username="x", password="wrong")
        link = make_link(broker, key, picture, [])
        async with running(link.run):
            await until(lambda: "uthori" in (link.snapshot().last_failure or ""))
    assert "wrong" not in repr(broker)


async def test_a_stop_while_connecting_leaves_nothing_open(key: Ed25519PrivateKey, picture: Picture) -> None:
    async def silent(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        reached.set()
        try:
            await asyncio.Event().wait()
        finally:
            writer.close()

    reached = asyncio.Event()
    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    link = make_link(Broker(host="127.0.0.1", port=port), key, picture, [])
    began = asyncio.get_running_loop().time()
    async with running(link.run):
        await asyncio.wait_for(reached.wait(), 10)
    assert asyncio.get_running_loop().time() - began < 4  # not the whole wait for an answer
    others = asyncio.all_tasks() - {asyncio.current_task()}
    assert [task for task in others if "misc_loop" in repr(task)] == []
    server.close()
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)


async def _never(_wait_s: float) -> None:
    await asyncio.Event().wait()


async def test_a_cancellation_that_the_client_dropped_is_said_again() -> None:
    class Drops:
        """Publishes as aiomqtt does on Python 3.11 when answer and cancellation come in one turn."""

        async def publish(self, *_: object, **__: object) -> None:
            published.set()
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.Event().wait()

    published = asyncio.Event()

    async def sender() -> None:
        while True:
            await publish(Drops(), "t", b"", [], qos=0)  # type: ignore[arg-type]

    task = asyncio.create_task(sender())
    await published.wait()
    task.cancel()
    done, _ = await asyncio.wait({task}, timeout=5)
    assert done
    assert task.cancelled()
