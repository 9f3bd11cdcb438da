"""What gateways report, taken in: the lines as they are, their fees and payouts as postings.

Fees are posted as one sum a day, gateway and currency: the difference to what the ledger shows of that day. So a
report may be read again, and a line that changes is put right by another posting.
"""

import datetime as dt
import uuid
from collections.abc import Iterable, Sequence
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from hub.kernel.bulk import upsert_many
from hub.kernel.clock import Clock
from hub.payments import bookkeeping, ledger
from hub.payments.gateways.port import Line
from hub.payments.ledger import Posting
from hub.payments.ledger_tables import LedgerEntry, LedgerTransaction
from hub.payments.reconciliation_rules import POSTING
from hub.payments.reconciliation_tables import GatewayLine

_AT_ONCE: Final = 3_000
_NAMESPACE: Final = uuid.UUID("3d7e5b3e-8f0a-5a55-9a2c-2f6a0f5a0d11")
_DAY: Final = dt.timedelta(days=1)


async def take_in(session: AsyncSession, clock: Clock, gateway: str, lines: Sequence[Line]) -> None:
    """Keep these lines, and post the payouts among them."""
    rows = list({one.ref: _row(gateway, one) for one in lines}.values())
    for start in range(0, len(rows), _AT_ONCE):
        await upsert_many(session, GatewayLine, rows[start : start + _AT_ONCE], key=("gateway", "ref"))
    payouts = (_payout(gateway, one) for one in lines if one.kind == "payout")
    await bookkeeping.post(session, clock, [one for one in payouts if one is not None])


async def post_fees(session: AsyncSession, clock: Clock, gateway: str, since: dt.datetime, until: dt.datetime) -> int:
    """Post what the gateway kept on each day between these instants, as far as it is not posted; how many postings."""
    postings: list[Posting] = []
    day = since.replace(hour=0, minute=0, second=0, microsecond=0)
    while day < until:
        kept = select(GatewayLine.currency, func.sum(GatewayLine.fee_minor)).where(
            GatewayLine.gateway == gateway, GatewayLine.at >= day, GatewayLine.at < day + _DAY
        )
        for currency, fee_minor in (await session.execute(kept.group_by(GatewayLine.currency))).all():
            postings += await _difference(session, gateway, day, currency, int(fee_minor))
        day += _DAY
    return await bookkeeping.post(session, clock, postings)


async def _difference(
    session: AsyncSession, gateway: str, day: dt.datetime, currency: str, fee_minor: int
) -> Iterable[Posting]:
    subject_id = uuid.uuid5(_NAMESPACE, f"{gateway}/{day.date()}/{currency}")
    known = (
        select(func.coalesce(func.sum(LedgerEntry.amount_minor), 0), func.count())
        .join(LedgerTransaction, LedgerTransaction.id == LedgerEntry.transaction_id)
        .where(LedgerTransaction.subject_id == subject_id, LedgerEntry.account == ledger.fees(gateway))
    )
    posted_minor, times = (await session.execute(known)).one()
    entries = ledger.kept(gateway, currency, fee_minor - int(posted_minor))
    key = f"fees:{gateway}:{day.date()}:{currency}:{times}"
    one = ledger.posting(key, "fees", subject_id, entries, note=f"{day.date()}")
    return [] if one is None else [one]


def _payout(gateway: str, line: Line) -> Posting | None:
    entries = ledger.paid_out(gateway, line.currency, line.amount_minor, 0)
    subject_id = uuid.uuid5(_NAMESPACE, f"{gateway}/{line.ref}")
    return ledger.posting(f"payout:{gateway}:{line.ref}", "payout", subject_id, entries, note=line.ref)


def _row(gateway: str, line: Line) -> dict[str, object]:
    return {
        "gateway": gateway, "ref": line.ref, "kind": line.kind,
        "posting_key": POSTING + (line.key or f"{gateway}/{line.ref}"), "at": line.at, "currency": line.currency,
        "amount_minor": line.amount_minor, "fee_minor": line.fee_minor,
    }  # fmt: skip
