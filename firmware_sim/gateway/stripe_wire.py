"""The simulated gateway speaking Stripe's wire: as much of their HTTP API as our adapter uses. No Stripe code.

Forms in (`a[b][c]=d`), JSON out, `Idempotency-Key`, their errors. A payment method is `pm_` and a token of the book
(`pm_card_declined`). A silent card's first answer is lost with its connection.
"""

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator, Mapping
from typing import Any, Final
from urllib.parse import parse_qsl

from aiohttp import web

from firmware_sim.gateway.book import Book, CannotError
from protocols.gateway.operations import Ask, Kind, Operation, Outcome

HOLD_S: Final = 5 * 86_400
_DECLINES: Final = {"card_declined": "generic_decline"}
Form = Mapping[str, str]


class StripeError(Exception):
    """An answer that is none: HTTP status and the error's body."""

    def __init__(self, status: int, kind: str, code: str, **more: str) -> None:
        super().__init__(code)
        self.status = status
        self.body = {"error": {"type": kind, "code": code, "message": code, **more}}


class StripeWire:
    """One account at Stripe."""

    def __init__(self, api_key: str, book: Book | None = None) -> None:
        self.book = book or Book()
        self.calls: list[tuple[str, str]] = []
        self._api_key = api_key
        self._intents: dict[str, dict[str, Any]] = {}
        self._known: dict[str, tuple[str, Form, int, dict[str, Any]]] = {}
        self._silenced: set[str] = set()
        self.balance: list[dict[str, Any]] = []
        self._number = 0

    @contextlib.asynccontextmanager
    async def listening(self, host: str, port: int) -> AsyncIterator[str]:
        """Its address, while it listens."""
        app = web.Application()
        app.router.add_route("*", "/v1/{path:.*}", self._serve)
        runner = web.AppRunner(app, shutdown_timeout=1)
        await runner.setup()
        try:
            await web.TCPSite(runner, host, port).start()
            yield f"http://{host}:{runner.addresses[0][1]}"
        finally:
            await runner.cleanup()

    async def _serve(self, request: web.Request) -> web.Response:
        path = request.match_info["path"]
        form = dict(parse_qsl(await request.text(), keep_blank_values=True))
        self.calls.append((request.method, path))
        try:
            self._check(request)
            status, body = self._once(request.headers.get("Idempotency-Key"), path, form, request)
        except StripeError as error:
            status, body = error.status, error.body
        if self._is_silent(form):
            await asyncio.sleep(0)
            assert request.transport is not None  # noqa: S101  # a request that is served has one
            request.transport.abort()
        return web.json_response(body, status=status)

    def _check(self, request: web.Request) -> None:
        if request.headers.get("Authorization") != f"Bearer {self._api_key}":
            raise StripeError(401, "invalid_request_error", "api_key_invalid")

    def _is_silent(self, form: Form) -> bool:
        """A silent card acts, and the first answer to each call is lost."""
        token, key = form.get("payment_method", ""), form.get("metadata[key]", "")
        if not token.startswith("pm_card_silent") or key in self._silenced:
            return False
        self._silenced.add(key)
        return True

    def _once(self, key: str | None, path: str, form: Form, request: web.Request) -> tuple[int, dict[str, Any]]:
        if request.method == "GET":
            return 200, self._read(path, dict(request.query))
        known = self._known.get(key or "")
        if known is not None:
            if known[:2] != (path, form):
                raise StripeError(400, "idempotency_error", "idempotency_key_in_use")
            return known[2], known[3]
        try:
            status, body = 200, self._act(path, form, key or f"none-{len(self._known)}")
        except StripeError as error:
            status, body = error.status, error.body
        if key is not None:
            self._known[key] = (path, form, status, json.loads(json.dumps(body)))
        return status, body

    def _read(self, path: str, query: Form) -> dict[str, Any]:
        match path.split("/"):
            case ["payment_intents", "search"]:
                found = [one for one in self._intents.values() if f"'{one['metadata'].get('key')}'" in query["query"]]
                return {"object": "search_result", "data": found, "has_more": False}
            case ["payment_intents", ref] if ref in self._intents:
                return self._intents[ref]
            case ["balance_transactions"]:
                return self._page(query)
            case _:
                raise StripeError(404, "invalid_request_error", "resource_missing")

    def _page(self, query: Form) -> dict[str, Any]:
        since, until = int(query["created[gte]"]), int(query["created[lt]"])
        rows = [one for one in self.balance if since <= one["created"] < until]
        ids = [one["id"] for one in rows]
        start = ids.index(query["starting_after"]) + 1 if "starting_after" in query else 0
        limit = int(query["limit"])
        data, more = rows[start : start + limit], len(rows) > start + limit
        return {"object": "list", "url": "/v1/balance_transactions", "data": data, "has_more": more}

    def _act(self, path: str, form: Form, key: str) -> dict[str, Any]:
        match path.split("/"):
            case ["payment_intents"]:
                return self._create(form, key)
            case ["payment_intents", ref, "increment_authorization"]:
                return self._increment(self._intent(ref), int(form["amount"]), key)
            case ["payment_intents", ref, "capture"]:
                return self._capture(self._intent(ref), form, key)
            case ["payment_intents", ref, "cancel"]:
                return self._cancel(self._intent(ref), key)
            case ["refunds"]:
                return self._refund(self._intent(form["payment_intent"]), form, key)
            case ["payouts"]:
                return self._payout(form, key)
            case _:
                raise StripeError(404, "invalid_request_error", "resource_missing")

    def _create(self, form: Form, key: str) -> dict[str, Any]:
        manual = form["capture_method"] == "manual"
        kind = Kind.AUTHORIZE if manual else Kind.CHARGE
        amount, currency = int(form["amount"]), form["currency"]
        token = form["payment_method"].removeprefix("pm_")
        done = self._book(Ask(key=key, kind=kind, amount_minor=amount, currency=currency.upper(), token=token))
        status = "requires_capture" if manual else "succeeded"
        card = {"card": {"capture_before": int(time.time()) + HOLD_S}}
        status = "processing" if done.outcome is Outcome.PENDING else status
        intent: dict[str, Any] = {
            "id": self._id("pi"), "object": "payment_intent", "amount": amount, "currency": currency,
            "status": status, "metadata": {"key": form["metadata[key]"]},
            "latest_charge": {"id": self._id("ch"), "object": "charge", "payment_method_details": card}, "_key": key,
        }  # fmt: skip
        self._intents[intent["id"]] = intent
        if not manual and done.outcome is Outcome.SUCCEEDED:
            self._moved("charge", amount, done.fee_minor, currency, intent)
        return intent

    def _increment(self, intent: dict[str, Any], total: int, key: str) -> dict[str, Any]:
        self._must_be(intent, "requires_capture")
        more = total - intent["amount"]
        self._book(
            Ask(key=key, kind=Kind.INCREMENT, amount_minor=more, currency=intent["currency"].upper(), of=intent["_key"])
        )
        intent["amount"] = total
        return intent

    def _capture(self, intent: dict[str, Any], form: Form, key: str) -> dict[str, Any]:
        self._must_be(intent, "requires_capture")
        amount = int(form["amount_to_capture"])
        done = self._book(
            Ask(key=key, kind=Kind.CAPTURE, amount_minor=amount, currency=intent["currency"].upper(), of=intent["_key"])
        )
        intent["status"] = "succeeded"
        self._moved("charge", amount, done.fee_minor, intent["currency"], intent)
        return intent

    def _cancel(self, intent: dict[str, Any], key: str) -> dict[str, Any]:
        self._must_be(intent, "requires_capture")
        self._book(Ask(key=key, kind=Kind.VOID, amount_minor=0, currency=intent["currency"].upper(), of=intent["_key"]))
        intent["status"] = "canceled"
        return intent

    def _refund(self, intent: dict[str, Any], form: Form, key: str) -> dict[str, Any]:
        amount, currency = int(form["amount"]), intent["currency"]
        self._book(Ask(key=key, kind=Kind.REFUND, amount_minor=amount, currency=currency.upper(), of=intent["_key"]))
        refund = {"id": self._id("re"), "object": "refund", "status": "succeeded", "amount": amount}
        self._moved("refund", -amount, 0, currency, refund)
        return refund

    def _payout(self, form: Form, key: str) -> dict[str, Any]:
        amount, currency = int(form["amount"]), form["currency"]
        self._book(Ask(key=key, kind=Kind.PAYOUT, amount_minor=amount, currency=currency.upper()))
        payout = {"id": self._id("po"), "object": "payout", "status": "pending", "amount": amount}
        self._moved("payout", -amount, 0, currency, payout)
        return payout

    def _book(self, ask: Ask) -> Operation:
        try:
            done = self.book.take(ask, 0).operation
        except CannotError as error:
            kind = "api_error" if error.status >= 500 else "invalid_request_error"
            raise StripeError(error.status, kind, error.code) from error
        if done.outcome is Outcome.DECLINED:
            code = {"more_than_taken": "charge_already_refunded", "more_than_held": "amount_too_large"}.get(done.code)
            if code is not None:
                raise StripeError(400, "invalid_request_error", code)
            decline = _DECLINES.get(done.code, done.code)
            raise StripeError(402, "card_error", "card_declined", decline_code=decline)
        return done

    def _must_be(self, intent: dict[str, Any], status: str) -> None:
        if intent["status"] != status:
            raise StripeError(400, "invalid_request_error", "payment_intent_unexpected_state")

    def _intent(self, ref: str) -> dict[str, Any]:
        if ref not in self._intents:
            raise StripeError(404, "invalid_request_error", "resource_missing")
        return self._intents[ref]

    def _moved(self, kind: str, amount: int, fee: int, currency: str, source: dict[str, Any]) -> None:
        taken = {"id": self._id("ch"), "object": "charge", "payment_intent": source["id"]}
        self.balance.append({
            "id": self._id("txn"), "object": "balance_transaction", "type": kind, "amount": amount, "fee": fee,
            "currency": currency, "created": int(time.time()), "source": taken if kind == "charge" else source,
        })  # fmt: skip

    def _id(self, kind: str) -> str:
        self._number += 1
        return f"{kind}_{self._number:06d}"
