"""A PostgreSQL cluster of the tests' own, run as an ordinary user, gone when they end."""

import contextlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from firmware_sim.demo.ports import free_ports

INSTALL = "apt-get install -y --no-install-recommends postgresql"
# Nothing here must survive a crash, so nothing waits for the disk.
_SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "32MB",
    "max_connections": "60",
    "max_wal_size": "256MB",
    "autovacuum": "off",
    "listen_addresses": "127.0.0.1",
}
_DURABLE = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """A running cluster."""

    port: int

    def url(self, name: str) -> str:
        """The SQLAlchemy address of one of its databases."""
        return f"postgresql+asyncpg://postgres@127.0.0.1:{self.port}/{name}"

    def dsn(self, name: str) -> str:
        """The plain address, for asyncpg and psql."""
        return f"postgresql://postgres@127.0.0.1:{self.port}/{name}"


class Server:
    """A cluster in a folder of its own that may be killed and started again; it keeps its port. All calls block."""

    def __init__(self, folder: Path, *, durable: bool, **other: object) -> None:
        self.folder = folder
        self.port = _free_port()
        self._data = folder / "data"
        self._binaries = _binaries()
        self._as_user = _as_ordinary_user(folder)
        settings = {**_SETTINGS, **(_DURABLE if durable else {}), **other}
        self._options = " ".join(f"-c {name}={value}" for name, value in settings.items())

    def make(self) -> None:
        """Make its files. Raises RuntimeError."""
        _run(
            [*self._as_user, self._binaries / "initdb", "-D", self._data, "-U", "postgres", "-A", "trust",
             "-E", "UTF8", "--locale=C", "--no-sync"],
            self.folder,
        )  # fmt: skip

    def start(self) -> None:
        """Start it and wait until it answers. Raises RuntimeError."""
        options = f"-p {self.port} -k {self.folder} {self._options}"
        _run([*self._control(), "-l", self.folder / "log", "-o", options, "start"], self.folder)

    def stop(self, mode: str = "immediate") -> None:
        """Stop it. Raises RuntimeError when it does not run."""
        _run([*self._control(), "-m", mode, "stop"], self.folder)

    def run(self, program: str, *arguments: str) -> None:
        """One of its own programs (psql, pg_dump, …) against it, as its owner. Raises RuntimeError."""
        at = ["-h", "127.0.0.1", "-p", str(self.port), "-U", "postgres"]
        _run([*self._as_user, self._binaries / program, *at, *arguments], self.folder)

    @property
    def pid(self) -> int | None:
        """The postmaster's process id, while its file says that it runs."""
        with contextlib.suppress(OSError, ValueError, IndexError):
            return int((self._data / "postmaster.pid").read_text().splitlines()[0])
        return None

    def _control(self) -> list[object]:
        return [*self._as_user, self._binaries / "pg_ctl", "-D", self._data, "-w", "-t", "60"]


@contextlib.contextmanager
def cluster(*, durable: bool = False, **other: object) -> Iterator[Cluster]:
    """Start a cluster in a temporary folder; stop it and remove the folder at the end.

    `durable` waits for the disk like a real one: for benchmarks. `other` are settings of the server.
    """
    folder = Path(tempfile.mkdtemp(prefix="voltdock-pg-"))
    try:
        server = Server(folder, durable=durable, **other)
        server.make()
        server.start()
        try:
            yield Cluster(port=server.port)
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _binaries() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    on_path = shutil.which("initdb")
    if found:
        return found[-1].parent
    if on_path is None:
        raise RuntimeError(f"PostgreSQL is not installed; the hub's tests need it: {INSTALL}")
    return Path(on_path).resolve().parent


def _as_ordinary_user(folder: Path) -> list[str]:
    """PostgreSQL refuses to run as root: hand the folder to `postgres` or `nobody` and become that user."""
    if os.geteuid() != 0:
        return []
    for name in ("postgres", "nobody"):
        with contextlib.suppress(LookupError):
            shutil.chown(folder, name)
            return ["setpriv", f"--reuid={name}", "--clear-groups", "--"]
    raise RuntimeError("neither the user postgres nor nobody exists; run the tests as an ordinary user")


def _free_port() -> int:
    return free_ports().hub


def _run(command: Sequence[object], folder: Path) -> None:
    with (folder / "errors").open("ab") as errors:
        done = subprocess.run(
            [str(part) for part in command],
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,  # never a pipe: the server would inherit it and keep it open
            stderr=errors,
            cwd=folder,
            timeout=90,
        )
    if done.returncode != 0:
        log = (folder / "errors").read_text() + _read(folder / "log")
        raise RuntimeError(f"{command[-1]} failed ({done.returncode}):\n{log}")


def _read(path: Path) -> str:
    return path.read_text() if path.exists() else ""
