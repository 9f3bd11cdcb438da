"""Use cases of leases: ask for a booking's vehicle, sell what is held, hear the stations' answers, give back.

A booking is promised when a lease backs it: one that is held ahead backs it at once, also while the line is cut;
else the station is asked and its answer decides. An agent that knows no leases gets plain reservations, and what is
promised there is marked `unbacked`.
"""

import datetime as dt
import uuid
from collections.abc import Iterable, Sequence
from typing import Final, Protocol

from sqlalchemy.ext.asyncio import AsyncSession

from hub import events
from hub.kernel.clock import Clock
from hub.kernel.db import insert_new
from hub.rentals import lease_repository, lease_rules, machine, repository
from hub.rentals.lease_rules import LeaseFact
from hub.rentals.machine import Effect, Event, Phase
from hub.rentals.moves import Moves
from hub.rentals.tables import Lease, LeaseStation, Reservation
from hub.settings import LeaseSettings
from protocols.errors import Refused
from protocols.sync import facts
from protocols.sync.changes import DenialItem, Holder, Item, LeaseItem, LeasePolicyItem, ReservationItem
from protocols.values import from_ms, to_ms

LIST: Final = "leases"
PLAIN: Final = "reservations"
POLICY: Final = "lease_policy"
UNBACKED: Final = "unbacked"
FEATURE: Final = "leases"
_VOUCHERS: Final = uuid.UUID("5d2b9f6a-1e0c-5b8e-9a57-8d0e4a7c2b11")
EXTENDS: Final = "extensions"
FIRST_VERSION: Final = 1


class Lists(Protocol):
    """The lists that stations hold. Filled by the wiring."""

    async def put(
        self, session: AsyncSession, name: str, items: Sequence[Item], *, station_id: uuid.UUID | None = None
    ) -> None:
        """Add or replace items, for one station or for all."""

    async def withdraw(
        self, session: AsyncSession, name: str, keys: Iterable[str], *, station_id: uuid.UUID | None = None
    ) -> None:
        """Take items out, for one station or for all."""


class Names(Protocol):
    """The stations' names. Filled by the wiring."""

    async def name_of(self, session: AsyncSession, station_id: uuid.UUID) -> str | None:
        """The station's name; None when there is no such station."""


