"""How money is taken here: filled from the settings, given to the wiring."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from hub.payments.gateways.port import Gateway
from hub.payments.invoices import Seller
from hub.payments.reconciliation_rules import Fees
from hub.payments.webhook_api import Dialect


@dataclass(frozen=True, slots=True, kw_only=True)
class Till:
    """The gateways by name, and how those tell that have webhooks. Empty: no money is taken."""

    gateways: Mapping[str, Gateway] = field(default_factory=dict)
    dialects: Mapping[str, Dialect] = field(default_factory=dict)
    fees: Fees = field(default_factory=Fees)
    seller: Seller = field(default_factory=Seller)
