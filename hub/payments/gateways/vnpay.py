"""VNPay: the payer is sent to its page, and pays there or not.

VNPay holds nothing: a deposit is a payment whose rest is given back. So `authorize` and `charge` open an order that
waits for its payer, `capture` only looks whether the money is there, `void` and `refund` give back, and `increment`
is declined, for nobody is there to act. What was paid is learnt by IPN (`hub.payments.vnpay_door`) and by querydr.

VNPay has no report: `report` asks querydr for each payment and for each refund of the period, until VNPay has
confirmed it. What VNPay keeps as its fee, and when it pays out, it says by contract and statement only: not here.
"""

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from typing import Final

from hub.kernel.clock import Clock
from hub.payments.gateways import vnpay_signing as signing
from hub.payments.gateways.payer import Attempt, GivenBack, Order, Orders, Told
from hub.payments.gateways.port import Form, Line, Outcome, Result
from hub.payments.gateways.vnpay_api import FULL, PART, Answer, Merchant, VnpayApi
from protocols.errors import Malformed, Refused

NAME: Final = "vnpay"
ANY: Final = "any"  # the token of a method that leaves the bank to VNPay's page
_BANK: Final = re.compile("[A-Za-z0-9]{3,20}")
_UNDER_WAY: Final = frozenset({"94", "97", "98", "99", ""})  # of a refund: nobody knows, or it is our mistake
_REJECTED: Final = "09"
_NOW: Final = dt.timedelta(hours=6)  # a report that reaches so near to now also asks after older refunds
_OLD: Final = dt.timedelta(days=14)
_STATES: Final = {"00": "paid", "01": "open", "07": "suspect"}


