"""The short soak: fixed seeds on every run of the tests; `make soak` plays more of them for longer.

It runs as the command does, in a process of its own: so it has a network of its own too, where the kernel allows it.
"""

import asyncio
import json
import sys
from pathlib import Path

import pytest

from tests.journeys.faults.setting import FEATURES

pytestmark = [pytest.mark.journey, pytest.mark.timeout(600)]

LIFE_S = 5.0
ROUNDS: dict[str, tuple[int, tuple[str, ...]]] = {"plain": (2, ()), "with everything": (7, FEATURES)}


@pytest.mark.parametrize("name", ROUNDS)
async def test_whatever_breaks_every_fact_arrives_once_and_no_lock_opens_for_nobody(name: str, tmp_path: Path) -> None:
    seed, features = ROUNDS[name]
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.journeys.faults.soak", "--seconds", "1", "--life", str(LIFE_S),
        "--seed", str(seed), "--with", *features, "--keep", str(tmp_path), "--report", str(tmp_path),
        "--power-cuts", "0",
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    said, _ = await process.communicate()
    assert process.returncode == 0, said.decode(errors="replace")
    told = json.loads((tmp_path / "soak.json").read_text())
    assert sum(sum(kinds.values()) for kinds in told["faults"].values()) >= 4
    assert told["facts"]["VehicleDocked"] >= 1
    assert told["versions"]["Voltdock"]
