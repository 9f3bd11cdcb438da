"""Payloads: they round-trip, no bytes raise anything but Malformed, newer minor versions are understood."""

import dataclasses
import uuid

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocols.dock import codes, replies
from protocols.dock.codes import MessageType, StatusFlag
from protocols.dock.messages import TABLE, decode_reply, decode_request
from protocols.dock.records import Event, command_of
from protocols.errors import Malformed
from tests.protocols.dock.examples import REPLIES, REQUESTS, STATUS

u16 = st.integers(0, 0xFFFE)
i16 = st.integers(-0x7FFF, 0x7FFF)
maybe = st.none


@given(
    battery=st.builds(
        replies.Battery,
        soc_pm=maybe() | u16,
        soh_pm=maybe() | u16,
        voltage_mv=maybe() | st.integers(0, 2**32 - 2),
        current_ma=maybe() | st.integers(-(2**31) + 1, 2**31 - 1),
        temperature_min_dc=maybe() | i16,
        temperature_avg_dc=maybe() | i16,
        temperature_max_dc=maybe() | i16,
        cycle_count=maybe() | u16,
        fault_codes=st.lists(st.integers(0, 0xFFFF), max_size=32).map(tuple),
    )
)
def test_batteries_round_trip_with_every_value_unknown_or_known(battery: replies.Battery) -> None:
    assert decode_reply(MessageType.BATTERY, battery.pack()) == battery


@given(
    lock=st.sampled_from(codes.Lock),
    bits=st.integers(0, 255),
    vehicle=maybe() | st.uuids(),
    age=st.integers(0, 2**32 - 1),
    temperature=i16,
    odometer=maybe() | st.integers(0, 2**32 - 2),
)
def test_statuses_round_trip_and_unknown_flags_are_kept(
    lock: codes.Lock, bits: int, vehicle: uuid.UUID | None, age: int, temperature: int, odometer: int | None
) -> None:
    known = int(StatusFlag.VEHICLE_ID_KNOWN)
    flags = StatusFlag(bits | known if vehicle else bits & ~known)
    status = replies.Status(
        lock=lock,
        flags=flags,
        vehicle_id=vehicle,
        presence_age_ds=age,
        supply_mv=24_000,
        temperature_dc=temperature,
        boot=1,
        next_event=2,
        last_card=3,
        odometer_m=odometer,
    )
    assert decode_reply(MessageType.STATUS, status.pack()) == status


@settings(max_examples=400)
@given(type_=st.sampled_from([*TABLE, 0x55, 0x7F]), payload=st.binary(max_size=120))
def test_any_payload_is_a_message_or_malformed(type_: int, payload: bytes) -> None:
    for decode in (decode_request, decode_reply):
        try:
            message = decode(type_, payload)
        except Malformed:
            continue
        assert decode(type_, message.pack()) == message


@pytest.mark.parametrize("name", REQUESTS)
def test_requests_of_a_newer_minor_version_are_understood(name: str) -> None:
    request = REQUESTS[name]
    assert decode_request(request.type, request.pack() + b"new field") == request


@pytest.mark.parametrize("name", sorted(set(REPLIES) - {"error"}))
def test_replies_of_a_newer_minor_version_are_understood(name: str) -> None:
    of, reply = REPLIES[name]
    assert decode_reply(REQUESTS[of].type, reply.pack() + b"new field") == reply


def test_the_first_docks_say_no_odometer_and_are_understood() -> None:
    told = dataclasses.replace(STATUS, odometer_m=5)
    assert decode_reply(MessageType.STATUS, told.pack()[:-4]) == STATUS


@pytest.mark.parametrize("name", [n for n in REQUESTS if REQUESTS[n].pack()])
def test_a_missing_byte_is_malformed(name: str) -> None:
    request = REQUESTS[name]
    with pytest.raises(Malformed) as caught:
        decode_request(request.type, request.pack()[:-1])
    assert caught.value.reason == "short_payload"


def test_values_off_a_closed_list_are_malformed_by_name() -> None:
    with pytest.raises(Malformed) as caught:
        decode_reply(MessageType.STATUS, b"\x09" + STATUS.pack()[1:])
    assert caught.value.reason == "bad_lock"
    with pytest.raises(Malformed) as caught:
        decode_request(MessageType.SIGNAL, b"\x63\0\0")
    assert caught.value.reason == "bad_pattern"


def test_unknown_events_and_errors_are_kept_as_numbers() -> None:
    page = replies.EventPage(oldest=1, next=2, events=(Event(number=1, at_s=0, kind=200, data=b"x"),))
    assert decode_reply(MessageType.EVENTS, page.pack()) == page
    assert command_of(page.events[0]) is None
    assert decode_reply(MessageType.ERROR, b"\xc8") == replies.ErrorReply(code=200)


def test_measurements_beyond_the_wire_saturate_and_never_read_as_unknown() -> None:
    hot = replies.Battery(soc_pm=70_000, temperature_max_dc=-40_000)
    back = decode_reply(MessageType.BATTERY, hot.pack())
    assert back == replies.Battery(soc_pm=0xFFFE, temperature_max_dc=-0x7FFF)
