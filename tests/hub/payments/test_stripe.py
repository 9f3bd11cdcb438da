"""Stripe's adapter against a process's socket that speaks their wire; amounts and signatures by their rules."""

import datetime as dt
import json
import time
from collections.abc import AsyncIterator, Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_sim.demo.ports import free_ports
from firmware_sim.gateway.stripe_wire import HOLD_S, StripeWire
from hub.kernel.db import Database
from hub.kernel.web import Kernel
from hub.payments import webhook_api
from hub.payments.gateway_refs import StoredRefs
from hub.payments.gateways import stripe_money
from hub.payments.gateways.port import Outcome, Result
from hub.payments.gateways.stripe import StripeGateway
from hub.payments.gateways.stripe_events import told_by
from protocols.errors import Malformed, Refused
from tests.hub.conftest import ManualClock, Serve

# Made by `printf '1700000000.{"id":"evt_1"}' | openssl dgst -sha256 -hmac whsec_test`.
SECRET, AT_S, BODY = "whsec_test", 1_700_000_000, b'{"id":"evt_1"}'
MAC = "c89214b5b5da833daed6f0b8c5bb6bd58cea9022bd80ccc78230f3942d632925"


class Refs:
    """Names in memory."""

    def __init__(self) -> None:
        self.told: dict[str, tuple[str, str]] = {}

    async def remember(self, key: str, ref: str, kind: str) -> str:
        return self.told.setdefault(key, (ref, kind))[0]

    async def ref_of(self, key: str) -> str | None:
        return self.told[key][0] if key in self.told else None

    async def keys_of(self, refs: Iterable[str], kinds: Iterable[str]) -> dict[str, str]:
        wanted, of = set(refs), set(kinds)
        return {ref: key for key, (ref, kind) in self.told.items() if ref in wanted and kind in of}


@pytest.fixture
def wire() -> StripeWire:
    return StripeWire("sk_test")


@pytest.fixture
async def gateway(wire: StripeWire) -> AsyncIterator[StripeGateway]:
    async with wire.listening("127.0.0.1", free_ports().hub) as url:
        yield StripeGateway("sk_test", Refs(), address=url, timeout_s=5)


def told(result: Result | None) -> tuple[Outcome, int, str]:
    assert result is not None
    return result.outcome, result.amount_minor, result.code


async def test_a_deposit_is_held_increased_captured_in_part_and_given_back(
    gateway: StripeGateway, wire: StripeWire
) -> None:
    held = await gateway.authorize("a", "cus_1:pm_card_ok", 2500, "EUR")
    assert told(held) == (Outcome.SUCCEEDED, 2500, "")
    assert held.held_until is not None
    assert abs(held.held_until.timestamp() - time.time() - HOLD_S) < 60
    assert told(await gateway.increment("b", "a", 500, "EUR")) == (Outcome.SUCCEEDED, 500, "")
    assert told(await gateway.capture("c", "a", 2800, "EUR")) == (Outcome.SUCCEEDED, 2800, "")
    assert told(await gateway.refund("d", "a", 300, "EUR")) == (Outcome.SUCCEEDED, 300, "")
    assert told(await gateway.payout("e", 1000, "EUR"))[0] is Outcome.PENDING
    (card,) = wire.book._held.values()
    assert (card.held_minor, card.taken_minor, card.refunded_minor) == (0, 2800, 300)


async def test_every_call_made_twice_acts_once(gateway: StripeGateway, wire: StripeWire) -> None:
    for _ in range(2):
        await gateway.authorize("a", "pm_card_ok", 2500, "EUR")
    for _ in range(2):
        await gateway.increment("b", "a", 500, "EUR")
    for _ in range(2):
        await gateway.capture("c", "a", 2800, "EUR")
    for _ in range(2):
        await gateway.refund("d", "a", 300, "EUR")
    (card,) = wire.book._held.values()
    assert (card.taken_minor, card.refunded_minor) == (2800, 300)


async def test_an_answer_that_is_lost_leaves_nobody_wiser_and_the_next_try_the_same(
    gateway: StripeGateway, wire: StripeWire
) -> None:
    with pytest.raises(OSError, match="stripe"):
        await gateway.charge("a", "pm_card_silent", 700, "EUR")
    assert told(await gateway.charge("a", "pm_card_silent", 700, "EUR")) == (Outcome.SUCCEEDED, 700, "")
    assert [one.taken_minor for one in wire.book._held.values()] == [700]


async def test_a_busy_stripe_is_asked_again_later(gateway: StripeGateway) -> None:
    with pytest.raises(OSError, match="503"):
        await gateway.charge("a", "pm_card_busy", 700, "EUR")


