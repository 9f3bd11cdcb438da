"""One round of the soak: a fresh station and hub, people and adversary for a while, healing, and the three books."""

import asyncio
import datetime as dt
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from firmware_sim.waiting import DemoError, NotYetError, until
from protocols.values import UTC, instant
from tests.journeys.faults.adversary import Adversary
from tests.journeys.faults.books import Finding, Kind
from tests.journeys.faults.check import check
from tests.journeys.faults.lab import Lab, open_lab
from tests.journeys.faults.life import Life
from tests.journeys.faults.reading import hub_book, station_book, unsettled, world_book

SETTLE_S: Final = 60.0
QUIET_S: Final = 1.0  # the outbox must stay empty so long before the books are closed


@dataclass(slots=True, kw_only=True)
class Report:
    """What a round, or many, came to.

    `healed_s` is the longest time from the last healing to an exchange that left the outbox empty.
    """

    faults: Counter[str] = field(default_factory=Counter)
    seen: Counter[str] = field(default_factory=Counter)
    facts: Counter[str] = field(default_factory=Counter)
    line: Counter[str] = field(default_factory=Counter)
    findings: list[Finding] = field(default_factory=list)
    diary: list[str] = field(default_factory=list)
    opened: int = 0
    moves: int = 0
    charges: int = 0
    rentals: int = 0
    restarts: int = 0
    gave_up: int = 0
    healed_s: float = 0.0

    def add(self, other: "Report") -> None:
        """Count another round in."""
        for name in ("faults", "seen", "facts", "line"):
            getattr(self, name).update(getattr(other, name))
        for name in ("opened", "moves", "charges", "rentals", "restarts", "gave_up"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.healed_s = max(self.healed_s, other.healed_s)
        self.findings += other.findings


async def play(folder: Path, seed: int, *, life_s: float) -> Report:
    """One round from this seed. Raises DemoError when the system does not even come up."""
    report = Report()
    async with open_lab(folder, seed) as lab:
        life, adversary = Life(lab, seed), Adversary(lab, seed)
        deadline = asyncio.get_running_loop().time() + life_s
        try:
            async with asyncio.TaskGroup() as group:
                struck = group.create_task(_strike(lab, adversary, deadline))
                group.create_task(life.live(deadline))
            report.healed_s = struck.result()
            await _settle(lab, life)
        except* DemoError as errors:
            report.findings += [Finding(Kind.STALLED, str(error)) for error in errors.exceptions]
        world, station, hub = world_book(lab, life), station_book(lab.store), await hub_book(lab)
        report.findings += check(world, station, hub)
        report.faults, report.diary, report.seen = adversary.counts, adversary.diary, life.seen
        report.facts.update(one.fact.type for one in station.facts)
        report.line = lab.proxy.counts
        report.opened, report.moves, report.charges = len(world.opened), len(world.moves), len(world.charges)
        report.rentals = len(hub.rentals)
        report.gave_up = lab.agent.gave_up + lab.hub_part.gave_up
        report.restarts = lab.agent.starts + lab.hub_part.starts - 2
    return report


async def _strike(lab: Lab, adversary: Adversary, until_s: float) -> float:
    """Strike, heal, and wait for an exchange that leaves the outbox empty. Returns the seconds that it took."""
    await adversary.strike(until_s)
    healed, healed_at = time.monotonic(), dt.datetime.now(UTC)

    async def delivered() -> bool:
        await _delivered(lab)
        contact = (await lab.kiosk.view())["hub"]["last_contact"]
        if contact is None or instant(contact) < healed_at:
            raise NotYetError(f"the last exchange was at {contact}")
        return True

    await until("an exchange", delivered, timeout_s=SETTLE_S)
    return time.monotonic() - healed


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
    left = unsettled(lab.store)
    if left:
        raise NotYetError(f"{left} rentals are not over")
    return True
