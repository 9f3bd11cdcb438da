"""Events within a transaction, and wake-ups after it."""

import uuid
from dataclasses import dataclass

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from hub.kernel.bus import Bus, on
from hub.kernel.db import Database
from hub.kernel.idempotency import KeptAnswer
from hub.kernel.nudges import LocalNudges
from tests.hub.conftest import START


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unheard:
    pass


async def _note(session: AsyncSession, event: Happened) -> None:
    session.add(
        KeptAnswer(actor="bus", key=event.name, fingerprint="", status=1, headers={}, body="", created_at=START)
    )


async def _object(_session: AsyncSession, _event: Happened) -> None:
    raise ZeroDivisionError


async def _count(database: Database) -> int | None:
    async with database.reading() as session:
        return await session.scalar(select(func.count()).select_from(KeptAnswer))


async def test_every_subscriber_hears_in_the_order_of_the_wiring(database: Database) -> None:
    heard: list[str] = []

    async def first(_session: AsyncSession, event: Happened) -> None:
        heard.append("first " + event.name)

    async def second(_session: AsyncSession, event: Happened) -> None:
        heard.append("second " + event.name)

    bus = Bus([on(Happened, first), on(Happened, second)])
    async with database.transaction() as session:
        await bus.publish(session, Happened(name="x"))
        await bus.publish(session, Unheard())
    assert heard == ["first x", "second x"]


async def test_a_subscriber_that_fails_undoes_the_whole_transaction(database: Database) -> None:
    bus = Bus([on(Happened, _note), on(Happened, _object)])

    async def publish() -> None:
        async with database.transaction() as session:
            await bus.publish(session, Happened(name="x"))

    with pytest.raises(ZeroDivisionError):
        await publish()
    assert await _count(database) == 0


async def test_one_event_can_be_undone_alone(database: Database) -> None:
    bad, good = Bus([on(Happened, _note), on(Happened, _object)]), Bus([on(Happened, _note)])

    async def try_bad(session: AsyncSession) -> None:
        async with session.begin_nested():
            await bad.publish(session, Happened(name="bad"))

    async with database.transaction() as session:
        await good.publish(session, Happened(name="one"))
        with pytest.raises(ZeroDivisionError):
            await try_bad(session)
        await good.publish(session, Happened(name="two"))
    assert await _count(database) == 2


def test_a_nudge_wakes_only_who_waits_for_that_station() -> None:
    nudges = LocalNudges()
    here, there = uuid.UUID(int=1), uuid.UUID(int=2)
    woken: list[tuple[str, int | None]] = []
    leave = nudges.subscribe(here, lambda rev: woken.append(("here", rev)))
    nudges.subscribe(there, lambda rev: woken.append(("there", rev)))
    nudges.nudge(here, 7)
    leave()
    leave()
    nudges.nudge(here, 8)
    assert woken == [("here", 7)]
    assert here not in nudges._waiting
