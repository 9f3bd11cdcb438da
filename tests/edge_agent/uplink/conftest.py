"""A hub in the test's own process behind a real socket, with faults on demand, and a station that listens."""

import asyncio
import contextlib
import gzip
import ssl
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path
from typing import Final

import aiohttp
import msgspec
import pytest
import zstandard
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec import Raw

from edge_agent.core.inputs import ChangesArrived, Held
from edge_agent.runtime.backoff import Backoff
from edge_agent.store.store import Store
from edge_agent.uplink.identity import Identity
from edge_agent.uplink.pump import SyncPump
from protocols.sync.envelope import (
    MOST_BYTES,
    NO_HASH,
    BatchResult,
    Cursor,
    FactBatch,
    Lane,
    LostRange,
    LostResult,
    Room,
    SyncReply,
    SyncRequest,
    Verdict,
    chain_all,
    decode_fact,
    decode_request,
    encode,
)
from protocols.sync.signing import verify
from tests.edge_agent.store.conftest import MovedClock

STATION_ID: Final = uuid.UUID("01900000-0000-7000-8000-000000000014")
POLL_S: Final = 1000.0
DEADLINE_S: Final = 10.0

Fault = Callable[["Hub", web.Request], Awaitable[web.StreamResponse | None]]


class Hub:
    """Takes facts by the rules of protocols.sync.envelope; `faults` are used up one request at a time."""

    def __init__(self) -> None:
        self.key = Ed25519PrivateKey.generate()
        self.facts: dict[tuple[Lane, int], list[tuple[uuid.UUID, bytes]]] = {}
        self.nonces: dict[int, str] = {}
        self.requests: list[SyncRequest] = []
        self.codings: list[str] = []
        self.last_number = 0
        self.epoch_floor = 0
        self.faults: list[Fault] = []
        self.after: list[Fault] = []  # these act when the facts are taken: the reply is what gets lost
        self.changes: list[tuple[int, bytes]] = []
        self.changes_per_reply = 100
        self.hold_telemetry_s: float | None = None
        self.room: Room | None = None
        self.speaks_zstd = True
        self.takes_facts = True
        self.knows_losses = True
        self.restarts: dict[tuple[Lane, int], tuple[int, bytes]] = {}  # where a chain goes on, and from which hash
        self.lost: list[LostRange] = []
        self.rejected_numbers = 0
        self.news = asyncio.Condition()
        self.url = ""
        self.at_ms = 1_795_000_000_000
        self.sockets: list[web.WebSocketResponse] = []
        self.frames: list[bytes] = []
        self._runner: web.AppRunner | None = None

    async def start(
        self, port: int = 0, *, tls: ssl.SSLContext | None = None, routes: Sequence[web.AbstractRouteDef] = ()
    ) -> None:
        app = web.Application(client_max_size=4 * 1024 * 1024)
        app.add_routes(routes)
        app.router.add_post("/api/v1/sync", self._sync)
        app.router.add_get("/api/v1/live", self._live)
        self._runner = web.AppRunner(app, auto_decompress=False, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", port, ssl_context=tls)
        await site.start()
        self.url = f"http{'' if tls is None else 's'}://127.0.0.1:{self._runner.addresses[0][1]}"

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(DEADLINE_S), self.news:
            await self.news.wait_for(holds)

    async def tell_news(self) -> None:
        async with self.news:
            self.news.notify_all()

    @property
    def ids(self) -> list[uuid.UUID]:
        """Every business fact's id, by epoch and number."""
        chains = sorted(key for key in self.facts if key[0] is Lane.BUSINESS)
        return [fact_id for key in chains for fact_id, _ in self.facts[key]]

    def fail(self, *faults: Fault) -> None:
        self.faults += faults

    async def _sync(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        headers = {name: request.headers[name] for name in ("Content-Digest", "Signature-Input", "Signature")}
        public = self.key.public_key().public_bytes_raw()
        signed = verify(public, headers, "POST", request.path, body)
        assert signed.station_id == STATION_ID
        if signed.number <= self.last_number:
            self.rejected_numbers += 1
            floor = (self.last_number >> 32) + 1
            problem = {"code": "request_replayed", "epoch_floor": floor}
            return web.json_response(problem, status=409, content_type="application/problem+json")
        self.last_number = signed.number
        try:
            response = await self.faults.pop(0)(self, request) if self.faults else None
            return response if response is not None else await self._answer(request, body)
        finally:
            await self.tell_news()

    async def _answer(self, request: web.Request, body: bytes) -> web.StreamResponse:
        coding = request.headers.get("Content-Encoding", "")
        self.codings.append(coding)
        if coding == "zstd" and not self.speaks_zstd:
            return web.Response(status=415)
        plain = zstandard.decompress(body, max_output_size=MOST_BYTES) if coding == "zstd" else gzip.decompress(body)
        message = decode_request(plain)
        self.requests.append(message)
        lost = [self._take_lost(one) for one in message.lost] if self.knows_losses else []
        results = [self._take(batch) for batch in message.batches] if self.takes_facts else []
        if self.after:
            response = await self.after.pop(0)(self, request)
            if response is not None:
                return response
        reply = msgspec.structs.replace(self.reply_to(message, results), lost=lost)
        return web.Response(body=encode(reply), content_type="application/json")

    def reply_to(self, message: SyncRequest, results: list[BatchResult]) -> SyncReply:
        due = [(rev, raw) for rev, raw in self.changes if rev > message.rev]
        now = due[: self.changes_per_reply]
        return SyncReply(
            protocol=1,
            hub="test",
            hub_at_ms=self.at_ms,
            rev=now[-1][0] if now else message.rev,
            more=len(due) > len(now),
            cursors=[Cursor(lane=lane, epoch=epoch, acked=len(held)) for (lane, epoch), held in self.facts.items()],
            results=results,
            changes=[Raw(raw) for _, raw in now],
            hold_telemetry_s=self.hold_telemetry_s,
            room=self.room,
        )

    def _take(self, batch: FactBatch) -> BatchResult:
        held = self.facts.setdefault((batch.lane, batch.epoch), [])
        verdict = self._verdict(batch, held)
        if verdict is Verdict.TAKEN:
            known = len(held) - batch.first_seq + 1
            for raw in batch.records[known:]:
                held.append((decode_fact(raw).id, bytes(raw)))
        floor = max(self.epoch_floor, *(epoch + 1 for epoch in self.nonces)) if verdict is Verdict.FORK else None
        return BatchResult(lane=batch.lane, epoch=batch.epoch, verdict=verdict, acked=len(held), epoch_floor=floor)

    def _take_lost(self, one: LostRange) -> LostResult:
        """As the hub's own rules have it; lost facts stand in `facts` as an id of nobody."""
        held = self.facts.setdefault((one.lane, one.epoch), [])
        verdict = Verdict.TAKEN if one.first_seq <= len(held) + 1 else Verdict.GAP
        if self.nonces.setdefault(one.epoch, one.nonce) != one.nonce:
            verdict = Verdict.FORK
        if verdict is Verdict.TAKEN:
            self.lost.append(one)
            if one.last_seq is not None and one.last_seq > len(held):
                held += [(uuid.UUID(int=0), b"")] * (one.last_seq - len(held))
                self.restarts[one.lane, one.epoch] = (one.last_seq, bytes.fromhex(one.hash))
        return LostResult(lane=one.lane, epoch=one.epoch, first_seq=one.first_seq, verdict=verdict, acked=len(held))

    def _chain_at(self, batch: FactBatch, held: list[tuple[uuid.UUID, bytes]]) -> str:
        start, value = self.restarts.get((batch.lane, batch.epoch), (0, NO_HASH))
        if batch.first_seq - 1 < start:
            start, value = 0, NO_HASH
        return chain_all(value, held[start : batch.first_seq - 1]).hex()

    def _verdict(self, batch: FactBatch, held: list[tuple[uuid.UUID, bytes]]) -> Verdict:
        if self.nonces.setdefault(batch.epoch, batch.nonce) != batch.nonce:
            return Verdict.FORK
        if batch.first_seq > len(held) + 1:
            return Verdict.GAP
        return Verdict.TAKEN if self._chain_at(batch, held) == batch.prev_hash else Verdict.FORK

    async def _live(self, request: web.Request) -> web.StreamResponse:
        headers = {name: request.headers[name] for name in ("Content-Digest", "Signature-Input", "Signature")}
        signed = verify(self.key.public_key().public_bytes_raw(), headers, "GET", request.path, b"")
        assert signed.station_id == STATION_ID
        assert signed.number > 0
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self.sockets.append(socket)
        await self.tell_news()
        async for frame in socket:
            if frame.type is aiohttp.WSMsgType.BINARY:
                self.frames.append(frame.data)
                await self.tell_news()
        return socket


def status(code: int, **headers: str) -> Fault:
    """Answer with this status."""

    async def fault(_hub: Hub, _request: web.Request) -> web.StreamResponse:
        return web.Response(status=code, headers=headers)

    return fault


def garbage(body: bytes, **headers: str) -> Fault:
    """Answer 200 with bytes that are no reply."""

    async def fault(_hub: Hub, _request: web.Request) -> web.StreamResponse:
        return web.Response(body=body, headers=headers)

    return fault


async def cut(_hub: Hub, request: web.Request) -> web.StreamResponse | None:
    """Break the connection without an answer."""
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


class Station:
    """Listens as the station does; `refuse` makes it fail to take changes in."""

    def __init__(self) -> None:
        self.told: list[object] = []
        self.arrived: list[ChangesArrived] = []
        self.held = Held(rev=0, lists=(("tariffs", 3),))
        self.failures: list[Exception] = []
        self.hangs = 0

    def tell(self, seen: object, /) -> None:
        self.told.append(seen)

    async def ask(self, question: object, /) -> None:
        assert isinstance(question, ChangesArrived)
        if self.hangs:
            self.hangs -= 1
            await asyncio.Event().wait()
        if self.failures:
            raise self.failures.pop(0)
        self.arrived.append(question)
        self.held = Held(rev=question.rev, lists=self.held.lists)


class Pauses:
    """Waits of the pump, without the waiting: short ones end at once, the poll's only by a nudge or `poll()`."""

    def __init__(self) -> None:
        self.asked_s: list[float] = []
        self._poll = asyncio.Event()

    async def __call__(self, wait_s: float) -> None:
        self.asked_s.append(wait_s)
        if wait_s >= POLL_S:
            await self._poll.wait()
            self._poll.clear()
        else:
            await asyncio.sleep(0)

    def poll(self) -> None:
        """The time of the poll has come."""
        self._poll.set()


@pytest.fixture
def clock() -> MovedClock:
    return MovedClock()


@pytest.fixture
async def hub() -> AsyncIterator[Hub]:
    made = Hub()
    await made.start()
    yield made
    await made.stop()


@pytest.fixture
def station() -> Station:
    return Station()


@pytest.fixture
def pauses() -> Pauses:
    return Pauses()


@pytest.fixture
async def store(tmp_path: Path, clock: MovedClock) -> AsyncIterator[Store]:
    opened = await Store.open(tmp_path / "station.db", clock=clock, ballast_bytes=65_536)
    yield opened
    await opened.close()


@pytest.fixture
def identity(hub: Hub) -> Identity:
    return Identity(station_id=STATION_ID, name="Riverside", hub_url=hub.url, key=hub.key)


@pytest.fixture
def pump(identity: Identity, store: Store, station: Station, pauses: Pauses, clock: MovedClock) -> SyncPump:
    return make_pump(identity, store, station, pauses, clock)


def make_pump(
    identity: Identity,
    store: Store,
    station: Station,
    pauses: Pauses,
    clock: MovedClock,
    *,
    stalled_after_s: float = 60.0,
) -> SyncPump:
    return SyncPump(
        identity=identity,
        store=store,
        ask=station.ask,
        tell=station.tell,
        held=lambda: station.held,
        clock=clock,
        agent_version="0.1.0",
        poll_s=POLL_S,
        backoff=Backoff(chance=lambda: 0.5),
        pause=pauses,
        stalled_after_s=stalled_after_s,
    )


@contextlib.asynccontextmanager
async def running(*parts: Callable[[], Awaitable[None]]) -> AsyncIterator[None]:
    """Run the parts while the block runs; a part that fails, fails the test."""
    tasks = [asyncio.ensure_future(part()) for part in parts]
    try:
        yield
        failed = [task for task in tasks if task.done()]
        for task in failed:
            await task
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def until(holds: Callable[[], bool]) -> None:
    """Wait for a condition that nobody announces."""
    async with asyncio.timeout(DEADLINE_S):
        while not holds():
            await asyncio.sleep(0.002)
