"""A station whose clock takes no certificate, over real TLS. OpenSSL reads this machine's clock, so the world is moved:
the hub and its certificate live in 2040, and the machine is years behind."""

import asyncio
import contextlib
import datetime as dt
import ssl
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Final

import aiohttp
import pytest
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edge_agent.runtime.backoff import Backoff
from edge_agent.runtime.kernel_time import UNSYNCHRONISED
from edge_agent.runtime.station_clock import StationClock
from edge_agent.store.store import Store
from edge_agent.uplink.first_time import FirstTime
from edge_agent.uplink.identity import Identity
from edge_agent.uplink.live import LiveLink
from edge_agent.uplink.pump import Line, SyncPump
from edge_agent.uplink.tls import check_period, station_tls
from protocols.sync.first_time import PATH, SignedTime, sign_time
from protocols.sync.live import Telemetry
from protocols.values import UTC
from tests.edge_agent.uplink.certificates import Made, Period, make, serving
from tests.edge_agent.uplink.conftest import POLL_S, STATION_ID, Hub, Pauses, Station, running, until

YEAR: Final = dt.timedelta(days=365)
THEN: Final = dt.datetime(2040, 6, 1, tzinfo=UTC)
AROUND_THEN: Final = (THEN - YEAR, THEN + YEAR)
LONG: Final = (dt.datetime(2020, 1, 1, tzinfo=UTC), dt.datetime(2060, 1, 1, tzinfo=UTC))
PAST: Final = (dt.datetime(2021, 1, 1, tzinfo=UTC), dt.datetime(2022, 1, 1, tzinfo=UTC))
NOW: Final = (dt.datetime.fromtimestamp(time.time(), UTC) - YEAR, dt.datetime.fromtimestamp(time.time(), UTC) + YEAR)

Answer = Callable[[str], SignedTime]


class World:
    """A hub behind TLS that tells the time when it is asked, and a station with a clock of its own."""

    def __init__(self, folder: Path, hub: Hub, store: Store, station: Station, pauses: Pauses) -> None:
        self.folder, self.hub, self.store, self.station, self.pauses = folder, hub, store, station, pauses
        self.signs = Ed25519PrivateKey.generate()
        self.trusts = [self.signs.public_key().public_bytes_raw()]
        self.at = THEN
        self.asked: list[str] = []
        self.answer: Answer = lambda nonce: sign_time(self.signs, nonce, self.at_ms)
        self.clock = StationClock(folder / "clock", kernel=lambda: UNSYNCHRONISED, boot_id="boot-1")
        self.tls = station_tls(self.clock, self.clock.offset_ms)

    @property
    def at_ms(self) -> int:
        return int(self.at.timestamp() * 1000)

    async def _time(self, request: web.Request) -> web.Response:
        self.asked.append(request.query["nonce"])
        told = self.answer(request.query["nonce"])
        return web.json_response({"at_ms": told.at_ms, "nonce": told.nonce, "signature": told.signature})

    async def start(self, *periods: Period, host: str = "127.0.0.1") -> None:
        """Periods of the authority, of those between, of the server."""
        made: list[Made] = []
        for number, period in enumerate(periods):
            is_server = number == len(periods) - 1
            made.append(make(f"no {number}", period, made[-1] if made else None, host=host if is_server else None))
        self.tls.load_verify_locations(cadata=made[0].pem)
        self.hub.at_ms = self.at_ms
        await self.hub.start(tls=serving(self.folder, *reversed(made[1:])), routes=[web.get(PATH, self._time)])

    def pump(self) -> SyncPump:
        hear = self.clock.hear
        return SyncPump(
            identity=self.identity(),
            store=self.store,
            ask=self.station.ask,
            tell=self.station.tell,
            held=lambda: self.station.held,
            clock=self.clock,
            hear=hear,
            agent_version="0.2.0",
            poll_s=POLL_S,
            backoff=Backoff(chance=lambda: 0.5),
            pause=self.pauses,
            tls=self.tls,
            first_time=FirstTime(hub_url=self.hub.url, keys=lambda: self.trusts, clock=self.clock, hear=hear),
        )

    def identity(self) -> Identity:
        return Identity(station_id=STATION_ID, name="Riverside", hub_url=self.hub.url, key=self.hub.key)

    def knows(self, at: dt.datetime) -> None:
        """The station has heard its hub in this boot."""
        mono_s = self.clock.mono_s()
        self.clock.hear(mono_s, mono_s, int(at.timestamp() * 1000))
        assert self.clock.now().is_trusted

    @contextlib.asynccontextmanager
    async def failing(self) -> AsyncIterator[str]:
        """What the pump says after a first exchange that failed, and what it did about it."""
        pump = self.pump()
        async with running(pump.run):
            await until(lambda: pump.snapshot().failures > 0 and bool(self.pauses.asked_s))
            assert (pump.snapshot().line, self.hub.requests) == (Line.OFFLINE, [])
            yield pump.snapshot().last_failure or ""


@pytest.fixture
async def world(tmp_path: Path, store: Store, station: Station, pauses: Pauses) -> AsyncIterator[World]:
    hub = Hub()
    yield World(tmp_path, hub, store, station, pauses)
    await hub.stop()


async def test_a_station_that_does_not_know_the_time_reaches_its_hub_after_one_more_exchange(world: World) -> None:
    await world.start(LONG, AROUND_THEN)
    pump = world.pump()
    async with running(pump.run):
        await until(lambda: pump.snapshot().line is Line.ONLINE)
    assert (len(world.asked), pump.snapshot().failures) == (1, 1)
    now = world.clock.now()
    assert now.is_trusted
    assert abs((now.at - THEN).total_seconds()) < 60


