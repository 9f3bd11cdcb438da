"""The nightly comparison of 100,000 rentals on PostgreSQL: rides, bills, the ledger, and the gateway's report.

The report comes over HTTP from the simulated gateway; rides, bills, payments and postings stand in the database as
the hub writes them, with the ledger's triggers on. Planted among them are breaks of each kind: all must be found.
"""

import asyncio
import datetime as dt
import time
import uuid
from typing import Any, Final

from sqlalchemy import text

from benchmarks.results import Result, at_most, plain
from firmware_sim.demo.ports import free_ports
from firmware_sim.gateway.endpoint import Gateway
from hub.kernel.bulk import insert_many
from hub.kernel.clock import SystemClock
from hub.kernel.db import Database
from hub.kernel.migrations import migrate
from hub.kernel.wishes import Task
from hub.payments import bookkeeping, breaks, ledger
from hub.payments.gateways.simulated import SimulatedGateway
from hub.payments.ledger import Owed, Posting
from hub.payments.money_tables import Bill, Payment
from hub.payments.reconciliation_rules import Fees
from hub.payments.reconciling import Reconciling
from hub.rentals import rules
from hub.rentals.costs import RideCosts
from hub.rentals.tables import Rental
from protocols.gateway.operations import Kind, Operation, Outcome
from protocols.values import UTC, rfc3339, to_ms
from tests.postgres import cluster

RENTALS: Final = 100_000
PLANTED: Final = 100  # of each kind
GOAL_S: Final = 60.0
_PART: Final = 5_000
_SINCE: Final = dt.datetime(2026, 11, 18, tzinfo=UTC)
_UNTIL: Final = _SINCE + dt.timedelta(days=3)
_STEP: Final = (_UNTIL - _SINCE) / (RENTALS + 1)


def run() -> list[Result]:
    """Seconds from the wish to the finished list of breaks."""
    with cluster() as running:
        took_s, again_s, found = asyncio.run(_measure(running.url("postgres")))
    note = f"{found} of {4 * PLANTED} planted breaks found"
    return [
        at_most(f"reconciliation of {RENTALS:,} rentals", took_s, "s", GOAL_S, note),
        plain("the same again, nothing new", again_s, "s"),
    ]


async def _measure(url: str) -> tuple[float, float, int]:
    database, clock = Database(url), SystemClock()
    gateway = Gateway("key", bytes(32), None)
    try:
        await migrate(database)
        for start in range(0, RENTALS, _PART):
            await _fill(database, clock, gateway, range(start, start + _PART))
        async with database.transaction() as session:
            await session.execute(text("ANALYZE"))
        async with gateway.listening("127.0.0.1", free_ports().hub) as address:
            client = SimulatedGateway(address, "key", timeout_s=60)
            work = Reconciling(database, clock, {"simulated": client}, [RideCosts()], Fees())
            took = [await _once(work, clock) for _ in range(2)]
        async with database.reading() as session:
            found = await breaks.count_open(session)
    finally:
        await database.close()
    return took[0], took[1], found


async def _once(work: Reconciling, clock: SystemClock) -> float:
    payload = {"since": rfc3339(_SINCE), "until": rfc3339(_UNTIL), "by": None}
    began = time.perf_counter()
    await work.reconcile(Task(id=clock.new_id(), kind="reconcile", payload=payload))
    return time.perf_counter() - began


async def _fill(database: Database, clock: SystemClock, gateway: Gateway, numbers: range) -> None:
    rides, bills, payments, postings = [], [], [], []
    for number in numbers:
        ride_id, at, key = clock.new_id(), _SINCE + (number + 1) * _STEP, f"{clock.new_id()}:charge"
        rides.append(_ride(ride_id, at, 500))
        bills.append(_bill(ride_id, at, 500 if number >= PLANTED else 499))
        payments.append(_payment(clock.new_id(), ride_id, at, key))
        postings += _postings(ride_id, 500 if number >= PLANTED else 499, key)
        _report(gateway, number, key, at)
    async with database.transaction() as session:
        await insert_many(session, Rental, rides, key=("id",))
        await insert_many(session, Bill, bills, key=("id",))
        await insert_many(session, Payment, payments, key=("id",))
        await bookkeeping.post(session, _At(clock, _SINCE + (numbers.start + 1) * _STEP), postings)


class _At:
    """A clock that stands."""

    def __init__(self, clock: SystemClock, at: dt.datetime) -> None:
        self._clock, self._at = clock, at

    def now(self) -> dt.datetime:
        return self._at

    def new_id(self) -> uuid.UUID:
        return self._clock.new_id()


def _report(gateway: Gateway, number: int, key: str, at: dt.datetime) -> None:
    """Three kinds of breaks are planted here: nothing reported, another sum, a line that nobody knows."""
    amount_minor = 501 if PLANTED <= number < 2 * PLANTED else 500
    if 2 * PLANTED <= number < 3 * PLANTED:
        return
    keys = [key, f"foreign:{number}"] if 3 * PLANTED <= number < 4 * PLANTED else [key]
    for one in keys:
        gateway.book._done[one] = Operation(  # a book that has been kept for three days
            ref=f"op_{number}_{len(one)}", key=one, kind=Kind.CHARGE, outcome=Outcome.SUCCEEDED,
            amount_minor=amount_minor, currency="EUR", at_ms=to_ms(at), fee_minor=32,
        )  # fmt: skip


def _ride(ride_id: uuid.UUID, at: dt.datetime, total_minor: int) -> dict[str, Any]:
    told = {"station_id": uuid.UUID(int=1), "state": "ended", "currency": "EUR", "total_minor": total_minor}
    return rules.new_rental(ride_id, at) | told | {"ended_at": at, "tax_minor": 45}


def _bill(ride_id: uuid.UUID, at: dt.datetime, total_minor: int) -> dict[str, Any]:
    posted = {"posted": True, "revision": 1, "posted_account_id": None, "posted_currency": "EUR"}
    sums = {"posted_total_minor": total_minor, "posted_tax_minor": 45, "paid_minor": 500, "state": "paid"}
    plain_ = {"id": ride_id, "created_at": at, "use": "rental", "account_id": None, "station_id": None}
    return plain_ | posted | sums | {"currency": "EUR", "total_minor": total_minor, "tax_minor": 45, "changed_at": at}


def _payment(payment_id: uuid.UUID, ride_id: uuid.UUID, at: dt.datetime, key: str) -> dict[str, Any]:
    empty: dict[str, Any] = dict.fromkeys(("account_id", "of_key", "method_id"))
    told = {"id": payment_id, "created_at": at, "bill_id": ride_id, "gateway": "simulated", "key": key, "ref": ""}
    ended = {"kind": "charge", "outcome": "succeeded", "code": "", "currency": "EUR", "amount_minor": 500}
    return empty | told | ended | {"settled_at": at}


def _postings(ride_id: uuid.UUID, total_minor: int, key: str) -> list[Posting]:
    owed = Owed(account_id=None, currency="EUR", total_minor=total_minor, tax_minor=45)
    both = (
        ledger.posting(f"bill:{ride_id}:1", "bill", ride_id, ledger.billed("rental", owed)),
        ledger.posting(f"payment:{key}", "charge", ride_id, ledger.captured("simulated", None, "EUR", 500)),
    )
    return [one for one in both if one is not None]
