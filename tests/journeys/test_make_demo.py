"""`make demo` as a person uses it: at a terminal, ended by Ctrl-C, exit code 0, nothing left running."""

import os
import pty
import select
import subprocess
import time
from dataclasses import asdict
from pathlib import Path

import pytest

from firmware_sim.demo.ports import free_ports

pytestmark = [pytest.mark.journey, pytest.mark.timeout(150)]

ROOT = Path(__file__).parents[2]
CTRL_C = b"\x03"


def run_at_a_terminal(command: list[str], environment: dict[str, str], until: bytes) -> tuple[int, str]:
    """Press Ctrl-C once `until` was printed; gives the exit code and what was on the screen."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(ROOT)
        os.execvpe(command[0], command, environment)
    screen, pressed, deadline = b"", False, time.monotonic() + 120
    try:
        while time.monotonic() < deadline:
            if not select.select([terminal], [], [], 0.5)[0]:
                continue
            try:
                heard = os.read(terminal, 4096)
            except OSError:  # the other end is closed: the command has ended
                break
            screen += heard
            if not pressed and until in screen:
                os.write(terminal, CTRL_C)
                pressed = True
    finally:
        os.close(terminal)
    _, status = os.waitpid(pid, 0)
    return os.waitstatus_to_exitcode(status), screen.decode(errors="replace")


def test_ctrl_c_at_make_demo_stops_everything_and_make_is_content(tmp_path: Path) -> None:
    ports = {f"VOLTDOCK_SIM_DEMO_{name.upper()}_PORT": str(port) for name, port in asdict(free_ports()).items()}
    environment = {**os.environ, **ports, "VOLTDOCK_SIM_DEMO_DATA": str(tmp_path / "demo")}
    code, screen = run_at_a_terminal(["make", "demo"], environment, until=b"Ctrl-C stops everything")
    assert code == 0, screen
    assert "Kiosk" in screen
    left = subprocess.run(["pgrep", "-f", str(tmp_path)], capture_output=True, text=True, check=False)
    assert left.stdout == ""
