"""Pictures become rows, and only what changed is kept."""

from hypothesis import given
from hypothesis import strategies as st

from hub.stations.signals import KEEP_EVERY_MS, Key, Row, Thinner, rows_of
from protocols.sync.live import Telemetry

PICTURE = Telemetry(
    at_ms=1,
    docks=[
        {
            "dock_no": 3, "online": True, "faults": ["tamper", "lock_stuck"], "lock": "locked", "temperature_c": 21.5,
            "vehicle_id": "V", "soc_pct": 84.0, "power_w": None,
            "battery": {"vehicle_id": "V", "soc_pct": 84.0, "voltage_v": 51.2, "fault_codes": [7]},
        }
    ],
    chargers=[{"charger_id": "CP-1", "online": False, "connectors": [{"connector_no": 1, "state": "Charging"}]}],
    meters=[{"meter_id": "grid", "power_w": 1200.0}],
)  # fmt: skip
ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner, max_size=3),
    max_leaves=8,
)
THING = st.dictionaries(
    st.sampled_from(["dock_no", "charger_id", "meter_id", "battery", "connectors", "soc_pct", "x"]), ANY, max_size=6
)


def at(at_ms: int, value: float | None = None, text: str | None = None, signal: str = "soc_pct") -> Row:
    return Row(at_ms, Key("battery", "V", signal), value, text)


def test_each_signal_of_each_thing_is_a_row() -> None:
    rows = {(*row.key, row.value, row.text) for row in rows_of(PICTURE, 5)}
    assert rows == {
        ("dock", "3", "online", 1.0, None),
        ("dock", "3", "faults", None, "tamper lock_stuck"),
        ("dock", "3", "lock", None, "locked"),
        ("dock", "3", "temperature_c", 21.5, None),
        ("dock", "3", "vehicle_id", None, "V"),
        ("dock", "3", "power_w", None, None),
        ("battery", "V", "soc_pct", 84.0, None),
        ("battery", "V", "voltage_v", 51.2, None),
        ("battery", "V", "fault_codes", None, "7"),
        ("charger", "CP-1", "online", 0.0, None),
        ("connector", "CP-1/1", "state", None, "Charging"),
        ("meter", "grid", "power_w", 1200.0, None),
    } - {("dock", "3", "power_w", None, None)}
    assert {row.at_ms for row in rows_of(PICTURE, 5)} == {5}


@given(docks=st.lists(THING, max_size=4), chargers=st.lists(THING, max_size=4), meters=st.lists(THING, max_size=4))
def test_no_picture_breaks_the_reading(
    docks: list[dict[str, object]], chargers: list[dict[str, object]], meters: list[dict[str, object]]
) -> None:
    for row in rows_of(Telemetry(at_ms=0, docks=docks, chargers=chargers, meters=meters), 7):
        assert (row.value is None) != (row.text is None)


def test_noise_is_not_kept_and_a_change_is() -> None:
    thinner = Thinner()
    assert thinner.keep(iter([at(0, 84.0)]))
    assert not thinner.keep(iter([at(1000, 84.05)]))
    assert thinner.keep(iter([at(2000, 84.11)]))
    assert not thinner.keep(iter([at(3000, 84.11)]))


def test_noise_that_adds_up_is_a_change() -> None:
    thinner = Thinner()
    kept = [row for step in range(21) for row in thinner.keep(iter([at(step * 1000, 84.0 + step * 0.011)]))]
    assert [round(row.value or 0, 2) for row in kept] == [84.0, 84.11, 84.22]


def test_a_signal_that_does_not_change_is_kept_once_a_minute() -> None:
    thinner = Thinner()
    kept = [at_ms for at_ms in range(0, 180_001, 5_000) if thinner.keep(iter([at(at_ms, 84.0)]))]
    assert kept == [0, KEEP_EVERY_MS, 2 * KEEP_EVERY_MS, 3 * KEEP_EVERY_MS]


def test_a_word_that_changes_and_a_clock_that_went_back_are_kept() -> None:
    thinner = Thinner()
    assert thinner.keep(iter([at(5000, text="locked", signal="lock")]))
    assert thinner.keep(iter([at(6000, text="open", signal="lock")]))
    assert not thinner.keep(iter([at(7000, text="open", signal="lock")]))
    assert thinner.keep(iter([at(1000, text="open", signal="lock")]))
