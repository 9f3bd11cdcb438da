"""How the parts are: the shapes behind /healthz. No HTTP here."""

import datetime as dt
import enum
from collections.abc import Mapping
from dataclasses import dataclass

from protocols.sync.clock import Moment
from protocols.values import rfc3339


class PartState(enum.StrEnum):
    """Where a part is in its life."""

    STARTING = "starting"
    RUNNING = "running"
    WAITING = "waiting"  # it failed; the supervisor waits before it starts it again
    STOPPED = "stopped"  # it ended by itself or was cancelled


@dataclass(frozen=True, slots=True, kw_only=True)
class PartHealth:
    """One part's health. `since` is when `state` began; `last_error` outlives the recovery, for people."""

    state: PartState
    restarts: int
    last_error: str | None
    since: dt.datetime


def is_well(parts: Mapping[str, PartHealth]) -> bool:
    """Whether no part is waiting to be started again."""
    return all(part.state is not PartState.WAITING for part in parts.values())


def as_document(parts: Mapping[str, PartHealth]) -> dict[str, object]:
    """What /healthz shows: `status` ok or degraded, and one entry per part."""
    return {
        "status": "ok" if is_well(parts) else "degraded",
        "parts": {
            name: {
                "state": part.state.value,
                "restarts": part.restarts,
                "last_error": part.last_error,
                "since": rfc3339(part.since),
            }
            for name, part in parts.items()
        },
    }


def clock_document(now: Moment, offset_ms: int) -> dict[str, object]:
    """How far the time can be trusted; `offset_ms` is the station's reading less the machine's clock."""
    return {
        "quality": now.quality.value,
        "trusted": now.is_trusted,
        "uncertainty_s": round(now.uncertainty_ms / 1000, 1) if now.is_trusted else None,
        "machine_clock_off_s": round(-offset_ms / 1000, 1) if now.is_trusted else None,
    }
