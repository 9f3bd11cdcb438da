"""Topics, statuses and signatures of the live link over a broker."""

import contextlib
import uuid

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from protocols.errors import Malformed
from protocols.sync import mqtt
from protocols.sync.signing import sign, verify


@given(st.uuids(), st.sampled_from([mqtt.STATUS, mqtt.TELEMETRY]))
def test_a_topic_says_whose_it_is(station_id: uuid.UUID, kind: str) -> None:
    assert mqtt.station_of(mqtt.topic(station_id, kind)) == (station_id, kind)


@given(st.text(max_size=100) | st.from_regex(mqtt.ROOT + r"/[0-9a-f-]{0,40}/(status|nudge|x)"))
def test_any_topic_is_a_stations_or_malformed(name: str) -> None:
    with contextlib.suppress(Malformed):
        station_id, kind = mqtt.station_of(name)
        assert mqtt.topic(station_id, kind) == name


def test_nobody_is_heard_on_the_topic_of_nudges() -> None:
    with pytest.raises(Malformed):
        mqtt.station_of(mqtt.topic(uuid.UUID(int=1), mqtt.NUDGE))


@given(st.booleans(), st.integers(0, 2**53))
def test_a_status_survives_its_way(online: bool, at_ms: int) -> None:
    status = mqtt.Status(online=online, at_ms=at_ms)
    assert mqtt.decode_status(mqtt.encode_status(status)) == status


@given(st.binary(max_size=100))
def test_any_bytes_are_a_status_or_malformed(data: bytes) -> None:
    with contextlib.suppress(Malformed):
        mqtt.decode_status(data)


def test_a_signature_survives_as_user_properties_among_others() -> None:
    key, station_id, name = Ed25519PrivateKey.generate(), uuid.UUID(int=1), mqtt.topic(uuid.UUID(int=1), mqtt.STATUS)
    properties = mqtt.as_properties(sign(key, station_id, 7, mqtt.METHOD, name, b"x"))
    headers = mqtt.as_headers([("other", "1"), *properties, ("signature", "forged")])
    signed = verify(key.public_key().public_bytes_raw(), headers, mqtt.METHOD, name, b"x")
    assert (signed.station_id, signed.number) == (station_id, 7)
