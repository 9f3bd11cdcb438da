"""`voltdock-sim station`: one station's hardware alone, for an agent that somebody starts by hand."""

import secrets
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import click

from firmware_sim.agent_config import Addresses, agent_toml, write_private
from firmware_sim.control import serve_control
from firmware_sim.plan import DEMO
from firmware_sim.stopping import Interrupted, until_told_to_stop
from firmware_sim.world import World


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """The command's options."""

    modbus_port: int
    control_port: int
    chargers_url: str
    hub_url: str
    kiosk_port: int
    folder: Path
    link: Path | None
    config_out: Path | None
    speed: float


async def run_station(wishes: Wishes) -> int:
    """Run until a stop signal. 0, or 1 when a port cannot be had."""
    wishes.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    secret = _secret(wishes.folder / "station.secret")
    world = World(
        DEMO,
        station_secret=secret,
        ocpp_url=wishes.chargers_url,
        modbus_port=wishes.modbus_port,
        speed=wishes.speed,
        folder=wishes.folder,
        link=wishes.link,
    )
    try:
        async with (
            until_told_to_stop(),
            world.open_meter() as modbus_port,
            serve_control(world, port=wishes.control_port) as url,
        ):
            _tell(wishes, world, secret, modbus_port, url)
            await world.run()
    except Interrupted:
        return 0
    except (OSError, RuntimeError) as error:
        world.line.close()
        click.echo(f"voltdock-sim: {error}; choose other ports by --modbus-port and --control-port", err=True)
        return 1
    return 0


def _tell(wishes: Wishes, world: World, secret: bytes, modbus_port: int, url: str) -> None:
    click.echo(f"docks    {wishes.link or world.line.path}")
    click.echo(f"meter    Modbus TCP 127.0.0.1:{modbus_port}, unit 1, profile eastron_sdm630")
    click.echo(f"chargers {', '.join(world.chargers)} connect to {wishes.chargers_url}")
    click.echo(f"control  {url}")
    if wishes.config_out is None:
        return
    addresses = Addresses(
        hub_url=wishes.hub_url,
        docks_port=str(wishes.link or world.line.path),
        modbus_port=modbus_port,
        kiosk_port=wishes.kiosk_port,
        chargers_port=urlsplit(wishes.chargers_url).port or 9000,
    )
    text = agent_toml(DEMO, addresses, data_dir=wishes.folder / "agent", station_secret=secret, log="console")
    write_private(wishes.config_out, text)
    click.echo(f"agent    voltdock-edge run --config {wishes.config_out}")


def _secret(file: Path) -> bytes:
    """Made once, at random, and kept: the docks' secrets are derived from it."""
    if not file.exists():
        write_private(file, secrets.token_hex(32))
    return bytes.fromhex(file.read_text(encoding="ascii").strip())
