"""The stations' live link over a real Mosquitto: two hub processes share it, and it is killed and started again."""

import asyncio
import contextlib
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import aiomqtt
import pytest
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from hub.intake.broker import Broker
from hub.intake.mqtt import MqttDoor
from hub.intake.signatures import Signatures
from hub.kernel.backoff import Backoff
from hub.kernel.bus import Bus
from hub.kernel.db import Database
from hub.kernel.nudges import CONSOLES, LocalNudges
from hub.kernel.web import Kernel
from protocols.sync import mqtt, signing
from protocols.sync.changes import DenialItem
from protocols.sync.live import Nudge, Telemetry, decode_live, encode_live
from tests.hub.conftest import FixedAuth, ManualClock, Serve
from tests.hub.stations_double import StationDouble, World, world_of
from tests.mosquitto import Mosquitto, mosquitto

_WAIT_S = 15


@contextlib.asynccontextmanager
async def running(*jobs: Callable[[], Awaitable[None]]) -> AsyncIterator[None]:
    tasks = [asyncio.ensure_future(job()) for job in jobs]
    try:
        yield
        assert not any(task.done() for task in tasks), [task for task in tasks if task.done()]
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(_WAIT_S):
        while not holds():
            await asyncio.sleep(0.01)


class Process:
    """One hub process at the broker."""

    def __init__(self, database: Database, clock: ManualClock, auth: FixedAuth, where: Broker) -> None:
        self.nudges = LocalNudges()
        base = Kernel(database=database, clock=clock, bus=Bus(), nudges=self.nudges, authenticate=auth)
        self.kernel, self.rooms, self.doors, self.routes = world_of(base)
        signatures = Signatures(database)
        backoff = Backoff(base_s=0.1, chance=lambda: 0.5)
        self.door = MqttDoor(self.kernel, signatures, self.rooms.pictures, self.nudges, where, backoff=backoff)

    async def world(self, serve: Serve) -> World:
        return World(self.kernel, self.rooms, self.doors, await serve(self.kernel, self.routes))


class Hubs:
    """A broker and two hub processes on one database."""

    def __init__(self, broker: Mosquitto, processes: list[Process], worlds: list[World]) -> None:
        self.broker = broker
        self.processes = processes
        self.worlds = worlds

    @property
    def doors(self) -> list[MqttDoor]:
        return [one.door for one in self.processes]

    @property
    def handled(self) -> int:
        return sum(door.handled for door in self.doors)

    @property
    def rejected(self) -> int:
        return sum(door.rejected for door in self.doors)

    async def station(self, number: str = "014") -> StationDouble:
        return await self.worlds[0].station(number)

    async def detail(self, double: StationDouble, process: int = 0) -> dict[str, Any]:
        async with self.worlds[process].client.get(f"/api/v1/stations/{double.station_id}") as answer:
            found: dict[str, Any] = await answer.json()
            return found

    async def until_online(self, double: StationDouble, online: bool) -> None:
        async with asyncio.timeout(_WAIT_S):
            while (await self.detail(double))["online"] is not online:
                await asyncio.sleep(0.01)

    async def until_dock(self, double: StationDouble, number: int) -> None:
        """Until one of the processes shows it: with shared subscriptions it is one of them."""
        async with asyncio.timeout(_WAIT_S):
            while True:
                for process in range(len(self.worlds)):
                    picture = (await self.detail(double, process))["picture"]
                    if picture is not None and picture["docks"] == [{"no": number}]:
                        return
                await asyncio.sleep(0.01)


@pytest.fixture
async def broker(tmp_path: Path) -> AsyncIterator[Mosquitto]:
    async with mosquitto(tmp_path) as started:
        yield started


@pytest.fixture
async def hubs(
    broker: Mosquitto, database: Database, clock: ManualClock, auth: FixedAuth, serve: Serve
) -> AsyncIterator[Hubs]:
    where = Broker(host="127.0.0.1", port=broker.port)
    processes = [Process(database, clock, auth, where) for _ in range(2)]
    made = Hubs(broker, processes, [await one.world(serve) for one in processes])
    auth.sign_in("stations:read")
    async with running(*(door.run for door in made.doors)):
        await until(lambda: all(door.connections == 1 for door in made.doors))
        yield made


