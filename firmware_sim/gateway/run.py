"""`voltdock-sim gateway`: the simulated gateway as a process of its own."""

import asyncio

import click

from firmware_sim.demo.ports import HOST
from firmware_sim.gateway.endpoint import Gateway
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
