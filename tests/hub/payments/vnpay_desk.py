"""A hub's money room with VNPay beside it: IPNs over a socket, a renter with a browser, a clock that is moved."""

import datetime as dt
import uuid
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import aiohttp
import pytest
from aiohttp.test_utils import TestClient
from sqlalchemy import select

from firmware_sim.demo.ports import free_ports
from firmware_sim.gateway.vnpay_wire import VnpayWire
from hub import events
from hub.kernel.callers import Callers
from hub.kernel.db import Database
from hub.kernel.routes import RawRoute, Route, routes_of
from hub.kernel.web import Kernel
from hub.kernel.wishes import Task, Wish
from hub.payments import bookkeeping
from hub.payments.billing import Billing
from hub.payments.collecting import Collecting
from hub.payments.gateways.vnpay import VnpayGateway
from hub.payments.gateways.vnpay_api import VnpayApi
from hub.payments.hold_tables import Hold
from hub.payments.holds import Holding, Holds
from hub.payments.money_tables import Bill, Payment, PaymentMethod
from hub.payments.pay_api import PayApi
from hub.payments.pay_orders import StoredOrders
from hub.payments.pay_tables import PayAttempt, PayRefund, PayRequest
from hub.payments.payers import Hearer, Payers
from hub.payments.returning import Returning
from hub.payments.vnpay_door import BACK, IPN, VnpayDoor
from protocols.sync import facts
from protocols.tariff.tariff import Tariff
from tests.hub.conftest import FixedAuth, ManualClock, Serve
from tests.hub.payments.test_collecting import RENTER, RIDE, Cases
from tests.hub.payments.test_holds import STATION, started
from tests.hub.payments.test_holds import booked as a_booking
from tests.hub.payments.test_vnpay_api import SECRET, merchant_at

DEPOSIT = 50_000
CITY = Tariff(
    tariff_id=uuid.UUID(int=1), version=1, name="City", use="rental", currency="VND", deposit_minor=DEPOSIT
)  # fmt: skip
PAYS_WITHIN = dt.timedelta(hours=12)


OWED = f"deposits:{RENTER}"


class Prices:
    """One tariff for everything."""

    async def by_version(self, session: object, wanted: object) -> dict[tuple[uuid.UUID, int], Tariff]:
        return {(CITY.tariff_id, 1): CITY}

    async def deposit_of(self, *asked: object) -> tuple[int, str] | None:
        return (CITY.deposit_minor, CITY.currency)


