"""What a soak came to: for machines (`soak.json`) and as the table that stands in docs/reliability.md (`soak.md`)."""

import json
import platform
import shutil
import sqlite3
import subprocess
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from tests.journeys.faults.adversary import FAULTS
from tests.journeys.faults.books import Kind
from tests.journeys.faults.rounds import Report
from tests.journeys.faults.setting import FEATURES
from tests.journeys.faults.torn import Torn

HEAL_GOAL_S: Final = 5.0
_ROOT: Final = Path(__file__).parents[3]


@dataclass(slots=True, kw_only=True)
class Played:
    """Rounds, their sum, and which of them failed."""

    began_s: float
    wall_s: float = 0.0
    seeds: list[int] = field(default_factory=list)
    failed: list[int] = field(default_factory=list)
    total: Report = field(default_factory=Report)
    torn: Torn = field(default_factory=Torn)

    def add(self, seed: int, report: Report) -> None:
        """Count a round in."""
        self.seeds.append(seed)
        self.total.add(report)
        if report.wrong:
            self.failed.append(seed)


def document(played: Played) -> dict[str, Any]:
    """Plain values only."""
    total = played.total
    found = Counter(one.kind for one in total.findings)
    return {
        "began": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(played.began_s)),
        "wall_s": round(played.wall_s, 1),
        "rounds": len(played.seeds),
        "seeds": played.seeds,
        "failed_seeds": played.failed,
        "versions": _versions(),
        "settings": {name: total.settings[name] for name in ("plain", *FEATURES)},
        "not_possible_here": dict(total.refused),
        "findings": {kind.value: found[kind] for kind in Kind},
        "found": [f"{one.kind}: {one.text}" for one in total.findings],
        "faults": _by_target(total.faults),
        "facts": dict(sorted(total.facts.items())),
        "seen": dict(sorted(total.seen.items())),
        "lines": dict(sorted(total.line.items())),
        "sums": dict(sorted(total.sums.items())),
        "power_cuts": {"cuts": played.torn.cuts, "images": played.torn.images, "wrong": played.torn.wrong},
        "heal_p99_s": _p99(total.healed_s),
        "heal_goal_s": HEAL_GOAL_S,
        "delivered_p99_s": _p99(total.delivered_s),
    }


def markdown(played: Played) -> str:
    """The report as people read it."""
    told = document(played)
    found, sums, faults = told["findings"], told["sums"], told["faults"]

    def number(name: str) -> str:
        return f"{sums.get(name, 0):,}"

    facts, injected = sum(told["facts"].values()), sum(sum(one.values()) for one in faults.values())
    settings = ", ".join(f"{name} {count}" for name, count in told["settings"].items())
    of = f"{number('rentals')} rentals, {number('charges')} charges, {number('moves')} moves of vehicles"
    of += f", {number('readings')} readings of the meter"
    rows = [
        ("**facts lost**", f"**{found['lost']}** of {facts:,}"),
        ("**facts, rentals or charges doubled**", f"**{found['doubled']}**"),
        ("**locks wrongly opened**", f"**{found['wrongly opened']}** of {number('opened')} openings"),
        ("wrong states, amounts or energies", f"{found['wrong']} in {of}"),
        ("stalled", str(found["stalled"])),
        ("known limits met", str(found["known limit"])),
        ("from the healing of a cut line to the first exchange", _seconds(told["heal_p99_s"], HEAL_GOAL_S)),
        ("from the last healing, starts included, to an empty outbox", _seconds(told["delivered_p99_s"], None)),
        ("faults injected", f"{injected:,}; {number('restarts')} restarts of hub and agent"),
        ("power cuts, each a torn disk opened again", f"{len(played.torn.wrong)} wrong of {played.torn.cuts:,}"),
        ("rounds by setting", settings),
    ]
    rows += [("not possible here", f"{why} ({count} rounds)") for why, count in told["not_possible_here"].items()]
    seeds = f"seeds {played.seeds[0]} to {played.seeds[-1]}" if len(played.seeds) > 1 else f"seed {played.seeds[0]}"
    versions = ", ".join(f"{name} {version}" for name, version in told["versions"].items())
    return "\n".join(
        [
            f"{told['began'][:10]}, {told['rounds']} rounds, {seeds}, {told['wall_s'] / 60:.0f} minutes. {versions}.",
            "",
            "| | |",
            "|---|---|",
            *(f"| {name} | {value} |" for name, value in rows),
            "",
            "| target | faults injected by kind |",
            "|---|---|",
            *(
                f"| {target} | {' · '.join(f'{name} {count}' for name, count in kinds.items())} |"
                for target, kinds in faults.items()
            ),
            "",
        ]
    )


def write(played: Played, folder: Path) -> None:
    """`soak.json` and `soak.md`."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "soak.json").write_text(json.dumps(document(played), indent=1) + "\n")
    (folder / "soak.md").write_text(markdown(played))


def _by_target(counts: Counter[str]) -> dict[str, dict[str, int]]:
    faults: dict[str, dict[str, int]] = {}
    for fault in FAULTS:
        faults.setdefault(fault.target, {})[fault.name] = counts[fault.name]
    return faults


def _p99(values: list[float]) -> float | None:
    return round(sorted(values)[min(len(values) - 1, int(len(values) * 0.99))], 2) if values else None


def _seconds(value: float | None, goal_s: float | None) -> str:
    if value is None:
        return "not measured"
    told = f"p99 {value:.1f} s"
    return told if goal_s is None else f"{told} (goal {goal_s:g} s{'' if value <= goal_s else ', missed'})"


def _versions() -> dict[str, str]:
    return {
        "Voltdock": _said("git", "-C", str(_ROOT), "rev-parse", "--short", "HEAD"),
        "Python": platform.python_version(),
        "SQLite": sqlite3.sqlite_version,
        "PostgreSQL": _said("psql", "--version").split(" ")[2:3][0] if shutil.which("psql") else "none",
        "Mosquitto": _mosquitto(),
        "Linux": platform.release().split("-")[0],
    }


def _mosquitto() -> str:
    said = _said("mosquitto", "-h") or _said("/usr/sbin/mosquitto", "-h")
    return said.split("\n")[0].removeprefix("mosquitto version ") or "none"


def _said(*command: str) -> str:
    if shutil.which(command[0]) is None:
        return ""
    return subprocess.run(command, check=False, capture_output=True, text=True).stdout.strip()
