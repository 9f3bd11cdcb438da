"""A station as the hub sees it: a key, chained facts, signed requests. And a hub to speak to."""

import hashlib
import uuid
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

import msgspec
import zstandard
from aiohttp import ClientResponse
from aiohttp.test_utils import TestClient
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import select

from hub import events, wiring
from hub.intake.tables import StationKey
from hub.kernel.bus import Bus
from hub.kernel.columns import Base
from hub.kernel.routes import RawRoute, Route
from hub.kernel.web import Kernel
from hub.payments.till import Till
from hub.stations.schemas import NewStation
from protocols.sync import envelope, signing
from protocols.sync.envelope import (
    NO_HASH,
    Clock,
    Fact,
    FactBatch,
    Lane,
    ListVersion,
    SyncReply,
    SyncRequest,
    chain,
    decode_reply,
)
from protocols.sync.facts import LANES, Body

AT_MS = 1_795_269_600_000  # 2026-11-21 14:00 UTC, the tests' START


@dataclass(slots=True)
class Chain:
    """One lane of one epoch at the station: every record and the chain's value before it."""

    nonce: str
    records: list[bytes] = field(default_factory=list)
    ids: list[uuid.UUID] = field(default_factory=list)
    hashes: list[bytes] = field(default_factory=lambda: [NO_HASH])

    def add(self, fact_id: uuid.UUID, record: bytes) -> int:
        self.records.append(record)
        self.ids.append(fact_id)
        self.hashes.append(chain(self.hashes[-1], fact_id, record))
        return len(self.records)


class StationDouble:
    """Numbers, chains and signs like a station's agent."""

    def __init__(self, station_id: uuid.UUID, key: Ed25519PrivateKey | None = None) -> None:
        self.station_id = station_id
        self.key = key or Ed25519PrivateKey.generate()
        self.epoch = 1
        self.sent = 0
        self.live_sent = 0
        self.rev = 0
        self.lists: dict[str, tuple[int, dict[str, bytes]]] = {}
        self.orders: list[envelope.OrderChange] = []
        self.revs_seen: list[int] = []
        self._hlc = AT_MS << 16
        self._chains: dict[tuple[Lane, int], Chain] = defaultdict(lambda: Chain(nonce=f"n{self.epoch}"))

    def chain(self, lane: Lane = Lane.BUSINESS) -> Chain:
        return self._chains[lane, self.epoch]

    def tell(self, body: Body, *, hlc: int | None = None) -> int:
        """Write a fact down; its number."""
        return self.tell_raw(LANES[type(body)], type(body).__name__, msgspec.json.encode(body), hlc=hlc)

    def tell_raw(self, lane: Lane, name: str, body: bytes, *, v: int = 1, hlc: int | None = None) -> int:
        """Write a fact of any type and body down; its number."""
        self._hlc += 1
        seed = f"{self.station_id}{lane}{self.epoch}{len(self.chain(lane).records)}{name}".encode()
        fact_id = uuid.UUID(bytes=hashlib.sha256(seed + body).digest()[:16], version=4)
        fact = Fact(
            id=fact_id, type=name, v=v, hlc=hlc or self._hlc, at_ms=AT_MS, mono_ms=5, boot="boot", clock="synced",
            body=msgspec.Raw(body),
        )  # fmt: skip
        return self.chain(lane).add(fact_id, envelope.encode(fact))

    def batch(self, lane: Lane = Lane.BUSINESS, first: int = 1, last: int | None = None, **changed: Any) -> FactBatch:
        """The facts from `first` to `last` (all) as one batch."""
        told = self.chain(lane)
        given: dict[str, Any] = {
            "lane": lane,
            "epoch": self.epoch,
            "nonce": told.nonce,
            "first_seq": first,
            "prev_hash": told.hashes[first - 1].hex(),
            "records": [msgspec.Raw(one) for one in told.records[first - 1 : last]],
        }
        return FactBatch(**(given | changed))

    def request(self, *batches: FactBatch, rev: int | None = None, lists: dict[str, int] | None = None) -> SyncRequest:
        held = {name: version for name, (version, _) in self.lists.items()} if lists is None else lists
        return SyncRequest(
            protocol=1,
            agent="double 1",
            rev=self.rev if rev is None else rev,
            clock=Clock(at_ms=AT_MS, mono_ms=1, boot="boot", quality="synced", uncertainty_ms=100),
            lists=[ListVersion(name=name, version=version) for name, version in held.items()],
            batches=list(batches),
        )

    def headers(self, body: bytes, number: int | None = None) -> dict[str, str]:
        if number is None:
            self.sent += 1
            number = signing.request_number(self.epoch, self.sent)
        return signing.sign(self.key, self.station_id, number, "POST", "/api/v1/sync", body)

    def live_headers(self) -> dict[str, str]:
        self.live_sent += 1
        number = signing.request_number(self.epoch, self.live_sent)
        return signing.sign(self.key, self.station_id, number, "GET", "/api/v1/live", b"")

    def take(self, reply: SyncReply) -> None:
        """Apply the changes as a station does; a list that does not add up is an error here."""
        for raw in reply.changes:
            change = envelope.decode_change(raw)
            assert change is not None
            self.revs_seen.append(change.rev)
            if isinstance(change, envelope.OrderChange):
                self.orders.append(change)
                continue
            version, items = self.lists.get(change.name, (0, {}))
            if change.from_version is None:
                items = {}
            else:
                assert change.from_version == version, (change.name, change.from_version, version)
            items = {key: item for key, item in items.items() if key not in change.deletes}
            items |= {msgspec.json.decode(item)["key"]: bytes(item) for item in change.upserts}
            assert envelope.digest_of(list(items.items())) == change.sha256
            self.lists[change.name] = (change.to_version, items)
        assert reply.rev >= self.rev
        self.rev = reply.rev


