"""One round of the soak: a fresh station and hub, people and adversary for a while, healing, and the three books."""

import asyncio
import contextlib
import random
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from firmware_sim.waiting import DemoError, NotYetError, until
from tests.journeys.faults.adversary import Adversary
from tests.journeys.faults.books import Finding, Kind
from tests.journeys.faults.check import check
from tests.journeys.faults.lab import Lab, open_lab
from tests.journeys.faults.life import Life
from tests.journeys.faults.proxy import Weather
from tests.journeys.faults.reading import hub_book, station_book, unsettled, world_book
from tests.journeys.faults.setting import Setting, draw

SETTLE_S: Final = 120.0
CUT_S: Final = (2.0, 7.0)
QUIET_S: Final = 1.0  # the outbox must stay empty so long before the books are closed


@dataclass(slots=True, kw_only=True)
class Report:
    """What a round, or many, came to.

    `delivered_s` are the seconds from the last healing of everything to an exchange that left the outbox empty, the
    start of killed processes among them; `healed_s` those from the healing of a cut line to the first exchange.
    """

    faults: Counter[str] = field(default_factory=Counter)
    seen: Counter[str] = field(default_factory=Counter)
    facts: Counter[str] = field(default_factory=Counter)
    line: Counter[str] = field(default_factory=Counter)
    settings: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    sums: Counter[str] = field(default_factory=Counter)
    findings: list[Finding] = field(default_factory=list)
    diary: list[str] = field(default_factory=list)
    world: list[str] = field(default_factory=list)
    delivered_s: list[float] = field(default_factory=list)
    healed_s: list[float] = field(default_factory=list)

    def add(self, other: "Report") -> None:
        """Count another round in."""
        for name in ("faults", "seen", "facts", "line", "settings", "refused", "sums"):
            getattr(self, name).update(getattr(other, name))
        for name in ("findings", "delivered_s", "healed_s"):
            getattr(self, name).extend(getattr(other, name))

    @property
    def wrong(self) -> list[Finding]:
        """The findings that must not be."""
        return [one for one in self.findings if one.kind is not Kind.LIMIT]


async def play(folder: Path, seed: int, *, life_s: float, setting: Setting | None = None) -> Report:
    """One round from this seed. Raises DemoError when the system does not even come up."""
    report = Report()
    async with open_lab(folder, seed, setting or draw(seed)) as lab:
        report.settings.update(lab.setting.features or {"plain"})
        report.refused.update(lab.setting.refused)
        life, adversary = Life(lab, seed), Adversary(lab, seed)
        deadline = asyncio.get_running_loop().time() + life_s
        try:
            async with asyncio.TaskGroup() as group:
                struck = group.create_task(_strike(lab, adversary, deadline))
                group.create_task(life.live(deadline))
            report.delivered_s.append(struck.result())
            report.healed_s.append(await cut_and_heal(lab, random.Random(f"{seed} cut")))
            await _settle(lab, life)
        except* DemoError as errors:
            report.findings += [Finding(Kind.STALLED, str(error)) for error in errors.exceptions]
        report.faults, report.diary, report.seen = adversary.counts, adversary.diary, life.seen
        world, station = world_book(lab, life), station_book(lab)
        report.world = [
            *map(str, world.moves),
            *map(str, world.opened),
            f"booted {world.booted}",
            f"lives {lab.agent.lives}",
        ]
        try:
            hub = await hub_book(lab)
        except DemoError as error:
            report.findings.append(Finding(Kind.STALLED, f"the hub's book cannot be read: {error}"))
            return report
        report.findings += check(world, station, hub)
        report.facts.update(one.fact.type for one in station.facts)
        report.line = lab.proxy.counts + lab.ground.ocpp.counts + lab.ground.modbus.counts
        parts = [lab.agent, *lab.hubs]
        report.sums.update(
            opened=len(world.opened),
            moves=len(world.moves),
            charges=len(world.charges),
            rentals=len(hub.rentals),
            readings=len(world.readings),
            gave_up=sum(one.gave_up for one in parts),
            restarts=sum(one.starts for one in parts) - len(parts),
        )
    return report


async def _strike(lab: Lab, adversary: Adversary, until_s: float) -> float:
    """Strike, heal, and wait for an exchange that leaves the outbox empty. Returns the seconds that it took."""
    await adversary.strike(until_s)
    healed, before = time.monotonic(), await _last_contact(lab)

    async def delivered() -> bool:
        await _delivered(lab)
        return await _exchanged(lab, before)

    await until("an exchange", delivered, timeout_s=SETTLE_S)
    return time.monotonic() - healed


async def cut_and_heal(lab: Lab, chance: random.Random, *, cut_s: tuple[float, float] = CUT_S) -> float:
    """Cut the whole line for a while, mend it, and wait for the first exchange. Returns the seconds that it took."""
    if lab.ground.cable is not None:
        await chance.choice((lab.ground.cable.pull_at_hub, lab.ground.cable.pull_at_agent))()
    else:
        lab.proxy.weather = Weather(refuse=1.0)
        lab.proxy.cut()
    await asyncio.sleep(chance.uniform(*cut_s))
    before = await _last_contact(lab)
    if lab.ground.cable is not None:
        await lab.ground.cable.mend()
    lab.proxy.clear()
    healed = time.monotonic()
    await until("an exchange after a cut", lambda: _exchanged(lab, before), timeout_s=SETTLE_S)
    return time.monotonic() - healed


async def _last_contact(lab: Lab) -> str | None:
    with contextlib.suppress(DemoError):
        found: str | None = (await lab.kiosk.view())["hub"]["last_contact"]
        return found
    return None


async def _exchanged(lab: Lab, before: str | None) -> bool:
    """Whether the station's last exchange is another than it was. Its clock may lie, so nothing is compared."""
    contact = await _last_contact(lab)
    if contact is None or contact == before:
        raise NotYetError(f"the last exchange was at {contact}")
    return True


async def _settle(lab: Lab, life: Life) -> None:
    """Everybody goes home, what is owed is delivered, every rental is over, the outbox is empty and stays so."""
    await life.go_home()
    await until("the hub", lab.hub.is_ready, timeout_s=SETTLE_S)
    await until("the chargers' last messages", lambda: _owe_nothing(lab), timeout_s=SETTLE_S)
    await until("every rental to be over", lambda: _over(lab), timeout_s=SETTLE_S, every_s=0.25)
    quiet_since: list[float] = []

    async def quiet() -> bool:
        try:
            await _delivered(lab)
        except NotYetError:
            quiet_since.clear()
            raise
        quiet_since.append(time.monotonic())
        return quiet_since[-1] - quiet_since[0] >= QUIET_S

    await until("a quiet outbox", quiet, timeout_s=SETTLE_S)


async def _delivered(lab: Lab) -> bool:
    try:
        health = await lab.kiosk.get("/healthz")
    except DemoError as error:
        raise NotYetError(str(error)) from error
    if health["store"]["waiting"] or not health["hub_online"]:
        raise NotYetError(f"{health['store']['waiting']} facts wait, hub online: {health['hub_online']}")
    return True


async def _owe_nothing(lab: Lab) -> bool:
    owed = sum(charger.undelivered for charger in lab.world.chargers.values())
    if owed:
        raise NotYetError(f"{owed} messages")
    return True


async def _over(lab: Lab) -> bool:
    left = unsettled(lab)
    if left:
        raise NotYetError(f"{left} rentals are not over")
    return True
