"""Invoices: numbered without a gap, never changed, taken back by credit notes; in three languages, also as PDF."""

import asyncio
import datetime as dt
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from hub import events
from hub.kernel.belonging import HOUSE
from hub.kernel.db import Database
from hub.payments import invoice_pdf, invoice_text
from hub.payments.billing import Billing
from hub.payments.invoice_tables import Invoice
from hub.payments.invoices import Invoices, Seller
from hub.payments.money_tables import Bill
from protocols.errors import Refused
from tests.hub.conftest import FixedAuth, ManualClock
from tests.hub.rentals.test_rentals import ACCOUNT, RENTAL, life, tariffs, tell
from tests.hub.stations_double import World

RIDE, RENTER = uuid.UUID(int=70), uuid.UUID(int=8)
LINES = [
    {"key": "unlock", "quantity": 1, "unit": "piece", "unit_price_minor": 100, "amount_minor": 100},
    {"key": "minutes", "quantity": 18, "unit": "min", "unit_price_minor": 19, "amount_minor": 342},
]


class Rides:
    """One ride of twenty minutes."""

    async def story_of(
        self, session: object, subject_id: uuid.UUID
    ) -> tuple[dt.datetime | None, dt.datetime | None, Sequence[dict[str, Any]]] | None:
        at = dt.datetime(2026, 11, 21, 12, 0, tzinfo=dt.UTC)
        return (at, at + dt.timedelta(minutes=20), LINES) if subject_id == RIDE else None


class House:
    """All stations are the house's, which has not said how it prints itself."""

    said: tuple[uuid.UUID, dict[str, str] | None] = (HOUSE, None)

    async def seller_at(self, session: object, station_id: object) -> tuple[uuid.UUID, dict[str, str] | None]:
        return self.said


class Office:
    """Bills and their invoices."""

    def __init__(self, database: Database, clock: ManualClock) -> None:
        self.database, self.clock, self.billing = database, clock, Billing(clock)
        seller = Seller(name="Volt GmbH", address="Hauptstraße 1\nBerlin", tax_number="DE1", prefix="VG")
        self.owners = House()
        self.invoices = Invoices(clock, [Rides()], self.owners, seller)

    async def bill(self, total_minor: int, *, ride: uuid.UUID = RIDE) -> None:
        told = events.Billed(
            use="rental", subject_id=ride, account_id=RENTER, station_id=None, currency="EUR",
            total_minor=total_minor, tax_minor=total_minor // 11,
        )  # fmt: skip
        async with self.database.transaction() as session:
            await self.billing.see(session, [told])
        async with self.database.transaction() as session:
            await self.billing.post_due(session)

    async def issue(self, ride: uuid.UUID = RIDE) -> Invoice:
        async with self.database.transaction() as session:
            bill = await session.get(Bill, ride, with_for_update=True)
            assert bill is not None
            return await self.invoices.issue(session, bill)

    async def every(self) -> list[tuple[str, str, int]]:
        async with self.database.reading() as session:
            rows = (await session.scalars(select(Invoice).order_by(Invoice.series, Invoice.number))).all()
        return [(one.name, one.kind, one.total_minor) for one in rows]


@pytest.fixture
def office(database: Database, clock: ManualClock) -> Office:
    return Office(database, clock)


async def test_a_bill_has_one_invoice_as_long_as_it_stands(office: Office) -> None:
    await office.bill(442)
    first, again = await office.issue(), await office.issue()
    assert (first.id, first.name, first.body["lines"]) == (again.id, "VG-2026-000001", LINES)


async def test_a_bill_that_changes_is_credited_and_invoiced_anew(office: Office) -> None:
    await office.bill(442)
    await office.issue()
    await office.bill(300)
    await office.issue()
    await office.bill(0)
    note = await office.issue()
    assert await office.every() == [
        ("VG-2026-000001", "invoice", 442), ("VG-2026-000002", "credit_note", -442),
        ("VG-2026-000003", "invoice", 300), ("VG-2026-000004", "credit_note", -300),
    ]  # fmt: skip
    assert note.body["corrects"] == "VG-2026-000003"
    assert sum(one["amount_minor"] for one in note.body["lines"]) == -300


async def test_what_is_not_posted_or_comes_to_nothing_has_no_invoice(office: Office) -> None:
    await office.bill(0)
    with pytest.raises(Refused, match="not_billed"):
        await office.issue()


async def test_a_transaction_that_fails_leaves_no_gap(office: Office) -> None:
    for number in range(3):
        await office.bill(442, ride=uuid.UUID(int=100 + number))
    await office.issue(uuid.UUID(int=100))
    with pytest.raises(ZeroDivisionError):
        await issue_and_fail(office, uuid.UUID(int=101))
    await office.issue(uuid.UUID(int=102))
    assert [name for name, _, _ in await office.every()] == ["VG-2026-000001", "VG-2026-000002"]


async def issue_and_fail(office: Office, ride: uuid.UUID) -> None:
    async with office.database.transaction() as session:
        await office.invoices.issue(session, await session.get_one(Bill, ride))
        raise ZeroDivisionError


