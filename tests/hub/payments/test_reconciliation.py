"""The three-way comparison against a real gateway's report, on both databases: each kind of break, and how it ends."""

import datetime as dt
import uuid
from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Any

import pytest
from sqlalchemy import select, update

from firmware_sim.demo.ports import free_ports
from firmware_sim.gateway.endpoint import Gateway
from hub import events, wiring
from hub.kernel.db import Database
from hub.kernel.web import Kernel
from hub.kernel.wishes import Task, Wish
from hub.payments import bookkeeping, breaks, ledger
from hub.payments.collecting import Collecting
from hub.payments.gateways.simulated import SimulatedGateway
from hub.payments.money_tables import Payment
from hub.payments.reconciliation_rules import Fees, age_of
from hub.payments.reconciliation_tables import Break, Reconciliation
from hub.payments.reconciling import Reconciling
from hub.payments.till import Till as Money
from protocols.gateway.operations import Ask, Kind
from protocols.values import rfc3339, to_ms
from tests.hub.conftest import FixedAuth, ManualClock, Serve
from tests.hub.payments.test_collecting import RIDE, Cases, Till

DAY = dt.timedelta(days=1)


class Rides:
    """What rides cost, by the test's word."""

    def __init__(self) -> None:
        self.told: dict[uuid.UUID, tuple[str, int, dt.datetime]] = {}

    async def costs(
        self, session: object, since: dt.datetime, until: dt.datetime, also: Iterable[uuid.UUID]
    ) -> AsyncIterator[Sequence[tuple[uuid.UUID, str, int, dt.datetime]]]:
        named = set(also)
        yield [(one, *told) for one, told in self.told.items() if one in named or since <= told[2] < until]


class Books(Till):
    """A till whose clock is moved, and what compares its books."""

    def __init__(self, database: Database, gateway: Gateway, url: str, clock: ManualClock) -> None:
        super().__init__(database, gateway, url)
        self.clock, self.rides = clock, Rides()
        client = SimulatedGateway(url, "key", timeout_s=2)
        self.billing._clock = clock
        self.collecting = Collecting(database, clock, {"simulated": client}, Cases())
        self.reconciling = Reconciling(database, clock, {"simulated": client}, [self.rides], Fees())

    async def ride(self, total_minor: int, *, ride: uuid.UUID = RIDE) -> None:
        """One that is billed, collected and reported."""
        self.rides.told[ride] = ("EUR", total_minor, self.clock.now())
        await self.bill(total_minor, ride=ride)
        await self.work()

    async def compare(self, since: dt.datetime | None = None) -> dict[str, Any]:
        now = self.clock.now()
        since, until = since or now - DAY, now + DAY
        async with self.database.transaction() as session:
            row = await self.reconciling.ask(session, since, until, uuid.UUID(int=5))
            payload = {"since": rfc3339(since), "until": rfc3339(until), "by": str(uuid.UUID(int=5))}
            task = Task(id=row.id, kind="reconcile", payload=payload)
            wish = await session.get(Wish, row.id)
            assert wish is not None
            wish.done_at = now
        await self.reconciling.reconcile(task)
        async with self.database.reading() as session:
            done = await session.get(Reconciliation, row.id)
        assert done is not None
        assert done.finished_at == now
        return done.counts

    async def breaks(self) -> list[tuple[str, int | None, int | None]]:
        async with self.database.reading() as session:
            rows = await breaks.every_open(session)
        return sorted((one.kind, one.expected_minor, one.actual_minor) for one in rows)


@pytest.fixture
async def books(database: Database, clock: ManualClock, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Books]:
    gateway = Gateway("key", bytes(32), None, settle_after_s=0.05)
    monkeypatch.setattr("firmware_sim.gateway.endpoint._now_ms", lambda: to_ms(clock.now()))
    async with gateway.listening("127.0.0.1", free_ports().hub) as url:
        made = Books(database, gateway, url, clock)
        await made.pays_with("card_ok")
        yield made


def ask(key: str, kind: Kind, amount_minor: int, **more: str) -> Ask:
    return Ask(key=key, kind=kind, amount_minor=amount_minor, currency="EUR", **more)


async def test_books_that_agree_have_no_break_and_what_the_gateway_keeps_is_posted_once(books: Books) -> None:
    await books.ride(2000)
    books.clock.move(3600)
    for _ in range(2):
        counts = await books.compare()
        assert (counts["open"], counts["bills"], counts["lines"]) == (0, 1, 1)
    assert await books.balances() == {
        "clearing:simulated": 2000 - 53, "fees:simulated": 53, "revenue:rental": -1819, "tax": -181,
    }  # fmt: skip


