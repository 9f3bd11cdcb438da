"""The cuts of test_powercut.py with a weaker `synchronous`, or on a disk that lies, find loss and damage.

They show that those tests can see; and that what a lying disk forgot is never forgotten in silence.
"""

import pytest

from tests.edge_agent.store.powercut import lie, run
from tests.edge_agent.store.torn.findings import Kind
from tests.edge_agent.store.torn.life import weakened


def test_with_synchronous_normal_the_same_cuts_lose_facts_and_use_numbers_twice() -> None:
    report = run(1, 1500, instead=weakened("NORMAL"))
    assert report.kinds[Kind.LOST] > 100, report.table()
    assert report.kinds[Kind.REUSED] > 10, report.table()
    assert report.kinds[Kind.DAMAGED] == 0, report.table()


def test_with_synchronous_off_the_same_cuts_damage_the_file() -> None:
    report = run(1, 600, instead=weakened("OFF"))
    assert report.kinds[Kind.DAMAGED] > 50, report.table()
    assert report.kinds[Kind.LOST] > 50, report.table()


@pytest.mark.parametrize("share", [1.0, 0.3, 0.05])
def test_on_a_disk_that_lies_damage_is_seen_at_the_start_and_what_can_be_read_reaches_the_hub(share: float) -> None:
    report = lie(5, 150, share)
    # Rows gone from the middle of a chain, with every page in order: what is behind waits (docs/reliability.md).
    assert report.kinds[Kind.LOST] <= 3, report.wrong
    assert set(report.kinds) <= {Kind.DAMAGED, Kind.REUSED, Kind.ALTERED, Kind.LOST}, report.wrong
    assert report.kinds[Kind.ALTERED] <= 5  # noise in a record: SQLite cannot see it (docs/reliability.md)
    if share == 1.0:
        assert report.kinds[Kind.DAMAGED] > 10
        assert report.kinds[Kind.REUSED] > 0  # the hub noticed each: all facts arrived under other numbers
