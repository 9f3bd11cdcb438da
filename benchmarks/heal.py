"""How soon a station speaks to its hub again once a cut line is whole: real processes, a proxy that cuts between them.

Short cuts and long ones, as the agent comes out of the box (it asks its hub each 30 s when nothing calls): after a
long cut the pump has backed off, so this shows what brings it back. The station is at rest before each cut: its live
link has stood for a while. A station whose live link had not come back yet when the line is cut again has nothing
that tells it of the cut; then its next poll, or its next fact, is what finds the line.
"""

import asyncio
import random
import tempfile
from pathlib import Path
from typing import Final

from benchmarks.results import Result, at_most, plain
from firmware_sim.waiting import until
from tests.journeys.faults.lab import Lab, open_lab
from tests.journeys.faults.rounds import cut_and_heal
from tests.journeys.faults.setting import Setting

POLL_S: Final = 30.0
GOAL_S: Final = 5.0
SEED: Final = 20_261
REST_S: Final = 10.5  # the link's own back-off is short again after 10 s
SHORT: Final = (8, (1.0, 5.0))  # so many cuts, so long
LONG: Final = (2, (40.0, 50.0))


def run() -> list[Result]:
    """Seconds from the healing to the first exchange."""
    short, long = asyncio.run(_measure())
    every = sorted(short + long)
    return [
        at_most(
            "first exchange after a cut heals, p99", every[int(len(every) * 0.99)], "s", GOAL_S, f"{len(every)} cuts"
        ),
        plain("… median after cuts of 1 to 5 s", sorted(short)[len(short) // 2], "s"),
        plain("… longest after cuts of 40 to 50 s", max(long), "s"),
    ]


async def _measure() -> tuple[list[float], list[float]]:
    chance = random.Random(SEED)
    with tempfile.TemporaryDirectory(prefix="voltdock-bench-") as folder:
        async with open_lab(Path(folder), SEED, Setting(), poll_s=POLL_S) as lab:
            return await _cuts(lab, chance, *SHORT), await _cuts(lab, chance, *LONG)


async def _cuts(lab: Lab, chance: random.Random, times: int, cut_s: tuple[float, float]) -> list[float]:
    found = []
    for _ in range(times):
        await until("the live link", lambda: _is_linked(lab), timeout_s=REST_S + 60)
        await asyncio.sleep(REST_S)
        found.append(await cut_and_heal(lab, chance, cut_s=cut_s))
    return found


async def _is_linked(lab: Lab) -> bool:
    """Whether the agent's last word about its live link is that it stands."""
    words = [line for line in lab.agent.last_words(1000).splitlines() if '"live_link_' in line]
    return bool(words) and "live_link_connected" in words[-1]
