"""Pure: what becomes of alarms when somebody looks at what holds now, and when people act.

An alarm's row waits (its condition holds, not long enough), is open, and ends cleared. `other_since`: since when its
condition is the other way than an open or cleared row says. What comes again soon after it
was cleared is the same alarm again: a condition that flaps is one alarm, however often it flaps.
"""

import datetime as dt
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from hub.alarms.catalogue import RULES, Rule, Severity
from hub.events import Condition
from protocols.errors import Refused
from protocols.values import rfc3339

Row: TypeAlias = dict[str, Any]
WAITING: Final = "waiting"
OPEN: Final = "open"
CLEARED: Final = "cleared"
REOPEN: Final = dt.timedelta(minutes=30)  # what comes again within it is the same alarm
_GONE: Final = Rule(severity="info", after_s=0, enabled=False)  # a rule of another version of the hub
_MOST_HISTORY: Final = 100
_LONGEST_KEY: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """How one rule is to be at one station, in one organisation, or everywhere; None leaves it to the next wider."""

    rule: str
    organisation_id: uuid.UUID | None
    station_id: uuid.UUID | None
    enabled: bool | None
    severity: Severity | None
    after_s: int | None
    clear_s: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What a look led to: rows to write, rows to forget, and of whom others are told (row, what happened)."""

    put: Sequence[Row]
    forget: Sequence[uuid.UUID]
    told: Sequence[tuple[Row, str]]


def key_of(one: Condition) -> str:
    """Names what an alarm is about; no two that are not cleared have the same."""
    return f"{one.rule}/{one.station_id or ''}/{one.subject}"[:_LONGEST_KEY]


def effective(rule: str, station_id: uuid.UUID | None, organisation_id: uuid.UUID | None,
              settings: Iterable[Setting]) -> Rule:  # fmt: skip
    """The rule as it is for this station: the catalogue's, then everybody's, the organisation's, the station's."""
    fitting = [
        one
        for one in settings
        if one.rule == rule and one.station_id in {None, station_id} and one.organisation_id in {None, organisation_id}
    ]
    fitting.sort(key=lambda one: (one.station_id is not None, one.organisation_id is not None))
    found = RULES.get(rule, _GONE)
    for one in fitting:
        found = Rule(
            severity=one.severity or found.severity,
            after_s=found.after_s if one.after_s is None else one.after_s,
            clear_s=found.clear_s if one.clear_s is None else one.clear_s,
            enabled=found.enabled if one.enabled is None else one.enabled,
        )
    return found


def after_look(
    rows: Iterable[Row],
    conditions: Iterable[Condition],
    settings: Sequence[Setting],
    now: dt.datetime,
    new_id: Callable[[], uuid.UUID],
) -> Looked:
    """Every alarm after a look at all that holds now. `rows`: those not cleared, and those cleared within REOPEN."""
    known: dict[str, Row] = {}
    for row in sorted(rows, key=lambda one: (one["state"] != CLEARED, one["cleared_at"] or now)):
        known[row["key"]] = row  # of several of one key the one that is not cleared, else the last
    holding = {key_of(one): one for one in conditions if one.rule in RULES}
    put: list[Row] = []
    forget: list[uuid.UUID] = []
    told: list[tuple[Row, str]] = []
    for key in known.keys() | holding.keys():
        before, one = known.get(key), holding.get(key)
        rule = _rule_of(before, one, settings)
        after = _held(before, one, rule, now, new_id) if one is not None and rule.enabled else _gone(before, rule, now)
        if after is None and before is not None and before["state"] == WAITING:
            forget.append(before["id"])
        elif after is not None and after != before:
            put.append(after)
            what = _what_happened(before, after)
            if what is not None:
                told.append((after, what))
    return Looked(put=put, forget=forget, told=told)


def acknowledged(row: Row, by: uuid.UUID, note: str, now: dt.datetime) -> Row:
    """A person has seen it. Raises Refused `alarm_cleared`."""
    _check_open(row)
    seen = {"acknowledged_at": now, "acknowledged_by": by, "note": note}
    return row | seen | _noted(row, now, "acknowledged", by, note)


def muted(row: Row, by: uuid.UUID, until: dt.datetime, why: str, now: dt.datetime) -> Row:
    """Nobody is to hear of it until then. Raises Refused `alarm_cleared`."""
    _check_open(row)
    silent = {"muted_until": until, "muted_by": by, "mute_reason": why}
    return row | silent | _noted(row, now, "muted", by, why)


def unmuted(row: Row, by: uuid.UUID, now: dt.datetime) -> Row:
    """People hear of it again. Raises Refused `alarm_cleared`."""
    _check_open(row)
    return row | {"muted_until": None, "muted_by": None, "mute_reason": ""} | _noted(row, now, "unmuted", by, "")


def is_muted(row: Mapping[str, Any], now: dt.datetime) -> bool:
    """Whether people do not want to hear of it now."""
    return row["muted_until"] is not None and row["muted_until"] > now


def _rule_of(before: Row | None, one: Condition | None, settings: Sequence[Setting]) -> Rule:
    if one is not None:
        return effective(one.rule, one.station_id, one.organisation_id, settings)
    assert before is not None  # noqa: S101  # a key comes from one of the two
    return effective(before["rule"], before["station_id"], before["organisation_id"], settings)


def _held(before: Row | None, one: Condition, rule: Rule, now: dt.datetime, new_id: Callable[[], uuid.UUID]) -> Row:
    """It holds: it waits for its time, is raised, or goes on."""
    since = min(one.since or now, now)
    if before is not None and before["state"] == OPEN:
        back = {"other_since": None, "times": before["times"] + 1} if before["other_since"] is not None else {}
        return before | back | {"severity": rule.severity, "seen": dict(one.seen)}
    if before is None:
        before = _new(one, rule, since, now, new_id())
    if one.since is None:
        since = before["since"] if before["state"] == WAITING else before["other_since"] or now
    long_enough = (now - since).total_seconds() >= rule.after_s
    if before["state"] == CLEARED:
        if not long_enough:
            return before | {"other_since": since}
        again = {"state": OPEN, "since": since, "cleared_at": None, "other_since": None, "times": before["times"] + 1}
        return before | again | {"severity": rule.severity, "seen": dict(one.seen)} | _noted(before, now, "again")
    after = before | {"since": since, "severity": rule.severity, "seen": dict(one.seen)}
    return after | {"state": OPEN, "raised_at": now} | _noted(after, now, "raised") if long_enough else after


def _gone(before: Row | None, rule: Rule, now: dt.datetime) -> Row | None:
    """It does not hold: an open one is cleared once it has been quiet for long enough."""
    if before is None or before["state"] == WAITING:
        return None
    if before["state"] == CLEARED:
        return before | {"other_since": None}
    other_since = before["other_since"] or now
    if (now - other_since).total_seconds() < rule.clear_s and rule.enabled:
        return before | {"other_since": other_since}
    return before | {"state": CLEARED, "cleared_at": now, "other_since": None} | _noted(before, now, "cleared")


def _what_happened(before: Row | None, after: Row) -> str | None:
    was, is_ = None if before is None else before["state"], after["state"]
    if was != OPEN and is_ == OPEN:
        return "again" if was == CLEARED else "raised"
    return "cleared" if was == OPEN and is_ == CLEARED else None


def _new(one: Condition, rule: Rule, since: dt.datetime, now: dt.datetime, alarm_id: uuid.UUID) -> Row:
    return {
        "id": alarm_id,
        "created_at": now,
        "key": key_of(one),
        "rule": one.rule,
        "station_id": one.station_id,
        "organisation_id": one.organisation_id,
        "subject": one.subject,
        "severity": rule.severity,
        "state": WAITING,
        "since": since,
        "raised_at": None,
        "other_since": None,
        "cleared_at": None,
        "times": 1,
        "seen": dict(one.seen),
        "acknowledged_at": None,
        "acknowledged_by": None,
        "note": "",
        "muted_until": None,
        "muted_by": None,
        "mute_reason": "",
        "history": [],
    }


def _check_open(row: Row) -> None:
    if row["state"] != OPEN:
        raise Refused("alarm_cleared")


def _noted(row: Row, now: dt.datetime, what: str, by: uuid.UUID | None = None, why: str = "") -> Row:
    note = {"at": rfc3339(now), "what": what, "by": None if by is None else str(by), "why": why}
    return {"history": [*row["history"], note][-_MOST_HISTORY:]}
