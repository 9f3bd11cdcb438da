"""The server against raw sockets: who may connect, what bad input is told, how orders end."""

import asyncio
import base64
import contextlib
import json
import time
import uuid
from collections.abc import AsyncIterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Subprotocol

from edge_agent.chargers.server import OcppServer
from edge_agent.core.inputs import (
    ChargeMetered,
    ChargerFound,
    ChargerLost,
    ChargerOrderEnded,
    ChargeStarted,
    ChargeStopped,
    Outcome,
)
from edge_agent.core.orders import StartCharge, StopCharge
from protocols.errors import Refused
from tests.edge_agent.chargers.conftest import FAST, FakeStation, running_server

START = {"connectorId": 1, "idTag": "GOOD", "meterStart": 100, "timestamp": "2026-11-21T10:00:00Z"}


@contextlib.asynccontextmanager
async def line(server: OcppServer, charger_id: str = "CP-1", **more: Any) -> AsyncIterator[ClientConnection]:
    more.setdefault("subprotocols", [Subprotocol("ocpp1.6")])
    async with connect(f"ws://127.0.0.1:{server.port}/ocpp/{charger_id}", proxy=None, **more) as socket:
        yield socket


async def say(socket: ClientConnection, frame: object) -> list[Any]:
    await socket.send(frame if isinstance(frame, str | bytes) else json.dumps(frame))
    async with asyncio.timeout(5):
        answer: list[Any] = json.loads(await socket.recv())
    return answer


async def silent(socket: ClientConnection, frame: object) -> None:
    """Send, and see that a later Heartbeat is the next thing that is answered."""
    await socket.send(json.dumps(frame))
    assert (await say(socket, [2, "hb", "Heartbeat", {}]))[1] == "hb"


def start_order(in_s: float = 5.0, charger_id: str = "CP-1") -> StartCharge:
    return StartCharge(
        order_id=uuid.uuid4(),
        charger_id=charger_id,
        connector_no=1,
        id_token="GOOD",
        expires_mono_s=time.monotonic() + in_s,
    )


# --- who may connect -----------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/ocpp/NOBODY", "/ocpp/", "/", "/ocpp/CP-1/more", "/else/CP-1"])
async def test_an_unknown_charger_gets_404(server: OcppServer, path: str) -> None:
    with pytest.raises(InvalidStatus) as refused:
        async with connect(f"ws://127.0.0.1:{server.port}{path}", subprotocols=[Subprotocol("ocpp1.6")], proxy=None):
            pass
    assert refused.value.response.status_code == 404


@pytest.mark.parametrize(
    ("credentials", "may"),
    [
        (b"CP-SECRET:00112233445566778899aabbccddeeff", True),
        (b"CP-SECRET:" + bytes.fromhex("00112233445566778899aabbccddeeff"), True),  # 1.6 AuthorizationKey as bytes
        (b"CP-SECRET:wrong", False),
        (b"CP-1:00112233445566778899aabbccddeeff", False),
        (b"", False),
        (None, False),
    ],
)
async def test_a_protected_charger_needs_its_password(server: OcppServer, credentials: bytes | None, may: bool) -> None:
    headers = {} if credentials is None else {"Authorization": f"Basic {base64.b64encode(credentials).decode()}"}
    if may:
        async with line(server, "CP-SECRET", additional_headers=headers) as socket:
            assert (await say(socket, [2, "1", "Heartbeat", {}]))[0] == 3
        return
    with pytest.raises(InvalidStatus) as refused:
        async with line(server, "CP-SECRET", additional_headers=headers):
            pass
    assert refused.value.response.status_code == 401


async def test_a_charger_that_offers_no_subprotocol_is_served_as_16(server: OcppServer) -> None:
    async with line(server, subprotocols=None) as socket:
        assert socket.subprotocol is None
        assert (await say(socket, [2, "1", "Heartbeat", {}]))[0] == 3


async def test_of_many_offers_the_spoken_one_is_chosen_in_the_clients_spelling(server: OcppServer) -> None:
    async with line(server, subprotocols=[Subprotocol("ocpp9"), Subprotocol("OCPP1.6")]) as socket:
        assert socket.subprotocol == "OCPP1.6"


async def test_an_odd_subprotocol_is_closed_with_a_reason(server: OcppServer, station: FakeStation) -> None:
    async with line(server, subprotocols=[Subprotocol("ocpp2.0.1.1")]) as socket:
        with pytest.raises(ConnectionClosed) as closed:
            await socket.recv()
        assert closed.value.rcvd
        assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (1002, "no common subprotocol")
    assert station.of(ChargerFound) == []


