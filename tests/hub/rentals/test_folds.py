"""Whatever order the facts of three stations come in, however cut into batches: the same rentals, the same cases."""

import asyncio
import functools
import hashlib
import itertools
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from hub import events
from hub.cases.tables import CaseRow
from hub.payments import seed as payments_seed
from hub.rentals import suspicion
from hub.rentals.tables import Rental, VoucherRow
from protocols.sync import facts
from tests.hub.conftest import START
from tests.hub.rentals.test_rentals import CITY
from tests.hub.stations_double import AT_MS, World

_salts = itertools.count(0x5A170001)  # not to be found in an id by chance
_NOT_FOLDED = {"created_at", "close_order_id"}  # when it was heard of, and whether word of it had to be sent
_OF_A_CASE = ("kind", "rental_id", "account_id", "station_ids", "seen", "seen_at", "standing")
_GROUPS = (events.RentalsReported, events.CustodyReported)


@dataclass(frozen=True, slots=True)
class Told:
    """One fact of one of three stations, its ids still small numbers."""

    station: int
    hlc: int
    kind: str
    rental: int
    vehicle: int
    account: int
    minute: int


_told = st.builds(
    Told,
    station=st.integers(0, 2),
    hlc=st.integers(0, 12),  # few values: ties between stations are the hard case
    kind=st.sampled_from(
        ["started", "started", "activated", "activated", "ended", "parked", "voided", "docked", "docked", "left"]
    ),
    rental=st.integers(1, 3),
    vehicle=st.integers(1, 2),
    account=st.integers(1, 2),
    minute=st.integers(0, 3000),
)


def made(salt: int, kind: int, number: int) -> uuid.UUID:
    """An id that sorts by its number, whatever the salt."""
    return uuid.UUID(int=salt << 96 | kind << 32 | number)


def body_of(one: Told, salt: int) -> facts.Body:
    rental_id, vehicle_id = made(salt, 1, one.rental), made(salt, 2, one.vehicle)
    at_ms = AT_MS + one.minute * 60_000
    match one.kind:
        case "started":
            # Of one account's rides those that began in an even minute were begun with his voucher.
            voucher_id = None if one.minute % 2 else made(salt, 5, one.account)
            renter = facts.Renter(by="card", account_id=made(salt, 3, one.account), voucher_id=voucher_id)
            return facts.RentalStarted(
                rental_id=rental_id, vehicle_id=vehicle_id, dock_no=1, started_ms=at_ms, renter=renter,
                tariff_id=CITY, tariff_version=1, offline=True,
            )  # fmt: skip
        case "activated":
            return facts.RentalActivated(rental_id=rental_id, undocked_ms=at_ms)
        case "voided":
            return facts.RentalVoided(rental_id=rental_id, reason="not_taken", voided_ms=at_ms)
        case "docked":
            return facts.VehicleDocked(vehicle_id=vehicle_id, dock_no=2, docked_ms=at_ms)
        case "left":
            return facts.VehicleUndocked(vehicle_id=vehicle_id, dock_no=2, undocked_ms=at_ms)
    bill = facts.Bill(
        tariff_id=CITY, tariff_version=1, currency="EUR", total_minor=one.minute, tax_minor=0, lines=[]
    )  # fmt: skip
    parked = one.kind == "parked"
    return facts.RentalEnded(
        rental_id=rental_id, vehicle_id=vehicle_id, dock_no=0 if parked else 3, ended_ms=at_ms,
        duration_s=60.0 * one.minute, duration_by="wall", bill=bill, parked=parked,
    )  # fmt: skip


def batches(told: Sequence[tuple[int, Told]], cuts: Sequence[bool]) -> Iterator[list[tuple[int, Told]]]:
    """Cut where asked, and wherever another station speaks."""
    batch: list[tuple[int, Told]] = []
    for one, cut in zip(told, cuts, strict=True):
        if batch and (cut or batch[-1][1].station != one[1].station):
            yield batch
            batch = []
        batch.append(one)
    if batch:
        yield batch


