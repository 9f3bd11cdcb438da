"""Pure: what becomes of a case when something is seen again, explained away, taken up or resolved.

What the facts say (`standing`, `seen`) is the last fold's word and does not depend on the order of arrival. What a
person said stays: a resolved case opens again only when something else is seen than what the person looked at.
"""

import datetime as dt
import uuid
from typing import Any, Final, TypeAlias

from hub.events import CaseSeen
from protocols.errors import Refused
from protocols.values import rfc3339

Row: TypeAlias = dict[str, Any]
OPEN: Final = "open"
ACKNOWLEDGED: Final = "acknowledged"
RESOLVED: Final = "resolved"
_NAMESPACE: Final = uuid.UUID("b5f0c1de-6f0c-5c1f-9f43-0d2f5b1f7a11")


def case_id_of(kind: str, about: uuid.UUID) -> uuid.UUID:
    """The case's id, the same in every hub."""
    return uuid.uuid5(_NAMESPACE, f"{kind}/{about}")


def after_seen(row: Row | None, told: CaseSeen, now: dt.datetime) -> Row | None:
    """The case after what was told; None when nothing changes."""
    if row is None:
        return _new(told, now) if told.standing else None
    if not told.standing:
        return _explained(row, told.why, now) if row["standing"] else None
    seen = _seen(told)
    same = all(row[name] == value for name, value in seen.items() if name != "standing")
    if row["state"] == RESOLVED and (row["resolved_by"] is None or not same):
        reopened = {"state": OPEN, "opened_at": now, "resolved_at": None, "resolved_by": None, "resolution": None}
        return row | seen | reopened | _noted(row, now, "reopened")
    return None if same and row["standing"] else row | seen


def things_of(row: Row) -> list[uuid.UUID]:
    """Every id that the case names: what it is about, its stations, account and rental, and what else it tells of."""
    named = {row["about"], row["station_id"], row["account_id"], row["rental_id"]} - {None}
    return sorted(named | {uuid.UUID(one) for one in (*row["station_ids"], *row["subjects"].values())})


def acknowledged(row: Row, by: uuid.UUID, note: str, now: dt.datetime) -> Row:
    """A person looks at it. Raises Refused `case_resolved`."""
    _check_open(row)
    return row | {"state": ACKNOWLEDGED} | _noted(row, now, "acknowledged", by, note)


def resolved(row: Row, by: uuid.UUID, why: str, now: dt.datetime) -> Row:
    """A person has dealt with it. Raises Refused `case_resolved`."""
    _check_open(row)
    closed = {"state": RESOLVED, "resolved_at": now, "resolved_by": by, "resolution": why}
    return row | closed | _noted(row, now, "resolved", by, why)


def found(row: Row, by: uuid.UUID, why: str, now: dt.datetime, *, settles: bool) -> Row:
    """What a person found who looked settles it, or somebody else must take it up: then it is escalated.

    It may come after facts that explain the case, which others may contradict yet. Raises Refused `case_resolved`
    where a person has resolved it.
    """
    if row["resolved_by"] is not None:
        raise Refused("case_resolved")
    if settles:
        closed = {"state": RESOLVED, "resolved_at": now, "resolved_by": by, "resolution": why}
        return row | closed | _noted(row, now, "resolved", by, why)
    return row | ({"state": OPEN} if row["standing"] else {}) | _noted(row, now, "escalated", by, why)


def _check_open(row: Row) -> None:
    if row["state"] == RESOLVED:
        raise Refused("case_resolved")


def _new(told: CaseSeen, now: dt.datetime) -> Row:
    opened = {"at": rfc3339(now), "what": "opened", "by": None, "why": ""}
    return {
        "id": case_id_of(told.kind, told.about),
        "created_at": now,
        "kind": told.kind,
        "about": told.about,
        "state": OPEN,
        "opened_at": now,
        "resolved_at": None,
        "resolved_by": None,
        "resolution": None,
        "history": [opened],
    } | _seen(told)


def _seen(told: CaseSeen) -> Row:
    return {
        "standing": True,
        "station_id": told.station_ids[0] if told.station_ids else None,
        "station_ids": [str(one) for one in told.station_ids],
        "account_id": told.account_id,
        "rental_id": told.rental_id,
        "subjects": {name: str(one) for name, one in told.subjects.items()},
        "seen": dict(told.seen),
        "seen_at": told.seen_at,
    }


def _explained(row: Row, why: str, now: dt.datetime) -> Row:
    after = row | {"standing": False}
    if row["state"] == RESOLVED:
        return after
    closed = {"state": RESOLVED, "resolved_at": now, "resolved_by": None, "resolution": why}
    return after | closed | _noted(row, now, "explained", None, why)


def _noted(row: Row, now: dt.datetime, what: str, by: uuid.UUID | None = None, why: str = "") -> Row:
    note = {"at": rfc3339(now), "what": what, "by": None if by is None else str(by), "why": why}
    return {"history": [*row["history"], note]}
