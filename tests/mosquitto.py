"""A Mosquitto of the tests' own on a port of its own, killed and started again as a test likes."""

import asyncio
import contextlib
import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

from firmware_sim.demo.ports import free_ports

INSTALL = "apt-get install -y --no-install-recommends mosquitto"
_START_S = 20.0


class Mosquitto:
    """One broker; it keeps its port from start to start."""

    def __init__(self, folder: Path, lines: list[str], *, host: str = "127.0.0.1") -> None:
        self.port = _free_port()
        self._host = host
        self._config = folder / "mosquitto.conf"
        self._log = folder / "mosquitto.log"
        self._lines = lines
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Start it and wait until it answers."""
        user = ["user root"] if os.geteuid() == 0 else []
        listener = [f"listener {self.port} {self._host}", "persistence false", *user, *self._lines]
        self._config.write_text("\n".join(listener) + "\n")
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                _binary(), "-c", str(self._config), stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log
            )
        async with asyncio.timeout(_START_S):
            while not await self._answers():
                if self._process.returncode is not None:
                    raise RuntimeError(f"mosquitto ended:\n{self._log.read_text()}")
                await asyncio.sleep(0.02)

    async def kill(self) -> None:
        """kill -9."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()

    async def _answers(self) -> bool:
        with contextlib.suppress(OSError):
            _, writer = await asyncio.open_connection(self._host, self.port)
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()
            return True
        return False


@contextlib.asynccontextmanager
async def mosquitto(folder: Path, *lines: str) -> AsyncIterator[Mosquitto]:
    """A running broker with these lines in its settings; without any, everybody may do everything."""
    broker = Mosquitto(folder, list(lines) or ["allow_anonymous true"])
    await broker.start()
    try:
        yield broker
    finally:
        await broker.kill()


def _binary() -> str:
    found = shutil.which("mosquitto", path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")
    if found is None:
        raise RuntimeError(f"Mosquitto is not installed; the live link's tests need it: {INSTALL}")
    return found


def _free_port() -> int:
    return free_ports().hub
