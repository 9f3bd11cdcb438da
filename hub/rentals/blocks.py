"""Accounts that may begin nothing new: by a person's word, or as long as a case is open. All stations are told.

A station without a network hears of it later; until then its own caps limit what it gives out.
"""

import uuid
from typing import Final

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from hub import events
from hub.kernel.clock import Clock
from hub.rentals import repository
from hub.rentals.leases import Lists
from hub.rentals.tables import AccountBlock
from protocols.errors import Refused
from protocols.sync.changes import BlockItem
from protocols.values import to_ms

LIST: Final = "blocked_accounts"
BLOCKING: Final = frozenset({"over_limit", "voucher_used_twice"})  # the kinds of cases that block while they are open


class Blocks:
    """Who is blocked, and why."""

    def __init__(self, clock: Clock, lists: Lists) -> None:
        self._clock = clock
        self._lists = lists

    async def block(
        self, session: AsyncSession, account_id: uuid.UUID, *, by: uuid.UUID | None, why: str, case_id: uuid.UUID | None
    ) -> AccountBlock:
        """Block the account for one reason more."""
        before = await repository.blocks_of(session, account_id)
        same = next((one for one in before if case_id is not None and one.case_id == case_id), None)
        if same is not None:
            return same
        now = self._clock.now()
        row = AccountBlock(
            id=self._clock.new_id(), created_at=now, account_id=account_id, case_id=case_id, by=by, why=why
        )
        session.add(row)
        await session.flush()
        if not before:
            await self._lists.put(session, LIST, [BlockItem(key=str(account_id), since_ms=to_ms(now))])
        return row

    async def lift(self, session: AsyncSession, block_id: uuid.UUID) -> None:
        """Take one reason back. Raises Refused `not_found`; `block_of_a_case` for one that ends with its case."""
        row = await session.get(AccountBlock, block_id)
        if row is None:
            raise Refused("not_found")
        if row.case_id is not None:
            raise Refused("block_of_a_case", case_id=str(row.case_id))
        await self._remove(session, row.account_id, AccountBlock.id == block_id)

    async def when_case(self, session: AsyncSession, event: events.CaseChanged) -> None:
        """A case of a kind that blocks is open: so is the block, until it is resolved."""
        if event.kind not in BLOCKING or event.account_id is None:
            return
        if event.state == "resolved":
            await self._remove(session, event.account_id, AccountBlock.case_id == event.case_id)
        else:
            await self.block(session, event.account_id, by=None, why=event.kind, case_id=event.case_id)

    async def _remove(self, session: AsyncSession, account_id: uuid.UUID, which: object) -> None:
        await session.execute(delete(AccountBlock).where(which).execution_options(synchronize_session="fetch"))  # type: ignore[arg-type]
        if not await repository.blocks_of(session, account_id):
            await self._lists.withdraw(session, LIST, [str(account_id)])
