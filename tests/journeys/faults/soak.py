"""`make soak SECONDS=n SEED=s`: rounds of faults until the time is over, then the report; exit 1 if anything is wrong.

Round k plays from seed s + k. A failing seed is printed, its folder kept; it plays again with SECONDS=1 SEED=that.
The seed decides who does what and what breaks when; the machine's own timing differs from run to run.
"""

import argparse
import asyncio
import shutil
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from firmware_sim.waiting import DemoError
from tests.journeys.faults.adversary import FAULTS
from tests.journeys.faults.books import Finding, Kind
from tests.journeys.faults.rounds import Report, play

LIFE_S: Final = 30.0


async def soak(seconds: float, seed: int, *, life_s: float, keep_in: Path) -> tuple[Report, list[int], list[int]]:
    """Play rounds for so long, one at least. Gives the sum, the seeds played and those that failed."""
    total = Report()
    played: list[int] = []
    failed: list[int] = []
    began = time.monotonic()
    while not played or time.monotonic() - began < seconds:
        number = seed + len(played)
        folder = keep_in / f"seed-{number}"
        shutil.rmtree(folder, ignore_errors=True)
        report = await _round(folder, number, life_s)
        played.append(number)
        total.add(report)
        _say_round(number, report, time.monotonic() - began)
        if any(one.kind is not Kind.LIMIT for one in report.findings):
            failed.append(number)
            (folder / "findings.txt").write_text(
                "\n".join(["# findings", *map(_line, report.findings), "# diary", *report.diary]) + "\n"
            )
        else:
            shutil.rmtree(folder, ignore_errors=True)
    return total, played, failed


async def _round(folder: Path, seed: int, life_s: float) -> Report:
    try:
        return await play(folder, seed, life_s=life_s)
    except DemoError as error:  # it did not even come up, or the hub's book could not be read
        return Report(findings=[Finding(Kind.STALLED, str(error))])


def _say_round(seed: int, report: Report, elapsed_s: float) -> None:
    wrong = sum(1 for one in report.findings if one.kind is not Kind.LIMIT)
    verdict = f"{wrong} WRONG" if wrong else "holds"
    print(
        f"{elapsed_s:7.0f} s  seed {seed}: {sum(report.faults.values()):3} faults, {report.restarts:2} restarts,"
        f" {sum(report.facts.values()):4} facts, {report.rentals:2} rentals, {report.charges:2} charges,"
        f" delivered {report.healed_s:4.1f} s after healing: {verdict}",
        flush=True,
    )
    for finding in report.findings:
        print(f"           {_line(finding)}", flush=True)


def _line(finding: Finding) -> str:
    return f"{finding.kind}: {finding.text}"


def table(report: Report, played: list[int], failed: list[int]) -> str:
    """The report as people read it."""
    kinds = {kind: sum(1 for one in report.findings if one.kind is kind) for kind in Kind}
    every: Mapping[str, int] = {fault.name: report.faults[fault.name] for fault in FAULTS}
    lines = [
        "",
        f"rounds {len(played)}, seeds {played[0]} to {played[-1]}",
        "",
        f"faults injected {sum(report.faults.values())}",
        *(f"  {name:<28}{count:6}" for name, count in every.items()),
        "",
        f"facts {sum(report.facts.values())}",
        *(f"  {name:<28}{count:6}" for name, count in sorted(report.facts.items())),
        f"rentals {report.rentals}, charges {report.charges}, moves of vehicles {report.moves}",
        f"openings of bolts {report.opened}",
        f"restarts of processes {report.restarts}, of them after an end of their own {report.gave_up}",
        f"longest time from the last healing to an exchange that left the outbox empty: {report.healed_s:.1f} s",
        "",
        *(f"{kind.value + ':':<30}{count:6}" for kind, count in kinds.items()),
    ]
    if failed:
        lines += ["", *(f"failing seed {seed}: make soak SECONDS=1 SEED={seed}" for seed in failed)]
    return "\n".join(lines)


def main() -> int:
    """The command's exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=600.0, help="how long (default 600)")
    parser.add_argument("--seed", type=int, default=1, help="of the first round (default 1)")
    parser.add_argument("--life", type=float, default=LIFE_S, help=f"seconds of faults in a round (default {LIFE_S:g})")
    parser.add_argument("--keep", type=Path, default=None, help="where failing rounds are kept (default: a new folder)")
    given = parser.parse_args()
    keep_in = given.keep or Path(tempfile.mkdtemp(prefix="voltdock-soak-"))
    total, played, failed = asyncio.run(soak(given.seconds, given.seed, life_s=given.life, keep_in=keep_in))
    print(table(total, played, failed))
    if failed:
        print(f"kept in {keep_in}")
    elif given.keep is None:
        shutil.rmtree(keep_in, ignore_errors=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
