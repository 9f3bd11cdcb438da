"""The store's front door: open it, commit work, read it back at start, hand facts to the uplink.

Everything public is called from the event loop; the writing happens in the writer thread.
"""

import asyncio
import datetime as dt
import os
import secrets
import sqlite3
import threading
import time
from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

import structlog

from edge_agent.runtime.clock import Clock
from edge_agent.store import aside, backup, database, pruning, reading
from edge_agent.store.ballast import BALLAST_BYTES
from edge_agent.store.chains import LANES, Chain
from edge_agent.store.epochs import acknowledge, adopt_forgotten, open_epoch, rehome, tell
from edge_agent.store.errors import StoreDamaged, StoreFull, StoreUnwritable
from edge_agent.store.gathering import Gathering
from edge_agent.store.limits import Limits, Usage
from edge_agent.store.lost import Lost, due
from edge_agent.store.opening import Opening, open_sound
from edge_agent.store.outbox import Outbox
from edge_agent.store.pace import Pace
from edge_agent.store.salvage import Salvaged
from edge_agent.store.upkeep import Upkeep, ballast_of, rollback
from edge_agent.store.work import Work
from edge_agent.store.writer import Writer
from protocols.sync.envelope import MAX_BYTES, MAX_FACTS, Backlog, Cursor, FactBatch, Lane

CHORES_EVERY_S: Final = 30.0

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
    usage: Usage
    backup_age_s: float | None
    damaged: bool


