"""The sync pump: keeps facts going up and changes coming down, for ever, whatever the hub or the line does.

One exchange at a time. Nothing is taken for acknowledged or held before the other side has it committed. There is
no number of failures after which it gives up, and no answer that stops it.
"""

import asyncio
import datetime as dt
import enum
import math
import ssl
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, Protocol

import aiohttp
import structlog

from edge_agent.core.inputs import ChangesArrived, Held, HubReached, HubUnreachable, KeyRevoked
from edge_agent.runtime.backoff import Backoff
from edge_agent.runtime.clock import Clock
from edge_agent.store.chains import LANES
from edge_agent.store.errors import StoreError
from edge_agent.store.lost import Lost
from edge_agent.store.store import Store
from edge_agent.uplink.ahead import Ahead
from edge_agent.uplink.exchange import MAX_RETRY_AFTER_S, Exchange, ExchangeFailed
from edge_agent.uplink.first_time import FirstTime
from edge_agent.uplink.identity import Identity
from edge_agent.uplink.losses import Losses
from edge_agent.uplink.numbers import RequestNumbers
from edge_agent.uplink.speaking import UNSPOKEN, Outdated, Speaking
from edge_agent.uplink.verdicts import floor_of, moves_of
from edge_agent.uplink.window import Window
from protocols.errors import Refused
from protocols.sync import envelope
from protocols.sync.envelope import FactBatch, Lane, ListVersion, SyncReply, SyncRequest
from protocols.values import from_ms, to_ms

STALLED_AFTER_S: Final = 75.0  # more than one exchange may take; then it is cut and begun again
LINGER_S: Final = 0.01  # facts that are committed together travel together
MIN_RETRY_S: Final = 1.0  # a nudge ends a wait after a failure, but no sooner than this after the last try
REVOKED: Final = "station_revoked"  # the hub's problem code for a key that it trusts no more
REVOKED_RETRY_S: Final = 20.0  # how often such a station looks whether it was enrolled anew
# Between tries while nobody answers. With the last second before a connection is given up (SYNs go out at 0, 1, 3 s,
# CONNECT_S is 5) the first exchange comes within 5 s of a cut's healing.
RECONNECT_S, LEAST_RECONNECT_S = 2.5, 0.5
STALE_NUMBER: Final = "request_replayed"  # the hub's problem code for a number that is not greater

_log = structlog.get_logger(__name__)


class Ask(Protocol):
    """Ask the station; answers after the commit."""

    def __call__(self, question: object, /) -> Awaitable[Any]: ...


class Tell(Protocol):
    """Tell the station what was seen."""

    def __call__(self, seen: object, /) -> None: ...


class Line(enum.StrEnum):
    """How the line to the hub is."""

    CONNECTING = "connecting"
    ONLINE = "online"
    OFFLINE = "offline"


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncSnapshot:
    """The pump at a glance; counts are since the start. `waiting` is what the hub does not hold yet."""

    line: Line = Line.CONNECTING
    since: dt.datetime
    last_success_at: dt.datetime | None = None
    last_failure: str | None = None
    exchanges: int = 0
    failures: int = 0
    malformed: int = 0
    stalls: int = 0
    forks: int = 0
    rewinds: int = 0
    facts_taken: int = 0
    facts_quarantined: int = 0
    changes: int = 0
    waiting: int = 0
    next_batch_facts: int = 0
    outdated: Outdated | None = None


@dataclass(slots=True)
class _Turn:
    """What the next turn of the loop does: wait so long, or go on at once."""

    wait_s: float = 0.0
    nudge_ends_it: bool = True
    at_least_s: float = field(default=0.0)
    asks_time: bool = False  # the certificate is out of its period, or we are