@pytest.mark.parametrize(
    ("token", "code"), [("pm_card_declined", "generic_decline"), ("pm_card_limit_100", "insufficient_funds")]
)
async def test_a_card_that_says_no_is_an_answer_with_its_reason(gateway: StripeGateway, token: str, code: str) -> None:
    assert told(await gateway.authorize("a", token, 2500, "EUR")) == (Outcome.DECLINED, 2500, code)


async def test_what_is_let_go_cannot_be_taken_and_is_let_go_of_twice(gateway: StripeGateway) -> None:
    await gateway.authorize("a", "pm_card_ok", 2500, "EUR")
    for key in ("b", "c"):
        assert told(await gateway.void(key, "a", "EUR")) == (Outcome.SUCCEEDED, 0, "")
    assert told(await gateway.capture("d", "a", 1, "EUR")) == (Outcome.DECLINED, 1, "payment_intent_unexpected_state")


async def test_what_is_taken_is_not_let_go_of(gateway: StripeGateway) -> None:
    await gateway.authorize("a", "pm_card_ok", 2500, "EUR")
    await gateway.capture("b", "a", 100, "EUR")
    assert told(await gateway.void("c", "a", "EUR"))[0] is Outcome.DECLINED


async def test_a_pending_payment_is_asked_after(gateway: StripeGateway) -> None:
    assert told(await gateway.charge("a", "pm_card_pending", 700, "EUR"))[0] is Outcome.PENDING
    assert told(await gateway.query("a"))[0] is Outcome.PENDING
    assert await gateway.query("never") is None


async def test_a_call_whose_name_was_not_kept_is_found_by_its_key(gateway: StripeGateway) -> None:
    await gateway.authorize("a", "pm_card_ok", 2500, "EUR")
    gateway._refs.told.clear()  # type: ignore[attr-defined]
    assert told(await gateway.capture("b", "a", 900, "EUR")) == (Outcome.SUCCEEDED, 900, "")
    with pytest.raises(Refused, match="gateway_refused"):
        await gateway.capture("c", "never", 900, "EUR")


