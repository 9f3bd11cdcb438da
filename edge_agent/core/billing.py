"""From a price to the bill that a fact carries."""

from protocols.sync.facts import Bill, BillLine
from protocols.tariff.tariff import Price, Tariff


def bill_of(tariff: Tariff, price: Price) -> Bill:
    """The price by this tariff version as a bill."""
    return Bill(
        tariff_id=tariff.tariff_id,
        tariff_version=tariff.version,
        currency=price.currency,
        total_minor=price.total_minor,
        tax_minor=price.tax_minor,
        lines=[
            BillLine(
                key=line.key,
                quantity=line.quantity,
                unit=line.unit,
                unit_price_minor=line.unit_price_minor,
                amount_minor=line.amount_minor,
                tax_minor=line.tax_minor,
            )
            for line in price.lines
        ],
    )
