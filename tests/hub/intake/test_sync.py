"""The sync exchange over a real socket, on both databases."""

import asyncio
import gzip
import io
import uuid
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
import zstandard
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import delete, update

from hub.intake.tables import FactCursor, FactRow, QuarantinedFact, StationKey
from hub.rentals import rules, telling
from hub.rentals.tables import Rental
from protocols.sync import envelope
from protocols.sync.envelope import MAX_FACTS, MOST_BYTES, MOST_FACTS, Lane, Room, Verdict
from protocols.sync.facts import RentalActivated, RentalStarted, Renter
from tests.hub.conftest import FixedAuth, ManualClock
from tests.hub.stations_double import AT_MS, StationDouble, World

RENTAL, VEHICLE, TARIFF = uuid.UUID(int=0xA1), uuid.UUID(int=0xB1), uuid.UUID(int=0xC1)


def started(rental_id: uuid.UUID = RENTAL, *, dock_no: int = 4) -> RentalStarted:
    return RentalStarted(
        rental_id=rental_id, vehicle_id=VEHICLE, dock_no=dock_no, started_ms=AT_MS, renter=Renter(by="card"),
        tariff_id=TARIFF, tariff_version=1, offline=False,
    )  # fmt: skip


def unknown(double: StationDouble, count: int, lane: Lane = Lane.BUSINESS) -> None:
    for number in range(count):
        double.tell_raw(lane, "FromTheFuture", msgspec.json.encode({"n": number}), v=7)


async def test_facts_are_kept_to_the_byte_and_acknowledged(world: World) -> None:
    double = await world.station()
    double.tell(started())
    unknown(double, 2)
    reply = await world.sync(double, double.batch())
    assert [(one.verdict, one.acked) for one in reply.results] == [(Verdict.TAKEN, 3)]
    assert [(one.lane, one.epoch, one.acked) for one in reply.cursors] == [(Lane.BUSINESS, 1, 3)]
    assert not reply.quarantined
    kept = await world.rows(FactRow, "seq", "record")
    assert kept == [(number + 1, record) for number, record in enumerate(double.chain().records)]
    assert await world.rows(Rental, "id", "state") == [(RENTAL, "starting")]


async def test_a_batch_that_comes_again_changes_nothing(world: World) -> None:
    double = await world.station()
    double.tell(started())
    for _ in range(3):
        reply = await world.sync(double, double.batch())
        assert [(one.verdict, one.acked) for one in reply.results] == [(Verdict.TAKEN, 1)]
    assert len(await world.rows(FactRow, "seq")) == 1
    assert len(await world.rows(Rental, "id")) == 1
    assert not await world.rows(QuarantinedFact, "code")


async def test_facts_that_are_there_without_their_cursor_are_taken_again(world: World) -> None:
    """A database that was mended by hand: what is there stays, and nothing is in the way of what follows."""
    double = await world.station()
    double.tell(started())
    unknown(double, 40)
    await world.sync(double, double.batch(last=20))
    async with world.kernel.database.transaction() as session:
        await session.execute(delete(FactCursor))
    reply = await world.sync(double, double.batch())
    assert [(one.verdict, one.acked) for one in reply.results] == [(Verdict.TAKEN, 41)]
    assert not reply.quarantined
    assert sorted(seq for (seq,) in await world.rows(FactRow, "seq")) == list(range(1, 42))


async def test_an_overlap_takes_only_what_is_new(world: World) -> None:
    double = await world.station()
    unknown(double, 5)
    await world.sync(double, double.batch(last=3))
    reply = await world.sync(double, double.batch(first=2))
    assert [(one.verdict, one.acked) for one in reply.results] == [(Verdict.TAKEN, 5)]
    inner = await world.sync(double, double.batch(first=2, last=3))
    assert [(one.verdict, one.acked) for one in inner.results] == [(Verdict.TAKEN, 5)]
    assert [seq for (seq,) in await world.rows(FactRow, "seq")] == [1, 2, 3, 4, 5]


async def test_a_gap_takes_nothing_and_says_where_to_go_on(world: World) -> None:
    double = await world.station()
    unknown(double, 5)
    first = await world.sync(double, double.batch(first=2))
    assert [(one.verdict, one.acked) for one in first.results] == [(Verdict.GAP, 0)]
    await world.sync(double, double.batch(last=2))
    reply = await world.sync(double, double.batch(first=4))
    assert [(one.verdict, one.acked) for one in reply.results] == [(Verdict.GAP, 2)]
    assert len(await world.rows(FactRow, "seq")) == 2


