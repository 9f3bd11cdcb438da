"""Takes the soak into a network namespace of its own, before anything else runs in it.

So its servers take no port of this machine, and cables can be laid and cut. Where the kernel refuses, it stays here.
"""

import os
import shutil
import subprocess
import sys
from typing import Final

from tests.journeys.faults.cable import OWN_NETWORK

_MODULE: Final = "tests.journeys.faults.soak"


def enter(arguments: list[str]) -> None:
    """Become the same command in a namespace of its own. Returns only where it is in one, or cannot be."""
    state = os.environ.get(OWN_NETWORK)
    if state == "own":
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        return
    if state is not None:
        return
    # As an ordinary user: keep the user (PostgreSQL refuses root), and the rights in the new namespace.
    unshare = ["unshare", "-n"] if os.geteuid() == 0 else ["unshare", "--map-current-user", "--keep-caps", "-n"]
    why = _refusal([*unshare, "ip", "link", "set", "lo", "up"])
    os.environ[OWN_NETWORK] = "own" if why is None else why
    if why is None:
        os.execvp(unshare[0], [*unshare, sys.executable, "-m", _MODULE, *arguments])  # ourselves


def _refusal(command: list[str]) -> str | None:
    """Why this machine does not do it; None when it does."""
    missing = [name for name in ("unshare", "nsenter", "ip") if shutil.which(name) is None]
    if missing:
        return f"there is no {missing[0]}"
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    return None if done.returncode == 0 else done.stderr.strip() or "unshare is refused"
