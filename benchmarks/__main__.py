"""`make bench`: run the benchmarks one after the other, print a table, write build/bench.json."""

import importlib
import json
import sys
import time
from pathlib import Path
from typing import Final

import click

from benchmarks.results import Result

BENCHMARKS: Final = (
    "outbox",
    "wear",
    "scan",
    "voucher",
    "ingest",
    "drain",
    "storm",
    "memory",
    "month",
    "heal",
    "kiosk",
    "console",
    "price",
    "search",
    "booking",
    "rush",
    "reconciliation",
)
OUT: Final = Path("build/bench.json")


@click.command(context_settings={"show_default": True})
@click.option("--only", type=click.Choice(BENCHMARKS), help="Run this one alone.")
def main(only: str | None) -> None:
    """Measure what the issue sets goals for. Exit 0 when all ran, whether or not the goals were met."""
    results: list[Result] = []
    failed: list[str] = []
    for name in (only,) if only else BENCHMARKS:
        print(f"· {name} …", file=sys.stderr, flush=True)
        began = time.perf_counter()
        try:
            results += importlib.import_module(f"benchmarks.{name}").run()
        except Exception as error:  # noqa: BLE001 - one that fails must not hide the others; it is reported
            failed.append(f"{name}: {type(error).__name__}: {error}")
        print(f"  {time.perf_counter() - began:.0f} s", file=sys.stderr)
    print(table(results))
    for line in failed:
        print(f"FAILED  {line}")
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(json.dumps({"results": [_row(one) for one in results], "failed": failed}, indent=2) + "\n")
    sys.exit(1 if failed else 0)


def table(results: list[Result]) -> str:
    """The figures for people."""
    rows = [("", "figure", "value", "goal", "note")]
    for one in results:
        mark = {True: "✓", False: "✗", None: "·"}[one.met]
        sign = "≥" if one.higher_is_better else "≤"
        goal = "" if one.goal is None else f"{sign} {_number(one.goal)} {one.unit}"
        rows.append((mark, one.name, f"{_number(one.value)} {one.unit}", goal, one.note))
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    return "\n".join(
        "  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[4]]).rstrip()
        for row in rows
    )


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _row(one: Result) -> dict[str, object]:
    row: dict[str, object] = {
        "name": one.name,
        "value": one.value,
        "unit": one.unit,
        "goal": one.goal,
        "met": one.met,
        "note": one.note,
    }
    if one.baseline is not None:
        row["baseline"] = one.baseline
    return row


if __name__ == "__main__":
    main()
