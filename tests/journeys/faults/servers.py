"""The servers under the hub that the adversary may kill: a PostgreSQL cluster and a Mosquitto, both real.

How the hub and the agent live with that is theirs; which fault strikes when is `adversary`'s.
"""

import asyncio
import contextlib
import os
import secrets
import shutil
import signal
import tempfile
import time
from pathlib import Path
from typing import Final

from tests.mosquitto import Mosquitto
from tests.postgres import Server

NAME: Final = "voltdock"
ACL: Final = Path(__file__).parents[3] / "deploy" / "mqtt" / "voltdock.acl"
_START_S: Final = 120.0
_RESTORE_S: Final = 180.0


class Postgres:
    """A durable cluster (it waits for the disk) with the hub's database in it."""

    def __init__(self, log_to: Path) -> None:
        self._log_to = log_to
        self.folder = Path(tempfile.mkdtemp(prefix="voltdock-soak-pg-"))  # its owner is not us: it needs its own
        self._server = Server(self.folder, durable=True)
        self._turn = asyncio.Lock()
        self.starts = 0

    @property
    def url(self) -> str:
        """What the hub is told."""
        return f"postgresql+asyncpg://postgres@127.0.0.1:{self._server.port}/{NAME}"

    async def open(self) -> None:
        """Make it and start it. Raises RuntimeError."""
        await asyncio.to_thread(self._server.make)
        await self.start()
        await asyncio.to_thread(self._server.run, "createdb", NAME)

    async def close(self) -> None:
        """Stop it and remove its files."""
        with contextlib.suppress(RuntimeError):
            await asyncio.to_thread(self._server.stop)
        with contextlib.suppress(OSError):
            shutil.copyfile(self.folder / "log", self._log_to)
        shutil.rmtree(self.folder, ignore_errors=True)

    async def start(self) -> None:
        """Start it, unless it runs: after a kill, the kernel may still be clearing up. Raises RuntimeError."""
        deadline = time.monotonic() + _START_S
        async with self._turn:
            while not await asyncio.to_thread(self._started, time.monotonic() > deadline):
                await asyncio.sleep(0.3)
            self.starts += 1

    async def mend(self) -> None:
        """Until it answers again: killed in the midst of its recovery it shuts down, and is started as by systemd."""
        deadline = time.monotonic() + _START_S
        while not await asyncio.to_thread(self._answers):
            pid = self._server.pid
            if pid is None or _is_gone(pid):
                await self.start()
            if time.monotonic() > deadline:
                raise RuntimeError("PostgreSQL does not recover")
            await asyncio.sleep(0.3)

    def _answers(self) -> bool:
        with contextlib.suppress(RuntimeError):
            self._server.run("psql", "-c", "SELECT 1", NAME)
            return True
        return False

    def _started(self, is_last: bool) -> bool:
        try:
            self._server.start()
        except RuntimeError:
            if is_last:
                raise
            return False
        return True

    async def stop(self) -> None:
        """As an administrator: connections are ended, what was committed is written."""
        async with self._turn:
            await asyncio.to_thread(self._server.stop, "fast")

    async def kill(self) -> None:
        """kill -9 of the postmaster, then of those it leaves behind, as when a machine runs out of memory."""
        async with self._turn:
            pid = self._server.pid
            if pid is not None:
                for one in (pid, *_children(pid)):
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(one, signal.SIGKILL)
                while not _is_gone(pid):
                    await asyncio.sleep(0.01)

    def kill_backend(self, which: int) -> bool:
        """kill -9 of one of its other processes: the postmaster throws all out and recovers by itself."""
        pid = self._server.pid
        children = [] if pid is None else _children(pid)
        if not children:
            return False
        with contextlib.suppress(ProcessLookupError):
            os.kill(children[which % len(children)], signal.SIGKILL)
        return True

    async def back_up(self) -> Path:
        """A dump of the database as it is now. Raises RuntimeError."""
        path = self.folder / f"backup-{secrets.token_hex(4)}"
        await asyncio.to_thread(self._server.run, "pg_dump", "-Fc", "-f", str(path), NAME)
        return path

    async def put_back(self, path: Path) -> None:
        """The database is what it was then. The hub must not run. Raises RuntimeError after a while."""
        async with asyncio.timeout(_RESTORE_S):
            while not await asyncio.to_thread(self._restored, path):
                await asyncio.sleep(0.5)

    def _restored(self, path: Path) -> bool:
        """False when it was killed meanwhile; whoever killed it starts it again."""
        try:
            self._server.run("dropdb", "--if-exists", "--force", NAME)
            self._server.run("createdb", NAME)
            self._server.run("pg_restore", "-d", NAME, str(path))
        except RuntimeError:
            return False
        return True


def _is_gone(pid: int) -> bool:
    """Whether it does nothing any more; its parent may not have noticed yet."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    return True


def _children(pid: int) -> list[int]:
    with contextlib.suppress(OSError):
        return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return []


class Broker:
    """A Mosquitto with the access rules that we ship, on its own port of `host`."""

    def __init__(self, folder: Path, station: str, host: str) -> None:
        self.password = secrets.token_urlsafe(12)
        self._passwords = folder / "mosquitto.passwd"
        self._users = ("hub", station)
        lines = ["allow_anonymous false", f"password_file {self._passwords}", f"acl_file {ACL}"]
        self._server = Mosquitto(folder, lines, host=host)
        self.url = f"mqtt://{host}:{self._server.port}"

    async def open(self) -> None:
        """Passwords for the hub and the station, then start it. Raises RuntimeError."""
        self._passwords.touch(mode=0o600)
        for user in self._users:
            command = ["mosquitto_passwd", "-b", str(self._passwords), user, self.password]
            process = await asyncio.create_subprocess_exec(*command, stderr=asyncio.subprocess.DEVNULL)
            if await process.wait():
                raise RuntimeError("mosquitto_passwd failed")
        await self._server.start()

    async def start(self) -> None:
        """Start it again."""
        await self._server.start()

    async def kill(self) -> None:
        """kill -9."""
        await self._server.kill()
