"""A station of the model: the real core and its rows, docks that a test moves by hand, the real sync bytes."""

import dataclasses
import datetime as dt
import uuid
from typing import Any, Final

import msgspec
import zstandard

from edge_agent.core.inputs import Agreed, BatteryReported, ChangesArrived, ClockMoved, LockState, Outcome, QuoteAsked
from edge_agent.core.state import Rental
from edge_agent.core.step import Decision
from edge_agent.runtime.timekeeper import NOBODY_KNOWS_S, SPREAD_S
from protocols.kiosk.actions import ByReservation, ByVoucher
from protocols.sync import clock, envelope
from protocols.sync.clock import ClockQuality
from protocols.sync.envelope import Clock, Fact, Lane, SyncReply
from protocols.sync.facts import LANES as LANE_OF
from protocols.sync.facts import Body
from protocols.values import BatteryReading
from tests.edge_agent.core.stage import Stage, vehicle_id
from tests.hub.stations_double import StationDouble

CHARGED: Final = 80.0
SURE_MS: Final = int(SPREAD_S * 1000)
NOBODY_KNOWS_MS: Final = int(NOBODY_KNOWS_S * 1000)
LANES: Final = (Lane.BUSINESS, Lane.OPERATIONS)
Wire = tuple[bytes, dict[str, str]]


