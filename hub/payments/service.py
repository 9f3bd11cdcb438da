"""Use cases of payments: tariffs and their versions, told to all stations ahead of time."""

import datetime as dt
import uuid
from collections.abc import Iterable, Sequence
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncSession

from hub.kernel.clock import Clock
from hub.kernel.problem import invalid
from hub.payments import repository
from hub.payments.schemas import NewTariff, NewVersion, Prices
from hub.payments.tables import TariffRow, TariffVersion
from protocols.errors import Refused
from protocols.sync.changes import Item, TariffItem
from protocols.tariff.tariff import Tariff
from protocols.values import to_ms


class Lists(Protocol):
    """The lists that stations hold. Filled by the wiring."""

    async def put(self, session: AsyncSession, name: str, items: list[Item]) -> None:
        """Add or replace items for all stations."""


class Payments:
    """Tariffs."""

    def __init__(self, clock: Clock, lists: Lists) -> None:
        self._clock = clock
        self._lists = lists

    async def add(self, session: AsyncSession, new: NewTariff, tariff_id: uuid.UUID | None = None) -> TariffRow:
        """A new tariff with its first version."""
        now = self._clock.now()
        tariff = TariffRow(
            id=tariff_id or self._clock.new_id(),
            created_at=now,
            name=new.name,
            use=new.use,
            currency=new.currency,
            version=0,
        )
        session.add(tariff)
        await self._write(session, tariff, new.valid_from or now, new.prices)
        return tariff

    async def next_version(self, session: AsyncSession, tariff_id: uuid.UUID, new: NewVersion) -> TariffRow:
        """The next version of a tariff. Raises Refused `not_found`, or a 422 for a beginning before the last one's."""
        tariff = await repository.tariff(session, tariff_id, lock=True)
        if tariff is None:
            raise Refused("not_found")
        valid_from = new.valid_from or self._clock.now()
        last = (await repository.versions(session, [tariff_id]))[tariff_id][0]
        if valid_from <= last.valid_from:
            raise invalid("/valid_from", "must be after the beginning of the version before")
        await self._write(session, tariff, valid_from, new.prices)
        return tariff

    async def by_version(
        self, session: AsyncSession, wanted: Iterable[tuple[uuid.UUID, int]]
    ) -> dict[tuple[uuid.UUID, int], Tariff]:
        """These tariff versions as the pricing knows them; what is not known is left out."""
        keys = set(wanted)
        ids = {tariff_id for tariff_id, _ in keys}
        if not ids:
            return {}
        named = await repository.named(session, ids)
        every = await repository.versions(session, ids)
        return {
            (row.tariff_id, row.version): _priced(named[row.tariff_id], row)
            for rows in every.values()
            for row in rows
            if (row.tariff_id, row.version) in keys
        }

    async def _write(self, session: AsyncSession, tariff: TariffRow, valid_from: dt.datetime, prices: Prices) -> None:
        tariff.version += 1
        session.add(
            TariffVersion(
                id=self._clock.new_id(),
                created_at=self._clock.now(),
                tariff_id=tariff.id,
                version=tariff.version,
                valid_from=valid_from,
                **prices.model_dump(),
            )
        )
        await session.flush()
        rows = (await repository.versions(session, [tariff.id]))[tariff.id]
        await self._lists.put(session, "tariffs", list(items_of(tariff, rows)))


def ends(rows: Sequence[TariffVersion]) -> dict[int, dt.datetime | None]:
    """When each version ends: where the next begins."""
    ordered = sorted(rows, key=lambda row: row.version)
    later = [*(row.valid_from for row in ordered[1:]), None]
    return {row.version: end for row, end in zip(ordered, later, strict=True)}


def items_of(tariff: TariffRow, rows: Sequence[TariffVersion]) -> Iterable[TariffItem]:
    """What the stations are told of a tariff."""
    until = ends(rows)
    for row in rows:
        end = until[row.version]
        yield TariffItem(
            key=f"{tariff.id}/{row.version}",
            tariff_id=tariff.id,
            version=row.version,
            name=tariff.name,
            use=tariff.use,
            currency=tariff.currency,
            valid_from_ms=to_ms(row.valid_from),
            valid_to_ms=None if end is None else to_ms(end),
            unlock_minor=row.unlock_minor,
            per_minute_minor=row.per_minute_minor,
            free_minutes=row.free_minutes,
            day_cap_minor=row.day_cap_minor,
            per_kwh_minor=row.per_kwh_minor,
            deposit_minor=row.deposit_minor,
            tax_pct=row.tax_pct,
        )


def _priced(tariff: TariffRow, row: TariffVersion) -> Tariff:
    return Tariff(
        tariff_id=tariff.id,
        version=row.version,
        name=tariff.name,
        use=tariff.use,
        currency=tariff.currency,
        unlock_minor=row.unlock_minor,
        per_minute_minor=row.per_minute_minor,
        free_minutes=row.free_minutes,
        day_cap_minor=row.day_cap_minor,
        per_kwh_minor=row.per_kwh_minor,
        deposit_minor=row.deposit_minor,
        tax_pct=row.tax_pct,
    )
