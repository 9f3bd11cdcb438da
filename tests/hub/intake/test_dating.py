"""When things really happened at a station that did not know the time: any order of arrival, the same dates."""

import asyncio
import functools
import itertools
import random
import uuid
from typing import Any

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from hub.charging.tables import ChargingSession
from hub.intake.dating import Anchor, Boot, dated, is_as_wrong, moved, seen_by, seen_in
from hub.intake.projection import Projection, understand
from hub.intake.rules import Framed
from hub.payments import seed as payments_seed
from hub.rentals.tables import Rental, VehicleSighting
from protocols.sync import facts
from protocols.sync.clock import hlc_of
from protocols.sync.envelope import Clock, Fact, encode
from protocols.values import from_ms, to_ms
from tests.hub.rentals.test_rentals import CITY
from tests.hub.stations_double import AT_MS, World

MINUTE = 60_000
UNKNOWN = 10 * 365 * 86_400_000
_salts = itertools.count(0x7A110001)
_ids = itertools.count(1)


def fact(
    body: facts.Body, *, boot: str, mono_ms: int, at_ms: int, hlc: int, clock: str = "floor", off_ms: int | None = None
) -> Fact:
    return Fact(
        id=uuid.UUID(int=0xDA7E << 64 | next(_ids)), type=type(body).__name__, v=1, hlc=hlc, at_ms=at_ms,
        mono_ms=mono_ms, boot=boot, clock=clock, body=msgspec.Raw(msgspec.json.encode(body)),
        uncertainty_ms=off_ms if off_ms is not None else UNKNOWN if clock == "floor" else 100,
    )  # fmt: skip


def stepped(at_ms: int) -> facts.ClockStepped:
    return facts.ClockStepped(reason="hub", old_ms=0, new_ms=at_ms, offset_ms=0, quality="synced", uncertainty_ms=100)


DOCKED = facts.VehicleDocked(vehicle_id=uuid.UUID(int=1), dock_no=1, docked_ms=1_000)


def test_within_a_boot_the_monotonic_clock_carries_the_time_to_what_was_told_before() -> None:
    told = fact(DOCKED, boot="a", mono_ms=10_000, at_ms=1_000, hlc=hlc_of(1_000))
    boot = seen_in(told, DOCKED)
    assert boot is not None
    found = fact(stepped(AT_MS), boot="a", mono_ms=70_000, at_ms=AT_MS, hlc=hlc_of(AT_MS), clock="synced")
    anchored = seen_in(found, stepped(AT_MS))
    assert anchored is not None
    is_ = dated(told, [boot.with_(anchored)])
    assert is_.shift_ms == AT_MS - MINUTE - 1_000
    assert is_.uncertainty_ms == 100 + 30  # 500 ppm of a minute
    assert is_.hlc >> 16 == AT_MS - MINUTE
    body = moved(DOCKED, told, is_.shift_ms)
    assert isinstance(body, facts.VehicleDocked)
    assert body.docked_ms == AT_MS - MINUTE


def test_a_boot_that_never_knew_the_time_lies_between_its_neighbours() -> None:
    told = fact(DOCKED, boot="a", mono_ms=10_000, at_ms=AT_MS, hlc=hlc_of(AT_MS))
    own = seen_in(told, DOCKED)
    later = Boot(
        boot="b", first_hlc=hlc_of(AT_MS + 5), last_mono_ms=0, least_ms=0,
        anchor=Anchor(at_ms=AT_MS + 3_600_000, mono_ms=0, uncertainty_ms=100),
    )  # fmt: skip
    assert own is not None
    is_ = dated(told, [own, later])
    assert (is_.shift_ms, is_.uncertainty_ms) == (1_800_000, 1_800_000)
    assert dated(told, [own]).shift_ms == 0
    assert dated(told, [own]).uncertainty_ms == UNKNOWN


def test_a_trusted_fact_is_no_news_and_costs_nothing() -> None:
    assert seen_in(fact(DOCKED, boot="a", mono_ms=1, at_ms=AT_MS, hlc=1, clock="synced"), DOCKED) is None
    right = Clock(at_ms=AT_MS, mono_ms=1, boot="a", quality="synced", uncertainty_ms=50)
    assert seen_by(right, from_ms(AT_MS + 500)) is None