async def fold_hash(world: World, stations: Sequence[uuid.UUID], told: Sequence[list[tuple[int, Told]]]) -> str:
    """Apply the batches to an empty corner of the hub, and hash the rentals that come of it."""
    salt = next(_salts)
    async with world.kernel.database.transaction() as session:
        session.add_all(_vouchers(salt))
        await session.flush()
        for batch in told:
            reported = [
                events.Reported(
                    station_id=stations[one.station], fact_id=made(salt, 4, number), hlc=one.hlc,
                    received_at=world.kernel.clock.now(), body=body_of(one, salt),
                )
                for number, one in batch
            ]  # fmt: skip
            loose = [one for one in reported if isinstance(one.body, facts.VehicleDocked | facts.VehicleUndocked)]
            bound = [one for one in reported if one not in loose]
            for group, of_group in zip(_GROUPS, (bound, loose), strict=True):
                if of_group:
                    await world.kernel.bus.publish(session, group(facts=of_group))
        low, high = made(salt, 0, 0), made(salt + 1, 0, 0)
        columns = [column for column in Rental.__table__.columns if column.name not in _NOT_FOLDED]
        found = select(*columns).where(Rental.id > low, Rental.id < high).order_by(Rental.id)
        rows = [tuple(_unsalted(value, salt) for value in row) for row in await session.execute(found)]
        standing = select(*(getattr(CaseRow, name) for name in _OF_A_CASE)).where(
            CaseRow.rental_id > low, CaseRow.rental_id < high, CaseRow.state == "open"
        )
        found = select(CaseRow.kind, CaseRow.rental_id).where(
            CaseRow.rental_id > low, CaseRow.rental_id < high, CaseRow.state == "open"
        )
        assert {tuple(row) for row in await session.execute(found)} == await _suspicious(session, low, high)
        cases = [tuple(_unsalted(value, salt) for value in row) for row in await session.execute(standing)]
        rows += sorted(cases, key=repr)
    return hashlib.sha256(repr(rows).encode()).hexdigest()


async def _suspicious(session: AsyncSession, low: uuid.UUID, high: uuid.UUID) -> set[tuple[str, uuid.UUID]]:
    """The cases that the rentals' flags ask for."""
    found = select(Rental.id, Rental.flags, Rental.price_checked, Rental.parking).where(
        Rental.id > low, Rental.id < high
    )
    rows = (await session.execute(found)).all()
    flagged = {(kind, row.id) for row in rows for kind in row.flags.split() if kind in suspicion.KINDS}
    flagged |= {(suspicion.WRONG_BILL, row.id) for row in rows if row.price_checked is False}
    return flagged | {(suspicion.OVERFLOW, row.id) for row in rows if row.parking in {"waiting", "not_there"}}


def _vouchers(salt: int) -> Iterator[VoucherRow]:
    for account in (1, 2):
        yield VoucherRow(
            id=made(salt, 5, account), created_at=START, account_id=made(salt, 3, account), may=["rent"], stations=[],
            not_before=START, expires=START, max_uses=1, vehicle_id=None, kid="", revoked_at=None,
        )  # fmt: skip


def _unsalted(value: Any, salt: int) -> Any:
    text = f"{salt:08x}"
    if isinstance(value, uuid.UUID):
        return str(value).replace(text, "salt")
    return value.replace(text.encode(), b"salt") if isinstance(value, bytes) else value


async def test_any_order_and_any_batches_of_three_stations_give_the_same_rentals_and_cases(world: World) -> None:
    stations = [(await world.station(str(number))).station_id for number in range(3)]
    async with world.kernel.database.transaction() as session:
        await payments_seed.seed(session, world.rooms.payments)
    on_postgres = world.kernel.database.engine.dialect.name == "postgresql"

    @settings(max_examples=15 if on_postgres else 80, deadline=None, suppress_health_check=list(HealthCheck))
    @given(
        told=st.lists(_told, min_size=3, max_size=14).flatmap(
            lambda each: st.tuples(st.just(list(enumerate(each))), st.permutations(list(enumerate(each))))
        ),
        cuts=st.lists(st.booleans(), min_size=14, max_size=14),
    )
    async def same(told: tuple[list[tuple[int, Told]], list[tuple[int, Told]]], cuts: list[bool]) -> None:
        plain, mixed = told
        one_by_one = [[one] for one in sorted(plain, key=lambda one: one[1].hlc)]
        as_told = await fold_hash(world, stations, one_by_one)
        assert await fold_hash(world, stations, list(batches(mixed, cuts[: len(mixed)]))) == as_told

    await run(same)


async def run(same: Any) -> None:
    """Hypothesis calls plain functions: each example is awaited on this test's own loop, from a thread of its own."""
    loop = asyncio.get_running_loop()
    inner = same.hypothesis.inner_test

    @functools.wraps(inner)
    def waited(*args: Any, **given_: Any) -> None:
        asyncio.run_coroutine_threadsafe(inner(*args, **given_), loop).result(60)

    same.hypothesis.inner_test = waited
    await asyncio.to_thread(same)