async def test_the_live_link_is_checked_by_the_same_clock(world: World) -> None:
    await world.start(LONG, AROUND_THEN)
    world.knows(THEN)
    live = LiveLink(
        identity=world.identity(),
        on_nudge=lambda: None,
        telemetry=lambda: Telemetry(at_ms=0),
        request_number=lambda: 1,
        tls=world.tls,
    )
    async with running(live.run):
        await until(lambda: live.snapshot().connections == 1)


@pytest.mark.parametrize("forgery", ["another key", "an old answer", "an old answer in a new coat", "moved", "garbage"])
async def test_a_forged_time_is_refused(world: World, forgery: str) -> None:
    await world.start(LONG, AROUND_THEN)
    old = sign_time(world.signs, "0" * 32, world.at_ms)
    world.answer = {
        "another key": lambda nonce: sign_time(Ed25519PrivateKey.generate(), nonce, world.at_ms),
        "an old answer": lambda _: old,
        "an old answer in a new coat": lambda nonce: SignedTime(at_ms=old.at_ms, nonce=nonce, signature=old.signature),
        "moved": lambda nonce: SignedTime(
            at_ms=world.at_ms + 1, nonce=nonce, signature=sign_time(world.signs, nonce, world.at_ms).signature
        ),
        "garbage": lambda nonce: SignedTime(at_ms=-1, nonce=nonce, signature="zz"),
    }[forgery]
    before = world.clock.now().at
    async with world.failing() as failure:
        assert "not yet valid" in failure
        await until(lambda: len(world.asked) > 1)
    assert not world.clock.now().is_trusted
    assert abs((world.clock.now().at - before).total_seconds()) < 60


async def test_each_question_has_a_number_of_its_own_and_no_key_means_no_time(world: World) -> None:
    await world.start(LONG, AROUND_THEN)
    world.trusts = []
    first = FirstTime(hub_url=world.hub.url, keys=lambda: world.trusts, clock=world.clock, hear=world.clock.hear)
    async with aiohttp.ClientSession() as session:
        assert [await first.learn(session) for _ in range(3)] == [False] * 3
    assert len(set(world.asked)) == 3
    assert not world.clock.now().is_trusted


async def test_an_expired_certificate_is_refused_by_a_clock_that_is_right_without_asking(world: World) -> None:
    world.at = dt.datetime.fromtimestamp(time.time(), UTC)
    await world.start(LONG, PAST)
    world.knows(world.at)
    async with world.failing() as failure:
        assert "expired" in failure
    assert world.asked == []


async def test_an_expired_certificate_is_refused_by_a_clock_that_nobody_had_confirmed(world: World) -> None:
    world.at = dt.datetime.fromtimestamp(time.time(), UTC)
    await world.start(LONG, PAST)
    pump = world.pump()
    async with running(pump.run):
        await until(lambda: pump.snapshot().failures >= 2)
    assert (len(world.asked), world.hub.requests) == (1, [])
    assert world.clock.now().is_trusted


@pytest.mark.parametrize(
    ("periods", "host", "why"),
    [
        ((LONG, NOW), "127.0.0.1", "has expired"),
        ((LONG, (THEN + YEAR, THEN + 2 * YEAR)), "127.0.0.1", "not yet valid"),
        ((LONG, PAST, AROUND_THEN), "127.0.0.1", "has expired"),
        ((PAST, AROUND_THEN), "127.0.0.1", "has expired"),
        ((LONG, AROUND_THEN), "127.0.0.2", "IP address mismatch"),
    ],
    ids=["the machine's time", "too early", "one between expired", "the authority expired", "another's"],
)
async def test_a_station_that_knows_better_than_its_machine_refuses_a_bad_certificate(
    world: World, periods: tuple[Period, ...], host: str, why: str
) -> None:
    await world.start(*periods, host=host)
    world.knows(THEN)
    async with world.failing() as failure:
        assert why in failure
    assert world.asked == []


async def test_a_station_that_knows_better_than_its_machine_refuses_a_stranger(world: World) -> None:
    await world.start(LONG, AROUND_THEN)
    world.knows(THEN)
    world.tls = station_tls(world.clock, world.clock.offset_ms)  # without our authority
    async with world.failing() as failure:
        assert "certificate" in failure


def test_no_certificate_is_in_time() -> None:
    with pytest.raises(ssl.SSLCertVerificationError):
        check_period([], THEN, THEN)


def test_the_whole_of_what_the_time_may_be_lies_in_the_period() -> None:
    der = ssl.PEM_cert_to_DER_cert(make("x", AROUND_THEN).pem)
    start, end, second = *AROUND_THEN, dt.timedelta(seconds=1)
    check_period([der], start, end)
    for earliest, latest in ((start - second, THEN), (THEN, end + second)):
        with pytest.raises(ssl.SSLCertVerificationError):
            check_period([der], earliest, latest)


async def test_a_hub_that_does_not_answer_is_no_time(world: World) -> None:
    first = FirstTime(
        hub_url="https://127.0.0.1:1", keys=lambda: world.trusts, clock=world.clock, hear=world.clock.hear
    )
    async with aiohttp.ClientSession() as session:
        assert not await asyncio.wait_for(first.learn(session), 20)
