import dataclasses
import datetime as dt

import msgspec
import pytest

from edge_agent.core.inputs import (
    AuthorizeCard,
    CardVerdict,
    ChargeAnswer,
    ChargeMetered,
    ChargerFound,
    ChargerLost,
    ChargeStarted,
    ChargeStopped,
    ConnectorReported,
    ConnectorState,
    MeterSample,
    Ticked,
)
from edge_agent.core.state import Session
from protocols.sync.facts import (
    ChargerSeen,
    ChargingMetered,
    ChargingOrphaned,
    ChargingStarted,
    ChargingStopped,
    ConnectorChanged,
)
from protocols.values import to_ms
from tests.edge_agent.core.stage import BEGAN, CHARGE_TARIFF, Stage, charge_tariff_item, durable, tariff_item

GOOD, BLOCKED, EXPIRING = "04A1B2C3", "04A1B2C4", "04A1B2C5"


@pytest.fixture
def stage() -> Stage:
    return Stage().furnish()


def start(stage: Stage, token: str = GOOD, connector_no: int = 1, wh: int = 1_000, **more: object) -> ChargeAnswer:
    asked = ChargeStarted(
        charger_id="CP1", connector_no=connector_no, id_token=token, meter_start_wh=wh, started_at=stage.at
    )
    answer: ChargeAnswer = stage.ask(dataclasses.replace(asked, **more))  # type: ignore[arg-type]
    return answer


def stop(stage: Stage, transaction_id: int, wh: int, **more: object) -> None:
    asked = ChargeStopped(
        charger_id="CP1", transaction_id=transaction_id, meter_stop_wh=wh, stopped_at=stage.at, reason="local"
    )
    assert stage.ask(dataclasses.replace(asked, **more)) is None  # type: ignore[arg-type]


def meter(stage: Stage, wh: int, transaction_id: int | None = None, at: dt.datetime | None = None) -> None:
    samples = (MeterSample(sampled_at=at or stage.at, energy_wh=wh, power_w=7_000.0),)
    stage.tell(ChargeMetered(charger_id="CP1", connector_no=1, transaction_id=transaction_id, samples=samples))


def connector(stage: Stage, state: ConnectorState, at: dt.datetime | None = None, connector_no: int = 1) -> None:
    stage.tell(
        ConnectorReported(
            charger_id="CP1",
            connector_no=connector_no,
            state=state,
            error_code="NoError",
            reported_at=at or stage.at,
        )
    )


def only(stage: Stage) -> Session:
    (session,) = stage.state.sessions.values()
    return session


def test_a_whole_session_is_metered_and_billed_by_the_register(stage: Stage) -> None:
    answer = start(stage)
    assert answer.verdict is CardVerdict.ACCEPTED
    stage.wait(60)
    meter(stage, 1_500, answer.transaction_id)
    stage.wait(60)
    stop(stage, answer.transaction_id, 11_000)
    stopped = stage.of(ChargingStopped)[0]
    assert (stopped.energy_wh, stopped.reason) == (10_000, "local")
    assert stopped.bill is not None
    assert (stopped.bill.total_minor, stopped.bill.tariff_id) == (490, CHARGE_TARIFF)
    assert [one.energy_wh for one in stage.of(ChargingMetered)] == [1_500]
    assert durable(stage.restored()) == durable(stage.state)


def test_p2_a_boot_ends_no_transaction(stage: Stage) -> None:
    answer = start(stage)
    stage.tell(ChargerLost(charger_id="CP1"))
    stage.tell(ChargerFound(charger_id="CP1", vendor="Micro", model="Ocpp", firmware="1"))
    connector(stage, ConnectorState.CHARGING)
    meter(stage, 1_200, answer.transaction_id)
    assert only(stage).stopped_at is None
    assert len(stage.of(ChargerSeen)) == 1


def test_p3_the_same_start_again_is_the_same_transaction_even_after_a_restart(stage: Stage) -> None:
    began = stage.at
    first = start(stage)
    stage.wait(60)
    assert start(stage, started_at=began) == first
    stage.restart()
    assert start(stage, started_at=began) == first
    stop(stage, first.transaction_id, 2_000)
    assert start(stage, started_at=began) == first
    assert len(stage.of(ChargingStarted)) == 1


