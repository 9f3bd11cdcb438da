"""Stripe: PaymentIntents with manual capture, off-session, by saved payment methods.

A method's token is `pm_…`, or `cus_…:pm_…` for one that is saved with a customer. Every call carries our key as
Idempotency-Key; what Stripe calls it is remembered, for later calls name earlier ones by our keys. Only this file
knows the package `stripe` (the extra of that name).
"""

import datetime as dt
import functools
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final

import stripe

from hub.payments.gateways.port import Form, Line, Outcome, Refs, Result
from hub.payments.gateways.stripe_events import GOOD, UNDER_WAY
from hub.payments.gateways.stripe_money import from_stripe, to_stripe
from protocols.errors import Refused

NAME: Final = "stripe"
TIMEOUT_S: Final = 20.0
_CANCELED: Final = frozenset({"canceled"})
Act = Callable[[stripe.StripeClient], Awaitable[Any]]
_TAKES: Final = ("charge", "capture")
_PAGE: Final = 100


class StripeGateway:
    """`Gateway` over Stripe's API. `address`: another than theirs, for tests."""

    def __init__(self, api_key: str, refs: Refs, *, address: str | None = None, timeout_s: float = TIMEOUT_S) -> None:
        self._api_key = api_key
        self._refs = refs
        self._address = address
        self._timeout_s = timeout_s

    @property
    def name(self) -> str:
        """How the ledger calls it."""
        return NAME

    @property
    def form(self) -> Form:
        """What holding is here."""
        return Form.SET_ASIDE

    async def authorize(self, key: str, token: str, amount_minor: int, currency: str) -> Result:
        """Hold the amount on this payment method."""
        more = {"card": {"request_incremental_authorization": "if_available"}}
        return await self._intent(key, "authorize", token, amount_minor, currency, "manual", more)

    async def charge(self, key: str, token: str, amount_minor: int, currency: str) -> Result:
        """Take the amount at once."""
        return await self._intent(key, "charge", token, amount_minor, currency, "automatic", {})

    async def increment(self, key: str, of: str, amount_minor: int, currency: str) -> Result:
        """Hold so much more. Declined where the card cannot."""
        intent = await self._ref(of)
        held = await self._read(lambda api: api.v1.payment_intents.retrieve_async(intent))
        # The total, not the step, is what Stripe is told: remembered, so that a second try does not add again.
        wanted = str(held.amount + to_stripe(amount_minor, currency))
        total: Any = {"amount": int(await self._refs.remember(f"{key}#total", wanted, "total"))}
        return await self._do(
            key, amount_minor, currency,
            lambda api: api.v1.payment_intents.increment_authorization_async(intent, total, _by(key)),
        )  # fmt: skip

    async def capture(self, key: str, of: str, amount_minor: int, currency: str) -> Result:
        """Take so much of what is held; Stripe lets go of the rest."""
        intent = await self._ref(of)
        await self._refs.remember(key, intent, "capture")
        params: Any = {"amount_to_capture": to_stripe(amount_minor, currency)}
        return await self._do(
            key, amount_minor, currency, lambda api: api.v1.payment_intents.capture_async(intent, params, _by(key))
        )

    async def void(self, key: str, of: str, currency: str) -> Result:
        """Let go of what is held; what is let go already is so."""
        intent = await self._ref(of)
        done = await self._do(
            key, 0, currency, lambda api: api.v1.payment_intents.cancel_async(intent, None, _by(key)), wanted=_CANCELED
        )
        if done.outcome is Outcome.SUCCEEDED:
            return done
        now = await self._read(lambda api: api.v1.payment_intents.retrieve_async(intent))
        return _result(key, now, 0, currency, _CANCELED)

    async def refund(self, key: str, of: str, amount_minor: int, currency: str) -> Result:
        """Give back so much of what was taken."""
        params: Any = {
            "payment_intent": await self._ref(of), "amount": to_stripe(amount_minor, currency),
            "metadata": {"key": key},
        }  # fmt: skip
        done = await self._do(key, amount_minor, currency, lambda api: api.v1.refunds.create_async(params, _by(key)))
        return await self._named(done, "refund")

    async def payout(self, key: str, amount_minor: int, currency: str) -> Result:
        """Pay out so much of what has been taken."""
        params: Any = {
            "amount": to_stripe(amount_minor, currency), "currency": currency.lower(), "metadata": {"key": key},
        }  # fmt: skip
        done = await self._do(key, amount_minor, currency, lambda api: api.v1.payouts.create_async(params, _by(key)))
        return await self._named(done, "payout")

    async def query(self, key: str) -> Result | None:
        """What became of an authorization, a charge or a capture; None when nobody heard of it."""
        ref = await self._refs.ref_of(key)
        if ref is not None:
            intent = await self._read(lambda api: api.v1.payment_intents.retrieve_async(ref))
        else:
            wanted: Any = {"query": f"metadata['key']:'{key}'", "limit": 1}
            found = await self._read(lambda api: api.v1.payment_intents.search_async(wanted))
            if not found.data:
                return None
            intent = found.data[0]
        currency = intent.currency.upper()
        return _result(key, intent, from_stripe(intent.amount, currency), currency)

    async def report(self, since: dt.datetime, until: dt.datetime) -> Sequence[Line]:
        """What moved money between these instants, from Stripe's balance."""
        created = {"gte": int(since.timestamp()), "lt": int(until.timestamp())}
        lines: list[Any] = []
        params: Any = {"created": created, "limit": _PAGE, "expand": ["data.source"]}
        while params is not None:
            page = await self._read(functools.partial(_page, params))
            lines += [one for one in page.data if one.type in _KINDS]
            params = {**params, "starting_after": page.data[-1].id} if page.has_more else None
        intents = await self._refs.keys_of((_thing(one) for one in lines if _KINDS[one.type] == "charge"), _TAKES)
        others = await self._refs.keys_of((_thing(one) for one in lines), ("refund", "payout"))
        return [_line(one, (intents | others).get(_thing(one), "")) for one in lines]

    async def _intent(
        self, key: str, kind: str, token: str, amount_minor: int, currency: str, capture: str, more: dict[str, Any]
    ) -> Result:
        customer, _, method = token.rpartition(":")
        params: Any = {
            "amount": to_stripe(amount_minor, currency), "currency": currency.lower(), "payment_method": method,
            "confirm": True, "off_session": True, "capture_method": capture, "metadata": {"key": key},
            "expand": ["latest_charge"],
            **({"customer": customer} if customer else {}), **({"payment_method_options": more} if more else {}),
        }  # fmt: skip
        done = await self._do(
            key, amount_minor, currency, lambda api: api.v1.payment_intents.create_async(params, _by(key))
        )
        return await self._named(done, kind)

    async def _named(self, done: Result, kind: str) -> Result:
        if done.ref:
            await self._refs.remember(done.key, done.ref, kind)
        return done

    async def _ref(self, key: str) -> str:
        found = await self._refs.ref_of(key)
        if found is None:
            known = await self.query(key)
            if known is None:
                raise Refused("gateway_refused", why="unknown_operation")
            found = await self._refs.remember(key, known.ref, "found")
        return found

    async def _do(self, key: str, amount_minor: int, currency: str, act: Act, wanted: frozenset[str] = GOOD) -> Result:
        """One call. What the card, or the state that a payment is in, does not allow is an answer."""
        try:
            found = await self._read(act)
        except _DeclinedError as error:
            return Result(
                key=key, ref="", outcome=Outcome.DECLINED, amount_minor=amount_minor, currency=currency,
                code=error.code[:40],
            )  # fmt: skip
        return _result(key, found, amount_minor, currency, wanted)

    async def _read(self, act: Act) -> Any:
        """Raises OSError where nobody knows what became of it, Refused where asking again mends nothing."""
        http = stripe.AIOHTTPClient(timeout=self._timeout_s)
        where: Any = None if self._address is None else {"api": self._address}
        api = stripe.StripeClient(self._api_key, http_client=http, base_addresses=where, max_network_retries=0)
        try:
            return await act(api)
        except stripe.StripeError as error:
            raise _translated(error) from error
        finally:
            await http.close_async()  # type: ignore[no-untyped-call]


