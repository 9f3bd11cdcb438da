"""Pure: what Stripe's states mean to us, and what its events say of our calls. Needs no package of theirs."""

from typing import Any, Final

from hub.payments.gateways.port import Outcome, Result
from hub.payments.gateways.stripe_money import from_stripe

GOOD: Final = frozenset({"requires_capture", "succeeded", "paid", "in_transit"})
UNDER_WAY: Final = frozenset({"processing", "pending"})


def told_by(event: dict[str, Any]) -> Result | None:
    """What a webhook's event says of a call of ours; None for all others."""
    found = event["data"]["object"]
    key = (found.get("metadata") or {}).get("key")
    if key is None or not str(event["type"]).startswith("payment_intent."):
        return None
    currency = str(found["currency"]).upper()
    status = str(found["status"])
    failed = found.get("last_payment_error") or {}
    outcome = Outcome.SUCCEEDED if status in GOOD else Outcome.PENDING if status in UNDER_WAY else Outcome.DECLINED
    code = "" if outcome is not Outcome.DECLINED else failed.get("decline_code") or failed.get("code") or status
    return Result(
        key=str(key), ref=str(found["id"]), outcome=outcome, amount_minor=from_stripe(int(found["amount"]), currency),
        currency=currency, code=str(code)[:40],
    )  # fmt: skip
