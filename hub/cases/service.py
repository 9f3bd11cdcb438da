"""Use cases of cases: opened and explained by what other rooms see, taken up and resolved by people."""

import uuid
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeAlias

from sqlalchemy.ext.asyncio import AsyncSession

from hub import events
from hub.cases import repository, rules
from hub.cases.rules import Row
from hub.kernel.clock import Clock
from protocols.errors import Refused

Publish: TypeAlias = Callable[[AsyncSession, object], Awaitable[None]]


class Cases:
    """Cases. Every change is published as `CaseChanged`, in the transaction that made it."""

    def __init__(self, clock: Clock, publish: Publish) -> None:
        self._clock = clock
        self._publish = publish

    async def see(self, session: AsyncSession, told: Sequence[events.CaseSeen]) -> None:
        """Open these cases, or close those that are not standing any more. The same again changes nothing."""
        if not told:
            return
        now = self._clock.now()
        before = await repository.held(session, {rules.case_id_of(one.kind, one.about) for one in told})
        after = dict(before)
        for one in told:
            case_id = rules.case_id_of(one.kind, one.about)
            row = rules.after_seen(after.get(case_id), one, now)
            if row is not None:
                after[case_id] = row
        changed = [row for case_id, row in after.items() if row != before.get(case_id)]
        await repository.put(session, changed)
        for row in changed:
            await self._tell(session, before.get(row["id"]), row)

    async def when_forked(self, session: AsyncSession, event: events.StationForked) -> None:
        """Two histories under one name: somebody must look which card stands where. One case for each epoch."""
        about = uuid.uuid5(event.station_id, f"epoch {event.epoch}")
        seen = {"epoch": event.epoch}
        told = events.CaseSeen(kind="fork", about=about, seen_at=event.at, station_ids=(event.station_id,), seen=seen)
        if not (await repository.held(session, {rules.case_id_of(told.kind, about)})):
            await self.see(session, [told])

    async def when_behind(self, session: AsyncSession, event: events.HubBehind) -> None:
        """The hub was restored from a backup: what people did since must be done again. One case a station and day."""
        about = uuid.uuid5(event.station_id, f"hub behind {event.at:%Y-%m-%d}")
        seen = {"hub_rev": event.hub_rev, "station_rev": event.station_rev}
        told = events.CaseSeen(
            kind="hub_behind", about=about, seen_at=event.at, station_ids=(event.station_id,), seen=seen
        )
        if not (await repository.held(session, {rules.case_id_of(told.kind, about)})):
            await self.see(session, [told])

    async def in_question(self, session: AsyncSession) -> set[uuid.UUID]:
        """Every id that an unresolved case is about: what it is about, its rental, and what else it names."""
        return await repository.in_question(session)

    async def acknowledge(self, session: AsyncSession, case_id: uuid.UUID, by: uuid.UUID, note: str) -> None:
        """A person looks at it. Raises Refused `not_found`, `case_resolved`."""
        before = await self._found(session, case_id)
        await self._put(session, before, rules.acknowledged(before, by, note, self._clock.now()))

    async def resolve(self, session: AsyncSession, case_id: uuid.UUID, by: uuid.UUID, why: str) -> None:
        """A person has dealt with it. Raises Refused `not_found`, `case_resolved`."""
        before = await self._found(session, case_id)
        await self._put(session, before, rules.resolved(before, by, why, self._clock.now()))

    async def find(self, session: AsyncSession, case_id: uuid.UUID, by: uuid.UUID, why: str, *, settles: bool) -> None:
        """A person has looked, and settled it or not. Raises Refused `not_found`, `case_resolved` (by a person)."""
        before = await self._found(session, case_id)
        await self._put(session, before, rules.found(before, by, why, self._clock.now(), settles=settles))

    async def _found(self, session: AsyncSession, case_id: uuid.UUID) -> Row:
        found = (await repository.held(session, [case_id])).get(case_id)
        if found is None:
            raise Refused("not_found")
        return found

    async def _put(self, session: AsyncSession, before: Row, after: Row) -> None:
        await repository.put(session, [after])
        await self._tell(session, before, after)

    async def _tell(self, session: AsyncSession, before: Row | None, after: Row) -> None:
        if before is not None and before["state"] == after["state"]:
            return
        await self._publish(
            session,
            events.CaseChanged(
                case_id=after["id"],
                kind=after["kind"],
                state=after["state"],
                account_id=after["account_id"],
                rental_id=after["rental_id"],
                by=after["resolved_by"],
                why=after["resolution"] or "",
            ),
        )