class Link:
    """A station's end of the broker, by hand; `numbers` are the station's request numbers."""

    def __init__(self, double: StationDouble, client: aiomqtt.Client) -> None:
        self.double = double
        self.client = client

    async def say(self, kind: str, payload: bytes, number: int, **changed: Any) -> None:
        given: dict[str, Any] = {"station_id": self.double.station_id, "key": self.double.key} | changed
        topic = mqtt.topic(given["station_id"], kind)
        signed = signing.sign(given["key"], self.double.station_id, number, mqtt.METHOD, topic, payload)
        properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
        properties.UserProperty = mqtt.as_properties(signed)
        await self.client.publish(topic, payload, qos=1, properties=properties)

    async def status(self, number: int, *, online: bool, **changed: Any) -> None:
        await self.say(mqtt.STATUS, mqtt.encode_status(mqtt.Status(online=online, at_ms=1)), number, **changed)

    async def dock(self, no: int, number: int, **changed: Any) -> None:
        await self.say(mqtt.TELEMETRY, encode_live(Telemetry(at_ms=1, docks=[{"no": no}])), number, **changed)


@contextlib.asynccontextmanager
async def link_of(double: StationDouble, broker: Mosquitto) -> AsyncIterator[Link]:
    async with aiomqtt.Client("127.0.0.1", broker.port, protocol=aiomqtt.ProtocolVersion.V5) as client:
        await client.subscribe(mqtt.topic(double.station_id, mqtt.NUDGE), qos=1)
        yield Link(double, client)


async def test_presence_comes_and_goes_with_the_status(hubs: Hubs, clock: ManualClock) -> None:
    double = await hubs.station()
    async with link_of(double, hubs.broker) as link:
        for number in (1, 2, 3):
            await link.status(number, online=True)
            await hubs.until_online(double, online=True)
            clock.move(1)
            await link.status(number, online=False)
            await hubs.until_online(double, online=False)
            clock.move(1)


async def test_the_will_of_an_old_connection_that_comes_late_and_a_hello_that_comes_twice_change_nothing(
    hubs: Hubs, clock: ManualClock
) -> None:
    double = await hubs.station()
    async with link_of(double, hubs.broker) as link:
        await link.status(5, online=True)
        await hubs.until_online(double, online=True)
        clock.move(1)
        before = hubs.handled
        await link.status(4, online=False)
        await until(lambda: hubs.handled == before + 1)
        assert (await hubs.detail(double))["online"] is True
        await link.status(5, online=False)
        await hubs.until_online(double, online=False)
        clock.move(1)
        before = hubs.handled
        for count, number in enumerate((5, 4), 1):
            await link.status(number, online=True)
            await until(lambda count=count: hubs.handled == before + count)  # type: ignore[misc]
        assert (await hubs.detail(double))["online"] is False


async def test_telemetry_arrives_at_one_process_and_is_written_down_for_the_other(
    hubs: Hubs, clock: ManualClock
) -> None:
    doubles = [await hubs.station(str(number)) for number in range(6)]
    async with contextlib.AsyncExitStack() as stack:
        links = [await stack.enter_async_context(link_of(one, hubs.broker)) for one in doubles]
        for number in (1, 2, 3):
            for link in links:
                await link.dock(number, number)
            for double in doubles:
                await hubs.until_dock(double, number)
            clock.move(61)
    assert None not in [(await hubs.detail(one))["last_seen_at"] for one in doubles]
    assert all(one.rooms.pictures._last for one in hubs.processes), "the load was not shared"


async def test_what_another_signed_or_nobody_is_refused_and_counted(hubs: Hubs) -> None:
    double, other = await hubs.station("1"), await hubs.station("2")
    stranger = StationDouble(uuid.UUID(int=9))
    async with link_of(double, hubs.broker) as link, link_of(stranger, hubs.broker) as strange:
        await link.status(1, online=True, key=other.key)
        await link.status(1, online=True, station_id=other.station_id)  # my signature, another's topic
        await strange.dock(1, 1)
        await link.client.publish(mqtt.topic(double.station_id, mqtt.TELEMETRY), b"{}", qos=1)
        await link.say(mqtt.TELEMETRY, encode_live(Nudge(rev=1)), 2)
        await link.say(mqtt.STATUS, b"\xff{", 3)
        await link.client.publish(f"{mqtt.ROOT}/nobody/status", b"x", qos=1)
        await until(lambda: hubs.rejected >= 5)
        assert (await hubs.detail(double))["online"] is (await hubs.detail(other))["online"] is False
        await link.dock(4, 4)
        await hubs.until_dock(double, 4)
    assert 5 <= hubs.rejected <= 7  # of one station and kind that wait together only the newest is looked at


