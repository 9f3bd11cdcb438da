"""The engine of durable work: DBOS behind two calls. The only file that imports it; one engine per process.

A workflow has two steps, each written down when it is done: act, and settle with what came of it. After a crash it
goes on where it stood, in whichever process resumes it.
"""

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

from protocols.errors import Malformed, Refused

_QUEUE: Final = "wishes"
_MAX_ERROR: Final = 300
_ENGINE: Final = threading.Lock()


@dataclass(frozen=True, slots=True, kw_only=True)
class Deeds:
    """What a workflow does. `act` is tried again unless what it raises is final; `settle` is told the last error."""

    act: Callable[[str], Awaitable[None]]
    settle: Callable[[str, str | None], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How often `act` is tried, and how long it is waited after the first failure; then twice as long each time."""

    tries: int = 12
    first_wait_s: float = 5.0  # twelve tries are almost three hours


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """`begin(name)` begins the workflow of this name, or nothing when it was begun before; `resume` goes on with it."""

    begin: Callable[[str], Awaitable[None]]
    resume: Callable[[str], Awaitable[None]]


@contextlib.asynccontextmanager
async def running(
    url: str, executor: str, deeds: Deeds, *, patience: Patience, at_once: int, look_every_s: float
) -> AsyncIterator[Engine]:
    """The engine on this database, until the block ends. Work that runs then is cut off, and goes on when resumed.

    A process has one engine: a second hub in it (tests have two) waits here until the first has gone.
    """
    while not _ENGINE.acquire(blocking=False):  # noqa: ASYNC110  # its holder may be of another loop
        await asyncio.sleep(look_every_s)
    try:
        async with _launched(
            url, executor, deeds, patience=patience, at_once=at_once, look_every_s=look_every_s
        ) as engine:
            yield engine
    finally:
        _ENGINE.release()


@contextlib.asynccontextmanager
async def _launched(
    url: str, executor: str, deeds: Deeds, *, patience: Patience, at_once: int, look_every_s: float
) -> AsyncIterator[Engine]:
    # Imported here: commands that do no durable work need not carry it.
    from dbos import DBOS, SetWorkflowID  # noqa: PLC0415

    await asyncio.to_thread(DBOS.migrate, url)  # a hundred steps on a new database; a launch would do them on the loop
    DBOS(
        config={
            "name": "voltdock-hub",
            "system_database_url": url,
            "executor_id": executor,
            "application_version": "1",  # a new release goes on with what an old one began
            "log_level": "CRITICAL",  # its retries are our handlers' business, logged there
            "sys_db_pool_size": 4,
        }
    )

    @DBOS.step(
        name="act", retries_allowed=True, interval_seconds=patience.first_wait_s, max_attempts=patience.tries,
        should_retry=_may_succeed_later,
    )  # fmt: skip
    async def act(name: str) -> None:
        task = asyncio.ensure_future(deeds.act(name))
        at_work.add(task)
        try:
            await task
        finally:
            at_work.discard(task)

    @DBOS.step(name="settle", retries_allowed=True, interval_seconds=patience.first_wait_s, max_attempts=100)
    async def settle(name: str, error: str | None) -> None:
        await deeds.settle(name, error)

    @DBOS.workflow(name="wish")
    async def carry_out(name: str) -> None:
        try:
            await act(name)
        except Exception as failure:  # noqa: BLE001  # whatever it was: it is written down where people look
            await settle(name, _in_words(failure))
        else:
            await settle(name, None)

    async def begin(name: str) -> None:
        with SetWorkflowID(name):
            await DBOS.enqueue_workflow_async(_QUEUE, carry_out, name)

    async def resume(name: str) -> None:
        await DBOS.resume_workflow_async(name, queue_name=_QUEUE)

    at_work: set[asyncio.Future[None]] = set()
    DBOS.launch()
    try:
        await DBOS.register_queue_async(_QUEUE, worker_concurrency=at_once, polling_interval_sec=look_every_s)
        yield Engine(begin=begin, resume=resume)
    finally:
        for task in at_work:
            task.cancel()
        await asyncio.gather(*at_work, return_exceptions=True)
        # It has made its own pool the loop's, and ends it: whoever hashes or writes after it needs another.
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(thread_name_prefix="hub"))
        await asyncio.to_thread(DBOS.destroy, destroy_registry=True)


def _may_succeed_later(failure: BaseException) -> bool:
    return not isinstance(failure, Refused | Malformed)


def _in_words(failure: BaseException) -> str:
    """The last try's own failure, where the engine wraps it into one of its own."""
    tries = getattr(failure, "errors", None)
    last = tries[-1] if tries else failure
    return f"{type(last).__name__}: {last}"[:_MAX_ERROR]
