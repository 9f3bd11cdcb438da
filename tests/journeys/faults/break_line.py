"""Faults on the line between agent and hub: by the proxy on it, and by the cable below where there is a real one."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import Final

from tests.journeys.faults.cable import Cable
from tests.journeys.faults.fault import Fault, Heal, Inject, nothing
from tests.journeys.faults.lab import Lab
from tests.journeys.faults.proxy import Weather
from tests.journeys.faults.setting import CABLE


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
    return nothing


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


# --- the cable -------------------------------------------------------------------------------------------


def _cable(do: Callable[[Cable, random.Random], Awaitable[None]]) -> Inject:
    async def inject(lab: Lab, chance: random.Random) -> Heal:
        cable = lab.ground.cable
        assert cable is not None
        await do(cable, chance)
        return cable.mend

    return inject


LINE: Final = (
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
)
_LONG: Final = (1.0, 9.0)
CABLES: Final = (
    Fault(
        name="pulled at the hub", target="cable", needs=CABLE, inject=_cable(lambda c, _: c.pull_at_hub()), hold_s=_LONG
    ),
    Fault(
        name="pulled at the agent",
        target="cable",
        needs=CABLE,
        inject=_cable(lambda c, _: c.pull_at_agent()),
        hold_s=_LONG,
    ),
    Fault(name="packets lost up", target="cable", needs=CABLE, inject=_cable(lambda c, _: c.lose_up()), hold_s=_LONG),
    Fault(
        name="packets lost down", target="cable", needs=CABLE, inject=_cable(lambda c, _: c.lose_down()), hold_s=_LONG
    ),
    Fault(name="MTU 576", target="cable", needs=CABLE, inject=_cable(lambda c, _: c.narrow(576, both=True))),
    Fault(
        name="MTU 576 at one end",
        target="cable",
        needs=CABLE,
        inject=_cable(lambda c, _: c.narrow(576, both=False)),
    ),
)
