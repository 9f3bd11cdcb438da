"""The station of the month's benchmark: core, loop, store and pump in this process, on a clock that is moved.

`python -m benchmarks.month_station FOLDER HUB_URL DAYS` prints one line of JSON.
"""

import asyncio
import datetime as dt
import itertools
import json
import sys
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec
import psutil
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edge_agent.core.inputs import (
    AgentWoke,
    Agreed,
    BatteryReported,
    CardRead,
    ChangesArrived,
    ChargeMetered,
    ChargeStarted,
    ChargeStopped,
    DockFound,
    DockKind,
    DockOrderEnded,
    DockReported,
    HubReached,
    LockState,
    MeterSample,
    Outcome,
    QuoteAsked,
    Ticked,
)
from edge_agent.core.orders import Order, UnlockDock
from edge_agent.core.state import Charger, Dock, Rental, State
from edge_agent.station.dispatch import Dispatch
from edge_agent.station.loop import Station
from edge_agent.store.store import Store
from edge_agent.uplink.identity import Identity
from edge_agent.uplink.pump import SyncPump
from protocols.kiosk.actions import ByCard
from protocols.sync.changes import CardItem, Item, StationItem, TariffItem, VehicleItem
from protocols.sync.clock import Moment
from protocols.sync.envelope import ListChange, digest_of, encode
from protocols.values import UTC, BatteryReading

BEGAN: Final = dt.datetime(2026, 11, 1, tzinfo=UTC)
DOCKS: Final = 8
RENTALS_A_DAY: Final = 60
CHARGES_A_DAY: Final = 20
RIDE_MIN: Final = 17
CHARGE_MIN: Final = 60
AWAY: Final = (12, 15)  # the days on which the hub is away
SETTLED_DAY: Final = 3  # the store keeps facts for 72 h: from here on it should not grow
STATION: Final = uuid.UUID(int=14)
TARIFF: Final = uuid.UUID(int=1)
_ids = itertools.count(1)


class MovedClock:
    """Virtual time; `pause` ends when the time has come."""

    def __init__(self) -> None:
        self._mono_s = 1000.0
        self._waiting: list[tuple[float, asyncio.Future[None]]] = []

    def now(self) -> Moment:
        return Moment(at=BEGAN + dt.timedelta(seconds=self._mono_s - 1000.0), mono_s=self._mono_s, boot_id="bench")

    def mono_s(self) -> float:
        return self._mono_s

    async def pause(self, wait_s: float) -> None:
        done = asyncio.get_running_loop().create_future()
        self._waiting.append((self._mono_s + wait_s, done))
        await done

    def move(self, seconds: float) -> None:
        self._mono_s += seconds
        due = [one for one in self._waiting if one[0] <= self._mono_s]
        self._waiting = [one for one in self._waiting if one[0] > self._mono_s and not one[1].done()]
        for _, done in due:
            if not done.done():
                done.set_result(None)


class Docks:
    """Carries every order out at once."""

    def __init__(self, tell: Callable[[object], None]) -> None:
        self._tell = tell

    def send(self, order: Order) -> None:
        dock_no = getattr(order, "dock_no", 0)
        self._tell(DockOrderEnded(order_id=order.order_id, dock_no=dock_no, outcome=Outcome.DONE))
        if isinstance(order, UnlockDock):
            self._tell(_report(dock_no, dock_no, LockState.UNLOCKED, 3600))


