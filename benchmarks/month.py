"""A month of one station in virtual time: the agent's memory, its file, and the bytes it writes to the disk.

The real core, loop, store and sync pump run in a process of their own against a hub's door on a real socket; the
clock is moved. Sixty rentals and twenty charges of an hour with a meter value a minute each day, a tick a minute,
batteries every ten minutes; for three days in the middle the hub is away. `VOLTDOCK_BENCH_DAYS` shortens it.
"""

import asyncio
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, Final

from benchmarks.results import Result, at_most, plain

DAYS: Final = int(os.environ.get("VOLTDOCK_BENCH_DAYS", "30"))
TIMEOUT_S: Final = 1800


def run() -> list[Result]:
    """Growth of the resident set between the third and the last day, bytes written a day, the file at its largest."""
    with tempfile.TemporaryDirectory(prefix="voltdock-bench-", dir=Path.cwd() / "build") as folder:
        found = asyncio.run(_measured(Path(folder)))
    days = found["days"]
    note = f"{days} days, {found['rentals']} rentals, {found['charges']} charges, {found['facts']} facts"
    per_day = found["written"] / days
    return [
        at_most("month: agent memory growth", found["growth_mb"], "MB", 5.0, note),
        plain("month: agent memory at its end", found["end_mb"], "MB", "core, loop, store and pump alone"),
        at_most("month: station.db at its largest", found["file_mb"], "MB", 256.0, "with its WAL; hub away for 3 days"),
        plain(
            "month: bytes written a day", per_day / 1e6, "MB", f"{found['written'] / found['facts']:.0f} bytes a fact"
        ),
    ]


async def _measured(folder: Path) -> dict[str, Any]:
    from benchmarks.month_hub import open_hub  # noqa: PLC0415

    async with open_hub() as url:
        command = [sys.executable, "-m", "benchmarks.month_station", str(folder), url, str(DAYS)]
        child = await asyncio.create_subprocess_exec(*command, stdout=subprocess.PIPE)
        try:
            out, _ = await asyncio.wait_for(child.communicate(), TIMEOUT_S)
        finally:
            if child.returncode is None:
                child.kill()
                await child.wait()
    if child.returncode != 0:
        raise RuntimeError(f"the station ended with {child.returncode}")
    found: dict[str, Any] = json.loads(out.splitlines()[-1])
    return found
