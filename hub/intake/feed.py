"""What a station has not heard yet: the page of changes after its revision, and whole lists where versions differ.

A station that starts from nothing, or was away for more than a page of changes, gets whole lists and the orders that
still live, not its whole history; so the steps of lists can be forgotten (`prune`). A station that knows more than
the hub (the hub was restored from a backup) is believed: revisions and versions go on above what it holds.
"""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import msgspec
from sqlalchemy import delete, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from hub.intake.downlink import whole_list
from hub.intake.tables import StationChange, StationFeed
from hub.kernel.sqlite import Ran
from hub.kernel.statements import Statement, json_in
from protocols.sync.envelope import ListChange, decode_change, encode
from protocols.values import to_ms

_MOST_CHANGES: Final = 200
_MOST_BYTES: Final = 512 * 1024
KEPT_REVS: Final = 500
ORDERS_KEPT: Final = dt.timedelta(days=7)  # after their time is over: the station answers a late one as expired
_MOST_PRUNED: Final = 500  # stations in one transaction; the next sweep goes on


@dataclass(frozen=True, slots=True, kw_only=True)
class Downward:
    """The changes up to `rev`; `more` says that another request would bring more at once.

    `hub_knew`: the last revision that the hub knew, where the station knows a later one; None otherwise.
    """

    rev: int
    changes: list[msgspec.Raw] = field(default_factory=list)
    more: bool = False
    hub_knew: int | None = None


def head_of(station_id: uuid.UUID) -> Statement:
    """Finds the station's last revision and its lists' versions. `is_level` reads them."""
    return Statement("SELECT rev, lists FROM station_feeds WHERE station_id = ?1", (station_id,))


def is_level(found: Ran, rev: int, versions: Mapping[str, int]) -> bool:
    """Whether a station with this revision and these versions has heard everything."""
    return bool(found.rows) and found.rows[0][0] == rev and json_in(found.rows[0][1]) == versions


async def downward(
    session: AsyncSession, station_id: uuid.UUID, rev: int, versions: Mapping[str, int], now_ms: int
) -> Downward:
    """What goes down to a station that has stored `rev` and holds these list versions."""
    feed = await session.get(StationFeed, station_id, populate_existing=True)
    if feed is None:
        return Downward(rev=rev)
    if rev == feed.rev and dict(versions) == feed.lists:
        return Downward(rev=rev)
    hub_knew = None
    if rev > feed.rev or any(version > feed.lists.get(name, 0) for name, version in versions.items()):
        hub_knew = feed.rev if rev > feed.rev else None
        feed = await _catch_up(session, station_id, rev, versions)
    whole = rev == 0 or rev < feed.pruned_rev
    rows, more = await _page(session, station_id, rev, feed.rev, now_ms, whole=whole)
    if more and not whole:  # so many steps are dearer than the lists themselves
        rows, more = await _page(session, station_id, rev, feed.rev, now_ms, whole=True)
    if more:
        return Downward(
            rev=rows[-1].rev, changes=[msgspec.Raw(row.payload) for row in rows], more=True, hub_knew=hub_knew
        )
    broken = _broken(rows, versions, feed.lists)
    changes = [row.payload for row in rows if row.kind != "list" or row.name not in broken]
    if broken:
        feed = await _hold(session, station_id)
        wholes = [await whole_list(session, station_id, name, feed.lists[name], feed.rev) for name in sorted(broken)]
        changes += [encode(whole) for whole in wholes]
    return Downward(rev=feed.rev, changes=[msgspec.Raw(raw) for raw in changes], hub_knew=hub_knew)


async def current_rev(session: AsyncSession, station_id: uuid.UUID) -> int:
    """The last revision of a station's changes."""
    return await session.scalar(select(StationFeed.rev).where(StationFeed.station_id == station_id)) or 0


async def _page(
    session: AsyncSession, station_id: uuid.UUID, rev: int, last: int, now_ms: int, *, whole: bool
) -> tuple[list[StationChange], bool]:
    """The changes after `rev`, oldest first; whether there are more.

    `whole`: of orders only those that still live, and no steps of lists, since the whole lists follow.
    """
    found = select(StationChange).where(
        StationChange.station_id == station_id, StationChange.rev.between(rev + 1, last)
    )
    if whole:
        alive = or_(StationChange.not_after_ms.is_(None), StationChange.not_after_ms > now_ms)
        found = found.where(StationChange.kind != "list", alive)
    rows = (await session.scalars(found.order_by(StationChange.rev).limit(_MOST_CHANGES + 1))).all()
    page: list[StationChange] = []
    size = 0
    for row in rows[:_MOST_CHANGES]:
        size += len(row.payload)
        if page and size > _MOST_BYTES:
            break
        page.append(row)
    return page, len(page) < len(rows)


def _broken(rows: Sequence[StationChange], versions: Mapping[str, int], current: Mapping[str, int]) -> set[str]:
    """The lists whose steps do not lead from the station's version to the present one."""
    held = dict(versions)
    for row in rows:
        change = decode_change(row.payload)
        if isinstance(change, ListChange) and change.from_version in (None, held.get(change.name, 0)):
            held[change.name] = change.to_version
    return {name for name, version in current.items() if held.get(name, 0) != version}


async def _hold(session: AsyncSession, station_id: uuid.UUID) -> StationFeed:
    """The feed with its row held: no publisher changes a list while it is copied."""
    found = select(StationFeed).where(StationFeed.station_id == station_id).with_for_update()
    return (await session.scalars(found.execution_options(populate_existing=True))).one()


async def _catch_up(session: AsyncSession, station_id: uuid.UUID, rev: int, versions: Mapping[str, int]) -> StationFeed:
    """Go on above what the station holds: under our own numbers it may hold other content."""
    feed = await _hold(session, station_id)
    beyond = rev > feed.rev
    feed.rev = max(feed.rev, rev)
    lists = dict(feed.lists)
    for name, version in versions.items():
        if beyond or version > lists.get(name, 0):
            lists[name] = max(version, lists.get(name, 0)) + 1
    feed.lists = lists
    await session.flush()
    return feed


async def prune(session: AsyncSession, now: dt.datetime) -> None:
    """Forget what no station needs: steps of lists older than the newest KEPT_REVS, and orders that are over.

    A batch of stations at a time, in the order in which publishers hold them.
    """
    found = select(StationFeed).where(StationFeed.rev - StationFeed.pruned_rev > 2 * KEPT_REVS)
    held = found.order_by(StationFeed.station_id).limit(_MOST_PRUNED).with_for_update()
    for feed in (await session.scalars(held.execution_options(populate_existing=True))).all():
        feed.pruned_rev = feed.rev - KEPT_REVS
        await session.flush()
        steps = (StationChange.station_id == feed.station_id) & (StationChange.rev <= feed.pruned_rev)
        await session.execute(delete(StationChange).where(steps, StationChange.kind == "list"))
    await session.execute(
        delete(StationChange).where(
            StationChange.kind == "order", StationChange.not_after_ms < to_ms(now - ORDERS_KEPT)
        )
    )
