"""No query and no write leaves the caller's reach, whatever it looks like; on both databases."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import delete, exists, func, select, update
from sqlalchemy.orm import aliased
from sqlalchemy.sql import Executable

from hub.accounts.tables import Account
from hub.fleet.tables import Vehicle
from hub.intake.tables import Order
from hub.kernel.bulk import rows_where
from hub.kernel.db import Database
from hub.kernel.reach import EVERYWHERE, Reach, reaching
from hub.kernel.statements import Statement, run
from hub.rentals.tables import Rental, Reservation
from hub.stations.tables import Station
from protocols.errors import Refused
from tests.hub.foreign import Place, everything, settle

ME = uuid.UUID(int=7)


@pytest.fixture
async def here(database: Database) -> Place:
    return await settle(database)


@pytest.fixture
async def there(database: Database) -> Place:
    return await settle(database)


def at(place: Place) -> Reach:
    return Reach(stations=frozenset({place.ids["stations"]}), account_id=ME)


async def found(database: Database, reach: Reach, query: Any) -> list[Any]:
    with reaching(reach):
        async with database.reading() as session:
            return list((await session.execute(query)).scalars().all())


other = aliased(Rental)
QUERIES: dict[str, tuple[str, Callable[[], Executable]]] = {
    "class": ("rentals", lambda: select(Rental.id)),
    "ordered and limited": ("rentals", lambda: select(Rental.id).order_by(Rental.created_at).limit(1)),
    "alias": ("rentals", lambda: select(other.id)),
    "subquery": ("rentals", lambda: select(select(Rental.id).subquery().c.id)),
    "union": ("rentals", lambda: select(Rental.id).union(select(other.id))),
    "inner select": (
        "reservations",
        lambda: select(Reservation.id).where(Reservation.station_id.in_(select(Rental.station_id))),
    ),
    "stations": ("stations", lambda: select(Station.id)),
    "vehicles": ("vehicles", lambda: select(Vehicle.id)),
}


@pytest.mark.parametrize("name", QUERIES)
async def test_a_query_finds_only_what_is_in_reach(database: Database, here: Place, there: Place, name: str) -> None:
    table, query = QUERIES[name]
    assert await found(database, at(here), query()) == [here.ids[table]]
    assert await found(database, at(there), query()) == [there.ids[table]]
    assert {*await found(database, Reach(), query())} <= {here.ids[table], there.ids[table]}


async def test_counts_and_questions_are_kept_in_reach_too(database: Database, here: Place, there: Place) -> None:
    assert await found(database, at(here), select(func.count()).select_from(Order)) == [1]
    assert await found(database, at(here), select(func.count(Order.id))) == [1]
    far = exists().where(Order.id == there.ids["orders"])
    assert await found(database, at(here), select(far)) == [False]
    scalar = select(func.max(Order.station_id.cast(Order.type.type))).scalar_subquery()
    assert there.ids["stations"].hex not in str(await found(database, at(here), select(scalar)))


async def test_a_row_is_not_got_by_its_id(database: Database, here: Place, there: Place) -> None:
    with reaching(at(here)):
        async with database.transaction() as session:
            assert await session.get(Rental, there.ids["rentals"]) is None
            assert await session.get(Rental, there.ids["rentals"], with_for_update=True) is None
            assert await session.get(Rental, here.ids["rentals"]) is not None


async def test_what_is_ones_own_is_in_reach_wherever_it_is(database: Database, here: Place, there: Place) -> None:
    reach = Reach(stations=frozenset({here.ids["stations"]}), account_id=there.ids["accounts"])
    assert {*await found(database, reach, select(Rental.id))} == {here.ids["rentals"], there.ids["rentals"]}


async def test_what_lies_at_no_station_is_not_narrowed(database: Database, here: Place, there: Place) -> None:
    assert {*await found(database, at(here), select(Account.id))} == {here.ids["accounts"], there.ids["accounts"]}


@pytest.mark.parametrize("statement", [update(Rental).values(state="x"), delete(Rental)], ids=["update", "delete"])
async def test_statements_that_change_rows_change_none_out_of_reach(
    database: Database, here: Place, there: Place, statement: Any
) -> None:
    before = (await everything(database))["rentals"]
    with reaching(at(here)):
        async with database.transaction() as session:
            await session.execute(statement)
    after = (await everything(database))["rentals"]
    assert before != after
    assert [row for row in before if there.ids["rentals"] in row] == [
        row for row in after if there.ids["rentals"] in row
    ]


def an_order(station_id: uuid.UUID) -> Order:
    return Order(
        id=uuid.uuid4(), created_at=_at(), station_id=station_id, rev=1, type="X", v=1, body={}, not_after=_at(),
        ordered_by=None, outcome=None, detail="", ended_at=None,
    )  # fmt: skip


def _at() -> Any:
    from tests.hub.foreign import AT

    return AT


async def test_a_new_row_out_of_reach_is_refused(database: Database, here: Place, there: Place) -> None:
    before = await everything(database)
    with reaching(at(here)), pytest.raises(Refused, match="not_found"):
        async with database.transaction() as session:
            session.add(an_order(there.ids["stations"]))
    assert await everything(database) == before
    with reaching(at(here)):
        async with database.transaction() as session:
            session.add(an_order(here.ids["stations"]))


async def test_a_row_is_not_moved_out_of_reach(database: Database, here: Place, there: Place) -> None:
    with reaching(at(here)), pytest.raises(Refused, match="not_found"):
        async with database.transaction() as session:
            (await session.get_one(Order, here.ids["orders"])).station_id = there.ids["stations"]


async def test_a_query_past_the_orm_is_refused(database: Database, here: Place) -> None:
    with reaching(at(here)):
        async with database.reading() as session:
            with pytest.raises(RuntimeError, match="past the ORM"):
                await rows_where(session, Rental, "state = 'x'")
            with pytest.raises(RuntimeError, match="past the ORM"):
                await run(session, Statement("SELECT id FROM rentals"))
            await run(session, Statement("SELECT id FROM rentals WHERE station_id = ?1", (ME,), reached=True))
            with pytest.raises(RuntimeError, match="query its class"):
                await session.execute(select(Rental.__table__))


async def test_the_hubs_own_queries_see_everything(database: Database, here: Place, there: Place) -> None:
    everywhere = select(Rental.id).execution_options(**EVERYWHERE)
    assert {*await found(database, at(here), everywhere)} == {here.ids["rentals"], there.ids["rentals"]}