class Leases:
    """Leases, and the bookings that stand on them."""

    def __init__(self, clock: Clock, lists: Lists, moves: Moves, times: LeaseSettings) -> None:
        self._clock = clock
        self._lists = lists
        self._moves = moves
        self.times = times

    async def back(self, session: AsyncSession, booking: Reservation, knows: bool | None) -> None:
        """Promise the booking by a lease that is held, or ask its station for one, if that `knows` leases."""
        if knows is False:
            if booking.phase != Phase.HELD:
                await self._promise_plainly(session, booking)
            return
        lease = await self._held_for(session, booking)
        if lease is None:
            await self.ask(session, booking)
            return
        lease.reservation_id, lease.state = booking.id, "assigned"
        booking.lease_id = lease.id
        await self.move(session, booking, Event.KEEP, "")
        await self.publish(session, lease, booking)

    async def want(self, session: AsyncSession, booking: Reservation) -> None:
        """What was held is wanted: it is promised as far as it is backed."""
        await self.move(session, booking, Event.WANT)
        if await self._is_plain(session, booking):
            await self._promise_plainly(session, booking)
            return
        lease = None if booking.lease_id is None else await lease_repository.lease(session, booking.lease_id)
        if lease is not None and lease.state == "assigned":
            await self.move(session, booking, Event.KEEP, "")

    async def extend(self, session: AsyncSession, booking: Reservation, until_at: dt.datetime) -> None:
        """Give it more time, as soon as its station has heard of it. Raises Refused `extension_not_possible`."""
        lease = None if booking.lease_id is None else await lease_repository.lease(session, booking.lease_id)
        if booking.phase in machine.RIDING or lease is None:
            booking.until_at = until_at
            await session.flush()
            if booking.reason == UNBACKED and booking.phase not in machine.RIDING:
                await self.publish_plain(session, booking)
            return
        station = await lease_repository.station(session, booking.station_id)
        if station is None or not station.extends or lease.state != "assigned" or lease.giving_back:
            raise Refused("extension_not_possible")
        booking.wanted_until_at = until_at
        lease.until_at = until_at + dt.timedelta(seconds=2 * self.times.margin_s)
        lease.generation += 1
        await self.publish(session, lease, booking)

    async def _is_plain(self, session: AsyncSession, booking: Reservation) -> bool:
        return await lease_repository.knows(session, booking.station_id) is False

    async def _held_for(self, session: AsyncSession, booking: Reservation) -> Lease | None:
        if booking.vehicle_kind is None:
            return None  # which vehicle of a kind is kept, is the station's choice
        until_at = booking.until_at + dt.timedelta(seconds=2 * self.times.margin_s)
        return await lease_repository.free_one(session, booking.station_id, booking.vehicle_kind, until_at)

    async def promised(self, session: AsyncSession, ids: Sequence[uuid.UUID], now: dt.datetime) -> set[uuid.UUID]:
        """Those of these vehicles that are kept for a booking now."""
        return await lease_repository.promised(session, ids, now)

    async def ask(self, session: AsyncSession, booking: Reservation) -> None:
        """Ask the booking's station to keep a vehicle for it, from some time before on."""
        from_at = max(self._clock.now(), booking.from_at - dt.timedelta(seconds=self.times.keep_before_s))
        until_at = booking.until_at + dt.timedelta(seconds=2 * self.times.margin_s)
        # A booking for later may wait for a vehicle; who stands there now wants to know now.
        patient = min(booking.answer_by_at, booking.from_at)
        lease = self.new_lease(booking.station_id, from_at, until_at, patient)
        lease.vehicle_id, lease.vehicle_kind = booking.vehicle_id, booking.vehicle_kind
        lease.reservation_id, booking.lease_id = booking.id, lease.id
        session.add(lease)
        await self.publish(session, lease, booking)

    def new_lease(
        self, station_id: uuid.UUID, from_at: dt.datetime, until_at: dt.datetime, answer_by_at: dt.datetime
    ) -> Lease:
        """A wish of which nobody has heard yet."""
        return Lease(
            id=self._clock.new_id(), created_at=self._clock.now(), station_id=station_id, vehicle_id=None,
            vehicle_kind=None, kept_vehicle_id=None, reservation_id=None, from_at=from_at, until_at=until_at,
            answer_by_at=answer_by_at, generation=1, granted_generation=0, granted_until_at=None, state="requested",
            reason="", giving_back="", listed=False, rental_id=None, word_hlc=-1,
        )  # fmt: skip

    async def publish(self, session: AsyncSession, lease: Lease, booking: Reservation | None) -> None:
        """Tell the station what is wished."""
        lease.listed = True
        item = LeaseItem(
            key=str(lease.id),
            generation=lease.generation,
            from_ms=to_ms(lease.from_at),
            until_ms=to_ms(lease.until_at),
            margin_ms=int(self.times.margin_s * 1000),
            answer_by_ms=to_ms(lease.answer_by_at),
            vehicle_id=lease.vehicle_id,
            vehicle_kind=lease.vehicle_kind,
            holder=None if booking is None else _holder(booking),
            ended=lease.giving_back,
        )
        await self._lists.put(session, LIST, [item], station_id=lease.station_id)

    async def give_back(self, session: AsyncSession, lease: Lease, why: str) -> None:
        """Tell the station that it need not keep it; its answer ends the lease. It is sold to nobody else meanwhile."""
        if lease.state not in lease_rules.OPEN or lease.giving_back:
            return
        lease.giving_back = why
        booking = None if lease.reservation_id is None else await repository.reservation(session, lease.reservation_id)
        await self.publish(session, lease, booking)

    async def let_go(self, session: AsyncSession, booking: Reservation, why: str) -> None:
        """The booking needs nothing any more: not the lease behind it, nor the plain promise."""
        await self.withdraw_plain(session, booking)
        lease = None if booking.lease_id is None else await lease_repository.lease(session, booking.lease_id)
        if lease is not None:
            await self.give_back(session, lease, why)

    async def withdraw_plain(self, session: AsyncSession, booking: Reservation) -> None:
        """Take a plain promise out of an old agent's list, where it is in it."""
        await self._lists.withdraw(session, PLAIN, [str(booking.id)], station_id=booking.station_id)

    async def when_leases(self, session: AsyncSession, event: events.LeasesReported) -> None:
        """The station's words on leases."""
        words = [(one, one.body) for one in event.facts if isinstance(one.body, LeaseFact)]
        rows = await lease_repository.by_id(session, {fact.lease_id for _, fact in words})
        for one, fact in words:
            row = rows.get(fact.lease_id)
            if row is None:
                row = rows[fact.lease_id] = await self._learn(session, one.station_id, fact)
            until_at = from_ms(fact.until_ms) if isinstance(fact, facts.LeaseGranted) else None
            if row.station_id != one.station_id:
                continue  # nobody grants what stands at another station
            fresh = lease_rules.hear(row, fact, one.hlc, until_at)
            if fresh or (isinstance(fact, facts.LeaseGranted) and fact.again):
                await session.flush()
                await self._settle(session, row, fact)

    async def _learn(self, session: AsyncSession, station_id: uuid.UUID, fact: LeaseFact) -> Lease:
        """A lease that this hub has forgotten (it was restored from a backup): the station knows."""
        from_at = until_at = self._clock.now()
        if isinstance(fact, facts.LeaseGranted):
            from_at, until_at = from_ms(fact.from_ms), from_ms(fact.until_ms)
        lease = self.new_lease(station_id, from_at, until_at, from_at)
        lease.id = fact.lease_id
        if isinstance(fact, facts.LeaseGranted):
            lease.generation, lease.vehicle_id, lease.vehicle_kind = fact.generation, fact.vehicle_id, fact.vehicle_kind
        session.add(lease)
        await session.flush()
        return lease

    async def _settle(self, session: AsyncSession, lease: Lease, fact: LeaseFact) -> None:
        """What the word means for the list and for the booking."""
        booking = await self._booking_of(session, lease, fact)
        if lease.state not in lease_rules.OPEN:
            await self.take_off(session, lease)
        elif isinstance(fact, facts.LeaseGranted):
            gone = booking is not None and booking.phase not in machine.WAITING and booking.state != "used"
            if booking is not None and gone and not lease.giving_back:
                lease.giving_back = booking.state  # the answer came too late
                await self.publish(session, lease, booking)
            elif fact.again:
                await self.publish(session, lease, booking)
            if booking is not None and booking.lease_id == lease.id and fact.generation >= lease.generation:
                await self._extended(session, booking)
        if booking is not None and booking.lease_id == lease.id:
            meant = lease_rules.event_of(booking.phase, lease.state, lease.reason)
            if meant is not None:
                await self.move(session, booking, *meant)

    async def _extended(self, session: AsyncSession, booking: Reservation) -> None:
        """Its station keeps it longer, as was wished."""
        if booking.wanted_until_at is not None:
            booking.until_at, booking.wanted_until_at = booking.wanted_until_at, None
            await session.flush()

    async def _booking_of(self, session: AsyncSession, lease: Lease, fact: LeaseFact) -> Reservation | None:
        holder = fact.holder if isinstance(fact, facts.LeaseGranted) else None
        if holder is not None and lease.reservation_id != holder.reservation_id:
            await self._displace(session, lease)
            lease.reservation_id = holder.reservation_id
            lease.state = "assigned" if lease.state == "granted" else lease.state
        if lease.reservation_id is None:
            return None
        found = await repository.reservation(session, lease.reservation_id, lock=True)
        if found is None and holder is not None:
            found = _learnt(lease, holder, self._clock.now())
            session.add(found)
            await session.flush()
        return found

    async def _displace(self, session: AsyncSession, lease: Lease) -> None:
        """The lease was sold twice, for the first sale was forgotten: the later one needs a vehicle of its own."""
        if lease.reservation_id is None:
            return
        later = await repository.reservation(session, lease.reservation_id, lock=True)
        if later is not None and later.lease_id == lease.id and later.phase in machine.WAITING:
            await self.ask(session, later)

    async def take_off(self, session: AsyncSession, lease: Lease) -> None:
        """The station has answered: its list need not carry it any more."""
        if lease.listed:
            lease.listed = False
            await session.flush()
            await self._lists.withdraw(session, LIST, [str(lease.id)], station_id=lease.station_id)

    async def move(
        self,
        session: AsyncSession,
        booking: Reservation,
        event: Event,
        reason: str | None = None,
        *,
        by: uuid.UUID | None = None,
    ) -> bool:
        """One step by the machine, with what it means for lease and voucher. False when nothing happens."""
        effects = await self._moves.move(session, booking, event, reason, by=by)
        if effects is None:
            return False
        if Effect.RELEASE in effects:
            await self.let_go(session, booking, reason or booking.state)
        if Effect.REVOKE in effects:
            await self._revoke(session, booking)
        return True

    async def _revoke(self, session: AsyncSession, booking: Reservation) -> None:
        row = await repository.voucher(session, voucher_id_of(booking.id))
        if row is not None and row.revoked_at is None:
            row.revoked_at = self._clock.now()
            await session.flush()
            await self._lists.put(session, "voucher_denials", [DenialItem(key=str(row.id))])

    async def when_devices(self, session: AsyncSession, event: events.DevicesReported) -> None:
        """An agent started: does it know leases?"""
        for one in event.facts:
            if isinstance(one.body, facts.AgentStarted):
                station = await self.station(session, one.station_id)
                if one.hlc > station.agent_hlc:
                    before, station.knows = station.knows, FEATURE in one.body.features
                    station.extends = EXTENDS in one.body.features
                    station.agent_hlc = one.hlc
                    await session.flush()
                    if before is not station.knows:
                        await self._convert(session, station)

    async def station(self, session: AsyncSession, station_id: uuid.UUID) -> LeaseStation:
        """What the station knows and what is held there; its row is held."""
        found = await lease_repository.station(session, station_id, lock=True)
        while found is None:  # another may make it at the same moment: both go on with the one row
            first: dict[str, object] = {
                "station_id": station_id, "knows": None, "extends": False, "agent_hlc": -1, "ahead": {}, "safe": {},
                "walk_in_min": 0, "walk_in_pct": 0.0, "version": FIRST_VERSION,
            }  # fmt: skip
            await insert_new(session, LeaseStation, [first], key=["station_id"])
            found = await lease_repository.station(session, station_id, lock=True)
        return found

    async def put_policy(self, session: AsyncSession, station: LeaseStation) -> None:
        """Tell the station what stays for walk-ins."""
        await session.flush()
        item = LeasePolicyItem(key="self", walk_in_min=station.walk_in_min, walk_in_pct=station.walk_in_pct)
        await self._lists.put(session, POLICY, [item], station_id=station.station_id)

    async def _convert(self, session: AsyncSession, station: LeaseStation) -> None:
        """The agent is another one than before: bookings that are not over are promised in the way that it knows."""
        bookings = await lease_repository.bookings_ahead(session, station.station_id, self._clock.now())
        if not station.knows:
            for lease in await lease_repository.open_at(session, station.station_id):
                lease.state, lease.reason = "released", "old_agent"
                await self.take_off(session, lease)
        for booking in bookings:
            if not station.knows:
                await self._promise_plainly(session, booking)
            elif booking.lease_id is None:
                await self.withdraw_plain(session, booking)
                await self.ask(session, booking)

    async def _promise_plainly(self, session: AsyncSession, booking: Reservation) -> None:
        booking.lease_id = None
        if await self.move(session, booking, Event.KEEP, UNBACKED):
            await self.publish_plain(session, booking)

    async def publish_plain(self, session: AsyncSession, booking: Reservation) -> None:
        """Tell an agent that knows no leases of the booking."""
        await session.flush()
        item = ReservationItem(
            key=str(booking.id),
            code=booking.code,
            pin_hash=booking.pin_hash,
            account_id=booking.account_id,
            from_ms=to_ms(booking.from_at),
            until_ms=to_ms(booking.until_at),
            vehicle_id=booking.vehicle_id,
            vehicle_kind=booking.vehicle_kind,
        )
        await self._lists.put(session, PLAIN, [item], station_id=booking.station_id)


