"""Pictures are deleted when their time is over: never while somebody asks, and no cut leaves a lie or an orphan."""

import uuid
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from sqlalchemy import select, update

from hub import events
from hub.cases.tables import CaseRow
from hub.kernel import wishes
from hub.kernel.audit_log import AuditRecord
from hub.kernel.wishes import Wish
from hub.photos import keeping
from hub.photos.keeping import DELETE
from hub.photos.tables import Photo
from protocols.photo.upload import digest_of
from protocols.sync import facts
from protocols.values import rfc3339
from tests.hub.conftest import FixedAuth, ManualClock
from tests.hub.photos.test_photos import ACT, ONE, TWO, bring, named, offer, rental, seen, states, story, told
from tests.hub.rentals.test_rentals import ACCOUNT as RENTER
from tests.hub.rentals.test_rentals import RENTAL
from tests.hub.stations_double import StationDouble, World
from tests.pictures import jpeg

DAY = 86_400
VEHICLE = uuid.UUID(int=0xE5)


async def here(world: World, *acts: facts.Body, pictures: Sequence[bytes] = (ONE, TWO)) -> StationDouble:
    """These pictures are at the hub, and somebody has looked at what was done by hand."""
    double = await told(world, rental(), *acts or [named(*pictures, vehicle_id=VEHICLE)])
    for picture in pictures:
        assert (await bring(world, double, picture))[0] == 204
    await looked_at(world)
    return double


async def looked_at(world: World) -> None:
    async with world.kernel.database.transaction() as session:
        await session.execute(update(CaseRow).values(state="resolved", resolved_by=RENTER))


async def run(world: World) -> None:
    """What the sweep wishes, and the worker carries out."""
    async with world.kernel.database.transaction() as session:
        await world.doors.keeping.wish(session, world.kernel.clock.now())
    async with world.kernel.database.reading() as session:
        due = (await session.scalars(select(Wish.id).where(Wish.kind == DELETE, Wish.done_at.is_(None)))).all()
    for one in due:
        await world.doors.keeping.carry_out(wishes.Task(id=one, kind=DELETE, payload={}))
        async with world.kernel.database.transaction() as session:
            await wishes.settle(session, one, world.kernel.clock.now(), None)


async def files(world: World) -> list[str]:
    return sorted([one.name.rsplit("/", 1)[1].removesuffix(".jpg") async for one in world.rooms.files.list("photos")])


async def case(world: World, *, standing: bool = True, **given: Any) -> None:
    given = {"about": uuid.UUID(int=0xCA)} | given
    now = world.kernel.clock.now()
    told_of = events.CaseSeen(kind="accident", seen_at=now, standing=standing, why="settled", **given)
    async with world.kernel.database.transaction() as session:
        await world.rooms.cases.see(session, [told_of])


async def test_after_its_time_a_picture_is_deleted_and_the_rental_says_so_and_when(
    world: World, auth: FixedAuth, clock: ManualClock
) -> None:
    await here(world)
    clock.move(180 * DAY - 120)
    await run(world)
    assert await states(world, auth) == ["here", "here"]
    clock.move(3600)
    await run(world)
    [first, _] = await story(world, auth)
    assert (first["state"], first["deleted_at"]) == ("deleted", rfc3339(clock.now()))
    assert await seen(world, first["id"]) == (410, "photo_deleted")
    assert await files(world) == sorted([digest_of(ONE), digest_of(TWO)]), "until every writer has seen it"
    clock.move(3600)
    await run(world)
    assert await files(world) == []
    auth.sign_in("cases:read")
    async with world.client.get(f"/api/v1/photos?rental_id={RENTAL}") as answer:
        kept = {one["sha256"]: one for one in (await answer.json())["items"]}
    one = kept[digest_of(ONE)]
    assert (one["state"], one["act_id"], one["what"], one["erased_at"]) == (
        "deleted", str(ACT), "end_rental", rfc3339(clock.now()),
    )  # fmt: skip
    async with world.client.get(f"/api/v1/photos/{one['id']}") as answer:
        assert (answer.status, (await answer.json())["params"]) == (410, {"deleted_at": first["deleted_at"]})


async def test_the_bytes_stay_for_half_an_hour_for_whoever_names_the_picture_just_now(
    world: World, clock: ManualClock
) -> None:
    await here(world)
    clock.move(181 * DAY + 3000)
    await run(world)
    clock.move(1200)
    await run(world)
    assert len(await files(world)) == 2
    clock.move(3600)
    await run(world)
    assert await files(world) == []


