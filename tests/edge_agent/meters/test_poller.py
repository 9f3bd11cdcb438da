"""The poller against the simulated meter, over real TCP."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable

import pytest

from edge_agent.core.inputs import MeterLost, MeterReported
from edge_agent.meters.poller import MeterPoller
from edge_agent.meters.profiles import load_profile, profile_names
from edge_agent.runtime.backoff import Backoff
from firmware_sim.meters.endpoint import SimMeter
from protocols.errors import Malformed
from protocols.meter.profile import MeterProfile


class Ear:
    def __init__(self) -> None:
        self.told: list[object] = []
        self._news = asyncio.Event()

    def __call__(self, seen: object, /) -> None:
        self.told.append(seen)
        self._news.set()

    @property
    def reports(self) -> list[dict[str, float]]:
        return [seen.readings for seen in self.told if isinstance(seen, MeterReported)]

    @property
    def losses(self) -> list[str]:
        return [seen.reason for seen in self.told if isinstance(seen, MeterLost)]

    async def until(self, true: Callable[[], object]) -> None:
        async with asyncio.timeout(10):
            while not true():
                self._news.clear()
                await self._news.wait()


@contextlib.asynccontextmanager
async def polling(
    ear: Ear, port: int, *, unit_id: int = 1, profile: MeterProfile | None = None
) -> AsyncIterator[MeterPoller]:
    poller = MeterPoller(
        meter_id="grid",
        profile=profile or load_profile("eastron_sdm630"),
        host="127.0.0.1",
        port=port,
        unit_id=unit_id,
        interval_s=0.02,
        tell=ear,
        timeout_s=0.5,
        backoff=Backoff(base_s=0.02, cap_s=0.05, floor_s=0.01),
    )
    running = asyncio.create_task(poller.run())
    try:
        yield poller
    finally:
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running


async def test_readings_arrive_under_our_names_and_follow_the_meter() -> None:
    ear = Ear()
    async with SimMeter() as meter, polling(ear, meter.port) as poller:
        meter.set_power(1000.0, 2000.0, -500.0)
        await ear.until(lambda: ear.reports and ear.reports[-1]["power_w"] == 2500.0)
        assert ear.reports[-1]["power_l3_w"] == -500.0
        assert ear.reports[-1]["voltage_l1_v"] == pytest.approx(229.78, abs=0.01)
        assert poller.snapshot()["state"] == "online"
    assert ear.losses == []


async def test_energy_adds_up_over_the_simulated_hour() -> None:
    ear, now = Ear(), [0.0]
    meter = SimMeter(power=lambda: (3000.0, 0.0, 0.0), clock_s=lambda: now[0])
    async with meter, polling(ear, meter.port):
        await ear.until(lambda: ear.reports)
        now[0] = 3600.0
        await ear.until(lambda: ear.reports[-1]["energy_import_wh"] == pytest.approx(3000))


async def test_a_restarted_meter_is_lost_once_and_found_again_with_its_energy() -> None:
    ear = Ear()
    meter = SimMeter()
    meter.device.import_wh = [5000.0, 0.0, 0.0]
    await meter.start()
    async with polling(ear, meter.port) as poller:
        await ear.until(lambda: ear.reports)
        await meter.stop()
        await ear.until(lambda: ear.losses)
        before = len(ear.reports)
        async with asyncio.timeout(10):
            while poller._backoff.tries < 3:  # more failed tries make no more losses
                await asyncio.sleep(0.01)
        await meter.start()
        await ear.until(lambda: len(ear.reports) > before)
        assert ear.reports[-1]["energy_import_wh"] == 5000.0
        assert poller.snapshot()["losses"] == 1
    await meter.stop()
    assert len(ear.losses) == 1


async def test_a_wrong_unit_is_lost_with_the_gateways_word() -> None:
    ear = Ear()
    async with SimMeter(unit_id=7) as meter, polling(ear, meter.port, unit_id=8):
        await ear.until(lambda: ear.losses)
    assert ear.losses == ["exception_11"]
    assert ear.reports == []


async def test_a_profile_that_does_not_fit_is_lost_with_illegal_function_or_address() -> None:
    ear = Ear()
    wrong = load_profile("eastron_sdm630").model_copy(update={"function": "holding"})
    async with SimMeter() as meter, polling(ear, meter.port, profile=wrong):
        await ear.until(lambda: ear.losses)
    assert ear.losses == ["exception_1"]


async def test_a_listener_that_never_answers_is_lost() -> None:
    ear = Ear()
    held: list[asyncio.StreamWriter] = []
    server = await asyncio.start_server(lambda _reader, writer: held.append(writer), "127.0.0.1", 0)
    async with server, polling(ear, server.sockets[0].getsockname()[1]):
        await ear.until(lambda: ear.losses)
        # Since Python 3.12 a server waits at its end for every connection that it still holds.
        for writer in held:
            writer.close()
    assert ear.losses == ["no_answer"]


async def test_nobody_listening_is_lost_as_no_connection() -> None:
    ear = Ear()
    meter = SimMeter()
    await meter.start()
    await meter.stop()
    async with polling(ear, meter.port):
        await ear.until(lambda: ear.losses)
    assert ear.losses == ["no_connection"]


def test_shipped_profiles_are_found_by_name() -> None:
    assert {"eastron_sdm120", "eastron_sdm630"} <= set(profile_names())
    with pytest.raises(Malformed, match="known: eastron_sdm120"):
        load_profile("../secrets")
