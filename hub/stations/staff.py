"""Staff at the stations: who may act by hand there, told to all of them; and what they did, for a person to look at.

Verifiers share one salt: a station hashes a PIN once, whoever it is tried for.
"""

import asyncio
import datetime as dt
import secrets
import uuid
from collections.abc import Sequence
from typing import Final, Protocol

from sqlalchemy.ext.asyncio import AsyncSession

from hub import events
from hub.kernel.clock import Clock
from hub.kernel.problem import invalid
from hub.stations import repository
from hub.stations.schemas import NewStaff
from hub.stations.service import Lists
from hub.stations.tables import StaffMember
from protocols.errors import Refused
from protocols.sync import facts
from protocols.sync.changes import StaffItem
from protocols.values import from_ms, to_ms
from protocols.voucher.pin import pin_hash, salt_of, whose_pin

LIST: Final = "staff"
LONGEST: Final = dt.timedelta(days=400)
OVERRIDE: Final = "staff_override"


class Withdrawing(Lists, Protocol):
    """The lists that stations hold. Filled by the wiring."""

    async def withdraw(
        self, session: AsyncSession, name: str, keys: Sequence[str], *, station_id: uuid.UUID | None = None
    ) -> None:
        """Take items out."""


class Cases(Protocol):
    """What a person must look at. Filled by the wiring."""

    async def see(self, session: AsyncSession, told: Sequence[events.CaseSeen]) -> None:
        """Open these cases."""


class Staff:
    """Who may act by hand, and what was done."""

    def __init__(self, clock: Clock, lists: Withdrawing, cases: Cases) -> None:
        self._clock = clock
        self._lists = lists
        self._cases = cases

    async def put(self, session: AsyncSession, new: NewStaff) -> StaffMember:
        """Let somebody act, or change what he may. Raises Refused `pin_taken`, `badge_taken`, or a 422."""
        now = self._clock.now()
        if not now < new.valid_to <= now + LONGEST:
            raise invalid("/valid_to", f"in the future, at most {LONGEST.days} days")
        others = [one for one in await repository.all_staff(session) if one.account_id != new.account_id]
        row = await repository.staff_of(session, new.account_id)
        kept = row.pin_hash if row is not None and new.keep_pin else ""
        if new.pin is None and not new.badge and not kept:
            raise invalid("/pin", "either a PIN or a badge, or both")
        if new.badge and any(one.badge == new.badge.upper() and one.valid_to > now for one in others):
            raise Refused("badge_taken")
        if row is None:
            row = StaffMember(id=self._clock.new_id(), created_at=now, account_id=new.account_id)
            session.add(row)
        row.name, row.may, row.badge, row.valid_to = new.name, sorted(set(new.may)), new.badge.upper(), new.valid_to
        row.pin_hash = kept if new.pin is None else await asyncio.to_thread(_verifier, new.pin, others)
        await session.flush()
        item = StaffItem(
            key=str(row.account_id),
            name=row.name,
            may=list(row.may),
            expires_ms=to_ms(row.valid_to),
            pin_hash=row.pin_hash,
            badge=row.badge,
        )
        await self._lists.put(session, LIST, [item])
        return row

    async def end(self, session: AsyncSession, member_id: uuid.UUID) -> None:
        """He may no more, once a station has heard of it. Raises Refused `not_found`."""
        row = await session.get(StaffMember, member_id)
        if row is None:
            raise Refused("not_found")
        await session.delete(row)
        await session.flush()
        await self._lists.withdraw(session, LIST, [str(row.account_id)])

    async def when_staff(self, session: AsyncSession, event: events.StaffReported) -> None:
        """Each act by hand is looked at by somebody else."""
        await self._cases.see(session, [_case(one, one.body) for one in event.facts if _is_act(one.body)])


def _verifier(pin: str, others: Sequence[StaffMember]) -> str:
    verifiers = {str(one.account_id): one.pin_hash for one in others if one.pin_hash}
    if whose_pin(pin, verifiers) is not None:
        raise Refused("pin_taken")
    salt = next((salt_of(one) for one in verifiers.values()), None)
    return pin_hash(pin, salt or secrets.token_bytes(16))


def _is_act(body: facts.Body) -> bool:
    return isinstance(body, facts.StaffActed)


def _case(one: events.Reported[facts.Body], body: facts.Body) -> events.CaseSeen:
    assert isinstance(body, facts.StaffActed)  # noqa: S101  # _is_act said so
    subjects = {"staff_id": body.staff_id} | ({} if body.vehicle_id is None else {"vehicle_id": body.vehicle_id})
    return events.CaseSeen(
        kind=OVERRIDE,
        about=body.act_id,
        seen_at=from_ms(body.at_ms),
        station_ids=(one.station_id,),
        account_id=body.account_id,
        rental_id=body.rental_id,
        subjects=subjects,
        seen={
            "what": body.what,
            "reason": body.reason,
            "note": body.note.replace("\x00", ""),
            "dock_no": body.dock_no,
            "staff_name": body.staff_name,
            "identified_by": body.identified_by,
            "offline": body.offline,
        },
    )
