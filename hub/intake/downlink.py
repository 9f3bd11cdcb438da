"""Everything that goes down to the stations: versioned lists and orders, as gap-free revisions per station.

Domains call it through Protocols of their own (`Lists`); the wiring fills them. A publisher holds the feed rows
of the stations it writes to until its transaction ends, so revisions have no gap and no two publishers meet.
"""

import dataclasses
import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from hub import events
from hub.intake import scopes
from hub.intake.tables import ListItem, Order, StationChange, StationFeed
from hub.kernel.bulk import Write, insert_many, write_together
from hub.kernel.clock import Clock
from hub.kernel.db import after_commit
from hub.kernel.new_rows import flush_with
from hub.kernel.nudges import Nudges
from hub.kernel.reach import reach_of
from hub.kernel.statements import Statement, id_in, is_sqlite, json_in, run
from protocols.errors import Refused
from protocols.sync.changes import Item, OrderBody
from protocols.sync.envelope import ListChange, OrderChange, digest_of, encode
from protocols.sync.facts import OrderEnded
from protocols.values import from_ms, to_ms

_LOCK: Final = 0x766F6C7464  # "voltd": who adds a station or publishes to all holds this advisory lock
_NUDGED: Final = "nudged_stations"
_ITEMS: Final = "SELECT scope, key, payload FROM list_items WHERE list = ?1 AND scope = ANY(?2)"
_OF_ORGANISATION: Final = "station_id = ?1 AND station_id IN (SELECT id FROM stations WHERE organisation_id = ?2)"
Items = dict[str, bytes]


@dataclass(slots=True)
class Feed:
    """A row of `station_feeds` that this transaction holds."""

    station_id: uuid.UUID
    rev: int
    lists: dict[str, Any]
    pruned_rev: int


