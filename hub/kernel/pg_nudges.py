"""Nudges between the hub's processes on one PostgreSQL, by LISTEN and NOTIFY. Best effort, like every nudge.

One connection of its own per process, outside the pool: it listens, and it sends what `LocalNudges` hands over.
NOTIFY goes out after the commit that it tells of, in a transaction of its own: inside the business transaction
all publishers of the whole server would queue for one lock at their commit. What is lost with a process that dies
in between is found by the station's next poll.

The connection must reach PostgreSQL itself, or a pooler in session mode: LISTEN does not survive pooling by
transaction.
"""

import asyncio
import contextlib
import uuid
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any, Final

import asyncpg
import structlog

from hub.kernel.backoff import Backoff
from hub.kernel.db import Database
from hub.kernel.nudges import LocalNudges
from protocols.errors import Malformed

CHANNEL: Final = "voltdock_nudges"
APPLICATION: Final = "voltdock-hub nudges"  # how the connection is called in pg_stat_activity
BEAT_S: Final = 10.0  # a connection without news is tried this often: a cut line does not say so by itself
_ANSWER_S: Final = 10.0
_PER_PAYLOAD: Final = 120  # at most 52 bytes each; PostgreSQL takes payloads below 8000 bytes
_MAX_REV: Final = 2**63 - 1
_NOTIFY: Final = "SELECT count(pg_notify($1, payload)) FROM unnest($2::text[]) AS payload"
_OF_SQLALCHEMY: Final = ("async_creator_fn", "prepared_statement_cache_size", "prepared_statement_name_func")
_log = structlog.get_logger("hub.nudges")


class PostgresNudges:
    """Carries the nudges of this process to the others and theirs to here: `run` is a job of the hub."""

    def __init__(
        self, database: Database, nudges: LocalNudges, *, backoff: Backoff | None = None, beat_s: float = BEAT_S
    ) -> None:
        self._database = database
        self._nudges = nudges
        self._backoff = backoff or Backoff(cap_s=10.0)
        self._beat_s = beat_s
        self._pending: dict[uuid.UUID, int] = {}  # one revision per station, so it is bounded
        self._wake = asyncio.Event()
        self._lost = False
        self.connections = 0
        self.malformed = 0
        nudges.carry(self._take)

    async def run(self) -> None:
        """Listen and send until cancelled; a lost connection is made again."""
        while True:
            try:
                async with self._listening() as connection:
                    await self._serve(connection)
            except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                if not self._lost:
                    _log.warning("nudges_lost", reason=f"{type(error).__name__}: {error}"[:200])
                self._lost = True
            await asyncio.sleep(self._backoff.next_s())

    @contextlib.asynccontextmanager
    async def _listening(self) -> AsyncIterator[Any]:
        connection = await asyncpg.connect(**self._address(), timeout=_ANSWER_S, command_timeout=_ANSWER_S)
        try:
            connection.add_termination_listener(lambda _: self._wake.set())
            await connection.add_listener(CHANNEL, self._heard)
            yield connection
            await connection.close(timeout=_ANSWER_S)
        finally:
            connection.terminate()  # after a close it does nothing

    def _address(self) -> dict[str, Any]:
        engine = self._database.engine
        given = dict(engine.dialect.create_connect_args(engine.url)[1])
        for name in _OF_SQLALCHEMY:
            given.pop(name, None)
        settings = {**given.pop("server_settings", {}), "application_name": APPLICATION}
        return {**given, "server_settings": settings}

    async def _serve(self, connection: Any) -> None:
        self.connections += 1
        if self._lost:
            self._lost = False
            _log.info("nudges_back", connections=self.connections)
        self._nudges.wake_all()  # what was told while nobody listened is not told again
        while True:
            await self._send(connection)  # with nothing to send it is the beat
            self._backoff.reset()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._beat_s):
                    await self._wake.wait()
            self._wake.clear()
            if connection.is_closed():
                raise ConnectionResetError("closed by the server")

    async def _send(self, connection: Any) -> None:
        sent = dict(self._pending)
        await connection.fetchval(_NOTIFY, CHANNEL, list(payloads(sent)))
        for station_id, rev in sent.items():
            if self._pending.get(station_id) == rev:
                del self._pending[station_id]

    def _take(self, station_id: uuid.UUID, rev: int) -> None:
        self._pending[station_id] = rev
        self._wake.set()

    def _heard(self, connection: Any, pid: int, _channel: str, payload: str) -> None:
        if pid == connection.get_server_pid():  # our own; who waits here knows already
            return
        try:
            news = list(nudges_of(payload))
        except Malformed as error:
            self.malformed += 1
            if self.malformed == 1:
                _log.warning("malformed_nudge", payload=str(error)[:120])
            return
        for station_id, rev in news:
            self._nudges.wake(station_id, rev)


def payloads(news: Mapping[uuid.UUID, int]) -> Iterator[str]:
    """The nudges as texts of NOTIFY: `station:revision`, joined by commas."""
    told = [f"{station_id.hex}:{rev}" for station_id, rev in news.items()]
    for first in range(0, len(told), _PER_PAYLOAD):
        yield ",".join(told[first : first + _PER_PAYLOAD])


def nudges_of(payload: str) -> Iterator[tuple[uuid.UUID, int]]:
    """The nudges of one text; anybody on the database may notify, so it may be anything. Raises Malformed."""
    for one in payload.split(","):
        station, colon, rev = one.partition(":")
        if not colon or not rev.isascii() or not rev.isdecimal() or len(rev) > 19 or int(rev) > _MAX_REV:
            raise Malformed("bad_nudge", one[:60])
        try:
            yield uuid.UUID(hex=station), int(rev)
        except ValueError as error:
            raise Malformed("bad_nudge", one[:60]) from error
