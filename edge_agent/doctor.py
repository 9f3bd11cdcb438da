"""`voltdock-edge doctor`: looks at what the agent needs, changes nothing, and says what is wrong in plain words."""

import asyncio
import contextlib
import email.utils
import errno
import os
import shutil
import socket
import sqlite3
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import aiohttp

from edge_agent.app import STORE_FILE, limits_of
from edge_agent.runtime.clock import SystemClock
from edge_agent.runtime.station_clock import CLOCK_FILE, StationClock
from edge_agent.settings import Settings
from edge_agent.store.inspection import inspect
from edge_agent.uplink.identity import IdentityError, load_identity
from edge_agent.uplink.revocation import is_revoked
from protocols.values import from_ms, rfc3339

MIN_FREE_BYTES: Final = 200 * 1024 * 1024
# A disk that "syncs" faster than this keeps the data in a cache that a power cut empties; slower is a dying card.
HONEST_SYNC_S: Final = 0.00005
SLOW_SYNC_S: Final = 0.05
MAX_CLOCK_OFF_S: Final = 5.0
_TIMEOUT: Final = aiohttp.ClientTimeout(total=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was looked at."""

    what: str
    good: bool
    detail: str


async def examine(settings: Settings) -> list[Finding]:
    """Look at everything; the order is that of the list people read."""
    findings = [_disk(settings.data_dir), _sync_speed(settings.data_dir), _sqlite(), _identity(settings.data_dir)]
    findings += await asyncio.to_thread(_store, settings)
    findings += [_clock(settings.data_dir), _dock_port(settings), *_ports(settings)]
    findings += [await _reach(f"meter {one.id}", one.host, one.port) for one in settings.meters]
    if settings.mqtt.url is not None:
        findings.append(await _reach("broker", settings.mqtt.host, settings.mqtt.port))
    findings.append(await _hub(settings))
    findings.append(await _sync(settings))
    return findings


def _disk(data_dir: Path) -> Finding:
    try:
        free = shutil.disk_usage(data_dir).free
    except OSError as error:
        return Finding(what="data folder", good=False, detail=str(error))
    writable = os.access(data_dir, os.W_OK)
    detail = f"{data_dir}, {free // 1_000_000} MB free" + ("" if writable else ", not writable")
    return Finding(what="data folder", good=writable and free >= MIN_FREE_BYTES, detail=detail)


def _sync_speed(data_dir: Path) -> Finding:
    path = data_dir / ".doctor"
    try:
        took = sorted(_timed_sync(path) for _ in range(9))[4]
    except OSError as error:
        return Finding(what="disk sync", good=False, detail=str(error))
    finally:
        with contextlib.suppress(OSError):
            path.unlink()
    detail = f"{took * 1000:.2f} ms"
    if took < HONEST_SYNC_S:
        return Finding(what="disk sync", good=False, detail=f"{detail}: too fast to be true, a power cut may lose data")
    return Finding(what="disk sync", good=took <= SLOW_SYNC_S, detail=detail)


def _timed_sync(path: Path) -> float:
    fd = os.open(path, os.O_CREAT | os.O_WRONLY)
    try:
        os.pwrite(fd, os.urandom(4096), 0)
        began = time.perf_counter()
        os.fdatasync(fd)
        return time.perf_counter() - began
    finally:
        os.close(fd)


def _sqlite() -> Finding:
    # Below 3.51.3 two writing connections could corrupt the WAL; the store has one, so an old one is only named.
    return Finding(what="sqlite", good=sqlite3.sqlite_version_info >= (3, 37), detail=sqlite3.sqlite_version)


def _store(settings: Settings) -> list[Finding]:
    seen = inspect(
        settings.data_dir / STORE_FILE,
        limits=limits_of(settings.store),
        flash_tbw=settings.store.flash_tbw,
        now=SystemClock().now().at,
    )
    return [Finding(what=one.what, good=one.good, detail=one.detail) for one in seen]


def _identity(data_dir: Path) -> Finding:
    try:
        identity = load_identity(data_dir)
    except IdentityError as error:
        return Finding(what="identity", good=False, detail=str(error))
    if identity is None:
        return Finding(what="identity", good=False, detail="not enrolled: voltdock-edge enrol --hub URL --code CODE")
    who = f"{identity.name} ({identity.station_id}) at {identity.hub_url}"
    if is_revoked(data_dir):
        return Finding(what="identity", good=False, detail=f"{who}: the hub has revoked its key; enrol it anew")
    return Finding(what="identity", good=True, detail=who)


def _clock(data_dir: Path) -> Finding:
    """What the agent would take the time for if it started now, or takes it for since it wrote it down."""
    clock = StationClock(data_dir / CLOCK_FILE)
    now = clock.now()
    if not now.is_trusted:
        since = "" if clock.last is None else f"; certainly later than {rfc3339(from_ms(now.earliest_ms))}"
        detail = f"{now.quality.value}: nobody has confirmed the time in this boot (no NTP, no hub){since}"
        return Finding(what="clock", good=False, detail=detail)
    off_s, doubt_s = -clock.offset_ms() / 1000, now.uncertainty_ms / 1000
    detail = f"{now.quality.value}, within {doubt_s:.1f} s; the machine's own clock is off by {off_s:+.1f} s"
    return Finding(what="clock", good=abs(off_s) <= MAX_CLOCK_OFF_S + doubt_s, detail=detail)


def _dock_port(settings: Settings) -> Finding:
    port = settings.docks.port
    if port is None:
        return Finding(what="dock bus", good=True, detail="none set")
    usable = os.access(port, os.R_OK | os.W_OK)
    return Finding(what="dock bus", good=usable, detail=port if usable else f"{port} cannot be read and written")


def _ports(settings: Settings) -> list[Finding]:
    wanted = [("kiosk", settings.kiosk.host, settings.kiosk.port)]
    if settings.chargers.charger:
        wanted.append(("chargers", settings.chargers.host, settings.chargers.port))
    return [_port(*one) for one in wanted]


def _port(what: str, host: str, port: int) -> Finding:
    """Free, or already ours: an agent that runs holds it."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            taken = error.errno == errno.EADDRINUSE
            detail = f"{host}:{port} {'in use: by the agent, if it runs' if taken else _why(error)}"
            return Finding(what=f"{what} port", good=taken, detail=detail)
    return Finding(what=f"{what} port", good=True, detail=f"{host}:{port} free")


async def _reach(what: str, host: str, port: int) -> Finding:
    try:
        async with asyncio.timeout(3):
            _, writer = await asyncio.open_connection(host, port)
    except (OSError, TimeoutError) as error:
        return Finding(what=what, good=False, detail=f"{host}:{port} {_why(error)}")
    writer.close()
    await writer.wait_closed()
    return Finding(what=what, good=True, detail=f"{host}:{port} answers")


def _enrolled_at(data_dir: Path) -> str | None:
    try:
        identity = load_identity(data_dir)
    except IdentityError:
        return None
    return None if identity is None else identity.hub_url


async def _hub(settings: Settings) -> Finding:
    url = settings.hub.url or _enrolled_at(settings.data_dir)
    if url is None:
        return Finding(what="hub", good=False, detail="none known: not enrolled, and no hub.url")
    try:
        async with aiohttp.ClientSession(timeout=_TIMEOUT) as session, session.get(url + "/readyz") as response:
            date, status = response.headers.get("Date", ""), response.status
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        return Finding(what="hub", good=False, detail=f"{url}: {_why(error)} (the station works without)")
    off_s = _clock_off_s(settings.data_dir, date)
    good = status == 200 and (off_s is None or abs(off_s) <= MAX_CLOCK_OFF_S)
    clock = "" if off_s is None else f", clocks differ by {off_s:+.0f} s"
    return Finding(what="hub", good=good, detail=f"{url}: HTTP {status}{clock}")


async def _sync(settings: Settings) -> Finding:
    """What the agent that runs says of its exchange with the hub."""
    url = f"http://{settings.kiosk.host}:{settings.kiosk.port}/healthz"
    try:
        async with aiohttp.ClientSession(timeout=_TIMEOUT) as session, session.get(url) as response:
            told = (await response.json(content_type=None)).get("sync") or {}
    except (aiohttp.ClientError, TimeoutError, OSError, ValueError, AttributeError):
        return Finding(what="sync", good=True, detail="the agent does not run here")
    needed = told.get("update_needed")
    if needed is not None:
        who = "this station's agent is too old for its hub" if needed == "station_outdated" else "the hub is too old"
        return Finding(
            what="sync", good=False, detail=f"{who}: update it; until then the station works without the hub"
        )
    detail = f"{told.get('line', 'not enrolled')}, last success {told.get('last_success_at') or 'never'}"
    return Finding(what="sync", good=True, detail=detail)


def _clock_off_s(data_dir: Path, date: str) -> float | None:
    """How far the station's clock is ahead of the hub's Date header; only for people, never used to set a clock."""
    try:
        theirs = email.utils.parsedate_to_datetime(date)
    except ValueError:
        return None
    if theirs.tzinfo is None:  # "-0000" (RFC 5322 §3.3): a time of no known zone
        return None
    return (StationClock(data_dir / CLOCK_FILE).now().at - theirs).total_seconds()


def _why(error: Exception) -> str:
    return str(error) or "does not answer"