class Downlink:
    """Publishes to the stations inside the caller's transaction; they are nudged after its commit."""

    def __init__(self, clock: Clock, nudges: Nudges) -> None:
        self._clock = clock
        self._nudges = nudges

    async def put(
        self, session: AsyncSession, name: str, items: Sequence[Item], *, station_id: uuid.UUID | None = None
    ) -> None:
        """Add or replace items of a list, for one station or (None) for all whom they concern (`scopes`).

        What is the same changes nothing.
        """
        if station_id is not None:
            await self._change(session, name, _encoded(items), (), station_id, [station_id])
            return
        await _lock(session)
        for scope, mine in sorted((await scopes.by_scope(session, name, items)).items()):
            told = await scopes.of_organisation(session, name, scope)
            await self._change(session, name, _encoded(mine), (), scope, told)

    async def withdraw(
        self, session: AsyncSession, name: str, keys: Iterable[str], *, station_id: uuid.UUID | None = None
    ) -> None:
        """Take items out of a list, where they are in it."""
        if station_id is not None:
            await self._change(session, name, {}, tuple(keys), station_id, [station_id])
            return
        await _lock(session)
        for scope, gone in sorted((await scopes.scopes_of(session, name, tuple(keys))).items()):
            await self._change(session, name, {}, gone, scope, await scopes.of_organisation(session, name, scope))

    async def replace(self, session: AsyncSession, name: str, items: Sequence[Item], *, station_id: uuid.UUID) -> None:
        """These are the station's own items of a list from now on, and no others."""
        given = _encoded(items)
        stored = await _stored(session, name, station_id)
        gone = [key for key in stored if key not in given]
        await self._change(session, name, given, gone, station_id, [station_id])

    async def send_order(
        self, session: AsyncSession, station_id: uuid.UUID, body: OrderBody, *, life_s: float, by: uuid.UUID | None
    ) -> Order:
        """An order that the station carries out at most once, and not after `life_s`. Raises Refused `not_found`."""
        found = await _own_feed(session, station_id)
        if not found:
            raise Refused("not_found", station_id=str(station_id))
        [feed] = found
        now = self._clock.now()
        not_after_ms = to_ms(now) + int(life_s * 1000)
        kind, raw = type(body).__name__, msgspec.json.encode(body)
        order_id, rev = self._clock.new_id(), feed.rev + 1
        change = OrderChange(rev=rev, id=order_id, type=kind, v=1, not_after_ms=not_after_ms, body=msgspec.Raw(raw))
        feed.rev = rev
        await self._append(session, [feed], [_row(station_id, change, kind, not_after_ms)])
        order = Order(
            id=order_id,
            created_at=now,
            station_id=station_id,
            rev=rev,
            type=kind,
            v=1,
            body=msgspec.json.decode(raw),
            not_after=from_ms(not_after_ms),
            ordered_by=by,
            outcome=None,
            detail="",
            ended_at=None,
        )
        session.add(order)
        return order

    async def when_added(self, session: AsyncSession, event: events.StationAdded) -> None:
        """Open the station's feed with what all stations are told."""
        await _lock(session)
        if await _own_feed(session, event.station_id):
            return
        lists: dict[str, Any] = {}
        rows: list[dict[str, Any]] = []
        for name, items in sorted((await _items(session, None, event.station_id)).items()):
            rev = len(rows) + 1
            lists[name] = 1
            rows.append(_row(event.station_id, _whole(rev, name, 1, items), name))
        session.add(StationFeed(station_id=event.station_id, rev=len(rows), lists=lists, pruned_rev=0))
        await session.flush()
        await insert_many(session, StationChange, rows, key=("station_id", "rev"))

    async def when_ended(self, session: AsyncSession, event: events.OrdersReported) -> None:
        """What became of orders. The first end counts; the station tells it once."""
        for one in event.facts:
            ended = one.body
            if isinstance(ended, OrderEnded):
                await session.execute(
                    update(Order)
                    .where(Order.id == ended.order_id, Order.station_id == one.station_id, Order.outcome.is_(None))
                    .values(outcome=ended.outcome[:20], detail=ended.detail[:500], ended_at=one.received_at)
                )

    async def _change(
        self,
        session: AsyncSession,
        name: str,
        given: Items,
        gone: Sequence[str],
        scope: uuid.UUID,
        told: Sequence[uuid.UUID] | None,
    ) -> None:
        """Change what is kept under a scope, for these stations (None: all)."""
        mine = told == [scope]
        feeds = await (_own_feed(session, scope) if mine else _feeds(session, told))
        every = await _by_scope(session, name, {scope, scopes.ALL} if mine else {scope})
        stored = every[scope]
        given = {key: raw for key, raw in given.items() if stored.get(key) != raw}
        gone = [key for key in gone if key in stored]
        if not given and not gone:
            return
        await _take_out(session, name, scope, gone)
        ears = await scopes.ears(session, [feed.station_id for feed in feeds], name)
        left = {one for ear in ears.values() for one in ear.scopes(name)} - every.keys()
        every |= await _by_scope(session, name, left)
        every[scope] = {key: raw for key, raw in (stored | given).items() if key not in gone}
        rows = []
        for feed in feeds:
            shared, own = ears[feed.station_id].scopes(name)
            version = feed.lists.get(name, 0)
            change = _step(feed.rev + 1, name, version, every[shared] | every[own], [*given, *gone])
            rows.append(_row(feed.station_id, change, name))
            feed.rev, feed.lists = feed.rev + 1, {**feed.lists, name: version + 1}
        kept = [{"list": name, "scope": scope, "key": key, "payload": raw} for key, raw in given.items()]
        await self._append(session, feeds, rows, kept)

    async def _append(
        self,
        session: AsyncSession,
        feeds: Sequence[Feed],
        rows: Sequence[dict[str, Any]],
        kept: Sequence[dict[str, Any]] = (),
    ) -> None:
        """Write the feeds' next changes, which their `rev` counts already, and what lists hold: all of it at once."""
        items = Write(ListItem, kept, ("list", "scope", "key"), replaces=True)
        changes = Write(StationChange, rows, ("station_id", "rev"), replaces=False)
        moved = Write(StationFeed, [dataclasses.asdict(feed) for feed in feeds], ("station_id",), replaces=True)
        await write_together(session, items, changes, moved)
        waiting: dict[uuid.UUID, int] = session.info.setdefault(_NUDGED, {})
        if not waiting:
            after_commit(session, lambda: self._wake(waiting))
        waiting.update((feed.station_id, feed.rev) for feed in feeds)

    def _wake(self, stations: dict[uuid.UUID, int]) -> None:
        for station_id, rev in tuple(stations.items()):
            self._nudges.nudge(station_id, rev)
        stations.clear()


def _encoded(items: Iterable[Item]) -> Items:
    return {item.key: msgspec.json.encode(item) for item in items}


def has_published(session: AsyncSession, station_id: uuid.UUID) -> bool:
    """Whether this session has written changes for the station."""
    return station_id in session.info.get(_NUDGED, ())


def _step(rev: int, name: str, version: int, whole: Items, touched: Sequence[str]) -> ListChange:
    """The step from this version to the next; the first one is the whole list."""
    if version == 0:
        return _whole(rev, name, 1, whole)
    return ListChange(
        rev=rev,
        name=name,
        from_version=version,
        to_version=version + 1,
        sha256=digest_of(list(whole.items())),
        upserts=[msgspec.Raw(whole[key]) for key in touched if key in whole],
        deletes=[key for key in touched if key not in whole],
    )


