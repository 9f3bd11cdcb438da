"""Use cases of payments: tariffs and their versions, told to all stations ahead of time."""

import datetime as dt
import uuid
from collections.abc import Iterable
from typing import Any, Protocol

from sqlalchemy.ext.asyncio import AsyncSession

from hub.kernel.clock import Clock
from hub.kernel.problem import invalid
from hub.payments import repository
from hub.payments.schemas import CHARGING_IS_SIMPLE, NewTariff, NewVersion, Prices, is_simple
from hub.payments.shield import Shield
from hub.payments.tables import TariffRow, TariffVersion
from hub.payments.versions import lists_of, tariff_of, versions_of
from protocols.errors import Refused
from protocols.sync.changes import Item
from protocols.tariff.tariff import Tariff


class Lists(Protocol):
    """The lists that stations hold. Filled by the wiring."""

    async def put(self, session: AsyncSession, name: str, items: list[Item]) -> None:
        """Add or replace items for all stations."""


class Payments:
    """Tariffs."""

    def __init__(self, clock: Clock, lists: Lists, shield: Shield) -> None:
        self._clock = clock
        self._lists = lists
        self._shield = shield

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
        if tariff.use == "charging" and not is_simple(new.prices):
            raise invalid("/prices", CHARGING_IS_SIMPLE)
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
            (row.tariff_id, row.version): tariff_of(named[row.tariff_id], row)
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
                **_columns(prices),
            )
        )
        await session.flush()
        rows = (await repository.versions(session, [tariff.id]))[tariff.id]
        for name, items in lists_of(versions_of(tariff, rows)).items():
            if items:
                await self._lists.put(session, name, list(items))
        await self._shield.look(session)


def _columns(prices: Prices) -> dict[str, Any]:
    """Windows, kinds and stations are JSON, the rest is numbers."""
    return prices.model_dump(mode="json")