class VnpayGateway:
    """`Gateway` and `PayerGateway` at VNPay. `pays_within`: how long an order waits for its payer."""

    def __init__(
        self, merchant: Merchant, orders: Orders, clock: Clock, *, pays_within: dt.timedelta,
        attempt_lasts: dt.timedelta, api: VnpayApi | None = None,
    ) -> None:  # fmt: skip
        self._merchant = merchant
        self._orders = orders
        self._clock = clock
        self._api = api or VnpayApi(merchant, clock)
        self._pays_within = pays_within
        self._lasts = attempt_lasts

    @property
    def name(self) -> str:
        """How the ledger calls it."""
        return NAME

    @property
    def form(self) -> Form:
        """What holding is here."""
        return Form.PAYMENT

    @property
    def attempt_lasts(self) -> dt.timedelta:
        """How long VNPay's page waits for the payer."""
        return self._lasts

    def pay_url(self, attempt: Attempt, token: str, info: str, address: str) -> str:
        """Where the payer, who comes from this address, pays."""
        fields = {
            "vnp_Version": signing.VERSION, "vnp_Command": "pay", "vnp_TmnCode": self._merchant.tmn_code,
            "vnp_Amount": signing.to_vnpay(attempt.amount_minor, attempt.currency), "vnp_CurrCode": attempt.currency,
            "vnp_TxnRef": attempt.ref, "vnp_OrderInfo": signing.plain(info), "vnp_OrderType": "other",
            "vnp_Locale": self._merchant.locale, "vnp_ReturnUrl": self._merchant.return_url, "vnp_IpAddr": address,
            "vnp_CreateDate": signing.stamp(attempt.begun_at), "vnp_ExpireDate": signing.stamp(attempt.expires_at),
            "vnp_BankCode": token if token != ANY and _BANK.fullmatch(token) else "",
        }  # fmt: skip
        return f"{self._merchant.pay_url}?{signing.signed_query(self._merchant.secret, fields)}"

    def told_by(self, raw_query: str) -> Told:
        """What an IPN, or a return URL, says. Raises Malformed, Refused `bad_signature`."""
        fields = signing.read_query(self._merchant.secret, raw_query)
        if fields.get("vnp_TmnCode") != self._merchant.tmn_code:
            raise Refused("bad_signature", why="merchant")
        return _told(fields)

    async def look(self, attempt: Attempt) -> Told | None:
        """What became of a try; None when the payer never came. Raises OSError."""
        answer = await self._api.query(attempt.ref, attempt.begun_at)
        return None if answer is None else _state_of(attempt, answer)

    async def authorize(self, key: str, token: str, amount_minor: int, currency: str) -> Result:
        """Open an order for a deposit."""
        return await self.charge(key, token, amount_minor, currency)

    async def charge(self, key: str, token: str, amount_minor: int, currency: str) -> Result:
        """Open an order, which waits for its payer; or how it stands."""
        try:
            signing.to_vnpay(amount_minor, currency)
        except Refused as refused:
            return _declined(key, amount_minor, currency, refused.code)
        until = self._clock.now() + self._pays_within
        order = await self._orders.open(key, token, amount_minor, currency, until)
        return await self._standing(order)

    async def increment(self, key: str, of: str, amount_minor: int, currency: str) -> Result:  # noqa: ARG002  # the port
        """Nobody is there to pay more; the rest is an order of its own."""
        return _declined(key, amount_minor, currency, "payer_must_act")

    async def capture(self, key: str, of: str, amount_minor: int, currency: str) -> Result:
        """Keep so much of what was paid. Nothing moves: whoever keeps the books has the rest given back."""
        paid = await self._orders.paid(of)
        if paid is None or paid.currency != currency or amount_minor > await self._left_of(paid):
            return _declined(key, amount_minor, currency, "more_than_held")
        return _done(key, paid.transaction_no, amount_minor, currency)

    async def void(self, key: str, of: str, currency: str) -> Result:
        """Give back all that is left of what was paid; what nobody has paid is let go."""
        paid = await self._orders.paid(of)
        if paid is None:
            return _done(key, "", 0, currency)
        return await self._give_back(key, paid, None)

    async def refund(self, key: str, of: str, amount_minor: int, currency: str) -> Result:
        """Give back so much of what was paid."""
        paid = await self._orders.paid(of)
        if paid is None or paid.currency != currency:
            return _declined(key, amount_minor, currency, "not_paid")
        return await self._give_back(key, paid, amount_minor)

    async def payout(self, key: str, amount_minor: int, currency: str) -> Result:
        """VNPay pays out by contract, not when asked."""
        return _declined(key, amount_minor, currency, "payout_not_offered")

    async def query(self, key: str) -> Result | None:
        """What became of an order, by VNPay's own word where a try is open; None for an unknown one."""
        order = await self._orders.order_of(key)
        return None if order is None else await self._standing(order, ask=True)

    async def report(self, since: dt.datetime, until: dt.datetime) -> Sequence[Line]:
        """What VNPay says, asked about each payment and refund, moved between these instants."""
        attempts, refunds = await self._orders.moved(since, until)
        lines = [await self._paid_line(one) for one in attempts]
        lines += [await self._refund_line(one) for one in refunds]
        if until >= self._clock.now() - _NOW:
            lines += [
                await self._refused_line(one, until) for one in await self._orders.unconfirmed(until - _OLD, since)
            ]
        return [one for one in lines if one is not None]

    async def _standing(self, order: Order, *, ask: bool = False) -> Result:
        key, amount, currency = order.key, order.amount_minor, order.currency
        if order.state == "paid":
            paid = await self._orders.paid(key)
            return _done(key, "" if paid is None else paid.transaction_no, amount, currency)
        if ask:
            for one in await self._orders.attempts_of(key):
                told = await self.look(one) if one.state == "open" else None
                if told is not None and told.state == "paid":
                    return _done(key, told.transaction_no, amount, currency)
        if order.state == "closed":
            return _declined(key, amount, currency, "not_paid")
        return Result(
            key=key, ref="", outcome=Outcome.PENDING, amount_minor=amount, currency=currency,
            waits_until=order.open_until,
        )  # fmt: skip

    async def _left_of(self, paid: Attempt) -> int:
        given = await self._orders.given_of(paid.ref)
        return paid.amount_minor - sum(one.amount_minor for one in given if one.state != "rejected")

    async def _give_back(self, key: str, paid: Attempt, amount_minor: int | None) -> Result:
        """Once per key. An earlier try whose answer was lost is looked for before VNPay is asked again."""
        wanted = await self._orders.give_back(key, paid.ref, amount_minor)
        if wanted is None:
            return _declined(key, amount_minor or 0, paid.currency, "more_than_taken")
        if wanted.state == "accepted" or not wanted.amount_minor:
            return _done(key, paid.transaction_no, wanted.amount_minor, paid.currency)
        answer = await self._given_before(paid, wanted) if wanted.tries else None
        if answer is None:
            await self._orders.tried(key)
            answer = await self._api.refund(
                wanted.request_id, paid.ref, paid.begun_at, paid.transaction_no, wanted.amount_minor,
                is_all=wanted.amount_minor == paid.amount_minor,
            )  # fmt: skip
        return await self._ended(paid, wanted, answer)

    async def _ended(self, paid: Attempt, wanted: GivenBack, answer: Answer) -> Result:
        if answer.code in _UNDER_WAY:
            raise OSError(f"vnpay: refund answered {answer.code or 'nothing'}")
        accepted = answer.code == signing.PAID and answer.status != _REJECTED
        code = "" if accepted else f"vnpay_{_REJECTED if answer.code == signing.PAID else answer.code}"
        state = "accepted" if accepted else "rejected"
        await self._orders.gave_back(wanted.key, state, code, answer.transaction_no)
        if accepted:
            return _done(wanted.key, answer.transaction_no, wanted.amount_minor, paid.currency)
        return _declined(wanted.key, wanted.amount_minor, paid.currency, code)

    async def _given_before(self, paid: Attempt, wanted: GivenBack) -> Answer | None:
        """VNPay's word for an earlier try of this refund; None when it does not speak of it."""
        others = [one for one in await self._orders.given_of(paid.ref) if one.key != wanted.key]
        if any(one.state == "accepted" and one.amount_minor == wanted.amount_minor for one in others):
            return None  # it could be the other's; VNPay knows a request that is sent again by its id
        answer = await self._api.query(paid.ref, paid.begun_at)
        is_ours = (
            answer is not None and answer.kind in {FULL, PART} and answer.amount_minor == wanted.amount_minor
        )  # fmt: skip
        return answer if is_ours else None

    async def _paid_line(self, one: Attempt) -> Line | None:
        """A payment that VNPay confirms, whatever our books say. Raises OSError."""
        amount, paid_at, is_paid = one.amount_minor, one.paid_at, one.confirmed
        if not one.confirmed:
            told = await self.look(one)
            if told is not None and told.state == "paid":
                is_paid, amount, paid_at = True, told.amount_minor or amount, told.paid_at or paid_at
                await self._orders.confirm_paid(one.ref)
        if not is_paid:
            return None
        return Line(
            kind="charge", key=one.ref if one.stray else one.key, ref=one.ref, at=paid_at or one.begun_at,
            amount_minor=amount, fee_minor=0, currency=one.currency,
        )  # fmt: skip

    async def _refund_line(self, one: GivenBack, *, at: dt.datetime | None = None) -> Line | None:
        """A refund that VNPay has taken on; of nothing when the bank has refused it since. Raises OSError."""
        paid = await self._orders.paid(one.ref)
        if paid is None or one.ended_at is None:
            return None
        is_refused = not one.confirmed and await self._is_refused(one, paid)
        return Line(
            kind="refund", key=one.key, ref=one.request_id, at=at or one.ended_at,
            amount_minor=0 if is_refused else -one.amount_minor, fee_minor=0, currency=paid.currency,
        )  # fmt: skip

    async def _refused_line(self, one: GivenBack, until: dt.datetime) -> Line | None:
        """The same, told before as taken on and refused since: it has come about now."""
        line = await self._refund_line(one, at=until - dt.timedelta(seconds=1))
        return line if line is not None and not line.amount_minor else None

    async def _is_refused(self, one: GivenBack, paid: Attempt) -> bool:
        """VNPay speaks of a payment's last refund only; of the ones before nothing is heard any more."""
        if (await self._orders.given_of(one.ref))[-1].key != one.key:
            return False
        answer = await self._api.query(paid.ref, paid.begun_at)
        if answer is None or answer.kind not in {FULL, PART}:
            return False
        if answer.status == signing.PAID:
            await self._orders.confirm_given(one.key)
        return answer.status == _REJECTED


