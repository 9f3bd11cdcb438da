"""Tells a station that starts from nothing (a new card, a damaged store) its rides that are not over."""

import uuid
from collections.abc import Iterable, Sequence
from typing import Final, Protocol

from sqlalchemy.ext.asyncio import AsyncSession

from hub import events
from hub.rentals import repository, rules
from hub.rentals.tables import Rental
from protocols.sync.changes import Item, OpenRentalItem, TariffItem, WindowItem
from protocols.tariff.tariff import Tariff
from protocols.values import to_ms

LIST: Final = "open_rentals"


class Tariffs(Protocol):
    """The tariff versions that the payments' room knows. Filled by the wiring."""

    async def by_version(
        self, session: AsyncSession, wanted: Iterable[tuple[uuid.UUID, int]]
    ) -> dict[tuple[uuid.UUID, int], Tariff]:
        """These versions; what is not known is left out."""


class Lists(Protocol):
    """The lists that stations hold. Filled by the wiring."""

    async def replace(self, session: AsyncSession, name: str, items: Sequence[Item], *, station_id: uuid.UUID) -> None:
        """These are the station's own items from now on, and no others."""


class Refill:
    """Fills a station's list of open rentals when it asks for everything."""

    def __init__(self, tariffs: Tariffs, lists: Lists) -> None:
        self._tariffs = tariffs
        self._lists = lists

    async def when_empty(self, session: AsyncSession, event: events.StationEmpty) -> None:
        """Name its rides. One whose tariff is not known here is left out: the hub ends it, by its own sum."""
        open_ = await repository.rides_of(session, event.station_id)
        wanted = [(one.tariff_id, one.tariff_version) for one in open_]
        tariffs = await self._tariffs.by_version(
            session, [(a, b) for a, b in wanted if a is not None and b is not None]
        )
        items = [item for one in open_ if (item := _item(one, tariffs)) is not None]
        await self._lists.replace(session, LIST, items, station_id=event.station_id)


def _item(row: Rental, tariffs: dict[tuple[uuid.UUID, int], Tariff]) -> OpenRentalItem | None:
    if row.tariff_id is None or row.tariff_version is None or row.vehicle_id is None or row.dock_no is None:
        return None
    tariff = tariffs.get((row.tariff_id, row.tariff_version))
    if tariff is None or row.started_at is None or row.undocked_at is None:
        return None
    began = rules.began_by(row.told)
    return OpenRentalItem(
        key=str(row.id),
        vehicle_id=row.vehicle_id,
        dock_no=row.dock_no,
        started_ms=to_ms(row.started_at),
        undocked_ms=to_ms(row.undocked_at),
        tariff=_tariff_item(tariff),
        by=row.renter_by or "",
        account_id=row.account_id,
        voucher_id=row.voucher_id,
        reservation_id=row.reservation_id,
        card_uid=row.card_uid,
        odometer_m=None if began is None else began.odometer_m,
        due_ms=None if began is None else began.due_ms,
    )


def _tariff_item(tariff: Tariff) -> TariffItem:
    return TariffItem(
        key=f"{tariff.tariff_id}/{tariff.version}",
        tariff_id=tariff.tariff_id,
        version=tariff.version,
        name=tariff.name,
        use=tariff.use,
        currency=tariff.currency,
        valid_from_ms=0,
        unlock_minor=tariff.unlock_minor,
        per_minute_minor=tariff.per_minute_minor,
        free_minutes=tariff.free_minutes,
        day_cap_minor=tariff.day_cap_minor,
        per_kwh_minor=tariff.per_kwh_minor,
        deposit_minor=tariff.deposit_minor,
        tax_pct=tariff.tax_pct,
        per_km_minor=tariff.per_km_minor,
        ride_kwh_minor=tariff.ride_kwh_minor,
        late_grace_minutes=tariff.late_grace_minutes,
        late_hour_minor=tariff.late_hour_minor,
        windows=tuple(
            WindowItem(
                per_minute_minor=one.per_minute_minor,
                from_minute=one.from_minute,
                to_minute=one.to_minute,
                weekdays=one.weekdays,
            )
            for one in tariff.windows
        ),
        tax_pcts=dict(tariff.tax_pcts),
        kinds=tariff.kinds,
        station_ids=tariff.station_ids,
    )
