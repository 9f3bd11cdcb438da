"""Transaction messages: every payload becomes a record."""

import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.charger.reading import moment, number
from protocols.charger.transactions import content_key, start_of, stop_of
from protocols.charger.words import REASON_OF_16, STATE_OF_16, reason_of_16, state_of_16

NOW = dt.datetime(2026, 11, 21, 12, 0, tzinfo=dt.UTC)
START = {"connectorId": 2, "idTag": "CARD", "meterStart": 100, "timestamp": "2026-11-21T10:00:00.123Z"}


def test_a_start_is_read_as_it_was_sent() -> None:
    start = start_of(START, connectors=2)
    assert (start.connector_no, start.id_token, start.meter_start_wh) == (2, "CARD", 100)
    assert start.started_at == dt.datetime(2026, 11, 21, 10, 0, 0, 123000, tzinfo=dt.UTC)


@pytest.mark.parametrize(("connectors", "connector_no"), [(1, 1), (2, 0)])
def test_a_start_without_a_connector_means_the_only_one(connectors: int, connector_no: int) -> None:
    assert start_of({}, connectors=connectors).connector_no == connector_no


def test_a_stop_takes_a_missing_register_from_its_data() -> None:
    data = [{"timestamp": "2026-11-21T10:00:00Z", "sampledValue": [{"value": "2.5", "unit": "kWh"}]}]
    stop = stop_of({"transactionData": data}, fallback_at=NOW)
    assert (stop.transaction_id, stop.meter_stop_wh, stop.stopped_at, stop.id_token) == (-1, 2500, None, None)


def test_the_content_key_is_of_the_content_alone() -> None:
    backwards = dict(reversed(START.items()))
    assert content_key("CP", START) == content_key("CP", backwards)
    assert content_key("CP", START) != content_key("CP", {**START, "meterStart": 101})
    assert content_key("CP", START) != content_key("CQ", START)


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2026-11-21T10:00:00Z", "2026-11-21T10:00:00+00:00"),
        ("2026-11-21T10:00:00", "2026-11-21T10:00:00+00:00"),
        ("2026-11-21T11:00:00.1234567+01:00", "2026-11-21T10:00:00.123456+00:00"),
        ("1970-01-01T00:00:05Z", "1970-01-01T00:00:05+00:00"),  # a charger without a clock: kept as it is
        ("0001-01-01T00:00:00+14:00", None),
        ("9999-12-31T23:59:59-14:00", None),
        ("yesterday", None),
        (17, None),
    ],
)
def test_a_time_is_read_tolerantly_or_not_at_all(text: object, at: str | None) -> None:
    read = moment(text)
    assert (read.isoformat() if read else None) == at


@pytest.mark.parametrize("value", [True, None, "", "1e999", float("nan"), 10**400, "٣" * 400, [], "0x10"])
def test_what_is_no_number_is_none(value: object) -> None:
    assert number(value) is None


def test_every_word_has_one_of_ours_in_any_case() -> None:
    assert state_of_16("CHARGING") == "charging"
    assert state_of_16("Melting") == "unavailable"
    assert reason_of_16("evdisconnected") == "ev_disconnected"
    assert reason_of_16("") == "local"
    assert reason_of_16("Boredom") == "other"
    assert all(state_of_16(word) == ours for word, ours in STATE_OF_16.items())
    assert all(reason_of_16(word) == ours for word, ours in REASON_OF_16.items())


PAYLOADS = st.dictionaries(
    st.sampled_from(["connectorId", "idTag", "meterStart", "meterStop", "timestamp", "transactionId", "reason"]),
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.text()),
)


@given(PAYLOADS)
def test_any_payload_becomes_a_record_that_can_be_stored(payload: dict[str, Any]) -> None:
    start, stop = start_of(payload, connectors=1), stop_of(payload, fallback_at=NOW)
    assert -(2**63) <= stop.transaction_id < 2**63
    start.id_token.encode()
    assert "\x00" not in start.id_token
    assert start.connector_no >= 0
    assert content_key("CP", payload) == content_key("CP", dict(payload))