async def test_the_hub_writes_down_what_it_deletes_as_its_own_deed(world: World, clock: ManualClock) -> None:
    await here(world)
    clock.move(200 * DAY)
    await run(world)
    clock.move(3600)
    await run(world)
    await run(world)
    async with world.kernel.database.reading() as session:
        records = (await session.scalars(select(AuditRecord).order_by(AuditRecord.seq))).all()
        photos = {str(one) for one in (await session.scalars(select(Photo.id))).all()}
    assert [(one.actor_kind, one.action, one.reason) for one in records] == [
        ("hub", "delete photos", "pictures are kept for 180 days"),
        ("hub", "erase photos", "pictures are kept for 180 days"),
    ]
    assert all(one in records[0].changes for one in photos)


@pytest.mark.parametrize(
    "about",
    [
        {"rental_id": RENTAL}, {"about": RENTAL}, {"subjects": {"vehicle_id": VEHICLE}}, {"about": ACT},
        {"subjects": {"other_rental_id": RENTAL}},
    ],
    ids=["rental", "about", "vehicle", "act", "other"],
)  # fmt: skip
async def test_while_a_case_is_open_its_pictures_stay_and_go_once_it_is_resolved(
    world: World, auth: FixedAuth, clock: ManualClock, about: dict[str, Any]
) -> None:
    await here(world)
    await case(world, **about)
    clock.move(400 * DAY)
    await run(world)
    clock.move(3600)
    await run(world)
    assert (await states(world, auth), len(await files(world))) == (["here", "here"], 2)
    await case(world, standing=False, **about)
    clock.move(3600)
    await run(world)
    assert await states(world, auth) == ["deleted", "deleted"]


async def test_a_case_that_opens_before_the_bytes_are_gone_brings_the_picture_back(
    world: World, auth: FixedAuth, clock: ManualClock
) -> None:
    await here(world)
    clock.move(181 * DAY)
    await run(world)
    await case(world, rental_id=RENTAL)
    clock.move(3600)
    await run(world)
    [first, _] = await story(world, auth)
    assert (first["state"], (await seen(world, first["id"]))[0]) == ("here", 200)
    clock.move(3600)
    await run(world)
    assert len(await files(world)) == 2


async def test_one_file_of_two_acts_stays_for_both_while_a_case_asks_about_one(
    world: World, auth: FixedAuth, clock: ManualClock
) -> None:
    double = await here(world)
    other = uuid.UUID(int=2)
    double.tell(named(ONE, act_id=other, rental_id=None))
    await world.sync(double, double.batch(first=3))
    await looked_at(world)
    await case(world, about=other)
    clock.move(181 * DAY)
    await run(world)
    clock.move(3600)
    await run(world)
    assert await files(world) == [digest_of(ONE)]
    assert sorted(await states(world, auth)) == ["deleted", "here"]


async def test_an_act_that_names_a_deleted_picture_again_brings_it_back_to_nobody(
    world: World, auth: FixedAuth, clock: ManualClock
) -> None:
    double = await here(world)
    clock.move(181 * DAY)
    await run(world)
    double.tell(named(ONE, act_id=uuid.UUID(int=2)))
    await world.sync(double, double.batch(first=3))
    await looked_at(world)
    assert await states(world, auth) == ["deleted"] * 3
    wanted = await offer(world, double, ONE)
    assert (wanted.want, wanted.have) == ([], [digest_of(ONE)]), "the station may delete its own"
    assert (await bring(world, double, ONE))[0] == 204
    clock.move(3600)
    await run(world)
    assert await files(world) == []
    assert await world.rows(Photo, "erased_at") == [(clock.now(),)] * 3


async def test_what_came_late_or_from_a_station_whose_clock_is_behind_is_here_for_a_week(
    world: World, auth: FixedAuth, clock: ManualClock
) -> None:
    await here(world, named(ONE, at_ms=1_000_000), pictures=[ONE])
    clock.move(6 * DAY)
    await run(world)
    assert await states(world, auth) == ["here"]
    clock.move(2 * DAY)
    await run(world)
    assert await states(world, auth) == ["deleted"]


async def test_a_station_whose_clock_is_ahead_keeps_no_picture_for_ever(
    world: World, auth: FixedAuth, clock: ManualClock
) -> None:
    await here(world, named(ONE, at_ms=4_000_000_000_000), pictures=[ONE])
    clock.move(181 * DAY)
    await run(world)
    assert await states(world, auth) == ["deleted"]


class Cut(Exception):
    """The power goes."""


class Away(OSError):
    """The file store does not answer."""