class Store:
    """One station's SQLite file. Make it with `await Store.open(...)`, end it with `await close()`."""

    def __init__(
        self,
        how: Opening,
        conn: sqlite3.Connection,
        *,
        clock: Clock,
        lock_fd: int,
        limits: Limits,
        pace: Pace | None = None,
    ) -> None:
        self._path = how.path
        self._connect = how.connect
        self._conn = conn
        self._clock = clock
        self._lock_fd = lock_fd
        self._limits = limits
        self._stopping = threading.Event()
        self._loop = asyncio.get_running_loop()
        forgotten = adopt_forgotten(conn, nonce=_nonce(), boot=clock.now().boot_id)
        if forgotten:
            _log.error("store_forgot_epochs", epochs=forgotten)
        self._outbox = Outbox(conn)
        self._upkeep = Upkeep(how.path, conn, self._outbox, clock=clock, limits=limits)
        self._reader = database.open_reader(how.path, connect=how.connect)
        self._read_thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="store-reader")
        self._damage: asyncio.Future[None] = self._loop.create_future()
        self.unclean = False
        self.salvaged: Salvaged | None = None
        self._writer = Writer(
            conn,
            self._outbox,
            make_room=self._upkeep.make_room,
            is_low=self._upkeep.is_low,
            chores=self._chores,
            chores_every_s=CHORES_EVERY_S,
            mono_s=clock.mono_s,
            met_damage=self._met_damage,
            pace=pace or Pace(),
        )
        self._gathering = Gathering(self._writer.commit, limits.telemetry_delay_s)

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
        limits: Limits | None = None,
        connect: database.Connect = database.connect,
        pace: Pace | None = None,
    ) -> "Store":
        """Open or make the file: lock it, check it, salvage it where it is damaged, migrate it, open a new epoch.

        `limits` says all at once what the four arguments before it say. On a disk that is full to the last byte
        the store opens all the same, and takes no work until there is room. Raises StoreInUse, StoreDamaged (it
        cannot be salvaged), StoreTooNew, StoreUnwritable.
        """
        limits = limits or Limits(
            max_bytes=max_bytes, ballast_bytes=ballast_bytes, facts=keep_facts, journal=keep_journal
        )
        lock_fd = database.lock(path)
        ballast = ballast_of(path, limits)
        how = Opening(
            path=path,
            max_bytes=limits.max_bytes,
            connect=connect,
            moment=clock.now(),
            nonce=_nonce(),
            make_room=ballast.drop,
        )
        try:
            conn, salvaged = await asyncio.to_thread(open_sound, how)
        except BaseException:
            os.close(lock_fd)
            raise
        try:
            store = cls(how, conn, clock=clock, lock_fd=lock_fd, limits=limits, pace=pace)
            store.salvaged = salvaged
            store._start()
        except BaseException as error:
            conn.close()
            os.close(lock_fd)
            if isinstance(error, sqlite3.Error):
                raise database.as_store_error(error) from error
            raise
        return store

    def _start(self) -> None:
        try:
            self._begin()
        except sqlite3.Error as error:
            if not isinstance(database.as_store_error(error), StoreFull):
                raise
            self._begin_without_room()
        self._writer.start()

    def _begin_without_room(self) -> None:
        """Give up the reserve and try again; else serve what is known, and begin when there is room."""
        rollback(self._conn)
        try:
            if self._upkeep.make_room():
                self._begin()
        except sqlite3.Error as error:
            rollback(self._conn)
            _log.error("store_opened_without_room", error=str(error))

    @property
    def epoch(self) -> int:
        """The epoch that new facts get."""
        return self._outbox.epoch

    @property
    def last_hlc(self) -> int:
        """The last clock value given: no time before it is right."""
        return self._outbox.hlc

    def commit(self, work: Work) -> Awaitable[None]:
        """Durable when awaited, but for telemetry, which may wait for company (`Limits.telemetry_delay_s`).

        A cancelled wait does not undo the work.

        Raises StoreFull or StoreUnwritable with nothing done, ValueError for bytes that are no JSON.
        """
        # No coroutine of our own where there is nothing to do first: it would cost a fifth of everything.
        if not self._outbox.epoch:
            return self._begin_and_commit(work)
        facts, gathering = work.facts, self._gathering
        if gathering.works or gathering.under_way or (facts and facts[0].lane is Lane.TELEMETRY):
            return self._gathered(work) if gathering.may_wait(work) else gathering.take_along(work)
        return self._writer.commit((work,))

    async def _begin_and_commit(self, work: Work) -> None:
        await self._writer.call(self._begin)
        await self.commit(work)

    def _gathered(self, work: Work) -> Awaitable[None]:
        done: asyncio.Future[None] = self._loop.create_future()
        try:
            self._gathering.add(work)
        except (ValueError, StoreUnwritable) as error:
            done.set_exception(error)
        else:
            done.set_result(None)
        return done

    def load(self) -> dict[str, dict[str, bytes]]:
        """The table state by kind and key. Read it once at start."""
        state: dict[str, dict[str, bytes]] = {}
        with database.open_reader(self._path, connect=self._connect) as conn:
            for kind, key, value in conn.execute("SELECT kind, key, value FROM state"):
                state.setdefault(kind.decode(), {})[key.decode()] = value
        conn.close()
        return state

    async def batches(
        self,
        *,
        max_facts: int = MAX_FACTS,
        max_bytes: int = MAX_BYTES,
        max_business: int = MAX_FACTS,
        lanes: Collection[Lane] = LANES,
        after: Sequence[FactBatch] = (),
    ) -> list[FactBatch]:
        """Facts that the hub does not hold yet: business first, in order, one batch per (lane, epoch).

        `max_business`: of business and operations together. `after`: as if the hub held these already.
        """
        chains = [one for one in reading.past(self.chains(), after) if one.lane in lanes]
        lost = self._outbox.lost
        self._outbox.hand_out(chains, max_facts)
        return await self._read(
            lambda: reading.read_batches(
                self._reader, chains, max_facts=max_facts, max_bytes=max_bytes, max_business=max_business, lost=lost
            )
        )

    def lost(self) -> list[Lost]:
        """The ranges of numbers that the hub can be told now to be lost."""
        return due(self._outbox.lost, self.chains())

    def losses(self) -> list[Lost]:
        """Every range that the file knows of."""
        return self._outbox.lost.copy()

    async def lost_is_told(self, ranges: Iterable[Lost]) -> None:
        """The hub knows of these."""
        wanted = list(ranges)
        await self._writer.call(lambda: tell(self._conn, self._outbox, wanted))

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
        self._gathering.hand_over()
        await self._writer.call(self._chores)

    def health(self) -> StoreHealth:
        """How the store is; reads no row."""
        return StoreHealth(
            epoch=self.epoch,
            unclean=self.unclean,
            low=self._upkeep.is_low() or not self.epoch,
            waiting=sum(one.waiting for one in self.chains()),
            file_bytes=_size(self._path),
            wal_bytes=_size(aside.log_of(self._path)),
            usage=self._upkeep.usage,
            backup_age_s=backup.age_s(self._path, time.time()),  # the disk dates by the machine's own clock
            damaged=self._damage.done(),
        )

    async def close(self) -> None:
        """Finish what is queued and mark the end as clean. Nothing may be called afterwards."""
        self._stopping.set()
        try:
            await self._gathering.close()
            await self._writer.stop(self._close)
        finally:
            await self._loop.run_in_executor(self._read_thread, self._reader.close)
            self._read_thread.shutdown()
            self._conn.close()
            os.close(self._lock_fd)

    async def damage(self) -> None:
        """Waits until SQLite meets damage. Raises StoreDamaged: the next start salvages the file."""
        await asyncio.shield(self._damage)

    def _met_damage(self) -> None:
        if not self._damage.done():
            aside.mark_damaged(self._path)
            self._damage.set_exception(StoreDamaged("met while running; the next start salvages the file"))
            self._damage.exception()  # nobody may be waiting for it

    async def back_up(self) -> int:
        """Make the daily copy now; how many bytes. Takes long. Raises StoreError."""
        return await asyncio.to_thread(
            backup.make, self._path, spare_bytes=self._limits.ballast_bytes, stop=self._stopping
        )

    async def _read(self, read: Callable[[], _T]) -> _T:
        try:
            return await self._loop.run_in_executor(self._read_thread, read)
        except sqlite3.Error as error:
            met = database.as_store_error(error)
            if isinstance(met, StoreDamaged):
                self._met_damage()
            raise met from error

    # --- in the writer thread -------------------------------------------------------------------------

    def _begin(self) -> None:
        """Open this run's epoch, if the disk had no room for it before. Raises sqlite3.Error."""
        if self.epoch:
            return
        self.unclean = _take_unclean(self._conn) or self.unclean
        open_epoch(self._conn, self._outbox, nonce=_nonce(), boot=self._clock.now().boot_id)
        self._upkeep.begin()

    def _rehome(self, broken: list[tuple[Lane, int, int]], floor: int) -> int:
        boot = self._clock.now().boot_id
        moved = rehome(self._conn, self._outbox, broken, nonce=_nonce(), boot=boot, floor=floor)
        _log.warning("facts_rehomed", chains=len(broken), facts=moved, epoch=self._outbox.epoch)
        return moved

    def _chores(self) -> None:
        self._begin()
        self._upkeep.chores()

    def _close(self) -> None:
        self._upkeep.end()
        self._conn.execute("UPDATE meta SET value = '1' WHERE key = 'clean'")
        self._conn.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


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