class Month:
    """The station and those who use it."""

    def __init__(self, store: Store, clock: MovedClock, hub_url: str) -> None:
        self.store, self.clock = store, clock
        dispatch = Dispatch()
        empty = State(
            station_id=STATION,
            profile=StationItem(key="self", name="Bench", number="1", timezone="UTC", currency="EUR"),
            boot="bench",
            docks={no: Dock(dock_no=no) for no in range(1, DOCKS + 1)},
            chargers={"CP": Charger(charger_id="CP")},
        )
        self.station = Station(state=empty, journal=store, dispatch=dispatch, clock=clock, new_id=new_id)
        dispatch.connect(tell=self.station.tell, docks=Docks(self.station.tell), chargers=None)
        self._key = Ed25519PrivateKey.generate()
        self.pump = self.pump_to(hub_url)
        self.station.on_business(self.nudge)
        self.rentals = self.charges = 0
        self.facts = 0
        self.largest = 0

    def pump_to(self, hub_url: str) -> SyncPump:
        identity = Identity(station_id=STATION, name="Bench", hub_url=hub_url, key=self._key)
        return SyncPump(
            identity=identity, store=self.store, ask=self.station.ask, tell=self.station.tell, held=self.station.held,
            clock=self.clock, agent_version="bench", pause=self.clock.pause,
        )  # fmt: skip

    def nudge(self) -> None:
        """To the pump of the moment."""
        self.pump.nudge()

    async def furnish(self) -> None:
        self.station.tell(AgentWoke(epoch=self.store.epoch, version="bench", unclean=False))
        tariff = TariffItem(
            key=f"{TARIFF}/1", tariff_id=TARIFF, version=1, name="S", use="rental", currency="EUR", valid_from_ms=0,
            unlock_minor=100, per_minute_minor=19,
        )  # fmt: skip
        vehicles = [
            VehicleItem(
                key=str(uuid.UUID(int=no)), label=f"V-{no}", kind="scooter", model="M", dock_kind="latch",
                full_range_km=60,
            )
            for no in range(1, DOCKS + 1)
        ]  # fmt: skip
        cards = [
            CardItem(key=f"{no:08X}", account_id=uuid.UUID(int=100 + no), may=["rent", "charge"])
            for no in range(1, DOCKS + 1)
        ]
        # Off line for three days it gives out more than a real station would by its caps.
        station = StationItem(
            key="self", name="Bench", number="1", timezone="UTC", currency="EUR", offline_rentals=10_000,
            offline_rentals_per_account=10_000,
        )  # fmt: skip
        lists: list[tuple[str, list[Item]]] = [
            ("station", [station]),
            ("tariffs", [tariff]),
            ("vehicles", [*vehicles]),
            ("cards", [*cards]),
        ]
        for rev, (name, items) in enumerate(lists, 1):
            await self.station.ask(ChangesArrived(rev=rev, changes=(_list(rev, name, items),)))
        for no in range(1, DOCKS + 1):
            self.station.tell(
                DockFound(dock_no=no, kind=DockKind.LATCH, serial=str(no), firmware="1", can_charge=False)
            )
            self.station.tell(_report(no, no, LockState.LOCKED, 3600))
            self.station.tell(_battery(no, 80))

    async def day(self) -> None:
        """One day, minute by minute."""
        rentals = {int(number * 1440 / RENTALS_A_DAY): number for number in range(RENTALS_A_DAY)}
        charging: dict[int, int] = {}
        riding: dict[int, int] = {}
        for minute in range(1440):
            self.clock.move(60)
            self.station.tell(Ticked())
            if minute % 10 == 0:
                for no in set(range(1, DOCKS + 1)) - set(riding.values()):
                    self.station.tell(_report(no, no, LockState.LOCKED, 600))
                    self.station.tell(_battery(no, 80 + (minute + no) % 20))
            if minute in rentals:
                no = 1 + rentals[minute] % DOCKS
                await self._rent(no)
                riding[minute + RIDE_MIN] = no
            if minute in riding:
                no = riding.pop(minute)
                self.station.tell(_report(no, no, LockState.LOCKED, 1))
                self.station.tell(_battery(no, 60))
            await self._charge(minute, charging)
            if minute % 30 == 0:
                await self._breathe()
        for no in riding.values():
            self.station.tell(_report(no, no, LockState.LOCKED, 1))

    async def _rent(self, no: int) -> None:
        self.station.tell(CardRead(dock_no=no, uid=f"{no:08X}"))
        await self._until(lambda: self.station.state.card is not None and self.station.state.card.uid == f"{no:08X}")
        card = self.station.state.card
        assert card is not None
        quote = await self.station.ask(QuoteAsked(who=ByCard(kind="card", read_id=card.read_id), dock_no=no))
        await self.station.ask(Agreed(quote_id=quote.quote_id))
        self.clock.move(5)
        self.station.tell(_report(no, None, LockState.UNLOCKED, 1))
        self.rentals += 1

    async def rent_and_return(self, no: int) -> None:
        """One whole rental, back at the dock it left; done when its end is on the disk."""
        self.station.tell(HubReached(hub_at=self.clock.now().at))  # off line an account has its caps
        await self._rent(no)
        await self._until(lambda: any(one.undocked_at and not one.finished_at for one in self._rentals()))
        self.clock.move(RIDE_MIN * 60)
        self.station.tell(Ticked())
        self.station.tell(_report(no, no, LockState.LOCKED, 1))
        self.station.tell(_battery(no, 60))
        await self._until(lambda: all(one.finished_at for one in self._rentals()) and not self.station.queued)

    def _rentals(self) -> list[Rental]:
        return list(self.station.state.rentals.values())

    async def _charge(self, minute: int, charging: dict[int, int]) -> None:
        now = self.clock.now().at
        for connector, left in list(charging.items()):
            energy = (CHARGE_MIN - left) * 180
            if left == 0:
                found = self._session(connector)
                await self.station.ask(
                    ChargeStopped(
                        charger_id="CP", transaction_id=found, meter_stop_wh=energy, stopped_at=now,
                        reason="local",
                    )
                )  # fmt: skip
                del charging[connector]
                continue
            charging[connector] = left - 1
            sample = MeterSample(sampled_at=now, energy_wh=energy, power_w=10_800.0, soc_pct=50.0)
            self.station.tell(
                ChargeMetered(charger_id="CP", connector_no=connector, transaction_id=None, samples=(sample,))
            )
        if minute % (1440 // CHARGES_A_DAY) == 0:
            connector = 1 + minute // (1440 // CHARGES_A_DAY) % 2
            await self.station.ask(
                ChargeStarted(
                    charger_id="CP", connector_no=connector, id_token=f"{connector:08X}", meter_start_wh=0,
                    started_at=now,
                )
            )  # fmt: skip
            charging[connector] = CHARGE_MIN
            self.charges += 1

    def _session(self, connector: int) -> int:
        """The transaction that runs there."""
        running = [one for one in self.station.state.sessions.values() if one.stopped_at is None]
        return next(one.transaction_id for one in running if one.connector_no == connector)

    async def _breathe(self) -> None:
        """Let loop, writer and pump come to rest, as in the half hour that has passed."""
        for _ in range(20):
            await asyncio.sleep(0.0005)
        health = self.store.health()
        self.largest = max(self.largest, health.file_bytes + health.wal_bytes)

    async def _until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(10):
            while not holds():
                await asyncio.sleep(0)

    async def settled(self) -> None:
        """Until the hub holds everything."""
        async with asyncio.timeout(120):
            while any(one.waiting for one in self.store.chains()):
                self.clock.move(31)
                self.pump.nudge()
                await asyncio.sleep(0.01)


async def measure(folder: Path, hub_url: str, days: int) -> dict[str, float]:
    """Run the days."""
    clock = MovedClock()
    store = await Store.open(folder / "station.db", clock=clock)
    month = Month(store, clock, hub_url)
    process = psutil.Process()
    running = asyncio.create_task(month.station.run())
    pumping = asyncio.create_task(month.pump.run())
    try:
        await month.furnish()
        written = process.io_counters().write_bytes
        settled_mb = 0.0
        for day in range(days):
            if day == AWAY[0]:
                pumping = await _instead(pumping, month, "http://127.0.0.1:9")
            if day == AWAY[1]:
                pumping = await _instead(pumping, month, hub_url)
            await month.day()
            if not AWAY[0] <= day < AWAY[1]:
                await month.settled()
            if day <= SETTLED_DAY:
                settled_mb = process.memory_info().rss / 1e6
            print(f"day {day + 1}: {process.memory_info().rss / 1e6:.1f} MB", file=sys.stderr)
        end_mb = process.memory_info().rss / 1e6
        written = process.io_counters().write_bytes - written
        facts = sum(one.last for one in store.chains())
    finally:
        for task in (running, pumping):
            task.cancel()
        await asyncio.gather(running, pumping, return_exceptions=True)
        await store.close()
    return {
        "days": days, "rentals": month.rentals, "charges": month.charges, "facts": facts, "written": written,
        "growth_mb": end_mb - settled_mb, "end_mb": end_mb, "file_mb": month.largest / 1e6,
    }  # fmt: skip


async def _instead(pumping: "asyncio.Task[None]", month: Month, hub_url: str) -> "asyncio.Task[None]":
    """Another pump, at another address."""
    pumping.cancel()
    await asyncio.gather(pumping, return_exceptions=True)
    month.pump = month.pump_to(hub_url)
    return asyncio.create_task(month.pump.run())


def _report(no: int, vehicle: int | None, lock: LockState, age_s: float) -> DockReported:
    return DockReported(
        dock_no=no, lock=lock, vehicle_present=vehicle is not None,
        vehicle_id=None if vehicle is None else uuid.UUID(int=vehicle), presence_age_s=age_s, contactor_closed=False,
        tamper=False, supply_voltage_v=12.0, temperature_c=20.0,
    )  # fmt: skip


def _battery(no: int, soc_pct: float) -> BatteryReported:
    return BatteryReported(dock_no=no, battery=BatteryReading(soc_pct=soc_pct, soh_pct=97.0, voltage_v=51.0))


def _list(rev: int, name: str, items: list[Item]) -> bytes:
    raw = [(item.key, msgspec.json.encode(item)) for item in items]
    upserts = [msgspec.Raw(data) for _, data in raw]
    return encode(
        ListChange(rev=rev, name=name, from_version=None, to_version=1, sha256=digest_of(raw), upserts=upserts)
    )


def new_id() -> uuid.UUID:
    return uuid.UUID(int=(1 << 100) + next(_ids))


def main() -> None:
    folder, hub_url, days = sys.argv[1:]
    print(json.dumps(asyncio.run(measure(Path(folder), hub_url, int(days)))))


if __name__ == "__main__":
    main()
