"""A disk that fails at one operation after the other: the same short life is lived once for each.

After each life everything is asked of the file that is asked after a power cut, and of some cuts in it too.
"""

import asyncio
import datetime as dt
import random
from collections.abc import Callable
from pathlib import Path
from typing import Final

from edge_agent.store.errors import StoreUnwritable
from tests.edge_agent.store.torn.disk import Op, Sync, Truncate, Unlink, Write, cuts
from tests.edge_agent.store.torn.findings import Finding, Judge, Kind, open_again, put_down
from tests.edge_agent.store.torn.life import NAME, SMALL_WAL, Life, Promise, World
from tests.edge_agent.store.torn.recorder import Fault, io_error, no_space

STEPS: Final = 7


def disk_full(first: int, lasts: int) -> Fault:
    """No space for so many operations from the first on; what gives space back works."""

    def fault(number: int, op: Op) -> Exception | None:
        return no_space() if first <= number < first + lasts and isinstance(op, Write) else None

    return fault


def no_answer(first: int, lasts: int) -> Fault:
    """EIO for so many operations from the first on."""

    def fault(number: int, op: Op) -> Exception | None:
        hit = first <= number < first + lasts and isinstance(op, Write | Sync | Truncate | Unlink)
        return io_error(op) if hit else None

    return fault


def operations(seed: int, folder: Path) -> int:
    """How many operations the life has when nothing fails."""
    return _live(seed, folder / "whole", None).recorder.tried


def live_with(
    seed: int, folder: Path, fault: Fault, *, cut_every: int
) -> tuple[list[StoreUnwritable], list[Finding], int]:
    """The life with this fault: what the store said, what is wrong afterwards or at one of so many moments, cuts."""
    life = _live(seed, folder / "faulty", fault)
    judge = Judge(life.world.works, keeps=dt.timedelta(0))  # a full disk takes what the hub holds before its time
    wrong = judge.judge(open_again(folder / "faulty" / NAME), life.promises[-1])
    if not life.ended_well:
        wrong.append(Finding(Kind.LOST, "the store does not go on when the disk does"))
    tried = 0
    for one in cuts(life.start, life.ops, seed=life.recorder.tried, every=cut_every):
        tried += 1
        wrong += judge.judge(open_again(put_down(one.image, folder)), life.promise_at(one.moment))
    return life.errors, wrong, tried


def _live(seed: int, folder: Path, fault: Fault | None) -> Life:
    folder.mkdir(exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    life = Life(World(chance=random.Random(seed)), folder, instead=SMALL_WAL, promise=Promise(), fault=fault)
    asyncio.run(life.run(STEPS))
    return life


FAULTS: Final[dict[str, Callable[[int], Fault]]] = {
    "no space, once": lambda n: disk_full(n, 1),
    "no space, 12 operations": lambda n: disk_full(n, 12),
    "EIO, once": lambda n: no_answer(n, 1),
    "EIO, 5 operations": lambda n: no_answer(n, 5),
}