class SyncPump:
    """Runs as one supervised part: `await pump.run()`. `nudge()` from anywhere makes it look at once."""

    def __init__(
        self,
        *,
        identity: Identity,
        store: Store,
        ask: Ask,
        tell: Tell,
        held: Callable[[], Held],
        clock: Clock,
        hear: Callable[[float, float, int], None] = lambda _sent_s, _got_s, _hub_ms: None,
        agent_version: str,
        poll_s: float = 30.0,
        numbers: RequestNumbers | None = None,
        backoff: Backoff | None = None,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
        renewed: Callable[[], Identity | None] = lambda: None,
        stalled_after_s: float = STALLED_AFTER_S,
        tls: ssl.SSLContext | None = None,
        first_time: FirstTime | None = None,
    ) -> None:
        self._identity = identity
        self._store = store
        self._ask = ask
        self._tell = tell
        self._held = held
        self._clock = clock
        self._hear = hear
        self._agent_version = agent_version
        self._poll_s = poll_s
        self._numbers = numbers or RequestNumbers(lambda: store.epoch)
        self._backoff = backoff or Backoff()
        self._pause = pause
        self._renewed = renewed
        self._stalled_after_s = stalled_after_s
        self._tls = tls
        self._first_time = first_time
        self._window = Window()
        self._losses = Losses(store)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._nudged = asyncio.Event()
        self._ahead = Ahead(store)
        self._held_until_s = -math.inf
        self._exchange_cursors = True
        self._forked_before = False
        self._speaking = Speaking()
        self._life: object = None
        self.due_mono_s = clock.mono_s()
        self._began_s = clock.mono_s()
        self._seen = SyncSnapshot(since=clock.now().at)

    def nudge(self) -> None:
        """There may be news (a fact was committed, the hub said so, the link is up). Thread-safe."""
        if self._loop is None:
            self._nudged.set()
        else:
            self._loop.call_soon_threadsafe(self._nudged.set)

    def snapshot(self) -> SyncSnapshot:
        """How it goes."""
        waiting = sum(one.waiting for one in self._store.chains())
        return replace(self._seen, waiting=waiting, next_batch_facts=self._window.facts)

    async def run(self) -> None:
        """Exchange until cancelled."""
        self._loop = asyncio.get_running_loop()
        self._life = life = object()
        self.due_mono_s = self._clock.mono_s()
        try:
            async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=self._tls or True)) as session:
                exchange = Exchange(identity=self._identity, numbers=self._numbers, session=session)
                while self._life is life:
                    self._nudged.clear()
                    turn = await self._turn(exchange)
                    await self._rest(_Turn() if turn.asks_time and await self._learns(session) else turn)
        finally:
            if self._life in (life, None):
                self._loop = None
            await self._ahead.drop()

    def disown(self) -> None:
        """What still runs of this pump, although it was cancelled, does nothing more after its present turn."""
        self._life = None

    async def _turn(self, exchange: Exchange) -> _Turn:
        """One exchange, whatever comes of it."""
        self.due_mono_s = self._clock.mono_s() + self._stalled_after_s
        try:
            async with asyncio.timeout(self._stalled_after_s):
                return await self._exchange(exchange)
        except ExchangeFailed as failure:
            if failure.reason in {"http_401", "http_403"} and (identity := self._renewed()) is not None:
                _log.info("enrolled_anew", station_id=str(identity.station_id))
                exchange.use(identity)
                return _Turn()
            return await self._failed(failure)
        except TimeoutError:
            self._seen = replace(self._seen, stalls=self._seen.stalls + 1)
            return await self._failed(ExchangeFailed("stalled", smaller=True))
        except Refused as refusal:
            return await self._failed(ExchangeFailed("changes_refused", refusal.code))
        except StoreError as error:
            return await self._failed(ExchangeFailed("store", str(error)))

    async def _exchange(self, exchange: Exchange) -> _Turn:
        lanes = self._lanes()
        batches = [] if self._exchange_cursors else await self._ahead.take(self._window, lanes)
        lost = [] if self._exchange_cursors else self._losses.due(self._store.lost())
        held = self._held()
        request, sent_s = await self._request(batches, held, lost), self._clock.mono_s()
        self._ahead.begin(batches, self._window, lanes)
        reply = await exchange.send(request)
        got_s = self._clock.mono_s()
        self._hear(sent_s, got_s, reply.hub_at_ms)
        self._hold(reply)
        told = await self._losses.settle(reply, lost)
        moved = await self._settle(reply, batches) or told
        await self._hand_over(reply, held, got_s)
        self._window.grow(reply.room, got_s - sent_s)
        return self._succeeded(reply, progress=moved or bool(reply.changes))

    def _lanes(self) -> Sequence[Lane]:
        """The lanes whose facts go up now: in a crowd the hub asks to keep telemetry back."""
        return LANES if self._clock.mono_s() >= self._held_until_s else LANES[:-1]

    def _hold(self, reply: SyncReply) -> None:
        if reply.hold_telemetry_s is not None and reply.hold_telemetry_s > 0:
            self._held_until_s = self._clock.mono_s() + min(reply.hold_telemetry_s, MAX_RETRY_AFTER_S)

    async def _request(self, batches: list[FactBatch], held: Held, lost: list[Lost]) -> SyncRequest:
        now = self._clock.now()
        return SyncRequest(
            protocol=self._speaking.protocol,
            agent=self._agent_version,
            rev=held.rev,
            clock=envelope.Clock(
                at_ms=to_ms(now.at),
                mono_ms=int(now.mono_s * 1000),
                boot=now.boot_id,
                quality=now.quality.value,
                uncertainty_ms=now.uncertainty_ms,
            ),
            lists=[ListVersion(name=name, version=version) for name, version in held.lists],
            batches=batches,
            backlog=await self._store.backlog(),
            lost=[one.as_told() for one in lost],
            health=self._health(),
        )

    def _health(self) -> envelope.Health:
        kept = self._store.health()
        return envelope.Health(
            up_s=round(self._clock.mono_s() - self._began_s, 1),
            store_low=kept.low,
            store_damaged=kept.damaged,
            store_pressure=kept.usage.pressure.name.lower(),
            disk_free_bytes=kept.usage.disk_free,
        )

    async def _settle(self, reply: SyncReply, sent: Sequence[FactBatch]) -> bool:
        """Do to the store what the reply says; True when something moved, so that going on at once makes sense.

        A fork moves something only once in a row: a hub that answers it again and again must not wear the card.
        """
        acked = {(one.lane, one.epoch): one.acked for one in self._store.chains()}
        moves = moves_of(reply, sent, acked)
        rewinds = [c for c in moves.cursors if c.acked < acked.get((c.lane, c.epoch), 0)]
        if moves.cursors:
            await self._store.acknowledge(moves.cursors)
        if moves.forked:
            moved = await self._store.rehome(moves.forked, epoch_floor=moves.epoch_floor)
            _log.error("hub_holds_another_history", chains=len(moves.forked), facts=moved, epoch=self._store.epoch)
        if rewinds:
            _log.warning("hub_lost_facts", cursors=[(c.lane.value, c.epoch, c.acked) for c in rewinds])
        if reply.quarantined:
            _log.warning("facts_quarantined", facts=[(q.lane.value, q.epoch, q.seq, q.code) for q in reply.quarantined])
        self._seen = replace(
            self._seen,
            facts_taken=self._seen.facts_taken + moves.taken,
            forks=self._seen.forks + len(moves.forked),
            rewinds=self._seen.rewinds + len(rewinds),
            facts_quarantined=self._seen.facts_quarantined + len(reply.quarantined),
        )
        fresh_fork = bool(moves.forked) and not self._forked_before
        self._forked_before = bool(moves.forked)
        return moves.taken > 0 or bool(rewinds) or fresh_fork

    async def _hand_over(self, reply: SyncReply, held: Held, got_s: float) -> None:
        if not reply.changes and reply.rev <= held.rev:
            return
        changes = tuple(bytes(raw) for raw in reply.changes)
        arrived = ChangesArrived(rev=reply.rev, changes=changes, hub_at_ms=reply.hub_at_ms, heard_mono_s=got_s)
        await self._ask(arrived)
        self._seen = replace(self._seen, changes=self._seen.changes + len(reply.changes))

    def _succeeded(self, reply: SyncReply, *, progress: bool) -> _Turn:
        now = self._clock.now().at
        if self._seen.line is not Line.ONLINE:
            _log.info("hub_reached", hub=reply.hub, failures=self._seen.failures)
            self._seen = replace(self._seen, line=Line.ONLINE, since=now)
        self._speaking.understood()
        self._seen = replace(self._seen, exchanges=self._seen.exchanges + 1, last_success_at=now, outdated=None)
        level = not any(one.waiting for one in self._store.chains() if one.lane is Lane.BUSINESS)
        self._tell(HubReached(hub_at=from_ms(reply.hub_at_ms), level=level))
        progress = progress or self._exchange_cursors
        self._exchange_cursors = False
        return self._after(reply, progress=progress)

    def _after(self, reply: SyncReply, *, progress: bool) -> _Turn:
        if reply.retry_after_s:
            return _Turn(wait_s=min(reply.retry_after_s, MAX_RETRY_AFTER_S), nudge_ends_it=False)
        waiting = {one.lane for one in self._store.chains() if one.waiting}
        if not reply.more and waiting.isdisjoint(self._lanes()):
            self._backoff.reset()
            held_s = self._held_until_s - self._clock.mono_s() if waiting else self._poll_s
            return _Turn(wait_s=max(LINGER_S, min(self._poll_s, held_s)), at_least_s=LINGER_S)
        if not progress:  # the hub answers but takes nothing: no reason to ask it in a circle
            return _Turn(wait_s=self._backoff.next_s(), at_least_s=MIN_RETRY_S)
        self._backoff.reset()
        return _Turn()

    async def _failed(self, failure: ExchangeFailed) -> _Turn:
        if self._seen.line is not Line.OFFLINE:
            _log.warning("hub_lost", reason=failure.reason, detail=str(failure))
            self._seen = replace(self._seen, line=Line.OFFLINE, since=self._clock.now().at)
        self._seen = replace(
            self._seen,
            failures=self._seen.failures + 1,
            malformed=self._seen.malformed + (failure.reason == "malformed"),
            last_failure=str(failure),
        )
        self._exchange_cursors = True
        self._losses.again()
        if failure.smaller:
            self._window.shrink()
        self._window.failed()
        if failure.problem.code == UNSPOKEN and self._speak_otherwise(failure):
            return _Turn()
        if failure.problem.code == REVOKED:
            self._tell(KeyRevoked())
            return _Turn(wait_s=REVOKED_RETRY_S, at_least_s=MIN_RETRY_S)
        self._tell(HubUnreachable(reason=failure.reason if self._seen.outdated is None else self._seen.outdated))
        if failure.problem.code == STALE_NUMBER:
            await self._raise_epoch(failure)
        if failure.retry_after_s is not None:
            return _Turn(wait_s=failure.retry_after_s, nudge_ends_it=False)
        wait_s = self._backoff.next_s()
        if failure.reason in {"connect", "cut"}:  # a try is small, and who waits long hears late that a cut healed
            wait_s = max(LEAST_RECONNECT_S, wait_s % RECONNECT_S)
        return _Turn(wait_s=wait_s, at_least_s=MIN_RETRY_S, asks_time=failure.out_of_period)

    async def _learns(self, session: aiohttp.ClientSession) -> bool:
        """Whether the time is known now, so that the certificate is worth another look at once."""
        self.due_mono_s = self._clock.mono_s() + self._stalled_after_s
        return self._first_time is not None and await self._first_time.learn(session)

    def _speak_otherwise(self, failure: ExchangeFailed) -> bool:
        """Whether there is a protocol that both speak. If not, people are told which of the two is too old."""
        params = failure.problem.params
        if self._speaking.refused(params.get("spoken"), params.get("spoken_from")):
            return True
        if self._speaking.outdated is not self._seen.outdated:
            _log.error("update_needed", who=self._speaking.outdated, hub_speaks=params)
        self._seen = replace(self._seen, outdated=self._speaking.outdated)
        self._speaking.begin_again()
        return False

    async def _raise_epoch(self, failure: ExchangeFailed) -> None:
        """The hub knows higher numbers of us (a restored card): go above them; the facts keep their order."""
        floor = floor_of([failure.problem.epoch_floor])
        if floor > self._store.epoch:
            await self._store.rehome((), epoch_floor=floor)

    async def _rest(self, turn: _Turn) -> None:
        """Wait out the turn; a nudge ends the wait (after `at_least_s`), unless the hub asked for it."""
        self.due_mono_s = self._clock.mono_s() + turn.wait_s
        if turn.wait_s <= 0:
            return
        if not turn.nudge_ends_it:
            await self._pause(turn.wait_s)
            return
        pause = asyncio.ensure_future(self._pause(turn.wait_s))
        nudged = asyncio.create_task(self._nudged.wait())
        try:
            await asyncio.wait({pause, nudged}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for one in (pause, nudged):
                one.cancel()
            await asyncio.gather(pause, nudged, return_exceptions=True)
        if self._nudged.is_set():
            self._backoff.reset()
            await self._pause(min(turn.at_least_s, turn.wait_s))