def _whole(rev: int, name: str, version: int, items: Mapping[str, bytes]) -> ListChange:
    return ListChange(
        rev=rev,
        name=name,
        from_version=None,
        to_version=version,
        sha256=digest_of(list(items.items())),
        upserts=[msgspec.Raw(raw) for _, raw in sorted(items.items())],
    )


async def whole_list(session: AsyncSession, station_id: uuid.UUID, name: str, version: int, rev: int) -> ListChange:
    """The station's whole list as it is now."""
    return _whole(rev, name, version, (await _items(session, name, station_id)).get(name, {}))


async def _items(session: AsyncSession, name: str | None, station_id: uuid.UUID) -> dict[str, Items]:
    """What a station holds, by list (None: of all lists)."""
    ear = (await scopes.ears(session, [station_id], name))[station_id]
    kept_under = {scopes.ALL, ear.organisation_id, station_id}
    found = select(ListItem.list, ListItem.scope, ListItem.key, ListItem.payload).where(ListItem.scope.in_(kept_under))
    if name is not None:
        found = found.where(ListItem.list == name)
    lists: dict[str, tuple[Items, Items]] = {}
    for one, scope, key, payload in await session.execute(found):
        shared, own = lists.setdefault(one, ({}, {}))
        if scope in ear.scopes(one):
            (own if scope == station_id else shared)[key] = payload
    return {one: shared | own for one, (shared, own) in lists.items() if shared or own}


async def _by_scope(session: AsyncSession, name: str, wanted: Collection[uuid.UUID]) -> dict[uuid.UUID, Items]:
    """The items of a list under each of these scopes."""
    items: dict[uuid.UUID, Items] = {scope: {} for scope in wanted}
    if wanted:
        [found] = await run(session, Statement(_ITEMS, (name, list(wanted)), reached=True))
        for scope, key, payload in found.rows:
            items[id_in(scope)][key] = payload
    return items


async def _stored(session: AsyncSession, name: str, scope: uuid.UUID) -> Items:
    return (await _by_scope(session, name, [scope]))[scope]


async def _take_out(session: AsyncSession, name: str, scope: uuid.UUID, gone: Sequence[str]) -> None:
    if gone:
        await session.execute(
            delete(ListItem).where(ListItem.list == name, ListItem.scope == scope, ListItem.key.in_(gone))
        )


async def _lock(session: AsyncSession) -> None:
    if session.get_bind().dialect.name == "postgresql":  # SQLite has one writer at a time anyway
        await session.execute(select(func.pg_advisory_xact_lock(_LOCK)))


async def _own_feed(session: AsyncSession, station_id: uuid.UUID) -> list[Feed]:
    """The feed of one station, held until the transaction ends; none where it is not within the caller's reach."""
    reach = reach_of(session.sync_session)
    if reach is not None and reach.stations is not None and station_id not in reach.stations:
        return []
    if reach is None or reach.organisation_id is None:
        return await _held(session, "station_id = ?1", station_id)
    return await _held(session, _OF_ORGANISATION, station_id, reach.organisation_id)


async def _feeds(session: AsyncSession, told: Sequence[uuid.UUID] | None) -> list[Feed]:
    """The feeds of these stations (None: of all), held until the transaction ends.

    Whoever changes what is told to several tells all of them, how far he may reach himself.
    """
    if told is None:
        return await _held(session, "station_id IS NOT NULL")
    return await _held(session, "station_id = ANY(?1)", list(told))


async def _held(session: AsyncSession, where: str, *values: Any) -> list[Feed]:
    """Always in the same order, so that publishers cannot deadlock.

    What the session has yet to write is written first: whoever waits there for another booking of the vehicle must
    not hold the feed for which that one waits.
    """
    if session.new or session.dirty or session.deleted:
        await flush_with(session)
    sql = f"SELECT station_id, rev, lists, pruned_rev FROM station_feeds WHERE {where} ORDER BY station_id"  # noqa: S608
    if not is_sqlite(session):  # which has one writer at a time anyway
        sql += " FOR UPDATE"
    [found] = await run(session, Statement(sql, values, reached=True))
    return [Feed(id_in(station_id), rev, json_in(lists), pruned) for station_id, rev, lists, pruned in found.rows]


def _row(
    station_id: uuid.UUID, change: ListChange | OrderChange, name: str, not_after_ms: int | None = None
) -> dict[str, Any]:
    return {
        "station_id": station_id,
        "rev": change.rev,
        "kind": "list" if isinstance(change, ListChange) else "order",
        "name": name,
        "not_after_ms": not_after_ms,
        "payload": encode(change),
    }