def test_p9_transaction_ids_never_repeat_over_a_restart_or_a_clock_that_goes_back(stage: Stage) -> None:
    ids = [start(stage, connector_no=number).transaction_id for number in (1, 2)]
    stage.restart()
    stage.at -= dt.timedelta(days=1000)
    ids.append(start(stage, connector_no=3).transaction_id)
    assert ids == sorted(set(ids))
    assert ids[0] > 1


def test_p6_a_replay_after_an_outage_attaches_everything_to_its_own_transaction(stage: Stage) -> None:
    old = start(stage, wh=1_000)
    stage.wait(600)
    ended_at, began_at = stage.at, stage.at + dt.timedelta(minutes=5)
    stage.wait(3_600)
    connector(stage, ConnectorState.AVAILABLE, at=ended_at)
    connector(stage, ConnectorState.CHARGING, at=began_at)
    meter(stage, 3_000, old.transaction_id, at=ended_at - dt.timedelta(seconds=10))
    stop(stage, old.transaction_id, 4_000, stopped_at=ended_at)
    new = start(stage, wh=4_000, started_at=began_at)
    meter(stage, 5_000, new.transaction_id)
    stop(stage, new.transaction_id, 6_000)
    assert [one.energy_wh for one in stage.of(ChargingStopped)] == [3_000, 2_000]
    assert [one.reason for one in stage.of(ChargingStopped)] == ["local", "local"]


def test_p8_a_charger_whose_clock_ran_ahead_is_heard_again_after_it_is_right(stage: Stage) -> None:
    connector(stage, ConnectorState.CHARGING, at=stage.at + dt.timedelta(days=365))
    stage.wait(10)
    connector(stage, ConnectorState.AVAILABLE)
    assert stage.state.chargers["CP1"].connectors[1].state is ConnectorState.AVAILABLE


def test_p17_a_blocked_card_gets_an_id_a_record_and_no_bill(stage: Stage) -> None:
    answer = start(stage, BLOCKED, wh=5_000)
    assert (answer.verdict, answer.transaction_id > 0) == (CardVerdict.BLOCKED, True)
    stop(stage, answer.transaction_id, 0, reason="de_authorized")
    stopped = stage.of(ChargingStopped)[0]
    assert (stopped.energy_wh, stopped.bill) == (0, None)


def test_p20_a_late_status_with_an_old_time_changes_nothing(stage: Stage) -> None:
    connector(stage, ConnectorState.CHARGING)
    connector(stage, ConnectorState.AVAILABLE, at=stage.at - dt.timedelta(seconds=28))
    assert stage.state.chargers["CP1"].connectors[1].state is ConnectorState.CHARGING
    assert [one.state for one in stage.of(ConnectorChanged)] == ["charging"]


def test_a_repeated_stop_changes_nothing(stage: Stage) -> None:
    answer = start(stage)
    at = stage.at
    for _ in range(3):
        stop(stage, answer.transaction_id, 2_000, stopped_at=at)
    assert len(stage.of(ChargingStopped)) == 1


def test_a_stop_of_a_stranger_is_kept_once_and_ends_nothing_that_began_later(stage: Stage) -> None:
    before = stage.at
    stage.wait(600)
    start(stage, wh=1_000)
    for _ in range(2):
        stop(stage, 4711, 9_000, stopped_at=before)
    assert [one.transaction_id for one in stage.of(ChargingOrphaned)] == [4711]
    assert only(stage).stopped_at is None


def test_a_stop_under_an_invented_number_ends_what_runs_if_time_and_register_agree(stage: Stage) -> None:
    start(stage, wh=1_000)
    stage.wait(60)
    at = stage.at
    stop(stage, -1, 500, stopped_at=at)  # the register says that it is another's
    assert only(stage).stopped_at is None
    for _ in range(2):
        stop(stage, -1, 3_000, stopped_at=at)
    assert [one.energy_wh for one in stage.of(ChargingStopped)] == [2_000]
    assert len(stage.of(ChargingOrphaned)) == 1


def test_a_new_start_closes_the_forgotten_one_and_the_real_stop_corrects_it(stage: Stage) -> None:
    first = start(stage, wh=1_000)
    stage.wait(60)
    meter(stage, 2_000, first.transaction_id)
    stage.wait(60)
    start(stage, wh=2_500)
    stop(stage, first.transaction_id, 2_400, reason="power_loss")
    stop(stage, first.transaction_id, 2_400, reason="power_loss")
    assert [(one.reason, one.energy_wh) for one in stage.of(ChargingStopped)] == [
        ("inferred", 1_000),
        ("power_loss", 1_400),
    ]


