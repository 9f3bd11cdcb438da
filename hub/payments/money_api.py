"""`/api/v1/bills`, `/payments`, `/payment-methods`, `/ledger`."""

from collections.abc import Collection
from typing import Final

from sqlalchemy import select

from hub.kernel.pages import Page, find_page
from hub.kernel.routes import SIGNED_IN, Call, route
from hub.payments import bookkeeping
from hub.payments.money_schemas import (
    BalancesQuery,
    BalancesShape,
    BillQuery,
    BillShape,
    EntryShape,
    LedgerQuery,
    MethodShape,
    MethodsShape,
    NewMethod,
    PaymentQuery,
    PaymentShape,
    PostingShape,
)
from hub.payments.money_tables import Bill, Payment, PaymentMethod
from protocols.errors import Refused

READ: Final = "payments:read"


class MoneyApi:
    """Bills, payments and the ledger. `gateways` are those that are set up."""

    def __init__(self, gateways: Collection[str]) -> None:
        self._gateways = gateways

    @route(
        "GET", "/api/v1/bills", summary="List bills", tags=["payments"],
        permission=SIGNED_IN, wide=READ, query=BillQuery, response=Page[BillShape],
    )  # fmt: skip
    async def bills(self, call: Call[None, BillQuery]) -> Page[BillShape]:
        """What rides and charges cost, and what of it is paid. Without `payments:read` one's own."""
        found = select(Bill)
        if not call.principal.may(READ):
            found = found.where(Bill.account_id == call.principal.account_id)
        if call.query.state is not None:
            found = found.where(Bill.state == call.query.state)
        if call.query.account_id is not None:
            found = found.where(Bill.account_id == call.query.account_id)
        return (await find_page(call.session, found, Bill, call.query)).as_page(BillShape.model_validate)

    @route(
        "GET", "/api/v1/bills/{bill_id}", summary="A bill", tags=["payments"],
        permission=SIGNED_IN, wide=READ, response=BillShape, errors={"not_found": 404},
    )  # fmt: skip
    async def bill(self, call: Call[None, None]) -> BillShape:
        """Its id is the ride's, the charge's or the booking's. Without `payments:read` one's own."""
        row = await call.session.get(Bill, call.id("bill_id"))
        if row is None or not (call.principal.may(READ) or row.account_id == call.principal.account_id):
            raise Refused("not_found")
        return BillShape.model_validate(row)

    @route(
        "GET", "/api/v1/payments", summary="List payments", tags=["payments"],
        permission="payments:read", query=PaymentQuery, response=Page[PaymentShape],
    )  # fmt: skip
    async def payments(self, call: Call[None, PaymentQuery]) -> Page[PaymentShape]:
        """Every call to a gateway that moves money."""
        found = select(Payment)
        for name in ("bill_id", "account_id", "outcome"):
            wanted = getattr(call.query, name)
            if wanted is not None:
                found = found.where(getattr(Payment, name) == wanted)
        return (await find_page(call.session, found, Payment, call.query)).as_page(PaymentShape.model_validate)

    @route(
        "GET", "/api/v1/ledger", summary="List postings", tags=["payments"],
        permission="ledger:read", query=LedgerQuery, response=Page[PostingShape],
    )  # fmt: skip
    async def ledger(self, call: Call[None, LedgerQuery]) -> Page[PostingShape]:
        """The double-entry ledger, newest first: of one ride (`subject_id`) or one account."""
        query = call.query
        found = await bookkeeping.transactions(call.session, query, subject_id=query.subject_id, account=query.account)
        entries = await bookkeeping.entries_of(call.session, [row.id for row in found.rows])
        return found.as_page(
            lambda row: PostingShape(
                id=row.id, created_at=row.created_at, kind=row.kind, subject_id=row.subject_id, note=row.note,
                entries=[EntryShape.model_validate(one) for one in entries[row.id]],
            )
        )  # fmt: skip

    @route(
        "GET", "/api/v1/ledger/balances", summary="Balances of the ledger", tags=["payments"],
        permission="ledger:read", query=BalancesQuery, response=BalancesShape,
    )  # fmt: skip
    async def balances(self, call: Call[None, BalancesQuery]) -> BalancesShape:
        """What stands on each account. `balanced` false means that somebody tampered with the database."""
        found = await bookkeeping.balances(call.session, call.query.prefix)
        wrong = await bookkeeping.unbalanced(call.session)
        return BalancesShape(balanced=not wrong, accounts=[EntryShape.model_validate(one) for one in found])

    @route(
        "GET", "/api/v1/payment-methods", summary="One's own payment methods", tags=["payments"],
        permission="payment_methods:own", response=MethodsShape,
    )  # fmt: skip
    async def methods(self, call: Call[None, None]) -> MethodsShape:
        """The newest is used for what is collected."""
        found = select(PaymentMethod).where(
            PaymentMethod.account_id == call.principal.account_id, PaymentMethod.removed_at.is_(None)
        )
        rows = (await call.session.scalars(found.order_by(PaymentMethod.created_at.desc()).limit(50))).all()
        return MethodsShape(items=[MethodShape.model_validate(row) for row in rows])

    @route(
        "POST", "/api/v1/payment-methods", summary="Add a payment method", tags=["payments"],
        permission="payment_methods:own", body=NewMethod, response=MethodShape, status=201, idempotent=True,
        errors={"gateway_not_set_up": 422},
    )  # fmt: skip
    async def add_method(self, call: Call[NewMethod, None]) -> MethodShape:
        """By the token that the gateway gave for it."""
        if call.body.gateway not in self._gateways:
            raise Refused("gateway_not_set_up", gateway=call.body.gateway)
        row = PaymentMethod(
            id=call.clock.new_id(),
            created_at=call.clock.now(),
            account_id=call.principal.account_id,
            removed_at=None,
            **call.body.model_dump(),
        )
        call.session.add(row)
        await call.session.flush()
        return MethodShape.model_validate(row)

    @route(
        "DELETE", "/api/v1/payment-methods/{method_id}", summary="Remove a payment method", tags=["payments"],
        permission="payment_methods:own", errors={"not_found": 404},
    )  # fmt: skip
    async def remove_method(self, call: Call[None, None]) -> None:
        """It is not used any more; what was paid by it stays."""
        row = await call.session.get(PaymentMethod, call.id("method_id"), with_for_update=True)
        if row is None or row.account_id != call.principal.account_id or row.removed_at is not None:
            raise Refused("not_found")
        row.removed_at = call.clock.now()
