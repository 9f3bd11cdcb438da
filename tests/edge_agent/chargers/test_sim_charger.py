"""The server against our simulated charger, over a real socket: outages, repeats, reboots, orders."""

import asyncio
import contextlib
import time
import uuid
from collections.abc import AsyncIterator, Callable

import pytest

from edge_agent.chargers.server import OcppServer
from edge_agent.core.inputs import (
    ChargeMetered,
    ChargerFound,
    ChargerLost,
    ChargerOrderEnded,
    ChargeStarted,
    ChargeStopped,
    ConnectorReported,
    Outcome,
)
from edge_agent.core.orders import StartCharge, StopCharge
from firmware_sim.chargers.charger import SimCharger
from firmware_sim.chargers.line import LineHabits
from protocols.errors import Refused
from tests.edge_agent.chargers.conftest import FakeStation, running_server


class Car:
    max_charge_power_w = 7400.0
    soc_pct = 40.0

    def advance(self, seconds: float, power_w: float) -> float:
        return power_w * seconds / 3600


@contextlib.asynccontextmanager
async def charger(port: int | None, **more: object) -> AsyncIterator[SimCharger]:
    settings: dict[str, object] = {
        "charger_id": "CP-1",
        "speed": 600.0,
        "habits": LineHabits(retry_s=0.1, call_timeout_s=0.4, reconnect_s=(0.02, 0.1)),
        "tick_s": 0.02,
        "seed": 1,
    }
    sim = SimCharger(url=f"ws://127.0.0.1:{port or 9}/ocpp", **(settings | more))  # type: ignore[arg-type]
    living = asyncio.create_task(sim.run())
    try:
        yield sim
    finally:
        living.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await living


async def until(true: Callable[[], object], within_s: float = 10.0) -> None:
    async with asyncio.timeout(within_s):
        while not true():  # a simulated device makes no sound
            await asyncio.sleep(0.01)


def start_order(in_s: float = 5.0, charger_id: str = "CP-1") -> StartCharge:
    return StartCharge(
        order_id=uuid.uuid4(),
        charger_id=charger_id,
        connector_no=1,
        id_token="GOOD",
        expires_mono_s=time.monotonic() + in_s,
    )


async def test_a_card_charge_is_told_from_plug_to_unplug(server: OcppServer, station: FakeStation) -> None:
    async with charger(server.port) as sim:
        await until(lambda: sim.connected)
        sim.plug(Car())
        await station.until(lambda: [s for s in station.of(ConnectorReported) if s.state == "preparing"])
        assert await sim.present_card("GOOD") == "accepted"
        await station.until(lambda: len(station.of(ChargeMetered)) >= 2)
        assert sim.power_w == pytest.approx(7400)
        assert await sim.present_card("OTHER") == "busy"
        assert await sim.present_card("GOOD") == "stopped"
        sim.unplug()
        await until(lambda: sim.undelivered == 0)
        await station.until(lambda: station.of(ConnectorReported)[-1].state == "available")
    start, stop, book = station.of(ChargeStarted)[0], station.of(ChargeStopped)[0], sim.book[0]
    assert (start.meter_start_wh, stop.meter_stop_wh) == (book.meter_start_wh, book.meter_stop_wh)
    assert stop.meter_stop_wh - start.meter_start_wh == pytest.approx(book.energy_wh, abs=1)
    assert stop.reason == "local"
    assert stop.samples[-1].energy_wh == stop.meter_stop_wh
    assert station.of(ChargerFound)[-1].model == "SimCharger 11"


async def test_a_card_that_the_station_refuses_does_not_charge(server: OcppServer) -> None:
    async with charger(server.port) as sim:
        sim.plug(Car())
        await until(lambda: sim.in_service)
        assert await sim.present_card("BAD") == "blocked"
        assert sim.book == ()


async def test_an_unanswered_stop_is_repeated_until_the_station_takes_it(
    server: OcppServer, station: FakeStation
) -> None:
    async with charger(server.port) as sim:
        sim.plug(Car())
        await until(lambda: sim.in_service)
        assert await sim.present_card("GOOD") == "accepted"
        await until(lambda: sim.undelivered == 0 or sim.book[0].transaction_id)
        station.failing = Refused("store_full")
        await sim.present_card("GOOD")
        await station.until(lambda: len(station.of(ChargeStopped)) >= 2)
        station.failing = None
        await until(lambda: sim.undelivered == 0)
    assert len(set(station.of(ChargeStopped))) == 1
    assert sim.dropped == ()
    assert server.snapshot()["chargers"]["CP-1"]["counts"]["unanswered"] >= 1


async def test_a_full_store_refuses_cards_and_makes_starts_repeat(server: OcppServer, station: FakeStation) -> None:
    async with charger(server.port) as sim:
        sim.plug(Car())
        await until(lambda: sim.in_service)
        station.failing = Refused("store_full")
        assert await sim.present_card("GOOD") == "invalid"
        server.send(start_order())
        await station.until(lambda: len(station.of(ChargeStarted)) >= 2)
        station.failing = None
        await until(lambda: sim.book[0].transaction_id == 501)
        assert len(set(station.of(ChargeStarted))) == 1


