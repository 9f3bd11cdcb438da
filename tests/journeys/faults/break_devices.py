"""Faults of the docks and their line, of the chargers, the meter and their wires, and strangers at the open ports."""

import asyncio
import contextlib
import random
from functools import partial
from typing import Final

from firmware_sim.demo.ports import HOST
from firmware_sim.docks.faults import BrownOut, Moment, Noise
from protocols.dock.codes import Lock, MessageType
from tests.journeys.faults.fault import Fault, Heal, Inject, nothing
from tests.journeys.faults.lab import Lab
from tests.journeys.faults.proxy import Weather
from tests.journeys.faults.wires import MeterWeather, garbage

# --- the docks' line -------------------------------------------------------------------------------------


async def _garbage(lab: Lab, chance: random.Random) -> Heal:
    for _ in range(chance.randrange(3, 12)):
        lab.world.line.inject(chance.randbytes(chance.randrange(1, 120)))
        await asyncio.sleep(chance.random() * 0.1)
    return nothing


async def _replay_frames(lab: Lab, chance: random.Random) -> Heal:
    """What the station once said is said again by somebody else, orders to open among it."""
    heard = list(lab.frames)
    for data in chance.sample(heard, min(25, len(heard))):
        lab.world.line.inject(data)
        await asyncio.sleep(0.01)
    return nothing


async def _noise(lab: Lab, chance: random.Random) -> Heal:
    lab.world.line.noise = Noise(chance.choice((0.002, 0.01, 0.05)), seed=chance.randrange(1 << 30))

    async def heal() -> None:
        lab.world.line.noise = None

    return heal


def _dock(kind: str) -> Inject:
    async def inject(lab: Lab, chance: random.Random) -> Heal:
        dock_no = chance.choice(list(lab.world.yard.docks))
        lab.world.yard.fault(dock_no, kind, rate=0.02, off_s=chance.uniform(0.1, 2.0))
        return partial(_mend, lab, dock_no)

    return inject


async def _brown_out_at(lab: Lab, chance: random.Random) -> Heal:
    """The supply breaks down at the worst moment: around an order."""
    dock_no = chance.choice(list(lab.world.yard.docks))
    lab.world.yard.docks[dock_no].faults.brown_out = BrownOut(
        at=chance.choice((MessageType.UNLOCK, MessageType.UNLOCK, MessageType.LOCK, MessageType.STATUS)),
        moment=chance.choice(list(Moment)),
        off_s=chance.uniform(0.1, 1.5),
        bolt_finishes=chance.random() < 0.5,
    )
    return partial(_mend, lab, dock_no)


async def _mend(lab: Lab, dock_no: int) -> None:
    """As a technician does: a bolt that stuck stays stuck until somebody starts its dock anew."""
    lab.world.yard.clear_faults(dock_no)
    dock = lab.world.yard.docks[dock_no]
    if dock.lock is Lock.STUCK:
        dock.brown_out()


# --- chargers and open ports -----------------------------------------------------------------------------


async def _charger_offline(lab: Lab, chance: random.Random) -> Heal:
    charger = chance.choice(list(lab.world.chargers.values()))
    charger.go_offline()

    async def heal() -> None:
        charger.go_online()

    return heal


async def _charger_reboots(lab: Lab, chance: random.Random) -> Heal:
    chance.choice(list(lab.world.chargers.values())).reboot()
    return nothing


async def _strangers(lab: Lab, chance: random.Random) -> Heal:
    """Bytes that are no protocol at every open port of station and hub."""
    ports, station = lab.ports, lab.ground.station_host
    open_ports = [(station, ports.chargers), (station, ports.kiosk), (lab.proxy.host, lab.proxy.port)]
    for host, port in [*open_ports, *((HOST, one) for one in lab.ground.hub_ports)]:
        with contextlib.suppress(OSError, TimeoutError):
            async with asyncio.timeout(2):
                _, writer = await asyncio.open_connection(host, port)
                head = chance.choice((b"", b"POST /api/v1/sync HTTP/1.1\r\n", b"GET /ocpp/CP-01 HTTP/1.1\r\n"))
                writer.write(head + chance.randbytes(chance.randrange(1, 2000)))
                await writer.drain()
                writer.transport.abort()
    return nothing


# --- the chargers' and the meter's wires -----------------------------------------------------------------


