"""What the hub does not hold yet, for staff to see."""

import datetime as dt
from collections.abc import Sequence
from typing import Literal

from edge_agent.kiosk.photos import Kept
from protocols.kiosk.staff_views import LaneView, SyncView
from protocols.sync.envelope import Backlog
from protocols.values import from_ms, rfc3339

LineName = Literal["none", "connecting", "online", "offline"]


def sync_view(
    backlog: Sequence[Backlog],
    line: LineName = "none",
    last_success_at: dt.datetime | None = None,
    last_failure: str | None = None,
    photos: Sequence[Kept] = (),
) -> SyncView:
    """The outbox and the line; a station that was never enrolled has none. `photos` are those that wait."""
    lanes = [
        LaneView(
            lane=one.lane.value,
            waiting=one.waiting,
            oldest_at=None if one.oldest_at_ms is None else rfc3339(from_ms(one.oldest_at_ms)),
        )
        for one in backlog
    ]
    return SyncView(
        line=line,
        last_success_at=None if last_success_at is None else rfc3339(last_success_at),
        last_failure=last_failure,
        waiting=sum(one.waiting for one in lanes),
        lanes=lanes,
        photos=len(photos),
        photo_bytes=sum(one.size for one in photos),
        photos_oldest_at=rfc3339(from_ms(round(photos[0].at_s * 1000))) if photos else None,
    )
