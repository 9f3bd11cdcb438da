"""`/api/v1/quotes`."""

from hub.kernel.routes import Call, Unit, route
from hub.payments.quote_schemas import NewQuote, QuoteLineShape, QuoteShape
from hub.payments.quotes import Quoted, Quotes
from protocols.values import from_ms


class QuotesApi:
    """Prices before anything is agreed."""

    def __init__(self, quotes: Quotes) -> None:
        self._quotes = quotes

    @route(
        "POST", "/api/v1/quotes", summary="What it would cost", tags=["payments"], permission="tariffs:read",
        body=NewQuote, response=QuoteShape, errors={"no_tariff": 409}, unit=Unit.READ,
    )  # fmt: skip
    async def quote(self, call: Call[NewQuote, None]) -> QuoteShape:
        """A price with its lines, as the station would make it. Nothing is promised and nothing is written."""
        return shown(await self._quotes.quote(call.session, call.body, call.clock.now()))


def shown(quoted: Quoted) -> QuoteShape:
    """The quote as JSON."""
    tariff, price = quoted.version.tariff, quoted.price
    until_ms = quoted.version.valid_to_ms
    return QuoteShape(
        tariff_id=tariff.tariff_id,
        tariff_version=tariff.version,
        tariff_name=tariff.name,
        valid_from=from_ms(quoted.version.valid_from_ms),
        valid_to=None if until_ms is None else from_ms(until_ms),
        from_at=quoted.began_at,
        timezone=str(quoted.began_at.tzinfo),
        currency=price.currency,
        total_minor=price.total_minor,
        tax_minor=price.tax_minor,
        deposit_minor=tariff.deposit_minor,
        lines=[
            QuoteLineShape(
                key=one.key,
                message_key=f"price.{one.key}",
                quantity=one.quantity,
                unit=one.unit,
                unit_price_minor=one.unit_price_minor,
                amount_minor=one.amount_minor,
                tax_minor=one.tax_minor,
                tax_pct=tariff.tax_pcts.get(one.key, tariff.tax_pct),
            )
            for one in price.lines
        ],
        not_counted=list(quoted.not_counted),
    )