def test_an_old_agent_with_a_wrong_clock_is_found_out_by_its_request() -> None:
    clock = Clock(at_ms=AT_MS - 3_600_000, mono_ms=50_000, boot="a", quality="synced")
    seen = seen_by(clock, from_ms(AT_MS))
    assert seen is not None
    told = fact(DOCKED, boot="a", mono_ms=20_000, at_ms=AT_MS - 3_630_000, hlc=hlc_of(AT_MS), clock="synced", off_ms=0)
    assert is_as_wrong(told, clock)
    assert dated(told, [seen]).shift_ms == 3_600_000


def test_a_charger_with_a_right_clock_of_its_own_is_left_alone() -> None:
    body = facts.ChargingStopped(
        session_id=uuid.UUID(int=1), meter_stop_wh=1, energy_wh=1, stopped_ms=AT_MS, reason="local"
    )
    told = fact(body, boot="a", mono_ms=1, at_ms=1_000_000, hlc=1)
    assert moved(body, told, AT_MS) == body


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9), st.booleans()), min_size=1, max_size=8), st.randoms())
def test_what_is_known_of_a_boot_is_the_same_in_any_order(
    told: list[tuple[int, int, bool]], chance: random.Random
) -> None:
    seen = [
        Boot(
            boot="a", first_hlc=one, last_mono_ms=two, least_ms=two,
            anchor=Anchor(at_ms=one, mono_ms=two, uncertainty_ms=one) if has else None,
        )
        for one, two, has in told
    ]  # fmt: skip
    mixed = list(seen)
    chance.shuffle(mixed)
    assert functools.reduce(Boot.with_, seen) == functools.reduce(Boot.with_, mixed)


def story(salt: int) -> list[Fact]:
    """A station wakes up in 1970 twice with the hub away, rents, charges, is cut off, and finds the time at last."""
    rental, other, vehicle, session = (uuid.UUID(int=salt << 96 | number) for number in (1, 2, 3, 4))
    floor, late = AT_MS - 86_400_000, AT_MS + 3_600_000
    renter = facts.Renter(by="card", account_id=uuid.UUID(int=salt << 96 | 5))
    bill = facts.Bill(tariff_id=CITY, tariff_version=1, currency="EUR", total_minor=100, tax_minor=0, lines=[])

    def begun(which: uuid.UUID, at_ms: int) -> facts.RentalStarted:
        return facts.RentalStarted(
            rental_id=which, vehicle_id=vehicle, dock_no=1, started_ms=at_ms, renter=renter, tariff_id=CITY,
            tariff_version=1, offline=True,
        )  # fmt: skip

    def ended(which: uuid.UUID, at_ms: int) -> facts.RentalEnded:
        return facts.RentalEnded(
            rental_id=which, vehicle_id=vehicle, dock_no=2, ended_ms=at_ms, duration_s=60, duration_by="monotonic",
            bill=bill,
        )  # fmt: skip

    started = facts.ChargingStarted(
        session_id=session, charger_id="CP1", connector_no=1, transaction_id=1, id_token="T", verdict="accepted",
        meter_start_wh=0, started_ms=floor + 30,
    )  # fmt: skip
    stopped = facts.ChargingStopped(
        session_id=session, meter_stop_wh=9, energy_wh=9, stopped_ms=floor + 40, reason="local"
    )
    a = [
        begun(rental, floor), facts.RentalActivated(rental_id=rental, undocked_ms=floor + 10), ended(rental, floor + 20)
    ]  # fmt: skip
    b = [
        started, stopped, begun(other, floor + 50), facts.RentalActivated(rental_id=other, undocked_ms=floor + 60),
        ended(other, floor + 70), facts.VehicleDocked(vehicle_id=vehicle, dock_no=2, docked_ms=floor + 80),
    ]  # fmt: skip
    told = [
        fact(body, boot=f"{salt}a", mono_ms=1_000 * (1 + n), at_ms=floor + n, hlc=hlc_of(floor + n))
        for n, body in enumerate(a)
    ]
    told += [
        fact(body, boot=f"{salt}b", mono_ms=1_000 * (1 + n), at_ms=floor + 30 + n, hlc=hlc_of(floor + 30 + n))
        for n, body in enumerate(b)
    ]
    step = stepped(late)
    told.append(fact(step, boot=f"{salt}b", mono_ms=100_000, at_ms=late, hlc=hlc_of(late), clock="synced"))
    return [msgspec.structs.replace(one, id=uuid.UUID(int=salt << 96 | 100 + n)) for n, one in enumerate(told)]


