"""`voltdock-sim fleet`: enrol many stations, let them all work at once, print what the hub could take."""

import asyncio
import ipaddress
import resource
import statistics
import time
from typing import Final
from urllib.parse import urlsplit

import aiohttp
import click

from firmware_sim.demo.clients import Hub
from firmware_sim.fleet.member import Member
from firmware_sim.stopping import Interrupted, until_told_to_stop
from firmware_sim.waiting import DemoError

ENROL_AT_ONCE: Final = 8
TIMEOUT: Final = aiohttp.ClientTimeout(total=60, sock_connect=10)


async def run_fleet(
    *, hub_url: str, stations: int, seconds: float, facts_per_batch: int, seed: int, email: str, password: str
) -> int:
    """0 when the hub took everything it was given and quarantined nothing."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))  # each station has a connection of its own
    members = [Member(number=number, seed=seed, hub_url=hub_url) for number in range(stations)]
    began = time.monotonic()
    try:
        async with until_told_to_stop():
            await _enrol(members, hub_url, email, password)
            click.echo(f"{stations} stations enrolled in {time.monotonic() - began:.1f} s")
            began = time.monotonic()
            await _work(members, seconds, facts_per_batch)
    except DemoError as error:
        click.echo(f"voltdock-sim: {error}", err=True)
        return 1
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        click.echo(f"voltdock-sim: {hub_url}: {error}", err=True)
        return 1
    except Interrupted:
        click.echo("stopped")
    return _report(members, time.monotonic() - began)


async def _enrol(members: list[Member], hub_url: str, email: str, password: str) -> None:
    """Every station is added by an admin and enrols itself, each from an address of its own where that can be."""
    turn = asyncio.Semaphore(ENROL_AT_ONCE)
    tag = f"{time.time_ns() // 1_000_000:x}"[-7:]
    async with aiohttp.ClientSession(timeout=TIMEOUT) as http:
        hub = Hub(http, hub_url)
        await hub.sign_in(email, password)

        async def one(number: int, member: Member) -> None:
            async with turn:
                body = {"name": f"Fleet {number}", "number": f"F{tag}-{number}", "timezone": "UTC", "currency": "EUR"}
                station = await hub.post("/api/v1/stations", body)
                code = await hub.post("/api/v1/stations/enrolment-codes", {"station_id": station["id"]})
                async with _own_line(hub_url, number) as line:
                    await member.enrol(line, code["code"])

        async with asyncio.TaskGroup() as group:
            for number, member in enumerate(members):
                group.create_task(one(number, member))


def _own_line(hub_url: str, number: int) -> aiohttp.ClientSession:
    """Stations have addresses of their own; on loopback 127.x.y.z gives each one, so that limits count them apart."""
    host = urlsplit(hub_url).hostname or ""
    if host != "127.0.0.1":
        return aiohttp.ClientSession(timeout=TIMEOUT)
    own = str(ipaddress.IPv4Address("127.1.0.1") + number)
    return aiohttp.ClientSession(timeout=TIMEOUT, connector=aiohttp.TCPConnector(local_addr=(own, 0)))


async def _work(members: list[Member], seconds: float, facts_per_batch: int) -> None:
    until_s = asyncio.get_running_loop().time() + seconds
    connector = aiohttp.TCPConnector(limit=0)
    async with (
        aiohttp.ClientSession(timeout=TIMEOUT, connector=connector) as http,
        asyncio.TaskGroup() as group,
    ):
        for member in members:
            group.create_task(member.work(http, until_s=until_s, facts_per_batch=facts_per_batch))


def _report(members: list[Member], took_s: float) -> int:
    tallies = [member.tally for member in members]
    latencies_ms = sorted(1000 * one for tally in tallies for one in tally.latencies_s)
    acknowledged = sum(tally.acknowledged for tally in tallies)
    troubles = [trouble for tally in tallies for trouble in tally.troubles]
    quarantined = sum(tally.quarantined for tally in tallies)
    rows = [
        ("facts acknowledged", f"{acknowledged}"),
        ("facts a second", f"{acknowledged / took_s:.0f}"),
        ("requests", f"{sum(tally.requests for tally in tallies)}"),
        ("repeated on purpose", f"{sum(tally.repeated for tally in tallies)}"),
        ("told to come later", f"{sum(tally.told_to_wait for tally in tallies)}"),
        ("sent", f"{sum(tally.bytes_sent for tally in tallies) / 1e6:.1f} MB"),
        ("request p50", _ms(latencies_ms, 0.50)),
        ("request p99", _ms(latencies_ms, 0.99)),
        ("rentals told of", f"{sum(member.rentals for member in members)}"),
        ("quarantined", f"{quarantined}"),
        ("troubles", f"{len(troubles)}"),
    ]
    for name, value in rows:
        click.echo(f"  {name:<22}{value:>12}")
    for trouble in sorted(set(troubles))[:5]:
        click.echo(f"  {trouble}", err=True)
    return 0 if acknowledged and not quarantined and not troubles else 1


def _ms(latencies_ms: list[float], share: float) -> str:
    if not latencies_ms:
        return "none"
    if len(latencies_ms) == 1:
        return f"{latencies_ms[0]:.1f} ms"
    cuts = statistics.quantiles(latencies_ms, n=100, method="inclusive")
    return f"{cuts[round(share * 100) - 1]:.1f} ms"
