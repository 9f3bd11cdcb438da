"""Documents of corrections: credit notes that name the invoice they correct, on both databases and as PDF."""

import uuid
from typing import Any

import pytest
from sqlalchemy import select

from hub.payments import invoice_pdf
from hub.payments.adjusting import Adjusting, Worded
from hub.payments.adjustment_schemas import AskedAdjustment
from hub.payments.adjustment_tables import Adjustment
from hub.payments.invoice_tables import Invoice
from hub.payments.money_tables import Bill
from tests.hub.conftest import FixedAuth
from tests.hub.payments.test_adjustment_api import CREDIT, PATH, desk, get, post  # noqa: F401  # a fixture
from tests.hub.payments.test_invoices import RIDE, Office, office  # noqa: F401  # a fixture
from tests.hub.rentals.test_rentals import ACCOUNT, RENTAL
from tests.hub.stations_double import World

WORDED = Worded(reason="Bạn đã trả xe lúc trưa – sorry", note="ticket 4711", by=uuid.UUID(int=5))


async def correct(office: Office, kind: str, cause: str, amount_minor: int, **more: Any) -> Adjustment:  # noqa: F811
    said: dict[str, Any] = {"kind": kind, "cause": cause, "currency": "EUR", "amount_minor": amount_minor}
    asked = AskedAdjustment(**said | more)
    async with office.database.transaction() as session:
        bill = await session.get_one(Bill, RIDE, with_for_update=True)
        return await Adjusting(office.clock, office.billing, office.invoices).adjust(session, bill, asked, WORDED)


async def papers(office: Office) -> list[Invoice]:  # noqa: F811
    async with office.database.reading() as session:
        return list((await session.scalars(select(Invoice).order_by(Invoice.number))).all())


async def test_a_credit_has_a_credit_note_of_its_own_that_names_the_invoice(office: Office) -> None:  # noqa: F811
    await office.bill(442)
    first = await office.issue()
    line = await correct(office, "credit", "wrong_end", 142)
    _, note = await papers(office)
    assert (note.kind, note.name, note.total_minor, note.tax_minor) == ("credit_note", "VG-2026-000002", -142, -13)
    assert (note.amends_id, note.adjustment_id, note.body["amends"]) == (first.id, line.id, "VG-2026-000001")
    assert [(one["key"], one["amount_minor"], one["reason"]) for one in note.body["lines"]] == [
        ("wrong_end", -142, WORDED.reason)
    ]
    assert (await office.issue()).id == first.id, "the invoice stands"
    assert len(await papers(office)) == 2


async def test_a_further_charge_has_an_invoice_of_its_own_and_its_credit_a_note(office: Office) -> None:  # noqa: F811
    await office.bill(442)
    await office.issue()
    damage = await correct(office, "charge", "damage", 11_900, tax_bp=1900)
    await correct(office, "credit", "charged_in_error", 11_900, of_id=damage.id)
    await correct(office, "credit", "goodwill", 442)
    shown = [(one.kind, one.total_minor, one.tax_minor) for one in await papers(office)]
    assert shown == [
        ("invoice", 442, 40), ("invoice", 11_900, 1900), ("credit_note", -11_900, -1900), ("credit_note", -442, -40),
    ]  # fmt: skip


async def test_an_invoice_that_is_written_afterwards_has_the_corrections_in_it(office: Office) -> None:  # noqa: F811
    await office.bill(442)
    await correct(office, "credit", "goodwill", 142)
    row = await office.issue()
    assert (row.total_minor, row.tax_minor, sum(one["amount_minor"] for one in row.body["lines"])) == (300, 27, 300)
    assert [one["key"] for one in row.body["lines"]] == ["unlock", "minutes", "goodwill"]


async def test_what_the_facts_change_takes_the_invoice_back_with_what_was_added(office: Office) -> None:  # noqa: F811
    await office.bill(442)
    await office.issue()
    await correct(office, "credit", "goodwill", 142)
    for total in (220, 100):
        await office.bill(total)
        await office.issue()
    shown = [(one.kind, one.total_minor, one.tax_minor) for one in await papers(office)]
    assert shown == [
        ("invoice", 442, 40), ("credit_note", -142, -13), ("credit_note", -300, -27),
        ("invoice", 78, 7), ("credit_note", -78, -7),
    ]  # fmt: skip
    assert sum(one.total_minor for one in await papers(office)) == 0


async def test_many_corrections_at_once_have_every_number_once(office: Office) -> None:  # noqa: F811
    await office.bill(442)
    await office.issue()
    for _ in range(3):
        await correct(office, "credit", "goodwill", 100)
    assert [one.name for one in await papers(office)] == [f"VG-2026-{number:06d}" for number in range(1, 5)]


@pytest.mark.parametrize("language", ["en", "de", "vi"])
async def test_a_credit_note_is_drawn_with_its_reason(office: Office, language: Any) -> None:  # noqa: F811
    await office.bill(442)
    await office.issue()
    await correct(office, "credit", "wrong_end", 142)
    _, note = await papers(office)
    drawn = invoice_pdf.pdf_of(note, language)
    assert drawn.startswith(b"%PDF-")
    assert drawn == invoice_pdf.pdf_of(note, language)
    plain = {**note.body, "lines": [{**line, "reason": ""} for line in note.body["lines"]]}
    note.body = plain
    assert len(drawn) > len(invoice_pdf.pdf_of(note, language)), "the reason is on it"


async def test_a_renter_finds_the_credit_note_among_his_invoices(desk: World, auth: FixedAuth) -> None:  # noqa: F811
    assert (await post(desk, f"/api/v1/bills/{RENTAL}/invoice", None, key="paper"))[0] == 201
    assert (await post(desk, PATH, CREDIT))[0] == 201
    auth.sign_in(account_id=ACCOUNT)
    _, listed = await get(desk, "/api/v1/invoices?kind=credit_note")
    (note,) = listed["items"]
    _, invoices = await get(desk, "/api/v1/invoices?kind=invoice")
    assert (note["amends_id"], note["total_minor"]) == (invoices["items"][0]["id"], -57)
    async with desk.client.get(f"/api/v1/invoices/{note['id']}/pdf?language=vi") as answer:
        assert (answer.status, answer.content_type) == (200, "application/pdf")
