"""The queries of rentals, reservations, vouchers and cards."""

import datetime as dt
import uuid
from collections.abc import Collection, Iterable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from hub.kernel.bulk import insert_many, rows_where, upsert_many
from hub.kernel.pages import Found, Listed, PageQuery, find_page
from hub.kernel.reach import EVERYWHERE, note_whose
from hub.kernel.statements import Statement, id_in, is_sqlite, run
from hub.rentals.offer_tables import OfferStation
from hub.rentals.tables import AccountBlock, Card, Rental, Reservation, VehicleSighting, VoucherKeyRow, VoucherRow

_VEHICLE_LOCK = 77  # the class of the advisory locks that line up bookings of one vehicle
_FOLD_VEHICLE_LOCK, _FOLD_ACCOUNT_LOCK, _FOLD_VOUCHER_LOCK = 78, 79, 80
_STATION_LOCK = 81
_TURN = "SELECT pg_advisory_xact_lock(?1, ?2)"
_TURNS = "SELECT count(pg_advisory_xact_lock(?1, number)) FROM unnest(?2::integer[]) AS number"
_STANDING = """\
SELECT EXISTS (SELECT 1 FROM account_blocks WHERE account_id = ?1),
    (SELECT knows FROM lease_stations WHERE station_id = ?2),
    (SELECT organisation_id FROM stations WHERE id = ?2)
"""
_STANDING_OF_VEHICLE = f"{_STANDING}, (SELECT organisation_id FROM vehicles WHERE id = ?3)"  # noqa: S608  # no values in it
_IN_TURN = f"{_STANDING_OF_VEHICLE}, pg_advisory_xact_lock(?4, ?5)"
_STATUS_LOCK = 0x766F7563  # "vouc": who numbers a voucher holds this advisory lock


async def places(session: AsyncSession, ids: Iterable[uuid.UUID]) -> list[tuple[uuid.UUID | None, int | None]]:
    """Of rentals that are there: their vehicles, and when they began."""
    found = await rows_where(session, Rental, "id = ANY(?1)", list(ids), columns=("vehicle_id", "began_hlc"))
    return [(row["vehicle_id"], row["began_hlc"]) for row in found]


async def rental_rows(
    session: AsyncSession, ids: Iterable[uuid.UUID], vehicles: Iterable[uuid.UUID], since_hlc: int
) -> dict[uuid.UUID, dict[str, Any]]:
    """These rentals as plain rows by id, and those of these vehicles that were not settled before `since_hlc`."""
    touched = "id = ANY(?1) OR (vehicle_id = ANY(?2) AND settled_hlc >= ?3)"
    found = await rows_where(session, Rental, touched, list(ids), list(vehicles), since_hlc)
    return {row["id"]: row for row in found}


async def rides_of(session: AsyncSession, station_id: uuid.UUID) -> list[Rental]:
    """The rides that began there and are not over, the newest thousand."""
    found = select(Rental).where(Rental.station_id == station_id, Rental.state == "active")
    return list((await session.scalars(found.order_by(Rental.created_at.desc()).limit(1000))).all())


async def account_rows(
    session: AsyncSession, accounts: Iterable[uuid.UUID], since_hlc: int
) -> dict[uuid.UUID, dict[str, Any]]:
    """The rentals of these accounts that ended after `since_hlc`, or have not ended."""
    found = await rows_where(session, Rental, "account_id = ANY(?1) AND ended_hlc >= ?2", list(accounts), since_hlc)
    return {row["id"]: row for row in found}


async def next_status(session: AsyncSession) -> int:
    """The next voucher's number among the bits. Holds the numbers until the transaction ends."""
    if session.get_bind().dialect.name == "postgresql":
        await session.execute(select(func.pg_advisory_xact_lock(_STATUS_LOCK)))
    highest = await session.scalar(select(func.max(VoucherRow.status)), execution_options=EVERYWHERE)
    return 0 if highest is None else highest + 1


async def count_denied(session: AsyncSession, since: dt.datetime) -> int:
    """How many revoked vouchers have not expired since then."""
    found = select(func.count()).select_from(VoucherRow)
    wanted = found.where(VoucherRow.revoked_at.is_not(None), VoucherRow.expires >= since)
    return await session.scalar(wanted, execution_options=EVERYWHERE) or 0


async def denied_numbers(session: AsyncSession, first: int, end: int, since: dt.datetime) -> list[int]:
    """The status numbers in this range whose vouchers are revoked and have not expired since then."""
    found = select(VoucherRow.status).where(
        VoucherRow.status >= first, VoucherRow.status < end, VoucherRow.revoked_at.is_not(None),
        VoucherRow.expires >= since,
    )  # fmt: skip
    numbers = await session.scalars(found, execution_options=EVERYWHERE)
    return [number for number in numbers if number is not None]