def test_a_forgotten_session_without_samples_ends_at_the_next_ones_register(stage: Stage) -> None:
    start(stage, wh=1_000)
    stage.wait(60)
    start(stage, wh=2_500)
    assert stage.of(ChargingStopped)[0].energy_wh == 1_500


def test_a_connector_that_stays_free_ends_what_ran_there_and_frees_the_card(stage: Stage) -> None:
    first = start(stage)
    stage.wait(600)
    connector(stage, ConnectorState.AVAILABLE)
    stage.tell(Ticked())
    assert only(stage).stopped_at is None
    assert start(stage, connector_no=2, started_at=stage.at).verdict is CardVerdict.CONCURRENT
    stage.wait(1_000)
    stage.tell(Ticked())
    assert stage.of(ChargingStopped)[0].reason == "inferred"
    assert start(stage, connector_no=3, started_at=stage.at).verdict is CardVerdict.ACCEPTED
    stop(stage, first.transaction_id, 5_000)
    assert stage.of(ChargingStopped)[-1].energy_wh == 4_000


def test_samples_count_once_each_and_not_from_before_the_session(stage: Stage) -> None:
    meter(stage, 900)
    assert not stage.of(ChargingMetered)
    stage.wait(10)
    start(stage, wh=1_000)
    meter(stage, 950, at=stage.at - dt.timedelta(seconds=5))
    stage.wait(10)
    meter(stage, 1_100)
    meter(stage, 1_100)
    assert [one.energy_wh for one in stage.of(ChargingMetered)] == [1_100]


def test_a_card_charges_once_at_a_time_but_may_stop_its_own_session(stage: Stage) -> None:
    start(stage)
    assert start(stage, GOOD.lower(), connector_no=2).verdict is CardVerdict.CONCURRENT
    assert stage.ask(AuthorizeCard(charger_id="CP1", id_token=GOOD.lower())).verdict is CardVerdict.ACCEPTED


@pytest.mark.parametrize(
    ("token", "verdict"),
    [(GOOD, CardVerdict.ACCEPTED), (BLOCKED, CardVerdict.BLOCKED), ("FFFF", CardVerdict.INVALID)],
)
def test_a_card_is_judged_by_the_list(stage: Stage, token: str, verdict: CardVerdict) -> None:
    assert stage.ask(AuthorizeCard(charger_id="CP1", id_token=token)).verdict is verdict


def test_a_card_that_expires_while_it_charges_may_still_stop_and_pays(stage: Stage) -> None:
    answer = start(stage, EXPIRING)
    stage.wait(700)
    assert stage.ask(AuthorizeCard(charger_id="CP1", id_token=EXPIRING)).verdict is CardVerdict.ACCEPTED
    stop(stage, answer.transaction_id, 2_000)
    assert stage.of(ChargingStopped)[0].bill is not None
    assert stage.ask(AuthorizeCard(charger_id="CP1", id_token=EXPIRING)).verdict is CardVerdict.EXPIRED


def test_a_queued_start_is_judged_at_its_own_time(stage: Stage) -> None:
    began = stage.at
    stage.wait(700)
    assert start(stage, EXPIRING, started_at=began).verdict is CardVerdict.ACCEPTED
    assert start(stage, EXPIRING, connector_no=2).verdict is CardVerdict.EXPIRED


def test_a_charger_with_a_clock_of_1970_is_billed_by_todays_tariff(stage: Stage) -> None:
    stage.give("tariffs", tariff_item(), msgspec.structs.replace(charge_tariff_item(), valid_from_ms=to_ms(BEGAN) - 1))
    answer = start(stage, started_at=dt.datetime(1970, 1, 1, tzinfo=dt.UTC))
    stop(stage, answer.transaction_id, 2_000)
    assert stage.of(ChargingStopped)[0].bill is not None


def test_closed_sessions_and_orphans_are_forgotten_after_a_week(stage: Stage) -> None:
    answer = start(stage)
    stop(stage, answer.transaction_id, 2_000)
    stop(stage, 99, 10, stopped_at=stage.at - dt.timedelta(days=1))
    open_one = start(stage, connector_no=2)
    stage.wait(8 * 24 * 3600)
    stage.tell(Ticked())
    assert [one.transaction_id for one in stage.state.sessions.values()] == [open_one.transaction_id]
    assert not stage.state.orphans
    assert stage.restored().sessions == stage.state.sessions
