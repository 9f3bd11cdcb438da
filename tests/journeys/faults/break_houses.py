"""Faults of whole processes: the agent, its disk and clock, the hubs, their database and its backups, the broker."""

import asyncio
import contextlib
import random
from typing import Final

from firmware_sim.waiting import DemoError, until
from tests.journeys.faults.fault import Fault, Heal, Inject, nothing
from tests.journeys.faults.lab import Lab
from tests.journeys.faults.reading import unsettled
from tests.journeys.faults.setting import BROKER, CLOCKS, HUB_CLOCK, POSTGRESQL

YEAR_S: Final = 365.25 * 86_400
_UP_S: Final = 25.0
_CALM_S: Final = 12.0  # how long people take to finish what they are at

# --- the agent -------------------------------------------------------------------------------------------


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


async def _fill_disk(lab: Lab, _chance: random.Random) -> Heal:
    """Nothing that the agent writes may grow any more, not even by a page of its write-ahead log."""
    lab.agent.limit_files(1)

    async def heal() -> None:
        lab.agent.limit_files(-1)

    return heal


async def _clone_card(lab: Lab, _chance: random.Random) -> Heal:
    """Somebody put a copy of the station's card into a second machine.

    Nothing may be open at that moment: a copy that believes in rentals it cannot see would rightly tell of their end.
    """
    lab.open_for_business.clear()
    try:
        if not await _is_calm(lab):
            return nothing
        await lab.agent.kill()
        twin = lab.clone() if unsettled(lab) == 0 else None
        await lab.agent.start()
    finally:
        lab.open_for_business.set()
    if twin is None:
        return nothing
    await twin.start()
    return twin.kill


async def _is_calm(lab: Lab) -> bool:
    for _ in range(int(_CALM_S / 0.25)):
        if unsettled(lab) == 0:
            return True
        await asyncio.sleep(0.25)
    return False


# --- hubs and their database -----------------------------------------------------------------------------


async def _kill_hub(lab: Lab, chance: random.Random) -> Heal:
    """One of them."""
    one = chance.choice(lab.hubs)
    await one.kill()
    return one.start


async def _restore_hub(lab: Lab, chance: random.Random) -> Heal:
    """A copy of its database is taken, life goes on, and then the copy is put back: what came since is gone there."""
    try:
        put_back = await lab.ground.back_up()
    except (RuntimeError, OSError):  # the database is not to be reached just now: no copy of it either
        return nothing

    async def heal() -> None:
        await lab.kill_hubs()
        lab.restored += 1
        await put_back()
        await lab.start_hubs()

    return heal


async def _kill_postgres(lab: Lab, _chance: random.Random) -> Heal:
    assert lab.ground.postgres is not None
    await lab.ground.postgres.kill()
    return lab.ground.postgres.start


async def _stop_postgres(lab: Lab, _chance: random.Random) -> Heal:
    assert lab.ground.postgres is not None
    await lab.ground.postgres.stop()
    return lab.ground.postgres.start


async def _kill_backends(lab: Lab, chance: random.Random) -> Heal:
    assert lab.ground.postgres is not None
    for _ in range(chance.randrange(1, 4)):
        lab.ground.postgres.kill_backend(chance.randrange(100))
        await asyncio.sleep(chance.random() * 0.5)
    return lab.ground.postgres.mend


async def _kill_broker(lab: Lab, _chance: random.Random) -> Heal:
    assert lab.ground.broker is not None
    await lab.ground.broker.kill()
    return lab.ground.broker.start


# --- the agent's clock -----------------------------------------------------------------------------------


def _clock(*offsets_s: float, rate: float = 1.0) -> Inject:
    """The agent's wall clock is wrong from one moment to the next; at the end it is right again."""

    async def inject(lab: Lab, chance: random.Random) -> Heal:
        clock = lab.ground.clock
        assert clock is not None
        clock.set(chance.choice(offsets_s), rate=rate)

        async def heal() -> None:
            clock.set(0.0)

        return heal

    return inject


async def _wake_in_1970(lab: Lab, chance: random.Random) -> Heal:
    """A station without a battery for its clock: it starts in 1970, and is set right while it runs."""
    clock = lab.ground.clock
    assert clock is not None
    await lab.agent.kill()
    clock.set(-chance.uniform(56.0, 56.8) * YEAR_S)
    await lab.agent.start()

    async def heal() -> None:
        clock.set(0.0)

    return heal


# --- the hubs' clock -------------------------------------------------------------------------------------


def _hub_clock(*offsets_s: float, rate: float = 1.0, restarts: bool = False) -> Inject:
    """The wall clock of the hubs' machine is wrong from one moment on, or when they start; then right again."""

    async def inject(lab: Lab, chance: random.Random) -> Heal:
        clock = lab.ground.hub_clock
        assert clock is not None
        if restarts:
            await lab.kill_hubs()
        clock.set(chance.choice(offsets_s), rate=rate)
        if restarts:
            await _come_up(lab)

        async def heal() -> None:
            clock.set(0.0)

        return heal

    return inject


