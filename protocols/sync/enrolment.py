"""Enrolment: a station makes its own Ed25519 key and trades a one-time code for an identity.

`POST /api/v1/stations/enrol`, not signed. `proof` is the signature, by the new key, over
``b"voltdock-enrol:" + code``: who asks really holds the private half.
"""

import uuid
from typing import Final

import msgspec

PREFIX: Final = b"voltdock-enrol:"


class EnrolRequest(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`public_key` and `proof` in hex. `station_id`: who the asker is already, where it is enrolled anew."""

    code: str
    public_key: str
    proof: str
    agent: str
    station_id: uuid.UUID | None = None


class EnrolReply(msgspec.Struct, frozen=True, kw_only=True):
    """Who the station is from now on. Its epochs begin at `epoch_floor`: another card has told lower ones.

    `time_key` (hex) signs the time for a station that lost it (`first_time`); empty from a hub that has no such route.
    """

    station_id: uuid.UUID
    name: str
    epoch_floor: int = 0
    time_key: str = ""
