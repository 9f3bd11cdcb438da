"""Pictures come beside the facts: those that facts name, once, whole, and for whoever may read the rental."""

import uuid
from collections.abc import Sequence
from typing import Any

import msgspec
import pytest

from hub.intake.tables import StationKey
from hub.kernel.auth import Principal
from hub.photos.tables import Photo
from protocols.photo.jpeg import MOST_BYTES
from protocols.photo.upload import OFFERS, Offer, Wanted, decode_wanted, digest_of, encode, path_of
from protocols.sync import facts, signing
from protocols.sync.envelope import Lane
from protocols.values import from_ms, rfc3339
from tests.hub.conftest import FixedAuth
from tests.hub.rentals.test_rentals import ACCOUNT as RENTER
from tests.hub.rentals.test_rentals import RENTAL, life
from tests.hub.stations.test_checklists import filled
from tests.hub.stations_double import AT_MS, StationDouble, World
from tests.pictures import EXIF, jpeg

ACT = uuid.UUID(int=0xAC7)
ONE, TWO = jpeg(1), jpeg(2)


def named(*pictures: bytes, act_id: uuid.UUID = ACT, ago_ms: int = 60_000, **more: Any) -> facts.StaffActed:
    given: dict[str, Any] = {
        "act_id": act_id, "staff_id": uuid.UUID(int=0xA77A), "staff_name": "Anna", "identified_by": "pin",
        "what": "end_rental", "reason": "dock_broken", "at_ms": AT_MS, "rental_id": RENTAL, "account_id": RENTER,
        "photos": tuple(map(digest_of, pictures)),
        "pictures": tuple(
            facts.Picture(sha256=digest_of(one), media_type="image/jpeg", size=len(one), ago_ms=ago_ms)
            for one in pictures
        ),
    }  # fmt: skip
    return facts.StaffActed(**given | more)


async def ask(
    world: World, double: StationDouble, method: str, path: str, body: bytes, *, number: int = 1, kind: str = ""
) -> tuple[int, Any]:
    headers = signing.sign(double.key, double.station_id, number, method, path, body)
    headers["Content-Type"] = kind or ("image/jpeg" if method == "PUT" else "application/json")
    async with world.client.request(method, path, data=body, headers=headers) as answer:
        problem = answer.content_type == "application/problem+json"
        return answer.status, await answer.json(content_type=None) if problem else await answer.read()


async def offer(world: World, double: StationDouble, *pictures: bytes, whole: bool = True) -> Wanted:
    body = encode(Offer(have=list(map(digest_of, pictures)), whole=whole))
    status, answer = await ask(world, double, "POST", OFFERS, body)
    assert status == 200, answer
    return decode_wanted(answer)


async def bring(world: World, double: StationDouble, picture: bytes, name: str = "") -> tuple[int, Any]:
    return await ask(world, double, "PUT", path_of(name or digest_of(picture)), picture)


async def told(world: World, *bodies: facts.Body, lane: Lane = Lane.BUSINESS, number: str = "014") -> StationDouble:
    double = await world.station(number)
    for body in bodies:
        double.tell(body)
    reply = await world.sync(double, double.batch(lane))
    assert reply.quarantined == []
    return double


async def story(world: World, auth: FixedAuth, *permissions: str) -> Sequence[dict[str, Any]]:
    auth.sign_in(*permissions or ("rentals:read",), account_id=RENTER)
    async with world.client.get(f"/api/v1/rentals/{RENTAL}") as answer:
        assert answer.status == 200, await answer.text()
        photos: list[dict[str, Any]] = (await answer.json())["photos"]
        return photos


async def states(world: World, auth: FixedAuth) -> list[str]:
    return [one["state"] for one in await story(world, auth)]


async def seen(world: World, photo_id: str, rental_id: uuid.UUID = RENTAL) -> tuple[int, Any]:
    async with world.client.get(f"/api/v1/rentals/{rental_id}/photos/{photo_id}") as answer:
        if answer.status == 200:
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            return 200, await answer.read()
        return answer.status, (await answer.json())["code"]


def rental() -> facts.Body:
    return life()[0]


