"""A HAProxy of the tests' own on a port of its own, asked over its socket how it goes."""

import asyncio
import contextlib
import csv
import io
import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

INSTALL = "apt-get install -y --no-install-recommends haproxy"
_START_S = 20.0


class Haproxy:
    """One balancer. `name` is `proxy/server` where its figures are asked for, e.g. `hubs/hub1`, `hub/FRONTEND`."""

    def __init__(self, folder: Path, text: str, *, socket: Path) -> None:
        self._config = folder / "haproxy.cfg"
        self._log = folder / "haproxy.log"
        self._text = text
        self._socket = socket
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Start it and wait until it answers. Raises RuntimeError with its words."""
        self._config.write_text(self._text)
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                _binary(), "-db", "-f", str(self._config), stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log
            )
        async with asyncio.timeout(_START_S):
            while True:
                if self._process.returncode is not None:
                    raise RuntimeError(f"haproxy ended:\n{self.log()}")
                with contextlib.suppress(OSError):
                    await self.figures()
                    return
                await asyncio.sleep(0.02)

    async def stop(self) -> None:
        """End it, whatever it holds open."""
        if self._process is not None and self._process.returncode is None:
            self._process.terminate()
            await self._process.wait()

    def log(self) -> str:
        """What it said so far."""
        return self._log.read_text()

    async def figures(self) -> dict[str, dict[str, str]]:
        """`show stat`, by name; HAProxy's management guide, 9.1, says what the columns mean."""
        reader, writer = await asyncio.open_unix_connection(str(self._socket))
        try:
            writer.write(b"show stat\n")
            text = (await reader.read()).decode()
        finally:
            writer.close()
        rows = csv.DictReader(io.StringIO(text.removeprefix("# ")))
        return {f"{row['pxname']}/{row['svname']}": row for row in rows}


@contextlib.asynccontextmanager
async def haproxy(folder: Path, text: str, *, socket: Path) -> AsyncIterator[Haproxy]:
    """A running balancer with this file."""
    made = Haproxy(folder, text, socket=socket)
    try:
        await made.start()
        yield made
    finally:
        await made.stop()


def _binary() -> str:
    found = shutil.which("haproxy", path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")
    if found is None:
        raise RuntimeError(f"HAProxy is not installed; the journey through it needs it: {INSTALL}")
    return found
