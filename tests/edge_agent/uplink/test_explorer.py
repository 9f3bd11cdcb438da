"""Random schedules end with both books equal; and a pump that is wrong would be seen."""

import asyncio
from pathlib import Path

import pytest
import structlog

from edge_agent.uplink import verdicts
from tests.edge_agent.uplink.explorer import STEPS, Schedule, explore


@pytest.fixture(autouse=True)
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hundred lives say a lot."""
    silent = structlog.wrap_logger(structlog.PrintLogger(), wrapper_class=structlog.make_filtering_bound_logger(50))
    monkeypatch.setattr("edge_agent.uplink.pump._log", silent)


def test_a_hundred_random_schedules_end_with_every_fact_once() -> None:
    count, played, wrong = explore(7_000_000, 100)
    assert (count, wrong) == (100, [])
    assert played.keys() == set(STEPS)


def test_a_pump_that_does_not_go_back_for_a_hub_that_forgot_would_be_seen(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(verdicts, "_rewinds", lambda *_: [])
    monkeypatch.setattr(verdicts, "_unknown", lambda *_: [])
    steps = ["commit", "settle"] * 6 + ["hub restore", "nudge", "lose request", "nudge"]
    ended = [asyncio.run(Schedule(seed, _folder(tmp_path, seed)).play(steps)) for seed in range(3)]
    assert any(ended)


def _folder(tmp_path: Path, seed: int) -> Path:
    folder = tmp_path / f"{seed}"
    folder.mkdir()
    return folder