async def test_the_newest_socket_wins_and_the_charger_is_not_lost(server: OcppServer, station: FakeStation) -> None:
    async with line(server) as old, line(server) as new:
        with pytest.raises(ConnectionClosed) as closed:
            await old.recv()
        assert closed.value.rcvd
        assert closed.value.rcvd.reason == "replaced by a newer connection"
        assert (await say(new, [2, "1", "Heartbeat", {}]))[0] == 3
        assert server.snapshot()["chargers"]["CP-1"]["counts"]["replaced"] == 1
        assert station.of(ChargerLost) == []
    await station.until(lambda: station.of(ChargerLost))
    assert len(station.of(ChargerLost)) == 1


async def test_a_charger_that_stops_answering_pings_is_lost(station: FakeStation) -> None:
    from dataclasses import replace

    quick = replace(FAST, ping_interval_s=0.1, ping_timeout_s=0.1)
    async with running_server(station, timing=quick) as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(
            b"GET /ocpp/CP-1 HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
            b"Sec-WebSocket-Protocol: ocpp1.6\r\n\r\n"
        )
        assert b"101" in await reader.readline()
        await station.until(lambda: station.of(ChargerLost))
        writer.close()


# --- bad input -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "message_id"),
    [
        ("{", "-1"),
        ("[]", "-1"),
        ('"text"', "-1"),
        (b"\xff\xfe", "-1"),
        ("[" * 100_000, "-1"),
        ('[2,"7"]', "7"),
        ('[2,"7",["a"],{}]', "7"),
        ('[9,"7","Heartbeat",{}]', "7"),
        ('[2,"7","Heartbeat",{"a":' + "9" * 5000 + "}]", "-1"),
    ],
)
async def test_what_is_no_frame_is_answered_and_the_line_goes_on(
    server: OcppServer, raw: str | bytes, message_id: str
) -> None:
    async with line(server) as socket:
        answer = await say(socket, raw)
        assert answer[:3] == [4, message_id, "FormationViolation"]
        assert (await say(socket, [2, "1", "Heartbeat", {}]))[0] == 3


@pytest.mark.parametrize("frame", [[3, "x", {}], [3], [4, "x"], [4, "x", "GenericError", "d" * 3000, {}]])
async def test_replies_to_nothing_are_passed_over(server: OcppServer, frame: list[Any]) -> None:
    async with line(server) as socket:
        await silent(socket, frame)


async def test_an_action_that_is_not_spoken_is_refused_by_code(server: OcppServer) -> None:
    async with line(server) as socket:
        assert (await say(socket, [2, "1", "NotifyReport", {}]))[2] == "NotSupported"
        assert (await say(socket, [2, "2", "GetConfiguration", {}]))[2] == "NotImplemented"


BROKEN: list[Any] = [
    {},
    None,
    [],
    "text",
    {"connectorId": "one", "idTag": None, "meterStart": "NaN", "timestamp": 17, "transactionId": "x"},
    {"self": 1, "call_unique_id": 2, "idTag": ["A"], "transactionId": 10**30, "meterStop": 1e400},
    {"connectorId": -1, "idTag": "\ud800\x00", "meterStart": True, "timestamp": "2026-99-99"},
    {"transactionData": [{"sampledValue": 7}, None, "x"], "meterValue": {"sampledValue": {"value": {}}}},
    {"meterValue": [{"sampledValue": [{"value": "1", "measurand": "Request.Energy", "unit": "Hz"}]}]},
]


@pytest.mark.parametrize("payload", BROKEN, ids=range(len(BROKEN)))
@pytest.mark.parametrize("action", ["StartTransaction", "StopTransaction", "MeterValues"])
async def test_a_broken_transaction_message_is_answered_with_a_result(
    server: OcppServer, action: str, payload: Any
) -> None:
    async with line(server) as socket:
        answer = await say(socket, [2, "1", action, payload])
        assert answer[:2] == [3, "1"]
        if action == "StartTransaction":
            assert answer[2]["transactionId"] > 0
        assert (await say(socket, [2, "2", action]))[:2] == [3, "2"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
FIELDS = ["connectorId", "idTag", "meterStart", "meterStop", "timestamp", "transactionId", "transactionData"]


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    action=st.sampled_from(["StartTransaction", "StopTransaction", "MeterValues"]),
    payload=st.dictionaries(st.sampled_from([*FIELDS, "meterValue", "reason", "self"]), JSON) | JSON,
)
def test_any_payload_of_a_transaction_message_is_answered_with_a_result(action: str, payload: Any) -> None:
    async def once() -> None:
        async with running_server(FakeStation()) as server, line(server) as socket:
            assert (await say(socket, [2, "1", action, payload]))[:2] == [3, "1"]

    asyncio.run(once())


# --- transactions --------------------------------------------------------------------------------------


