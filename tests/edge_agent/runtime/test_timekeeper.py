"""What time it is, and which witness may do what to it. All clocks are moved by hand."""

import dataclasses

from hypothesis import given, settings
from hypothesis import strategies as st

from edge_agent.runtime.kernel_time import UNSYNCHRONISED, KernelTime
from edge_agent.runtime.timekeeper import (
    AGREE_FOR_S,
    DRIFT,
    HOLDOVER_AFTER_S,
    NO_EARLIER_S,
    NOBODY_KNOWS_S,
    STEP_S,
    Saved,
    Stepped,
    Timekeeper,
)
from protocols.sync.clock import ClockQuality

TRUE = 1_795_000_000.0  # November 2026
DAY = 86_400.0
YEAR = 365.25 * DAY
NTP = KernelTime(synchronised=True, max_error_s=0.02)


class Bench:
    """A machine whose clocks are moved by hand; `true` is what the world's clock says."""

    def __init__(self, system: float = TRUE, kernel: KernelTime = UNSYNCHRONISED, saved: Saved | None = None) -> None:
        self.true, self.mono, self.system, self.drift = TRUE, 100.0, system, 0.0
        self.kernel = kernel
        self.keeper = self.boot(saved)

    def boot(self, saved: Saved | None, name: str = "boot-1") -> Timekeeper:
        self.keeper = Timekeeper(boot=name, mono_s=self.mono, system_s=self.system, kernel=self.kernel, saved=saved)
        return self.keeper

    def wait(self, seconds: float) -> None:
        """True time passes; the station's crystal drifts."""
        self.true += seconds
        self.mono += seconds * (1 + self.drift)
        self.system += seconds * (1 + self.drift)

    def look(self) -> list[Stepped]:
        return self.keeper.look(self.mono, self.system, self.kernel)

    def hear(self, lie_s: float = 0.0, there_s: float = 0.03, back_s: float = 0.03) -> Stepped | None:
        sent = self.mono
        self.wait(there_s)
        told = self.true + lie_s
        self.wait(back_s)
        return self.keeper.hear(sent, self.mono, told)

    @property
    def off(self) -> float:
        return self.keeper.read(self.mono).at_s - self.true

    @property
    def quality(self) -> ClockQuality:
        return self.keeper.read(self.mono).quality

    @property
    def uncertainty(self) -> float:
        return self.keeper.read(self.mono).uncertainty_s

    @property
    def passed(self) -> float:
        return self.keeper.read(self.mono).passed_s


def test_a_machine_kept_by_ntp_is_believed_from_the_start() -> None:
    bench = Bench(kernel=NTP)
    assert (bench.quality, bench.off) == (ClockQuality.SYNCED, 0.0)
    assert bench.uncertainty < 0.2


def test_a_machine_that_nobody_keeps_is_not_believed() -> None:
    bench = Bench()
    assert (bench.quality, bench.uncertainty) == (ClockQuality.UNKNOWN, NOBODY_KNOWS_S)


def test_the_first_contact_puts_a_clock_in_1970_right_and_says_so() -> None:
    bench = Bench(system=5.0)
    assert bench.keeper.read(bench.mono).at_s == NO_EARLIER_S
    stepped = bench.hear()
    assert stepped is not None
    assert stepped.reason == "hub"
    assert abs(bench.off) <= bench.uncertainty < 0.2
    assert bench.quality is ClockQuality.SYNCED
    assert abs(bench.keeper.offset_s() - (bench.true - bench.system)) < 0.1


def test_what_ten_years_ahead_is_found_out_at_the_first_contact() -> None:
    bench = Bench(system=TRUE + 10 * YEAR)
    assert bench.hear() is not None
    assert abs(bench.off) < 0.1
    assert bench.passed <= bench.true


def test_a_slow_answer_makes_the_clock_less_sure_and_never_wrong() -> None:
    bench = Bench(system=5.0)
    bench.hear(there_s=9.0, back_s=0.1)
    assert abs(bench.off) <= bench.uncertainty
    assert bench.uncertainty > 4.0
    bench.wait(30)
    bench.hear()  # a quick one narrows it
    assert abs(bench.off) <= bench.uncertainty
    assert bench.keeper.read(bench.mono + 20_000).uncertainty_s < 11.0


def test_a_small_correction_is_slewed_and_never_runs_backwards() -> None:
    bench = Bench(kernel=NTP, system=TRUE + 0.2)
    bench.kernel = UNSYNCHRONISED
    before = bench.keeper.read(bench.mono).at_s
    assert bench.hear() is None
    readings = [bench.keeper.read(bench.mono + later).at_s for later in range(0, 2000, 10)]
    assert readings[0] >= before
    assert readings == sorted(readings)
    bench.wait(1500)
    assert abs(bench.off) <= bench.uncertainty


