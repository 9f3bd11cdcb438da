"""The hub's clock when the machine's is broken: what it shows, and what it says has certainly passed."""

import datetime as dt
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from hub.kernel.steadiness import AWAY_S, LASTS_S, SETTLES_S, begun, gone_on, looked
from hub.kernel.steady_clock import SteadyClock, certain
from protocols.values import UTC
from tests.hub.conftest import START, ManualClock
from tests.hub.machine_double import WRONG_S, YEAR_S, Machine

NOW_S = START.timestamp()


def test_a_jump_of_the_machines_clock_is_not_followed_while_it_may_be_put_right(tmp_path: Path) -> None:
    for wrong_s in WRONG_S:
        machine = Machine(tmp_path / f"{wrong_s}")
        clock = machine.clock()
        machine.wrong_s = wrong_s
        machine.goes_on(300, clock)
        assert abs(machine.off_s(clock)) < 0.01
        assert abs(clock.off_s() - wrong_s) < 0.01
        assert clock.passed() == clock.now()
        machine.wrong_s = 0
        machine.goes_on(10, clock)
        assert abs(machine.off_s(clock)) < 0.01
        assert clock.off_s() == 0


def test_a_jump_that_lasts_is_followed(tmp_path: Path) -> None:
    machine = Machine(tmp_path / "clock")
    clock = machine.clock()
    machine.wrong_s = -3600
    machine.goes_on(LASTS_S + 20, clock)
    assert abs(machine.off_s(clock) + 3600) < 0.01


def test_1970_is_never_followed(tmp_path: Path) -> None:
    machine = Machine(tmp_path / "clock")
    clock = machine.clock()
    machine.wrong_s = -56 * YEAR_S
    machine.goes_on(10 * LASTS_S, clock)
    assert abs(machine.off_s(clock)) < 0.01


def test_a_clock_that_drifts_by_500_ppm_is_followed(tmp_path: Path) -> None:
    machine = Machine(tmp_path / "clock")
    clock = machine.clock()
    for _ in range(1000):
        machine.wrong_s += 10 * 500e-6
        machine.goes_on(10, clock)
    assert abs(machine.off_s(clock) - machine.wrong_s) < 0.01


def test_a_restart_under_a_wrong_clock_goes_on_with_the_right_one(tmp_path: Path) -> None:
    for wrong_s in WRONG_S:
        machine = Machine(tmp_path / f"{wrong_s}")
        machine.clock().keep()
        machine.wrong_s = wrong_s
        machine.goes_on(20)
        clock = machine.clock()
        assert abs(machine.off_s(clock)) < 0.01
        clock.keep()
        assert abs(machine.off_s(machine.clock())) < 0.01


def test_a_machine_that_boots_in_1970_shows_what_has_passed_and_takes_the_first_word_that_may_be_true(
    tmp_path: Path,
) -> None:
    machine = Machine(tmp_path / "clock")
    machine.clock().keep()
    machine.reboots()
    machine.goes_on(60)
    machine.wrong_s = -56 * YEAR_S
    clock = machine.clock()
    assert abs(machine.off_s(clock) + 60) < 0.01
    machine.wrong_s = 0
    assert abs(machine.off_s(clock)) < 0.01


def test_a_machine_that_boots_ten_years_ahead_says_that_no_more_has_passed_than_it_ran(tmp_path: Path) -> None:
    machine = Machine(tmp_path / "clock")
    machine.clock().keep()
    machine.reboots()
    machine.wrong_s = 10 * YEAR_S
    clock = machine.clock()
    machine.goes_on(300, clock)
    assert clock.now().year == 2036
    assert abs(clock.passed().timestamp() - machine.true_s) < 0.01
    assert certain(clock).now() == clock.passed()
    clock.keep()
    machine.reboots()  # again and again does not make it pass
    clock = machine.clock()
    assert abs(clock.passed().timestamp() - machine.true_s) < 0.01
    machine.wrong_s = 0
    assert abs(machine.off_s(clock)) < 0.01
    assert clock.passed() == clock.now()


def test_a_hub_that_was_off_for_a_month_believes_so_after_a_day(tmp_path: Path) -> None:
    machine = Machine(tmp_path / "clock")
    machine.clock().keep()
    machine.reboots()
    machine.true_s += 30 * 86_400
    clock = machine.clock()
    assert clock.now().timestamp() - clock.passed().timestamp() > 29 * 86_400
    machine.goes_on(SETTLES_S + 20, clock)
    assert clock.passed() == clock.now()


def test_where_no_file_remembers_the_database_does(tmp_path: Path) -> None:
    machine = Machine(tmp_path / "clock")
    machine.wrong_s = 10 * YEAR_S
    clock = machine.clock()
    assert clock.passed().year == 2036
    clock.recall(START)
    assert clock.passed() == START
    clock.keep()
    kept = machine.clock()
    kept.recall(START - dt.timedelta(days=90))
    assert kept.passed() == START


def test_a_file_that_cannot_be_read_or_written_is_no_reason_to_stop(tmp_path: Path) -> None:
    machine = Machine(tmp_path / "clock")
    (tmp_path / "clock").write_bytes(b"\0" * 40)
    assert abs(machine.off_s(machine.clock())) < 0.01
    nowhere = SteadyClock(tmp_path / "none" / "clock")
    nowhere.keep()
    assert abs((nowhere.now() - dt.datetime.now(UTC)).total_seconds()) < 5


def test_a_clock_that_knows_nothing_of_itself_is_taken_as_it_is() -> None:
    clock = ManualClock()
    assert certain(clock) is clock


@given(st.lists(st.tuples(st.floats(0, 3600), st.sampled_from((0.0, *WRONG_S)), st.booleans()), max_size=40))
def test_whatever_the_clock_does_no_more_passes_than_ran_and_a_week(steps: list[tuple[float, float, bool]]) -> None:
    mono_s, true_s = 0.0, NOW_S
    time = begun(mono_s, true_s)
    for went_s, wrong_s, reboots in steps:
        mono_s, true_s = mono_s + went_s, true_s + went_s
        if reboots:
            mono_s = 0.0
            time = gone_on(time, mono_s, true_s + wrong_s, same_boot=False)
        time = looked(time, mono_s, true_s + wrong_s)
        assert time.passed_s <= time.at_s + 1e-3 or time.passed_s <= true_s + AWAY_S
        if sum(one for one, _, _ in steps) < SETTLES_S:
            assert time.passed_s <= true_s + AWAY_S
