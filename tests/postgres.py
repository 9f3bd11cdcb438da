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


@contextlib.contextmanager
def cluster(*, durable: bool = False) -> Iterator[Cluster]:
    """Start a cluster in a temporary folder; stop it and remove the folder at the end.

    `durable` waits for the disk like a real one: for benchmarks.
    """
    binaries = _binaries()
    folder = Path(tempfile.mkdtemp(prefix="voltdock-pg-"))
    try:
        as_user = _as_ordinary_user(folder)
        port = _free_port()
        data = folder / "data"
        _run(
            [*as_user, binaries / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8",
             "--locale=C", "--no-sync"],
            folder,
        )  # fmt: skip
        settings = _SETTINGS | (_DURABLE if durable else {})
        options = " ".join(f"-c {name}={value}" for name, value in settings.items())
        control = [*as_user, binaries / "pg_ctl", "-D", data, "-w", "-t", "60"]
        start = [*control, "-l", folder / "log", "-o", f"-p {port} -k {folder} {options}", "start"]
        _run(start, folder)
        try:
            yield Cluster(port=port)
        finally:
            _run([*control, "-m", "immediate", "stop"], folder)
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
