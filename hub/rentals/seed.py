"""The demo's cards and its reservation. The simulator and the demo's script play with them."""

import datetime as dt
import uuid
from collections.abc import Awaitable, Callable
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from hub.kernel.clock import Clock
from hub.rentals import repository
from hub.rentals.booking import Booking
from hub.rentals.schemas import NewCard, NewReservation
from hub.rentals.vouchers import Cards

STATION: Final = uuid.UUID("01900000-0000-7000-8000-000000000014")
_VEHICLE: Final = uuid.UUID("01900000-0000-7000-8000-000000000102")
_CODE: Final = "VD-7K2M"
_PIN: Final = "4711"
_CARDS: Final = (
    ("04A1B2C3D4E5F6", "renter@voltdock.example", ["rent", "charge"]),
    ("04D10C0FFEE001", "operator@voltdock.example", ["charge"]),
)
AccountOf = Callable[[AsyncSession, str], Awaitable[uuid.UUID | None]]


async def seed(session: AsyncSession, clock: Clock, booking: Booking, cards: Cards, account_of: AccountOf) -> None:
    """Add what is missing; the reservation only once, for 30 days from then."""
    for uid, email, may in _CARDS:
        account_id = await account_of(session, email)
        if account_id is not None and await repository.card_by_uid(session, uid) is None:
            await cards.add(session, NewCard.model_validate({"uid": uid, "account_id": account_id, "may": may}))
    renter = await account_of(session, "renter@voltdock.example")
    if renter is None or await repository.reservation_by_code(session, _CODE) is not None:
        return
    now = clock.now()
    until_at = now + dt.timedelta(days=30)
    # The station may come up long after the hub: the wish waits for it.
    wish = NewReservation(
        station_id=STATION, vehicle_id=_VEHICLE, from_at=now, until_at=until_at, answer_by=until_at, pin=_PIN
    )
    await booking.book(session, wish, renter, code=_CODE)
