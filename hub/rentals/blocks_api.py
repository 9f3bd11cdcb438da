"""`/api/v1/account-blocks`: who may begin nothing new."""

from hub.kernel.pages import Page
from hub.kernel.routes import Call, route
from hub.rentals import repository
from hub.rentals.blocks import Blocks
from hub.rentals.schemas import BlockQuery, BlockShape, NewBlock


class BlocksApi:
    """Blocks."""

    def __init__(self, blocks: Blocks) -> None:
        self._blocks = blocks

    @route(
        "GET", "/api/v1/account-blocks", summary="List blocked accounts", tags=["rentals"],
        permission="blocks:read", query=BlockQuery, response=Page[BlockShape],
    )  # fmt: skip
    async def list_blocks(self, call: Call[None, BlockQuery]) -> Page[BlockShape]:
        """Newest first. An account is blocked as long as it has one."""
        found = await repository.blocks(call.session, call.query, account_id=call.query.account_id)
        return found.as_page(BlockShape.model_validate)

    @route(
        "POST", "/api/v1/account-blocks", summary="Block an account", tags=["rentals"],
        permission="blocks:write", body=NewBlock, response=BlockShape, status=201, idempotent=True,
    )  # fmt: skip
    async def block(self, call: Call[NewBlock, None]) -> BlockShape:
        """It begins no rental, no charge and no booking any more; what is under way goes on and is billed."""
        row = await self._blocks.block(
            call.session, call.body.account_id, by=call.principal.account_id, why=call.body.why, case_id=None
        )
        return BlockShape.model_validate(row)

    @route(
        "POST", "/api/v1/account-blocks/{block_id}/lift", summary="Lift a block", tags=["rentals"],
        permission="blocks:write", errors={"not_found": 404, "block_of_a_case": 409}, idempotent=True,
    )  # fmt: skip
    async def lift(self, call: Call[None, None]) -> None:
        """One that a case has set ends with its case: resolve that."""
        await self._blocks.lift(call.session, call.id("block_id"))
