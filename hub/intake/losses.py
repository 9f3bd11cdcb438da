"""What stations lost: kept as ranges of numbers, told to the other rooms. The judging is in `rules`."""

import datetime as dt
import uuid
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from hub import events
from hub.intake.rules import JudgedLost
from hub.intake.tables import LostFacts
from hub.kernel.bulk import insert_many
from hub.kernel.pages import Found, PageQuery, find_page
from protocols.sync.envelope import LostRange


def row_of(
    lost: LostRange,
    judged: JudgedLost,
    station_id: uuid.UUID,
    *,
    id: uuid.UUID,  # noqa: A002 - the column's name
    now: dt.datetime,
) -> dict[str, Any]:
    """The range as it is kept: from where the hub holds nothing."""
    return {
        "id": id,
        "created_at": now,
        "station_id": station_id,
        "lane": lost.lane.value,
        "epoch": lost.epoch,
        "first_seq": judged.first_seq,
        "last_seq": lost.last_seq,
        "gone": judged.gone,
        "reason": lost.reason,
    }


async def keep(session: AsyncSession, row: dict[str, Any]) -> None:
    """Once, however often it is told."""
    await insert_many(session, LostFacts, [row], key=("station_id", "lane", "epoch", "first_seq"))


def event_of(row: dict[str, Any]) -> events.FactsLost:
    """What the other rooms hear."""
    return events.FactsLost(
        station_id=row["station_id"], at=row["created_at"], lane=row["lane"], gone=row["gone"], reason=row["reason"]
    )


async def page(session: AsyncSession, station_id: uuid.UUID, query: PageQuery) -> Found[LostFacts]:
    """A station's lost ranges, newest first."""
    found = select(LostFacts).where(LostFacts.station_id == station_id)
    return await find_page(session, found, LostFacts, query)
