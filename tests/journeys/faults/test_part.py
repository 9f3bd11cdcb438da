"""A part is kept alive as by systemd, and stays down when it is told to."""

import asyncio
from pathlib import Path

import pytest

from tests.journeys.faults import part
from tests.journeys.faults.part import Part


async def starts(made: Part, count: int) -> None:
    async with asyncio.timeout(20):
        while made.starts < count:
            await asyncio.sleep(0.02)


async def test_a_part_that_ends_by_itself_is_started_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(part, "RESTART_S", 0.1)
    made = Part("short", ["this"], log=tmp_path / "log")
    await made.start()
    await starts(made, 3)
    await made.stop()
    assert not made.is_running
    assert made.gave_up >= 2
    assert "beautiful" in made.last_words(100).lower()


@pytest.mark.parametrize("how", ["kill", "stop"])
async def test_a_part_that_was_ended_stays_down_until_it_is_started(how: str, tmp_path: Path) -> None:
    made = Part("long", ["http.server", "0", "--bind", "127.0.0.1"], log=tmp_path / "log")
    await made.start()
    await getattr(made, how)()
    assert not made.is_running
    assert made.gave_up == 0
    await made.start()
    assert made.starts == 2
    await made.kill()