async def test_the_report_names_our_keys_page_by_page(
    gateway: StripeGateway, wire: StripeWire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.payments.gateways.stripe._PAGE", 2)
    await gateway.authorize("a", "pm_card_ok", 2500, "EUR")
    await gateway.capture("c", "a", 1000, "EUR")
    await gateway.charge("d", "pm_card_ok", 500, "EUR")
    await gateway.refund("e", "d", 200, "EUR")
    await gateway.payout("f", 900, "EUR")
    now = dt.datetime.now(dt.UTC)
    lines = await gateway.report(now - dt.timedelta(hours=1), now + dt.timedelta(hours=1))
    assert [(one.kind, one.key, one.amount_minor, one.fee_minor) for one in lines] == [
        ("charge", "c", 1000, 39), ("charge", "d", 500, 32), ("refund", "e", -200, 0), ("payout", "f", 900, 0),
    ]  # fmt: skip
    assert wire.calls.count(("GET", "balance_transactions")) == 2
    assert await gateway.report(now - dt.timedelta(hours=3), now - dt.timedelta(hours=2)) == []


async def test_a_wrong_key_is_no_decline(wire: StripeWire) -> None:
    async with wire.listening("127.0.0.1", free_ports().hub) as url:
        with pytest.raises(Refused, match="gateway_refused"):
            await StripeGateway("sk_wrong", Refs(), address=url).charge("a", "pm_card_ok", 1, "EUR")


async def test_a_stripe_that_is_away_is_an_oserror() -> None:
    with pytest.raises(OSError, match="stripe"):
        await StripeGateway("sk_test", Refs(), address="http://127.0.0.1:9").charge("a", "pm_card_ok", 1, "EUR")


async def test_names_are_kept_once(database: Database) -> None:
    refs = StoredRefs(database, "stripe")
    assert await refs.ref_of("a") is None
    assert [await refs.remember("a", one, "charge") for one in ("pi_1", "pi_2")] == ["pi_1", "pi_1"]
    assert await refs.keys_of(["pi_1", "pi_9"], ["charge"]) == {"pi_1": "a"}
    assert await refs.keys_of(["pi_1"], ["refund"]) == {}
    assert await StoredRefs(database, "other").ref_of("a") is None


@pytest.mark.parametrize(
    ("minor", "currency", "amount"),
    [(1250, "EUR", 1250), (19_000, "VND", 19_000), (500, "JPY", 500), (50, "ISK", 5000), (12_340, "KWD", 12_340),
     (1200, "MGA", 12)],
)  # fmt: skip
def test_amounts_are_counted_as_stripe_counts_them(minor: int, currency: str, amount: int) -> None:
    assert stripe_money.to_stripe(minor, currency) == amount
    assert stripe_money.from_stripe(amount, currency) == minor


@pytest.mark.parametrize(("minor", "currency"), [(12_345, "KWD"), (1250, "MGA")])
def test_an_amount_that_stripe_cannot_take_is_refused(minor: int, currency: str) -> None:
    with pytest.raises(Refused, match="amount_not_payable"):
        stripe_money.to_stripe(minor, currency)


def test_the_signature_is_the_vectors_and_is_verified() -> None:
    header = stripe_money.sign(SECRET, AT_S, BODY)
    assert header == f"t={AT_S},v1={MAC}"
    stripe_money.verify(SECRET, header, BODY, now_s=AT_S + 299)
    stripe_money.verify(SECRET, f"t={AT_S},v1={'0' * 64},v1={MAC},v0=x", BODY, now_s=AT_S)


@pytest.mark.parametrize(
    ("header", "body", "now_s"),
    [
        (f"t={AT_S},v1={MAC}", BODY + b" ", AT_S),
        (f"t={AT_S},v1={MAC}", BODY, AT_S + 301),
        (f"t={AT_S},v1={MAC}", BODY, AT_S - 301),
        (f"t={AT_S + 1},v1={MAC}", BODY, AT_S),
        (f"t={AT_S},v0={MAC}", BODY, AT_S),
    ],
)
def test_what_is_changed_stale_or_signed_otherwise_is_refused(header: str, body: bytes, now_s: float) -> None:
    with pytest.raises(Refused, match="bad_signature"):
        stripe_money.verify(SECRET, header, body, now_s=now_s)


@given(st.text())
def test_any_header_is_refused_or_malformed(header: str) -> None:
    with pytest.raises((Refused, Malformed)):
        stripe_money.verify(SECRET, header, BODY, now_s=AT_S)


@pytest.mark.parametrize(
    ("kind", "status", "outcome", "code"),
    [
        ("payment_intent.succeeded", "succeeded", Outcome.SUCCEEDED, ""),
        ("payment_intent.amount_capturable_updated", "requires_capture", Outcome.SUCCEEDED, ""),
        ("payment_intent.payment_failed", "requires_payment_method", Outcome.DECLINED, "insufficient_funds"),
        ("payment_intent.processing", "processing", Outcome.PENDING, ""),
    ],
)
def test_an_event_says_how_a_call_of_ours_stands(kind: str, status: str, outcome: Outcome, code: str) -> None:
    found = {
        "id": "pi_1", "status": status, "amount": 700, "currency": "eur", "metadata": {"key": "a"},
        "last_payment_error": {"code": "card_declined", "decline_code": "insufficient_funds"},
    }  # fmt: skip
    event = json.loads(json.dumps({"id": "evt", "type": kind, "data": {"object": found}}))
    assert told(told_by(event)) == (outcome, 700, code)
    assert told_by(event | {"type": "charge.refunded"}) is None
    assert told_by({**event, "data": {"object": {**found, "metadata": {}}}}) is None


async def test_stripes_webhooks_are_believed_by_their_signature_and_once(
    kernel: Kernel, serve: Serve, clock: ManualClock
) -> None:
    heard: list[Result] = []

    class Hears:
        async def when_told(self, session: object, gateway: str, result: Result) -> bool:
            heard.append(result)
            return result.key == "a"

    door = webhook_api.Webhooks(kernel, [Hears()], "stripe", webhook_api.Stripe(SECRET))
    client = await serve(kernel, [door.route()])
    found = {"id": "pi_1", "status": "succeeded", "amount": 700, "currency": "eur", "metadata": {"key": "a"}}
    body = json.dumps({"id": "evt_1", "type": "payment_intent.succeeded", "data": {"object": found}}).encode()

    async def post(body: bytes, secret: str = SECRET) -> int:
        header = stripe_money.sign(secret, int(clock.now().timestamp()), body)
        async with client.post("/api/v1/webhooks/stripe", data=body, headers={stripe_money.HEADER: header}) as answer:
            return answer.status

    assert [await post(body), await post(body)] == [200, 200]
    assert [told(one) for one in heard] == [(Outcome.SUCCEEDED, 700, "")]
    assert await post(body, "whsec_other") == 401
    assert await post(b"[]") == 401
    other = {"id": "evt_2", "type": "customer.created", "data": {"object": {"id": "cus_1"}}}
    assert await post(json.dumps(other).encode()) == 202
    closed = await serve(kernel, [webhook_api.Webhooks(kernel, [], "stripe", None).route()])
    async with closed.post("/api/v1/webhooks/stripe", data=body) as answer:
        assert answer.status == 404