async def test_a_revoked_key_is_refused_at_the_broker_too(hubs: Hubs, auth: FixedAuth, clock: ManualClock) -> None:
    double = await hubs.station()
    async with link_of(double, hubs.broker) as link:
        await link.dock(1, 1)
        await hubs.until_dock(double, 1)
        auth.sign_in("stations:read", "stations:enrol")
        async with hubs.worlds[0].client.post(
            f"/api/v1/stations/{double.station_id}/revoke",
            json={"reason": "stolen"},
            headers={"Idempotency-Key": "one"},
        ) as answer:
            assert answer.status == 200
        heard = await anext(aiter(link.client.messages))
        assert decode_live(bytes(heard.payload)) == Nudge(rev=0)
        clock.move(61)
        seen = (await hubs.detail(double))["last_seen_at"]
        before = hubs.rejected
        await link.status(2, online=True)
        await until(lambda: hubs.rejected == before + 1)
        await link.dock(2, 3)
        await until(lambda: hubs.rejected == before + 2)
        assert (await hubs.detail(double))["last_seen_at"] == seen


async def test_telemetry_is_not_replayed(hubs: Hubs) -> None:
    double = await hubs.station()
    async with link_of(double, hubs.broker) as link:
        for number in range(1, 9):
            await link.dock(number, number)
            await hubs.until_dock(double, number)
        before = hubs.rejected
        for _ in range(4):
            await link.dock(1, 1)
        await until(lambda: hubs.rejected > before)


async def test_a_commit_nudges_the_station_once_with_its_revision(hubs: Hubs) -> None:
    double = await hubs.station()
    async with link_of(double, hubs.broker) as link, asyncio.timeout(_WAIT_S):
        for rev, world in enumerate([*hubs.worlds, *hubs.worlds], 2):
            async with world.kernel.database.transaction() as session:
                await world.rooms.downlink.put(session, "voucher_denials", [DenialItem(key=f"v{rev}")])
            heard = await anext(link.client.messages)
            assert decode_live(bytes(heard.payload)) == Nudge(rev=rev)
        assert len(link.client.messages) == 0


async def test_a_commit_to_all_nudges_each_station(hubs: Hubs) -> None:
    doubles = [await hubs.station(str(number)) for number in range(25)]
    await until(lambda: not hubs.processes[0].door._news)
    async with aiomqtt.Client("127.0.0.1", hubs.broker.port, protocol=aiomqtt.ProtocolVersion.V5) as ear:
        await ear.subscribe(f"{mqtt.ROOT}/+/nudge", qos=1)
        async with hubs.worlds[0].kernel.database.transaction() as session:
            await hubs.worlds[0].rooms.downlink.put(session, "voucher_denials", [DenialItem(key="v")])
        heard: set[str] = set()
        async with asyncio.timeout(_WAIT_S):
            while len(heard) < len(doubles):
                heard.add(str((await anext(ear.messages)).topic))
    assert heard == {mqtt.topic(one.station_id, mqtt.NUDGE) for one in doubles}


async def test_what_consoles_wait_for_does_not_go_to_the_broker(hubs: Hubs) -> None:
    double = await hubs.station()
    await until(lambda: not hubs.processes[0].door._news)
    hubs.processes[0].nudges.nudge(CONSOLES, 1)
    hubs.processes[0].nudges.nudge(double.station_id, 1)
    assert set(hubs.processes[0].door._news) == {double.station_id}


async def test_a_broker_that_is_killed_is_found_again_and_what_waited_is_told(hubs: Hubs) -> None:
    double = await hubs.station()
    for times in (2, 3):
        await hubs.broker.kill()
        await until(lambda: all(door._lost for door in hubs.doors))
        world = hubs.worlds[0]
        async with world.kernel.database.transaction() as session:
            await world.rooms.downlink.put(session, "voucher_denials", [DenialItem(key=f"v{times}")])
        await hubs.broker.start()
        await until(lambda times=times: all(door.connections == times for door in hubs.doors))  # type: ignore[misc]
        async with link_of(double, hubs.broker) as link:
            await link.status(times, online=True)
            await hubs.until_online(double, online=True)
            await link.dock(times, 10 + times)
            await hubs.until_dock(double, times)


async def test_a_database_that_fails_costs_messages_and_not_the_link(hubs: Hubs) -> None:
    double = await hubs.station()
    async with link_of(double, hubs.broker) as link:
        broken = [_Broken(one.rooms.pictures) for one in hubs.processes]
        for one, pictures in zip(hubs.processes, broken, strict=True):
            one.door._pictures = pictures
        for number in range(1, 5):
            await link.dock(number, number)
            await until(lambda number=number: sum(one.failed for one in broken) >= number)  # type: ignore[misc]
        for one, pictures in zip(hubs.processes, broken, strict=True):
            one.door._pictures = pictures.real
        await link.dock(9, 9)
        await hubs.until_dock(double, 9)


class _Broken:
    def __init__(self, real: Any) -> None:
        self.real = real
        self.failed = 0

    def hear(self, _station_id: uuid.UUID, _telemetry: Telemetry) -> bool:
        return True

    async def write(self, _session: object, _station_id: uuid.UUID) -> None:
        self.failed += 1
        raise OSError("the database is away")