async def applied(world: World, station: uuid.UUID, told: list[Fact], cuts: list[bool]) -> None:
    projection, batch = Projection(world.kernel.bus), []
    for number, (one, cut) in enumerate(zip(told, cuts, strict=True), start=1):
        batch.append(Framed(seq=number, record=encode(one), fact_id=one.id, fact=one))
        if cut or number == len(told):
            async with world.kernel.database.transaction() as session:
                understood = understand(station, batch, world.kernel.clock.now())
                assert await projection.apply(session, understood, batch[0].seq) == []
            batch = []


async def seen(world: World, salt: int) -> list[Any]:
    low, high = uuid.UUID(int=salt << 96), uuid.UUID(int=(salt + 1) << 96)
    found: list[Any] = []
    tables: list[tuple[Any, Any]] = [
        (Rental, Rental.id),
        (VehicleSighting, VehicleSighting.fact_id),
        (ChargingSession, ChargingSession.id),
    ]
    async with world.kernel.database.reading() as session:
        for table, key in tables:
            columns = [one for one in table.__table__.columns if one.name not in ("created_at", "close_order_id")]
            rows = await session.execute(select(*columns).where(key > low, key < high).order_by(key))
            found += [tuple(_plain(value, salt) for value in row) for row in rows]
    return found


def _plain(value: Any, salt: int) -> Any:
    text = f"{salt:08x}"
    if isinstance(value, bytes):
        return value.replace(text.encode(), b"salt")
    return str(value).replace(text, "salt") if isinstance(value, uuid.UUID) else value


async def test_any_order_of_arrival_gives_the_same_dates_sessions_and_sightings(world: World) -> None:
    station = (await world.station("1")).station_id
    async with world.kernel.database.transaction() as session:
        await payments_seed.seed(session, world.rooms.payments)
    on_postgres = world.kernel.database.engine.dialect.name == "postgresql"
    first = next(_salts)
    await applied(world, station, story(first), [True] * 10)
    wanted = await seen(world, first)
    assert len(wanted) == 4

    @settings(max_examples=12 if on_postgres else 40, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.permutations(range(10)), st.lists(st.booleans(), min_size=10, max_size=10))
    async def same(order: list[int], cuts: list[bool]) -> None:
        salt = next(_salts)
        told = story(salt)
        other = (await world.station(str(salt))).station_id if salt % 1000 == 0 else station
        await applied(world, other, [told[number] for number in order], cuts)
        assert await seen(world, salt) == wanted

    loop, inner = asyncio.get_running_loop(), same.hypothesis.inner_test  # type: ignore[attr-defined]

    @functools.wraps(inner)
    def waited(*args: Any, **given_: Any) -> None:
        asyncio.run_coroutine_threadsafe(inner(*args, **given_), loop).result(60)

    same.hypothesis.inner_test = waited  # type: ignore[attr-defined]
    await asyncio.to_thread(same)


async def test_a_rental_shows_its_right_time_and_that_it_was_uncertain(world: World) -> None:
    station = (await world.station("1")).station_id
    async with world.kernel.database.transaction() as session:
        await payments_seed.seed(session, world.rooms.payments)
    salt = next(_salts)
    told = story(salt)
    await applied(world, station, told[:-1], [True] * 9)
    [one, two] = await rentals(world, salt)
    assert "time_uncertain" in one.flags
    assert "time_uncertain" in two.flags
    await applied(world, station, told[-1:], [True])
    [one, two] = await rentals(world, salt)
    late = AT_MS + 3_600_000
    # the second one: its boot found the time 97 s after it began
    assert two.started_at is not None
    assert one.started_at is not None
    assert to_ms(two.started_at) == late - (100_000 - 3_000) + 50 - 32
    assert (two.flags, two.uncertainty_s < 1) == ("", True)
    # the first: somewhere between the last time that was certainly over and the next boot
    assert one.uncertainty_s > 3600
    assert "time_uncertain" in one.flags
    off_s = abs(to_ms(one.started_at) - late) / 1000
    assert off_s <= one.uncertainty_s * 2
    assert one.total_minor == two.total_minor == 100


async def rentals(world: World, salt: int) -> list[Rental]:
    low, high = uuid.UUID(int=salt << 96), uuid.UUID(int=(salt + 1) << 96)
    async with world.kernel.database.reading() as session:
        found = select(Rental).where(Rental.id > low, Rental.id < high).order_by(Rental.id)
        return list((await session.scalars(found)).all())
