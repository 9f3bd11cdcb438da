"""The store's front door: open it, commit work, read it back at start, hand facts to the uplink.

Everything public is called from the event loop; the writing happens in the writer thread.
"""

import asyncio
import datetime as dt
import os
import secrets
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

import structlog

from edge_agent.runtime.clock import Clock
from edge_agent.store import database, migrations, pruning, reading
from edge_agent.store.ballast import BALLAST_BYTES, Ballast
from edge_agent.store.chains import Chain
from edge_agent.store.epochs import acknowledge, adopt_forgotten, open_epoch, rehome
from edge_agent.store.outbox import Outbox
from edge_agent.store.work import Work
from edge_agent.store.writer import Writer
from protocols.sync.envelope import MAX_BYTES, MAX_FACTS, Backlog, Cursor, FactBatch, Lane

CHORES_EVERY_S: Final = 30.0
_NEARLY_FULL: Final = 0.97  # of the file's own limit, where one is set

_log = structlog.get_logger(__name__)
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreHealth:
    """How the store is: `low` means that only the reserve is left and new business is refused."""

    epoch: int
    unclean: bool
    low: bool
    waiting: int
    file_bytes: int
    wal_bytes: int


class Store:
    """One station's SQLite file. Make it with `await Store.open(...)`, end it with `await close()`."""

    def __init__(
        self,
        path: Path,
        conn: sqlite3.Connection,
        *,
        clock: Clock,
        lock_fd: int,
        limits: "Limits",
        connect: database.Connect,
    ) -> None:
        self._path = path
        self._connect = connect
        self._conn = conn
        self._clock = clock
        self._lock_fd = lock_fd
        self._limits = limits
        forgotten = adopt_forgotten(conn, nonce=_nonce(), boot=clock.now().boot_id)
        if forgotten:
            _log.error("store_forgot_epochs", epochs=forgotten)
        self._outbox = Outbox(conn)
        self._ballast = Ballast(path.with_name(path.name + ".ballast"), limits.ballast_bytes)
        self._reader = database.open_reader(path, connect=connect)
        self._read_thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="store-reader")
        self.unclean = _take_unclean(conn)
        self._writer = Writer(
            conn,
            self._outbox,
            make_room=self._make_room,
            is_low=self._is_low,
            chores=self._chores,
            chores_every_s=CHORES_EVERY_S,
            mono_s=clock.mono_s,
        )

    @classmethod
    async def open(
        cls,
        path: Path,
        *,
        clock: Clock,
        max_bytes: int | None = None,
        ballast_bytes: int = BALLAST_BYTES,
        keep_facts: dt.timedelta = pruning.KEEP_FACTS,
        keep_journal: dt.timedelta = pruning.KEEP_JOURNAL,
        connect: database.Connect = database.connect,
    ) -> "Store":
        """Open or make the file: lock it, check it, migrate it, and commit a new epoch before anything else.

        `max_bytes` caps the file. Raises StoreInUse, StoreDamaged, StoreTooNew, StoreUnwritable.
        """
        limits = Limits(max_bytes=max_bytes, ballast_bytes=ballast_bytes, facts=keep_facts, journal=keep_journal)
        lock_fd = database.lock(path)
        try:
            conn = await asyncio.to_thread(_prepare, path, max_bytes, connect)
        except BaseException:
            os.close(lock_fd)
            raise
        try:
            store = cls(path, conn, clock=clock, lock_fd=lock_fd, limits=limits, connect=connect)
            store._start()
        except BaseException as error:
            conn.close()
            os.close(lock_fd)
            if isinstance(error, sqlite3.Error):
                raise database.as_store_error(error) from error
            raise
        return store

    def _start(self) -> None:
        self._open_epoch(0)
        self._ballast.lay()
        self._writer.start()

    @property
    def epoch(self) -> int:
        """The epoch that new facts get."""
        return self._outbox.epoch

    @property
    def last_hlc(self) -> int:
        """The last clock value given: no time before it is right."""
        return self._outbox.hlc

    async def commit(self, work: Work) -> None:
        """Durable when it returns. A cancelled wait does not undo the work.

        Raises StoreFull or StoreUnwritable with nothing done, ValueError for bytes that are no JSON.
        """
        await self._writer.commit(work)

    def load(self) -> dict[str, dict[str, bytes]]:
        """The table state by kind and key. Read it once at start."""
        state: dict[str, dict[str, bytes]] = {}
        with database.open_reader(self._path, connect=self._connect) as conn:
            for kind, key, value in conn.execute("SELECT kind, key, value FROM state"):
                state.setdefault(kind.decode(), {})[key.decode()] = value
        conn.close()
        return state

    async def batches(self, *, max_facts: int = MAX_FACTS, max_bytes: int = MAX_BYTES) -> list[FactBatch]:
        """Facts that the hub does not hold yet: business first, in order, one batch per (lane, epoch)."""
        chains = self.chains()
        return await self._read(
            lambda: reading.read_batches(self._reader, chains, max_facts=max_facts, max_bytes=max_bytes)
        )

    async def acknowledge(self, cursors: Sequence[Cursor]) -> int:
        """The hub holds the facts up to these cursors; one that goes backward makes them wait again.

        What the hub lost and this file no longer keeps cannot be sent; the facts after it move to a new epoch.
        Returns how many moved.
        """
        wanted = [(cursor.lane, cursor.epoch, cursor.acked) for cursor in cursors]

        def run() -> int:
            broken = acknowledge(self._conn, self._outbox, wanted)
            return self._rehome(broken, 0) if broken else 0

        return await self._writer.call(run)

    async def rehome(self, chains: Iterable[tuple[Lane, int]], *, epoch_floor: int) -> int:
        """The hub holds another history of these chains: number what it does not hold anew, from `epoch_floor` on."""
        wanted = list(chains)

        def run() -> int:
            known = [self._outbox.chains[key] for key in wanted if key in self._outbox.chains]
            return self._rehome([(one.lane, one.epoch, one.acked) for one in known], epoch_floor)

        return await self._writer.call(run)

    def chains(self) -> list[Chain]:
        """Where every chain of the file stands now, in sending order."""
        return reading.in_sending_order(list(self._outbox.chains.values()))

    async def backlog(self) -> list[Backlog]:
        """What waits in each lane and since when."""
        chains = self.chains()
        return await self._read(lambda: reading.read_backlog(self._reader, chains))

    async def tidy(self) -> None:
        """Do the chores now: prune all that is due, lay the ballast, move the WAL into the file."""
        await self._writer.call(self._chores)

    def health(self) -> StoreHealth:
        """How the store is; reads no row."""
        return StoreHealth(
            epoch=self.epoch,
            unclean=self.unclean,
            low=self._is_low(),
            waiting=sum(one.waiting for one in self.chains()),
            file_bytes=_size(self._path),
            wal_bytes=_size(self._path.with_name(self._path.name + "-wal")),
        )

    async def close(self) -> None:
        """Finish what is queued and mark the end as clean. Nothing may be called afterwards."""
        try:
            await self._writer.stop(self._close)
        finally:
            await asyncio.get_running_loop().run_in_executor(self._read_thread, self._reader.close)
            self._read_thread.shutdown()
            self._conn.close()
            os.close(self._lock_fd)

    async def _read(self, read: Callable[[], _T]) -> _T:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._read_thread, read)
        except sqlite3.Error as error:
            raise database.as_store_error(error) from error

    # --- in the writer thread -------------------------------------------------------------------------

    def _open_epoch(self, floor: int) -> None:
        open_epoch(self._conn, self._outbox, nonce=_nonce(), boot=self._clock.now().boot_id, floor=floor)

    def _rehome(self, broken: list[tuple[Lane, int, int]], floor: int) -> int:
        boot = self._clock.now().boot_id
        moved = rehome(self._conn, self._outbox, broken, nonce=_nonce(), boot=boot, floor=floor)
        _log.warning("facts_rehomed", chains=len(broken), facts=moved, epoch=self._outbox.epoch)
        return moved

    def _make_room(self) -> bool:
        """The disk is full: give up the ballast, then whatever the hub holds already."""
        dropped = self._ballast.drop()
        try:
            self._conn.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            pruned = self._prune(keep_facts=dt.timedelta(0)) > 0
        except sqlite3.Error as error:
            _log.warning("store_room_failed", error=str(error))
            pruned = False
        if dropped or pruned:
            _log.error("store_full", ballast_dropped=dropped, pruned=pruned)
        return dropped or pruned

    def _is_low(self) -> bool:
        return not self._ballast.is_there or self._limits.reached

    def _chores(self) -> None:
        self._prune(keep_facts=self._limits.facts)
        self._conn.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
        self._limits.measure(self._conn)
        self._ballast.lay()

    def _prune(self, *, keep_facts: dt.timedelta) -> int:
        facts = 0
        while True:
            step = pruning.prune(self._conn, self._outbox, keep_facts=keep_facts, keep_journal=self._limits.journal)
            facts += step.facts
            if not step.more:
                return facts

    def _close(self) -> None:
        self._conn.execute("UPDATE meta SET value = '1' WHERE key = 'clean'")
        self._conn.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


