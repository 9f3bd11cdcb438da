"""Whose every table's rows are: no organisation finds another's, whatever it asks; on both databases."""

import uuid
from typing import Any

import pytest
from sqlalchemy import Table, insert, select, update
from sqlalchemy.orm import Mapper

from hub.cases.tables import CaseRow
from hub.fleet.tables import Custody, VehicleType
from hub.kernel.belonging import HOUSE, HOUSES, HUB, in_organisation
from hub.kernel.columns import Base
from hub.kernel.db import Database
from hub.kernel.reach import EVERYWHERE, Reach, organisation_of, reaching, within
from hub.payments.tables import TariffRow
from hub.stations.tables import Station
from protocols.errors import Refused
from tests.hub.foreign import AT, HUB_WIDE, Place, settle

OTHER = uuid.UUID(int=9)


def classes() -> list[type[Base]]:
    mapped: list[Mapper[Any]] = list(Base.registry.mappers)
    bound = [one.class_ for one in mapped if isinstance(one.local_table, Table) and one.local_table.name not in HUB]
    return sorted(bound, key=lambda one: one.__tablename__)


@pytest.fixture
async def ours(database: Database) -> Place:
    return await settle(database)


@pytest.fixture
async def theirs(database: Database) -> Place:
    return await settle(database, OTHER)


async def ids_found(database: Database, class_: type[Base], organisation_id: uuid.UUID) -> set[uuid.UUID]:
    with reaching(Reach(organisation_id=organisation_id)):
        async with database.reading() as session:
            rows = (await session.scalars(select(class_))).all()
    return {
        value
        for row in rows
        for name in class_.__mapper__.columns.keys()  # noqa: SIM118
        if isinstance(value := getattr(row, name), uuid.UUID)
    }


async def test_of_every_table_an_organisation_finds_its_own_rows_and_no_others(
    database: Database, ours: Place, theirs: Place
) -> None:
    empty = set()
    for class_ in classes():
        for organisation_id, other in ((HOUSE, theirs), (OTHER, ours)):
            found = await ids_found(database, class_, organisation_id)
            if class_.__tablename__ not in HOUSES or organisation_id == OTHER:
                assert not found & set(other.ids.values()), (class_.__tablename__, organisation_id)
            if not found:
                empty.add((class_.__tablename__, organisation_id))
    assert {one for one in empty if one[1] == HOUSE} <= {(name, HOUSE) for name in HOUSES | HUB_WIDE}
    assert {name for name, organisation_id in empty if organisation_id == OTHER} <= HOUSES


def test_whose_the_rows_are_is_said_of_every_table() -> None:
    for table in Base.metadata.tables.values():
        for organisation_id in (HOUSE, OTHER):
            in_organisation(table, table.columns.__getitem__, organisation_id)  # raises where nobody said


async def test_what_refers_to_nothing_is_the_houses(database: Database, theirs: Place) -> None:
    async with database.transaction() as session:
        await session.execute(update(CaseRow).values(station_id=None, account_id=None))
    assert theirs.ids["cases"] in await ids_found(database, CaseRow, HOUSE)
    assert await ids_found(database, CaseRow, OTHER) == set()


async def test_a_station_decides_before_an_account(database: Database, ours: Place, theirs: Place) -> None:
    async with database.transaction() as session:
        await session.execute(update(CaseRow).values(account_id=ours.ids["accounts"]))
    assert ours.ids["cases"] in await ids_found(database, CaseRow, HOUSE)
    assert theirs.ids["cases"] not in await ids_found(database, CaseRow, HOUSE)
    assert theirs.ids["cases"] in await ids_found(database, CaseRow, OTHER)


async def test_a_vehicle_at_anothers_station_is_seen_by_both(database: Database, ours: Place, theirs: Place) -> None:
    async with database.transaction() as session:
        astray = update(Custody).where(Custody.vehicle_id == ours.ids["vehicles"])
        await session.execute(astray.values(station_id=theirs.ids["stations"]))
    assert ours.ids["vehicles"] in await ids_found(database, Custody, HOUSE)
    assert ours.ids["vehicles"] in await ids_found(database, Custody, OTHER)


async def test_a_new_row_is_its_makers(database: Database, theirs: Place) -> None:
    row = TariffRow(id=uuid.uuid4(), created_at=AT, name="City", use="rental", currency="EUR", version=1)
    with reaching(Reach(organisation_id=OTHER)):
        async with database.transaction() as session:
            assert organisation_of(session) == OTHER
            session.add(row)
    assert row.organisation_id == OTHER
    assert row.id not in await ids_found(database, TariffRow, HOUSE)


@pytest.mark.parametrize("name", ["station_id", "vehicle_id", "account_id", "organisation_id"])
async def test_a_row_does_not_refer_to_anothers_things(
    database: Database, ours: Place, theirs: Place, name: str
) -> None:
    classes_: dict[str, type[Base]] = {"organisation_id": VehicleType, "vehicle_id": Custody}
    class_ = classes_.get(name, CaseRow)

    async def refer() -> None:
        async with database.transaction() as session:
            row = (await session.scalars(select(class_))).one()
            setattr(row, name, ours.id_of(name))

    with reaching(Reach(organisation_id=OTHER)), pytest.raises(Refused, match="not_found"):
        await refer()


async def test_for_what_is_the_hubs_own_a_session_reaches_everywhere_for_a_while(
    database: Database, ours: Place, theirs: Place
) -> None:
    with reaching(Reach(organisation_id=OTHER)):
        async with database.transaction() as session:
            async with within(session, None):
                assert len((await session.scalars(select(Station.id))).all()) == 2
            assert (await session.scalars(select(Station.id))).all() == [theirs.ids["stations"]]
            async with within(session, Reach(organisation_id=HOUSE)):
                assert (await session.scalars(select(Station.id))).all() == [ours.ids["stations"]]
            assert len((await session.scalars(select(Station.id), execution_options=EVERYWHERE)).all()) == 2


async def test_a_row_of_a_hub_that_knows_no_organisations_is_the_houses(database: Database, ours: Place) -> None:
    values = {"id": uuid.uuid4(), "created_at": AT, "name": "City", "use": "rental", "currency": "EUR", "version": 1}
    async with database.transaction() as session:
        await session.execute(insert(Base.metadata.tables["tariffs"]).values(values))
    assert values["id"] in await ids_found(database, TariffRow, HOUSE)