def test_a_single_lying_reply_moves_a_trusted_clock_not_at_all() -> None:
    bench = Bench(system=5.0)
    bench.hear()
    for lie in (3600.0, -10 * YEAR, 10 * YEAR, 5.0):
        bench.wait(30)
        assert bench.hear(lie_s=lie) is None
        assert abs(bench.off) < 0.2
    assert bench.quality is ClockQuality.SYNCED


def test_a_hub_that_says_the_same_again_and_again_is_followed_and_it_is_said() -> None:
    bench = Bench(system=5.0)
    bench.hear()
    said: list[Stepped] = []
    began = bench.mono
    while not said:
        bench.wait(20)
        stepped = bench.hear(lie_s=3600.0)
        said += [stepped] if stepped else []
    assert bench.mono - began >= AGREE_FOR_S
    assert abs(bench.off - 3600.0) < 0.2
    assert said[0].new_s - said[0].old_s > 3599


def test_a_hub_that_insists_does_not_move_a_clock_that_ntp_keeps() -> None:
    for lie_s in (3600.0, -3600.0, 10 * YEAR, 30.0):
        bench = Bench(kernel=NTP)
        bench.hear()
        for _ in range(7200):
            bench.wait(1)
            bench.look()
            assert bench.hear(lie_s=lie_s, there_s=0.001, back_s=0.001) is None
        assert abs(bench.off) < 0.2
        assert bench.quality is ClockQuality.SYNCED


def test_many_lies_at_once_are_still_one_lie() -> None:
    bench = Bench(system=5.0)
    bench.hear()
    for _ in range(50):
        bench.hear(lie_s=YEAR, there_s=0.001, back_s=0.001)
    assert abs(bench.off) < 0.2


def test_an_honest_reply_between_the_lies_begins_the_count_anew() -> None:
    bench = Bench(system=5.0)
    bench.hear()
    for _ in range(20):
        bench.wait(30)
        bench.hear(lie_s=YEAR)
        bench.wait(5)
        bench.hear()
    assert abs(bench.off) < 0.2


def test_the_uncertainty_grows_with_the_drift_and_holds_the_truth() -> None:
    bench = Bench(system=5.0)
    bench.hear()
    bench.drift = DRIFT
    for _ in range(3):
        bench.wait(DAY)
        assert abs(bench.off) <= bench.uncertainty
    assert bench.quality is ClockQuality.HOLDOVER
    assert 100 < bench.uncertainty < 140  # 43 s a day
    stepped = bench.hear()
    assert stepped is not None
    assert abs(stepped.new_s - stepped.old_s) > STEP_S
    assert abs(bench.off) < 0.2


def test_a_clock_that_was_confirmed_runs_alone_after_a_while() -> None:
    bench = Bench(system=5.0)
    bench.hear()
    bench.wait(HOLDOVER_AFTER_S + 1)
    assert bench.quality == "holdover"
    bench.hear()
    assert bench.quality == "synced"


def test_a_jump_of_the_machines_clock_is_told_and_not_followed() -> None:
    for jump in (3600.0, -3600.0, 10 * YEAR, -10 * YEAR):
        bench = Bench(kernel=NTP)
        bench.kernel = UNSYNCHRONISED
        bench.system += jump
        told = bench.look()
        assert [(one.reason, round(one.new_s - one.old_s)) for one in told] == [("jump", round(jump))]
        assert abs(bench.off) < 0.01
        assert bench.quality is ClockQuality.HOLDOVER
        assert bench.look() == []


def test_a_leap_second_that_the_machine_steps_over_is_a_jump_like_any_other() -> None:
    bench = Bench(kernel=NTP)
    bench.kernel = UNSYNCHRONISED
    bench.system -= 1.0
    assert [one.reason for one in bench.look()] == ["jump"]


def test_ntp_that_comes_late_puts_an_unknown_clock_right() -> None:
    bench = Bench(system=5.0)
    bench.wait(60)
    bench.system, bench.kernel = bench.true, NTP
    assert [one.reason for one in bench.look()] == ["jump", "ntp"]
    assert abs(bench.off) < 0.2


def test_ntp_before_the_time_that_has_passed_is_not_believed() -> None:
    saved = dataclasses.replace(Bench(kernel=NTP).keeper.saved(100.0), boot="boot-0")
    bench = Bench(system=TRUE - YEAR, kernel=NTP, saved=saved)
    assert bench.quality is ClockQuality.FLOOR
    assert abs(bench.off) < 1


