"""Looks at a station's file from outside, while the agent runs or not, and says what a person should know of it."""

import datetime as dt
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from edge_agent.store import aside, backup, lost, wear
from edge_agent.store.chains import load_chains
from edge_agent.store.database import check, open_reader
from edge_agent.store.errors import StoreDamaged
from edge_agent.store.limits import MIB, Limits, Pressure, measure
from protocols.sync.envelope import LossReason

OLD_BACKUP_S: Final = 2 * backup.EVERY_S
FEW_YEARS: Final = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One thing that was looked at."""

    what: str
    good: bool
    detail: str


def inspect(path: Path, *, limits: Limits, flash_tbw: float, now: dt.datetime) -> list[Seen]:
    """Integrity, room by class, what is lost, the copy, files that were moved aside, the card's life."""
    if not path.is_file():
        return [_missing(path)]
    conn = open_reader(path)
    try:
        check(conn)
        seen = [Seen(what="store", good=not aside.is_marked(path), detail=f"{path} is sound")]
        seen += [_room(conn, path, limits), _losses(conn), _flash(conn, flash_tbw)]
    except (sqlite3.Error, StoreDamaged) as error:
        detail = f"{error}; the next start of the agent salvages it, export --file reads it"
        seen = [Seen(what="store", good=False, detail=detail)]
    finally:
        conn.close()
    return [*seen, _backup(path, now), *_aside(path)]


def _missing(path: Path) -> Seen:
    copy = backup.backup_of(path).exists()
    detail = f"{path} is missing; the agent makes it anew from the daily copy" if copy else "not made yet"
    return Seen(what="store", good=not copy, detail=detail)


def _room(conn: sqlite3.Connection, path: Path, limits: Limits) -> Seen:
    gaps = lost.load(conn)
    used = measure(conn, path, load_chains(conn, gaps).values(), gaps, limits)
    most = "no limit" if limits.max_bytes is None else f"{limits.max_bytes // MIB} MB"
    detail = (
        f"{used.file / MIB:.1f} of {most} in use: telemetry {used.telemetry / MIB:.1f} MB, journal"
        f" {used.journal / MIB:.1f} MB; {used.disk_free // MIB} MB of the disk are free"
    )
    if used.pressure:
        detail += f"; pressure: {used.pressure.name.lower()}"
    return Seen(what="store room", good=used.pressure is Pressure.NONE and not used.reached, detail=detail)


def _losses(conn: sqlite3.Connection) -> Seen:
    found = lost.load(conn)
    damaged = sum(one.gone for one in found if one.reason == LossReason.DAMAGED)
    shed = sum(one.gone for one in found if one.reason == LossReason.SHED)
    untold = sum(not one.told for one in found)
    detail = "nothing" if not found else f"{damaged} by damage, {shed} for want of room, in {len(found)} ranges"
    if untold:
        detail += f", {untold} of them not told to the hub yet"
    return Seen(what="lost facts", good=all(one.reason == LossReason.SHED for one in found), detail=detail)


def _flash(conn: sqlite3.Connection, flash_tbw: float) -> Seen:
    found = wear.read(conn)
    rate, years = found.bytes_a_day, found.years_left(flash_tbw)
    if rate is None or years is None:
        return Seen(what="card", good=True, detail="not measured for an hour yet")
    life = f"{years:.1f} years" if years < 100 else "more than 100 years"
    detail = f"{rate / 1e6:.0f} MB written a day; a card of {flash_tbw:g} TB lasts {life}"
    return Seen(what="card", good=years >= FEW_YEARS, detail=detail)


def _backup(path: Path, now: dt.datetime) -> Seen:
    age_s = backup.age_s(path, now.timestamp())
    if age_s is None:
        return Seen(what="daily copy", good=True, detail="none yet")
    return Seen(what="daily copy", good=age_s <= OLD_BACKUP_S, detail=f"{age_s / 3600:.0f} hours old")


def _aside(path: Path) -> list[Seen]:
    return [
        Seen(what="damaged file", good=True, detail=f"{one} was moved aside; export --file reads it")
        for one in aside.damaged_files(path)
    ]
