"""`python -m firmware_sim.demo.leash MODULE …`: become that module, and end when the demo does, however it ends.

Without it a demo that is killed outright would leave hub and agent behind, on their ports. Linux only; elsewhere
it just becomes the module.
"""

import ctypes
import os
import signal
import sys
from typing import Final

PR_SET_PDEATHSIG: Final = 1  # linux/prctl.h; kept over an exec


def main() -> None:
    """Ask the kernel to tell us when our parent is gone, then turn into the module."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    os.execv(sys.executable, [sys.executable, "-m", *sys.argv[1:]])  # noqa: S606  # our own interpreter, our own modules


if __name__ == "__main__":
    main()
