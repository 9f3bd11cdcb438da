"""What goes down: gap-free revisions, lists that add up, orders once, nudges after the commit."""

import asyncio
import itertools
import uuid
from collections.abc import Callable

import pytest
from sqlalchemy import delete, update

from hub import events
from hub.intake.feed import KEPT_REVS, prune
from hub.intake.tables import ListItem, Order, StationChange, StationFeed
from protocols.sync.changes import CardItem, DenialItem, UnlockDock
from protocols.sync.facts import OrderEnded
from tests.hub.conftest import FixedAuth, ManualClock
from tests.hub.stations_double import StationDouble, World


def card(uid: str, *, blocked: bool = False) -> CardItem:
    return CardItem(key=uid, account_id=uuid.UUID(int=1), may=["rent"], blocked=blocked)


async def put(world: World, *uids: str, station_id: uuid.UUID | None = None, blocked: bool = False) -> None:
    async with world.kernel.database.transaction() as session:
        cards = [card(uid, blocked=blocked) for uid in uids]
        await world.rooms.downlink.put(session, "cards", cards, station_id=station_id)


async def up_to_date(world: World, double: StationDouble) -> None:
    while True:
        reply = await world.sync(double)
        double.take(reply)
        if not reply.more:
            return


async def held(world: World, name: str, *scopes: uuid.UUID) -> dict[str, bytes]:
    rows = await world.rows(ListItem, "list", "scope", "key", "payload")
    return {key: payload for list_, scope, key, payload in rows if list_ == name and scope in scopes}


ALL = uuid.UUID(int=0)


async def test_a_new_station_gets_whole_lists_and_then_steps(world: World) -> None:
    await put(world, "A1", "A2")
    double = await world.station()
    await up_to_date(world, double)
    assert set(double.lists) == {"station", "cards"}
    await put(world, "A3")
    await put(world, "A1", blocked=True)
    async with world.kernel.database.transaction() as session:
        await world.rooms.downlink.withdraw(session, "cards", ["A2", "never"])
    before = double.rev
    double.revs_seen.clear()
    await up_to_date(world, double)
    assert double.revs_seen == [before + 1, before + 2, before + 3]
    assert double.lists["cards"][1] == await held(world, "cards", ALL)
    assert (await world.sync(double)).changes == []


async def test_what_stays_the_same_is_not_sent_again(world: World) -> None:
    double = await world.station()
    await put(world, "A1")
    await put(world, "A1")
    assert await world.rows(StationFeed, "rev") == [(2,)]
    await up_to_date(world, double)
    assert double.lists["cards"][0] == 1


async def test_a_stations_own_item_hides_the_one_for_all_and_gives_it_back(world: World) -> None:
    one, other = await world.station("1"), await world.station("2")
    await put(world, "A1")
    await put(world, "A1", station_id=one.station_id, blocked=True)
    for double in (one, other):
        await up_to_date(world, double)
    assert one.lists["cards"][1] != other.lists["cards"][1]
    async with world.kernel.database.transaction() as session:
        await world.rooms.downlink.withdraw(session, "cards", ["A1"], station_id=one.station_id)
    await up_to_date(world, one)
    assert one.lists["cards"][1] == other.lists["cards"][1]


async def test_a_lost_reply_is_simply_sent_again(world: World) -> None:
    double = await world.station()
    await put(world, "A1")
    lost = await world.sync(double)
    again = await world.sync(double)
    assert again.changes == lost.changes
    double.take(again)
    await put(world, "A2")
    lost = await world.sync(double)
    assert (await world.sync(double)).changes == lost.changes


@pytest.mark.parametrize("version", [0, 1, 99])
async def test_a_list_that_does_not_match_is_sent_whole(world: World, version: int) -> None:
    double = await world.station()
    for uid in ("A1", "A2", "A3"):
        await put(world, uid)
    await up_to_date(world, double)
    double.lists["cards"] = (version, {})
    await up_to_date(world, double)
    assert double.lists["cards"][1] == await held(world, "cards", ALL)
    assert (await world.sync(double)).changes == []


async def test_a_suspect_list_is_mended_together_with_steps_that_wait(world: World) -> None:
    double = await world.station()
    await put(world, "A1")
    await up_to_date(world, double)
    await put(world, "A2")
    double.lists["cards"] = (0, {})
    await up_to_date(world, double)
    assert double.lists["cards"][1] == await held(world, "cards", ALL)


