"""One process of the system under test: started, stopped, killed outright, and kept alive as by systemd.

Its words go through a pipe and not straight into a file, so that a limit on what the process may write to its disk
does not also silence its log, which goes to the journal of systemd on a real station.
"""

import asyncio
import contextlib
import resource
import signal
import sys
import time
from pathlib import Path
from typing import Final

from firmware_sim.demo.children import LEASH, clean_environment

STOP_S: Final = 20.0
RESTART_S: Final = 2.0  # RestartSec of the units in deploy/systemd
WRONG_CONFIGURATION: Final = 78


class Part:
    """`python -m module arguments`, again and again. It ends with this process, however that ends."""

    def __init__(
        self, name: str, arguments: list[str], *, log: Path, environment: dict[str, str] | None = None
    ) -> None:
        self.name = name
        self.starts = 0
        self.gave_up = 0  # how often it ended by itself
        self.lives: list[list[int]] = []  # from when to when it ran, by the wall clock; open-ended while it does
        self.full_ms: list[list[int]] = []  # from when to when its disk took nothing; open-ended while it does not
        self._is_wanted = False
        self._turn = asyncio.Lock()
        self._arguments = arguments
        self._log = log
        self.environment = environment or {}
        self.inside: list[str] = []  # a command that puts it into another namespace
        self._process: asyncio.subprocess.Process | None = None
        self._listening: asyncio.Task[None] | None = None
        self._revival: asyncio.Task[None] | None = None

    @property
    def is_running(self) -> bool:
        """Whether it was started and has not ended."""
        return self._process is not None and self._process.returncode is None

    async def start(self) -> None:
        """Start it, unless it runs."""
        self._is_wanted = True
        async with self._turn:
            if not self.is_running:
                await self._heard()
                await self._start()

    async def _start(self) -> None:
        self.starts += 1
        process = await asyncio.create_subprocess_exec(
            *self.inside,
            sys.executable,
            "-m",
            LEASH,
            *self._arguments,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env=clean_environment() | self.environment,
            start_new_session=True,
        )
        self.lives.append([_now_ms()])
        self._process, self._listening = process, asyncio.create_task(self._listen(process))

    async def kill(self) -> None:
        """kill -9, at this very instruction; returns when it is gone."""
        self._is_over()  # it may be reaped much later
        await self._end(signal.SIGKILL)

    async def stop(self) -> None:
        """End it as systemd would."""
        await self._end(signal.SIGTERM)

    def limit_files(self, most_bytes: int) -> None:
        """The largest offset to which it may write a file from now on. Nothing happens to one that is gone."""
        now_ms = _now_ms()
        if most_bytes >= 0:
            self.full_ms.append([now_ms])
        elif self.full_ms and len(self.full_ms[-1]) == 1:
            self.full_ms[-1].append(now_ms)
        if self._process is not None and self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                resource.prlimit(self._process.pid, resource.RLIMIT_FSIZE, (most_bytes, resource.RLIM_INFINITY))

    def _is_over(self) -> None:
        if self.lives and len(self.lives[-1]) == 1:
            self.lives[-1].append(_now_ms())

    def last_words(self, count: int = 12) -> str:
        """The end of its log."""
        with contextlib.suppress(OSError):
            return "\n".join(self._log.read_text("utf-8", "replace").splitlines()[-count:])
        return ""

    async def _end(self, number: signal.Signals) -> None:
        self._is_wanted = False
        await self._signal(number)
        if self._revival is not None:  # it may have been about to start again
            await self._revival
            self._revival = None
            await self._signal(number)

    async def _signal(self, number: signal.Signals) -> None:
        process = self._process
        if process is not None and process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(number)
            try:
                async with asyncio.timeout(STOP_S):
                    await process.wait()
            except TimeoutError:
                process.kill()
                await process.wait()
        await self._heard()

    async def _heard(self) -> None:
        if self._listening is not None:
            await self._listening
            self._listening = None

    async def _listen(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        with self._log.open("ab") as log:
            while data := await process.stdout.read(65_536):
                log.write(data)
                log.flush()
        self._is_over()
        if await process.wait() == WRONG_CONFIGURATION or not self._is_wanted:
            return
        self.gave_up += 1
        self._revival = asyncio.create_task(self._revive())

    async def _revive(self) -> None:
        await asyncio.sleep(RESTART_S)
        if self._is_wanted:
            await self.start()


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
