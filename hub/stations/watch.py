"""What consoles watch: every station's state as it changes, to any number of listeners, from any hub process.

What changed is found in the database, where every process of the hub writes it down; nudges only say that it is time
to look. A listener that is slow gets the newest state of each station, not every one that there was.
"""

import asyncio
import contextlib
import datetime as dt
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

from hub.kernel.clock import Clock
from hub.kernel.db import Database
from hub.kernel.draining import Draining
from hub.kernel.nudges import CONSOLES, Nudges
from hub.stations import glance, repository, states
from hub.stations.repository import Contact
from hub.stations.rules import ONLINE_S
from hub.stations.states_schemas import StationState
from protocols.errors import Refused

LOOK_EVERY_S: Final = 5.0  # without a nudge: stations also change by falling silent
_LEAST_S: Final = 0.5  # between two looks, however many nudges come
REFRESH: Final = dt.timedelta(seconds=30)  # how old the ages and figures may be that are nobody's news
SLACK: Final = dt.timedelta(seconds=30)  # commits come late and clocks of processes differ: send again rather than not
LONGEST: Final = dt.timedelta(hours=1)  # who was away for longer begins anew
MOST_LISTENERS: Final = 200
_OFF: Final = dt.timedelta(seconds=ONLINE_S)


@dataclass(slots=True, eq=False)
class Listener:
    """One who watches: the states that wait for him, and up to when he has heard everything once they are sent.

    `only`: the stations that he may see; None for all.
    """

    only: frozenset[uuid.UUID] | None = None
    pending: dict[uuid.UUID, StationState] = field(default_factory=dict)
    level_at: dt.datetime | None = None
    ended: bool = False
    news: asyncio.Event = field(default_factory=asyncio.Event)

    def take(self) -> list[StationState]:
        """What waits; it does not any more."""
        self.news.clear()
        taken = list(self.pending.values())
        self.pending.clear()
        return taken


@dataclass(slots=True)
class _Known:
    state: StationState
    print_: tuple[object, ...]
    contact: Contact
    sent_at: dt.datetime


class Watch:
    """The stations as the listeners of this process know them. `run` is a job of the hub."""

    def __init__(self, clock: Clock, nudges: Nudges, draining: Draining | None = None) -> None:
        self._clock = clock
        self._nudges = nudges
        self._draining = draining or Draining()
        self._listeners: dict[Listener, dt.datetime | None] = {}
        self._known: dict[uuid.UUID, _Known] = {}
        self._wake = asyncio.Event()
        self._come = asyncio.Event()

    @contextlib.contextmanager
    def listening(self, since: dt.datetime | None, only: frozenset[uuid.UUID] | None = None) -> Iterator[Listener]:
        """Hear every state, or those that changed since; `only` of these. Raises Refused `too_many_listeners`."""
        if len(self._listeners) >= MOST_LISTENERS:
            raise Refused("too_many_listeners", most=MOST_LISTENERS)
        now = self._clock.now()
        listener = Listener(only=only)
        self._listeners[listener] = since if since is not None and now - LONGEST <= since <= now else _BEGINNING
        self._come.set()
        self._wake.set()
        try:
            yield listener
        finally:
            del self._listeners[listener]

    async def run(self, database: Database) -> None:
        """Look while somebody watches, until cancelled."""
        leave: Callable[[], None] = self._nudges.subscribe(CONSOLES, lambda _: self._wake.set())
        try:
            while True:
                if not self._listeners:
                    self._known.clear()
                    self._come.clear()
                    await self._come.wait()
                self._wake.clear()
                await self.look(database)
                await asyncio.sleep(_LEAST_S)
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(LOOK_EVERY_S - _LEAST_S):
                        await self._wake.wait()
        finally:
            leave()
            self._end()

    async def look(self, database: Database) -> None:
        """Tell every listener what is new to him."""
        if self._draining.parting:
            self._end()
            return
        now = self._clock.now()
        newcomers = {one: since for one, since in self._listeners.items() if since is not None}
        async with database.reading() as session:
            contacts = {row.id: row for row in await repository.contacts(session)}
            due = [row.id for row in contacts.values() if self._is_due(row, now)]
            stations = await repository.by_ids(session, due)
            found = await states.states(session, stations, now)
        changed = [state for state in found if self._is_news(state, contacts[state.id], now)]
        for listener in tuple(self._listeners):
            since = newcomers.get(listener)
            if since is not None:
                self._listeners[listener] = None
                fresh = [one.state for key, one in self._known.items() if _changed_since(contacts.get(key), since, now)]
            elif self._listeners[listener] is not None:
                continue  # came while we looked: his turn is next
            else:
                fresh = changed
            listener.pending |= {one.id: one for one in fresh if listener.only is None or one.id in listener.only}
            listener.level_at = now
            listener.news.set()

    def _is_due(self, row: Contact, now: dt.datetime) -> bool:
        """Whether the station must be read: it changed, came, went, fell silent, or was not looked at for a while."""
        known = self._known.get(row.id)
        if known is None:
            return True
        online = glance.is_online(row.last_seen_at, row.last_left_at, now)
        if online != known.state.online or row.changed_at != known.contact.changed_at:
            return True
        return now - known.sent_at >= REFRESH and row != known.contact

    def _is_news(self, state: StationState, row: Contact, now: dt.datetime) -> bool:
        before, print_, contact = self._known.get(state.id), states.fingerprint(state), row
        is_news = before is None or before.print_ != print_ or now - before.sent_at >= REFRESH
        sent_at = now if before is None or is_news else before.sent_at
        self._known[state.id] = _Known(state, print_, contact, sent_at)
        return is_news

    def _end(self) -> None:
        for one in self._listeners:
            one.ended = True
            one.news.set()


_BEGINNING: Final = dt.datetime.min.replace(tzinfo=dt.UTC)


def _changed_since(row: Contact | None, since: dt.datetime, now: dt.datetime) -> bool:
    """Whether something happened to the station after `since`, as far as the database tells; better once too often."""
    if row is None or since is _BEGINNING:
        return row is not None
    silent_at = None if row.last_seen_at is None else row.last_seen_at + _OFF
    told = [row.changed_at, row.last_left_at, silent_at]
    return any(at is not None and since - SLACK <= at <= now for at in told)
