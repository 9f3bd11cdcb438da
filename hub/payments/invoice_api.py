"""`/api/v1/invoices`, also as PDF."""

import asyncio
import uuid
from typing import Any, Final, Literal, cast

from aiohttp import web
from sqlalchemy import select

from hub.kernel.pages import Page, PageQuery, find_page
from hub.kernel.problem import ProblemError, problem
from hub.kernel.routes import SIGNED_IN, Call, RawRoute, route
from hub.kernel.shapes import Instant, Shape
from hub.kernel.web import Kernel
from hub.payments.invoice_pdf import pdf_of
from hub.payments.invoice_tables import Invoice
from hub.payments.invoice_text import Language
from hub.payments.invoices import Invoices
from hub.payments.money_tables import Bill
from protocols.errors import Refused

READ: Final = "payments:read"
_LANGUAGES: Final = ("en", "de", "vi")


class InvoiceQuery(PageQuery):
    """Invoices for one bill, of one account, or of a kind."""

    bill_id: uuid.UUID | None = None
    account_id: uuid.UUID | None = None
    kind: Literal["invoice", "credit_note"] | None = None


class InvoiceShape(Shape):
    """A document that never changes. `body` is what is printed on it.

    A credit note takes a whole invoice back (`corrects_id`), or it, or another invoice, adds one correction of the bill
    (`adjustment_id`) to one that stands (`amends_id`).
    """

    id: uuid.UUID
    created_at: Instant
    series: str
    number: int
    name: str
    kind: Literal["invoice", "credit_note"]
    corrects_id: uuid.UUID | None
    amends_id: uuid.UUID | None
    adjustment_id: uuid.UUID | None
    bill_id: uuid.UUID
    account_id: uuid.UUID | None
    currency: str
    total_minor: int
    tax_minor: int
    body: dict[str, Any]


class InvoicesApi:
    """Invoices and credit notes."""

    def __init__(self, invoices: Invoices) -> None:
        self._invoices = invoices

    @route(
        "GET", "/api/v1/invoices", summary="List invoices", tags=["payments"],
        permission=SIGNED_IN, wide=READ, query=InvoiceQuery, response=Page[InvoiceShape],
    )  # fmt: skip
    async def invoices(self, call: Call[None, InvoiceQuery]) -> Page[InvoiceShape]:
        """Newest first, with credit notes. Without `payments:read` one's own."""
        found = select(Invoice)
        if not call.principal.may(READ):
            found = found.where(Invoice.account_id == call.principal.account_id)
        for name in ("bill_id", "account_id", "kind"):
            if (wanted := getattr(call.query, name)) is not None:
                found = found.where(getattr(Invoice, name) == wanted)
        return (await find_page(call.session, found, Invoice, call.query)).as_page(InvoiceShape.model_validate)

    @route(
        "GET", "/api/v1/invoices/{invoice_id}", summary="An invoice", tags=["payments"],
        permission=SIGNED_IN, wide=READ, response=InvoiceShape, errors={"not_found": 404},
    )  # fmt: skip
    async def one(self, call: Call[None, None]) -> InvoiceShape:
        """Without `payments:read` one's own."""
        row = await call.session.get(Invoice, call.id("invoice_id"))
        if row is None or not (call.principal.may(READ) or row.account_id == call.principal.account_id):
            raise Refused("not_found")
        return InvoiceShape.model_validate(row)

    @route(
        "POST", "/api/v1/bills/{bill_id}/invoice", summary="Issue an invoice", tags=["payments"],
        permission=SIGNED_IN, wide=READ, response=InvoiceShape, status=201, idempotent=True,
        errors={"not_found": 404, "not_billed": 409, "seller_unknown": 409},
    )  # fmt: skip
    async def issue(self, call: Call[None, None]) -> InvoiceShape:
        """For the bill as it stands: the same one again while it does, else a credit note and a new one.

        What people correct it by leaves the invoice standing and has documents of its own.
        """
        bill = await call.session.get(Bill, call.id("bill_id"), with_for_update=True)
        if bill is None or not (call.principal.may(READ) or bill.account_id == call.principal.account_id):
            raise Refused("not_found")
        return InvoiceShape.model_validate(await self._invoices.issue(call.session, bill))


class InvoicePdf:
    """The same, as people keep it."""

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """`?language=` en, de or vi."""
        language = request.query.get("language", "en")
        if language not in _LANGUAGES:
            raise ProblemError(problem("invalid", 422))
        principal = await self._kernel.authenticate(request)
        async with self._kernel.database.reading() as session:
            row = await session.get(Invoice, _id(request.match_info["invoice_id"]))
        mine = principal is not None and row is not None and row.account_id == principal.account_id
        if row is None or principal is None or not (mine or principal.may(READ)):
            raise ProblemError(problem("not_found"))
        name = f'inline; filename="{row.name}.pdf"'
        # Fonts are cut to what is drawn: some tenths of a second, beside the loop.
        content = await asyncio.to_thread(pdf_of, row, cast("Language", language))
        return web.Response(body=content, content_type="application/pdf", headers={"Content-Disposition": name})

    def route(self) -> RawRoute:
        """As the wiring takes it."""
        return RawRoute(
            method="GET",
            path="/api/v1/invoices/{invoice_id}/pdf",
            handler=self.handle,
            summary="An invoice as PDF",
            tags=("payments",),
            description="`?language=` en (default), de or vi. Without `payments:read` one's own.",
            permission=SIGNED_IN,
            answers={
                200: "application/pdf",
                404: "`not_found`: no such invoice, or another's",
                422: "`invalid`: no such language",
            },
        )


def _id(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError as error:
        raise ProblemError(problem("not_found")) from error