async def test_a_repeat_with_a_new_message_id_gets_the_same_transaction(
    server: OcppServer, station: FakeStation
) -> None:
    async with line(server) as socket:
        first = await say(socket, [2, "a", "StartTransaction", START])
        again = await say(socket, [2, "b", "StartTransaction", START])
        other = await say(socket, [2, "c", "StartTransaction", {**START, "meterStart": 101}])
    assert first[2]["transactionId"] == again[2]["transactionId"] != other[2]["transactionId"]
    assert (first[1], again[1]) == ("a", "b")
    assert len(station.of(ChargeStarted)) == 3


async def test_a_repeat_without_a_timestamp_is_still_the_same_until_the_charge_ends(server: OcppServer) -> None:
    bare = {"connectorId": 1, "idTag": "GOOD"}
    async with line(server) as socket:
        first = await say(socket, [2, "a", "StartTransaction", bare])
        again = await say(socket, [2, "b", "StartTransaction", bare])
        assert first[2]["transactionId"] == again[2]["transactionId"]
        await say(socket, [2, "c", "StopTransaction", {"transactionId": first[2]["transactionId"]}])
        later = await say(socket, [2, "d", "StartTransaction", bare])
        assert later[2]["transactionId"] != first[2]["transactionId"]


async def test_the_same_message_id_on_another_call_gets_its_own_answer(server: OcppServer) -> None:
    async with line(server) as socket:
        assert "currentTime" in (await say(socket, [2, "same", "Heartbeat", {}]))[2]
        assert "transactionId" in (await say(socket, [2, "same", "StartTransaction", START]))[2]
        assert (await say(socket, [2, "same", "MeterValues", {}]))[2] == {}


async def test_a_stop_of_an_unknown_transaction_without_a_card_is_told_and_answered(
    server: OcppServer, station: FakeStation
) -> None:
    stop = {"transactionId": -16, "meterStop": 0, "timestamp": "2026-11-21T11:00:00Z"}
    async with line(server) as socket:
        assert await say(socket, [2, "1", "StopTransaction", stop]) == [3, "1", {}]
    told = station.of(ChargeStopped)[0]
    assert (told.transaction_id, told.id_token, told.meter_stop_wh, told.reason) == (-16, None, 0, "local")


async def test_a_stop_without_a_register_takes_the_last_one_heard(server: OcppServer, station: FakeStation) -> None:
    async with line(server) as socket:
        start = await say(socket, [2, "1", "StartTransaction", START])
        transaction_id = start[2]["transactionId"]
        sampled = {"timestamp": "2026-11-21T10:05:00Z", "sampledValue": [{"value": "4321"}]}
        await say(socket, [2, "2", "MeterValues", {"connectorId": 1, "meterValue": [sampled]}])
        await say(socket, [2, "3", "StopTransaction", {"transactionId": transaction_id}])
    assert station.of(ChargeMetered)[0].transaction_id is None
    assert station.of(ChargeStopped)[0].meter_stop_wh == 4321


@pytest.mark.parametrize("error", [Refused("store_full"), OSError("disk"), RuntimeError("bug")])
async def test_what_the_station_cannot_take_is_left_unanswered_and_cards_are_invalid(
    server: OcppServer, station: FakeStation, error: Exception
) -> None:
    async with line(server) as socket:
        station.failing = error
        await silent(socket, [2, "1", "StartTransaction", START])
        await silent(socket, [2, "2", "StopTransaction", {"transactionId": 1, "meterStop": 1}])
        answer = await say(socket, [2, "3", "Authorize", {"idTag": "GOOD"}])
        assert answer[2]["idTagInfo"]["status"] == "Invalid"
        station.failing = None
        assert (await say(socket, [2, "4", "StartTransaction", START]))[2]["transactionId"] == 501


async def test_a_station_that_takes_too_long_is_left_and_the_charger_repeats(
    server: OcppServer, station: FakeStation
) -> None:
    async def for_ever() -> None:
        await asyncio.Event().wait()

    async with line(server) as socket:
        station.delay = for_ever
        await silent(socket, [2, "1", "StartTransaction", START])
        station.delay = None
        assert (await say(socket, [2, "2", "StartTransaction", START]))[2]["transactionId"] == 501


async def test_what_was_received_before_the_line_broke_is_still_told(server: OcppServer, station: FakeStation) -> None:
    async with line(server) as socket:
        for number in range(20):
            await socket.send(json.dumps([2, str(number), "StopTransaction", {"transactionId": number}]))
    await station.until(lambda: len(station.of(ChargeStopped)) == 20)
    assert [one.transaction_id for one in station.of(ChargeStopped)] == list(range(20))


