"""Rounds by seed: each setting comes, always the same from the same seed, and what is not possible is told."""

from tests.journeys.faults.books import Finding, Kind
from tests.journeys.faults.reading import _understood
from tests.journeys.faults.rounds import Report
from tests.journeys.faults.setting import BROKER, CABLE, FEATURES, POSTGRESQL, TWO_HUBS, draw
from tests.journeys.faults.summary import Played, document, markdown


def test_a_seed_draws_its_setting_and_every_feature_comes() -> None:
    drawn = [draw(seed) for seed in range(200)]
    assert drawn == [draw(seed) for seed in range(200)]
    for feature in FEATURES:
        assert 30 < sum(one.has(feature) for one in drawn) < 150
    assert not any(one.has(TWO_HUBS) and not one.has(POSTGRESQL) for one in drawn)


def test_what_a_machine_does_not_give_is_left_out_and_told() -> None:
    setting = draw(1, [CABLE, BROKER]).without(CABLE, "unshare is refused")
    assert not setting.has(CABLE)
    assert setting.has(BROKER)
    assert setting.refused == ("cable: unshare is refused",)


def test_the_report_counts_what_was_wrong_and_what_was_not_possible() -> None:
    played = Played(began_s=0.0)
    good = Report(healed_s=[1.0], delivered_s=[2.0])
    good.faults["line cut"] = 3
    good.sums["opened"] = 7
    good.refused["cable: unshare is refused"] = 1
    limit = Report(findings=[Finding(Kind.LIMIT, "known")])
    bad = Report(findings=[Finding(Kind.LOST, "a fact")])
    for seed, report in enumerate((good, limit, bad), 5):
        played.add(seed, report)
    told = document(played)
    assert told["failed_seeds"] == [7]
    assert told["findings"] == {
        "lost": 1, "doubled": 0, "wrongly opened": 0, "wrong": 0, "stalled": 0, "known limit": 1,
    }  # fmt: skip
    text = markdown(played)
    assert "| **facts lost** | **1** of 0 |" in text
    assert "of 7 openings" in text
    assert "line cut 3" in text
    assert "cable: unshare is refused (1 rounds)" in text
    assert "p99 1.0 s (goal 5 s)" in text


def test_a_word_that_was_heard_and_not_written_before_the_end_is_none() -> None:
    assert _understood([1_000, 2_000, 3_000], [[0, 2_100], [2_900]], []) == [1_000, 3_000]


def test_a_word_that_reached_a_dead_agent_is_none() -> None:
    assert _understood([1_000, 2_101, 2_900, 4_000], [[0, 2_100], [3_000]], []) == [1_000, 4_000]


def test_a_word_that_a_full_disk_did_not_take_before_the_end_is_none() -> None:
    heard = [1_000, 3_000, 4_000, 9_000]
    assert _understood(heard, [[0, 6_000], [6_500]], [[2_500, 7_000]]) == [1_000, 9_000]
    assert _understood(heard, [[0, 8_000], [8_500]], [[2_500, 7_000]]) == heard, "the disk took it before the end"
    assert _understood(heard, [[0]], [[2_500, 7_000]]) == heard
