"""Alarms as JSON."""

import uuid
from typing import Any, Literal

from pydantic import Field, model_validator

from hub.alarms.catalogue import RULES, Severity
from hub.kernel.pages import PageQuery
from hub.kernel.shapes import Instant, Shape

_LONGEST_S = 30 * 86_400


class AlarmQuery(PageQuery):
    """Which alarms."""

    state: Literal["open", "cleared"] | None = None
    rule: str | None = Field(default=None, max_length=40, examples=["station_silent"])
    severity: Severity | None = None
    station_id: uuid.UUID | None = None
    acknowledged: bool | None = None
    muted: bool | None = Field(default=None, description="Whether it is muted now")


class AlarmNote(Shape):
    """A step in an alarm's life: raised, again, cleared, acknowledged, muted, unmuted."""

    at: Instant
    what: str
    by: uuid.UUID | None
    why: str


class AlarmShape(Shape):
    """An alarm. `since`: when its condition began. `times`: how often it came; one that flaps stays one alarm.

    `subject`: what it is about within the station (`dock 3`, a vehicle's id). `seen` differs by `rule`.
    """

    id: uuid.UUID
    created_at: Instant
    rule: str
    severity: Severity
    state: Literal["open", "cleared"]
    station_id: uuid.UUID | None
    organisation_id: uuid.UUID | None
    subject: str
    since: Instant
    raised_at: Instant | None
    cleared_at: Instant | None
    times: int
    seen: dict[str, Any]
    acknowledged_at: Instant | None
    acknowledged_by: uuid.UUID | None
    note: str
    muted_until: Instant | None
    muted_by: uuid.UUID | None
    mute_reason: str
    history: list[AlarmNote]


class Acknowledgement(Shape):
    """What a person says of an alarm that he has seen."""

    note: str = Field(default="", max_length=2000)


class Mute(Shape):
    """Until when nobody is to hear of it, and why."""

    until: Instant
    why: str = Field(min_length=1, max_length=2000, examples=["the street is dug up, power comes back on Friday"])


class SettingShape(Shape):
    """How a rule is to be at one station, in one organisation, or (both null) everywhere; null leaves it as it is."""

    organisation_id: uuid.UUID | None = None
    station_id: uuid.UUID | None = None
    enabled: bool | None = None
    severity: Severity | None = None
    after_s: int | None = Field(default=None, ge=0, le=_LONGEST_S, description="So long its condition must hold")
    clear_s: int | None = Field(default=None, ge=0, le=_LONGEST_S, description="So long it must not hold to clear it")

    @model_validator(mode="after")
    def _one_scope(self) -> "SettingShape":
        if self.organisation_id is not None and self.station_id is not None:
            raise ValueError("either organisation_id or station_id")
        return self


class RuleShape(Shape):
    """A rule as it comes, and what was set otherwise. The station's word goes before the organisation's."""

    rule: str
    enabled: bool
    severity: Severity
    after_s: int
    clear_s: int
    settings: list[SettingShape]


class RulesShape(Shape):
    """Every rule there is."""

    items: list[RuleShape]
    next_cursor: None = None


def is_rule(name: str) -> bool:
    """Whether there is such a rule."""
    return name in RULES