async def test_an_outage_is_replayed_in_order_with_the_original_times(station: FakeStation) -> None:
    async with contextlib.AsyncExitStack() as stack:
        first = await stack.enter_async_context(running_server(station))
        port = first.port or 0
        sim = await stack.enter_async_context(charger(port))
        await until(lambda: sim.in_service)
        sim.plug(Car())
        await sim.present_card("GOOD")
        await until(lambda: sim.book[0].transaction_id == 501)
        sim.go_offline()
        await until(lambda: not sim.connected)
        assert await sim.present_card("GOOD") == "stopped"
        sim.unplug()
        sim.plug(Car())
        assert await sim.present_card("GOOD") == "accepted"  # it decides alone
        await until(lambda: sim.power_w > 0)
        sim.unplug()
        assert len(station.of(ChargeStarted)) == 1
        sim.go_online()
        await until(lambda: sim.undelivered == 0)
        asked = [one for one in station.asked if isinstance(one, ChargeStarted | ChargeStopped)]
    assert [type(one) for one in asked] == [ChargeStarted, ChargeStopped] * 2
    assert asked[2].started_at == sim.book[1].started_at  # type: ignore[union-attr]
    assert [one.transaction_id for one in asked if isinstance(one, ChargeStopped)] == [501, 502]


async def test_a_reconnect_needs_no_boot_and_ends_nothing(server: OcppServer, station: FakeStation) -> None:
    async with charger(server.port) as sim:
        await until(lambda: sim.in_service)
        sim.plug(Car())
        await sim.present_card("GOOD")
        await until(lambda: sim.book[0].transaction_id)
        sim.go_offline()
        await station.until(lambda: station.of(ChargerLost))
        metered = len(station.of(ChargeMetered))
        sim.go_online()
        await station.until(lambda: len(station.of(ChargeMetered)) > metered)
        assert sim._line.booted
        assert station.of(ChargeStopped) == []
    assert len(station.of(ChargeStarted)) == 1


async def test_a_reboot_keeps_the_transaction(server: OcppServer, station: FakeStation) -> None:
    async with charger(server.port) as sim:
        await until(lambda: sim.in_service)
        sim.plug(Car())
        await sim.present_card("GOOD")
        await until(lambda: sim.book[0].transaction_id)
        sim.reboot()
        await until(lambda: sim._line.booted)
        metered = len(station.of(ChargeMetered))
        await station.until(lambda: len(station.of(ChargeMetered)) > metered)
    assert station.of(ChargeStopped) == []
    assert {one.transaction_id for one in station.of(ChargeMetered)} == {501}


async def test_a_station_that_was_away_finds_the_charger_again(station: FakeStation) -> None:
    async with contextlib.AsyncExitStack() as stack:
        async with running_server(station) as first:
            port = first.port or 0
            sim = await stack.enter_async_context(charger(port))
            await until(lambda: sim.in_service)
        await until(lambda: not sim.connected)
        await stack.enter_async_context(running_server(station, port=port))
        await until(lambda: sim.in_service)


async def test_remote_start_and_stop_each_end_once(server: OcppServer, station: FakeStation) -> None:
    async with charger(server.port) as sim:
        sim.plug(Car())
        await until(lambda: sim.in_service)
        start = start_order()
        server.send(start)
        await station.until(lambda: station.of(ChargeStarted))
        assert (await station.ending()).order_id == start.order_id
        await until(lambda: sim.book[0].transaction_id)
        transaction_id = sim.book[0].transaction_id or 0
        for _ in range(2):
            server.send(
                StopCharge(
                    order_id=uuid.uuid4(),
                    charger_id="CP-1",
                    transaction_id=transaction_id,
                    expires_mono_s=time.monotonic() + 5,
                )
            )
        await station.until(lambda: len(station.of(ChargerOrderEnded)) == 3)
    ended = station.of(ChargerOrderEnded)
    assert [one.outcome for one in ended] == [Outcome.DONE, Outcome.DONE, Outcome.REFUSED]
    assert station.of(ChargeStopped)[0].reason == "remote"


async def test_a_password_is_sent_and_checked(server: OcppServer) -> None:
    right = "00112233445566778899aabbccddeeff"
    async with charger(server.port, charger_id="CP-SECRET", password=right) as sim:
        await until(lambda: sim.in_service)
    async with charger(server.port, charger_id="CP 2/ü") as sim:
        await until(lambda: sim.in_service)


async def test_a_start_whose_answer_was_lost_stays_one_transaction(server: OcppServer, station: FakeStation) -> None:
    async with charger(server.port) as sim:
        await until(lambda: sim.in_service)

        async def cut_after_the_commit() -> None:
            if station.of(ChargeStarted):
                station.delay = None
                sim.go_offline()
                await until(lambda: not sim.connected)

        sim.plug(Car())
        station.delay = cut_after_the_commit
        await sim.present_card("GOOD")
        await station.until(lambda: station.of(ChargerLost))
        sim.go_online()
        await until(lambda: sim.book[0].transaction_id == 501)
    assert len(station.of(ChargeStarted)) == 2
    assert len(station.ids) == 1


async def test_a_restarted_charger_delivers_what_its_memory_holds(server: OcppServer, station: FakeStation) -> None:
    async with charger(None) as sim:  # nobody listens there
        sim.plug(Car())
        assert await sim.present_card("GOOD") == "accepted"
        await until(lambda: sim.register_wh > 100)
        assert await sim.present_card("GOOD") == "stopped"
    assert sim.undelivered >= 2
    async with charger(server.port, memory=sim.memory) as again:
        await until(lambda: again.undelivered == 0)
        assert again.register_wh == sim.register_wh
    assert station.of(ChargeStopped)[0].meter_stop_wh == sim.book[0].meter_stop_wh
    assert station.of(ChargeStopped)[0].stopped_at == sim.book[0].stopped_at
