"""However a stream of facts is cut, repeated, lost and retried, the tables end the same, each fact in them once."""

import itertools
import uuid
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.charging.tables import ChargingSession, MeterValue
from hub.fleet.tables import Custody
from hub.intake.tables import FactRow, QuarantinedFact
from hub.rentals.tables import Rental
from protocols.sync import facts
from protocols.sync.envelope import FactBatch, Lane, SyncReply, Verdict
from tests.hub.stations_double import AT_MS, StationDouble, World

_numbers = itertools.count(1)
_SETTINGS = settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
STEPS = ("start", "undock", "activate", "void", "dock", "end", "charge", "meter", "stop", "infer", "poison", "future")
_stream = st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, 2)), min_size=1, max_size=25)
_cuts = st.lists(st.tuples(st.sampled_from([Lane.BUSINESS, Lane.TELEMETRY]), st.integers(0, 25), st.integers(1, 12)),
                 max_size=10)  # fmt: skip


def tell(double: StationDouble, step: str, n: int) -> None:
    """One fact of the stream; ids depend on the station, so that streams of two stations do not meet."""

    def made(kind: str) -> uuid.UUID:
        return uuid.uuid5(double.station_id, f"{kind}{n}")

    at = AT_MS + n
    match step:
        case "start":
            renter = facts.Renter(by="card", card_uid=f"{n}")
            double.tell(
                facts.RentalStarted(
                    rental_id=made("rental"),
                    vehicle_id=made("vehicle"),
                    dock_no=n,
                    started_ms=at,
                    renter=renter,
                    tariff_id=uuid.UUID(int=1),
                    tariff_version=1,
                    offline=False,
                )
            )
        case "undock":
            double.tell(facts.VehicleUndocked(vehicle_id=made("vehicle"), dock_no=n, undocked_ms=at))
        case "activate":
            double.tell(facts.RentalActivated(rental_id=made("rental"), undocked_ms=at))
        case "void":
            double.tell(facts.RentalVoided(rental_id=made("rental"), reason="not_taken", voided_ms=at))
        case "dock":
            double.tell(facts.VehicleDocked(vehicle_id=made("vehicle"), dock_no=n, docked_ms=at))
        case "end":
            bill = facts.Bill(
                tariff_id=uuid.UUID(int=1), tariff_version=1, currency="EUR", total_minor=n, tax_minor=0, lines=[]
            )
            double.tell(
                facts.RentalEnded(
                    rental_id=made("rental"),
                    vehicle_id=made("vehicle"),
                    dock_no=n,
                    ended_ms=at,
                    duration_s=float(n),
                    duration_by="wall",
                    bill=bill,
                )
            )
        case "charge":
            double.tell(
                facts.ChargingStarted(
                    session_id=made("session"),
                    charger_id="C",
                    connector_no=1,
                    transaction_id=n,
                    id_token="T",
                    verdict="accepted",
                    meter_start_wh=0,
                    started_ms=at,
                )
            )
        case "meter":
            double.tell(facts.ChargingMetered(session_id=made("session"), sampled_ms=at, energy_wh=n))
        case "stop" | "infer":
            reason = "inferred" if step == "infer" else "Local"
            double.tell(
                facts.ChargingStopped(
                    session_id=made("session"), meter_stop_wh=n, energy_wh=n, stopped_ms=at, reason=reason
                )
            )
        case "poison":
            double.tell_raw(Lane.BUSINESS, "RentalEnded", b"{}")
        case _:
            double.tell_raw(Lane.TELEMETRY, "FromTheFuture", b"[]", v=3)  # fmt: skip


async def everything(world: World, double: StationDouble) -> list[list[tuple[Any, ...]]]:
    """The station's part of every table, without what depends on the station's id or on the order of arrival."""
    mine = [
        (FactRow, ("lane", "seq", "type")),
        (QuarantinedFact, ("lane", "seq", "code")),
        (Rental, ("state", "dock_no", "started_at", "undocked_at", "ended_at", "voided_at", "total_minor")),
        (Custody, ("state", "dock_no", "since", "hlc")),
        (ChargingSession, ("state", "transaction_id", "energy_wh", "stop_reason", "started_at", "stopped_at")),
        (MeterValue, ("sampled_ms", "energy_wh")),
    ]
    found = []
    for table, columns in mine:
        rows = await world.rows(table, "station_id", *columns)
        found.append(sorted((row[1:] for row in rows if row[0] == double.station_id), key=repr))
    return found


@_SETTINGS
@given(stream=_stream, cuts=_cuts)
async def test_every_schedule_ends_in_the_same_tables(
    world: World, stream: list[tuple[str, int]], cuts: list[tuple[Lane, int, int]]
) -> None:
    calm, wild = await world.station(f"c{next(_numbers)}"), await world.station(f"w{next(_numbers)}")
    for double in (calm, wild):
        for step, n in stream:
            tell(double, step, n)
    for lane, first, count in cuts:
        total = len(wild.chain(lane).records)
        if first < total:
            await world.sync(wild, wild.batch(lane, first + 1, min(first + count, total)))
    for double in (calm, wild):
        await finish(world, double)
    assert await everything(world, wild) == await everything(world, calm)


async def finish(world: World, double: StationDouble) -> SyncReply:
    batches: list[FactBatch] = [
        double.batch(lane) for lane in (Lane.BUSINESS, Lane.TELEMETRY) if double.chain(lane).records
    ]
    reply = await world.sync(double, *batches)
    assert all(one.verdict is Verdict.TAKEN for one in reply.results)
    assert [one.acked for one in reply.results] == [len(batch.records) for batch in batches]
    return reply