async def test_a_store_that_is_away_is_asked_again_the_next_time_and_nothing_is_lost(
    world: World, auth: FixedAuth, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    pictures = [ONE, TWO, *map(jpeg, range(3, 8))]
    await here(world, pictures=pictures)
    clock.move(181 * DAY)
    await run(world)
    tried: list[str] = []

    async def away(name: str) -> None:
        tried.append(name)
        raise Away("no route")

    with monkeypatch.context() as broken:
        broken.setattr(world.rooms.files, "delete", away)
        clock.move(3600)
        await run(world)
    assert len(tried) == 3, "a store that is away is not asked for each of a thousand"
    assert (len(await files(world)), await states(world, auth)) == (7, ["deleted"] * 7)
    assert set(await world.rows(Photo, "erased_at")) == {(None,)}
    clock.move(3600)
    await run(world)
    assert await files(world) == []


async def test_a_file_that_cannot_be_deleted_does_not_hold_up_the_others(
    world: World, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    await here(world)
    clock.move(181 * DAY)
    await run(world)
    real = world.rooms.files.delete

    async def odd(name: str) -> None:
        if digest_of(ONE) in name:
            raise PermissionError("not yours")
        await real(name)

    monkeypatch.setattr(world.rooms.files, "delete", odd)
    clock.move(3600)
    await run(world)
    assert await files(world) == [digest_of(ONE)]


def cuts() -> Iterator[tuple[str, bool]]:
    for at in ("_delete", "_asked_for", "_unlink", "_say_gone"):
        yield at, False
        yield at, True


@pytest.mark.parametrize(("at", "done"), list(cuts()))
@pytest.mark.parametrize("asked", [False, True])
async def test_wherever_it_is_cut_no_row_shows_what_is_gone_and_no_file_is_forgotten(
    world: World, auth: FixedAuth, clock: ManualClock, monkeypatch: pytest.MonkeyPatch, at: str, done: bool, asked: bool
) -> None:
    await here(world)
    clock.move(181 * DAY)

    async def run_and_look() -> None:
        await run(world)
        await honest()

    async def honest() -> None:
        there = await files(world)
        rows = await world.rows(Photo, "sha256", "here_at", "deleted_at", "erased_at")
        for sha256, _, deleted_at, erased_at in rows:
            assert deleted_at is not None or sha256 in there, "it claims bytes that are gone"
            assert erased_at is None or sha256 not in there, "it claims that bytes are gone which are there"
        assert set(there) <= {sha256 for sha256, _, _, erased_at in rows if erased_at is None}, "an orphan"

    real = getattr(keeping.Keeping, at)

    async def cut(self: keeping.Keeping, *given: Any) -> Any:
        if done:
            await real(self, *given)
        raise Cut

    if at != "_delete":
        await run(world)
        clock.move(3600)
    with monkeypatch.context() as power:
        power.setattr(keeping.Keeping, at, cut)
        with pytest.raises(Cut):
            await run_and_look()
    await honest()
    if asked:
        await case(world, rental_id=RENTAL)
    for _ in range(3):
        clock.move(3600)
        await run_and_look()
    if not asked:
        assert await files(world) == []
        assert await states(world, auth) == ["deleted", "deleted"]


async def test_a_run_deletes_so_many_and_the_next_one_goes_on(
    world: World, auth: FixedAuth, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "AT_MOST", 4)
    monkeypatch.setattr(keeping, "_BATCH", 2)
    pictures = list(map(jpeg, range(9)))
    await here(world, pictures=pictures)
    clock.move(181 * DAY)
    left = []
    for _ in range(4):
        await run(world)
        left.append(((await states(world, auth)).count("here"), len(await files(world))))
        clock.move(3600)
    assert left == [(5, 9), (1, 5), (0, 1), (0, 0)]


async def test_pictures_that_a_case_keeps_do_not_stand_before_the_others(
    world: World, auth: FixedAuth, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "_BATCH", 1)
    await here(world, named(ONE, ago_ms=120_000), named(TWO, act_id=uuid.UUID(int=2)))
    await case(world, about=ACT)
    clock.move(181 * DAY)
    await run(world)
    assert await states(world, auth) == ["here", "deleted"]


async def test_what_never_came_is_not_called_deleted(world: World, auth: FixedAuth, clock: ManualClock) -> None:
    double = await told(world, rental(), named(ONE, TWO))
    await offer(world, double, ONE)
    await looked_at(world)
    clock.move(400 * DAY)
    await run(world)
    assert sorted(await states(world, auth)) == ["lost", "waiting"]


async def test_an_hour_in_which_nothing_is_due_wishes_nothing(world: World, clock: ManualClock) -> None:
    await here(world)
    for _ in range(3):
        clock.move(3600)
        await run(world)
    assert await world.rows(Wish, "kind") == []