async def denied_between(session: AsyncSession, begin: dt.datetime, end: dt.datetime) -> list[VoucherRow]:
    """Revoked vouchers that expired between these."""
    found = select(VoucherRow).where(
        VoucherRow.revoked_at.is_not(None), VoucherRow.expires >= begin, VoucherRow.expires < end
    )
    return list((await session.scalars(found)).all())


async def voucher_uses(session: AsyncSession, vouchers: Iterable[uuid.UUID]) -> dict[uuid.UUID, int]:
    """How often each of these vouchers may be used; one that this hub never issued is left out."""
    found = await rows_where(session, VoucherRow, "id = ANY(?1)", list(vouchers), columns=("id", "max_uses"))
    return {row["id"]: row["max_uses"] for row in found}


async def voucher_rows(session: AsyncSession, vouchers: Iterable[uuid.UUID]) -> dict[uuid.UUID, dict[str, Any]]:
    """The rentals that were begun with these vouchers."""
    found = await rows_where(session, Rental, "voucher_id = ANY(?1)", list(vouchers))
    return {row["id"]: row for row in found}


async def out_since(session: AsyncSession, before: dt.datetime) -> list[dict[str, Any]]:
    """Rides that began before this and have not ended."""
    return await rows_where(session, Rental, "state = 'active' AND undocked_at < ?1", before)


async def put_sightings(session: AsyncSession, rows: Sequence[dict[str, Any]], *, again: bool = False) -> None:
    """Write sightings; one that is there stays as it is, unless they may be told `again` with a better date."""
    await (upsert_many if again else insert_many)(session, VehicleSighting, rows, key=("fact_id",))


async def hlcs_of(session: AsyncSession, fact_ids: Iterable[uuid.UUID]) -> list[int]:
    """Where sightings stood until now."""
    found = await rows_where(session, VehicleSighting, "fact_id = ANY(?1)", list(fact_ids), columns=("hlc",))
    return [row["hlc"] for row in found]


async def sightings(session: AsyncSession, vehicles: Iterable[uuid.UUID], since_hlc: int) -> list[VehicleSighting]:
    """What was seen of these vehicles since then, beside their rentals."""
    rows = await rows_where(session, VehicleSighting, "vehicle_id = ANY(?1) AND hlc >= ?2", list(vehicles), since_hlc)
    return [VehicleSighting(**row) for row in rows]


async def put_rentals(session: AsyncSession, rows: Sequence[dict[str, Any]]) -> None:
    """Write rentals."""
    await upsert_many(session, Rental, rows, key=("id",))


async def rentals(session: AsyncSession, query: PageQuery, flag: str | None = None, **equal: object) -> Found[Rental]:
    """A page of rentals; `equal` are columns and their values, None for any."""
    found = _where(Rental, equal)
    if flag is not None:
        found = found.where(Rental.flags != "", Rental.flags.contains(f" {flag} ", autoescape=True))
    return await find_page(session, found, Rental, query)


async def rental(session: AsyncSession, rental_id: uuid.UUID) -> Rental | None:
    """The rental with this id."""
    return await session.get(Rental, rental_id)


async def reservations(session: AsyncSession, query: PageQuery, **equal: object) -> Found[Reservation]:
    """A page of reservations."""
    return await _page(session, Reservation, query, equal)


async def reservation(session: AsyncSession, reservation_id: uuid.UUID, *, lock: bool = False) -> Reservation | None:
    """The reservation with this id; `lock` holds its row."""
    return await session.get(Reservation, reservation_id, with_for_update=lock or None)


async def currency_of(session: AsyncSession, station_id: uuid.UUID) -> str | None:
    """The station's currency; None for one that nobody presented."""
    return await session.scalar(select(OfferStation.currency).where(OfferStation.station_id == station_id))


async def reservation_by_code(session: AsyncSession, code: str) -> Reservation | None:
    """The reservation with this code."""
    return await session.scalar(select(Reservation).where(Reservation.code == code))


async def reservations_by_id(session: AsyncSession, ids: Iterable[uuid.UUID]) -> list[Reservation]:
    """These reservations, held until the transaction ends."""
    found = select(Reservation).where(Reservation.id.in_(ids)).order_by(Reservation.id).with_for_update()
    return list((await session.scalars(found)).all())


async def dues(session: AsyncSession, ids: Collection[uuid.UUID]) -> dict[uuid.UUID, dt.datetime]:
    """Until when these reservations go now."""
    if not ids:
        return {}
    found = await rows_where(session, Reservation, "id = ANY(?1)", list(ids), columns=("id", "until_at"))
    return {row["id"]: row["until_at"] for row in found}


