"""A whole hub as it is started, with VNPay beside it: its own worker, its own door, a renter who signs in."""

import asyncio
import datetime as dt
import uuid
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import aiohttp
import pytest
from sqlalchemy import select

from firmware_sim.demo.ports import free_ports
from firmware_sim.gateway.vnpay_wire import API_PATH, PAY_PATH, VnpayWire
from hub import events
from hub.accounts import demo
from hub.accounts.tables import Account
from hub.app import serve
from hub.kernel.clock import SystemClock
from hub.kernel.db import Database
from hub.payments.billing import Billing
from hub.payments.gateways.vnpay_signing import instant_of
from hub.payments.money_tables import Bill
from hub.settings import load

RENTER = f"renter@{demo.DOMAIN}"
RIDE = uuid.UUID(int=7070)
pytestmark = pytest.mark.timeout(120)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
async def test_a_renter_pays_a_bill_at_vnpay_and_the_hub_hears_of_it(database: Database, tmp_path: Path) -> None:
    ports = free_ports()
    wire = VnpayWire("VOLTDOCK", "HUBSECRET")
    async with wire.listening("127.0.0.1", ports.gateway) as vnpay:
        settings = load(
            None,
            {"VOLTDOCK_HUB_VNPAY__TMN_CODE": "VOLTDOCK", "VOLTDOCK_HUB_VNPAY__HASH_SECRET": "HUBSECRET",
             "VOLTDOCK_HUB_VNPAY__PAY_URL": vnpay + PAY_PATH, "VOLTDOCK_HUB_VNPAY__API_URL": vnpay + API_PATH},
            database_url=database.url, data_dir=tmp_path, port=ports.hub,
        )  # fmt: skip
        stop, ready = asyncio.Event(), asyncio.get_running_loop().create_future()
        serving = asyncio.create_task(serve(settings, stop=stop, listening=ready.set_result, demo=True))
        try:
            hub = str(await ready)
            wire.ipn_url = f"{hub}/api/v1/webhooks/vnpay"
            async with aiohttp.ClientSession() as http:
                await pays(http, hub, vnpay, database, wire)
        finally:
            stop.set()
            await serving


async def pays(http: aiohttp.ClientSession, hub: str, vnpay: str, database: Database, wire: VnpayWire) -> None:
    headers = await signed_in(http, hub)
    method = {"gateway": "vnpay", "token": "any", "label": "VNPay"}
    once = headers | {"Idempotency-Key": "m"}
    async with http.post(f"{hub}/api/v1/payment-methods", json=method, headers=once) as answer:
        assert answer.status == 201, await answer.text()
    await billed(database)
    async with asyncio.timeout(60):
        while not (found := await requests(http, hub, headers)):
            await asyncio.sleep(0.2)
    once = headers | {"Idempotency-Key": "p"}
    async with http.post(f"{hub}/api/v1/pay-requests/{found[0]['id']}/attempts", headers=once) as answer:
        assert answer.status == 201, await answer.text()
        page = str((await answer.json())["pay_url"])
    query = dict(parse_qsl(urlsplit(page).query))
    assert (query["vnp_Amount"], query["vnp_IpAddr"]) == ("3300000", "127.0.0.1")
    times = [instant_of(query[name]) for name in ("vnp_CreateDate", "vnp_ExpireDate")]
    assert times[1] - times[0] == dt.timedelta(minutes=15)
    assert abs(times[0] - dt.datetime.now(dt.UTC)) < dt.timedelta(minutes=1)
    async with http.get(page) as shown:
        assert "33,000 VND" in await shown.text()
    form = {"ref": query["vnp_TxnRef"], "do": "pay"}
    async with http.post(f"{vnpay}/paymentv2/decide", data=form) as back:  # … and follows the way back to the hub
        assert back.status == 200
        assert str(back.url).startswith(query["vnp_ReturnUrl"])
    await wire.told()
    assert wire.answers == ["00"]
    async with database.reading() as session:
        bill = await session.get_one(Bill, RIDE)
        assert (bill.state, bill.paid_minor) == ("paid", 33_000)


async def signed_in(http: aiohttp.ClientSession, hub: str) -> dict[str, str]:
    who = {"email": RENTER, "password": demo.PASSWORD}
    async with http.post(f"{hub}/api/v1/auth/token", json=who) as answer:
        assert answer.status == 200, await answer.text()
        return {"Authorization": f"Bearer {(await answer.json())['access_token']}"}


async def requests(http: aiohttp.ClientSession, hub: str, headers: dict[str, str]) -> list[Any]:
    async with http.get(f"{hub}/api/v1/pay-requests", params={"state": "waiting"}, headers=headers) as answer:
        items: list[Any] = (await answer.json())["items"]
        return items


async def billed(database: Database) -> None:
    """A ride has ended; the hub's own job posts it and its worker asks for the money."""
    async with database.transaction() as session:
        renter = (await session.scalars(select(Account.id).where(Account.email == RENTER))).one()
        told = events.Billed(
            use="rental", subject_id=RIDE, account_id=renter, station_id=None, currency="VND", total_minor=33_000,
            tax_minor=3000,
        )  # fmt: skip
        await Billing(SystemClock(), collects=True).see(session, [told])
