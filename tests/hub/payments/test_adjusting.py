"""Bills corrected by hand, against a real gateway's socket, on both databases: what is owed, paid and given back."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from hub.kernel.db import Database
from hub.kernel.wishes import Wish
from hub.payments.adjusting import Adjusting, Worded
from hub.payments.adjustment_schemas import AskedAdjustment
from hub.payments.adjustment_tables import Adjustment
from hub.payments.hold_tables import Hold
from hub.payments.ledger_tables import LedgerTransaction
from hub.payments.money_tables import Bill, Payment, PaymentMethod
from protocols.errors import Refused
from tests.hub.payments.test_collecting import CLOCK, RENTER, RIDE, Till, open_till
from tests.hub.payments.test_reconciliation import Books, books  # noqa: F401  # a fixture

FINANCE, OTHER = uuid.UUID(int=5), uuid.UUID(int=9)
WORDED = Worded(reason="You brought it back at noon.", note="ticket 4711", by=FINANCE)


def credit(amount_minor: int, **more: Any) -> AskedAdjustment:
    said: dict[str, Any] = {"kind": "credit", "cause": "goodwill", "currency": "EUR", "amount_minor": amount_minor}
    return AskedAdjustment(**said | more)


def charge(amount_minor: int, tax_bp: int = 0) -> AskedAdjustment:
    return AskedAdjustment(
        kind="charge", cause="damage", currency="EUR", amount_minor=amount_minor, tax_bp=tax_bp
    )  # fmt: skip


async def correct(till: Till, asked: AskedAdjustment, *, by: Worded = WORDED) -> Adjustment:
    async with till.database.transaction() as session:
        bill = await session.get(Bill, RIDE, with_for_update=True)
        assert bill is not None
        return await Adjusting(CLOCK, till.billing).adjust(session, bill, asked, by)


async def stands(till: Till) -> tuple[int, int, str]:
    bill = await till.the_bill()
    return bill.owed_minor, bill.paid_minor, bill.state


@pytest.fixture
async def till(database: Database) -> AsyncIterator[Till]:
    async with open_till(database) as opened:
        opened.billing._cases = opened.cases
        await opened.pays_with("card_ok")
        yield opened


async def test_a_bill_that_is_not_collected_yet_is_collected_at_the_new_sum(till: Till) -> None:
    await till.bill(1100)
    await correct(till, credit(300))
    await till.work()
    assert (await till.payments(), till.taken()) == ([("charge", "succeeded", 800)], 800)
    assert await stands(till) == (800, 800, "paid")
    assert (await till.the_bill()).total_minor == 1100, "the facts' word stays"


async def test_what_was_paid_goes_back_with_its_tax_and_the_original_posting_stays(till: Till) -> None:
    await till.bill(1100)
    await till.work()
    await correct(till, credit(300))
    await till.work()
    assert await till.balances() == {"clearing:simulated": 800, "revenue:rental": -727, "tax": -73}
    assert (await till.payments())[1:] == [("refund", "succeeded", -300)]
    assert till.taken() == 800
    async with till.database.reading() as session:
        kinds = (await session.scalars(select(LedgerTransaction.kind).order_by(LedgerTransaction.created_at))).all()
    assert sorted(kinds) == ["adjustment", "bill", "charge", "refund"]


async def test_credits_of_all_in_parts_leave_nothing_of_revenue_and_tax(till: Till) -> None:
    await till.bill(1001)
    for part in (333, 333, 335):
        await correct(till, credit(part))
    await till.work()
    assert (await till.balances(), await stands(till)) == ({}, (0, 0, "free"))


async def test_a_further_charge_is_collected_once_and_can_be_taken_back(till: Till) -> None:
    await till.bill(1100)
    await till.work()
    damage = await correct(till, charge(11_900, 1900))
    await till.work()
    await till.work()
    assert (await till.payments())[1:] == [("charge", "succeeded", 11_900)]
    assert (await till.balances())["tax"] == -2000
    await correct(till, credit(11_900, cause="charged_in_error", of_id=damage.id))
    await till.work()
    assert await till.balances() == {"clearing:simulated": 1100, "revenue:rental": -1000, "tax": -100}
    with pytest.raises(Refused, match="more_than_billed"):
        await correct(till, credit(1, of_id=damage.id))


@pytest.mark.parametrize("amount", [1101, 10**9])
async def test_nobody_credits_more_than_was_billed(till: Till, amount: int) -> None:
    await till.bill(1100)
    with pytest.raises(Refused, match="more_than_billed") as refused:
        await correct(till, credit(amount))
    assert refused.value.params["most_minor"] == 1100


async def test_many_at_once_do_not_credit_more_than_was_billed(till: Till) -> None:
    await till.bill(1100)
    await till.work()
    ends = await asyncio.gather(*(correct(till, credit(300)) for _ in range(8)), return_exceptions=True)
    assert sorted(type(one).__name__ for one in ends) == ["Adjustment"] * 3 + ["Refused"] * 5
    await till.work()
    assert (till.taken(), await stands(till)) == (200, (200, 200, "paid"))


async def test_a_charge_of_another_bill_cannot_be_taken_back_here(till: Till) -> None:
    await till.bill(1100)
    with pytest.raises(Refused, match="not_found"):
        await correct(till, credit(1, of_id=uuid.UUID(int=1234)))


async def test_nobody_corrects_his_own_bill(till: Till) -> None:
    await till.bill(1100)
    with pytest.raises(Refused, match="own_bill"):
        await correct(till, credit(1), by=Worded(reason="for me", note="for me", by=RENTER))


@pytest.mark.parametrize("token", ["card_silent", "card_busy"])
async def test_a_refund_whose_answer_is_lost_is_made_once(till: Till, token: str) -> None:
    await till.pays_with(token)
    await till.bill(1100)
    await till.work()
    await correct(till, credit(1100))
    await till.work()
    assert (till.taken(), await stands(till)) == (0, (0, 0, "free"))


async def test_a_refund_that_is_declined_is_a_case_until_it_is_given_back(till: Till) -> None:
    await till.pays_with("card_no_refund")
    await till.bill(1100)
    await till.work()
    await correct(till, credit(300))
    await till.work()
    case = till.cases.standing["refund_declined", RIDE]
    assert (case.seen["refund_minor"], case.seen["code"]) == ("300", "refund_not_possible")
    assert await stands(till) == (800, 1100, "overpaid")
    assert (await till.balances())[f"receivable:{RENTER}"] == -300, "what we owe the renter stands in the ledger"
    (held,) = till.gateway.book._held.values()
    held.token = "card_ok"  # the bank has thought better of it
    async with till.database.transaction() as session:
        bill = await session.get_one(Bill, RIDE, with_for_update=True)
        await Adjusting(CLOCK, till.billing).collect_again(session, bill)
    await till.work()
    assert (await stands(till), till.taken(), till.cases.standing) == ((800, 800, "paid"), 800, {})
    async with till.database.transaction() as session:
        bill = await session.get_one(Bill, RIDE)
        with pytest.raises(Refused, match="nothing_to_collect"):
            await Adjusting(CLOCK, till.billing).collect_again(session, bill)


async def test_a_declined_bill_that_is_credited_in_full_is_settled_and_its_case_closed(till: Till) -> None:
    await till.pays_with("card_declined")
    await till.bill(1100)
    await till.work()
    assert ("payment_declined", RIDE) in till.cases.standing
    await correct(till, credit(1100))
    await till.work()
    assert (await stands(till), till.cases.standing) == ((0, 0, "free"), {})


async def test_a_deposit_is_captured_for_what_is_owed_after_all(till: Till) -> None:
    client = till.collecting._gateways["simulated"]
    await client.authorize("deposit", "card_ok", 5000, "EUR")
    async with till.database.transaction() as session:
        session.add(
            Hold(
                id=CLOCK.new_id(), created_at=CLOCK.now(), subject_id=RIDE, rental_id=RIDE, account_id=RENTER,
                currency="EUR", wanted_minor=5000, held_minor=5000, state="held", gateway="simulated", method_id=None,
                key="deposit", expires_at=None, let_go=False, topped_by=None, code="",
            )
        )  # fmt: skip
    await till.bill(1100)
    await correct(till, credit(300))
    await correct(till, charge(2000))
    await till.work()
    assert await till.payments() == [("capture", "succeeded", 2800)]
    await correct(till, credit(800))
    await till.work()
    assert (await till.payments())[1:] == [("refund", "succeeded", -800)]
    assert await stands(till) == (2000, 2000, "paid")


async def test_a_late_fact_changes_the_bill_below_its_credits_and_back(till: Till) -> None:
    await till.bill(1100)
    await till.work()
    await correct(till, credit(800))
    await till.work()
    for total, owed in ((500, 0), (1100, 300), (2200, 1400)):
        await till.bill(total)
        await till.work()
        assert (await stands(till))[:2] == (owed, owed)
        assert till.taken() == owed
    case = till.cases.standing["corrected_bill_changed", RIDE]
    assert (case.seen["before_minor"], case.seen["total_minor"]) == (1100, 2200)


async def test_a_bill_that_goes_to_another_account_takes_its_corrections_along(till: Till) -> None:
    await till.bill(1100)
    await till.work()
    await correct(till, credit(100))
    await till.work()
    await till.bill(1100, account=OTHER)
    assert (await till.balances())[f"receivable:{OTHER}"] == 1000
    assert (await till.balances())[f"receivable:{RENTER}"] == -1000, "what was paid stays with who paid it"
    await correct(till, credit(400))
    await till.work()
    assert (await stands(till), till.taken()) == ((600, 0, "unpaid"), 1000), "nobody gives one renter another's money"
    await till.bill(1100)  # it was his after all
    await till.work()
    assert (await stands(till), till.taken()) == ((600, 600, "paid"), 600)
    assert await till.balances() == {"clearing:simulated": 600, "revenue:rental": -545, "tax": -55}


async def test_what_one_renter_paid_never_pays_back_another(till: Till) -> None:
    await till.bill(1100)
    await till.work()
    await till.bill(1100, account=OTHER)
    async with till.database.transaction() as session:
        (method,) = (await session.scalars(select(PaymentMethod))).all()
        copy = {name: getattr(method, name) for name in ("gateway", "token", "label", "removed_at", "created_at")}
        session.add(PaymentMethod(id=CLOCK.new_id(), account_id=OTHER, **copy))
    await till.bill(1100, account=OTHER)
    await till.work()
    await till.bill(1100)
    await correct(till, credit(600))
    await till.work()
    async with till.database.reading() as session:
        paid = (await session.execute(select(Payment.account_id, Payment.amount_minor))).all()
    assert sorted(paid) == [(RENTER, -600), (RENTER, 1100), (OTHER, 1100)]


async def test_a_wish_that_is_carried_out_twice_moves_money_once(till: Till) -> None:
    await till.bill(1100)
    await till.work()
    await correct(till, credit(300))
    async with till.database.transaction() as session:
        for one in (await session.scalars(select(Wish))).all():
            one.done_at = None
    await till.work()
    assert till.taken() == 800


@pytest.mark.parametrize("attack", ["UPDATE bill_adjustments SET amount_minor = 1", "DELETE FROM bill_adjustments"])
async def test_the_database_refuses_to_change_or_remove_a_correction(till: Till, attack: str) -> None:
    await till.bill(1100)
    await correct(till, credit(300))
    with pytest.raises(DBAPIError, match="never changes"):
        async with till.database.transaction() as session:
            await session.execute(text(attack))


async def test_the_nightly_comparison_knows_corrections(books: Books) -> None:  # noqa: F811
    await books.ride(2000)
    damage = await correct(books, charge(500))
    for asked in (credit(700), credit(200, of_id=damage.id)):
        await correct(books, asked)
        await books.work()
    books.clock.move(3600)
    assert (await books.compare())["open"] == 0
    async with books.database.transaction() as session:  # a line past our own code
        session.add(
            Adjustment(
                id=CLOCK.new_id(), created_at=books.clock.now(), bill_id=RIDE, kind="credit", cause="goodwill",
                of_id=None, currency="EUR", amount_minor=50, tax_minor=0, tax_bp=None, reason="", note="",
                made_by=FINANCE,
            )
        )  # fmt: skip
    await books.compare()
    assert await books.breaks() == [("adjustment_differs", -450, -400)]
