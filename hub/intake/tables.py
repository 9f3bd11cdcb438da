"""What the stations' door keeps: identities, facts as received, cursors, quarantine, lists, changes, orders."""

import datetime as dt
import uuid
from typing import Any

from sqlalchemy import Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from hub.kernel.columns import Base
from hub.kernel.pages import Listed


class StationKey(Base):
    """A station's public key, and the last request number taken on each channel. Its row is the station's lock."""

    __tablename__ = "station_keys"

    station_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    public_key: Mapped[bytes] = mapped_column(LargeBinary(32))
    enrolled_at: Mapped[dt.datetime]
    sync_number: Mapped[int]
    live_number: Mapped[int]
    revoked_at: Mapped[dt.datetime | None]  # from then nothing that it signs is taken; a new enrolment replaces it
    revoked_by: Mapped[uuid.UUID | None]
    revoked_why: Mapped[str | None] = mapped_column(Text)


class EnrolmentCode(Listed):
    """A one-time code, hashed: it binds the next station that shows it."""

    __tablename__ = "enrolment_codes"

    station_id: Mapped[uuid.UUID] = mapped_column(index=True)
    code_hash: Mapped[str] = mapped_column(String(64), unique=True)
    expires_at: Mapped[dt.datetime]
    used_at: Mapped[dt.datetime | None]


class FactRow(Base):
    """A fact exactly as the station wrote it. Everything else in the hub could be made again from these rows."""

    __tablename__ = "facts"
    __table_args__ = ({"sqlite_with_rowid": False},)

    station_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    lane: Mapped[str] = mapped_column(String(3), primary_key=True)
    epoch: Mapped[int] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    fact_id: Mapped[uuid.UUID | None]
    type: Mapped[str] = mapped_column(String(80))
    v: Mapped[int]
    hlc: Mapped[int]
    at_ms: Mapped[int]
    record: Mapped[bytes] = mapped_column(LargeBinary)
    received_at: Mapped[dt.datetime]


class FactCursor(Base):
    """How far the hub holds one (lane, epoch), and the hash chain's value there (None: not known any more)."""

    __tablename__ = "fact_cursors"

    station_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    lane: Mapped[str] = mapped_column(String(3), primary_key=True)
    epoch: Mapped[int] = mapped_column(primary_key=True)
    nonce: Mapped[str] = mapped_column(String(64))
    acked: Mapped[int]
    chain_hash: Mapped[str | None] = mapped_column(String(64))
    forked_at: Mapped[dt.datetime | None]


class LostFacts(Listed):
    """Numbers of one (lane, epoch) that a station has no facts for any more. `last_seq` None: nobody knows the end."""

    __tablename__ = "lost_ranges"
    __table_args__ = (Index("uq_lost_ranges_place", "station_id", "lane", "epoch", "first_seq", unique=True),)

    station_id: Mapped[uuid.UUID]
    lane: Mapped[str] = mapped_column(String(3))
    epoch: Mapped[int]
    first_seq: Mapped[int]
    last_seq: Mapped[int | None]
    gone: Mapped[int]
    reason: Mapped[str] = mapped_column(String(20))


class StationBoot(Base):
    """What is known of a boot in which a station did not know the time at first; see `dating`."""

    __tablename__ = "station_boots"

    station_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    boot: Mapped[str] = mapped_column(String(64), primary_key=True)
    first_hlc: Mapped[int]
    last_mono_ms: Mapped[int]
    least_ms: Mapped[int]
    anchor_at_ms: Mapped[int | None]
    anchor_mono_ms: Mapped[int | None]
    anchor_uncertainty_ms: Mapped[int | None]


class UndatedFact(Base):
    """A fact that was told without a right clock, and how it is dated now: it may be dated better."""

    __tablename__ = "undated_facts"

    fact_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    station_id: Mapped[uuid.UUID] = mapped_column(index=True)
    record: Mapped[bytes] = mapped_column(LargeBinary)
    shift_ms: Mapped[int]
    uncertainty_ms: Mapped[int]
    hlc: Mapped[int]


class QuarantinedFact(Listed):
    """A fact that is kept and acknowledged but could not be applied, and why. It stays here, whatever becomes of it.

    `state`: waiting (for a person), parked (for a hub that knows its type), applied, dismissed.
    """

    __tablename__ = "quarantine"
    __table_args__ = (
        Index("uq_quarantine_place", "station_id", "lane", "epoch", "seq", unique=True),
        Index("ix_quarantine_state_type", "state", "type"),
    )

    station_id: Mapped[uuid.UUID]
    lane: Mapped[str] = mapped_column(String(3))
    epoch: Mapped[int]
    seq: Mapped[int]
    type: Mapped[str] = mapped_column(String(80))
    code: Mapped[str] = mapped_column(String(80))
    detail: Mapped[str] = mapped_column(String(500))
    record: Mapped[bytes] = mapped_column(LargeBinary)
    state: Mapped[str] = mapped_column(String(10))
    settled_at: Mapped[dt.datetime | None]  # applied or dismissed


class QuarantineAct(Listed):
    """What was done with a quarantined fact: the audit. Rows are only added.

    `act`: retry, dismiss. `via`: api, command, start. `outcome`: applied, dismissed, or the code it failed with.
    """

    __tablename__ = "quarantine_acts"

    quarantine_id: Mapped[uuid.UUID] = mapped_column(index=True)
    act: Mapped[str] = mapped_column(String(10))
    via: Mapped[str] = mapped_column(String(10))
    account_id: Mapped[uuid.UUID | None]
    outcome: Mapped[str] = mapped_column(String(80))
    reason: Mapped[str] = mapped_column(String(500))


class StationFeed(Base):
    """The last revision of a station's changes and the versions of its lists. Its row serialises publishers."""

    __tablename__ = "station_feeds"

    station_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    rev: Mapped[int]
    lists: Mapped[dict[str, Any]]  # name → version
    pruned_rev: Mapped[int]  # steps of lists up to here may be gone: who is behind it gets whole lists


class StationChange(Base):
    """One change for a station, as the exact bytes that it is sent. `rev` has no gaps."""

    __tablename__ = "station_changes"

    station_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    rev: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    name: Mapped[str] = mapped_column(String(40))  # the list's name, or the order's type
    not_after_ms: Mapped[int | None]
    payload: Mapped[bytes] = mapped_column(LargeBinary)


class ListItem(Base):
    """An item of a list as the exact bytes that stations hold. `scope` is a station's id, or zero for all."""

    __tablename__ = "list_items"

    list: Mapped[str] = mapped_column(String(40), primary_key=True)
    scope: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(120), primary_key=True)
    payload: Mapped[bytes] = mapped_column(LargeBinary)


class Order(Listed):
    """An order for a station and what became of it."""

    __tablename__ = "orders"

    station_id: Mapped[uuid.UUID] = mapped_column(index=True)
    rev: Mapped[int]
    type: Mapped[str] = mapped_column(String(40))
    v: Mapped[int]
    body: Mapped[dict[str, Any]]
    not_after: Mapped[dt.datetime]
    ordered_by: Mapped[uuid.UUID | None]
    outcome: Mapped[str | None] = mapped_column(String(20))  # None: not ended yet
    detail: Mapped[str] = mapped_column(String(500))
    ended_at: Mapped[dt.datetime | None]
