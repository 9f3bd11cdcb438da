"""Stop signals: the first one cancels what runs, in order; more of them change nothing."""

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator
from typing import Final

STOP_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupted(Exception):
    """Somebody asked us to stop."""


@contextlib.asynccontextmanager
async def until_told_to_stop() -> AsyncIterator[None]:
    """Inside, the first stop signal cancels what runs and comes out as Interrupted."""
    loop = asyncio.get_running_loop()
    task = asyncio.current_task()
    told = False

    def stop() -> None:
        nonlocal told
        if not told and task is not None:
            told = True
            task.cancel()

    for number in STOP_SIGNALS:
        loop.add_signal_handler(number, stop)
    try:
        yield
    except asyncio.CancelledError:
        if not told:
            raise
        if task is not None:
            task.uncancel()
        raise Interrupted from None
    finally:
        for number in STOP_SIGNALS:
            loop.remove_signal_handler(number)