class Desk:
    """Billing, deposits and payers, wired as the hub wires them."""

    def __init__(self, kernel: Kernel, clock: ManualClock, auth: FixedAuth, wire: VnpayWire, url: str) -> None:
        self.database: Database = kernel.database
        self.clock, self.auth, self.wire, self.cases, self.told = clock, auth, wire, Cases(), list[object]()
        merchant, orders = merchant_at(url), StoredOrders(kernel.database, "vnpay", clock)
        self.gateway = VnpayGateway(
            merchant, orders, clock, pays_within=PAYS_WITHIN, attempt_lasts=dt.timedelta(minutes=15),
            api=VnpayApi(merchant, clock, timeout_s=5),
        )  # fmt: skip
        gateways = {"vnpay": self.gateway}
        self.billing = Billing(clock, collects=True)
        self.collecting = Collecting(kernel.database, clock, gateways, self.cases)
        self.holds = Holds(clock, Prices(), Prices(), active=True)
        self.holding = Holding(kernel.database, clock, gateways, self.cases, self.hear)
        returning = Returning(kernel.database, clock, gateways, self.cases)
        hearers: list[Hearer] = [self.collecting, self.holding]
        self.payers = Payers(kernel.database, clock, gateways, hearers, returning, self.cases)
        self.door = VnpayDoor(kernel, self.payers, self.gateway, None)
        self.client: TestClient[Any, Any]
        self.failed: list[uuid.UUID] = []

    def routes(self) -> list[Route | RawRoute]:
        """What is served."""
        return [*self.door.routes(), *routes_of(PayApi(self.payers, Callers()))]

    def serve(self, client: TestClient[Any, Any]) -> None:
        """From now on VNPay can tell."""
        self.client = client
        self.wire.ipn_url = str(client.make_url(IPN))

    async def hear(self, session: object, event: object) -> None:
        self.told.append(event)

    async def pays_with(self, token: str) -> None:
        async with self.database.transaction() as session:
            session.add(
                PaymentMethod(
                    id=self.clock.new_id(), created_at=self.clock.now(), account_id=RENTER, gateway="vnpay",
                    token=token, label="VNPay", removed_at=None,
                )
            )  # fmt: skip

    async def book(self, phase: str = "confirmed", *, in_days: float = 0) -> None:
        async with self.database.transaction() as session:
            await self.holds.when_booking(session, a_booking(phase, self.clock.now() + dt.timedelta(days=in_days)))

    async def start(self) -> None:
        """The ride that was booked begins."""
        body = started(self.clock, booked=True)
        told = events.Reported(
            station_id=STATION, fact_id=uuid.uuid4(), hlc=1, received_at=self.clock.now(), body=body
        )  # fmt: skip
        async with self.database.transaction() as session:
            await self.holds.when_rentals(session, events.RentalsReported(facts=[told]))

    async def end(self, total_minor: int) -> None:
        """The ride ends and is billed."""
        bill = facts.Bill(
            tariff_id=CITY.tariff_id, tariff_version=1, currency="VND", total_minor=total_minor, tax_minor=0, lines=[]
        )
        body = facts.RentalEnded(
            rental_id=RIDE, vehicle_id=uuid.UUID(int=3), dock_no=1, ended_ms=1, duration_s=1.0, duration_by="wall",
            bill=bill,
        )  # fmt: skip
        told = events.Reported(
            station_id=STATION, fact_id=uuid.uuid4(), hlc=1, received_at=self.clock.now(), body=body
        )  # fmt: skip
        async with self.database.transaction() as session:
            await self.holds.when_rentals(session, events.RentalsReported(facts=[told]))
        await self.bill(total_minor)

    async def bill(self, total_minor: int, *, currency: str = "VND", ride: uuid.UUID = RIDE) -> None:
        told = events.Billed(
            use="rental", subject_id=ride, account_id=RENTER, station_id=None, currency=currency,
            total_minor=total_minor, tax_minor=total_minor // 11,
        )  # fmt: skip
        async with self.database.transaction() as session:
            await self.billing.see(session, [told])
        async with self.database.transaction() as session:
            await self.billing.post_due(session)

    async def turn(self, tries: int = 4) -> list[str]:
        """Carry out what is due now and what comes of it, again when it fails; what failed for good."""
        failed: list[str] = []
        while True:
            async with self.database.reading() as session:
                due = select(Wish).where(Wish.done_at.is_(None), Wish.not_before <= self.clock.now())
                rows = (await session.scalars(due.order_by(Wish.not_before, Wish.created_at))).all()
            if not rows:
                return failed
            for row in rows:
                failed += await self._carry_out(Task(id=row.id, kind=row.kind, payload=row.payload), tries)

    async def _carry_out(self, task: Task, tries: int) -> list[str]:
        work = {"hold": self.holding.work, "collect": self.collecting.collect, "pay": self.payers.work}[task.kind]
        wrong: list[str] = []
        for _ in range(tries):
            try:
                await work(task)
                wrong = []
                break
            except Exception as error:  # noqa: BLE001  # as the worker does
                wrong = [f"{type(error).__name__} {error}"]
        self.failed += [task.id] if wrong else []
        async with self.database.transaction() as session:
            done = await session.get(Wish, task.id)
            assert done is not None
            done.done_at = self.clock.now()
        return wrong

    async def again(self) -> list[str]:
        """A person has all failed work begun anew."""
        async with self.database.transaction() as session:
            for wish_id in self.failed:
                (await session.get_one(Wish, wish_id)).done_at = None
        self.failed = []
        return await self.turn()

    async def requests(self, state: str = "waiting") -> list[dict[str, Any]]:
        """What the renter sees."""
        self.auth.sign_in("payment_methods:own", account_id=RENTER)
        async with self.client.get("/api/v1/pay-requests", params={"state": state}) as answer:
            assert answer.status == 200, await answer.text()
            items: list[dict[str, Any]] = (await answer.json())["items"]
            return items

    async def open_page(self, request: dict[str, Any] | None = None) -> str:
        """The renter goes to pay; the address of VNPay's page."""
        request = request or (await self.requests())[0]
        headers = {"Idempotency-Key": str(uuid.uuid4())}
        url = f"/api/v1/pay-requests/{request['id']}/attempts"
        async with self.client.post(url, headers=headers) as answer:
            assert answer.status == 201, await answer.text()
            return str((await answer.json())["pay_url"])

    async def renew(self, request: dict[str, Any]) -> int:
        """The renter wants to pay after all."""
        headers = {"Idempotency-Key": str(uuid.uuid4())}
        async with self.client.post(f"/api/v1/pay-requests/{request['id']}/renewal", headers=headers) as answer:
            return answer.status

    async def pay(self, url: str | None = None, *, do: str = "pay") -> str:
        """… and clicks. Where VNPay sends the browser back to."""
        url = url or await self.open_page()
        ref = dict(parse_qsl(urlsplit(url).query))["vnp_TxnRef"]
        async with aiohttp.ClientSession() as http:
            async with http.get(url) as page:
                assert page.status == 200, await page.text()
            at = url.partition("/paymentv2")[0] + "/paymentv2/decide"
            async with http.post(at, data={"ref": ref, "do": do}, allow_redirects=False) as answer:
                assert answer.status == 302
                back = answer.headers["Location"]
        await self.wire.told()
        return back

    async def tell(self, query: str) -> str:
        """Somebody calls the IPN address with this query; the code that is answered."""
        async with self.client.get(f"{IPN}?{query}") as answer:
            assert answer.status == 200
            return str((await answer.json())["RspCode"])

    async def come_back(self, location: str) -> str:
        """The browser follows VNPay's redirect; what the page says."""
        async with self.client.get(f"{BACK}?{location.partition('?')[2]}") as answer:
            assert answer.status == 200
            return await answer.text()

    async def hold(self) -> Hold:
        async with self.database.reading() as session:
            return (await session.scalars(select(Hold))).one()

    async def the_bill(self) -> Bill:
        async with self.database.reading() as session:
            found = await session.get(Bill, RIDE)
        assert found is not None
        return found

    async def payments(self) -> list[tuple[str, str, int]]:
        async with self.database.reading() as session:
            rows = (await session.scalars(select(Payment).order_by(Payment.created_at, Payment.id))).all()
        return [(one.kind, one.outcome, one.amount_minor) for one in rows]

    async def balances(self) -> dict[str, int]:
        async with self.database.reading() as session:
            assert await bookkeeping.unbalanced(session) == []
            return {one.account: one.amount_minor for one in await bookkeeping.balances(session) if one.amount_minor}

    async def everything(self) -> list[str]:
        """All that money depends on, to see that nothing has changed."""
        async with self.database.reading() as session:
            tables = (Hold, Payment, Bill, PayRequest, PayAttempt, PayRefund, Wish)
            rows = [row for table in tables for row in (await session.scalars(select(table))).all()]
        return [str({name: value for name, value in vars(row).items() if name[0] != "_"}) for row in rows]


@pytest.fixture
async def desk(kernel: Kernel, clock: ManualClock, auth: FixedAuth, serve: Serve) -> AsyncIterator[Desk]:
    wire = VnpayWire("VOLTDOCK", SECRET, now=clock.now)
    async with wire.listening("127.0.0.1", free_ports().hub) as url:
        made = Desk(kernel, clock, auth, wire, url)
        made.serve(await serve(kernel, made.routes()))
        yield made


async def booked(desk: Desk, token: str = "NCB") -> None:  # a bank's code
    """A booking whose deposit waits for the renter."""
    await desk.pays_with(token)
    await desk.book()
    assert await desk.turn() == []


def states(desk: Desk) -> list[str]:
    return [one.state for one in desk.told if isinstance(one, events.HoldChanged)]
