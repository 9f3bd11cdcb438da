"""Checklists: what staff fill in at the stations, told to all of them; and what they found, kept once.

While no definition is made here, stations show the built-in ones (protocols.sync.checklists).
"""

import uuid
from collections.abc import Sequence
from typing import Any, Final

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from hub import events
from hub.kernel.bulk import upsert_many
from hub.kernel.clock import Clock
from hub.stations import repository
from hub.stations.checklist_schemas import ChecklistEdit, NewChecklist
from hub.stations.staff import Cases, Withdrawing
from hub.stations.tables import Checklist, FilledChecklist
from protocols.errors import Refused
from protocols.sync import facts
from protocols.sync.changes import ChecklistItem
from protocols.sync.checklists import Question
from protocols.values import from_ms

LIST: Final = "checklists"
FAILED: Final = "checklist_failed"
_NUL: Final = "\x00"


class Checklists:
    """Definitions, and what was filled in."""

    def __init__(self, clock: Clock, lists: Withdrawing, cases: Cases) -> None:
        self._clock = clock
        self._lists = lists
        self._cases = cases

    async def make(self, session: AsyncSession, new: NewChecklist) -> Checklist:
        """A checklist that every station is told of. Raises Refused `checklist_exists`."""
        if await repository.checklist(session, new.key) is not None:
            raise Refused("checklist_exists", key=new.key)
        row = Checklist(id=self._clock.new_id(), created_at=self._clock.now(), key=new.key, version=0)
        session.add(row)
        return await self.change(session, row, new)

    async def change(self, session: AsyncSession, row: Checklist, edit: ChecklistEdit) -> Checklist:
        """The checklist asks this from now on; every station is told."""
        row.version += 1
        row.title, row.about = dict(edit.title), edit.about
        row.questions = [one.model_dump() for one in edit.questions]
        await session.flush()
        item = ChecklistItem(
            key=row.key,
            title=row.title,
            about=row.about,
            version=row.version,
            questions=tuple(msgspec.convert(one, type=Question) for one in row.questions),
        )
        await self._lists.put(session, LIST, [item])
        return row

    async def end(self, session: AsyncSession, key: str) -> None:
        """Nobody fills it in any more. Raises Refused `not_found`."""
        row = await repository.checklist(session, key)
        if row is None:
            raise Refused("not_found")
        await session.delete(row)
        await session.flush()
        await self._lists.withdraw(session, LIST, [key])

    async def when_staff(self, session: AsyncSession, event: events.StaffReported) -> None:
        """Keep what was filled in; what is wrong waits for a person."""
        filled = {
            one.body.checklist_id: (one.station_id, one.body)
            for one in event.facts
            if isinstance(one.body, facts.ChecklistFilled)
        }
        if not filled:
            return
        now = self._clock.now()
        rows = [_row(station_id, body) | {"created_at": now} for station_id, body in filled.values()]
        await upsert_many(session, FilledChecklist, rows, key=("id",), keep=("created_at",))
        failed = [_case(station_id, body) for station_id, body in filled.values() if not body.passed]
        await self._cases.see(session, failed)


def _row(station_id: uuid.UUID, body: facts.ChecklistFilled) -> dict[str, Any]:
    return {
        "id": body.checklist_id,
        "station_id": station_id,
        "key": body.list_key[:60],
        "version": body.list_version,
        "title": _clean(body.title)[:200],
        "about": body.about[:20],
        "staff_id": body.staff_id,
        "staff_name": _clean(body.staff_name)[:120],
        "at": from_ms(body.at_ms),
        "dock_no": body.dock_no,
        "vehicle_id": body.vehicle_id,
        "passed": body.passed,
        "offline": body.offline,
        "answers": _answers(body.answers),
    }


def _answers(answers: Sequence[facts.ChecklistAnswer]) -> list[dict[str, Any]]:
    return [
        {
            "key": one.key,
            "text": _clean(one.text),
            "kind": one.kind,
            "value": _clean(one.value),
            "ok": one.ok,
            "note": _clean(one.note),
            "photos": list(one.photos),
        }
        for one in answers
    ]


def _clean(text: str) -> str:
    """PostgreSQL takes no NUL in a text."""
    return text.replace(_NUL, "")


def _case(station_id: uuid.UUID, body: facts.ChecklistFilled) -> events.CaseSeen:
    wrong = [f"{one['text']} {one['note']}".strip() for one in _answers(body.answers) if not one["ok"]]
    subjects = {"staff_id": body.staff_id} | ({} if body.vehicle_id is None else {"vehicle_id": body.vehicle_id})
    return events.CaseSeen(
        kind=FAILED,
        about=body.checklist_id,
        seen_at=from_ms(body.at_ms),
        station_ids=(station_id,),
        subjects=subjects,
        seen={
            "title": _clean(body.title),
            "key": body.list_key,
            "dock_no": body.dock_no,
            "staff_name": _clean(body.staff_name),
            "wrong": "; ".join(wrong),
        },
    )
