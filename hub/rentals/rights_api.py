"""`/api/v1/vouchers` and `/api/v1/cards`: rights that stations check without the hub."""

from hub.kernel.pages import Page
from hub.kernel.routes import Call, route
from hub.rentals import repository
from hub.rentals.schemas import (
    CardEdit,
    CardQuery,
    CardShape,
    NewCard,
    NewVoucher,
    VoucherIssued,
    VoucherQuery,
    VoucherShape,
)
from hub.rentals.vouchers import Cards, Vouchers


class RightsApi:
    """Vouchers and cards."""

    def __init__(self, vouchers: Vouchers, cards: Cards) -> None:
        self._vouchers = vouchers
        self._cards = cards

    @route(
        "GET", "/api/v1/vouchers", summary="List vouchers", tags=["rentals"],
        permission="vouchers:read", query=VoucherQuery, response=Page[VoucherShape],
    )  # fmt: skip
    async def list_vouchers(self, call: Call[None, VoucherQuery]) -> Page[VoucherShape]:
        """Newest first; their texts are not kept."""
        found = await repository.vouchers(call.session, call.query, account_id=call.query.account_id)
        return found.as_page(VoucherShape.model_validate)

    @route(
        "POST", "/api/v1/vouchers", summary="Issue a voucher", tags=["rentals"], permission="vouchers:write",
        body=NewVoucher, response=VoucherIssued, status=201, idempotent=True,
    )  # fmt: skip
    async def issue(self, call: Call[NewVoucher, None]) -> VoucherIssued:
        """A signed text that stations verify with no network. It is shown this once."""
        row, text = await self._vouchers.issue(call.session, call.body)
        return VoucherIssued(**VoucherShape.model_validate(row).model_dump(), text=text)

    @route(
        "POST", "/api/v1/vouchers/{voucher_id}/revoke", summary="Revoke a voucher", tags=["rentals"],
        permission="vouchers:write", response=VoucherShape, errors={"not_found": 404},
    )  # fmt: skip
    async def revoke(self, call: Call[None, None]) -> VoucherShape:
        """Every station refuses it as soon as it has heard; a station without network hears later."""
        return VoucherShape.model_validate(await self._vouchers.revoke(call.session, call.id("voucher_id")))

    @route(
        "GET", "/api/v1/cards", summary="List cards", tags=["rentals"],
        permission="cards:read", query=CardQuery, response=Page[CardShape],
    )  # fmt: skip
    async def list_cards(self, call: Call[None, CardQuery]) -> Page[CardShape]:
        """Newest first."""
        found = await repository.cards(call.session, call.query, account_id=call.query.account_id)
        return found.as_page(CardShape.model_validate)

    @route(
        "POST", "/api/v1/cards", summary="Add a card", tags=["rentals"], permission="cards:write",
        body=NewCard, response=CardShape, status=201, errors={"card_exists": 409}, idempotent=True,
    )  # fmt: skip
    async def add_card(self, call: Call[NewCard, None]) -> CardShape:
        """All stations know it from now on."""
        return CardShape.model_validate(await self._cards.add(call.session, call.body))

    @route(
        "PATCH", "/api/v1/cards/{card_id}", summary="Block or allow a card", tags=["rentals"],
        permission="cards:write", body=CardEdit, response=CardShape, errors={"not_found": 404},
    )  # fmt: skip
    async def edit_card(self, call: Call[CardEdit, None]) -> CardShape:
        """Every station follows as soon as it has heard."""
        card = await self._cards.block(call.session, call.id("card_id"), blocked=call.body.blocked)
        return CardShape.model_validate(card)
