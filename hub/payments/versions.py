"""Pure: a tariff version in three words: the row, what the stations are told, what prices are computed by."""

import datetime as dt
import uuid
from collections.abc import Iterable, Sequence

from hub.payments.tables import TariffRow, TariffVersion
from protocols.sync.changes import TariffItem, WindowItem
from protocols.tariff.choice import Version
from protocols.tariff.tariff import Tariff
from protocols.tariff.windows import Window
from protocols.values import to_ms


def ends(rows: Sequence[TariffVersion]) -> dict[int, dt.datetime | None]:
    """When each version ends: where the next begins."""
    ordered = sorted(rows, key=lambda row: row.version)
    later = [*(row.valid_from for row in ordered[1:]), None]
    return {row.version: end for row, end in zip(ordered, later, strict=True)}


def versions_of(tariff: TariffRow, rows: Sequence[TariffVersion]) -> list[Version]:
    """A tariff's versions and when they hold."""
    until = ends(rows)
    return [
        Version(tariff=tariff_of(tariff, row), valid_from_ms=to_ms(row.valid_from), valid_to_ms=_ms(until[row.version]))
        for row in rows
    ]


def tariff_of(tariff: TariffRow, row: TariffVersion) -> Tariff:
    """What prices are computed by."""
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
        per_km_minor=row.per_km_minor,
        ride_kwh_minor=row.ride_kwh_minor,
        late_grace_minutes=row.late_grace_minutes,
        late_hour_minor=row.late_hour_minor,
        windows=tuple(Window(**{**one, "weekdays": tuple(one["weekdays"])}) for one in row.windows),
        tax_pcts=row.tax_pcts,
        kinds=tuple(row.kinds),
        station_ids=tuple(uuid.UUID(one) for one in row.station_ids),
    )


def item_of(version: Version) -> TariffItem:
    """What the stations are told. A simple version's item is what it was in 0.1.0, byte for byte."""
    tariff = version.tariff
    return TariffItem(
        key=f"{tariff.tariff_id}/{tariff.version}",
        tariff_id=tariff.tariff_id,
        version=tariff.version,
        name=tariff.name,
        use=tariff.use,
        currency=tariff.currency,
        valid_from_ms=version.valid_from_ms,
        valid_to_ms=version.valid_to_ms,
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
        windows=tuple(map(_window, tariff.windows)),
        tax_pcts=dict(tariff.tax_pcts),
        kinds=tariff.kinds,
        station_ids=tariff.station_ids,
    )


def lists_of(versions: Iterable[Version]) -> dict[str, list[TariffItem]]:
    """The lists that carry them: what every agent can price, and what only those can that say so."""
    lists: dict[str, list[TariffItem]] = {"tariffs": [], "rich_tariffs": []}
    for one in versions:
        lists["tariffs" if one.tariff.is_simple else "rich_tariffs"].append(item_of(one))
    return lists


def _window(one: Window) -> WindowItem:
    return WindowItem(
        per_minute_minor=one.per_minute_minor, from_minute=one.from_minute, to_minute=one.to_minute,
        weekdays=one.weekdays,
    )  # fmt: skip


def _ms(at: dt.datetime | None) -> int | None:
    return None if at is None else to_ms(at)
