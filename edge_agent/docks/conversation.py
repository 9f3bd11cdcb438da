"""One dock's whole story as a generator: it yields what it wants from the line and is sent what came of it.

`Ask` wants an exchange, `Rest` wants to be left alone (`wishes`). No serial port, thread or retry is known here, so the
story can be read from top to bottom: find it, prove, watch it, carry out orders, settle what broke.
"""

import time
from collections import deque
from collections.abc import Callable, Generator
from secrets import token_bytes
from typing import Final, TypeVar

from edge_agent.core.inputs import CardRead, DockLost, DockOrderEnded, Outcome
from edge_agent.core.orders import DockOrder, LockDock, RestartDock, UnlockDock
from edge_agent.docks import reports, verdict
from edge_agent.docks.channel import Broken, Channel, Why
from edge_agent.docks.config import DockConfig, Pace, Tell
from edge_agent.docks.timing import Probing
from edge_agent.docks.verdict import Sent, Verdict
from edge_agent.docks.wishes import Ask, Haste, Rest, Story, TooLate, Withdrawn
from protocols.dock import codes, requests
from protocols.dock.codes import Capability, StatusFlag
from protocols.dock.lifecycle import Happened, Phase
from protocols.dock.messages import Reply
from protocols.dock.replies import Battery, CardPage, ErrorReply, EventPage, Identity, LockAnswer, Status

_KEPT_EVENTS: Final = 16
_CONNECT_TRIES: Final = 3
_HAPPENED: Final = {
    Why.NO_ANSWER: Happened.SILENCE,
    Why.BAD_PROOF: Happened.PROOF_FAILED,
    Why.SESSION_GONE: Happened.SESSION_GONE,
}


_Wanted = TypeVar("_Wanted")