async def test_a_picture_waits_until_it_is_brought_and_then_stands_in_the_rentals_story(
    world: World, auth: FixedAuth
) -> None:
    double = await told(world, rental(), named(ONE, TWO))
    first, second = await story(world, auth)
    assert (first["state"], second["state"], first["what"]) == ("waiting", "waiting", "end_rental")
    assert first["taken_at"] == rfc3339(from_ms(AT_MS - 60_000))
    assert await seen(world, first["id"]) == (404, "photo_waits")
    wanted = await offer(world, double, ONE, TWO, jpeg(9))
    assert (set(wanted.want), wanted.have) == ({digest_of(ONE), digest_of(TWO)}, [])
    assert (await bring(world, double, ONE))[0] == 204
    wanted = await offer(world, double, ONE, TWO)
    assert (wanted.want, wanted.have) == ([digest_of(TWO)], [digest_of(ONE)])
    by_state = {one["state"]: one["id"] for one in await story(world, auth)}
    assert await seen(world, by_state["here"]) == (200, ONE)
    assert sorted(by_state) == ["here", "waiting"]


async def test_a_picture_that_is_sent_again_is_kept_once_also_for_the_next_act_that_names_it(
    world: World, auth: FixedAuth
) -> None:
    double = await told(world, rental(), named(ONE))
    assert [(await bring(world, double, ONE))[0] for _ in range(3)] == [204] * 3
    double.tell(named(ONE, act_id=uuid.UUID(int=2)))
    double.tell(named(ONE, act_id=uuid.UUID(int=2)))
    await world.sync(double, double.batch(first=3))
    assert await states(world, auth) == ["here", "here"]
    assert [one async for one in world.rooms.photos._files.list("photos")][0].size == len(ONE)  # noqa: RUF015


async def test_what_is_not_what_it_is_called_is_refused_and_the_right_one_may_still_come(
    world: World, auth: FixedAuth
) -> None:
    double = await told(world, rental(), named(ONE))
    assert (await bring(world, double, TWO, digest_of(ONE)))[1]["code"] == "photo_differs"
    assert await states(world, auth) == ["waiting"]
    assert (await bring(world, double, ONE))[0] == 204


@pytest.mark.parametrize(("odd", "why"), [(b"GIF89a", "bad_picture"), (jpeg(1, more=EXIF), "picture_tells_more")])
async def test_what_is_no_picture_or_tells_where_it_was_taken_will_never_be_here(
    world: World, auth: FixedAuth, odd: bytes, why: str
) -> None:
    double = await told(world, rental(), named(odd))
    status, problem = await bring(world, double, odd)
    assert (status, problem["code"], problem["params"]) == (422, "photo_bad", {"why": why})
    assert await states(world, auth) == ["lost"]
    assert (await offer(world, double, odd)).want == []


async def test_what_is_too_large_no_jpeg_or_named_by_nobody_is_turned_away(world: World) -> None:
    double = await told(world, rental(), named(ONE))
    assert (await bring(world, double, b"x" * (MOST_BYTES + 1)))[0] == 413
    assert (await bring(world, double, TWO))[1]["code"] == "photo_not_named"
    assert (await ask(world, double, "PUT", path_of(digest_of(ONE)), ONE, kind="image/png"))[0] == 415
    assert (await ask(world, double, "PUT", "/api/v1/station-photos/up", ONE))[0] == 404
    assert (await ask(world, double, "POST", OFFERS, b"{}"))[0] == 400
    assert await world.rows(Photo, "here_at") == [(None,)]


async def test_only_the_stations_own_good_key_brings_pictures(world: World) -> None:
    double = await told(world, rental(), named(ONE))
    impostor, other = StationDouble(double.station_id), await world.station("015")
    assert (await bring(world, impostor, ONE))[0] == 401
    assert (await bring(world, other, ONE))[1]["code"] == "photo_not_named"
    headers = signing.sign(double.key, double.station_id, 1, "PUT", path_of(digest_of(ONE)), ONE)
    async with world.client.put(
        path_of(digest_of(TWO)), data=ONE, headers=headers | {"Content-Type": "image/jpeg"}
    ) as answer:
        assert answer.status == 401, "signed for another picture"
    assert (await offer(world, double, ONE)).want == [digest_of(ONE)]  # the key is remembered from here on
    async with world.kernel.database.transaction() as session:
        key = await session.get(StationKey, double.station_id)
        assert key is not None
        key.revoked_at = world.kernel.clock.now()
    assert (await bring(world, double, ONE))[0] == 401
    assert await world.rows(Photo, "here_at") == [(None,)]


async def test_what_the_station_has_no_more_is_lost_until_it_turns_up_again(world: World, auth: FixedAuth) -> None:
    double = await told(world, rental(), named(ONE, TWO))
    await offer(world, double, ONE, whole=False)
    assert await states(world, auth) == ["waiting", "waiting"]
    await offer(world, double, ONE)
    assert sorted(await states(world, auth)) == ["lost", "waiting"]
    lost = next(one["id"] for one in await story(world, auth) if one["state"] == "lost")
    assert await seen(world, lost) == (404, "photo_lost")
    assert digest_of(TWO) in (await offer(world, double, ONE, TWO)).want
    assert (await bring(world, double, TWO))[0] == 204
    assert sorted(await states(world, auth)) == ["here", "waiting"]