class _DeclinedError(Exception):
    """Stripe says no; `code` is its word for why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def _translated(error: stripe.StripeError) -> Exception:
    status = error.http_status
    code = error.code or type(error).__name__
    if isinstance(error, stripe.CardError):
        return _DeclinedError(getattr(error.error, "decline_code", None) or code)
    if isinstance(error, stripe.APIConnectionError) or status is None or status >= 500 or status in {409, 429}:
        return OSError(f"stripe: {type(error).__name__} {status}")
    if isinstance(error, stripe.InvalidRequestError) and code in _STATES:
        return _DeclinedError(code)
    return Refused("gateway_refused", why=code[:40], status=status)


# What the state of a payment, or the card, does not allow (docs.stripe.com/error-codes).
_STATES: Final = frozenset({
    "payment_intent_unexpected_state", "charge_expired_for_capture", "charge_already_captured", "amount_too_large",
    "charge_already_refunded", "balance_insufficient", "incremental_authorization_not_supported",
    "payment_intent_incremental_authorization_not_supported", "authentication_required",
})  # fmt: skip
_KINDS: Final = {"charge": "charge", "payment": "charge", "refund": "refund", "payment_refund": "refund",
                 "payout": "payout"}  # fmt: skip


async def _page(params: Any, api: stripe.StripeClient) -> Any:
    return await api.v1.balance_transactions.list_async(params)


def _by(key: str) -> Any:
    return {"idempotency_key": key}


def _result(key: str, found: Any, amount_minor: int, currency: str, wanted: frozenset[str] = GOOD) -> Result:
    outcome = Outcome.SUCCEEDED if found.status in wanted else Outcome.DECLINED
    outcome = Outcome.PENDING if found.status in UNDER_WAY else outcome
    return Result(
        key=key, ref=found.id, outcome=outcome, amount_minor=amount_minor, currency=currency,
        code="" if outcome is not Outcome.DECLINED else str(found.status), held_until=_held_until(found),
    )  # fmt: skip


def _held_until(found: Any) -> dt.datetime | None:
    """Stripe says until when a card's hold can be captured."""
    at = found
    for name in ("latest_charge", "payment_method_details", "card", "capture_before"):
        at = getattr(at, name, None)
    return None if at is None else dt.datetime.fromtimestamp(at, dt.UTC)


def _thing(line: Any) -> str:
    """The intent of what was taken, else the thing itself."""
    source = line.source
    return str(getattr(source, "payment_intent" if _KINDS[line.type] == "charge" else "id", source))


def _line(line: Any, key: str) -> Line:
    currency, kind = line.currency.upper(), _KINDS[line.type]
    amount = from_stripe(line.amount, currency)
    return Line(
        kind=kind, key=key, ref=line.id, at=dt.datetime.fromtimestamp(line.created, dt.UTC),
        amount_minor=-amount if kind == "payout" else amount, fee_minor=from_stripe(line.fee, currency),
        currency=currency,
    )  # fmt: skip