async def _come_up(lab: Lab) -> None:
    """Until they answer: a clock that is right again before they have started would break nothing."""
    await lab.start_hubs()
    with contextlib.suppress(DemoError):
        await until("the hubs", lab.hub.is_ready, timeout_s=_UP_S)


async def _new_hub_machine(lab: Lab, _chance: random.Random) -> Heal:
    """The hubs move to a machine that remembers no time and is ten years ahead: only their database knows better."""
    clock = lab.ground.hub_clock
    assert clock is not None
    await lab.kill_hubs()
    lab.forget_hub_time()
    clock.set(10 * YEAR_S)
    await _come_up(lab)

    async def heal() -> None:
        clock.set(0.0)

    return heal


_STEP: Final = (2.0, 8.0)
_SEEN: Final = (5.0, 12.0)  # some exchanges
_ALL_S: Final = (-3600, 3600, -10 * YEAR_S, 10 * YEAR_S, -56.5 * YEAR_S)
HOUSES: Final = (
    Fault(name="kill -9 agent", target="agent", inject=_kill_agent, hold_s=(0.0, 2.0)),
    Fault(name="kill -9 agent twice", target="agent", inject=_kill_agent_twice, hold_s=(0.0, 0.5)),
    Fault(name="disk full", target="agent", inject=_fill_disk, hold_s=(0.5, 4.0)),
    Fault(name="card cloned", target="agent", inject=_clone_card, hold_s=(4.0, 9.0), weight=0.6),
    Fault(name="kill -9 hub", target="hub", inject=_kill_hub, hold_s=(0.0, 4.0)),
    Fault(name="hub from a backup", target="hub", inject=_restore_hub, hold_s=(2.0, 8.0)),
    Fault(name="kill -9 PostgreSQL", target="postgresql", needs=POSTGRESQL, inject=_kill_postgres, hold_s=(0.0, 4.0)),
    Fault(name="PostgreSQL stopped", target="postgresql", needs=POSTGRESQL, inject=_stop_postgres, hold_s=(0.5, 6.0)),
    Fault(name="kill -9 its backends", target="postgresql", needs=POSTGRESQL, inject=_kill_backends, hold_s=(0.1, 1.0)),
    Fault(name="kill -9 broker", target="broker", needs=BROKER, inject=_kill_broker, hold_s=(0.0, 3.0)),
    Fault(name="broker away for long", target="broker", needs=BROKER, inject=_kill_broker, hold_s=(8.0, 20.0)),
    Fault(name="clock steps an hour", target="clock", needs=CLOCKS, inject=_clock(-3600, 3600), hold_s=_STEP),
    Fault(
        name="clock ten years off", target="clock", needs=CLOCKS, inject=_clock(-10 * YEAR_S, 10 * YEAR_S), hold_s=_STEP
    ),
    Fault(
        name="clock drifts 500 ppm", target="clock", needs=CLOCKS, inject=_clock(0.0, rate=1.0005), hold_s=(4.0, 15.0)
    ),
    Fault(name="agent wakes in 1970", target="clock", needs=CLOCKS, inject=_wake_in_1970, hold_s=_STEP),
    Fault(
        name="hub's clock steps an hour",
        target="hub's clock",
        needs=HUB_CLOCK,
        inject=_hub_clock(-3600, 3600),
        hold_s=_SEEN,
    ),
    Fault(
        name="hub's clock ten years off",
        target="hub's clock",
        needs=HUB_CLOCK,
        inject=_hub_clock(-10 * YEAR_S, 10 * YEAR_S),
        hold_s=_SEEN,
    ),
    Fault(
        name="hub's clock in 1970",
        target="hub's clock",
        needs=HUB_CLOCK,
        inject=_hub_clock(-56.5 * YEAR_S),
        hold_s=_SEEN,
    ),
    Fault(
        name="hub's clock drifts 500 ppm",
        target="hub's clock",
        needs=HUB_CLOCK,
        inject=_hub_clock(0.0, rate=1.0005),
        hold_s=(4.0, 15.0),
        weight=0.5,
    ),
    Fault(
        name="hub starts under a wrong clock",
        target="hub",
        needs=HUB_CLOCK,
        inject=_hub_clock(*_ALL_S, restarts=True),
        hold_s=(4.0, 10.0),
    ),
    Fault(
        name="hub on a machine ten years ahead",
        target="hub",
        needs=HUB_CLOCK,
        inject=_new_hub_machine,
        hold_s=(4.0, 10.0),
    ),
)
