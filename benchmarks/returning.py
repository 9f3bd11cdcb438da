"""A station that comes back after an outage, as the hub sees it: cheap enough that thousands fit into one process.

It behaves as the agent does: an exchange of cursors first, then its facts, one request at a time; told to come back
later it does so, no sooner. Its bodies are made before the storm; it signs when it sends.
"""

import asyncio
import random
import time
import uuid
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final

import aiohttp
import zstandard
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from firmware_sim.fleet.facts import Day
from protocols.sync.envelope import (
    NO_HASH,
    Clock,
    FactBatch,
    Lane,
    ListChange,
    ListVersion,
    OrderChange,
    SyncReply,
    SyncRequest,
    chain_all,
    decode_change,
    decode_reply,
    encode,
)
from protocols.sync.signing import request_number, sign

PATH: Final = "/api/v1/sync"
LIVE: Final = "/api/v1/live"
AT_MS: Final = 1_795_269_600_000
_BATCH: Final = 500
_FALL_BACK_S: Final = 1.0


@dataclass(slots=True)
class Tally:
    """What came of the storm, of all stations together."""

    statuses: Counter[int] = field(default_factory=Counter)
    without_time: int = 0
    cut: int = 0
    wrong: list[str] = field(default_factory=list)
    done: int = 0


class Returning:
    """One station with a backlog of business facts."""

    def __init__(self, station_id: uuid.UUID, key: Ed25519PrivateKey, *, number: int, facts: int) -> None:
        self.station_id = station_id
        self._key = key
        self._sent = 0
        self._rev = 0
        self._lists: dict[str, int] = {}
        self._facts = facts
        self._acked = 0
        self.orders: list[uuid.UUID] = []
        self._packed = [zstandard.compress(encode(_request([batch])), 3) for batch in _batches(number, facts)]

    async def come_back(self, http: aiohttp.ClientSession, address: str, tally: Tally) -> None:
        """Until the hub holds everything."""
        await self._insist(http, address, tally, self._pack([]))
        for body in self._packed:
            await self._insist(http, address, tally, body)
        if self._acked != self._facts:
            tally.wrong.append(f"{self._acked} of {self._facts} acknowledged")
        self._packed = []
        tally.done += 1

    async def listen(self, http: aiohttp.ClientSession, address: str, heard: Any) -> None:
        """The live link: at each nudge one exchange; `heard(order_id)` for every order that comes down."""
        headers = sign(self._key, self.station_id, self._number(), "GET", LIVE, b"")
        async with http.ws_connect(address + LIVE, headers=headers) as socket:
            async for _ in socket:
                await self._look(http, address, heard)

    async def _look(self, http: aiohttp.ClientSession, address: str, heard: Any) -> None:
        reply = await self._post(http, address, Tally(), self._pack([]))
        if reply is None:
            return
        for raw in reply.changes:
            change = decode_change(raw)
            if isinstance(change, OrderChange):
                heard(change.id)

    async def _insist(self, http: aiohttp.ClientSession, address: str, tally: Tally, body: bytes) -> None:
        while (reply := await self._post(http, address, tally, body)) is None:
            pass
        for one in reply.cursors:
            self._acked = max(self._acked, one.acked)
        if reply.quarantined:
            tally.wrong.append(f"quarantined: {reply.quarantined[0]}")
        if reply.retry_after_s and self._acked != self._facts:
            await asyncio.sleep(reply.retry_after_s)

    async def _post(self, http: aiohttp.ClientSession, address: str, tally: Tally, body: bytes) -> SyncReply | None:
        headers = sign(self._key, self.station_id, self._number(), "POST", PATH, body) | {"Content-Encoding": "zstd"}
        try:
            async with http.post(address + PATH, data=body, headers=headers) as answer:
                text = await answer.read()
        except (aiohttp.ClientError, OSError, TimeoutError):
            tally.cut += 1
            await asyncio.sleep(random.uniform(0, _FALL_BACK_S))
            return None
        tally.statuses[answer.status] += 1
        if answer.status == 200:
            reply = decode_reply(text)
            self._hear(reply)
            return reply
        after = answer.headers.get("Retry-After", "")
        if answer.status not in {429, 503}:
            tally.wrong.append(f"{answer.status}: {text[:200]!r}")
        elif not after.isdecimal():
            tally.without_time += 1
        await asyncio.sleep(float(after) if after.isdecimal() else random.uniform(0, _FALL_BACK_S))
        return None

    def _hear(self, reply: SyncReply) -> None:
        self._rev = reply.rev
        for raw in reply.changes:
            change = decode_change(raw)
            if isinstance(change, ListChange):
                self._lists[change.name] = change.to_version

    def _number(self) -> int:
        self._sent += 1
        return request_number(1, self._sent)

    def _pack(self, batches: list[FactBatch]) -> bytes:
        return zstandard.compress(encode(_request(batches, self._rev, self._lists)), 3)


def _request(batches: list[FactBatch], rev: int = 0, lists: dict[str, int] | None = None) -> SyncRequest:
    held = [ListVersion(name=name, version=version) for name, version in (lists or {}).items()]
    clock = Clock(at_ms=AT_MS, mono_ms=1, boot="boot", quality="synced")
    return SyncRequest(protocol=1, agent="storm", rev=rev, clock=clock, lists=held, batches=batches)


def _batches(number: int, facts: int) -> list[FactBatch]:
    day = Day(seed=number, boot="boot", start_ms=time.time_ns() // 1_000_000 - 86_400_000)
    batches, prev_hash = [], NO_HASH
    for first in range(0, facts, _BATCH):
        told = day.take(min(_BATCH, facts - first))
        batches.append(
            FactBatch(
                lane=Lane.BUSINESS,
                epoch=1,
                nonce=f"n{number}",
                first_seq=first + 1,
                prev_hash=prev_hash.hex(),
                records=[record for _, record in told],
            )
        )
        prev_hash = chain_all(prev_hash, told)
    return batches
