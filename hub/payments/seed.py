"""The demo's tariffs. The demo's script expects these prices."""

import datetime as dt
import uuid
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from hub.payments import repository
from hub.payments.schemas import NewTariff, Prices
from hub.payments.service import Payments
from protocols.values import UTC

_SINCE: Final = dt.datetime(2026, 1, 1, tzinfo=UTC)
_ID: Final = "01900000-0000-7000-8000-000000000{}"


def _tariff(name: str, use: str, **prices: float) -> NewTariff:
    given = {"name": name, "use": use, "currency": "EUR", "valid_from": _SINCE, "prices": Prices.model_validate(prices)}
    return NewTariff.model_validate(given)


TARIFFS: Final = {
    uuid.UUID(_ID.format(201)): _tariff(
        "City ride", "rental", unlock_minor=100, per_minute_minor=19, free_minutes=2, day_cap_minor=2400,
        deposit_minor=2500, tax_pct=10,
    ),
    uuid.UUID(_ID.format(202)): _tariff(
        "Car", "rental", unlock_minor=250, per_minute_minor=39, day_cap_minor=6900, deposit_minor=15000, tax_pct=10
    ),
    uuid.UUID(_ID.format(203)): _tariff("Charging", "charging", per_kwh_minor=45, tax_pct=10),
}  # fmt: skip


async def seed(session: AsyncSession, payments: Payments) -> None:
    """Add the tariffs that are missing."""
    for tariff_id, new in TARIFFS.items():
        if await repository.tariff(session, tariff_id) is None:
            await payments.add(session, new, tariff_id)