async def test_a_hub_that_was_restored_finds_the_pictures_that_it_has(world: World, auth: FixedAuth) -> None:
    double = await told(world, rental(), named(ONE))
    await world.rooms.photos._files.put(f"photos/{double.station_id}/{digest_of(ONE)}.jpg", ONE)
    await offer(world, double)  # the station has long deleted it
    assert await states(world, auth) == ["here"]


async def test_a_store_that_takes_nothing_keeps_the_picture_waiting(
    world: World, auth: FixedAuth, monkeypatch: pytest.MonkeyPatch
) -> None:
    double = await told(world, rental(), named(ONE))

    async def full(*_: object) -> None:
        raise OSError("no space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(world.rooms.photos._files, "put", full)
        status, problem = await bring(world, double, ONE)
    assert (status, problem["code"]) == (503, "files_unreachable")
    assert await states(world, auth) == ["waiting"]
    assert (await bring(world, double, ONE))[0] == 204


async def test_a_cut_between_file_and_row_is_mended_by_sending_again(
    world: World, auth: FixedAuth, monkeypatch: pytest.MonkeyPatch
) -> None:
    double = await told(world, rental(), named(ONE))

    async def cut(*_: object) -> None:
        raise RuntimeError("power")

    with monkeypatch.context() as broken:
        broken.setattr("hub.photos.repository.set_here", cut)
        assert (await bring(world, double, ONE))[0] == 500
    assert await states(world, auth) == ["waiting"]
    assert (await bring(world, double, ONE))[0] == 204
    assert await states(world, auth) == ["here"]


async def test_who_may_not_read_the_rental_sees_no_picture_of_it(world: World, auth: FixedAuth) -> None:
    double = await told(world, rental(), named(ONE))
    await bring(world, double, ONE)
    [photo] = await story(world, auth, "signed_in")
    assert (await seen(world, photo["id"]))[0] == 200, "his own ride"
    assert await seen(world, photo["id"], uuid.UUID(int=1)) == (404, "not_found")
    assert await seen(world, str(uuid.uuid4())) == (404, "not_found")
    assert await seen(world, "x") == (404, "not_found")
    auth.sign_in(account_id=uuid.UUID(int=0xBAD))
    assert await seen(world, photo["id"]) == (404, "not_found")
    auth.principal = None
    assert (await seen(world, photo["id"]))[0] == 401


@pytest.mark.parametrize(("number", "status"), [("014", 200), ("015", 404)])
async def test_who_is_assigned_to_a_station_sees_its_pictures_only(
    world: World, auth: FixedAuth, number: str, status: int
) -> None:
    double = await told(world, rental(), named(ONE))
    await bring(world, double, ONE)
    [photo] = await story(world, auth)
    other = await world.station("015")
    place = double.station_id if number == "014" else other.station_id
    may = ("rentals:read", "cases:read")
    auth.principal = Principal(
        account_id=uuid.UUID(int=7), roles=frozenset(), permissions=frozenset(may),
        limits=dict.fromkeys(may, frozenset({place})),
    )  # fmt: skip
    assert (await seen(world, photo["id"]))[0] == status
    async with world.client.get(f"/api/v1/photos/{photo['id']}") as answer:
        assert answer.status == status
    async with world.client.get("/api/v1/photos") as answer:
        assert len((await answer.json())["items"]) == (1 if status == 200 else 0)


async def test_pictures_of_checklists_are_found_by_them(world: World, auth: FixedAuth) -> None:
    given = filled(2, ok=False)
    answer = facts.ChecklistAnswer(
        key="tyres", text="Tyres", kind="yes_no", value="no", ok=False, photos=(digest_of(ONE), "no digest")
    )
    double = await told(world, msgspec.structs.replace(given, answers=[answer]), lane=Lane.OPERATIONS)
    assert (await bring(world, double, ONE))[0] == 204
    auth.sign_in("cases:read")
    async with world.client.get(f"/api/v1/photos?act_id={given.checklist_id}") as page:
        [photo] = (await page.json())["items"]
    assert (photo["what"], photo["state"], photo["size"], photo["vehicle_id"]) == (
        "checklist", "here", None, str(given.vehicle_id),
    )  # fmt: skip
    async with world.client.get(f"/api/v1/photos/{photo['id']}") as file:
        assert (file.status, await file.read()) == (200, ONE)
