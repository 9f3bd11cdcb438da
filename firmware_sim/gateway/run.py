"""`voltdock-sim gateway` and `vnpay`: the simulated gateways as processes of their own."""

import asyncio

import click

from firmware_sim.demo.ports import HOST
from firmware_sim.gateway.endpoint import Gateway
from firmware_sim.gateway.vnpay_wire import API_PATH, PAY_PATH, VnpayWire
from firmware_sim.stopping import Interrupted, until_told_to_stop
from protocols.errors import Malformed
from protocols.gateway.webhooks import secret_of


async def run_gateway(port: int, api_key: str, webhook_secret: str, webhook_url: str | None) -> int:
    """Until it is told to stop. 1 when the port is taken, 2 for a secret that is none."""
    try:
        gateway = Gateway(api_key, secret_of(webhook_secret), webhook_url)
    except Malformed as error:
        click.echo(f"--webhook-secret: {error}", err=True)
        return 2
    try:
        async with until_told_to_stop(), gateway.listening(HOST, port) as url:
            click.echo(f"the gateway listens on {url}")
            await asyncio.Event().wait()
    except Interrupted:
        return 0
    except OSError as error:
        click.echo(f"port {port}: {error.strerror}", err=True)
        return 1
    return 0


async def run_vnpay(port: int, tmn_code: str, secret: str, ipn_url: str | None) -> int:
    """Until it is told to stop. 1 when the port is taken."""
    wire = VnpayWire(tmn_code, secret, ipn_url)
    try:
        async with until_told_to_stop(), wire.listening(HOST, port) as url:
            click.echo(f"VNPay (simulated) listens on {url}; a hub comes to it by")
            click.echo(f"  VOLTDOCK_HUB_VNPAY__PAY_URL={url}{PAY_PATH}")
            click.echo(f"  VOLTDOCK_HUB_VNPAY__API_URL={url}{API_PATH}")
            await asyncio.Event().wait()
    except Interrupted:
        return 0
    except OSError as error:
        click.echo(f"port {port}: {error.strerror}", err=True)
        return 1
    return 0
