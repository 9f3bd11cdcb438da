"""Child processes with a log file each: started apart from the terminal's Ctrl-C, stopped by their handles."""

import asyncio
import contextlib
import os
import signal
import sys
from collections import deque
from pathlib import Path
from typing import Final

from firmware_sim.waiting import DemoError

LEASH: Final = "firmware_sim.demo.leash"
STOP_S: Final = 15.0
MAX_LOG_BYTES: Final = 8 << 20
_OURS: Final = ("VOLTDOCK_HUB_", "VOLTDOCK_EDGE_")


class Child:
    """One process of ours: `python -m module arguments`. Its output goes to `log`."""

    def __init__(
        self, name: str, arguments: list[str], *, log: Path, environment: dict[str, str] | None = None
    ) -> None:
        self.name = name
        self.log = log
        self._arguments = arguments
        self._environment = environment or {}
        self._process: asyncio.subprocess.Process | None = None

    @property
    def is_running(self) -> bool:
        """Whether it was started and has not ended."""
        return self._process is not None and self._process.returncode is None

    @property
    def pid(self) -> int:
        """Its process id. Raises DemoError when it was never started."""
        if self._process is None:
            raise DemoError(f"{self.name} was not started")
        return self._process.pid

    async def start(self) -> None:
        """Start it; a log of an earlier start is continued, a long one begun anew."""
        if self.log.exists() and self.log.stat().st_size > MAX_LOG_BYTES:
            self.log.replace(self.log.with_suffix(".old.log"))
        with self.log.open("ab") as output:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                LEASH,
                *self._arguments,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=clean_environment() | self._environment,
                # Ctrl-C is for the demo, which then stops its children in order.
                start_new_session=True,
            )

    async def wait(self) -> int:
        """Its exit code, once it has ended."""
        if self._process is None:
            raise DemoError(f"{self.name} was not started")
        return await self._process.wait()

    async def stop(self) -> None:
        """Ask it to end, and after a while make it."""
        process = self._process
        if process is None or process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(STOP_S):
                await process.wait()
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()

    def check(self) -> None:
        """Raises DemoError with the last log lines when it has ended."""
        if self._process is not None and self._process.returncode is not None:
            raise DemoError(self.obituary(self._process.returncode))

    def obituary(self, code: int) -> str:
        """What a person needs to know about a child that ended."""
        return f"{self.name} ended with exit code {code}. {self.last_words()}"

    def last_words(self) -> str:
        """The end of its log, with where to find the rest."""
        lines = "\n".join(f"    {line[:400]}" for line in self.last_lines())
        return f"Its last words ({self.log}):\n{lines}"

    def last_lines(self, count: int = 12) -> list[str]:
        """The end of its log."""
        try:
            with self.log.open(encoding="utf-8", errors="replace") as file:
                return [line.rstrip() for line in deque(file, maxlen=count)]
        except OSError:
            return []


async def run_once(
    name: str, arguments: list[str], *, timeout_s: float = 30.0, environment: dict[str, str] | None = None
) -> str:
    """Run a command to its end and give what it said. Raises DemoError when it fails."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        *arguments,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env=clean_environment() | (environment or {}),
        start_new_session=True,
    )
    try:
        async with asyncio.timeout(timeout_s):
            said, _ = await process.communicate()
    except TimeoutError:
        raise DemoError(f"{name}: not done within {timeout_s:g} s") from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    text = said.decode(errors="replace").strip()
    if process.returncode:
        raise DemoError(f"{name} failed: {text or f'exit code {process.returncode}'}")
    return text


def clean_environment() -> dict[str, str]:
    """Our environment without settings for a real hub or agent: the demo gives its children their own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_OURS)}
    return kept | {"PYTHONUNBUFFERED": "1"}