async def _ocpp_garbage(lab: Lab, chance: random.Random) -> Heal:
    for _ in range(chance.randrange(2, 8)):
        lab.ground.ocpp.inject(garbage(chance))
        await asyncio.sleep(chance.random() * 0.3)
    return nothing


def _ocpp(*, twice: float = 0.0, stale: float = 0.0, weather: Weather | None = None) -> Inject:
    async def inject(lab: Lab, _chance: random.Random) -> Heal:
        wire = lab.ground.ocpp
        wire.twice, wire.stale, wire.weather = twice, stale, weather or Weather()

        async def heal() -> None:
            wire.clear()

        return heal

    return inject


async def _ocpp_cut_short(lab: Lab, chance: random.Random) -> Heal:
    return await _ocpp(weather=Weather(cut_after=chance.randrange(400, 2000)))(lab, chance)


def _modbus(*, meter: MeterWeather | None = None, weather: Weather | None = None) -> Inject:
    async def inject(lab: Lab, _chance: random.Random) -> Heal:
        wire = lab.ground.modbus
        wire.meter, wire.weather = meter or MeterWeather(), weather or Weather()

        async def heal() -> None:
            wire.clear()

        return heal

    return inject


# A flipped highest bit makes bytes that are no UTF-8; another digit in a number could be told by nobody.
_FLIPS: Final = Weather(flip=0.004, flip_mask=0x80)
DEVICES: Final = (
    Fault(name="serial garbage", target="docks", inject=_garbage, hold_s=(0.1, 0.5)),
    Fault(name="serial frames again", target="docks", inject=_replay_frames, hold_s=(0.1, 0.5)),
    Fault(name="serial noise", target="docks", inject=_noise),
    Fault(name="dock silent", target="docks", inject=_dock("silence"), hold_s=(0.5, 6.0)),
    Fault(name="dock stuck", target="docks", inject=_dock("stuck"), hold_s=(1.0, 4.0)),
    Fault(name="dock noisy", target="docks", inject=_dock("noise")),
    Fault(name="dock browns out", target="docks", inject=_dock("brown_out"), hold_s=(0.1, 1.0)),
    Fault(name="dock browns out at an order", target="docks", inject=_brown_out_at, hold_s=(2.0, 6.0)),
    Fault(name="dock with another key", target="docks", inject=_dock("wrong_secret"), hold_s=(1.0, 3.0)),
    Fault(name="charger offline", target="chargers", inject=_charger_offline, hold_s=(0.5, 6.0)),
    Fault(name="charger reboots", target="chargers", inject=_charger_reboots, hold_s=(0.1, 1.0)),
    Fault(name="strangers at the ports", target="strangers", inject=_strangers, hold_s=(0.1, 1.0)),
    Fault(name="OCPP garbage", target="ocpp", inject=_ocpp_garbage, hold_s=(0.1, 0.5)),
    Fault(name="OCPP frames doubled", target="ocpp", inject=_ocpp(twice=0.5)),
    Fault(name="OCPP frames of before", target="ocpp", inject=_ocpp(stale=0.5)),
    Fault(name="OCPP frames cut", target="ocpp", inject=_ocpp_cut_short),
    Fault(name="OCPP bits flipped", target="ocpp", inject=_ocpp(weather=_FLIPS)),
    Fault(name="OCPP half open", target="ocpp", inject=_ocpp(weather=Weather(swallow=frozenset({"down"})))),
    Fault(name="meter silent", target="modbus", inject=_modbus(weather=Weather(swallow=frozenset({"down"})))),
    Fault(name="meter gone", target="modbus", inject=_modbus(weather=Weather(refuse=1.0, cut_after=0))),
    Fault(name="meter's frames halved", target="modbus", inject=_modbus(meter=MeterWeather(half=0.5))),
    Fault(name="meter's numbers wrong", target="modbus", inject=_modbus(meter=MeterWeather(number=0.5))),
    Fault(name="meter's answers late", target="modbus", inject=_modbus(meter=MeterWeather(late=0.4))),
    Fault(name="meter's answers doubled", target="modbus", inject=_modbus(meter=MeterWeather(twice=0.6))),
    Fault(name="meter's line garbled", target="modbus", inject=_modbus(meter=MeterWeather(garbage=0.5))),
)
