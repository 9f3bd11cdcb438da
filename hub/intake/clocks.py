"""Dates what stations told without a right clock: once when it comes, and again when more is known of its boot.

A station that always knew the time costs nothing here: no row is read or written for it.
"""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from hub.intake.dating import Anchor, Boot, Dated, dated
from hub.intake.tables import StationBoot, UndatedFact
from hub.kernel.bulk import rows_where, upsert_many
from protocols.sync.envelope import Fact, decode_fact

Kept = tuple[Fact, Dated]


async def learn(session: AsyncSession, station_id: uuid.UUID, seen: Sequence[Boot]) -> tuple[dict[str, Boot], bool]:
    """Take in what was seen of a station's boots; all that is known of them now, and whether any of it is news."""
    known = {row["boot"]: _boot(row) for row in await rows_where(session, StationBoot, "station_id = ?1", station_id)}
    changed: dict[str, Boot] = {}
    for one in seen:
        held = known.get(one.boot)
        together = one if held is None else held.with_(one)
        if together != held:
            known[one.boot] = changed[one.boot] = together
    await upsert_many(
        session, StationBoot, [_row(station_id, one) for one in changed.values()], key=("station_id", "boot")
    )
    return known, bool(changed)


async def keep(
    session: AsyncSession, station_id: uuid.UUID, facts: Mapping[uuid.UUID, tuple[Fact, bytes, Dated]]
) -> None:
    """Remember facts that may have to be dated again."""
    rows = [
        {
            "fact_id": fact_id, "station_id": station_id, "record": record, "shift_ms": is_.shift_ms,
            "uncertainty_ms": is_.uncertainty_ms, "hlc": is_.hlc,
        }
        for fact_id, (_, record, is_) in facts.items()
    ]  # fmt: skip
    await upsert_many(session, UndatedFact, rows, key=("fact_id",))


async def due(
    session: AsyncSession, station_id: uuid.UUID, boots: Mapping[str, Boot]
) -> list[tuple[Fact, bytes, Dated]]:
    """The facts of a station whose date is another one by what is known now."""
    found = await rows_where(session, UndatedFact, "station_id = ?1", station_id)
    again = []
    for row in found:
        fact = decode_fact(row["record"])
        is_ = dated(fact, boots.values())
        if (is_.shift_ms, is_.uncertainty_ms, is_.hlc) != (row["shift_ms"], row["uncertainty_ms"], row["hlc"]):
            again.append((fact, row["record"], is_))
    return sorted(again, key=lambda one: one[0].hlc)


def _boot(row: dict[str, Any]) -> Boot:
    anchor = None
    if row["anchor_at_ms"] is not None:
        anchor = Anchor(
            at_ms=row["anchor_at_ms"], mono_ms=row["anchor_mono_ms"], uncertainty_ms=row["anchor_uncertainty_ms"]
        )
    return Boot(
        boot=row["boot"],
        first_hlc=row["first_hlc"],
        last_mono_ms=row["last_mono_ms"],
        least_ms=row["least_ms"],
        anchor=anchor,
    )


def _row(station_id: uuid.UUID, one: Boot) -> dict[str, Any]:
    anchor = one.anchor
    return {
        "station_id": station_id,
        "boot": one.boot,
        "first_hlc": one.first_hlc,
        "last_mono_ms": one.last_mono_ms,
        "least_ms": one.least_ms,
        "anchor_at_ms": None if anchor is None else anchor.at_ms,
        "anchor_mono_ms": None if anchor is None else anchor.mono_ms,
        "anchor_uncertainty_ms": None if anchor is None else anchor.uncertainty_ms,
    }
