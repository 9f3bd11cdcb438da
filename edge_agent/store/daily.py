"""The part that has the store copied once a day, off the event loop. Started by the app."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

import structlog

from edge_agent.store.backup import EVERY_S
from edge_agent.store.errors import StoreError
from edge_agent.store.store import Store

LOOK_EVERY_S: Final = 600.0  # the first look comes so long after the start: it must not slow it down

_log = structlog.get_logger(__name__)


class DailyBackup:
    """Runs as one supervised part. A copy that fails is tried again at the next look, and shows as its age."""

    def __init__(self, store: Store, *, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        self._store = store
        self._sleep = sleep
        self._failed = False

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            await self._sleep(LOOK_EVERY_S)
            age_s = self._store.health().backup_age_s
            if age_s is None or age_s >= EVERY_S:
                await self._make()

    async def _make(self) -> None:
        try:
            size = await self._store.back_up()
        except StoreError as error:
            if not self._failed:
                _log.warning("store_backup_failed", error=str(error))
            self._failed = True
        else:
            self._failed = False
            _log.info("store_backed_up", bytes=size)
