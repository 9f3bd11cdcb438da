"""Days of renting on a crystal that is off by what the worst one may be: the real timekeeper under the real rules."""

import datetime as dt
import random
from typing import Final

import pytest

from edge_agent.core.inputs import BatteryReported, ClockMoved, HubReached, LockState, Ticked
from edge_agent.runtime.kernel_time import UNSYNCHRONISED
from edge_agent.runtime.timekeeper import DRIFT, Stepped, Timekeeper
from protocols.sync.clock import Moment
from protocols.sync.facts import RentalEnded
from protocols.tariff.tariff import price_of_rental
from protocols.values import UTC, BatteryReading, from_ms
from tests.edge_agent.core.stage import BEGAN, STATION, Stage, voucher
from tests.edge_agent.core.test_rental import agree, opened

DAYS: Final = 12
HOUR_S: Final = 3600.0


class Drifting(Stage):
    """A stage whose `wait` is true time; all that the station knows comes from its crystal and its hub."""

    def __init__(self, drift: float) -> None:
        super().__init__()
        self.drift, self.true_s = drift, BEGAN.timestamp()
        self.keeper = Timekeeper(
            boot=self.boot, mono_s=self.mono_s, system_s=self.true_s, kernel=UNSYNCHRONISED, saved=None
        )
        self.hear()

    def now(self) -> Moment:
        reading = self.keeper.read(self.mono_s)
        return Moment(
            at=from_ms(int(reading.at_s * 1000)),
            mono_s=self.mono_s,
            boot_id=self.boot,
            quality=reading.quality,
            uncertainty_ms=int(reading.uncertainty_s * 1000) + 1,
            passed_ms=int(reading.passed_s * 1000),
        )

    def wait(self, seconds: float) -> None:
        self.true_s += seconds
        self.mono_s += seconds * (1 + self.drift)
        self.at = self.now().at

    def hear(self) -> None:
        """The hub answers, 40 ms away."""
        if self.epoch:
            self.tell(HubReached(hub_at=from_ms(int(self.true_s * 1000))))
        self._moved(self.keeper.hear(self.mono_s - 0.04, self.mono_s, self.true_s - 0.02))
        self.at = self.now().at

    def _moved(self, stepped: Stepped | None) -> None:
        if stepped is not None and self.epoch:
            old_ms, new_ms = int(stepped.old_s * 1000), int(stepped.new_s * 1000)
            self.tell(ClockMoved(reason=stepped.reason, old_ms=old_ms, new_ms=new_ms, offset_ms=0))

    def holds_the_truth(self) -> bool:
        now = self.now()
        return now.is_trusted and now.earliest_ms <= self.true_s * 1000 <= now.latest_ms


@pytest.mark.parametrize("drift", [DRIFT, -DRIFT])
@pytest.mark.parametrize("heard_every_s", [HOUR_S, 3 * 24 * HOUR_S])
def test_days_of_renting_on_the_worst_crystal_bill_what_the_monotonic_clock_counted(
    drift: float, heard_every_s: float
) -> None:
    stage, chance = Drifting(drift).furnish(), random.Random(f"{drift} {heard_every_s}")
    assert isinstance(stage, Drifting)
    stage.epoch = 1
    stage.hear()
    stage.stand(1, 1)
    stage.find(3)
    stage.report(3)
    heard_s, number, home, away = stage.true_s, 0, 1, 3
    while stage.true_s < BEGAN.timestamp() + DAYS * 24 * HOUR_S:
        stage.wait(chance.uniform(60, 5 * HOUR_S))
        stage.tell(Ticked())
        if stage.true_s - heard_s >= heard_every_s:
            heard_s = stage.true_s
            stage.hear()
        assert stage.holds_the_truth()
        number += 1
        true = dt.datetime.fromtimestamp(int(stage.true_s), UTC)
        day = dt.timedelta(days=1)
        rental = agree(stage, voucher(number, 1, stations=(STATION,), not_before=true - day, expires=true + day), home)
        opened(stage, rental)
        stage.report(home, None, LockState.UNLOCKED, age_s=0)
        left_s, left_mono_s = stage.true_s, stage.mono_s
        ride_s = chance.choice((chance.uniform(30, 600), chance.uniform(600, 6 * HOUR_S)))
        stage.wait(ride_s / 2)
        if chance.random() < 0.3:  # put right while the vehicle is out
            stage.hear()
            heard_s = stage.true_s
        stage.wait(ride_s / 2)
        stage.report(away, 1, age_s=0)
        home, away = away, home
        stage.tell(BatteryReported(dock_no=home, battery=BatteryReading(soc_pct=80.0)))
        told, counted_s = stage.of(RentalEnded)[-1], stage.mono_s - left_mono_s
        assert (told.rental_id, told.duration_by) == (rental.rental_id, "monotonic")
        assert told.duration_s == pytest.approx(counted_s, abs=0.002)
        true_s = stage.true_s - left_s
        assert abs(told.duration_s - true_s) <= true_s * DRIFT + 0.002
        tariff = rental.tariff
        assert told.bill.total_minor == price_of_rental(tariff, told.duration_s).total_minor
        off_minor = told.bill.total_minor - price_of_rental(tariff, true_s).total_minor
        assert abs(off_minor) <= 19  # six hours drift by eleven seconds: one begun minute, if any
        assert stage.holds_the_truth()
    assert len(stage.of(RentalEnded)) == number > 40
