"""Pure: a bill that the hub makes itself, as columns of a rental."""

from typing import Any

from protocols.tariff.tariff import Price


def bill_row(price: Price | None) -> dict[str, Any]:
    """The columns; all empty where the tariff is not known."""
    if price is None:
        return dict.fromkeys(("currency", "total_minor", "tax_minor", "bill", "price_checked"))
    return {
        "currency": price.currency,
        "total_minor": price.total_minor,
        "tax_minor": price.tax_minor,
        "bill": [
            {
                "key": line.key,
                "quantity": line.quantity,
                "unit": line.unit,
                "unit_price_minor": line.unit_price_minor,
                "amount_minor": line.amount_minor,
                "tax_minor": line.tax_minor,
            }
            for line in price.lines
        ],
        "price_checked": True,
    }
