"""Carries wishes out, one worker per process: hands them to the engine, and takes over from workers that are gone."""

import asyncio
import datetime as dt
import os
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import structlog
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from hub.kernel import wishes
from hub.kernel.clock import Clock
from hub.kernel.db import Database
from hub.kernel.durable import Deeds, Engine, Patience, running
from hub.kernel.wishes import Handler
from protocols.errors import Refused

LOOK_EVERY_S: Final = 2.0
ALIVE_EVERY: Final = dt.timedelta(seconds=30)
GONE_AFTER: Final = dt.timedelta(minutes=3)
AT_ONCE: Final = 8
_BATCH: Final = 50
_log = structlog.get_logger("hub.work")


class Worker:
    """Has wishes carried out by the handlers of their kinds. `run` is a job of the hub."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        handlers: Mapping[str, Handler],
        data_dir: Path,
        *,
        patience: Patience | None = None,
        look_every_s: float = LOOK_EVERY_S,
        due: Clock | None = None,
    ) -> None:
        self._database = database
        self._clock = clock
        self._due = due or clock
        self._handlers = handlers
        self._data_dir = data_dir
        self._patience = patience or Patience()
        self._look_every_s = look_every_s
        self._alive_at: dt.datetime | None = None
        self.id = f"{os.uname().nodename[:40]}-{os.urandom(6).hex()}"

    async def run(self) -> None:
        """Until cancelled."""
        await self._first_wish()
        deeds = Deeds(act=self._act, settle=self._settle)
        async with running(
            self._engine_url(), self.id, deeds,
            patience=self._patience, at_once=AT_ONCE, look_every_s=self._look_every_s / 4,
        ) as engine:  # fmt: skip
            try:
                while True:
                    await self._turn(engine)
            finally:
                async with self._database.transaction() as session:
                    await wishes.leave(session, self.id)

    async def _first_wish(self) -> None:
        """An engine costs memory, threads and a file: a hub that nobody wishes anything of has none."""
        looked_at: dt.datetime | None = None
        while True:
            now = self._clock.now()
            thoroughly = looked_at is None or abs(now - looked_at) >= ALIVE_EVERY
            async with self._database.reading() as session:
                if await wishes.is_any(session, now, unfinished=thoroughly):
                    return
            looked_at = now if thoroughly else looked_at
            await asyncio.sleep(self._look_every_s)

    async def _turn(self, engine: Engine) -> None:
        try:
            await self._stay_alive(engine)
            more = await self._hand_over(engine)
        except (DBAPIError, OSError) as error:
            # The database is away: what was taken and not begun is somebody's again once this worker counts as gone.
            _log.warning("work_waits", reason=f"{type(error).__name__}: {error}"[:200])
            more = False
        if not more:
            await asyncio.sleep(self._look_every_s)

    async def _hand_over(self, engine: Engine) -> bool:
        """Begin what is due; whether there was as much as one look takes."""
        async with self._database.transaction() as session:
            taken = await wishes.take(session, self.id, self._clock.now(), _BATCH, due=self._due.now())
            for one in taken:
                await engine.begin(_name_of(one))  # again after a rollback: the same name begins nothing twice
        return len(taken) == _BATCH

    async def _stay_alive(self, engine: Engine) -> None:
        now = self._clock.now()
        if self._alive_at is not None and abs(now - self._alive_at) < ALIVE_EVERY:
            return
        # One SQLite file has one hub process: whoever else held something is gone, however short ago.
        unseen_since = now + GONE_AFTER if self._database.is_sqlite else now - GONE_AFTER
        async with self._database.transaction() as session:
            orphaned = await wishes.orphans(session, unseen_since, now + GONE_AFTER)
            await wishes.alive(session, self.id, now)
            await wishes.set_right(session, now)
            for one in orphaned:
                _log.info("wish_taken_over", wish=str(one.id), kind=one.kind, worker=one.handed_to)
                one.handed_to = self.id
                await engine.begin(_name_of(one))
                await engine.resume(_name_of(one))
        self._alive_at = now

    async def _act(self, name: str) -> None:
        async with self._database.reading() as session:
            task = await wishes.task_of(session, _id_in(name))
        if task is None:
            return  # forgotten meanwhile
        handler = self._handlers.get(task.kind)
        if handler is None:
            raise Refused("unknown_kind", kind=task.kind)
        try:
            await handler(task)
        except Exception as error:
            _log.warning("wish_not_done", wish=name, kind=task.kind, reason=f"{type(error).__name__}: {error}"[:200])
            raise

    async def _settle(self, name: str, error: str | None) -> None:
        async with self._database.transaction() as session:
            await wishes.settle(session, _id_in(name), self._clock.now(), error)
        if error is not None:
            _log.error("wish_failed", wish=name, error=error)

    def _engine_url(self) -> str:
        if self._database.is_sqlite:
            return f"sqlite:///{self._data_dir.absolute() / 'work.sqlite'}"
        return make_url(self._database.url).set(drivername="postgresql").render_as_string(hide_password=False)


def _name_of(row: wishes.Wish) -> str:
    return f"{row.id}:{row.round}"


def _id_in(name: str) -> uuid.UUID:
    return uuid.UUID(name.partition(":")[0])