async def test_a_payout_moves_what_was_cleared_to_the_bank(books: Books) -> None:
    await books.ride(2000)
    books.gateway.book.take(ask("out", Kind.PAYOUT, 1947), to_ms(books.clock.now()))
    books.clock.move(3600)
    for _ in range(2):
        assert (await books.compare())["open"] == 0
    balances = await books.balances()
    assert (balances["bank"], balances.get("clearing:simulated", 0)) == (1947, 0)


async def test_what_the_gateway_took_and_the_ledger_does_not_know_is_a_break(books: Books) -> None:
    books.gateway.book.take(ask("foreign", Kind.CHARGE, 700, token="card_ok"), to_ms(books.clock.now()))
    books.clock.move(3600)
    assert (await books.compare())["opened_by_kind"] == {"missing_in_ledger": 1}
    assert await books.breaks() == [("missing_in_ledger", None, 700)]


async def test_what_the_ledger_shows_and_the_gateway_does_not_is_a_break_until_it_does(books: Books) -> None:
    await books.ride(2000)
    (key,) = books.gateway.book._done
    hidden = books.gateway.book._done.pop(key)
    await books.compare()
    assert await books.breaks() == []  # it may still be on its way
    books.clock.move(3600)
    await books.compare()
    assert await books.breaks() == [("missing_at_gateway", 2000, None)]
    books.gateway.book._done[key] = hidden
    books.clock.move(40 * 86_400)
    await books.compare(books.clock.now() - 50 * DAY)
    assert await books.breaks() == []
    async with books.database.reading() as session:
        (row,) = (await session.scalars(select(Break))).all()
    assert (row.closed_by, row.reason) == (None, "the books agree")


async def test_another_sum_at_the_gateway_is_a_break_and_so_is_a_fee_beyond_measure(books: Books) -> None:
    await books.ride(2000)
    books.clock.move(3600)
    (key,) = books.gateway.book._done
    one = books.gateway.book._done[key]
    changed = {name: getattr(one, name) for name in one.__struct_fields__} | {"amount_minor": 1900, "fee_minor": 900}
    books.gateway.book._done[key] = type(one)(**changed)
    await books.compare()
    assert await books.breaks() == [("amount_differs", 2000, 1900), ("fee", 145, 900)]


async def test_what_rides_cost_is_laid_beside_the_bills(books: Books) -> None:
    await books.ride(2000)
    books.rides.told[RIDE] = ("EUR", 2100, books.clock.now())
    books.rides.told[uuid.UUID(int=71)] = ("EUR", 300, books.clock.now())
    books.rides.told[uuid.UUID(int=72)] = ("EUR", 0, books.clock.now())
    books.clock.move(3600)
    await books.compare()
    assert await books.breaks() == [("bill_differs", 2100, 2000), ("bill_missing", 300, None)]
    await books.bill(2100)
    await books.bill(300, ride=uuid.UUID(int=71))
    await books.work()
    books.clock.move(10 * 86_400)  # long out of what is looked at: an open break is followed all the same
    await books.compare()
    assert await books.breaks() == []


async def test_a_bill_that_the_ledger_does_not_show_is_a_break(books: Books) -> None:
    told = events.Billed(
        use="rental", subject_id=RIDE, account_id=None, station_id=None, currency="EUR", total_minor=500, tax_minor=0
    )
    async with books.database.transaction() as session:
        await books.billing.see(session, [told])
    books.clock.move(3600)
    await books.compare()
    assert await books.breaks() == [("ledger_differs", 500, 0)]


async def test_a_payment_without_a_bill_is_a_break(books: Books) -> None:
    entries = ledger.captured("simulated", None, "EUR", 100)
    posting = ledger.posting("payment:k", "charge", uuid.UUID(int=99), entries)
    assert posting is not None
    async with books.database.transaction() as session:
        await bookkeeping.post(session, books.clock, [posting])
    books.gateway.book.take(ask("k", Kind.CHARGE, 100, token="card_ok"), to_ms(books.clock.now()))
    books.clock.move(3600)
    await books.compare()
    assert await books.breaks() == [("payment_without_bill", None, 100)]


async def test_a_call_that_has_not_ended_for_a_day_is_a_break(books: Books) -> None:
    await books.ride(2000)
    async with books.database.transaction() as session:
        await session.execute(update(Payment).values(outcome="pending"))
    books.clock.move(25 * 3600)
    await books.compare(books.clock.now() - 3 * DAY)
    assert await books.breaks() == [("pending_too_long", 2000, None)]


async def test_what_a_person_closed_stays_closed_until_the_amounts_change(books: Books) -> None:
    await books.ride(2000)
    books.rides.told[RIDE] = ("EUR", 2100, books.clock.now())
    books.clock.move(3600)
    await books.compare()
    async with books.database.transaction() as session:
        (row,) = await breaks.every_open(session)
        await breaks.close(session, row.id, uuid.UUID(int=6), "agreed by telephone", books.clock.now())
    await books.compare()
    assert await books.breaks() == []
    books.rides.told[RIDE] = ("EUR", 2200, books.clock.now() - DAY / 2)
    await books.compare()
    assert await books.breaks() == [("bill_differs", 2200, 2000)]


