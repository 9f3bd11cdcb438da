"""Power cuts at every moment of many lives: more than 20,000 torn disks, and none breaks a promise of the store.

That they can see is shown by test_weaker_disk.py.
"""

import pytest

from tests.edge_agent.store.powercut import run

SEEDS = range(8)
CUTS = 2600  # each: 8 x 2,600 > 20,000


@pytest.mark.parametrize("seed", SEEDS)
def test_after_a_cut_at_any_moment_every_promise_holds(seed: int) -> None:
    report = run(seed, CUTS)
    assert report.wrong == []
    assert report.cuts >= CUTS
    assert report.images > CUTS / 2
    assert report.drained > 10