def _told(fields: Mapping[str, str]) -> Told:
    code, status = fields.get("vnp_ResponseCode", "")[:8], fields.get("vnp_TransactionStatus", "")[:8]
    if not code or not status or not fields.get("vnp_TxnRef"):
        raise Malformed("bad_gateway_message", "a field is missing")
    state = "paid" if (code, status) == (signing.PAID, signing.PAID) else "failed"
    state = "suspect" if "07" in (code, status) else state
    return Told(
        ref=fields["vnp_TxnRef"][:100], state=state, amount_minor=signing.from_vnpay(fields.get("vnp_Amount", "")),
        code=code if code != signing.PAID else status, transaction_no=fields.get("vnp_TransactionNo", "")[:20],
        paid_at=signing.instant_of(fields["vnp_PayDate"]) if fields.get("vnp_PayDate") else None,
    )  # fmt: skip


def _state_of(attempt: Attempt, answer: Answer) -> Told:
    if answer.kind in {FULL, PART}:
        # VNPay tells a payment by its last refund: then it was paid, and the amount is the refund's.
        return Told(ref=attempt.ref, state="paid", amount_minor=None, transaction_no=attempt.transaction_no)
    return Told(
        ref=attempt.ref, state=_STATES.get(answer.status, "failed"), amount_minor=answer.amount_minor,
        code=answer.status, transaction_no=answer.transaction_no, paid_at=answer.paid_at,
    )  # fmt: skip


def _declined(key: str, amount_minor: int, currency: str, code: str) -> Result:
    return Result(
        key=key, ref="", outcome=Outcome.DECLINED, amount_minor=amount_minor, currency=currency, code=code
    )  # fmt: skip


def _done(key: str, ref: str, amount_minor: int, currency: str) -> Result:
    return Result(key=key, ref=ref, outcome=Outcome.SUCCEEDED, amount_minor=amount_minor, currency=currency)
