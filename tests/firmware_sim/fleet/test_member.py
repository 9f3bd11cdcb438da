"""A member of the fleet against a hub that checks everything: signatures, numbers, the chain."""

import asyncio
import gzip
import uuid
from collections.abc import AsyncIterator

import aiohttp
import msgspec
import pytest
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from firmware_sim.fleet.facts import Day
from firmware_sim.fleet.member import Member
from protocols.sync.enrolment import PREFIX, EnrolReply, EnrolRequest
from protocols.sync.envelope import (
    NO_HASH,
    BatchResult,
    SyncReply,
    Verdict,
    chain_all,
    decode_fact,
    decode_request,
    encode,
)
from protocols.sync.facts import Body, RentalEnded, RentalStarted, body_of
from protocols.sync.signing import verify

STATION = uuid.UUID("01900000-0000-7000-8000-00000000f1ee")


class CheckingHub:
    """Refuses what is not as the wire says, and now and then has no time."""

    def __init__(self) -> None:
        self.key = b""
        self.numbers: list[int] = []
        self.records: list[bytes] = []
        self.hash = NO_HASH
        self.duplicates = 0
        self.refuse_next = 0
        self.retry_after: str | None = None
        self.wrong: list[str] = []

    async def enrol(self, request: web.Request) -> web.Response:
        asked = msgspec.json.decode(await request.read(), type=EnrolRequest)
        self.key = bytes.fromhex(asked.public_key)
        proof = bytes.fromhex(asked.proof)
        Ed25519PublicKey.from_public_bytes(self.key).verify(proof, PREFIX + asked.code.encode())
        return web.Response(body=msgspec.json.encode(EnrolReply(station_id=STATION, name="Fleet")), status=201)

    async def sync(self, request: web.Request) -> web.Response:
        if self.refuse_next:
            self.refuse_next -= 1
            return web.Response(status=503, headers={"Retry-After": self.retry_after} if self.retry_after else {})
        body = await request.read()
        self.numbers.append(verify(self.key, dict(request.headers), "POST", "/api/v1/sync", body).number)
        [batch] = decode_request(gzip.decompress(body)).batches
        if batch.first_seq == len(self.records) + 1:
            if batch.prev_hash != self.hash.hex():
                self.wrong.append(f"chain at {batch.first_seq}")
            facts = [(decode_fact(record).id, record) for record in batch.records]
            self.hash = chain_all(self.hash, facts)
            self.records += [bytes(record) for record in batch.records]
        else:
            self.duplicates += 1
        result = BatchResult(lane=batch.lane, epoch=batch.epoch, verdict=Verdict.TAKEN, acked=len(self.records))
        return web.Response(body=encode(SyncReply(protocol=1, hub="test", hub_at_ms=0, rev=0, results=[result])))


@pytest.fixture
async def hub() -> AsyncIterator[tuple[CheckingHub, str]]:
    hub = CheckingHub()
    # The hub reads the bytes as they were signed, so the server must not unpack them on the way.
    app = web.Application()
    app.add_routes([web.post("/api/v1/stations/enrol", hub.enrol), web.post("/api/v1/sync", hub.sync)])
    runner = web.AppRunner(app, auto_decompress=False, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    yield hub, f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


async def _worked(hub_url: str, hub: CheckingHub, *, seed: int = 1, for_s: float = 0.6) -> Member:
    member = Member(number=0, seed=seed, hub_url=hub_url)
    async with aiohttp.ClientSession() as http:
        await member.enrol(http, "CODE")
        until_s = asyncio.get_running_loop().time() + for_s
        await member.work(http, until_s=until_s, facts_per_batch=20)
    return member


async def test_every_fact_arrives_once_signed_and_chained(hub: tuple[CheckingHub, str]) -> None:
    member = await _worked(hub[1], hub[0])
    assert hub[0].wrong == []
    assert member.tally.troubles == []
    assert len(hub[0].records) == member.tally.acknowledged > 100
    assert hub[0].numbers == sorted(set(hub[0].numbers))


async def test_a_hub_without_time_costs_no_fact(hub: tuple[CheckingHub, str]) -> None:
    hub[0].refuse_next = 3
    member = await _worked(hub[1], hub[0], for_s=2.0)
    assert len(member.tally.troubles) == 3
    assert hub[0].wrong == []
    assert len(hub[0].records) == member.tally.acknowledged > 0


async def test_a_hub_that_says_when_to_come_back_is_obeyed_and_is_no_trouble(hub: tuple[CheckingHub, str]) -> None:
    hub[0].refuse_next, hub[0].retry_after = 1, "1"
    member = await _worked(hub[1], hub[0], for_s=2.0)
    assert (member.tally.troubles, member.tally.told_to_wait) == ([], 1)
    assert len(hub[0].records) == member.tally.acknowledged > 0


def test_the_same_seed_makes_the_same_day() -> None:
    one, other = (Day(seed=7, boot="b", start_ms=1_800_000_000_000).take(50) for _ in range(2))
    assert one == other
    assert one != Day(seed=8, boot="b", start_ms=1_800_000_000_000).take(50)


def test_a_day_tells_whole_rentals_in_known_words() -> None:
    day = Day(seed=7, boot="b", start_ms=1_800_000_000_000)
    bodies: list[Body | None] = [body_of(decode_fact(record)) for _, record in day.take(50)]
    assert None not in bodies
    begun = [body.rental_id for body in bodies if isinstance(body, RentalStarted)]
    ended = [body.rental_id for body in bodies if isinstance(body, RentalEnded)]
    assert begun == ended
    assert len(begun) == day.rentals == 10