async def test_many_at_once_get_every_number_once(office: Office) -> None:
    rides = [uuid.UUID(int=100 + number) for number in range(12)]
    for ride in rides:
        await office.bill(442, ride=ride)
    await asyncio.gather(*(office.issue(ride) for ride in rides))
    assert [name for name, _, _ in await office.every()] == [f"VG-2026-{number:06d}" for number in range(1, 13)]


async def test_each_year_begins_at_one(office: Office) -> None:
    await office.bill(442)
    await office.issue()
    office.clock.move(60 * 86_400)
    await office.bill(442, ride=uuid.UUID(int=71))
    assert (await office.issue(uuid.UUID(int=71))).name == "VG-2027-000001"


@pytest.mark.parametrize("attack", ["UPDATE invoices SET total_minor = 1", "DELETE FROM invoices"])
async def test_the_database_refuses_to_change_or_remove_an_invoice(office: Office, attack: str) -> None:
    await office.bill(442)
    await office.issue()
    with pytest.raises(DBAPIError, match="never changes"):
        async with office.database.transaction() as session:
            await session.execute(text(attack))
    assert await office.every() == [("VG-2026-000001", "invoice", 442)]


@pytest.mark.parametrize(
    ("minor", "currency", "language", "shown"),
    [
        (123_450, "EUR", "en", "1,234.50 EUR"), (123_450, "EUR", "de", "1.234,50 EUR"),
        (19_000, "VND", "vi", "19.000 VND"), (1_234_567, "KWD", "en", "1,234.567 KWD"), (-5, "EUR", "de", "-0,05 EUR"),
    ],
)  # fmt: skip
def test_amounts_have_their_currencys_decimals(
    minor: int, currency: str, language: invoice_text.Language, shown: str
) -> None:
    assert invoice_text.money(minor, currency, language) == shown


def test_everything_is_said_in_every_language() -> None:
    assert {key for key, words in invoice_text.TEXTS.items() if set(words) != {"en", "de", "vi"}} == set()


@pytest.mark.parametrize("language", ["en", "de", "vi"])
@pytest.mark.parametrize("folders", [invoice_pdf.FOLDERS, (Path("/nowhere"),)])
async def test_the_pdf_is_drawn_with_and_without_the_font(
    office: Office, language: invoice_text.Language, folders: tuple[Path, ...]
) -> None:
    await office.bill(442)
    row = await office.issue()
    drawn = invoice_pdf.pdf_of(row, language, folders)
    assert drawn.startswith(b"%PDF-")
    assert drawn == invoice_pdf.pdf_of(row, language, folders)


def test_without_the_font_letters_lose_their_marks() -> None:
    assert invoice_pdf._latin("Hóa đơn – Tổng ✓") == "Hóa don - Tong ?"


async def test_a_renter_gets_his_own_invoice_over_http_and_nobody_elses(world: World, auth: FixedAuth) -> None:
    await tariffs(world)
    await tell(world, await world.station(), *life())
    async with world.kernel.database.transaction() as session:
        await world.rooms.billing.post_due(session)
    auth.sign_in(account_id=ACCOUNT)
    path = f"/api/v1/bills/{RENTAL}/invoice"
    async with world.client.post(path, headers={"Idempotency-Key": "a"}) as answer:
        assert answer.status == 201, await answer.text()
        made = await answer.json()
    assert (made["total_minor"], made["currency"], made["body"]["use"]) == (157, "EUR", "rental")
    async with world.client.get(f"/api/v1/invoices/{made['id']}/pdf?language=de") as answer:
        assert (answer.status, answer.content_type) == (200, "application/pdf")
        assert (await answer.read()).startswith(b"%PDF-")
    async with world.client.get(f"/api/v1/invoices/{made['id']}/pdf?language=xx") as answer:
        assert answer.status == 422
    auth.sign_in(account_id=uuid.UUID(int=99))
    for wrong in (f"/api/v1/invoices/{made['id']}", f"/api/v1/invoices/{made['id']}/pdf", "/api/v1/invoices/x/pdf"):
        async with world.client.get(wrong) as answer:
            assert answer.status == 404, wrong
    async with world.client.get("/api/v1/invoices") as answer:
        assert (await answer.json())["items"] == []
    async with world.client.post(path, headers={"Idempotency-Key": "b"}) as answer:
        assert answer.status == 404


async def test_each_organisation_counts_its_own_invoices_under_its_own_name(office: Office) -> None:
    other = uuid.UUID(int=9)
    await office.bill(880)
    first = await office.issue()
    await office.bill(990, ride=other)
    office.owners.said = (other, {"name": "Harbour", "address": "Quay 1", "tax_number": "DE2", "prefix": "HR"})
    second = await office.issue(other)
    assert (first.number, second.number) == (1, 1)
    assert (first.name[:3], second.name[:3]) == ("VG-", "HR-")
    assert second.body["seller"] == {"name": "Harbour", "address": "Quay 1", "tax": "DE2"}


async def test_an_organisation_that_has_not_said_who_it_is_issues_no_invoice(office: Office) -> None:
    await office.bill(880)
    office.owners.said = (uuid.UUID(int=9), None)
    with pytest.raises(Refused, match="seller_unknown"):
        await office.issue()
    assert await office.every() == []
