"""The proxy does to a line what it says, and nothing on a fine day."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest

from tests.journeys.faults.proxy import HOST, FaultProxy, RequestTap, Weather

REQUEST = b"POST /api/v1/sync HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nfacts"


@contextlib.asynccontextmanager
async def line() -> AsyncIterator[tuple[FaultProxy, list[bytes]]]:
    """A proxy before a hub that writes down what it hears and answers each piece with as many bytes."""
    heard: list[bytes] = []
    ends: set[asyncio.StreamWriter] = set()

    async def hub(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        ends.add(writer)
        with contextlib.suppress(OSError):
            while data := await reader.read(65_536):
                heard.append(data)
                writer.write(b"HTTP/1.1 200 OK\r\n" + data)
        writer.transport.abort()

    server = await asyncio.start_server(hub, HOST, 0)
    proxy = FaultProxy(targets=[(HOST, server.sockets[0].getsockname()[1])], seed=1)
    async with proxy.serve():
        yield proxy, heard
    server.close()
    for one in ends:
        one.transport.abort()
    await server.wait_closed()


async def say(proxy: FaultProxy, data: bytes, *, timeout_s: float = 0.4) -> bytes | None:
    """What comes back; b"" when the line was cut, None when nothing comes."""
    reader, writer = await asyncio.open_connection(HOST, proxy.port)
    try:
        writer.write(data)
        return await asyncio.wait_for(reader.read(65_536), timeout_s)
    except TimeoutError:
        return None
    except OSError:
        return b""
    finally:
        writer.transport.abort()


async def test_on_a_fine_day_every_byte_passes_and_requests_are_recorded() -> None:
    async with line() as (proxy, heard):
        assert await say(proxy, REQUEST, timeout_s=5) == b"HTTP/1.1 200 OK\r\n" + REQUEST
        assert b"".join(heard) == REQUEST
        assert list(proxy.requests) == [REQUEST]


async def test_a_recorded_request_can_be_sent_again() -> None:
    async with line() as (proxy, heard):
        assert await proxy.replay(REQUEST) == 200
        assert heard == [REQUEST]


@pytest.mark.parametrize(
    ("weather", "answers", "heard_bytes"),
    [
        (Weather(refuse=1.0), {b""}, 0),
        (Weather(swallow=frozenset({"up"})), {None}, 0),
        (Weather(swallow=frozenset({"down"})), {None}, len(REQUEST)),
        (Weather(cut_after=10), {b"", b"HTTP/1.1 2"}, 10),
    ],
    ids=["connections lost", "half open up", "half open down", "cut after n bytes"],
)
async def test_bad_weather_is_felt(weather: Weather, answers: set[bytes | None], heard_bytes: int) -> None:
    async with line() as (proxy, heard):
        proxy.weather = weather
        assert await say(proxy, REQUEST) in answers
        assert len(b"".join(heard)) == heard_bytes


async def test_a_throttle_lets_little_through_until_it_is_lifted() -> None:
    async with line() as (proxy, heard):
        proxy.weather = Weather(bytes_per_s=100)
        reader, writer = await asyncio.open_connection(HOST, proxy.port)
        writer.write(REQUEST)
        await reader.readexactly(1)
        assert 0 < len(b"".join(heard)) < len(REQUEST)
        proxy.clear()
        async with asyncio.timeout(10):
            while b"".join(heard) != REQUEST:
                await reader.read(65_536)
        writer.transport.abort()


async def test_flipped_bits_arrive_flipped() -> None:
    async with line() as (proxy, heard):
        proxy.weather = Weather(flip=0.5)
        await say(proxy, REQUEST, timeout_s=5)
        assert len(b"".join(heard)) == len(REQUEST)
        assert b"".join(heard) != REQUEST
        assert proxy.counts["bits flipped"] > 10


async def test_a_doubled_request_arrives_before_itself() -> None:
    async with line() as (proxy, heard):
        proxy.weather = Weather(duplicate=1.0)
        await say(proxy, REQUEST, timeout_s=5)
        assert heard == [REQUEST, REQUEST]
        assert proxy.counts["replayed: 200"] == 1


async def test_a_cut_resets_what_is_open_and_a_fine_day_follows() -> None:
    async with line() as (proxy, _):
        reader, writer = await asyncio.open_connection(HOST, proxy.port)
        writer.write(b"hello")
        await asyncio.wait_for(reader.read(17), 5)
        proxy.cut()
        with contextlib.suppress(OSError):
            async with asyncio.timeout(5):
                while await reader.read(65_536):
                    pass
        writer.transport.abort()
        proxy.clear()
        assert await say(proxy, REQUEST, timeout_s=5) is not None


def test_requests_are_found_in_any_pieces_and_other_traffic_is_left_alone() -> None:
    stream = REQUEST + b"GET /api/v1/sync HTTP/1.1\r\n\r\n" + REQUEST
    for size in (1, 7, 1000):
        tap = RequestTap()
        found = [one for at in range(0, len(stream), size) for one in tap.feed(stream[at : at + size])]
        assert found == [REQUEST, REQUEST]
    tap = RequestTap()
    assert tap.feed(b"GET /api/v1/live HTTP/1.1\r\nUpgrade: websocket\r\n\r\n" + REQUEST) == []
