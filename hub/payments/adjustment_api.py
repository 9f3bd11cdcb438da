"""`/api/v1/bills/{id}/adjustments`, `/api/v1/adjustments`: bills are corrected by hand."""

from typing import Final

from sqlalchemy import select

from hub.kernel import audit
from hub.kernel.pages import Page, find_page
from hub.kernel.routes import SIGNED_IN, Call, Reply, Unit, route
from hub.payments.adjusting import Adjusting, Worded
from hub.payments.adjustment_schemas import (
    AdjustmentQuery,
    AdjustmentQuote,
    AdjustmentShape,
    AskedAdjustment,
    NewAdjustment,
)
from hub.payments.adjustment_tables import Adjustment
from hub.payments.money_schemas import BillShape
from hub.payments.money_tables import Bill
from protocols.errors import Refused

READ: Final = "payments:read"
_HIDDEN: Final = {"note": None, "made_by": None}


class AdjustmentsApi:
    """Credits and further charges."""

    def __init__(self, adjusting: Adjusting) -> None:
        self._adjusting = adjusting

    @route(
        "GET", "/api/v1/adjustments", summary="List corrections of bills", tags=["payments"],
        permission=SIGNED_IN, wide=READ, query=AdjustmentQuery, response=Page[AdjustmentShape],
    )  # fmt: skip
    async def adjustments(self, call: Call[None, AdjustmentQuery]) -> Page[AdjustmentShape]:
        """Newest first. Without `payments:read` those of one's own bills, without the internal note."""
        query, sees_all = call.query, call.principal.may(READ)
        found = select(Adjustment)
        of = query.account_id if sees_all else call.principal.account_id
        if of is not None:
            found = found.where(Adjustment.bill_id.in_(select(Bill.id).where(Bill.account_id == of)))
        for name in ("bill_id", "kind"):
            if (wanted := getattr(query, name)) is not None:
                found = found.where(getattr(Adjustment, name) == wanted)
        rows = await find_page(call.session, found, Adjustment, query)
        return rows.as_page(lambda row: _shown(row, whole=sees_all))

    @route(
        "POST", "/api/v1/bills/{bill_id}/adjustment-quotes", summary="What a correction would do", tags=["payments"],
        permission="bills:adjust", body=AskedAdjustment, response=AdjustmentQuote, unit=Unit.READ,
        errors={"not_found": 404, "more_than_billed": 409},
    )  # fmt: skip
    async def quote(self, call: Call[AskedAdjustment, None]) -> AdjustmentQuote:
        """What is owed, given back and collected afterwards. Nothing is written."""
        bill = await call.session.get(Bill, call.id("bill_id"))
        if bill is None:
            raise Refused("not_found")
        effect = await self._adjusting.quote(call.session, bill, call.body)
        return AdjustmentQuote(
            bill_id=bill.id, revision=bill.revision, currency=bill.currency, amount_minor=effect.line.gross_minor,
            tax_minor=effect.line.tax_minor, owed_before_minor=effect.owed_before_minor,
            owed_minor=effect.owed_after.gross_minor, owed_tax_minor=effect.owed_after.tax_minor,
            paid_minor=effect.paid_minor, refund_minor=effect.refund_minor, collect_minor=effect.collect_minor,
            collect_from=await self._adjusting.by_whom(call.session, bill),
        )  # fmt: skip

    @route(
        "POST", "/api/v1/bills/{bill_id}/adjustments", summary="Correct a bill", tags=["payments"],
        permission="bills:adjust", body=NewAdjustment, response=AdjustmentShape, status=201, idempotent=True,
        errors={
            "not_found": 404, "more_than_billed": 409, "bill_changed": 409, "own_bill": 409, "seller_unknown": 409,
        },
    )  # fmt: skip
    async def adjust(self, call: Call[NewAdjustment, None]) -> AdjustmentShape:
        """A line beside the bill, which itself stays as the facts say. In the ledger at once.

        What is still to be paid is asked for anew at the new sum; what is paid already goes back, or is charged
        further, within seconds. See the bill's `state` for what came of it. Where there is an invoice, a credit note
        (for a further charge: another invoice) is written that names it.
        """
        bill = await call.session.get(Bill, call.id("bill_id"), with_for_update=True)
        if bill is None:
            raise Refused("not_found")
        if call.body.revision not in {None, bill.revision}:
            raise Refused("bill_changed")
        body = call.body
        worded = Worded(reason=body.reason, note=body.note, by=call.principal.account_id)
        row = await self._adjusting.adjust(call.session, bill, body, worded)
        audit.tell(reason=body.note, cause=body.cause, told_renter=body.reason)
        return _shown(row, whole=True)

    @route(
        "POST", "/api/v1/bills/{bill_id}/collection", summary="Collect a bill once more", tags=["payments"],
        permission="bills:adjust", response=BillShape, status=202, idempotent=True,
        errors={"not_found": 404, "nothing_to_collect": 409, "collecting": 409},
    )  # fmt: skip
    async def collect(self, call: Call[None, None]) -> Reply:
        """Of a bill that is `unpaid` or `overpaid`: what was declined is charged, or given back, by another try."""
        bill = await call.session.get(Bill, call.id("bill_id"), with_for_update=True)
        if bill is None:
            raise Refused("not_found")
        await self._adjusting.collect_again(call.session, bill)
        return Reply(body=BillShape.model_validate(bill))


def _shown(row: Adjustment, *, whole: bool) -> AdjustmentShape:
    shown = AdjustmentShape.model_validate(row)
    return shown if whole else shown.model_copy(update=_HIDDEN)