# --- orders --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reply", "outcome", "detail"),
    [
        ([3, "ID", {"status": "Accepted"}], Outcome.DONE, ""),
        ([3, "ID", {"status": "accepted", "vendorExtra": 1}], Outcome.DONE, ""),
        ([3, "ID", {"status": "Rejected"}], Outcome.REFUSED, "rejected"),
        ([4, "ID", "NotSupported", "d" * 3000, {}], Outcome.REFUSED, "NotSupported"),
        ([4, "ID", "MadeUpByTheVendor", "", {}], Outcome.REFUSED, None),
        ([3, "ID", {}], Outcome.REFUSED, None),
        ([3, "other", {"status": "Accepted"}], Outcome.NO_ANSWER, "timeout"),
    ],
)
async def test_the_chargers_word_ends_the_order(
    server: OcppServer, station: FakeStation, reply: list[Any], outcome: Outcome, detail: str | None
) -> None:
    async with line(server) as socket:
        order = start_order()
        server.send(order)
        async with asyncio.timeout(5):
            asked = json.loads(await socket.recv())
        assert asked[2:] == ["RemoteStartTransaction", {"connectorId": 1, "idTag": "GOOD"}]
        await socket.send(json.dumps([asked[1] if part == "ID" else part for part in reply]))
        ended = await station.ending()
    assert (ended.order_id, ended.outcome) == (order.order_id, outcome)
    assert detail is None or ended.detail == detail
    assert server.snapshot()["chargers"]["CP-1"]["counts"].get("stray_replies", 0) == (reply[1] != "ID")
    assert len(station.of(ChargerOrderEnded)) == 1


async def test_an_order_whose_line_breaks_ends_without_an_answer(server: OcppServer, station: FakeStation) -> None:
    async with line(server) as socket:
        server.send(start_order())
        await socket.recv()
    assert (await station.ending()).outcome is Outcome.NO_ANSWER
    assert station.of(ChargerOrderEnded)[0].detail == "connection_lost"


async def test_an_order_waits_for_its_charger_until_it_expires(server: OcppServer, station: FakeStation) -> None:
    server.send(start_order(0.1))
    ended = await station.ending()
    assert (ended.outcome, ended.detail) == (Outcome.EXPIRED, "not_connected")
    async with line(server) as socket:
        server.send(start_order(-1))
        await station.until(lambda: len(station.of(ChargerOrderEnded)) == 2)
        assert station.of(ChargerOrderEnded)[1].outcome is Outcome.EXPIRED
        await silent(socket, [3, "x", {}])  # nothing was sent to the charger


async def test_an_order_for_a_charger_that_comes_in_time_is_carried_out(
    server: OcppServer, station: FakeStation
) -> None:
    server.send(start_order(5))
    async with line(server) as socket:
        asked = json.loads(await socket.recv())
        await socket.send(json.dumps([3, asked[1], {"status": "Accepted"}]))
        assert (await station.ending()).outcome is Outcome.DONE


async def test_an_order_is_carried_out_while_a_start_waits_for_the_station(
    server: OcppServer, station: FakeStation
) -> None:
    gate = asyncio.Event()

    async def until_open() -> None:
        await gate.wait()

    station.delay = until_open
    async with line(server) as socket:
        await socket.send(json.dumps([2, "1", "StartTransaction", START]))
        await station.until(lambda: station.of(ChargeStarted))
        server.send(start_order())
        asked = json.loads(await socket.recv())
        await socket.send(json.dumps([3, asked[1], {"status": "Accepted"}]))
        assert (await station.ending()).outcome is Outcome.DONE
        gate.set()
        assert json.loads(await socket.recv())[2]["transactionId"] == 501


async def test_orders_that_cannot_be_carried_out_are_refused_at_once(server: OcppServer, station: FakeStation) -> None:
    server.send(start_order(charger_id="NOBODY"))
    assert (await station.ending()).detail == "unknown_charger"
    for _ in range(17):
        server.send(start_order(30))
    assert (await station.ending()).detail == "too_many_orders"


async def test_every_order_ends_exactly_once_when_the_server_stops(station: FakeStation) -> None:
    async with running_server(station) as server, line(server) as socket:
        sent = [start_order(30) for _ in range(3)]
        for order in sent:
            server.send(order)
        server.send(sent[0])  # the same order again is no second order
        await socket.recv()
        last = StopCharge(
            order_id=uuid.uuid4(), charger_id="CP-1", transaction_id=1, expires_mono_s=time.monotonic() + 30
        )
        server.send(last)
    ended = station.of(ChargerOrderEnded)
    assert {one.order_id for one in ended} == {order.order_id for order in sent} | {last.order_id}
    assert len(ended) == 4
    assert {one.outcome for one in ended} <= {Outcome.NO_ANSWER, Outcome.EXPIRED}
    assert server.port is None


async def test_a_port_that_is_taken_is_an_error_at_start(server: OcppServer, station: FakeStation) -> None:
    with pytest.raises(OSError, match="address already in use"):
        async with asyncio.timeout(5), running_server(station, port=server.port or 0):
            pass
