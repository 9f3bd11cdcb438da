"""The charger's behaviour, with time as an argument."""

import datetime as dt
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware_sim.chargers.device import ChargerDevice
from firmware_sim.chargers.memory import ChargerMemory, read_memory, write_memory

T0 = dt.datetime(2026, 11, 21, 10, 0, tzinfo=dt.UTC)


class Battery:
    """A car that takes 7.2 kW until it is full."""

    max_charge_power_w = 7200.0

    def __init__(self, stored_wh: float = 10_000.0, capacity_wh: float = 50_000.0) -> None:
        self.stored_wh = stored_wh
        self.capacity_wh = capacity_wh

    @property
    def soc_pct(self) -> float:
        return 100 * self.stored_wh / self.capacity_wh

    def advance(self, seconds: float, power_w: float) -> float:
        taken_wh = min(power_w * seconds / 3600, self.capacity_wh - self.stored_wh)
        self.stored_wh += taken_wh
        return taken_wh


def device(memory: ChargerMemory | None = None) -> ChargerDevice:
    made = ChargerDevice(memory or ChargerMemory(), max_power_w=11_000.0, meter_interval_s=60.0)
    made.power_on(T0)
    return made


def deliver_all(
    one: ChargerDevice, transaction_id: int = 7, status: str = "Accepted"
) -> list[tuple[str, dict[str, Any]]]:
    sent = []
    while owed := one.owed():
        sent.append(owed)
        answer = (
            {"transactionId": transaction_id, "idTagInfo": {"status": status}} if owed[0] == "StartTransaction" else {}
        )
        one.delivered(answer, T0)
    return sent


def test_an_hour_of_charging_turns_the_meter_by_what_the_car_took() -> None:
    one, car = device(), Battery()
    one.plug(car, T0)
    assert one.authorise("CARD", T0)
    for minute in range(60):
        one.advance(60, T0 + dt.timedelta(minutes=minute + 1))
    assert one.power_w == pytest.approx(7200)
    one.stop(T0 + dt.timedelta(hours=1), "Local", "CARD")
    sent = deliver_all(one)
    assert [action for action, _ in sent] == ["StartTransaction", *["MeterValues"] * 60, "StopTransaction"]
    assert all(payload["transactionId"] == 7 for action, payload in sent if action != "StartTransaction")
    assert sent[-1][1]["meterStop"] == 7200
    assert car.stored_wh == pytest.approx(17_200)
    assert one.memory.charges[0].energy_wh == pytest.approx(7200)


def test_what_is_repeated_has_the_same_payload() -> None:
    one = device()
    one.plug(Battery(), T0)
    one.authorise("CARD", T0)
    first = one.owed()
    one.advance(600, T0 + dt.timedelta(minutes=10))
    assert one.owed() == first


def test_a_full_car_suspends_and_the_transaction_stays() -> None:
    one = device()
    one.plug(Battery(stored_wh=50_000.0), T0)
    one.authorise("CARD", T0)
    one.advance(60, T0)
    assert one.status == "SuspendedEV"
    assert one.memory.running is not None


def test_a_refused_card_ends_its_charge_at_once() -> None:
    one = device()
    one.plug(Battery(), T0)
    one.authorise("CARD", T0)
    sent = deliver_all(one, status="Blocked")
    assert sent[-1][1]["reason"] == "DeAuthorized"
    assert "idTag" not in sent[-1][1]


def test_a_transaction_goes_on_after_a_reboot() -> None:
    one, car = device(), Battery()
    one.plug(car, T0)
    one.authorise("CARD", T0)
    one.advance(60, T0)
    again = ChargerDevice(one.memory, max_power_w=11_000.0, meter_interval_s=60.0)
    again.car = car
    again.power_on(T0)
    again.advance(60, T0)
    assert [action for action, _ in deliver_all(again)].count("StartTransaction") == 1
    assert again.status == "Charging"


def test_a_car_that_left_during_a_power_cut_ends_the_charge() -> None:
    one = device()
    one.plug(Battery(), T0)
    one.authorise("CARD", T0)
    again = device(one.memory)
    assert deliver_all(again)[-1][1]["reason"] == "PowerLoss"
    assert again.status == "Available"


def test_an_accepted_card_waits_a_minute_for_the_plug() -> None:
    one = device()
    one.authorise("CARD", T0)
    one.advance(59, T0)
    assert one.status == "Preparing"
    one.advance(2, T0)
    assert one.status == "Available"
    one.plug(Battery(), T0)
    assert one.memory.running is None


def test_the_connector_goes_through_its_states_in_order() -> None:
    one = device()
    one.plug(Battery(), T0)
    one.authorise("CARD", T0)
    one.advance(1, T0)
    one.stop(T0, "Local")
    one.unplug(T0)
    assert [status["status"] for status in one.statuses] == [
        "Available",
        "Preparing",
        "Charging",
        "Finishing",
        "Available",
    ]


def test_memory_survives_on_disk(tmp_path: Any) -> None:
    one = device()
    one.plug(Battery(), T0)
    one.authorise("CARD", T0)
    one.advance(90, T0)
    file = tmp_path / "charger.json"
    assert read_memory(file) == ChargerMemory()
    write_memory(file, one.memory)
    assert read_memory(file) == one.memory


ACTS = st.sampled_from(["plug", "unplug", "card", "stop", "tick", "deliver", "reboot"])


@settings(max_examples=60)
@given(st.lists(ACTS, max_size=40))
def test_whatever_happens_messages_tell_the_book(acts: list[str]) -> None:
    one, sent, registers = device(), [], []
    for act in [*acts, "unplug", "deliver"]:
        match act:
            case "plug" if one.car is None:
                one.plug(Battery(), T0)
            case "unplug":
                one.unplug(T0)
            case "card":
                one.authorise("CARD", T0)
            case "stop":
                one.stop(T0, "Remote")
            case "tick":
                one.advance(45, T0)
            case "deliver":
                sent += deliver_all(one)
            case "reboot":
                car, one = one.car, ChargerDevice(one.memory, max_power_w=11_000.0, meter_interval_s=60.0)
                one.car = car
                one.power_on(T0)
        registers.append(one.memory.register_wh)
    assert registers == sorted(registers)
    starts = [payload for action, payload in sent if action == "StartTransaction"]
    stops = [payload for action, payload in sent if action == "StopTransaction"]
    charges = one.memory.charges
    assert [payload["meterStart"] for payload in starts] == [charge.meter_start_wh for charge in charges]
    assert [payload["meterStop"] for payload in stops] == [charge.meter_stop_wh for charge in charges]
