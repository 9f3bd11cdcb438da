"""Ten thousand attempts to book a few vehicles by fifty tasks at once, on both databases: no overlap, no deadlock.

The suite runs a thousand of them each time; here it runs all (`tests/hub/rentals/test_rush.py`).
"""

import os
import subprocess
import sys
import time
from typing import Final

from benchmarks.results import Result, at_most, plain

ATTEMPTS: Final = 10_000
_TEST: Final = "tests/hub/rentals/test_rush.py"
_ALL_S: Final = 1800


def run() -> list[Result]:
    """Whether all of them went well, and how long both databases took together."""
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", _TEST, "-k", "ten_thousand"]
    began = time.perf_counter()
    done = subprocess.run(
        command,
        env={**os.environ, "VOLTDOCK_RUSH": str(ATTEMPTS)},
        check=False,
        capture_output=True,
        text=True,
        timeout=_ALL_S,
    )
    took = time.perf_counter() - began
    if done.returncode:
        print(done.stdout[-4000:], file=sys.stderr)
    note = f"{ATTEMPTS:,} attempts by 50 tasks, each on SQLite and PostgreSQL: overlaps, deadlocks, other errors"
    return [
        at_most("rush: databases with a failure", float(done.returncode != 0), "", 0.0, note),
        plain("rush: both databases", took, "s"),
    ]
