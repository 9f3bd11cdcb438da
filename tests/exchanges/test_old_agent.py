"""What agents of older versions sent, to the byte, against today's hub: the same verdicts, replies that they can read.

A wire that changed so that an old agent cannot live with this hub fails here.
"""

import asyncio
import contextlib
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
import pytest
from sqlalchemy import select

from hub.app import serve
from hub.intake.downlink import Downlink
from hub.intake.tables import FactCursor, FactRow, Order, QuarantinedFact, StationKey
from hub.kernel.clock import SystemClock
from hub.kernel.db import Database
from hub.kernel.nudges import LocalNudges
from hub.rentals.tables import Rental
from hub.settings import load
from hub.stations import seed
from protocols.sync.changes import ORDERS
from protocols.sync.envelope import Lane
from tests.exchanges.recorder import forget
from tests.exchanges.recordings import SYNC, VERSIONS, Exchanged, HubDid, recorded
from tests.frozen.v0_1_0 import changes, envelope, facts

READERS: dict[str, Any] = {"0.1.0": (envelope, changes, facts)}
_WAIT_S = 60


class _GivenId(SystemClock):
    """The next id is the recorded one: the agent's fact names it."""

    def __init__(self, first: uuid.UUID) -> None:
        self._first: uuid.UUID | None = first

    def new_id(self) -> uuid.UUID:
        first, self._first = self._first, None
        return first or super().new_id()


class OldStation:
    """Reads replies with the code of its version, and holds the lists as that version did."""

    def __init__(self, version: str) -> None:
        self._envelope, self._changes, _ = READERS[version]
        self.lists: dict[str, tuple[int, dict[str, bytes]]] = {}
        self.orders: set[uuid.UUID] = set()

    def read(self, reply: bytes) -> envelope.SyncReply:
        read: envelope.SyncReply = self._envelope.decode_reply(reply)
        for raw in read.changes:
            self._take(raw)
        return read

    def _take(self, raw: msgspec.Raw) -> None:
        change = self._envelope.decode_change(raw)
        match change:
            case envelope.OrderChange():
                self._changes.order_body_of(change)
                self.orders.add(change.id)
            case envelope.ListChange():
                version, items = self.lists.get(change.name, (0, {}))
                assert change.from_version in (None, version)
                kept = {} if change.from_version is None else dict(items)
                kept = {key: item for key, item in kept.items() if key not in change.deletes}
                kept |= {msgspec.json.decode(item)["key"]: bytes(item) for item in change.upserts}
                assert self._envelope.digest_of(list(kept.items())) == change.sha256
                for item in change.upserts:
                    self._changes.item_of(change.name, item)  # raises Malformed where it could not be read
                self.lists[change.name] = (change.to_version, kept)


@contextlib.asynccontextmanager
async def hub_on(database: Database, data_dir: Path) -> AsyncIterator[str]:
    settings = load(None, {}, database_url=database.url, data_dir=data_dir, port=0, drain_s=0)
    stop, url = asyncio.Event(), asyncio.get_running_loop().create_future()
    serving = asyncio.create_task(serve(settings, stop=stop, listening=url.set_result, demo=True))
    try:
        yield await asyncio.wait_for(url, _WAIT_S)
    finally:
        stop.set()
        await serving


@pytest.mark.parametrize("version", VERSIONS)
async def test_an_old_agent_s_requests_get_the_same_verdicts_and_replies_it_can_read(
    version: str, database: Database, tmp_path: Path
) -> None:
    old = OldStation(version)
    async with hub_on(database, tmp_path) as url, aiohttp.ClientSession() as http:
        for line in recorded(version):
            if isinstance(line, HubDid):
                await _hub_does(database, line)
            else:
                await _asked(http, url, line, old)
    assert {"station", "vehicles", "tariffs", "cards", "voucher_keys"} <= old.lists.keys()
    assert len(old.orders) == 3
    await _ended_well(database, version)


async def _asked(http: aiohttp.ClientSession, url: str, one: Exchanged, old: OldStation) -> None:
    async with http.request(
        one.method, url + one.path, data=one.request, headers=one.sent, skip_auto_headers=("Content-Encoding",)
    ) as answer:
        reply = await answer.read()
    assert answer.status == one.status, reply
    if one.path != SYNC:
        assert msgspec.json.decode(reply).items() >= msgspec.json.decode(one.reply).items()
    elif one.status == 200:
        now, then = old.read(reply), envelope.decode_reply(one.reply)
        assert (now.results, now.quarantined) == (then.results, then.quarantined)
        assert {(c.lane, c.epoch, c.acked) for c in now.cursors} == {(c.lane, c.epoch, c.acked) for c in then.cursors}
    else:
        now_said, then_said = msgspec.json.decode(reply), msgspec.json.decode(one.reply)
        assert {name: now_said[name] for name in ("code", "epoch_floor")} == {
            name: then_said[name] for name in ("code", "epoch_floor")
        }


async def _hub_does(database: Database, did: HubDid) -> None:
    if did.what == "forget":
        await forget(database, seed.ID, Lane(did.given["lane"]), did.given["epoch"], did.given["acked"])
        return
    body = msgspec.json.decode(did.given["body"], type=ORDERS[did.given["type"], 1])
    async with database.transaction() as session:
        downlink = Downlink(_GivenId(uuid.UUID(did.given["id"])), LocalNudges())
        await downlink.send_order(session, seed.ID, body, life_s=86_400.0 * 365, by=None)


async def _ended_well(database: Database, version: str) -> None:
    """Every fact that the agent sent is kept to the byte, and all but the unreadable one had its effect."""
    sent = {
        bytes(raw)
        for line in recorded(version)
        if isinstance(line, Exchanged) and line.path == SYNC
        for batch in envelope.decode_request(line.plain).batches
        for raw in batch.records
    }
    async with database.reading() as session:
        kept = set(await session.scalars(select(FactRow.record)))
        aside: list[Any] = list(await session.execute(select(QuarantinedFact.type, QuarantinedFact.code)))
        outcomes = set(await session.scalars(select(Order.outcome)))
        rentals = set(await session.scalars(select(Rental.state)))
        forked = [one for one in await session.scalars(select(FactCursor)) if one.forked_at is not None]
        keys = list(await session.scalars(select(StationKey.station_id)))
    assert kept == sent
    assert sorted(map(tuple, aside)) == [
        ("FromTheFuture", "unknown_type"), ("RentalEnded", "bad_fact_body"), ("RentalEnded", "unknown_type"),
    ]  # fmt: skip
    assert outcomes == {"refused", "done"}
    assert "ended" in rentals
    assert len(forked) == 1
    assert keys == [seed.ID]
