"""What is broken on purpose, and who breaks it: a table of faults, and an adversary who strikes from it.

A new wire or a new way to break one joins by a row in `break_line`, `break_devices` or `break_houses`. A row injects
and gives back how to heal. Faults on one target exclude each other, targets do not: a killed hub and a noisy line at
once are what a bad day is.
"""

import asyncio
import random
import time
from collections import Counter
from typing import Final

from tests.journeys.faults.break_devices import DEVICES
from tests.journeys.faults.break_houses import HOUSES
from tests.journeys.faults.break_line import CABLES, LINE
from tests.journeys.faults.fault import Fault
from tests.journeys.faults.lab import Lab

FAULTS: Final[tuple[Fault, ...]] = (*LINE, *CABLES, *HOUSES, *DEVICES)
# How long a target is left alone between two strikes, at most: processes take seconds to start on a busy machine.
REST_S: Final = {
    "line": 2.0,
    "agent": 7.0,
    "hub": 9.0,
    "cable": 8.0,
    "ocpp": 5.0,
    "modbus": 5.0,
    "postgresql": 12.0,
    "broker": 6.0,
    "clock": 8.0,
    "hub's clock": 8.0,
    "docks": 3.0,
    "chargers": 4.0,
    "strangers": 6.0,
}


class Adversary:
    """Strikes every target at random instants until told to stop; then everything is healed."""

    def __init__(self, lab: Lab, seed: int) -> None:
        self.counts: Counter[str] = Counter()
        self.diary: list[str] = []
        self._lab = lab
        self._seed = seed
        self._known = [fault for fault in FAULTS if lab.setting.has(fault.needs)]
        self._began_s = time.monotonic()

    async def strike(self, until_s: float) -> None:
        """Until the loop's clock shows `until_s`; all healed afterwards."""
        targets = dict.fromkeys(fault.target for fault in self._known)
        async with asyncio.TaskGroup() as group:
            for target in targets:
                group.create_task(self._strike_at(target, until_s))

    async def _strike_at(self, target: str, until_s: float) -> None:
        chance = random.Random(f"{self._seed} {target}")
        known = [fault for fault in self._known if fault.target == target]
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(chance.uniform(0.2, REST_S[target]))
            if loop.time() >= until_s:
                return
            fault = chance.choices(known, [one.weight for one in known])[0]
            self.counts[fault.name] += 1
            self._note(fault.name)
            heal = await fault.inject(self._lab, chance)
            try:
                await asyncio.sleep(min(chance.uniform(*fault.hold_s), max(0.0, until_s - loop.time())))
            finally:
                await heal()
                self._note(f"healed: {fault.name}")

    def _note(self, text: str) -> None:
        self.diary.append(f"{time.monotonic() - self._began_s:7.2f} s  {text}")