@dataclass(slots=True, kw_only=True)
class Limits:
    """What the store may use and how long it keeps things; `reached` is the last measurement."""

    max_bytes: int | None
    ballast_bytes: int
    facts: dt.timedelta
    journal: dt.timedelta
    reached: bool = False

    def measure(self, conn: sqlite3.Connection) -> None:
        """Look how much of the file's limit is in use."""
        if self.max_bytes is None:
            return
        (pages,) = conn.execute("PRAGMA page_count").fetchone()
        (free,) = conn.execute("PRAGMA freelist_count").fetchone()
        self.reached = (pages - free) * database.PAGE_BYTES >= self.max_bytes * _NEARLY_FULL


def _prepare(path: Path, max_bytes: int | None, connect: database.Connect) -> sqlite3.Connection:
    conn = database.open_writer(path, max_bytes=max_bytes, connect=connect)
    try:
        database.check(conn)
        migrations.migrate(conn)
    except sqlite3.Error as error:
        conn.close()
        raise database.as_store_error(error) from error
    except BaseException:
        conn.close()
        raise
    return conn


def _take_unclean(conn: sqlite3.Connection) -> bool:
    """Whether the last end was no clean one; from here on this run counts as unclean until it is closed."""
    row = conn.execute("SELECT value FROM meta WHERE key = 'clean'").fetchone()
    conn.execute("INSERT INTO meta (key, value) VALUES ('clean', '0') ON CONFLICT (key) DO UPDATE SET value = '0'")
    return row is not None and row[0] != "1"


def _nonce() -> str:
    return secrets.token_hex(8)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