async def line_up(session: AsyncSession, vehicle_id: uuid.UUID) -> None:
    """Let bookings of one vehicle come one after the other.

    Many at once on an exclusion constraint alone end in deadlocks (72 of 500 measured); behind this lock in none.
    """
    if not is_sqlite(session):
        await run(session, Statement(_TURN, (_VEHICLE_LOCK, _number(vehicle_id)), reached=True))


class Standing(NamedTuple):
    """How somebody stands who wants to book: `knows_leases` is the station's agent's, None where it has not said."""

    blocked: bool
    knows_leases: bool | None


async def line_up_to_book(
    session: AsyncSession, account_id: uuid.UUID, station_id: uuid.UUID, vehicle_id: uuid.UUID | None
) -> Standing:
    """`line_up` where a vehicle is named, and what must be known first, in one trip.

    It is as it was when the wait began; what others did in the line meanwhile only later statements see.
    """
    sql = _STANDING
    values: tuple[object, ...] = (account_id, station_id)
    if vehicle_id is not None:
        sql, values = _STANDING_OF_VEHICLE, (*values, vehicle_id)
        if not is_sqlite(session):
            sql, values = _IN_TURN, (*values, _VEHICLE_LOCK, _number(vehicle_id))
    [found] = await run(session, Statement(sql, values, reached=True))
    blocked, knows, *owners = found.rows[0]
    for table, row_id, owner in zip(("stations", "vehicles"), (station_id, vehicle_id), owners, strict=False):
        if row_id is not None and owner is not None:
            note_whose(session, table, row_id, id_in(owner))
    return Standing(bool(blocked), None if knows is None else bool(knows))


def _number(of: uuid.UUID) -> int:
    return int.from_bytes(of.bytes[-4:], "big", signed=True)


async def line_up_station(session: AsyncSession, station_id: uuid.UUID) -> None:
    """Let bookings at one station come one after the other; always after the vehicle's own turn."""
    await _line_up(session, _STATION_LOCK, [station_id])


async def line_up_vehicles(session: AsyncSession, vehicles: Iterable[uuid.UUID]) -> None:
    """Let folds of the same vehicles come one after the other.

    Without it a start told by one station and a return told by another at the same time would not see each other.
    """
    await _line_up(session, _FOLD_VEHICLE_LOCK, vehicles)


async def line_up_accounts(session: AsyncSession, accounts: Iterable[uuid.UUID]) -> None:
    """Let folds that concern the same accounts come one after the other."""
    await _line_up(session, _FOLD_ACCOUNT_LOCK, accounts)


async def line_up_vouchers(session: AsyncSession, vouchers: Iterable[uuid.UUID]) -> None:
    """Let folds that concern the same vouchers come one after the other."""
    await _line_up(session, _FOLD_VOUCHER_LOCK, vouchers)


async def _line_up(session: AsyncSession, kind: int, ids: Iterable[uuid.UUID]) -> None:
    """Wait for all of these at once, always in the same order."""
    numbers = sorted({_number(one) for one in ids})
    if numbers and not is_sqlite(session):
        await run(session, Statement(_TURNS, (kind, numbers), reached=True))


async def vouchers(session: AsyncSession, query: PageQuery, **equal: object) -> Found[VoucherRow]:
    """A page of vouchers."""
    return await _page(session, VoucherRow, query, equal)


async def voucher(session: AsyncSession, voucher_id: uuid.UUID) -> VoucherRow | None:
    """The voucher with this id; its row is held."""
    return await session.get(VoucherRow, voucher_id, with_for_update=True)


async def voucher_key(session: AsyncSession, kid: str) -> VoucherKeyRow | None:
    """The public key with this id."""
    return await session.get(VoucherKeyRow, kid)


async def blocks_of(session: AsyncSession, account_id: uuid.UUID) -> list[AccountBlock]:
    """All that blocks the account."""
    found = select(AccountBlock).where(AccountBlock.account_id == account_id).order_by(AccountBlock.created_at)
    return list((await session.scalars(found)).all())


async def blocks(session: AsyncSession, query: PageQuery, **equal: object) -> Found[AccountBlock]:
    """A page of blocks."""
    return await _page(session, AccountBlock, query, equal)


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
    kind: type[Listed] = table
    return await find_page(session, _where(table, equal), kind, query)


def _where(table: Any, equal: dict[str, object]) -> Select[Any]:
    found: Select[Any] = select(table)
    for name, value in equal.items():
        if value is not None:
            found = found.where(getattr(table, name) == value)
    return found