class ModelStation(Stage):
    """One station. True time is the town's; `skew_s` is what its own clock is off by."""

    def __init__(self, double: StationDouble, docks: int, start: dt.datetime) -> None:
        super().__init__(docks, chargers=())
        self.double = double
        self.empty = self.state = dataclasses.replace(self.empty, station_id=double.station_id)
        self.at = start
        self.skew_s = 0.0
        self.standing: dict[int, int | None] = dict.fromkeys(range(1, docks + 1))
        self.low: set[int] = set()
        self.acked = dict.fromkeys(LANES, 0)
        self.late: list[Wire] = []
        self.cut = False
        self.was_sure = True  # its clock has never been far off
        self.uncertainty_ms = SURE_MS
        self._hlc = 0

    def decide(self, seen: object) -> Decision:
        """Decide, commit, and write the facts down for the hub."""
        decision = super().decide(seen)
        for fact in decision.facts:
            self._hlc = max(self._hlc + 1, clock.hlc_of(clock.physical_ms(self.now())))
            self._write(fact)
        return decision

    def _write(self, body: Body) -> None:
        """A record as the store makes it, with what the clocks say."""
        now, lane = self.now(), LANE_OF[type(body)]
        told = self.double.chain(lane)
        fact = Fact(
            id=uuid.uuid5(self.double.station_id, f"{lane} {len(told.records)}"),
            type=type(body).__name__,
            v=1,
            hlc=self._hlc,
            at_ms=now.at_ms,
            mono_ms=int(now.mono_s * 1000),
            boot=now.boot_id,
            clock=now.quality,
            body=msgspec.Raw(msgspec.json.encode(body)),
            uncertainty_ms=now.uncertainty_ms,
        )
        told.add(fact.id, envelope.encode(fact))

    def set_clock(self, true: dt.datetime, skew_s: float) -> None:
        """True time went on, and the wall clock with it, as far off as it is; says nothing."""
        self.skew_s = skew_s
        self.at = true + dt.timedelta(seconds=skew_s)

    def put_right(self, true: dt.datetime, skew_s: float) -> None:
        """It is told the time, as well as the margin between the clocks allows; what moves is said."""
        before_ms, was_sure = self.now_ms(), self.is_sure
        self.quality, self.uncertainty_ms = ClockQuality.SYNCED, SURE_MS
        self.set_clock(true, skew_s)
        if not was_sure or self.now_ms() != before_ms:
            self.tell(ClockMoved(reason="hub", old_ms=before_ms, new_ms=self.now_ms(), offset_ms=0))

    def wake_astray(self, true: dt.datetime, skew_s: float) -> None:
        """The power was cut: a new boot, whose clock shows anything and knows that it may."""
        self.was_sure = False
        self.quality, self.uncertainty_ms = ClockQuality.UNKNOWN, NOBODY_KNOWS_MS
        self.set_clock(true, skew_s)
        self.restart(boot=f"boot-{self.epoch + 2}", off_s=0.0)
        self.wake()

    @property
    def is_sure(self) -> bool:
        """Whether its clock is believed."""
        return self.quality is ClockQuality.SYNCED

    # --- docks -----------------------------------------------------------------------------------------

    def put(self, dock_no: int, vehicle: int) -> None:
        """Somebody pushes a vehicle in."""
        self.standing[dock_no] = vehicle
        self.report(dock_no, vehicle)
        self.charge(dock_no)

    def charge(self, dock_no: int) -> None:
        """The battery says how full it is."""
        soc = 5.0 if self.standing[dock_no] in self.low else CHARGED + dock_no
        self.tell(BatteryReported(dock_no=dock_no, battery=BatteryReading(soc_pct=soc)))

    def wake(self) -> None:
        """The docks say what stands in them."""
        for dock_no, vehicle in self.standing.items():
            self.find(dock_no)
            self.report(dock_no, vehicle, LockState.LOCKED if vehicle else LockState.UNLOCKED, age_s=3600.0)
            if vehicle is not None:
                self.charge(dock_no)

    def take(self, who: ByVoucher | ByReservation, dock_no: int | None = None) -> Rental:
        """A person rents and pulls the vehicle out. Raises Refused."""
        quote = self.ask(QuoteAsked(who=who, dock_no=dock_no))
        opened = len(self.unlocks())
        rental: Rental = self.ask(Agreed(quote_id=quote.quote_id))
        assert len(self.unlocks()) == opened + 1
        self.wait(1.0)
        self.ended(self.unlocks()[-1], Outcome.DONE)
        vehicle = self.standing[rental.dock_no]
        assert vehicle is not None
        assert rental.vehicle_id == vehicle_id(vehicle)
        self.report(rental.dock_no, vehicle, LockState.UNLOCKED)
        self.wait(1.0)
        self.report(rental.dock_no, None, LockState.UNLOCKED)
        self.standing[rental.dock_no] = None
        return rental

    # --- the line --------------------------------------------------------------------------------------

    def request(self) -> Wire:
        """What the station sends now, signed."""
        batches = [
            self.double.batch(lane, first=self.acked[lane] + 1)
            for lane in LANES
            if len(self.double.chain(lane).records) > self.acked[lane]
        ]
        lists = {name: 0 if one.suspect else one.version for name, one in self.state.lists.items()}
        asked = self.double.request(*batches, rev=self.state.rev, lists=lists)
        now = self.now()
        shown = Clock(
            at_ms=now.at_ms,
            mono_ms=int(now.mono_s * 1000),
            boot=now.boot_id,
            quality=now.quality,
            uncertainty_ms=now.uncertainty_ms,
        )
        body = zstandard.compress(envelope.encode(msgspec.structs.replace(asked, clock=shown)))
        return body, self.double.headers(body) | {"Content-Encoding": "zstd", "Content-Type": "application/json"}

    def hear(self, reply: SyncReply) -> None:
        """Take the hub's answer in."""
        cursors = [(one.lane, one.epoch, one.acked) for one in reply.results]
        cursors += [(one.lane, one.epoch, one.acked) for one in reply.cursors]
        for lane, epoch, acked in cursors:
            if lane in self.acked and epoch == self.double.epoch:
                self.acked[lane] = acked
        assert reply.quarantined == []
        self.ask(ChangesArrived(rev=reply.rev, changes=tuple(bytes(raw) for raw in reply.changes)))

    def told(self, kind: type[Any], lease_id: uuid.UUID) -> list[Any]:
        """The facts of this kind about a lease."""
        return [one for one in self.of(kind) if one.lease_id == lease_id]
