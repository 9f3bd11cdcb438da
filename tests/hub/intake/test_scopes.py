"""What one organisation has is told to its own stations, as a step and as a whole list; on both databases."""

import contextlib
import uuid
from collections.abc import AsyncIterator

from sqlalchemy.ext.asyncio import AsyncSession

from hub.accounts.roles import Role
from hub.accounts.service import new_account
from hub.fleet.schemas import NewVehicle
from hub.intake.tables import ListItem, StationFeed
from hub.kernel.belonging import HOUSE
from hub.kernel.reach import Reach, reaching
from hub.payments.schemas import NewTariff, Prices
from hub.stations.checklist_schemas import NewChecklist
from protocols.sync.changes import CardItem, DenialItem
from tests.hub.stations_double import StationDouble, World

OTHER = uuid.UUID(int=9)


@contextlib.asynccontextmanager
async def working_for(world: World, organisation_id: uuid.UUID) -> AsyncIterator[AsyncSession]:
    with reaching(Reach(organisation_id=organisation_id)):
        async with world.kernel.database.transaction() as session:
            yield session


async def a_station(world: World, number: str, organisation_id: uuid.UUID) -> StationDouble:
    with reaching(Reach(organisation_id=organisation_id)):
        return await world.station(number)


async def keys(world: World, double: StationDouble, name: str) -> set[str]:
    """What the station holds of a list, brought up to date step by step."""
    while True:
        reply = await world.sync(double)
        double.take(reply)
        if not reply.more:
            return set(double.lists.get(name, (0, {}))[1])


async def register(world: World, organisation_id: uuid.UUID, label: str) -> str:
    new = NewVehicle(
        label=label, kind="scooter", model="S", dock_kind="latch", full_range_km=50, tariff_id=None
    )  # fmt: skip
    async with working_for(world, organisation_id) as session:
        return str((await world.rooms.fleet.add(session, new)).id)


async def an_account(world: World, organisation_id: uuid.UUID, email: str) -> uuid.UUID:
    account = new_account(
        world.kernel.clock, email=email, display_name="Ada", roles=[Role.RENTER], locale="en", password_hash="",
        organisation_id=organisation_id,
    )  # fmt: skip
    async with world.kernel.database.transaction() as session:
        session.add(account)
    return account.id


async def test_a_vehicle_is_told_to_its_organisations_stations_only(world: World) -> None:
    ours, theirs = await a_station(world, "014", HOUSE), await a_station(world, "015", OTHER)
    mine, other = await register(world, HOUSE, "V-1"), await register(world, OTHER, "V-1")  # a label is one's own
    assert await keys(world, ours, "vehicles") == {mine}
    assert await keys(world, theirs, "vehicles") == {other}


async def test_a_station_that_comes_later_is_told_its_organisations_things_and_what_is_for_all(world: World) -> None:
    mine, other = await register(world, HOUSE, "V-1"), await register(world, OTHER, "V-2")
    async with world.kernel.database.transaction() as session:
        await world.rooms.downlink.put(session, "voucher_denials", [DenialItem(key="x")])
    ours, theirs = await a_station(world, "014", HOUSE), await a_station(world, "015", OTHER)
    assert (await keys(world, ours, "vehicles"), await keys(world, theirs, "vehicles")) == ({mine}, {other})
    assert await keys(world, ours, "voucher_denials") == await keys(world, theirs, "voucher_denials") == {"x"}


async def test_a_list_that_does_not_match_is_sent_whole_and_has_nothing_of_others(world: World) -> None:
    theirs = await a_station(world, "015", OTHER)
    await register(world, HOUSE, "V-1")
    other = await register(world, OTHER, "V-2")
    await keys(world, theirs, "vehicles")
    theirs.lists["vehicles"] = (99, {})
    assert await keys(world, theirs, "vehicles") == {other}


async def test_cards_blocks_tariffs_and_checklists_stay_in_the_organisation(world: World) -> None:
    ours, theirs = await a_station(world, "014", HOUSE), await a_station(world, "015", OTHER)
    accounts = {one: await an_account(world, one, f"{one.hex[:4]}@b.cd") for one in (HOUSE, OTHER)}
    for organisation_id, account_id in accounts.items():
        uid = "A1" if organisation_id == HOUSE else "B1"
        async with working_for(world, organisation_id) as session:
            card = CardItem(key=uid, account_id=account_id, may=["rent"])
            await world.rooms.downlink.put(session, "cards", [card])
            await world.rooms.blocks.block(session, account_id, by=None, why="lost", case_id=None)
            await world.rooms.payments.add(session, a_tariff())
            await world.rooms.checklists.make(session, a_checklist(uid))
    for double, uid, organisation_id in ((ours, "A1", HOUSE), (theirs, "B1", OTHER)):
        assert await keys(world, double, "cards") == {uid}
        assert await keys(world, double, "blocked_accounts") == {str(accounts[organisation_id])}
        assert len(await keys(world, double, "tariffs")) == 1
        assert await keys(world, double, "checklists") == {"daily"}
        assert uid in double.lists["checklists"][1]["daily"].decode()


async def test_what_is_withdrawn_is_withdrawn_from_its_organisations_stations_only(world: World) -> None:
    ours, theirs = await a_station(world, "014", HOUSE), await a_station(world, "015", OTHER)
    for organisation_id in (HOUSE, OTHER):
        async with working_for(world, organisation_id) as session:
            await world.rooms.checklists.make(session, a_checklist("x"))
    async with working_for(world, OTHER) as session:
        await world.rooms.checklists.end(session, "daily")
    assert await keys(world, ours, "checklists") == {"daily"}
    assert await keys(world, theirs, "checklists") == set()


async def test_the_houses_items_stay_where_hubs_of_before_find_them(world: World) -> None:
    mine = await register(world, HOUSE, "V-1")
    await register(world, OTHER, "V-2")
    rows = await world.rows(ListItem, "scope", "key")
    assert [key for scope, key in rows if scope == uuid.UUID(int=0)] == [mine]


async def test_whoever_works_at_one_station_of_several_tells_all_whom_it_concerns(world: World) -> None:
    first, second = await a_station(world, "015", OTHER), await a_station(world, "016", OTHER)
    reach = Reach(organisation_id=OTHER, stations=frozenset({first.station_id}))
    with reaching(reach):
        async with world.kernel.database.transaction() as session:
            await world.rooms.checklists.make(session, a_checklist("x"))
    assert await keys(world, second, "checklists") == {"daily"}


async def test_a_station_of_an_organisation_opens_its_feed_like_any_other(world: World) -> None:
    await a_station(world, "015", OTHER)
    assert await world.rows(StationFeed, "rev") == [(1,)]


def a_tariff() -> NewTariff:
    return NewTariff(name="City", use="rental", currency="EUR", prices=Prices(unlock_minor=100))


def a_checklist(title: str) -> NewChecklist:
    question = {"key": "ok", "text": {"en": "All well?"}, "kind": "yes_no"}
    given = {"key": "daily", "title": {"en": title}, "about": "station", "questions": [question]}
    return NewChecklist.model_validate(given)