async def test_two_batches_of_one_lane_in_one_request_follow_each_other(world: World) -> None:
    double = await world.station()
    unknown(double, 4)
    reply = await world.sync(double, double.batch(last=2), double.batch(first=3))
    assert [(one.verdict, one.acked) for one in reply.results] == [(Verdict.TAKEN, 2), (Verdict.TAKEN, 4)]
    assert [one.acked for one in reply.cursors] == [4]


@pytest.mark.parametrize("how", ["nonce", "prev_hash", "records", "inner", "other_lane"])
async def test_another_history_under_the_same_numbers_is_a_fork(world: World, how: str) -> None:
    double = await world.station()
    unknown(double, 4)
    await world.sync(double, double.batch(last=3))
    twin = StationDouble(double.station_id, double.key)
    twin.sent = double.sent
    twin.tell_raw(Lane.BUSINESS, "FromTheFuture", b'{"n":"another"}')
    unknown(twin, 3)
    batch = {
        "nonce": double.batch(nonce="drawn again"),
        "prev_hash": double.batch(first=4, prev_hash="ab" * 32),
        "records": twin.batch(),
        "inner": twin.batch(last=2),
        "other_lane": None,
    }[how]
    if batch is None:
        double.tell_raw(Lane.TELEMETRY, "FromTheFuture", b"{}")
        batch = double.batch(Lane.TELEMETRY, nonce="drawn again")
    reply = await world.sync(twin, batch)
    assert [(one.verdict, one.epoch_floor) for one in reply.results] == [(Verdict.FORK, 2)]
    assert [seq for (seq,) in await world.rows(FactRow, "seq")] == [1, 2, 3]
    kept = await world.rows(FactRow, "seq", "record")
    assert [record for _, record in kept] == double.chain().records[:3]
    if how != "other_lane":
        assert (await world.rows(FactCursor, "acked", "forked_at"))[0][1] is not None


async def test_a_fork_opens_an_epoch_above_all_that_were_shown(world: World) -> None:
    double = await world.station()
    unknown(double, 1)
    await world.sync(double, double.batch())
    double.epoch = 9
    unknown(double, 1)
    await world.sync(double, double.batch())
    double.epoch = 1
    cloned = double.batch(nonce="cloned")
    double.epoch = 9
    reply = await world.sync(double, cloned)
    assert [one.epoch_floor for one in reply.results] == [10]


async def test_poison_in_the_middle_is_set_aside_and_stops_nothing(world: World) -> None:
    double = await world.station()
    double.tell(started())
    double.tell_raw(Lane.BUSINESS, "RentalActivated", b'{"rental_id":"no uuid","undocked_ms":1}')
    double.chain().add(uuid.UUID(int=5), b'{"id":"00000000-0000-0000-0000-000000000005","type":3}')
    double.tell_raw(Lane.BUSINESS, "RentalActivated", msgspec.json.encode({"rental_id": RENTAL, "undocked_ms": 9**30}))
    double.tell(started(dock_no=5))
    double.tell_raw(Lane.BUSINESS, "Nul\x00Type", b"{}")
    double.tell(RentalActivated(rental_id=RENTAL, undocked_ms=AT_MS + 1000))
    reply = await world.sync(double, double.batch())
    assert [(one.verdict, one.acked) for one in reply.results] == [(Verdict.TAKEN, 7)]
    codes = [(one.seq, one.code) for one in reply.quarantined]
    assert sorted(codes) == [
        (2, "bad_fact_body"), (3, "bad_frame"), (4, "out_of_range"), (6, "bad_frame"),
    ]  # fmt: skip
    kept = await world.rows(FactRow, "seq", "record")
    assert [record for _, record in kept] == double.chain().records
    assert await world.rows(Rental, "state", "dock_no", "flags") == [("active", 4, " contradiction ")]
    assert sorted(await world.rows(QuarantinedFact, "seq", "code")) == sorted(codes)
    again = await world.sync(double, double.batch())
    assert [one.acked for one in again.results] == [7]
    assert len(await world.rows(QuarantinedFact, "seq")) == 4


async def test_a_record_without_a_readable_id_is_kept_and_the_lane_goes_on(world: World) -> None:
    double = await world.station()
    unknown(double, 1)
    double.chain().add(uuid.UUID(int=77), b'"no frame at all"')
    unknown(double, 1)
    reply = await world.sync(double, double.batch(last=2))
    assert [one.acked for one in reply.results] == [2]
    assert [one.code for one in reply.quarantined] == ["bad_frame"]
    reply = await world.sync(double, double.batch(first=3))
    assert [(one.verdict, one.acked) for one in reply.results] == [(Verdict.TAKEN, 3)]
    unknown(double, 1)
    forged = await world.sync(double, double.batch(first=4, prev_hash="cd" * 32))
    assert [one.verdict for one in forged.results] == [Verdict.FORK]


