"""`voltdock-sim`: a station's hardware, the demo, one charger, a fleet. Exit codes: 0 done, 1 failed, 2 wrong use."""

import asyncio
import sys
import tempfile
from pathlib import Path

import click

DEMO_SPEED = 20.0
SCRIPT_SPEED = 60.0


@click.group(context_settings={"help_option_names": ["-h", "--help"], "show_default": True})
@click.version_option(package_name="voltdock", prog_name="voltdock-sim")
def cli() -> None:
    """Voltdock's simulated hardware. Every option can also be set as VOLTDOCK_SIM_<COMMAND>_<OPTION>."""


def main() -> None:
    """Entry point of the installed command."""
    cli(prog_name="voltdock-sim", auto_envvar_prefix="VOLTDOCK_SIM")


_port = click.IntRange(1, 65535)
_speed = click.FloatRange(0, 3600, min_open=True)


@cli.command()
@click.option("--hub-port", type=_port, default=8080, help="The hub's API and pages.")
@click.option("--kiosk-port", type=_port, default=8090, help="The agent's kiosk.")
@click.option("--chargers-port", type=_port, default=9000, help="The agent's OCPP server.")
@click.option("--modbus-port", type=_port, default=5020, help="The simulated meter.")
@click.option("--control-port", type=_port, default=8099, help="The simulator's page.")
@click.option("--gateway-port", type=_port, default=8098, help="The simulated payment gateway.")
@click.option(
    "--data", type=click.Path(path_type=Path, file_okay=False), default=Path(".demo"), help="Kept between runs."
)
@click.option("--fresh", is_flag=True, help="Forget the earlier run first.")
@click.option("--speed", type=_speed, default=DEMO_SPEED, help="How much faster than real time energy flows.")
@click.option(
    "--script",
    type=click.Choice(["rental", "booking"]),
    default=None,
    show_default="none: people play",
    help="Play it on ports and data of its own, print each step with its time, exit 0 or 1.",
)
def demo(
    hub_port: int,
    kiosk_port: int,
    chargers_port: int,
    modbus_port: int,
    control_port: int,
    gateway_port: int,
    data: Path,
    fresh: bool,
    speed: float,
    script: str | None,
) -> None:
    """Run hub, one station's agent and its hardware, until Ctrl-C; or play a script."""
    from firmware_sim.demo.ports import Ports
    from firmware_sim.demo.run import play
    from firmware_sim.scripts.theatre import play_story

    if script is not None:
        with tempfile.TemporaryDirectory(prefix="voltdock-demo-") as folder:
            sys.exit(asyncio.run(play_story(script, Path(folder), speed=max(speed, SCRIPT_SPEED))))
    ports = Ports(
        hub=hub_port,
        kiosk=kiosk_port,
        chargers=chargers_port,
        modbus=modbus_port,
        control=control_port,
        gateway=gateway_port,
    )
    sys.exit(asyncio.run(play(data.absolute(), ports, speed=speed, fresh=fresh)))


@cli.command()
@click.option("--modbus-port", type=click.IntRange(0, 65535), default=5020, help="The meter; 0 takes a free one.")
@click.option("--control-port", type=click.IntRange(0, 65535), default=8099, help="The page; 0 takes a free one.")
@click.option("--chargers-url", default="ws://127.0.0.1:9000/ocpp", help="Where the chargers connect to.")
@click.option("--hub-url", default="http://127.0.0.1:8080", help="Written into the agent's configuration.")
@click.option("--kiosk-port", type=_port, default=8090, help="Written into the agent's configuration.")
@click.option(
    "--data", type=click.Path(path_type=Path, file_okay=False), default=Path(".sim"), help="Kept between runs."
)
@click.option(
    "--link",
    type=click.Path(path_type=Path, dir_okay=False),
    default=None,
    show_default="none",
    help="A symbolic link to keep pointed at the docks' port.",
)
@click.option(
    "--config-out",
    type=click.Path(path_type=Path, dir_okay=False),
    default=None,
    show_default="none",
    help="Write the agent's matching configuration here.",
)
@click.option("--speed", type=_speed, default=1.0, help="How much faster than real time energy flows.")
def station(
    modbus_port: int,
    control_port: int,
    chargers_url: str,
    hub_url: str,
    kiosk_port: int,
    data: Path,
    link: Path | None,
    config_out: Path | None,
    speed: float,
) -> None:
    """Run one station's hardware alone: docks on a pseudo-terminal, chargers, a meter."""
    from firmware_sim.station import Wishes, run_station

    wishes = Wishes(
        modbus_port=modbus_port,
        control_port=control_port,
        chargers_url=chargers_url,
        hub_url=hub_url,
        kiosk_port=kiosk_port,
        folder=data.absolute(),
        link=link,
        config_out=config_out,
        speed=speed,
    )
    sys.exit(asyncio.run(run_station(wishes)))


