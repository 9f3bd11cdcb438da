"""The short soak: two fixed seeds on every run of the tests; `make soak` plays more of them for longer."""

from pathlib import Path

import pytest

from tests.journeys.faults.books import Kind
from tests.journeys.faults.rounds import play

pytestmark = [pytest.mark.journey, pytest.mark.timeout(200)]

LIFE_S = 5.0


@pytest.mark.parametrize("seed", [2, 7])
async def test_whatever_breaks_every_fact_arrives_once_and_no_lock_opens_for_nobody(seed: int, tmp_path: Path) -> None:
    report = await play(tmp_path, seed, life_s=LIFE_S)
    assert [one for one in report.findings if one.kind is not Kind.LIMIT] == [], "\n".join(report.diary)
    assert sum(report.faults.values()) >= 4
    assert report.rentals >= 1
    assert report.facts["RentalStarted"] >= 1
