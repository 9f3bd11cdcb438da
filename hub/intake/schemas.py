"""What people see and send at the stations' door: codes, orders, facts, quarantine."""

import uuid
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from hub.kernel.pages import PageQuery
from hub.kernel.shapes import Instant, Shape
from protocols.sync.first_time import NONCE_PATTERN

Text = Annotated[str, BeforeValidator(lambda raw: raw.decode("utf-8", "replace") if isinstance(raw, bytes) else raw)]
"""Bytes from a station, shown as the text that they are."""


class NewCode(Shape):
    """For which station."""

    station_id: uuid.UUID


class CodeShape(Shape):
    """A one-time code; it is shown this once and kept only as a hash."""

    station_id: uuid.UUID
    code: str = Field(examples=["K7QD-2M4P-XT5A-9RWB"])
    expires_at: Instant


class Enrol(Shape):
    """A station's wish to be known; see protocols/sync/enrolment.py."""

    code: str = Field(max_length=64)
    public_key: str = Field(description="Ed25519 public key, 64 hex digits")
    proof: str = Field(description="Signature over `voltdock-enrol:` and the code, 128 hex digits")
    agent: str = Field(max_length=120)
    station_id: uuid.UUID | None = Field(default=None, description="Who it is already, to be enrolled anew")


class Revocation(Shape):
    """Why a station's key is not to be trusted any more."""

    reason: str = Field(min_length=3, max_length=500, examples=["the station's computer was stolen"])


class KeyShape(Shape):
    """A station's key at the hub."""

    station_id: uuid.UUID
    enrolled_at: Instant
    revoked_at: Instant | None
    revoked_by: uuid.UUID | None
    revoked_why: str | None


class Enrolled(Shape):
    """Who the station is from now on."""

    station_id: uuid.UUID
    name: str
    epoch_floor: int = Field(default=0, description="The station's first epoch is at least this")
    time_key: str = Field(default="", description="Public key (Ed25519, hex) that signs the answers of /api/v1/time")


class TimeQuery(Shape):
    """The station's own random number."""

    nonce: str = Field(pattern=NONCE_PATTERN, description="32 to 64 hex digits, fresh for each question")


class TimeShape(Shape):
    """The hub's time; the signature is over `voltdock-time-v1`, nonce and at_ms, a line each."""

    at_ms: int = Field(description="Unix milliseconds")
    nonce: str
    signature: str = Field(description="Ed25519, 128 hex digits")


class UnlockDockOrder(Shape):
    """Open a dock."""

    type: Literal["UnlockDock"]
    dock_no: int = Field(ge=1, le=255)
    duration_s: float = Field(default=20, gt=0, le=120)
    reason: str = Field(min_length=3, max_length=200)


class RestartDockOrder(Shape):
    """Restart a dock's controller."""

    type: Literal["RestartDock"]
    dock_no: int = Field(ge=1, le=255)


class StartChargeOrder(Shape):
    """Start charging for a card."""

    type: Literal["StartCharge"]
    charger_id: str = Field(min_length=1, max_length=64)
    connector_no: int = Field(ge=1, le=255)
    id_token: str = Field(min_length=1, max_length=36)


class StopChargeOrder(Shape):
    """End a charging session."""

    type: Literal["StopCharge"]
    session_id: uuid.UUID


class NewOrder(Shape):
    """An order and how long it may wait for the station; afterwards it is not carried out."""

    order: Annotated[
        UnlockDockOrder | RestartDockOrder | StartChargeOrder | StopChargeOrder, Field(discriminator="type")
    ]
    life_s: float = Field(default=30, gt=0, le=3600)


class OrderShape(Shape):
    """An order and its fate: `outcome` is null until the station has told it."""

    id: uuid.UUID
    created_at: Instant
    station_id: uuid.UUID
    type: str
    body: dict[str, Any]
    not_after: Instant
    ordered_by: uuid.UUID | None
    outcome: str | None
    detail: str
    ended_at: Instant | None


class OrderQuery(PageQuery):
    """Orders of one station."""

    station_id: uuid.UUID | None = None


class FactQuery(PageQuery):
    """Which facts: of one station, in one lane."""

    station_id: uuid.UUID
    lane: Literal["biz", "ops", "tel"] = "biz"
    type: str | None = Field(default=None, max_length=80)


class FactShape(Shape):
    """A fact as it was received; `record` is what the station wrote, to the byte."""

    station_id: uuid.UUID
    lane: str
    epoch: int
    seq: int
    fact_id: uuid.UUID | None
    type: str
    v: int
    hlc: int
    at_ms: int
    received_at: Instant
    record: Text


class LostShape(Shape):
    """Numbers for which no facts will come. `gone` of them are lost for good, the others came under other numbers."""

    id: uuid.UUID
    created_at: Instant = Field(description="When the station told it")
    station_id: uuid.UUID
    lane: str
    epoch: int
    first_seq: int
    last_seq: int | None = Field(description="Null: nobody knows how many facts there were from `first_seq` on")
    gone: int
    reason: str = Field(description="`damaged` or `shed`")
