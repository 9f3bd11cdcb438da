"""Links of one use, by themselves; on both databases."""

import asyncio
import uuid

import pytest

from hub.accounts.links import CONFIRM, LIFETIME, RESET, Links, forget_old_links
from hub.kernel.db import Database
from hub.kernel.sealing import Seal
from protocols.errors import Refused
from tests.hub.conftest import ManualClock

ABOUT = uuid.UUID(int=7)


@pytest.fixture
def links(clock: ManualClock) -> Links:
    return Links(clock, Seal(b"k" * 32))


async def _made(database: Database, links: Links, clock: ManualClock, purpose: str = CONFIRM) -> str:
    async with database.transaction() as session:
        return await links.make(session, clock.new_id(), purpose, ABOUT)


async def _taken(database: Database, links: Links, secret: str, purpose: str = CONFIRM) -> uuid.UUID | str:
    try:
        async with database.transaction() as session:
            return await links.take(session, purpose, secret)
    except Refused as refused:
        return refused.code


async def test_of_many_uses_at_once_one_counts(database: Database, links: Links, clock: ManualClock) -> None:
    secret = await _made(database, links, clock)
    answers = await asyncio.gather(*(_taken(database, links, secret) for _ in range(5)))
    assert sorted(map(str, answers)) == [str(ABOUT), *["link_invalid"] * 4]


async def test_a_link_is_for_one_purpose(database: Database, links: Links, clock: ManualClock) -> None:
    secret = await _made(database, links, clock, RESET)
    assert await _taken(database, links, secret, CONFIRM) == "link_invalid"
    async with database.reading() as session:
        await links.check(session, RESET, secret)
        with pytest.raises(Refused):
            await links.check(session, CONFIRM, secret)
    assert await _taken(database, links, secret, RESET) == ABOUT


@pytest.mark.parametrize("purpose", [CONFIRM, RESET])
async def test_a_link_ends_to_the_second_and_is_then_forgotten(
    database: Database, links: Links, clock: ManualClock, purpose: str
) -> None:
    first, second = [await _made(database, links, clock, purpose) for _ in range(2)]
    clock.move(LIFETIME[purpose].total_seconds() - 1)
    assert await _taken(database, links, first, purpose) == ABOUT
    clock.move(1)
    assert await _taken(database, links, second, purpose) == "link_invalid"
    async with database.transaction() as session:
        await forget_old_links(session, clock.now())
    clock.move(-60)
    assert await _taken(database, links, second, purpose) == "link_invalid"
