"""Pure: the audit log's hash chain. One record's hash covers its own bytes and the hash before it."""

import datetime as dt
import hashlib
import json
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final, Literal

from protocols.values import UTC

GENESIS: Final = "0" * 64
"""What stands before the first record."""

Fault = Literal["changed", "missing"]
_to_json = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What a record says. `seq` counts from 1 without a gap; `changes` is JSON as text, kept byte for byte."""

    seq: int
    at: dt.datetime
    actor_kind: str
    actor_id: uuid.UUID | None
    organisation_id: uuid.UUID | None
    action: str
    target_kind: str | None
    target_id: str | None
    reason: str | None
    outcome: str
    changes: str
    trace_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The last record that is known: whoever notes it elsewhere can prove later that nothing before it is gone."""

    seq: int
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    """The first record that is not what was written."""

    seq: int
    fault: Fault


START: Final = Head(seq=0, hash=GENESIS)


def to_text(value: Any) -> str:
    """JSON in the one form that is kept and hashed."""
    return _to_json(value)


def hash_of(previous: str, entry: Entry) -> str:
    """SHA-256 over the hash before, the record's number and what it says, in hex.

    On PostgreSQL the database does the same (migration 0022).
    """
    return hashlib.sha256(bytes.fromhex(previous) + f"{entry.seq}\n{said_by(entry)}".encode()).hexdigest()


def said_by(entry: Entry) -> str:
    """What a record says beside its number, in the one form that is hashed."""
    said = [
        entry.at.astimezone(UTC).isoformat(timespec="microseconds"),
        entry.actor_kind,
        _hex(entry.actor_id),
        _hex(entry.organisation_id),
        entry.action,
        entry.target_kind,
        entry.target_id,
        entry.reason,
        entry.outcome,
        entry.changes,
        entry.trace_id,
    ]
    return to_text(said)


def walk(head: Head, records: Iterable[tuple[Entry, str]]) -> tuple[Head, Broken | None]:
    """Go on from `head` over the next records in their order: the last that is right, and the first that is not.

    A record whose own hash was forged with it is told by the one after it.
    """
    for entry, kept in records:
        if entry.seq != head.seq + 1:
            return head, Broken(seq=head.seq + 1, fault="missing")
        if hash_of(head.hash, entry) != kept:
            return head, Broken(seq=entry.seq, fault="changed")
        head = Head(seq=entry.seq, hash=kept)
    return head, None


def _hex(value: uuid.UUID | None) -> str | None:
    return None if value is None else value.hex