async def test_a_domain_that_fails_does_not_stop_the_lane(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    double = await world.station()
    double.tell(started())
    double.tell(started(uuid.UUID(int=0xA2)))
    monkeypatch.setattr("hub.rentals.rules.with_word", _bug_for(RENTAL))
    reply = await world.sync(double, double.batch())
    assert [(one.seq, one.code) for one in reply.quarantined] == [(1, "not_applied")]
    assert await world.rows(Rental, "id") == [(uuid.UUID(int=0xA2),)]


def _bug_for(rental_id: uuid.UUID) -> Callable[..., rules.Told]:
    real = rules.with_word

    def broken(
        told: rules.Told, station_id: uuid.UUID, hlc: int, fact_id: uuid.UUID, fact: telling.RentalFact, **more: Any
    ) -> rules.Told:
        if fact.rental_id == rental_id:
            raise KeyError("a bug")
        return real(told, station_id, hlc, fact_id, fact, **more)

    return broken


async def test_a_replayed_request_number_is_refused_and_says_which_epoch_would_do(world: World) -> None:
    double = await world.station()
    unknown(double, 1)
    request = double.request(double.batch())
    async with await world.post(double, request) as answer:
        assert answer.status == 200
    for number in (1 << 32 | 1, 1):
        async with await world.post(double, request, number) as answer:
            problem = await answer.json(content_type=None)
            assert (answer.status, problem["code"], problem["epoch_floor"]) == (409, "request_replayed", 2)


@pytest.mark.parametrize("forge", ["body", "signature", "key", "stranger", "none", "huge"])
async def test_what_the_station_did_not_sign_is_refused(world: World, forge: str) -> None:
    double = await world.station()
    unknown(double, 1)
    body = zstandard.compress(envelope.encode(double.request(double.batch())))
    if forge == "key":
        double.key = Ed25519PrivateKey.generate()
    if forge == "stranger":
        double.station_id = uuid.UUID(int=1)
    headers = double.headers(body, 2**64 if forge == "huge" else None) | {"Content-Encoding": "zstd"}
    if forge == "body":
        body = zstandard.compress(envelope.encode(double.request()))
    if forge == "signature":
        headers["Signature"] = "sig1=:" + "A" * 86 + "==:"
    if forge == "none":
        del headers["Signature"]
    async with world.client.post("/api/v1/sync", data=body, headers=headers) as answer:
        assert answer.status == (400 if forge == "none" else 401)
        assert answer.content_type == "application/problem+json"
    assert not await world.rows(FactRow, "seq")
    assert await world.rows(StationKey, "sync_number") == [(0,)]


async def test_a_key_that_was_replaced_is_refused_though_it_is_remembered(world: World) -> None:
    double = await world.station()
    await world.sync(double)
    fresh = Ed25519PrivateKey.generate()
    async with world.kernel.database.transaction() as session:
        await session.execute(update(StationKey).values(public_key=fresh.public_key().public_bytes_raw()))
    async with await world.post(double, double.request()) as answer:
        assert answer.status == 401
    double.key = fresh
    await world.sync(double)


@pytest.mark.parametrize("coding", ["zstd", "gzip", "identity", ""])
async def test_bodies_come_in_every_coding(world: World, coding: str) -> None:
    double = await world.station()
    unknown(double, 1)
    plain = envelope.encode(double.request(double.batch()))
    packers: dict[str, Callable[[bytes], bytes]] = {"zstd": zstandard.compress, "gzip": gzip.compress}
    body = packers.get(coding, bytes)(plain)
    headers = double.headers(body) | ({"Content-Encoding": coding} if coding else {})
    async with world.client.post("/api/v1/sync", data=body, headers=headers) as answer:
        assert answer.status == 200, await answer.text()


@pytest.mark.parametrize(
    ("coding", "body", "status"),
    [
        ("zstd", zstandard.compress(bytes(20_000_000)), 413),
        ("gzip", gzip.compress(bytes(20_000_000), mtime=0), 413),
        ("", bytes(1_100_000), 413),
        ("zstd", b"not zstd", 400),
        ("gzip", gzip.compress(b"{}" * 100, mtime=0)[:-9], 400),
        ("br", b"{}", 415),
        ("", b'{"protocol":1}', 400),
        ("", b"\xff\xfe", 400),
        ("", b"", 400),
    ],
    ids=["zstd bomb", "gzip bomb", "large", "no zstd", "cut gzip", "brotli", "half a request", "no text", "nothing"],
)
async def test_a_body_that_is_too_large_or_unreadable_is_refused(
    world: World, coding: str, body: bytes, status: int
) -> None:
    double = await world.station()
    headers = double.headers(body) | ({"Content-Encoding": coding} if coding else {})
    async with world.client.post("/api/v1/sync", data=io.BytesIO(body), headers=headers) as answer:
        assert answer.status == status, await answer.text()
        assert answer.content_type == "application/problem+json"
    assert await world.rows(StationKey, "sync_number") == [(0,)]


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"epoch": 0}, "bad_epoch"),
        ({"epoch": 2**40}, "bad_epoch"),
        ({"first_seq": 0}, "bad_numbers"),
        ({"records": []}, "bad_numbers"),
        ({"nonce": ""}, "bad_nonce"),
        ({"nonce": "n\x00"}, "bad_nonce"),
        ({"prev_hash": "zz"}, "bad_prev_hash"),
        ({"records": [msgspec.Raw(b"{}")] * (MAX_FACTS + 1)}, "too_many_facts"),
    ],
)
async def test_a_broken_envelope_is_refused_as_a_whole(world: World, changed: dict[str, Any], reason: str) -> None:
    double = await world.station()
    unknown(double, 1)
    async with await world.post(double, double.request(double.batch(**changed))) as answer:
        assert (answer.status, (await answer.json(content_type=None))["code"]) == (400, reason)