@dataclass(frozen=True, slots=True)
class World:
    """A served hub with every domain wired."""

    kernel: Kernel
    rooms: wiring.Rooms
    doors: wiring.Doors
    client: TestClient[Any, Any]

    async def station(self, number: str = "014") -> StationDouble:
        """A station that is added and enrolled."""
        async with self.kernel.database.transaction() as session:
            new = NewStation(name=f"Station {number}", number=number, timezone="Europe/Berlin", currency="EUR")
            station = await self.rooms.stations.add(session, new)
            await self.kernel.bus.publish(session, events.StationAdded(station_id=station.id))
            await self.rooms.stations.present(session, station)
            double = StationDouble(station.id)
            session.add(
                StationKey(
                    station_id=station.id,
                    public_key=double.key.public_key().public_bytes_raw(),
                    enrolled_at=self.kernel.clock.now(),
                    sync_number=0,
                    live_number=0,
                )
            )
        return double

    async def post(self, double: StationDouble, request: SyncRequest, number: int | None = None) -> ClientResponse:
        body = zstandard.compress(envelope.encode(request))
        headers = double.headers(body, number) | {"Content-Encoding": "zstd", "Content-Type": "application/json"}
        return await self.client.post("/api/v1/sync", data=body, headers=headers)

    async def sync(self, double: StationDouble, *batches: FactBatch, **given: Any) -> SyncReply:
        """One exchange that must succeed."""
        async with await self.post(double, double.request(*batches, **given)) as answer:
            assert answer.status == 200, await answer.text()
            return decode_reply(await answer.read())

    async def rows(self, table: type[Base], *columns: str) -> list[tuple[Any, ...]]:
        """A table's rows, sorted."""
        async with self.kernel.database.reading() as session:
            found = await session.execute(select(*(getattr(table, name) for name in columns)))
            return sorted((tuple(row) for row in found), key=repr)


def world_of(
    base: Kernel, till: Till | None = None
) -> tuple[Kernel, wiring.Rooms, wiring.Doors, list[Route | RawRoute]]:
    """Every domain wired on this kernel's database, clock and caller."""
    rooms = wiring.Rooms(base.clock, base.nudges, till=till)
    kernel = Kernel(
        database=base.database,
        clock=base.clock,
        bus=Bus(wiring.subscriptions(rooms)),
        nudges=base.nudges,
        authenticate=base.authenticate,
        draining=base.draining,
    )
    doors = wiring.Doors(kernel, rooms, Ed25519PrivateKey.generate())
    return kernel, rooms, doors, wiring.domain_routes(doors)
