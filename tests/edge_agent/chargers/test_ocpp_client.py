"""The server against a charge point built on the public `ocpp` library, over a real socket."""

import asyncio
import contextlib
import datetime as dt
from collections.abc import AsyncIterator
from typing import Any

import pytest
from ocpp.routing import on
from ocpp.v16 import ChargePoint, call, call_result
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from edge_agent.chargers.server import OcppServer
from edge_agent.core.inputs import (
    ChargeMetered,
    ChargerFound,
    ChargerLost,
    ChargeStarted,
    ChargeStopped,
    ConnectorReported,
    ConnectorState,
)
from tests.edge_agent.chargers.conftest import FakeStation

AT = dt.datetime(2026, 11, 21, 10, 0, tzinfo=dt.UTC)


class LibraryCharger(ChargePoint):  # type: ignore[misc]
    """As strict as the library is: every answer is checked against the OCPP schemas."""

    started: list[dict[str, Any]]

    @on("RemoteStartTransaction")  # type: ignore[untyped-decorator]
    def on_remote_start(self, **payload: Any) -> object:
        self.started.append(payload)
        return call_result.RemoteStartTransaction(status="Accepted")


@contextlib.asynccontextmanager
async def library_charger(server: OcppServer) -> AsyncIterator[LibraryCharger]:
    uri = f"ws://127.0.0.1:{server.port}/ocpp/CP-1"
    async with connect(uri, subprotocols=[Subprotocol("ocpp1.6")]) as socket:
        charger = LibraryCharger("CP-1", socket)
        charger.started = []
        serving = asyncio.create_task(charger.start())
        try:
            yield charger
        finally:
            serving.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await serving


async def test_a_whole_charge_runs_from_boot_to_stop(server: OcppServer, station: FakeStation) -> None:
    async with library_charger(server) as charger:
        boot = await charger.call(
            call.BootNotification(charge_point_vendor="V", charge_point_model="M", firmware_version="1.2")
        )
        assert boot.status == "Accepted"
        assert boot.interval == 60
        assert dt.datetime.fromisoformat(boot.current_time).tzinfo is not None
        assert (await charger.call(call.Heartbeat())).current_time.endswith("Z")
        await charger.call(call.StatusNotification(1, "NoError", "SuspendedEV", timestamp="2026-11-21T10:00:00Z"))
        assert (await charger.call(call.Authorize("GOOD"))).id_tag_info["status"] == "Accepted"
        assert (await charger.call(call.Authorize("NOBODY"))).id_tag_info["status"] == "Invalid"
        start = await charger.call(call.StartTransaction(1, "GOOD", 1000, "2026-11-21T10:00:00Z"))
        assert start.transaction_id == 501
        value = {"timestamp": "2026-11-21T10:05:00Z", "sampled_value": [{"value": "1.9", "unit": "kWh"}]}
        await charger.call(call.MeterValues(1, [value], transaction_id=501))
        await charger.call(call.StopTransaction(3000, "2026-11-21T10:10:00Z", 501, reason="EVDisconnected"))
        assert (await charger.call(call.DataTransfer("acme"))).status == "UnknownVendorId"
        await charger.call(call.FirmwareStatusNotification("Idle"))
        await charger.call(call.DiagnosticsStatusNotification("Idle"))
        await charger.call(call.SecurityEventNotification("StartupOfTheDevice", "2026-11-21T10:10:00Z", "x"))
        assert (await charger.call(call.SignCertificate("CSR"))).status == "Rejected"
    await station.until(lambda: station.of(ChargerLost))

    assert station.of(ChargerFound)[-1] == ChargerFound(charger_id="CP-1", vendor="V", model="M", firmware="1.2")
    assert station.of(ConnectorReported)[0].state is ConnectorState.SUSPENDED
    assert station.of(ConnectorReported)[0].reported_at == AT
    assert station.of(ChargeStarted) == [
        ChargeStarted(charger_id="CP-1", connector_no=1, id_token="GOOD", meter_start_wh=1000, started_at=AT)
    ]
    assert station.of(ChargeMetered)[0].samples[0].energy_wh == 1900
    stop = station.of(ChargeStopped)[0]
    assert (stop.transaction_id, stop.meter_stop_wh, stop.reason, stop.id_token) == (501, 3000, "ev_disconnected", None)


async def test_a_blocked_card_gets_a_transaction_id_and_its_verdict(server: OcppServer) -> None:
    async with library_charger(server) as charger:
        start = await charger.call(call.StartTransaction(1, "BAD", 0, "2026-11-21T10:00:00Z"))
        assert start.transaction_id > 0
        assert start.id_tag_info["status"] == "Blocked"


async def test_an_unknown_action_is_refused_and_the_line_goes_on(server: OcppServer) -> None:
    class Nonsense(call.DataTransfer):  # type: ignore[misc]
        pass

    async with library_charger(server) as charger:
        with pytest.raises(Exception, match=r"NotSupported"):
            await charger.call(Nonsense("x"), suppress=False, skip_schema_validation=True)
        assert await charger.call(call.Heartbeat())
