"""How money is taken here: filled from the settings, given to the wiring."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from hub.kernel.callers import Callers
from hub.payments.gateways.payer import PayerGateway
from hub.payments.gateways.port import Gateway
from hub.payments.invoices import Seller
from hub.payments.reconciliation_rules import Fees
from hub.payments.vnpay_door import Reader
from hub.payments.webhook_api import Dialect


@dataclass(frozen=True, slots=True, kw_only=True)
class Till:
    """The gateways by name, and how those tell that have webhooks. Empty: no money is taken.

    `payers`: those of the gateways at which the payer must act; `vnpay` reads VNPay's IPNs, `after_url` is where its
    payers go afterwards, `callers` says from where they come.
    """

    gateways: Mapping[str, Gateway] = field(default_factory=dict)
    dialects: Mapping[str, Dialect] = field(default_factory=dict)
    fees: Fees = field(default_factory=Fees)
    seller: Seller = field(default_factory=Seller)
    payers: Mapping[str, PayerGateway] = field(default_factory=dict)
    vnpay: Reader | None = None
    after_url: str | None = None
    callers: Callers = field(default_factory=Callers)
