"""Facts that were set aside: found, applied again, dismissed. What was done with each is kept, with who and when.

A retry takes the same way as a fact that has just come (`projection`), and since projections end the same in any
order, a fact may be applied long after those behind it. It is applied once: its row is held while it is tried, and
`applied` is final.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Row, Select, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession

from hub.intake.projection import UNKNOWN, Failed, Projection, is_known, understand
from hub.intake.rules import framed_alone
from hub.intake.tables import QuarantineAct, QuarantinedFact
from hub.kernel.clock import Clock
from hub.kernel.reach import within
from protocols.errors import Refused

OPEN: Final = ("waiting", "parked")
MOST_AT_ONCE: Final = 200  # of one call: a unit of work must not hold the database for long
Place = tuple[Any, uuid.UUID]


@dataclass(frozen=True, slots=True, kw_only=True)
class Who:
    """Who does something with a quarantined fact, and by which door: api, command or start (the hub itself)."""

    via: str
    account_id: uuid.UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What came of a pass over several; `after` is where the next one goes on, None at the end."""

    applied: int
    failed: int
    after: Place | None


class Quarantine:
    """What people (and a hub that has learnt new types) do with facts that were set aside."""

    def __init__(self, clock: Clock, projection: Projection) -> None:
        self._clock = clock
        self._projection = projection

    async def one(self, session: AsyncSession, quarantine_id: uuid.UUID) -> QuarantinedFact:
        """As it stands now. Raises Refused `not_found`."""
        found = await session.get(QuarantinedFact, quarantine_id, populate_existing=True)
        if found is None:
            raise Refused("not_found")
        return found

    async def retry(self, session: AsyncSession, quarantine_id: uuid.UUID, who: Who) -> QuarantinedFact:
        """Try to apply it again; one that is applied already stays so. Raises Refused `not_found`, `dismissed`."""
        row = await self._hold(session, quarantine_id)
        if row.state == "dismissed":
            raise Refused("dismissed")
        if row.state != "applied":
            await self._try(session, row, who)
        return await self.one(session, quarantine_id)

    async def retry_all(
        self, session: AsyncSession, who: Who, *, code: str, station_id: uuid.UUID | None, after: Place | None
    ) -> Tried:
        """Try those of one code, oldest first, at most MOST_AT_ONCE."""
        found = _held().where(QuarantinedFact.code == code, QuarantinedFact.state.in_(OPEN))
        if station_id is not None:
            found = found.where(QuarantinedFact.station_id == station_id)
        return await self._pass(session, found, who, after)

    async def reread(self, session: AsyncSession, after: Place | None) -> Tried:
        """Apply what waited for a hub that knows its type and version, if this is one."""
        found = _held().where(QuarantinedFact.state == "parked")
        return await self._pass(session, found, Who(via="start"), after, only_known=True)

    async def dismiss(self, session: AsyncSession, quarantine_id: uuid.UUID, who: Who, reason: str) -> QuarantinedFact:
        """Nothing shall come of it; the fact itself stays. Raises Refused `not_found`, `applied`."""
        row = await self._hold(session, quarantine_id)
        if row.state == "applied":
            raise Refused("applied")
        if row.state != "dismissed":
            await self._settle(session, row, state="dismissed")
            self._note(session, row, who, act="dismiss", outcome="dismissed", reason=reason)
        return await self.one(session, quarantine_id)

    async def acts(self, session: AsyncSession, quarantine_id: uuid.UUID) -> Sequence[QuarantineAct]:
        """What was done with it, oldest first; the newest hundred."""
        found = select(QuarantineAct).where(QuarantineAct.quarantine_id == quarantine_id)
        newest = found.order_by(QuarantineAct.created_at.desc(), QuarantineAct.id.desc()).limit(100)
        return (await session.scalars(newest)).all()[::-1]

    async def _hold(self, session: AsyncSession, quarantine_id: uuid.UUID) -> Row[Any]:
        """Its columns, the row held: who comes at the same time waits and then finds it settled."""
        found = await session.execute(_held().where(QuarantinedFact.id == quarantine_id))
        row: Row[Any] | None = found.one_or_none()
        if row is None:
            raise Refused("not_found")
        return row

    async def _pass(
        self,
        session: AsyncSession,
        found: Select[Any],
        who: Who,
        after: Place | None,
        *,
        only_known: bool = False,
    ) -> Tried:
        if after is not None:
            found = found.where(tuple_(QuarantinedFact.created_at, QuarantinedFact.id) > after)
        found = found.order_by(QuarantinedFact.created_at, QuarantinedFact.id).limit(MOST_AT_ONCE)
        rows = (await session.execute(found)).all()
        applied = failed = 0
        for row in rows:
            if only_known and not _is_known(row):
                continue
            if await self._try(session, row, who):
                applied += 1
            else:
                failed += 1
        last = (rows[-1].created_at, rows[-1].id) if len(rows) == MOST_AT_ONCE else None
        return Tried(applied=applied, failed=failed, after=last)

    async def _try(self, session: AsyncSession, row: Row[Any], who: Who) -> bool:
        framed = framed_alone(row.seq, row.record)
        understood = understand(row.station_id, [framed], row.created_at)  # received when it came, not now
        async with within(session, None):  # what facts say is the hub's own work, whoever tries it again
            failed = await self._projection.apply(session, understood, row.seq)
        outcome = failed[0].code if failed else "applied"
        if failed:
            await self._failed_again(session, row, failed[0])
        else:
            await self._settle(session, row, state="applied")
        self._note(session, row, who, act="retry", outcome=outcome, reason="")
        return not failed

    async def _failed_again(self, session: AsyncSession, row: Row[Any], failed: Failed) -> None:
        state = "parked" if failed.code == UNKNOWN else "waiting"
        await session.execute(
            update(QuarantinedFact)
            .where(QuarantinedFact.id == row.id)
            .values(code=failed.code[:80], detail=failed.detail, state=state)
            .execution_options(synchronize_session=False)
        )

    async def _settle(self, session: AsyncSession, row: Row[Any], *, state: str) -> None:
        await session.execute(
            update(QuarantinedFact)
            .where(QuarantinedFact.id == row.id)
            .values(state=state, settled_at=self._clock.now())
            .execution_options(synchronize_session=False)
        )

    def _note(self, session: AsyncSession, row: Row[Any], who: Who, *, act: str, outcome: str, reason: str) -> None:
        session.add(
            QuarantineAct(
                id=self._clock.new_id(),
                created_at=self._clock.now(),
                quarantine_id=row.id,
                act=act,
                via=who.via,
                account_id=who.account_id,
                outcome=outcome[:80],
                reason=reason,
            )
        )


def _held() -> Select[Any]:
    """Plain columns: what a savepoint undoes must not take the row's own values from under our hands."""
    names = ("id", "created_at", "station_id", "lane", "epoch", "seq", "type", "state", "record")
    return select(*(getattr(QuarantinedFact, name) for name in names)).with_for_update()


def _is_known(row: Row[Any]) -> bool:
    fact = framed_alone(row.seq, row.record).fact
    return fact is not None and is_known(fact.type, fact.v)


def found_by(
    *, station_id: uuid.UUID | None, code: str | None, fact_type: str | None, state: str | None
) -> Select[QuarantinedFact]:
    """The set-aside facts of this station, code, type and state; None leaves one out."""
    found = select(QuarantinedFact)
    given = {
        QuarantinedFact.station_id: station_id,
        QuarantinedFact.code: code,
        QuarantinedFact.type: fact_type,
        QuarantinedFact.state: state,
    }
    for column, value in given.items():
        if value is not None:
            found = found.where(column == value)
    return found
