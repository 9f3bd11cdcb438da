"""OCPP-J frames: everything is read or refused, nothing raises otherwise."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.charger.frames import (
    BadFrame,
    Call,
    Failure,
    Reply,
    read_frame,
    write_call,
    write_failure,
    write_reply,
)

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
)
IDS = st.text(min_size=1, max_size=36)


@given(IDS, st.text(min_size=1, max_size=20), st.dictionaries(st.text(), JSON, max_size=4))
def test_what_is_written_is_read(message_id: str, action: str, payload: dict[str, object]) -> None:
    assert read_frame(write_call(message_id, action, payload)) == Call(
        message_id=message_id, action=action, payload=payload
    )
    assert read_frame(write_reply(message_id, payload)) == Reply(message_id=message_id, payload=payload)
    assert read_frame(write_failure(message_id, action, "x" * 300)) == Failure(
        message_id=message_id, code=action, description="x" * 255
    )


def reads_or_refuses(raw: bytes | str) -> str:
    """The message id that an answer would carry."""
    try:
        return read_frame(raw).message_id
    except BadFrame as bad:
        return bad.message_id


@given(st.binary() | st.text())
def test_any_bytes_are_a_frame_or_a_bad_frame(raw: bytes | str) -> None:
    assert reads_or_refuses(raw)


@given(st.lists(JSON, max_size=6))
def test_any_list_is_a_frame_or_a_bad_frame(parts: list[object]) -> None:
    for kind in (2, 3, 4, *parts[:1]):
        assert reads_or_refuses(json.dumps([kind, *parts]))


def test_a_call_without_a_payload_is_read_as_empty_and_marked() -> None:
    assert read_frame('[2,"1","Heartbeat"]') == Call(message_id="1", action="Heartbeat", payload={}, whole=False)
    assert read_frame('[2,"1","Heartbeat",[1]]') == Call(message_id="1", action="Heartbeat", payload={}, whole=False)


def test_a_number_as_message_id_is_echoed_as_text() -> None:
    assert read_frame('[2,17,"Heartbeat",{}]').message_id == "17"


def test_nesting_beyond_any_message_is_cut_off_and_the_rest_kept() -> None:
    frame = read_frame('[2,"1","StartTransaction",{"deep":' + "[" * 200 + "]" * 200 + ',"idTag":"A"}]')
    assert isinstance(frame, Call)
    assert frame.payload["idTag"] == "A"
    assert len(json.dumps(frame.payload["deep"])) < 60


@pytest.mark.parametrize("raw", ["", "null", "{}", "[]", "[5]", '[2,"1"]', '[2,"1",""]', "[NaN]", "[" * 200_000])
def test_what_is_no_frame_says_so(raw: str) -> None:
    with pytest.raises(BadFrame):
        read_frame(raw)