async def test_a_hub_from_an_old_backup_goes_on_above_what_the_station_holds(world: World) -> None:
    double = await world.station()
    for uid in ("A1", "A2", "A3"):
        await put(world, uid)
    async with world.kernel.database.transaction() as session:
        await world.rooms.downlink.put(session, "voucher_denials", [DenialItem(key="v1")])
    await up_to_date(world, double)
    async with world.kernel.database.transaction() as session:  # back to before A2 and A3
        await session.execute(delete(ListItem).where(ListItem.key.in_(["A2", "A3", "v1"])))
        await session.execute(delete(StationChange).where(StationChange.rev > 2))
        await session.execute(update(StationFeed).values(rev=2, lists={"station": 1, "cards": 1}))
    await put(world, "B1")
    await put(world, "B2")  # the list's version is now what the station holds, under other content
    reached = double.rev
    await up_to_date(world, double)
    assert double.rev >= reached
    assert double.lists["cards"][1] == await held(world, "cards", ALL)
    assert double.lists["voucher_denials"][1] == {}
    await put(world, "B3")
    await up_to_date(world, double)
    assert double.lists["cards"][1] == await held(world, "cards", ALL)


async def test_more_steps_than_a_page_come_as_the_whole_list(world: World) -> None:
    double = await world.station()
    await up_to_date(world, double)
    async with world.kernel.database.transaction() as session:
        for number in range(230):
            await world.rooms.downlink.put(session, "cards", [card(f"C{number}")])
    first = await world.sync(double)
    assert not first.more
    assert len(first.changes) == 1
    double.take(first)
    assert len(double.lists["cards"][1]) == 230


async def test_many_orders_come_in_pages(world: World) -> None:
    double = await world.station()
    await up_to_date(world, double)
    body = UnlockDock(dock_no=1, duration_s=5, reason="test")
    async with world.kernel.database.transaction() as session:
        for _ in range(230):
            await world.rooms.downlink.send_order(session, double.station_id, body, life_s=30, by=None)
    first = await world.sync(double)
    assert first.more
    assert len(first.changes) == 200
    await up_to_date(world, double)
    assert len(double.orders) == 230


async def test_publishers_at_once_leave_no_gap_and_lists_that_add_up(world: World) -> None:
    one, other = await world.station("1"), await world.station("2")
    work = [put(world, f"S{number}", station_id=one.station_id) for number in range(6)]
    work += [put(world, f"A{number}") for number in range(6)]
    await asyncio.gather(*work, world.station("3"))
    for double in (one, other):
        await up_to_date(world, double)
        assert double.lists["cards"][1] == await held(world, "cards", ALL, double.station_id)
    revs = await world.rows(StationChange, "station_id", "rev")
    for station_id, of_station in itertools.groupby(sorted(revs), key=lambda row: row[0]):
        numbers = [rev for _, rev in of_station]
        assert numbers == list(range(1, len(numbers) + 1)), station_id
    third = next(iter({station for station, _ in revs} - {one.station_id, other.station_id}))
    versions = dict(await world.rows(StationFeed, "station_id", "lists"))
    assert set(versions[third]) == {"station", "cards"}


async def test_an_order_goes_down_once_and_its_fate_comes_back(
    world: World, auth: FixedAuth, clock: ManualClock
) -> None:
    auth.sign_in("orders:write", "orders:read")
    double = await world.station()
    wish = {"order": {"type": "UnlockDock", "dock_no": 3, "reason": "vehicle stuck"}, "life_s": 20}
    path = f"/api/v1/stations/{double.station_id}/orders"
    for _ in range(2):
        async with world.client.post(path, json=wish, headers={"Idempotency-Key": "k"}) as answer:
            assert answer.status == 201, await answer.text()
            order = await answer.json()
    assert order["outcome"] is None
    await up_to_date(world, double)
    (sent,) = double.orders
    assert (str(sent.id), sent.type) == (order["id"], "UnlockDock")
    double.tell(OrderEnded(order_id=sent.id, outcome="done"))
    double.tell(OrderEnded(order_id=sent.id, outcome="expired"))
    await world.sync(double, double.batch())
    async with world.client.get(f"/api/v1/orders/{order['id']}") as answer:
        assert (await answer.json())["outcome"] == "done"
    async with world.client.get(f"/api/v1/orders?station_id={double.station_id}") as answer:
        assert len((await answer.json())["items"]) == 1
    async with world.client.post(
        f"/api/v1/stations/{uuid.UUID(int=9)}/orders", json=wish, headers={"Idempotency-Key": "l"}
    ) as answer:
        assert answer.status == 404


async def test_another_station_cannot_end_an_order(world: World) -> None:
    one, other = await world.station("1"), await world.station("2")
    async with world.kernel.database.transaction() as session:
        body = UnlockDock(dock_no=1, duration_s=5, reason="test")
        order = await world.rooms.downlink.send_order(session, one.station_id, body, life_s=30, by=None)
    other.tell(OrderEnded(order_id=order.id, outcome="done"))
    await world.sync(other, other.batch())
    assert await world.rows(Order, "outcome") == [(None,)]


