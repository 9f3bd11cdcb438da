"""`voltdock-sim vnpay` as a process: it says how a hub comes to it, and shows a page that can be clicked."""

import asyncio
import os
import sys
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp

from firmware_sim.demo.ports import free_ports
from firmware_sim.gateway.vnpay_wire import VnpayWire

ROOT = Path(__file__).parents[3]
ORDER = {
    "vnp_TmnCode": "VOLTDOCK", "vnp_CurrCode": "VND", "vnp_Amount": "1500000", "vnp_TxnRef": "T1",
    "vnp_OrderInfo": "Deposit", "vnp_CreateDate": "20261121210000", "vnp_ReturnUrl": "http://127.0.0.1:9/back",
}  # fmt: skip


async def test_a_payer_can_click_and_it_stops_when_told() -> None:
    port = free_ports().gateway
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "firmware_sim", "vnpay", "--port", str(port), "--ipn-url", "", cwd=ROOT,
        stdout=asyncio.subprocess.PIPE, env=os.environ | {"PYTHONUNBUFFERED": "1"},
    )  # fmt: skip
    assert process.stdout is not None
    said = ""
    async with asyncio.timeout(20):
        while "API_URL" not in said:
            said += (await process.stdout.readline()).decode()
    page = said.partition("PAY_URL=")[2].split()[0]
    assert urlsplit(page).port == port
    query = VnpayWire("VOLTDOCK", "vnpay-demo")._signed(ORDER)
    async with aiohttp.ClientSession() as http:
        async with http.get(f"{page}?{query}") as shown:
            text = await shown.text()
        assert "15,000 VND" in text
        form = {"ref": "T1", "do": "cancel"}
        async with http.post(f"http://127.0.0.1:{port}/paymentv2/decide", data=form, allow_redirects=False) as back:
            assert "vnp_ResponseCode=24" in back.headers["Location"]
    process.terminate()
    async with asyncio.timeout(10):
        assert await process.wait() == 0


async def test_words_of_strangers_are_no_markup() -> None:
    wire = VnpayWire("VOLTDOCK", "s")
    async with wire.listening("127.0.0.1", free_ports().gateway) as url, aiohttp.ClientSession() as http:
        query = wire._signed(ORDER | {"vnp_OrderInfo": "<script>"})
        async with http.get(f"{url}/paymentv2/vpcpay.html?{query}") as shown:
            assert "<script>" not in await shown.text()
