"""`make soak SECONDS=n SEED=s`: rounds of faults until the time is over, then the report; exit 1 if anything is wrong.

Round k plays from seed s + k; without a seed one is drawn. A failing seed is printed, its folder kept; it plays again
with SECONDS=1 SEED=that. The seed decides who does what and what breaks when; the machine's own timing differs.
"""

import argparse
import asyncio
import random
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

from firmware_sim.waiting import DemoError
from tests.journeys.faults import network, summary, torn
from tests.journeys.faults.books import Finding, Kind
from tests.journeys.faults.rounds import Report, play
from tests.journeys.faults.setting import FEATURES, draw
from tests.journeys.faults.summary import Played

LIFE_S: Final = 30.0
POWER_CUTS: Final = 20_000
BUILD: Final = Path("build")


async def soak(
    seconds: float, seeds: list[int], *, life_s: float, keep_in: Path, only: list[str] | None = None
) -> Played:
    """Play these seeds, then those that follow, for so long: every given one at least."""
    total = Played(began_s=time.time())
    began = time.monotonic()
    left = list(seeds)
    while left or time.monotonic() - began < seconds:
        seed = left.pop(0) if left else total.seeds[-1] + 1
        folder = keep_in / f"seed-{seed}"
        shutil.rmtree(folder, ignore_errors=True)
        report = await _round(folder, seed, life_s, only)
        total.add(seed, report)
        _say_round(seed, report, time.monotonic() - began)
        if report.wrong:
            folder.mkdir(parents=True, exist_ok=True)
            lines = ["# findings", *map(_line, report.findings), "# diary", *report.diary, "# the world", *report.world]
            (folder / "findings.txt").write_text("\n".join(lines) + "\n")
        else:
            shutil.rmtree(folder, ignore_errors=True)
        total.wall_s = time.monotonic() - began
    return total


async def _round(folder: Path, seed: int, life_s: float, only: list[str] | None) -> Report:
    try:
        return await play(folder, seed, life_s=life_s, setting=draw(seed, only))
    except DemoError as error:  # it did not even come up, or the hub's book could not be read
        return Report(findings=[Finding(Kind.STALLED, str(error))])


def _say_round(seed: int, report: Report, elapsed_s: float) -> None:
    wrong = len(report.wrong)
    sums, settings = report.sums, ", ".join(sorted(report.settings))
    print(
        f"{elapsed_s:7.0f} s  seed {seed} ({settings}): {sum(report.faults.values()):3} faults,"
        f" {sums['restarts']:2} restarts, {sum(report.facts.values()):4} facts, {sums['rentals']:2} rentals,"
        f" {sums['charges']:2} charges, delivered {max(report.delivered_s, default=0.0):4.1f} s after healing:"
        f" {f'{wrong} WRONG' if wrong else 'holds'}",
        flush=True,
    )
    for finding in report.findings:
        print(f"           {_line(finding)}", flush=True)


def _line(finding: Finding) -> str:
    return f"{finding.kind}: {finding.text}"


def main(arguments: list[str]) -> int:
    """The command's exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=600.0, help="how long (default 600)")
    parser.add_argument("--seed", type=int, nargs="+", help="of the first round, or of several (default: drawn)")
    parser.add_argument("--life", type=float, default=LIFE_S, help=f"seconds of faults in a round (default {LIFE_S:g})")
    parser.add_argument("--with", dest="only", nargs="*", choices=FEATURES, help="this setting, not the seed's own")
    parser.add_argument("--power-cuts", type=int, help=f"torn disks as well (default: by time, {POWER_CUTS} at most)")
    parser.add_argument("--keep", type=Path, default=None, help="where failing rounds are kept (default: a new folder)")
    parser.add_argument("--report", type=Path, default=BUILD, help=f"where the report is written (default {BUILD})")
    given = parser.parse_args(arguments)
    network.enter(arguments)
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))  # its servers must not outlive it
    seeds = given.seed or [random.SystemRandom().randrange(1, 1_000_000)]
    print(f"seed {seeds[0]}", flush=True)
    keep_in = given.keep or Path(tempfile.mkdtemp(prefix="voltdock-soak-"))
    total = asyncio.run(soak(given.seconds, seeds, life_s=given.life, keep_in=keep_in, only=given.only))
    points = min(POWER_CUTS, int(given.seconds) * 15) if given.power_cuts is None else given.power_cuts
    total.torn = torn.cut_power(seeds[0], points)
    print("\n" + summary.markdown(total))
    summary.write(total, given.report)
    for seed in total.failed:
        print(f"failing seed {seed}: make soak SECONDS=1 SEED={seed}   (kept in {keep_in / f'seed-{seed}'})")
    if not total.failed and given.keep is None:
        shutil.rmtree(keep_in, ignore_errors=True)
    return 1 if total.failed or total.torn.wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
