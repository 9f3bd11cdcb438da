"""Counts what strangers try, for all processes of the hub: one row per key, refused without a write."""

import datetime as dt
import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from hub.accounts import throttle_rules as rules
from hub.accounts.sign_in_tables import ThrottleCount
from hub.accounts.throttle_rules import Count, Limit
from hub.kernel import audit
from hub.kernel.clock import Clock
from hub.kernel.db import Database, insert_new

Limits = Mapping[str, Limit]
"""Key → its limit; a key says what is counted and of whom, e.g. `sign_in:network:203.0.113.7`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """What was counted for one attempt, so that it can be taken back."""

    limits: Limits
    before: Mapping[str, Count]
    after: Mapping[str, Count]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shut:
    """Not now; in so many whole seconds."""

    retry_after_s: int


class Throttle:
    """Limits that count before the work: what is tried at once is counted at once."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def count(self, limits: Limits) -> Attempt | Shut:
        """Count one attempt against all of these, or against none when one of them is shut."""
        now = self._clock.now()
        async with self._database.reading() as session:
            shut = _shut(limits, await _counts(session, limits, now), now)
        if shut is not None:
            return shut
        async with self._database.transaction() as session:
            audit.nothing_done()  # not yet: what comes of it is written down by its own transaction
            await insert_new(session, ThrottleCount, [_row(key, now) for key in sorted(limits)], key=["key"])
            rows = await _rows(session, limits, lock=True)
            before = {row.key: _count(row) for row in rows}
            shut = _shut(limits, before, now)
            if shut is not None:
                return shut
            after = {key: rules.counted(limits[key], count, now) for key, count in before.items()}
            _write(rows, limits, after)
        return Attempt(limits=limits, before=before, after=after)

    async def take_back(self, session: AsyncSession, attempt: Attempt, *, forget: str = "") -> None:
        """The attempt was no failure; and what it counted under keys that begin with `forget` is forgotten."""
        rows = await _rows(session, attempt.limits, lock=True)
        for row in rows:
            if forget and row.key.startswith(forget):
                await session.delete(row)
        kept = [row for row in rows if not (forget and row.key.startswith(forget))]
        less = {row.key: rules.taken_back(attempt.before[row.key], attempt.after[row.key], _count(row)) for row in kept}
        _write(kept, attempt.limits, less)


async def forget(session: AsyncSession, prefix: str) -> None:
    """Forget what was counted under the keys that begin so."""
    await session.execute(delete(ThrottleCount).where(ThrottleCount.key.startswith(prefix, autoescape=True)))


async def forget_old(session: AsyncSession, now: dt.datetime) -> None:
    """Drop the rows that say nothing any more."""
    await session.execute(delete(ThrottleCount).where(ThrottleCount.forget_at <= now))


def name_of(address: str) -> str:
    """An e-mail address in a key: as a digest, for it need not be anybody's."""
    return hashlib.sha256(address.encode()).hexdigest()[:32]


def _shut(limits: Limits, counts: Mapping[str, Count], now: dt.datetime) -> Shut | None:
    longest_s = max((rules.shut_for_s(limits[key], count, now) for key, count in counts.items()), default=0.0)
    return Shut(retry_after_s=math.floor(longest_s) + 1) if longest_s > 0 else None


async def _counts(session: AsyncSession, limits: Limits, now: dt.datetime) -> Mapping[str, Count]:
    known = {row.key: _count(row) for row in await _rows(session, limits, lock=False)}
    return {key: known.get(key, Count(level=0.0, at=now)) for key in limits}


async def _rows(session: AsyncSession, limits: Limits, *, lock: bool) -> Sequence[ThrottleCount]:
    # In one order everywhere, so that no two attempts wait for each other.
    found = select(ThrottleCount).where(ThrottleCount.key.in_(limits)).order_by(ThrottleCount.key)
    return (await session.scalars(found.with_for_update() if lock else found)).all()


def _count(row: ThrottleCount) -> Count:
    return Count(level=row.level, at=row.at, until=row.until)


def _row(key: str, now: dt.datetime) -> dict[str, object]:
    return {"key": key, "level": 0.0, "at": now, "until": None, "forget_at": now}


def _write(rows: Sequence[ThrottleCount], limits: Limits, counts: Mapping[str, Count]) -> None:
    for row in rows:
        count = counts[row.key]
        row.level, row.at, row.until = count.level, count.at, count.until
        ends = rules.forgotten_after(limits[row.key], count)
        row.forget_at = max(ends, count.until or ends)
