"""Forgets what has run out: a small sweep at the start and then once an hour."""

import asyncio
import datetime as dt
from collections.abc import Awaitable, Callable, Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from hub.kernel.clock import Clock
from hub.kernel.db import Database

Forget = Callable[[AsyncSession, dt.datetime], Awaitable[None]]
_EVERY_S = 3600.0


async def run(database: Database, clock: Clock, sweeps: Sequence[Forget], *, every_s: float = _EVERY_S) -> None:
    """Carry out every sweep, each in a transaction of its own, until cancelled."""
    while True:
        for sweep in sweeps:
            async with database.transaction() as session:
                await sweep(session, clock.now())
        await asyncio.sleep(every_s)
