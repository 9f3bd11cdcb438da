"""Opens the three books when a round is over: the world's memory, the station's file, the hub's API."""

import dataclasses
import datetime as dt
import json
import sqlite3
import time
import uuid
from pathlib import Path
from typing import Final

import msgspec

from edge_agent.store import reading
from firmware_sim.plan import DEMO, STATION_ID
from protocols.sync import facts
from protocols.sync.envelope import decode_fact
from protocols.values import to_ms
from tests.journeys.faults import books, money
from tests.journeys.faults.lab import Lab
from tests.journeys.faults.life import Life

UNWRITTEN_MS: Final = 500  # from the line to the disk, on a machine that has much else to do
HUBS_OWN: Final = frozenset({"from_ms", "until_ms", "margin_ms"})  # told by the hub, so not by the station's clock
LANES = ("biz", "ops", "tel")


def world_book(lab: Lab, life: Life) -> books.World:
    """Book 1."""
    return books.World(
        opened=tuple(lab.opened),
        first={one.vehicle_id: one.dock_no for one in DEMO.vehicles if one.dock_no is not None},
        moves=tuple(life.moves),
        promised=frozenset(life.promised | life.booked.rentals),
        charges=tuple((key, charge) for key, charger in lab.world.chargers.items() for charge in charger.book),
        heard={dock_no: _understood(heard, lab.agent.lives, lab.agent.full_ms) for dock_no, heard in lab.heard.items()},
        booted=lab.booted,
        readings=tuple(lab.readings),
        revoked=tuple(life.let_in),
        staff=dict(life.ordered),
        confirmed=frozenset(life.booked.confirmed),
        turned_away=dict(life.booked.turned_away),
        unanswered=tuple(life.unanswered) if lab.restored else (),
    )


def _understood(heard: list[int], lives: list[list[int]], full_ms: list[list[int]]) -> list[int]:
    """Without what reached the station's end of the line in vain.

    Nobody was there (it answered a request of the life before), or there was no time to write it down.
    """
    return [at_ms for at_ms in heard if any(_is_written(at_ms, life, full_ms) for life in lives)]


def _is_written(at_ms: int, life: list[int], full_ms: list[list[int]]) -> bool:
    """Heard in this life, which took long enough afterwards, with a disk that took something before its end."""
    began, *over = life
    if at_ms < began:
        return False
    if not over:
        return True
    end = over[0]
    full = any(one[0] - UNWRITTEN_MS <= at_ms and end <= one[-1] + UNWRITTEN_MS for one in full_ms if len(one) == 2)
    return at_ms + UNWRITTEN_MS <= end and not full


def station_book(lab: Lab) -> books.Station:
    """Book 2, from the file itself; works while the agent runs.

    Instants are told by what the monotonic clock says that they were: the station's own may be off by its uncertainty.
    """
    rows = [_set_right(_journalled(line), lab.boot_ms) for line in reading.export(lab.store)]
    return books.Station(
        facts=tuple(rows),
        unlocks=tuple(_unlock_orders(lab.store)),
        twins=frozenset(str(_journalled(line).fact.id) for twin in lab.twins for line in reading.export(twin)),
        forks_noticed=lab.forks_noticed(),
    )


def _set_right(row: books.Journalled, boot_ms: int) -> books.Journalled:
    """With the instants of its body by the right clock: `boot_ms` is when the monotonic clock began."""
    if row.body is None:
        return row
    wrong_by = row.fact.at_ms - (boot_ms + row.fact.mono_ms)
    instants = [name for name in row.body.__struct_fields__ if name.endswith("_ms") and name not in HUBS_OWN]
    told = {name: getattr(row.body, name) for name in instants}
    right = {name: value - wrong_by for name, value in told.items() if isinstance(value, int)}
    return dataclasses.replace(row, body=msgspec.structs.replace(row.body, **right))


def _journalled(line: str) -> books.Journalled:
    head, _, record = line.partition(', "record": ')
    place = json.loads(head + "}")
    raw = record[:-1].encode()
    fact = decode_fact(raw)
    return books.Journalled(
        lane=place["lane"],
        epoch=place["epoch"],
        seq=place["seq"],
        hash=bytes.fromhex(place["hash"]),
        record=raw,
        fact=fact,
        body=facts.body_of(fact),
    )


def _unlock_orders(path: Path) -> list[books.UnlockOrder]:
    file = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        rows = file.execute("SELECT hlc, data FROM journal WHERE kind = 'UnlockDock' ORDER BY n").fetchall()
    finally:
        file.close()
    orders = [(hlc, json.loads(data)) for hlc, data in rows]
    return [
        books.UnlockOrder(hlc=hlc, order_id=uuid.UUID(one["order_id"]), dock_no=one["dock_no"]) for hlc, one in orders
    ]


def unsettled(lab: Lab) -> int:
    """How many rentals and charges of the station's file have begun and are not over."""
    begun, over = set(), set()
    for one in (_journalled(line).body for line in reading.export(lab.store)):
        match one:
            case facts.RentalStarted():
                begun.add(one.rental_id)
            case facts.RentalVoided() | facts.RentalEnded():
                over.add(one.rental_id)
            case facts.ChargingStarted():
                begun.add(one.session_id)
            case facts.ChargingStopped():
                over.add(one.session_id)
    return len(begun - over)


async def hub_book(lab: Lab) -> books.Hub:
    """Book 3, by the public API. Raises DemoError."""
    await lab.hub.sign_in()
    every = lab.hub.all_of
    return books.Hub(
        facts=tuple([one for lane in LANES for one in await _received(lab, lane)]),
        rentals=await every("/api/v1/rentals"),
        sessions=await every("/api/v1/charging-sessions"),
        tariffs=money.tariffs_of(await every("/api/v1/tariffs")),
        orders=await every("/api/v1/orders"),
        quarantine=await every("/api/v1/quarantine"),
        bookings=await every("/api/v1/reservations"),
        cases=await every("/api/v1/cases"),
        began_ms=lab.began_ms,
        read_ms=time.time_ns() // 1_000_000,
        booted_wrong=lab.booted_wrong,
    )


async def _received(lab: Lab, lane: str) -> list[books.Received]:
    found: list[books.Received] = []
    cursor = ""
    while True:
        page = await lab.hub.get(f"/api/v1/facts?station_id={STATION_ID}&lane={lane}&limit=200{cursor}")
        found += [
            books.Received(
                lane=one["lane"],
                epoch=one["epoch"],
                seq=one["seq"],
                fact_id=str(one["fact_id"]),
                record=one["record"].encode(),
                received_ms=to_ms(dt.datetime.fromisoformat(one["received_at"])),
            )
            for one in page["items"]
        ]
        if not page.get("next_cursor"):
            return found
        cursor = f"&cursor={page['next_cursor']}"
