"""A station whose card goes bad, against the hub itself: what it still has arrives once, what it lost is known."""

import asyncio
import uuid
from collections.abc import Callable
from pathlib import Path

from edge_agent.core.inputs import ChangesArrived, Held
from edge_agent.store.limits import Pressure
from edge_agent.store.pages import PAGE_BYTES
from edge_agent.store.shedding import Shedder
from edge_agent.store.store import Store
from edge_agent.uplink.identity import Identity
from edge_agent.uplink.pump import SyncPump
from hub.intake.tables import FactRow, LostFacts
from hub.stations.tables import Station
from protocols.sync.envelope import Lane
from protocols.values import to_ms
from tests.edge_agent.store.conftest import MovedClock, work
from tests.edge_agent.store.damage import fact, overwrite, pages_of
from tests.hub.stations_double import StationDouble, World

TABLE_LEAF = 13


class Agent:
    """Store and pump as the agent has them; lists and orders are taken and forgotten."""

    def __init__(self, world: World, double: StationDouble, store: Store, clock: MovedClock) -> None:
        self.store = store
        self.rev = 0
        self.pump = SyncPump(
            identity=Identity(
                station_id=double.station_id, name="Station", hub_url=str(world.client.make_url("")), key=double.key
            ),
            store=store,
            ask=self._ask,
            tell=lambda _seen: None,
            held=lambda: Held(rev=self.rev, lists=()),
            clock=clock,
            agent_version="test",
        )

    async def _ask(self, question: object, /) -> None:
        if isinstance(question, ChangesArrived):
            self.rev = question.rev

    async def until(self, holds: Callable[[], bool]) -> None:
        running = asyncio.create_task(self.pump.run())
        try:
            async with asyncio.timeout(30):
                while not holds():
                    self.pump.nudge()
                    await asyncio.sleep(0.02)
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)

    async def drained(self) -> None:
        await self.until(lambda: not self.store.health().waiting and all(one.told for one in self.store.losses()))


async def told(store: Store, clock: MovedClock, count: int, lane: Lane = Lane.BUSINESS) -> list[uuid.UUID]:
    ids = []
    for _ in range(count // 50):
        made = [fact(lane=lane) for _ in range(50)]
        ids += [one.id for one in made]
        await store.commit(work(clock, *made))
        clock.move(seconds=1)
    return ids


async def hub_ids(world: World) -> list[uuid.UUID]:
    return [fact_id for (fact_id,) in await world.rows(FactRow, "fact_id")]


async def test_what_a_damaged_station_still_has_arrives_once_and_the_hub_knows_what_is_lost(
    world: World, tmp_path: Path
) -> None:
    clock, path, double = MovedClock(), tmp_path / "station.db", await world.station()
    store = await Store.open(path, clock=clock, ballast_bytes=65_536)
    ids = await told(store, clock, 200)
    await Agent(world, double, store, clock).drained()
    ids += await told(store, clock, 400)
    await store.close()
    [*_, leaf] = pages_of(path, TABLE_LEAF, str(ids[400]).encode())
    page = path.read_bytes()[(leaf - 1) * PAGE_BYTES : leaf * PAGE_BYTES]
    gone = {one for one in ids if str(one).encode() in page}
    overwrite(path, (leaf - 1) * PAGE_BYTES, bytes(PAGE_BYTES))

    store = await Store.open(path, clock=clock, ballast_bytes=65_536)
    later = await told(store, clock, 50)
    await Agent(world, double, store, clock).drained()
    await store.close()
    assert sorted(await hub_ids(world)) == sorted({*ids, *later} - gone)
    closed = [row for row in await world.rows(LostFacts, "lane", "epoch", "last_seq", "gone", "reason") if row[2]]
    assert closed == [("biz", 1, 600, len(gone), "damaged")]
    assert await world.rows(Station, "facts_lost", "facts_shed") == [(len(gone), 0)]


async def test_a_station_without_room_gives_up_telemetry_and_says_so(world: World, tmp_path: Path) -> None:
    clock, double = MovedClock(), await world.station()
    store = await Store.open(tmp_path / "station.db", clock=clock, ballast_bytes=65_536)
    business = await told(store, clock, 100)
    samples = await told(store, clock, 1500, Lane.TELEMETRY)
    shedder = Shedder()
    for _ in range(2):
        await store._writer.call(lambda: shedder.step(store._conn, store._outbox, Pressure.TELEMETRY, to_ms(clock.at)))
    samples = samples[:500] + await told(store, clock, 50, Lane.TELEMETRY)
    await Agent(world, double, store, clock).drained()
    epoch = store.epoch
    await store.close()
    assert epoch == 1  # the chain went on in place
    assert sorted(await hub_ids(world)) == sorted([*business, *samples])
    assert await world.rows(LostFacts, "lane", "first_seq", "last_seq", "gone", "reason") == [
        ("tel", 501, 1500, 1000, "shed")
    ]
    assert await world.rows(Station, "facts_lost", "facts_shed") == [(0, 1000)]