def voucher_id_of(reservation_id: uuid.UUID) -> uuid.UUID:
    """The id of the one voucher that carries this reservation."""
    return uuid.uuid5(_VOUCHERS, str(reservation_id))


def _holder(booking: Reservation) -> Holder:
    return Holder(
        reservation_id=booking.id,
        code=booking.code,
        pin_hash=booking.pin_hash,
        account_id=booking.account_id,
        from_ms=to_ms(booking.from_at),
        until_ms=to_ms(booking.wanted_until_at or booking.until_at),
    )


def _learnt(lease: Lease, holder: Holder, now: dt.datetime) -> Reservation:
    """A booking that this hub has forgotten, as its station knows it."""
    return Reservation(
        id=holder.reservation_id, created_at=now, station_id=lease.station_id, account_id=holder.account_id,
        vehicle_id=lease.vehicle_id, vehicle_kind=lease.vehicle_kind, code=holder.code, pin_hash=holder.pin_hash,
        from_at=from_ms(holder.from_ms), until_at=from_ms(holder.until_ms), trip_km=None, phase=Phase.ASKED.value,
        state=machine.STATES[Phase.ASKED], blocks=True, kept_until_at=from_ms(holder.until_ms), hold_until_at=None,
        wanted_until_at=None, fee_minor=None, fee_currency=None, reason="", answer_by_at=from_ms(holder.until_ms),
        lease_id=lease.id, rental_id=None,
    )  # fmt: skip