class Conversation:
    """The story of one dock over all its sessions. `orders` is filled by the bus, in the bus's thread."""

    def __init__(
        self,
        config: DockConfig,
        *,
        pace: Pace,
        tell: Tell,
        clock: Callable[[], float] = time.monotonic,
        wall_clock: Callable[[], float] = time.time,
    ) -> None:
        self.dock_no = config.dock_no
        self.channel = Channel(address=config.address, secret=config.secret, randbytes=token_bytes)
        self.orders: deque[DockOrder] = deque()
        self.up = False
        self.lost_count = 0
        self.sessions = 0
        self.recent_events: deque[str] = deque(maxlen=_KEPT_EVENTS)
        self.status: Status | None = None
        self._pace, self._tell, self._clock, self._wall_clock = pace, tell, clock, wall_clock
        self.reply_may_be_old_s = 0.0  # of the reply that the story is handed
        self._probing = Probing(first_s=pace.first_probe_s, last_s=pace.last_probe_s)
        self._identity: Identity | None = None
        self._sent: Sent | None = None
        self._lost_told: Why | None = None
        self._told: Status | None = None
        self._told_at = 0.0
        self._battery: Battery | None = None
        self._battery_told_at = 0.0
        self._battery_due = 0.0
        self._card = (0, 0)  # boot and number of the last card that was told
        self._event_cursor: int | None = None

    # --- the story -------------------------------------------------------------------------------------

    def story(self) -> Story:
        """Runs for ever; ends only by being closed."""
        broken = 0
        while True:
            retries = self._lost_told is None or self._waited_for
            try:
                yield from self._connect(retries=retries)
                broken = 0
                yield from self._converse()
            except Broken as error:
                broken += 1
                self._break(error.why)
                if error.why is Why.SESSION_GONE and broken < _CONNECT_TRIES:
                    continue
                self._lose(Why.BAD_PROOF if error.why is Why.BAD_PROOF else Why.NO_ANSWER)
            yield from self._leave_alone()

    def line_gone(self, *, failed: bool) -> None:
        """The line is closed: every order ends now, and each dock has to be found again.

        Only a port that failed makes docks lost; a bus that is stopped says nothing about them.
        """
        detail = "port_failed" if failed else "stopped"
        self._close(Verdict(outcome=Outcome.NO_ANSWER, detail=detail))
        while self.orders:
            self._end(self.orders.popleft(), Verdict(outcome=Outcome.NO_ANSWER, detail=detail))
        if self.channel.phase is not Phase.ABSENT:
            self.channel.forget(Happened.SILENCE)
        if self.up and failed:
            self._lose(Why.NO_ANSWER)
        self.up = False

    @property
    def _waited_for(self) -> bool:
        return bool(self.orders) or self._sent is not None

    # --- finding and losing ----------------------------------------------------------------------------

    def _connect(self, *, retries: bool) -> Story:
        _expect(Identity, (yield Ask(request=requests.Identify(), retries=retries)))
        yield Ask(request=self.channel.hello())
        reply = yield Ask(request=self.channel.proof())
        if isinstance(reply, ErrorReply):
            raise Broken(Why.SESSION_GONE)
        # What was said outside the session could have been said by anybody: ask again inside.
        self._identity = _expect(Identity, (yield Ask(request=requests.Identify())))
        yield Ask(request=requests.SetTime(at_ms=int(self._wall_clock() * 1000)))
        status = _expect(Status, (yield Ask(request=requests.AskStatus())))
        self._arrive(status)

    def _arrive(self, status: Status) -> None:
        self.sessions += 1
        self._probing.reset()
        self._lost_told = None
        if not self.up and self._identity is not None:
            self.up = True
            self._told = self._battery = None
            self._tell(reports.found(self.dock_no, self._identity))
        if self._event_cursor is None:  # what was logged before our time is history
            self._event_cursor = status.next_event
        self._take_status(status)

    def _break(self, why: Why) -> None:
        if self.channel.phase is not Phase.ABSENT:
            happened = _HAPPENED[why]
            # Silence leads to ABSENT from everywhere; a proof or a session can only fail where there is one.
            before_session = self.channel.phase is Phase.IDENTIFIED and why is Why.SESSION_GONE
            self.channel.forget(Happened.SILENCE if before_session else happened)

    def _lose(self, why: Why) -> None:
        if self._lost_told is not why:
            self._lost_told = why
            self.lost_count += 1
            self._tell(DockLost(dock_no=self.dock_no, reason=why.value))
        self.up = False
        while self.orders:  # nobody shall wait for a dock that does not answer
            order = self.orders.popleft()
            late = self._clock() >= order.expires_mono_s
            gone = Verdict(outcome=Outcome.NO_ANSWER, detail=f"dock_lost_{why.value}")
            self._end(order, Verdict(outcome=Outcome.EXPIRED) if late else gone)

    def _leave_alone(self) -> Story:
        if self._sent is not None:
            if self._clock() < self._settle_until(self._sent):
                yield Rest(until_mono_s=self._clock() + self._pace.settle_probe_s)
                return
            self._end(self._sent.order, Verdict(outcome=Outcome.NO_ANSWER, detail="unknown"))
            self._sent = None
        yield Rest(until_mono_s=self._clock() + self._probing.pause_s())

    def _settle_until(self, sent: Sent) -> float:
        return max(sent.order.expires_mono_s, sent.sent_at_mono_s + self._pace.settle_s)

    # --- the usual day ---------------------------------------------------------------------------------

    def _converse(self) -> Story:
        if self._sent is not None:
            yield from self._settle(self._sent)
        while True:
            if self.orders:
                yield from self._carry_out(self.orders.popleft())
            started = self._clock()
            try:
                yield from self._poll()
            except Withdrawn:
                continue
            yield Rest(until_mono_s=started + self._pace.poll_s)

    def _poll(self) -> Story:
        status = yield from self._ask_status()
        if self.orders:
            return
        if status.last_card and (status.boot, status.last_card) != self._card:
            yield from self._fetch_cards(status)
        if not self.orders and self._event_cursor is not None and status.next_event != self._event_cursor:
            yield from self._fetch_events()
        if not self.orders and self._clock() >= self._battery_due:
            yield from self._fetch_battery(status)

    def _ask_status(self, *, haste: Haste = Haste.POLL) -> Generator[Ask | Rest, Reply | None, Status]:
        ask = Ask(request=requests.AskStatus(), haste=haste, yields=haste is Haste.POLL)
        status = _expect(Status, (yield ask))
        self._take_status(status)
        return status

    def _take_status(self, status: Status) -> None:
        old, self.status = self._told, status
        now = self._clock()
        if old is not None and old.vehicle_id != status.vehicle_id:
            self._battery, self._battery_due = None, now
        if reports.status_is_news(old, status) or now - self._told_at >= self._pace.report_s:
            self._tell(reports.reported(self.dock_no, status, may_be_old_s=self.reply_may_be_old_s))
            self._told, self._told_at = status, now
        elif old is not None and old.presence_age_ds < status.presence_age_ds:
            # Keep the told values, so that slow drift adds up to news; but let the age grow with the dock's timer.
            self._told = _with_age(old, status)

    def _fetch_cards(self, status: Status) -> Story:
        boot, number = self._card
        after = number if boot == status.boot else 0
        page = _expect(CardPage, (yield Ask(request=requests.AskCards(after=after), yields=True)))
        for card in page.cards:
            if card.age_ds <= self._pace.card_age_s * 10:
                self._tell(CardRead(dock_no=self.dock_no, uid=card.uid.hex().upper()))
        self._card = (status.boot, status.last_card)
        if page.cards:
            self._card = (status.boot, page.cards[-1].number)

    def _fetch_events(self) -> Story:
        cursor = self._event_cursor or 0
        page = _expect(EventPage, (yield Ask(request=requests.AskEvents(cursor=cursor), yields=True)))
        self.recent_events.extend(verdict.recent(event) for event in page.events)
        self._event_cursor = page.events[-1].number + 1 if page.events else page.next

    def _fetch_battery(self, status: Status) -> Story:
        now = self._clock()
        capable = self._identity is not None and self._identity.capabilities & Capability.BATTERY_DATA
        if not capable or not status.flags & StatusFlag.VEHICLE_PRESENT:
            return
        reply = yield Ask(request=requests.AskBattery(), yields=True)
        self._battery_due = now + self._pace.battery_s
        if not isinstance(reply, Battery):
            return
        if reports.battery_is_news(self._battery, reply) or now - self._battery_told_at >= self._pace.report_s:
            told = reports.battery_reported(self.dock_no, reply)
            if told is not None:
                self._tell(told)
                self._battery, self._battery_told_at = reply, now

    # --- orders ----------------------------------------------------------------------------------------

    def _carry_out(self, order: DockOrder) -> Story:
        request = verdict.request_for(order)
        if isinstance(request, Verdict) or self.status is None:
            self._end(order, request if isinstance(request, Verdict) else Verdict(outcome=Outcome.NO_ANSWER))
            return
        self._sent = Sent(
            order=order,
            floor=self.status.next_event,
            boot=self.status.boot,
            sent_at_mono_s=self._clock(),
        )
        try:
            reply = yield Ask(request=request, haste=Haste.ORDER, not_after_mono_s=order.expires_mono_s)
        except TooLate:
            self._close(Verdict(outcome=Outcome.EXPIRED))
            return
        if isinstance(reply, ErrorReply):
            self._close(verdict.refusal(reply.code))
        elif isinstance(reply, LockAnswer):
            yield from self._watch_bolt(self._sent)
        else:
            self._close(Verdict(outcome=Outcome.DONE))

    def _watch_bolt(self, sent: Sent) -> Story:
        give_up_at = self._clock() + self._pace.bolt_s
        while True:
            status = yield from self._ask_status(haste=Haste.BOLT)
            if status.lock is not codes.Lock.MOVING or self._clock() >= give_up_at:
                break
            yield Rest(until_mono_s=self._clock() + self._pace.bolt_poll_s, orders_wake=False)
        known = verdict.bolt_verdict(sent.order, status)
        if known is not None:
            self._close(known)
        elif isinstance(sent.order, UnlockDock):
            yield from self._read_log(sent)
        else:
            self._close(Verdict(outcome=Outcome.REFUSED, detail="not_locked"))

    def _settle(self, sent: Sent) -> Story:
        """A session broke with an order in it. Find out what happened before anything else is said."""
        order, status = sent.order, self.status
        if isinstance(order, UnlockDock):
            yield from self._read_log(sent)
        elif isinstance(order, RestartDock):
            restarted = status is not None and status.boot != sent.boot
            gone = Verdict(outcome=Outcome.NO_ANSWER, detail="not_carried_out")
            self._close(Verdict(outcome=Outcome.DONE) if restarted else gone)
        elif isinstance(order, LockDock) and status is not None and verdict.bolt_verdict(order, status):
            self._close(Verdict(outcome=Outcome.DONE))
        elif self._clock() < order.expires_mono_s:
            # Switching and signalling twice is the same as once: these may be sent again.
            self._sent = None
            self.orders.appendleft(order)
        else:
            self._close(Verdict(outcome=Outcome.NO_ANSWER, detail="unknown"))

    def _read_log(self, sent: Sent) -> Story:
        ended = False
        while not ended:
            ask = Ask(request=requests.AskEvents(cursor=sent.cursor), haste=Haste.BOLT)
            ended = sent.read(_expect(EventPage, (yield ask)))
        status = yield from self._ask_status(haste=Haste.BOLT)
        self._close(sent.judge_unlock(status))

    def _close(self, how: Verdict) -> None:
        if self._sent is not None:
            self._end(self._sent.order, how)
            self._sent = None

    def _end(self, order: DockOrder, how: Verdict) -> None:
        self._tell(
            DockOrderEnded(order_id=order.order_id, dock_no=order.dock_no, outcome=how.outcome, detail=how.detail)
        )


def _expect(kind: type[_Wanted], reply: Reply | None) -> _Wanted:
    """The reply, if it is of the kind that the specification gives. A dock that says otherwise is not understood."""
    if not isinstance(reply, kind):
        raise Broken(Why.SESSION_GONE)
    return reply


def _with_age(old: Status, new: Status) -> Status:
    return Status(
        lock=old.lock,
        flags=old.flags,
        vehicle_id=old.vehicle_id,
        presence_age_ds=new.presence_age_ds,
        supply_mv=old.supply_mv,
        temperature_dc=old.temperature_dc,
        boot=new.boot,
        next_event=new.next_event,
        last_card=new.last_card,
        odometer_m=old.odometer_m,
    )
