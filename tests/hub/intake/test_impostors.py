"""Forged requests, copied keys, cards that run twice, a hub that forgot: nothing false is taken, people hear of it."""

import uuid
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
import zstandard
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import delete

from hub.intake.tables import FactCursor, FactRow, StationKey
from protocols.sync import envelope, signing
from protocols.sync.envelope import OLDEST_PROTOCOL, PROTOCOL_VERSION, Lane, Verdict
from tests.hub.conftest import FixedAuth, ManualClock
from tests.hub.stations_double import StationDouble, World

PATH = "/api/v1/sync"
Forge = Callable[[dict[str, str], bytes], tuple[dict[str, str], bytes]]


def header(name: str, change: Callable[[str], str]) -> Forge:
    return lambda headers, body: (headers | {name: change(headers[name])}, body)


def without(name: str) -> Forge:
    return lambda headers, body: ({key: value for key, value in headers.items() if key != name}, body)


def flipped(body: bytes, at: int) -> bytes:
    return body[:at] + bytes([body[at] ^ 1]) + body[at + 1 :]


FORGED: dict[str, Forge] = {
    "another station": header("Signature-Input", lambda text: text.replace("keyid=\"0", "keyid=\"1")),
    "another number": header("Signature-Input", lambda text: text.replace("nonce=\"4", "nonce=\"5")),
    "another algorithm": header("Signature-Input", lambda text: text.replace("ed25519", "rsa-pss")),
    "fewer things covered": header("Signature-Input", lambda text: text.replace(' "content-digest"', "")),
    "another label": header("Signature-Input", lambda text: text.replace("sig1", "sig2")),
    "no input": without("Signature-Input"),
    "no signature": without("Signature"),
    "no digest": without("Content-Digest"),
    "another digest": header("Content-Digest", lambda _text: signing.content_digest(b"other")),
    "a cut signature": header("Signature", lambda text: text[:40] + ":"),
    "a flipped signature": header("Signature", lambda text: text[:10] + ("A" if text[10] != "A" else "B") + text[11:]),
    "first byte": lambda headers, body: (headers, flipped(body, 0)),
    "middle byte": lambda headers, body: (headers, flipped(body, len(body) // 2)),
    "last byte": lambda headers, body: (headers, flipped(body, len(body) - 1)),
    "a byte more": lambda headers, body: (headers, body + b"\0"),
    "another body, its digest": lambda headers, _body: (
        headers | {"Content-Digest": signing.content_digest(b"{}")}, b"{}",
    ),
}  # fmt: skip


async def nothing_taken(world: World, before: int = 0) -> None:
    assert len(await world.rows(FactRow, "seq")) == before


@pytest.mark.parametrize("how", FORGED)
async def test_a_request_with_anything_changed_is_refused_and_uses_no_number(world: World, how: str) -> None:
    double = await world.station()
    double.tell_raw(Lane.BUSINESS, "FromTheFuture", b"{}")
    body = zstandard.compress(envelope.encode(double.request(double.batch())))
    good = double.headers(body) | {"Content-Encoding": "zstd"}
    headers, forged = FORGED[how](good, body)
    assert (headers, forged) != (good, body), "nothing was changed"
    async with world.client.post(PATH, data=forged, headers=headers) as answer:
        assert answer.status in {400, 401}, await answer.text()
    await nothing_taken(world)
    assert await world.rows(StationKey, "sync_number") == [(0,)]
    async with world.client.post(PATH, data=body, headers=good) as answer:  # the true one goes through afterwards
        assert answer.status == 200, await answer.text()


async def test_a_signature_is_good_for_one_path_and_one_method(world: World) -> None:
    double = await world.station()
    body = envelope.encode(double.request())
    elsewhere = signing.sign(double.key, double.station_id, 1 << 32 | 1, "POST", "/api/v1/live", body)
    async with world.client.post(PATH, data=body, headers=elsewhere) as answer:
        assert answer.status == 401
    other = signing.sign(double.key, double.station_id, 1 << 32 | 1, "PUT", PATH, body)
    async with world.client.post(PATH, data=body, headers=other) as answer:
        assert answer.status == 401


@pytest.mark.parametrize("key", ["other station", "fresh"])
async def test_another_key_speaks_for_nobody_else(world: World, key: str) -> None:
    one, other = await world.station("1"), await world.station("2")
    forger = StationDouble(one.station_id, other.key if key == "other station" else Ed25519PrivateKey.generate())
    forger.tell_raw(Lane.BUSINESS, "FromTheFuture", b"{}")
    async with await world.post(forger, forger.request(forger.batch())) as answer:
        assert answer.status == 401
    await nothing_taken(world)


async def test_a_request_that_was_overheard_is_of_no_use(world: World) -> None:
    double = await world.station()
    double.tell_raw(Lane.BUSINESS, "FromTheFuture", b"{}")
    body = zstandard.compress(envelope.encode(double.request(double.batch())))
    headers = double.headers(body) | {"Content-Encoding": "zstd"}
    for status in (200, 409, 409):
        async with world.client.post(PATH, data=body, headers=headers) as answer:
            assert answer.status == status
    await nothing_taken(world, before=1)


async def cases(world: World, auth: FixedAuth, kind: str = "fork") -> list[dict[str, Any]]:
    auth.sign_in("cases:read")
    async with world.client.get(f"/api/v1/cases?kind={kind}") as answer:
        assert answer.status == 200, await answer.text()
        found: list[dict[str, Any]] = (await answer.json())["items"]
        return found


async def test_a_copied_card_beside_the_original_loses_nothing_and_becomes_a_case(
    world: World, auth: FixedAuth
) -> None:
    """Both go on under epochs of their own; each fact of each is at the hub once, and a person is told."""
    original = await world.station()
    original.tell_raw(Lane.BUSINESS, "FromTheFuture", msgspec.json.encode({"n": "both"}))
    await world.sync(original, original.batch())
    copy = StationDouble(original.station_id, original.key)
    original.epoch = copy.epoch = 2
    original.tell_raw(Lane.BUSINESS, "FromTheFuture", msgspec.json.encode({"n": "original"}))
    await world.sync(original, original.batch())
    copy.tell_raw(Lane.BUSINESS, "FromTheFuture", msgspec.json.encode({"n": "copy"}))
    copy.sent = original.sent
    reply = await world.sync(copy, copy.batch(nonce="drawn by the copy"))
    [(verdict, floor)] = [(one.verdict, one.epoch_floor) for one in reply.results]
    assert (verdict, floor) == (Verdict.FORK, 3)
    [case] = await cases(world, auth)
    assert (case["kind"], case["state"], case["station_ids"]) == ("fork", "open", [str(original.station_id)])
    assert case["seen"] == {"epoch": 2}
    moved = StationDouble(copy.station_id, copy.key)
    moved.epoch, moved.sent = floor or 0, 0
    moved.tell_raw(Lane.BUSINESS, "FromTheFuture", msgspec.json.encode({"n": "copy"}))
    await world.sync(moved, moved.batch())
    async with await world.post(original, original.request()) as answer:  # the other one's numbers are too low now
        problem = await answer.json(content_type=None)
        assert (answer.status, problem["code"], problem["epoch_floor"]) == (409, "request_replayed", 4)
    kept = [msgspec.json.decode(record)["body"]["n"] for (record,) in await world.rows(FactRow, "record")]
    assert sorted(kept) == ["both", "copy", "original"]


async def test_a_fork_that_is_cried_again_and_again_is_one_case_that_a_person_may_close(
    world: World, auth: FixedAuth
) -> None:
    double = await world.station()
    double.tell_raw(Lane.BUSINESS, "FromTheFuture", b"{}")
    await world.sync(double, double.batch())
    for _ in range(3):
        await world.sync(double, double.batch(nonce="another"))
    assert len(await cases(world, auth)) == 1


async def test_a_hub_of_yesterday_is_filled_again_by_its_station(world: World) -> None:
    double = await world.station()
    for number in range(6):
        double.tell_raw(Lane.BUSINESS, "FromTheFuture", msgspec.json.encode({"n": number}))
    await world.sync(double, double.batch(last=2))
    before = await world.rows(FactCursor, "acked", "chain_hash")
    await world.sync(double, double.batch(first=3))
    async with world.kernel.database.transaction() as session:  # yesterday's backup
        await session.execute(delete(FactRow).where(FactRow.seq > 2))
        await session.execute(
            FactCursor.__table__.update().values(acked=before[0][0], chain_hash=before[0][1])  # type: ignore[attr-defined]
        )
    told = await world.sync(double)
    assert [one.acked for one in told.cursors] == [2]
    reply = await world.sync(double, double.batch(first=3))
    assert [(one.verdict, one.acked) for one in reply.results] == [(Verdict.TAKEN, 6)]
    assert [seq for (seq,) in await world.rows(FactRow, "seq")] == [1, 2, 3, 4, 5, 6]


async def test_a_station_of_nobody_is_refused(world: World) -> None:
    stranger = StationDouble(uuid.UUID(int=7))
    async with await world.post(stranger, stranger.request()) as answer:
        assert (answer.status, (await answer.json(content_type=None))["code"]) == (401, "not_enrolled")


async def test_a_hub_that_knows_less_than_its_station_opens_a_case_once_a_day(
    world: World, auth: FixedAuth, clock: ManualClock
) -> None:
    double = await world.station()
    double.take(await world.sync(double))
    ahead = double.rev + 40
    for _ in range(2):
        reply = await world.sync(double, rev=ahead)
        assert reply.rev >= ahead
    [case] = await cases(world, auth, "hub_behind")
    assert case["seen"] == {"hub_rev": double.rev, "station_rev": ahead}
    assert case["station_ids"] == [str(double.station_id)]


@pytest.mark.parametrize("protocol", [0, 2, 99])
async def test_a_protocol_that_is_not_spoken_is_told_which_ones_are(world: World, protocol: int) -> None:
    double = await world.station()
    request = msgspec.structs.replace(double.request(), protocol=protocol)
    async with await world.post(double, request) as answer:
        problem = await answer.json(content_type=None)
        assert (answer.status, problem["code"]) == (426, "protocol_unknown")
        assert problem["params"] == {"spoken": PROTOCOL_VERSION, "spoken_from": OLDEST_PROTOCOL}
