"""What is broken on purpose: one entry a fault. A new wire or a new way to break one joins by one entry here.

An entry injects and gives back how to heal. Faults on one target exclude each other, targets do not: a killed hub
and a noisy line at once are what a bad day is.
"""

import asyncio
import contextlib
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

from firmware_sim.demo.ports import HOST
from firmware_sim.docks.faults import BrownOut, Moment, Noise
from protocols.dock.codes import Lock, MessageType
from tests.journeys.faults.lab import Lab
from tests.journeys.faults.proxy import Weather

Heal = Callable[[], Awaitable[None]]
Inject = Callable[[Lab, random.Random], Awaitable[Heal]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A way to break something. `target` is what it breaks, `hold_s` the shortest and longest time it lasts."""

    name: str
    target: str
    inject: Inject
    hold_s: tuple[float, float] = (0.5, 4.0)


async def _nothing() -> None:
    """Some faults heal by themselves."""


# --- the line between agent and hub ----------------------------------------------------------------------


def _weather(make: Callable[[random.Random], Weather], *, cut: bool = False) -> Inject:
    async def inject(lab: Lab, chance: random.Random) -> Heal:
        lab.proxy.weather = make(chance)
        if cut:
            lab.proxy.cut()

        async def heal() -> None:
            lab.proxy.clear()

        return heal

    return inject


async def _replay_old(lab: Lab, chance: random.Random) -> Heal:
    """Requests of minutes ago arrive again, in any order."""
    kept = list(lab.proxy.requests)
    for request in chance.sample(kept, min(5, len(kept))):
        await lab.proxy.replay(request)
    return _nothing


async def _deliver_late(lab: Lab, chance: random.Random) -> Heal:
    """A request gets lost on its way, and arrives after the station has begun anew."""
    before = len(lab.proxy.requests)
    lab.proxy.weather = Weather(swallow=frozenset({"up"}))

    async def heal() -> None:
        late = list(lab.proxy.requests)[before:] or list(lab.proxy.requests)[-1:]
        lab.proxy.clear()
        await asyncio.sleep(chance.uniform(0, 1.5))
        for request in late:
            await lab.proxy.replay(request)

    return heal


# --- processes -------------------------------------------------------------------------------------------


async def _kill_agent(lab: Lab, _chance: random.Random) -> Heal:
    await lab.agent.kill()
    return lab.agent.start


async def _kill_agent_twice(lab: Lab, chance: random.Random) -> Heal:
    """Again while it starts: between opening its store and its first word to anybody."""
    await lab.agent.kill()
    await lab.agent.start()
    await asyncio.sleep(chance.uniform(0.3, 2.5))
    await lab.agent.kill()
    return lab.agent.start


async def _kill_hub(lab: Lab, _chance: random.Random) -> Heal:
    await lab.hub_part.kill()
    return lab.hub_part.start


async def _fill_disk(lab: Lab, _chance: random.Random) -> Heal:
    """Nothing that the agent writes may grow any more, not even by a page of its write-ahead log."""
    lab.agent.limit_files(1)

    async def heal() -> None:
        lab.agent.limit_files(-1)

    return heal


# --- the docks' line -------------------------------------------------------------------------------------


async def _garbage(lab: Lab, chance: random.Random) -> Heal:
    for _ in range(chance.randrange(3, 12)):
        lab.world.line.inject(chance.randbytes(chance.randrange(1, 120)))
        await asyncio.sleep(chance.random() * 0.1)
    return _nothing


async def _replay_frames(lab: Lab, chance: random.Random) -> Heal:
    """What the station once said is said again by somebody else, orders to open among it."""
    heard = list(lab.frames)
    for data in chance.sample(heard, min(25, len(heard))):
        lab.world.line.inject(data)
        await asyncio.sleep(0.01)
    return _nothing


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
    return _nothing


async def _strangers(lab: Lab, chance: random.Random) -> Heal:
    """Bytes that are no protocol at every open port of station and hub."""
    ports = lab.ports
    for port in (ports.chargers, ports.kiosk, ports.hub, lab.proxy.port):
        with contextlib.suppress(OSError, TimeoutError):
            async with asyncio.timeout(2):
                _, writer = await asyncio.open_connection(HOST, port)
                head = chance.choice((b"", b"POST /api/v1/sync HTTP/1.1\r\n", b"GET /ocpp/CP-01 HTTP/1.1\r\n"))
                writer.write(head + chance.randbytes(chance.randrange(1, 2000)))
                await writer.drain()
                writer.transport.abort()
    return _nothing


FAULTS: Final[tuple[Fault, ...]] = (
    Fault(name="line slow", target="line", inject=_weather(lambda c: Weather(delay_s=c.uniform(0.05, 0.8)))),
    Fault(name="connections lost", target="line", inject=_weather(lambda _: Weather(refuse=0.7), cut=True)),
    Fault(name="line cut", target="line", inject=_weather(lambda _: Weather(refuse=1.0), cut=True), hold_s=(0.2, 8.0)),
    Fault(name="half open up", target="line", inject=_weather(lambda _: Weather(swallow=frozenset({"up"})))),
    Fault(name="half open down", target="line", inject=_weather(lambda _: Weather(swallow=frozenset({"down"})))),
    Fault(name="throttled", target="line", inject=_weather(lambda c: Weather(bytes_per_s=c.choice((200, 1500))))),
    Fault(name="cut after n bytes", target="line", inject=_weather(lambda c: Weather(cut_after=c.randrange(3000)))),
    Fault(name="bits flipped", target="line", inject=_weather(lambda _: Weather(flip=0.002))),
    Fault(name="request doubled", target="line", inject=_weather(lambda _: Weather(duplicate=0.7))),
    Fault(name="old requests again", target="line", inject=_replay_old, hold_s=(0.1, 0.3)),
    Fault(name="request late", target="line", inject=_deliver_late, hold_s=(0.5, 3.0)),
    Fault(name="kill -9 agent", target="agent", inject=_kill_agent, hold_s=(0.0, 2.0)),
    Fault(name="kill -9 agent twice", target="agent", inject=_kill_agent_twice, hold_s=(0.0, 0.5)),
    Fault(name="disk full", target="agent", inject=_fill_disk, hold_s=(0.5, 4.0)),
    Fault(name="kill -9 hub", target="hub", inject=_kill_hub, hold_s=(0.0, 4.0)),
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
)
# How long a target is left alone between two strikes, at most: processes take seconds to start on a busy machine.
REST_S: Final = {"line": 2.0, "agent": 7.0, "hub": 9.0, "docks": 3.0, "chargers": 4.0, "strangers": 6.0}


class Adversary:
    """Strikes every target at random instants until told to stop; then everything is healed."""

    def __init__(self, lab: Lab, seed: int) -> None:
        self.counts: Counter[str] = Counter()
        self.diary: list[str] = []
        self._lab = lab
        self._seed = seed
        self._began_s = time.monotonic()

    async def strike(self, until_s: float) -> None:
        """Until the loop's clock shows `until_s`; all healed afterwards."""
        targets = dict.fromkeys(fault.target for fault in FAULTS)
        async with asyncio.TaskGroup() as group:
            for target in targets:
                group.create_task(self._strike_at(target, until_s))

    async def _strike_at(self, target: str, until_s: float) -> None:
        chance = random.Random(f"{self._seed} {target}")
        known = [fault for fault in FAULTS if fault.target == target]
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(chance.uniform(0.2, REST_S[target]))
            if loop.time() >= until_s:
                return
            fault = chance.choice(known)
            self.counts[fault.name] += 1
            self._note(fault.name)
            heal = await fault.inject(self._lab, chance)
            try:
                await asyncio.sleep(min(chance.uniform(*fault.hold_s), max(0.0, until_s - loop.time())))
            finally:
                await heal()
                self._note(f"healed: {fault.name}")

    def _note(self, text: str) -> None:
        self.diary.append(f"{time.monotonic() - self._began_s:7.2f} s  {text}")