async def test_a_hub_with_many_writers_offers_room_for_telemetry_and_takes_it(world: World) -> None:
    double = await world.station()
    reply = await world.sync(double)
    one_writer = world.kernel.database.is_sqlite
    assert reply.room == (None if one_writer else Room(facts=MOST_FACTS, bytes=MOST_BYTES))
    unknown(double, MOST_FACTS, lane=Lane.TELEMETRY)
    reply = await world.sync(double, double.batch(lane=Lane.TELEMETRY))
    assert [(one.verdict, one.acked) for one in reply.results] == [(Verdict.TAKEN, MOST_FACTS)]
    assert len(await world.rows(FactRow, "seq")) == MOST_FACTS


async def test_more_than_was_offered_is_refused_as_a_whole(world: World) -> None:
    double = await world.station()
    unknown(double, MOST_FACTS + 1, lane=Lane.TELEMETRY)
    unknown(double, MAX_FACTS + 1)
    for batch in (double.batch(lane=Lane.TELEMETRY), double.batch()):
        async with await world.post(double, double.request(batch)) as answer:
            assert (answer.status, (await answer.json(content_type=None))["code"]) == (400, "too_many_facts")
    assert not await world.rows(FactRow, "seq")


async def test_syncs_of_one_station_at_once_end_as_if_one_after_the_other(world: World) -> None:
    double = await world.station()
    for number in range(12):
        double.tell(started(uuid.UUID(int=0xD00 + number)))
    requests = [double.batch(last=3 * (number + 1)) for number in range(4)] * 2
    answers = await asyncio.gather(*(world.post(double, double.request(batch)) for batch in requests))
    statuses = {answer.status for answer in answers}
    for answer in answers:
        answer.release()
    assert statuses <= {200, 409}  # a number that was overtaken is refused; the station asks again
    reply = await world.sync(double, double.batch())
    assert [one.acked for one in reply.results] == [12]
    assert len(await world.rows(FactRow, "seq")) == len(await world.rows(Rental, "id")) == 12
    assert not await world.rows(QuarantinedFact, "code")


async def test_an_empty_request_gets_the_cursors_of_the_last_epochs(world: World) -> None:
    double = await world.station()
    for epoch in (1, 2):
        double.epoch = epoch
        unknown(double, epoch)
        await world.sync(double, double.batch())
    reply = await world.sync(double)
    assert [(one.epoch, one.acked) for one in reply.cursors] == [(2, 2), (1, 1)]


async def test_received_facts_and_quarantine_are_listed_for_an_admin(
    world: World, auth: FixedAuth, clock: ManualClock
) -> None:
    double = await world.station()
    unknown(double, 3)
    double.tell_raw(Lane.BUSINESS, "RentalActivated", b"{}")
    await world.sync(double, double.batch())
    auth.sign_in("facts:read")
    seen, cursor = [], ""
    while True:
        path = f"/api/v1/facts?station_id={double.station_id}&limit=2{cursor}"
        async with world.client.get(path) as answer:
            page = await answer.json()
        seen += [(one["seq"], one["record"].encode()) for one in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert seen == [(seq, double.chain().records[seq - 1]) for seq in (4, 3, 2, 1)]
    async with world.client.get("/api/v1/quarantine?state=waiting") as answer:
        (item,) = (await answer.json())["items"]
    assert (item["seq"], item["code"], item["type"]) == (4, "bad_fact_body", "RentalActivated")
    async with world.client.get(f"/api/v1/facts?station_id={double.station_id}&cursor=abc") as answer:
        assert answer.status == 422
