"""One member of the fleet: its key, its chain, and one signed exchange after the other. Losses of replies included."""

import asyncio
import random
import time
import uuid
import zlib
from dataclasses import dataclass, field
from typing import Final

import aiohttp
import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from firmware_sim.fleet.facts import Day
from firmware_sim.waiting import DemoError
from protocols.errors import Malformed
from protocols.sync.enrolment import PREFIX, EnrolReply, EnrolRequest
from protocols.sync.envelope import (
    NO_HASH,
    PROTOCOL_VERSION,
    Clock,
    FactBatch,
    Lane,
    SyncRequest,
    Verdict,
    chain_all,
    decode_reply,
    encode,
)
from protocols.sync.signing import request_number, sign

AGENT: Final = "voltdock-fleet/1"
EPOCH: Final = 1
LOST_REPLIES: Final = 0.02  # a mobile line's share; what was sent is sent again, under a new request number
BACK_OFF_S: Final = 0.5


@dataclass(slots=True)
class Tally:
    """What came of a member's work."""

    requests: int = 0
    acknowledged: int = 0
    repeated: int = 0
    quarantined: int = 0
    told_to_wait: int = 0
    bytes_sent: int = 0
    latencies_s: list[float] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)


class Member:
    """One station as the hub sees it."""

    def __init__(self, *, number: int, seed: int, hub_url: str) -> None:
        self.tally = Tally()
        self._key = Ed25519PrivateKey.generate()
        self._station_id: uuid.UUID | None = None
        self._hub_url = hub_url
        self._chance = random.Random(seed * 100_003 + number)
        self._boot = str(uuid.UUID(int=self._chance.getrandbits(128), version=4))
        self._nonce = self._chance.randbytes(16).hex()
        self._day = Day(seed=self._chance.getrandbits(64), boot=self._boot, start_ms=time.time_ns() // 1_000_000)
        self._sent = 0
        self._hash = NO_HASH
        self._acked = 0
        self._rev = 0

    @property
    def rentals(self) -> int:
        """How many rentals its facts tell of."""
        return self._day.rentals

    async def enrol(self, http: aiohttp.ClientSession, code: str) -> None:
        """Trade the code for an identity, waiting where the hub asks for patience. Raises DemoError."""
        asked = EnrolRequest(
            code=code,
            public_key=self._key.public_key().public_bytes_raw().hex(),
            proof=self._key.sign(PREFIX + code.encode()).hex(),
            agent=AGENT,
        )
        while True:
            async with http.post(
                f"{self._hub_url}/api/v1/stations/enrol",
                data=msgspec.json.encode(asked),
                headers={"Content-Type": "application/json"},
            ) as response:
                body = await response.read()
                if response.status == 429:
                    await asyncio.sleep(float(response.headers.get("Retry-After", "5")))
                    continue
                if response.status not in {200, 201}:
                    raise DemoError(f"enrolment: HTTP {response.status}: {body[:200].decode(errors='replace')}")
                self._station_id = msgspec.json.decode(body, type=EnrolReply).station_id
                return

    async def work(self, http: aiohttp.ClientSession, *, until_s: float, facts_per_batch: int) -> None:
        """Send batch after batch until the loop's clock says `until_s`."""
        loop = asyncio.get_running_loop()
        batch, after = self._next_batch(facts_per_batch)
        while loop.time() < until_s:
            taken = await self._exchange(http, batch)
            if not taken:
                await asyncio.sleep(self._chance.uniform(0, BACK_OFF_S))
            elif self._chance.random() < LOST_REPLIES:
                self.tally.repeated += 1  # as if the reply had been lost on the way
            else:
                self._hash = after
                batch, after = self._next_batch(facts_per_batch)

    def _next_batch(self, count: int) -> tuple[FactBatch, bytes]:
        facts = self._day.take(count)
        batch = FactBatch(
            lane=Lane.BUSINESS,
            epoch=EPOCH,
            nonce=self._nonce,
            first_seq=self._acked + 1,
            prev_hash=self._hash.hex(),
            records=[record for _, record in facts],
        )
        return batch, chain_all(self._hash, facts)

    async def _exchange(self, http: aiohttp.ClientSession, batch: FactBatch) -> bool:
        """Whether the hub now holds the whole batch."""
        if self._station_id is None:
            raise DemoError("not enrolled")
        self._sent += 1
        now_ms = time.time_ns() // 1_000_000
        request = SyncRequest(
            protocol=PROTOCOL_VERSION,
            agent=AGENT,
            rev=self._rev,
            clock=Clock(at_ms=now_ms, mono_ms=now_ms, boot=self._boot, quality="synced", uncertainty_ms=100),
            batches=[batch],
        )
        squeeze = zlib.compressobj(1, zlib.DEFLATED, 31)
        body = squeeze.compress(encode(request)) + squeeze.flush()
        number = request_number(EPOCH, self._sent)
        headers = sign(self._key, self._station_id, number, "POST", "/api/v1/sync", body)
        headers |= {"Content-Type": "application/json", "Content-Encoding": "gzip"}
        began = time.monotonic()
        try:
            async with http.post(f"{self._hub_url}/api/v1/sync", data=body, headers=headers) as response:
                answer = await response.read()
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            self.tally.troubles.append(f"{type(error).__name__}: {error}")
            return False
        after = response.headers.get("Retry-After", "")
        if response.status in {429, 503} and after.isdecimal():
            self.tally.told_to_wait += 1
            await asyncio.sleep(float(after))
            return False
        self.tally.requests += 1
        self.tally.bytes_sent += len(body)
        self.tally.latencies_s.append(time.monotonic() - began)
        return self._read(batch, response.status, answer)

    def _read(self, batch: FactBatch, status: int, answer: bytes) -> bool:
        if status != 200:
            self.tally.troubles.append(f"HTTP {status}: {answer[:160].decode(errors='replace')}")
            return False
        try:
            reply = decode_reply(answer)
        except Malformed as error:
            self.tally.troubles.append(f"reply: {error}")
            return False
        self._rev = max(self._rev, reply.rev)
        self.tally.quarantined += len(reply.quarantined)
        result = reply.results[0]
        last = batch.first_seq + len(batch.records) - 1
        if result.verdict is not Verdict.TAKEN or result.acked < last:
            self.tally.troubles.append(f"verdict {result.verdict.value}, acknowledged {result.acked} of {last}")
            return False
        self.tally.acknowledged += max(0, last - self._acked)
        self._acked = last
        return True
