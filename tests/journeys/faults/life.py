"""Seeded people at the station, while everything breaks: they rent, ride, walk away, complain, charge.

They take every refusal for an answer and remember what they were promised. They act on what they see: a vehicle is
pulled only where the bolt lets it go. What they were told is kept for `books`.
"""

import asyncio
import contextlib
import random
import time
from collections import Counter
from typing import Any, Final

import aiohttp

from firmware_sim.plan import OPERATOR_CARD, RENTER_CARD, STATION_ID
from firmware_sim.waiting import DemoError
from protocols.errors import Refused
from tests.journeys.faults.bookers import Booked, book
from tests.journeys.faults.books import Move, Reading
from tests.journeys.faults.lab import Lab

CARDS: Final = (RENTER_CARD, OPERATOR_CARD, OPERATOR_CARD, "04DEADBEEF0001")
OPEN_S: Final = 8.0  # how long somebody waits in front of a dock
CARD_S: Final = 5.0
PLANS: Final = ("ride", "ride", "ride", "ride", "walk away", "complain")


class Life:
    """Several renters, a visitor at each charger, and a member of staff who opens docks from afar."""

    def __init__(self, lab: Lab, seed: int) -> None:
        self.moves: list[Move] = []
        self.promised: set[str] = set()
        self.ordered: dict[str, int] = {}  # orders of staff by id: the dock
        self.unanswered: list[int] = []
        self.booked = Booked()
        self.let_in: list[str] = []  # rentals given for a revoked voucher
        self.seen: Counter[str] = Counter()
        self._lab = lab
        self._seed = seed
        self._yard = lab.world.yard

    async def live(self, until_s: float) -> None:
        """Until the loop's clock shows `until_s`; whoever is in the middle of something finishes it."""
        async with asyncio.TaskGroup() as group:
            for number, vouchers in enumerate(self._lab.vouchers):
                group.create_task(self._renter(random.Random(f"{self._seed} renter {number}"), vouchers, until_s))
            for charger_id in self._lab.world.chargers:
                group.create_task(self._visitor(random.Random(f"{self._seed} {charger_id}"), charger_id, until_s))
            group.create_task(self._staff(random.Random(f"{self._seed} staff"), until_s))
            group.create_task(self._reader(until_s))
            chance = random.Random(f"{self._seed} bookings")
            group.create_task(book(self._lab, chance, self._post, self.seen, self.booked, until_s))

    async def go_home(self) -> None:
        """Closing time: every vehicle back into a dock, every car unplugged. Nothing may be broken any more."""
        for charger_id, charger in self._lab.world.chargers.items():
            if charger_id in self._lab.world.plugged:
                with contextlib.suppress(Refused):
                    self._lab.world.unplug(charger_id)
            charger.go_online()
        for placed in self._yard.vehicles.values():
            if placed.dock_no is None:
                await self._push(random.Random(self._seed), placed.plan.label)

    # --- renters ---------------------------------------------------------------------------------------

    async def _renter(self, chance: random.Random, vouchers: list[str], until_s: float) -> None:
        loop = asyncio.get_running_loop()
        left, used = list(vouchers), list[str]()
        while left:
            await asyncio.sleep(chance.uniform(0.3, 4.0))
            await self._lab.open_for_business.wait()
            if loop.time() >= until_s:
                return
            dock_no = chance.choice([number for number, dock in self._yard.docks.items() if dock.vehicle] or [1])
            if chance.random() < 0.15:
                await self._twice_at_once(chance, left[-1])
            if await self._rent(chance, left[-1], dock_no):
                used.append(left.pop())
            if used and chance.random() < 0.2:
                await self._with_old_code(chance.choice(used), dock_no)

    async def _rent(self, chance: random.Random, voucher: str, dock_no: int) -> bool:
        """Whether the voucher may be spent now; an answer that never came leaves one in doubt."""
        asked = await self._post("/api/quotes", {"who": {"kind": "voucher", "token": voucher}, "dock_no": dock_no})
        if asked is None or "quote_id" not in asked:
            return False
        rental = await self._post("/api/rentals", {"quote_id": asked["quote_id"]})
        if rental is not None and "rental_id" not in rental:
            return False
        rental_id = None if rental is None else str(rental["rental_id"])
        if rental_id is not None:
            self.promised.add(rental_id)
            self.seen["rental promised"] += 1
        plan = chance.choice(PLANS)
        if plan == "walk away":
            self.seen["walked away"] += 1
        elif plan == "complain" and rental_id is not None:
            await asyncio.sleep(chance.choice((0.0, chance.uniform(0.0, 1.5))))
            self.seen["complained"] += 1
            await self._post(f"/api/rentals/{rental_id}/not-open", {})
        else:
            await self._ride(chance, dock_no, asked["vehicle"]["label"])
        return True

    async def _twice_at_once(self, chance: random.Random, voucher: str) -> None:
        """The same code at two docks in the same instant: two people with one picture of it. Nobody takes anything."""
        docks = chance.sample(list(self._yard.docks), 2)
        given = await asyncio.gather(*(self._rental_for(voucher, one) for one in docks))
        self.seen[f"one voucher twice at once: {sum(one is not None for one in given)} given"] += 1
        for rental_id in filter(None, given):
            self.promised.add(rental_id)
            await self._post(f"/api/rentals/{rental_id}/not-open", {})

    async def _with_old_code(self, voucher: str, dock_no: int) -> None:
        """A photograph of yesterday's code, or one that was revoked."""
        rental_id = await self._rental_for(voucher, dock_no)
        self.seen[f"old code: {'refused' if rental_id is None else 'given'}"] += 1
        if rental_id is not None:  # its rental had come to nothing, so it is still good
            self.promised.add(rental_id)
        revoked = await self._rental_for(self._lab.revoked[dock_no % len(self._lab.revoked)], dock_no)
        if revoked is not None:
            self.let_in.append(revoked)

    async def _rental_for(self, voucher: str, dock_no: int) -> str | None:
        """The rental that the kiosk promised."""
        asked = await self._post("/api/quotes", {"who": {"kind": "voucher", "token": voucher}, "dock_no": dock_no})
        if asked is None or "quote_id" not in asked:
            return None
        rental = await self._post("/api/rentals", {"quote_id": asked["quote_id"]}) or {}
        return str(rental["rental_id"]) if "rental_id" in rental else None

    async def _ride(self, chance: random.Random, dock_no: int, label: str) -> None:
        if not await self._pull(dock_no, label):
            self.seen["stayed shut"] += 1
            return
        with contextlib.suppress(Refused):
            self._yard.ride(label, km=chance.uniform(0.1, 0.8))
        await asyncio.sleep(chance.uniform(0.2, 5.0))
        await self._push(chance, label)
        self.seen["rode"] += 1

    async def _pull(self, dock_no: int, label: str) -> bool:
        dock, deadline = self._yard.docks[dock_no], asyncio.get_running_loop().time() + OPEN_S
        while asyncio.get_running_loop().time() < deadline:
            here = dock.vehicle is not None and self._yard.find(label).dock_no == dock_no
            if not here:
                return False
            if self._yard.can_pull(dock):
                with contextlib.suppress(Refused):
                    self._yard.pull(dock_no)
                    self._moved("pull", dock_no, label)
                    return True
            await asyncio.sleep(0.05)
        return False

    async def _push(self, chance: random.Random, label: str) -> None:
        """Into any dock that takes it; somebody who finds none waits for one."""
        while True:
            numbers = list(self._yard.docks)
            chance.shuffle(numbers)
            for dock_no in numbers:
                with contextlib.suppress(Refused):
                    self._yard.push(dock_no, label)
                    self._moved("push", dock_no, label)
                    return
            await asyncio.sleep(0.1)

    def _moved(self, what: str, dock_no: int, label: str) -> None:
        vehicle_id = self._yard.find(label).plan.vehicle_id
        at_ms = time.time_ns() // 1_000_000
        self.moves.append(Move(what=what, dock_no=dock_no, vehicle_id=vehicle_id, at_ms=at_ms))

    # --- visitors and staff ----------------------------------------------------------------------------

    async def _visitor(self, chance: random.Random, charger_id: str, until_s: float) -> None:
        loop, world = asyncio.get_running_loop(), self._lab.world
        while True:
            await asyncio.sleep(chance.uniform(0.3, 3.0))
            await self._lab.open_for_business.wait()
            if loop.time() >= until_s:
                return
            card = chance.choice(CARDS)
            with contextlib.suppress(Refused):
                world.plug(charger_id)
            self.seen[f"card {await self._card(charger_id, card)}"] += 1
            await asyncio.sleep(chance.uniform(0.3, 4.0))
            if chance.random() < 0.6:
                await self._card(charger_id, card)
            with contextlib.suppress(Refused):
                world.unplug(charger_id)

    async def _card(self, charger_id: str, card: str) -> str:
        try:
            async with asyncio.timeout(CARD_S):
                return await self._lab.world.present_card(charger_id, card)
        except TimeoutError:
            return "no answer"

    async def _staff(self, chance: random.Random, until_s: float) -> None:
        """Orders from the hub, which may be dead, to a station that may not hear it."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(chance.uniform(2.0, 7.0))
            if loop.time() >= until_s - 6.0:
                return
            dock_no = chance.choice(list(self._yard.docks))
            order = {"type": "UnlockDock", "dock_no": dock_no, "duration_s": 2, "reason": "a look at the lock"}
            try:
                made = await self._lab.hub.post(f"/api/v1/stations/{STATION_ID}/orders", {"order": order, "life_s": 5})
                self.ordered[made["id"]] = dock_no
                self.seen["staff order"] += 1
            except DemoError:
                self.unanswered.append(dock_no)
                self.seen["staff order refused"] += 1

    async def _reader(self, until_s: float) -> None:
        """Somebody looks at the hub what the station says of its meter."""
        loop, meter = asyncio.get_running_loop(), self._lab.world.meter
        while loop.time() < until_s:
            await asyncio.sleep(0.7)
            with contextlib.suppress(DemoError):
                picture = (await self._lab.hub.get(f"/api/v1/stations/{STATION_ID}"))["picture"] or {}
                for told in picture.get("meters", ()):
                    figures = {name: value for name, value in told.items() if isinstance(value, int | float)}
                    energy_wh = meter.readings()["energy_import_wh"]
                    self._lab.readings.append(Reading(told=figures, energy_wh=energy_wh))

    async def _post(self, path: str, body: dict[str, Any]) -> dict[str, Any] | None:
        """The answer, a refusal among them; None when none came and nobody knows."""
        try:
            async with self._lab.people.post(self._lab.kiosk_url + path, json=body) as response:
                answer: dict[str, Any] = await response.json(content_type=None)
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError):
            self.seen["no answer"] += 1
            return None
        if response.status >= 400:
            self.seen[f"refused: {answer.get('code')}"] += 1
        return answer