def test_ntp_cannot_move_what_the_hub_has_said() -> None:
    bench = Bench(system=5.0)
    bench.hear()
    bench.system, bench.kernel = bench.true + 3600.0, NTP
    for _ in range(500):
        bench.wait(1)
        bench.look()
    assert abs(bench.off) < 1


def test_ntp_that_agrees_keeps_the_clock_narrow_while_the_hub_is_away() -> None:
    bench = Bench(system=TRUE, kernel=NTP)
    bench.hear()
    for _ in range(60):
        bench.wait(3600)
        bench.look()
    assert bench.uncertainty < 2.0
    assert bench.quality is ClockQuality.SYNCED


def test_the_time_never_runs_backwards_over_a_boot_in_1970() -> None:
    bench = Bench(system=5.0)
    bench.hear()
    bench.wait(DAY)
    saved = bench.keeper.saved(bench.mono)
    passed = bench.passed
    bench.wait(3 * DAY)
    bench.system, bench.mono = 5.0, 10.0
    bench.boot(saved, "boot-2")
    assert bench.quality is ClockQuality.FLOOR
    assert bench.keeper.read(bench.mono).at_s >= passed
    assert bench.passed <= bench.true
    bench.wait(60)
    assert bench.passed > passed + 59


def test_a_new_process_in_the_same_boot_goes_on_where_the_old_one_was() -> None:
    bench = Bench(system=5.0)
    bench.hear()
    bench.wait(600)
    saved = bench.keeper.saved(bench.mono)
    bench.wait(60)
    bench.boot(saved)
    assert abs(bench.off) <= bench.uncertainty < 1
    assert bench.quality is ClockQuality.HOLDOVER


def test_an_untrusted_clock_far_ahead_leaves_no_floor_behind() -> None:
    bench = Bench(system=TRUE + 10 * YEAR)
    bench.wait(600)
    saved = bench.keeper.saved(bench.mono)
    bench.system = bench.true
    bench.boot(saved, "boot-2")
    assert abs(bench.off) < 1


def test_facts_in_the_store_have_passed_unless_they_were_written_under_a_wrong_clock() -> None:
    bench = Bench(system=5.0)
    bench.keeper.seen(bench.mono, TRUE)
    assert bench.passed == TRUE
    assert bench.quality is ClockQuality.FLOOR
    assert bench.keeper.read(bench.mono).at_s == TRUE
    bench = Bench(system=5.0, saved=dataclasses.replace(bench.keeper.saved(bench.mono), boot="boot-0"))
    bench.keeper.seen(bench.mono, TRUE + 30)  # within the minute that was not written down
    assert bench.passed == TRUE + 30
    bench.keeper.seen(bench.mono, TRUE + 10 * YEAR)
    assert bench.passed == TRUE + 30


def test_a_floor_that_was_too_high_is_taken_back_by_a_hub_that_insists() -> None:
    bench = Bench(system=5.0)
    bench.keeper.seen(bench.mono, TRUE + YEAR)
    assert bench.hear() is None
    for _ in range(4):
        bench.wait(30)
        bench.hear()
    assert abs(bench.off) < 0.2
    assert bench.passed <= bench.true


def test_a_machine_in_the_year_9000_says_nothing() -> None:
    bench = Bench(system=2.2e11)
    assert bench.keeper.read(bench.mono).at_s == NO_EARLIER_S
    bench.system = 3.3e11
    assert [one.reason for one in bench.look()] == ["jump"]


@settings(max_examples=150)
@given(
    start=st.floats(-10 * YEAR, 10 * YEAR),
    drift=st.floats(-DRIFT, DRIFT),
    steps=st.lists(
        st.tuples(
            st.sampled_from(["wait", "hear", "jump", "lie", "restart"]),
            st.floats(0.001, 20_000.0),
            st.floats(0.001, 5.0),
        ),
        max_size=40,
    ),
)
def test_whatever_happens_the_truth_lies_inside_what_the_clock_says(
    start: float, drift: float, steps: list[tuple[str, float, float]]
) -> None:
    """Once an honest reply was heard, and while lies come singly; and what has passed has passed."""
    bench = Bench(system=TRUE + start)
    bench.drift = drift
    trusted = False
    passed = bench.passed
    for what, long, short in steps:
        match what:
            case "wait":
                bench.wait(long)
            case "hear":
                bench.hear(there_s=short, back_s=0.01)
                trusted = True
            case "jump":
                bench.system += long - 10_000.0
            case "lie" if trusted:
                bench.hear(lie_s=100_000 + long)
                bench.hear()
            case "restart":
                bench.boot(bench.keeper.saved(bench.mono))
        bench.look()
        if trusted:
            assert abs(bench.off) <= bench.uncertainty + 0.002
            assert bench.passed <= bench.true + 0.002
        assert bench.passed >= passed - 0.002
        passed = bench.passed
