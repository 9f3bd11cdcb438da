"""What this room asks of others. Filled by the wiring."""

from collections.abc import Sequence
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncSession

from hub import events


class Cases(Protocol):
    """What a person must look at."""

    async def see(self, session: AsyncSession, told: Sequence[events.CaseSeen]) -> None:
        """Open these cases, or close those that are explained."""