async def test_a_station_that_starts_from_nothing_gets_no_order_that_is_over(world: World, clock: ManualClock) -> None:
    double = await world.station()
    body = UnlockDock(dock_no=1, duration_s=5, reason="test")
    async with world.kernel.database.transaction() as session:
        await world.rooms.downlink.send_order(session, double.station_id, body, life_s=30, by=None)
    clock.move(60)
    async with world.kernel.database.transaction() as session:
        fresh = await world.rooms.downlink.send_order(session, double.station_id, body, life_s=30, by=None)
    await up_to_date(world, double)
    assert [one.id for one in double.orders] == [fresh.id]


async def test_stations_are_nudged_after_the_commit_and_never_without_one(world: World) -> None:
    double = await world.station()
    woken: list[int] = []
    leave = _watch(world, double, woken)
    async with world.kernel.database.transaction() as session:
        await world.rooms.downlink.put(session, "voucher_denials", [DenialItem(key="v1")])
        await world.rooms.downlink.put(session, "voucher_denials", [DenialItem(key="v2")])
        assert not woken
    assert len(woken) == 1
    with pytest.raises(RuntimeError):
        await _undone(world)
    assert len(woken) == 1
    leave()


async def _undone(world: World) -> None:
    async with world.kernel.database.transaction() as session:
        await world.rooms.downlink.put(session, "voucher_denials", [DenialItem(key="v3")])
        raise RuntimeError


def _watch(world: World, double: StationDouble, woken: list[int]) -> Callable[[], None]:
    return world.kernel.nudges.subscribe(double.station_id, lambda _rev: woken.append(1))


async def test_adding_a_station_twice_opens_one_feed(world: World) -> None:
    double = await world.station()
    async with world.kernel.database.transaction() as session:
        await world.kernel.bus.publish(session, events.StationAdded(station_id=double.station_id))
    assert len(await world.rows(StationFeed, "rev")) == 1


async def change_for_days(world: World, clock: ManualClock, days: int, each: int) -> None:
    """Cards come and go every day, and an order is given that nobody fetches."""
    for day in range(days):
        async with world.kernel.database.transaction() as session:
            for number in range(each):
                await world.rooms.downlink.put(session, "cards", [card(f"D{number}", blocked=day % 2 == 0)])
            for double_id, *_ in await world.rows(StationFeed, "station_id"):
                body = UnlockDock(dock_no=1, duration_s=5, reason="test")
                await world.rooms.downlink.send_order(session, double_id, body, life_s=30, by=None)
        clock.move(86_400)
        async with world.kernel.database.transaction() as session:
            await prune(session, clock.now())


async def test_a_station_that_was_away_for_90_days_gets_whole_lists_and_the_feed_stays_small(
    world: World, clock: ManualClock
) -> None:
    double = await world.station()
    await put(world, "A1", "A2")
    await up_to_date(world, double)
    before = double.rev
    await change_for_days(world, clock, days=90, each=20)
    body = UnlockDock(dock_no=1, duration_s=5, reason="alive")
    async with world.kernel.database.transaction() as session:
        alive = await world.rooms.downlink.send_order(session, double.station_id, body, life_s=30, by=None)
    kept = await world.rows(StationChange, "rev")
    assert len(kept) < 2 * KEPT_REVS + 50
    reply = await world.sync(double)
    double.take(reply)
    assert not reply.more
    assert reply.rev == before + 90 * 21 + 1
    assert len(reply.changes) == 2  # the cards as a whole, and the order that still lives
    assert [one.id for one in double.orders] == [alive.id]
    assert double.lists["cards"][1] == await held(world, "cards", ALL)
    assert (await world.sync(double)).changes == []


async def test_a_station_that_is_only_a_little_behind_gets_steps_also_after_pruning(
    world: World, clock: ManualClock
) -> None:
    double = await world.station()
    async with world.kernel.database.transaction() as session:
        for number in range(2 * KEPT_REVS + 2):
            await world.rooms.downlink.put(session, "cards", [card("X", blocked=number % 2 == 0)])
    await up_to_date(world, double)
    async with world.kernel.database.transaction() as session:
        await prune(session, clock.now())
    [(rev, pruned)] = await world.rows(StationFeed, "rev", "pruned_rev")
    assert rev - pruned == KEPT_REVS
    await put(world, "A1")
    double.revs_seen.clear()
    await up_to_date(world, double)
    assert double.revs_seen == [rev + 1]