async def test_a_gateway_that_is_away_fails_the_try_and_nothing_is_closed(books: Books) -> None:
    await books.ride(2000)
    books.rides.told[RIDE] = ("EUR", 2100, books.clock.now())
    books.clock.move(3600)
    await books.compare()
    books.reconciling._gateways = {"simulated": SimulatedGateway("http://127.0.0.1:9", "key", timeout_s=0.2)}
    with pytest.raises(OSError, match="gateway"):
        await books.compare()
    assert await books.breaks() == [("bill_differs", 2100, 2000)]


async def test_the_night_is_planned_once_by_however_many(books: Books) -> None:
    for _ in range(3):
        async with books.database.transaction() as session:
            await books.reconciling.plan_tonight(session, books.clock.now())
    async with books.database.reading() as session:
        (wish,) = (await session.scalars(select(Wish).where(Wish.kind == "reconcile"))).all()
    assert wish.not_before == dt.datetime(2026, 11, 22, 2, 0, tzinfo=dt.UTC)


@pytest.mark.parametrize(("days", "age"), [(0.5, "day"), (1, "week"), (6.9, "week"), (29, "month"), (30, "older")])
def test_a_break_ages(days: float, age: str) -> None:
    now = dt.datetime(2026, 11, 21, tzinfo=dt.UTC)
    assert age_of(now - days * DAY, now) == age


async def test_breaks_are_listed_aged_and_closed_over_http(kernel: Kernel, serve: Serve, auth: FixedAuth) -> None:
    till = Money(gateways={"simulated": SimulatedGateway("http://127.0.0.1:9", "key")})
    rooms = wiring.Rooms(kernel.clock, kernel.nudges, till=till)
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    doors = wiring.Doors(kernel, rooms, Ed25519PrivateKey.generate())
    client = await serve(kernel, wiring.domain_routes(doors))
    auth.sign_in("reconciliation:read", "reconciliation:write", "reconciliation:run")
    found = {
        "kind": "fee", "about": "payment:1", "gateway": "simulated", "subject_id": None, "currency": "EUR",
        "expected_minor": 10, "actual_minor": 60, "since_at": kernel.clock.now() - 8 * DAY,
    }  # fmt: skip
    async with kernel.database.transaction() as session:
        await breaks.take_in(session, kernel.clock, uuid.UUID(int=1), [found])
    async with client.get("/api/v1/breaks?state=open&older_than_days=7&kind=fee") as answer:
        (one,) = (await answer.json())["items"]
    assert (one["age"], one["actual_minor"]) == ("month", 60)
    async with client.get("/api/v1/breaks/ageing") as answer:
        assert (await answer.json())["rows"] == [
            {"kind": "fee", "currency": "EUR", "age": "month", "count": 1, "amount_minor": 50}
        ]
    path, body = f"/api/v1/breaks/{one['id']}/close", {"reason": "the contract changed"}
    async with client.post(path, json=body, headers={"Idempotency-Key": "a"}) as answer:
        assert (await answer.json())["closed_by"] == str(uuid.UUID(int=1))
    async with client.post(path, json=body, headers={"Idempotency-Key": "b"}) as answer:
        assert (answer.status, (await answer.json())["code"]) == (409, "break_closed")
    async with client.post("/api/v1/reconciliation", json={}, headers={"Idempotency-Key": "c"}) as answer:
        assert answer.status == 202, await answer.text()
        run = await answer.json()
    async with client.get("/api/v1/reconciliation") as answer:
        assert [row["id"] for row in (await answer.json())["items"]] == [run["id"]]
    wrong = {"since": "2026-11-20T00:00:00Z", "until": "2026-11-19T00:00:00Z"}
    async with client.post("/api/v1/reconciliation", json=wrong, headers={"Idempotency-Key": "d"}) as answer:
        assert answer.status == 422


async def test_an_old_break_stands_until_the_books_agree_whatever_the_night_looks_at(books: Books) -> None:
    await books.ride(2000)
    await books.ride(1000, ride=uuid.UUID(int=71))
    books.clock.move(3600)
    first, second = books.gateway.book._done
    del books.gateway.book._done[first]
    one = books.gateway.book._done[second]
    changed = {name: getattr(one, name) for name in one.__struct_fields__} | {"amount_minor": 900}
    books.gateway.book._done[second] = type(one)(**changed)
    standing = [("amount_differs", 1000, 900), ("missing_at_gateway", 2000, None)]
    for _ in range(2):
        await books.compare()
        assert await books.breaks() == standing
        books.clock.move(10 * 86_400)