@cli.command()
@click.option("--url", default="ws://127.0.0.1:9000/ocpp", help="The central system, without the charger's id.")
@click.option("--id", "charger_id", default="CP-01", help="The charge point's identity.")
@click.option(
    "--password-file",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    default=None,
    show_default="none",
    help="File with the HTTP Basic password.",
)
@click.option("--power-w", type=click.FloatRange(100, 350_000), default=11_000.0, help="What charger and car can do.")
@click.option("--soc", type=click.FloatRange(0, 100), default=40.0, help="The car's state of charge in per cent.")
@click.option("--card", default="04A1B2C3D4E5F6", help="The card to hold once the car is plugged in.")
@click.option("--charge-s", type=click.FloatRange(0), default=0.0, help="Stop after so many seconds; 0: until Ctrl-C.")
@click.option("--speed", type=_speed, default=1.0, help="How much faster than real time energy flows.")
def charger(
    url: str,
    charger_id: str,
    password_file: Path | None,
    power_w: float,
    soc: float,
    card: str,
    charge_s: float,
    speed: float,
) -> None:
    """Run one OCPP 1.6 charger with a car: connect, plug in, hold the card, charge."""
    from firmware_sim.lone_charger import run_charger

    password = None if password_file is None else password_file.read_text(encoding="utf-8").strip()
    sys.exit(
        asyncio.run(
            run_charger(
                url=url,
                charger_id=charger_id,
                password=password,
                power_w=power_w,
                soc=soc / 100,
                card=card,
                charge_s=charge_s,
                speed=speed,
            )
        )
    )


@cli.command()
@click.option("--hub", default="http://127.0.0.1:8080", help="The hub.")
@click.option("--stations", type=click.IntRange(1, 5000), default=20, help="How many.")
@click.option("--seconds", type=click.FloatRange(1, 86_400), default=10.0, help="For how long.")
@click.option("--facts", type=click.IntRange(2, 500), default=100, help="How many facts a request carries.")
@click.option("--seed", type=int, default=14, help="The same seed, the same facts.")
@click.option("--email", default="admin@voltdock.example", help="Who makes the enrolment codes.")
@click.option(
    "--password-file",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    default=None,
    show_default="the demo's password",
    help="File with the password.",
)
def fleet(
    hub: str, stations: int, seconds: float, facts: int, seed: int, email: str, password_file: Path | None
) -> None:
    """Enrol many stations at a hub and let them all sync facts at once; prints the throughput."""
    from firmware_sim.demo.clients import PASSWORD
    from firmware_sim.fleet.run import run_fleet

    password = PASSWORD if password_file is None else password_file.read_text(encoding="utf-8").strip()
    sys.exit(
        asyncio.run(
            run_fleet(
                hub_url=hub.rstrip("/"),
                stations=stations,
                seconds=seconds,
                facts_per_batch=facts,
                seed=seed,
                email=email,
                password=password,
            )
        )
    )


@cli.command()
@click.option("--port", type=_port, default=8098, help="Where it listens, on 127.0.0.1.")
@click.option("--api-key", default="gateway-demo", help="What the hub shows as its bearer.")
@click.option(
    "--webhook-secret",
    default="whsec_dm9sdGRvY2stc2ltLWdhdGV3YXk=",
    help="What webhooks are signed with: whsec_ and base64 of 16 to 64 bytes.",
)
@click.option(
    "--webhook-url",
    default="http://127.0.0.1:8080/api/v1/webhooks/simulated",
    help="Where events are told; empty: nowhere.",
)
def gateway(port: int, api_key: str, webhook_secret: str, webhook_url: str) -> None:
    """Run a payment gateway that moves no money: cards card_ok, card_declined, card_silent, card_pending and others."""
    from firmware_sim.gateway.run import run_gateway

    sys.exit(asyncio.run(run_gateway(port, api_key, webhook_secret, webhook_url or None)))


@cli.command()
@click.option("--port", type=_port, default=8097, help="Where it listens, on 127.0.0.1.")
@click.option("--tmn-code", default="VOLTDOCK", help="The merchant: the hub's vnpay.tmn_code.")
@click.option("--hash-secret", default="vnpay-demo", help="What both sides sign with: the hub's vnpay.hash_secret.")
@click.option(
    "--ipn-url",
    default="http://127.0.0.1:8080/api/v1/webhooks/vnpay",
    help="Where payments are told; empty: nowhere.",
)
def vnpay(port: int, tmn_code: str, hash_secret: str, ipn_url: str) -> None:
    """Run a VNPay that moves no money: a page to pay or cancel on, IPNs, querydr and refund."""
    from firmware_sim.gateway.run import run_vnpay

    sys.exit(asyncio.run(run_vnpay(port, tmn_code, hash_secret, ipn_url or None)))


if __name__ == "__main__":
    main()
