"""Charging sessions from facts, over the API, on both databases."""

import itertools
import uuid
from typing import Any

import pytest

from hub.charging.tables import ChargingSession, MeterValue
from hub.payments import seed as payments_seed
from protocols.sync import facts
from protocols.sync.envelope import Lane
from protocols.sync.facts import Bill
from tests.hub.conftest import FixedAuth
from tests.hub.stations_double import AT_MS, StationDouble, World

SESSION, ACCOUNT = uuid.UUID(int=0xE1), uuid.UUID(int=0xD1)
PRICE = uuid.UUID("01900000-0000-7000-8000-000000000203")


def started(verdict: str = "accepted") -> facts.ChargingStarted:
    return facts.ChargingStarted(
        session_id=SESSION, charger_id="CP-1", connector_no=1, transaction_id=7, id_token="04A1", verdict=verdict,
        meter_start_wh=1000, started_ms=AT_MS, tariff_id=PRICE, tariff_version=1, account_id=ACCOUNT,
    )  # fmt: skip


def stopped(energy_wh: int, reason: str = "Local", total_minor: int = 90) -> facts.ChargingStopped:
    bill = Bill(tariff_id=PRICE, tariff_version=1, currency="EUR", total_minor=total_minor, tax_minor=8, lines=[])
    return facts.ChargingStopped(
        session_id=SESSION, meter_stop_wh=1000 + energy_wh, energy_wh=energy_wh, stopped_ms=AT_MS + 60_000,
        reason=reason, bill=bill,
    )  # fmt: skip


async def tell(world: World, double: StationDouble, *bodies: facts.Body) -> list[str]:
    first = {lane: len(double.chain(lane).records) + 1 for lane in Lane}
    for body in bodies:
        double.tell(body)
    batches = [double.batch(lane, first[lane]) for lane in Lane if len(double.chain(lane).records) >= first[lane]]
    return [one.code for one in (await world.sync(double, *batches)).quarantined]


async def shown(world: World, path: str = f"/{SESSION}") -> dict[str, Any]:
    async with world.client.get(f"/api/v1/charging-sessions{path}") as answer:
        assert answer.status == 200, await answer.text()
        found: dict[str, Any] = await answer.json()
        return found


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
async def test_the_real_end_stands_over_an_inferred_one_in_any_order(world: World, order: tuple[int, ...]) -> None:
    async with world.kernel.database.transaction() as session:
        await payments_seed.seed(session, world.rooms.payments)
    double = await world.station()
    bodies = (started(), stopped(1500, "inferred", 68), stopped(2000))
    assert await tell(world, double, *(bodies[index] for index in order)) == []
    rows = await world.rows(ChargingSession, "state", "energy_wh", "total_minor", "price_checked", "transaction_id")
    assert rows == [("ended", 2000, 90, True, 7)]


async def test_a_second_real_end_that_differs_is_set_aside(world: World) -> None:
    double = await world.station()
    assert await tell(world, double, started(), stopped(2000), stopped(2000)) == []
    assert await tell(world, double, stopped(2500)) == ["contradiction"]
    assert await world.rows(ChargingSession, "energy_wh") == [(2000,)]


async def test_a_wrong_price_is_flagged(world: World) -> None:
    async with world.kernel.database.transaction() as session:
        await payments_seed.seed(session, world.rooms.payments)
    double = await world.station()
    await tell(world, double, started(), stopped(2000, total_minor=91))
    assert await world.rows(ChargingSession, "price_checked") == [(False,)]


async def test_a_refused_card_and_an_orphan_are_kept_as_what_they_are(world: World) -> None:
    double = await world.station()
    orphan = facts.ChargingOrphaned(
        charger_id="CP-2", transaction_id=99, meter_stop_wh=5, stopped_ms=AT_MS, reason="PowerLoss"
    )
    await tell(world, double, started("blocked"), orphan)
    rows = await world.rows(ChargingSession, "state", "charger_id", "transaction_id")
    assert rows == [("orphaned", "CP-2", 99), ("refused", "CP-1", 7)]


async def test_meter_values_come_in_pages_and_count_as_energy_so_far(world: World, auth: FixedAuth) -> None:
    auth.sign_in("charging:read")
    double = await world.station()
    samples = [
        facts.ChargingMetered(
            session_id=SESSION, sampled_ms=AT_MS + (n // 2) * 1000, energy_wh=1000 + n * 10, soc_pct=50
        )
        for n in range(5)
    ]
    await tell(world, double, *samples, started())
    assert (await shown(world))["energy_wh"] == 40
    seen, cursor = [], ""
    while True:
        page = await shown(world, f"/{SESSION}/meter-values?limit=2{cursor}")
        seen += [one["energy_wh"] for one in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert sorted(seen) == [1000, 1010, 1020, 1030, 1040]
    assert len(await world.rows(MeterValue, "fact_id")) == 5
    async with world.client.get(f"/api/v1/charging-sessions/{SESSION}/meter-values?cursor=WzEsICJ4Il0") as answer:
        assert answer.status == 422


async def test_sessions_are_filtered_and_others_see_only_their_own(world: World, auth: FixedAuth) -> None:
    double = await world.station()
    await tell(world, double, started())
    auth.sign_in("charging:read")
    for query, count in (("state=running", 1), ("state=ended", 0), ("charger_id=CP-1", 1),
                         (f"station_id={double.station_id}", 1), (f"account_id={uuid.UUID(int=1)}", 0)):  # fmt: skip
        assert len((await shown(world, f"?{query}"))["items"]) == count, query
    auth.sign_in(account_id=ACCOUNT)
    assert (await shown(world))["id"] == str(SESSION)
    auth.sign_in(account_id=uuid.UUID(int=1))
    assert (await shown(world, ""))["items"] == []
    async with world.client.get(f"/api/v1/charging-sessions/{SESSION}") as answer:
        assert answer.status == 404
