"""What people have corrected bills by. The database refuses every change and deletion (see the migration)."""

import uuid
from collections.abc import Sequence

from sqlalchemy import CheckConstraint, String, Text, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from hub.kernel.pages import Listed


class Adjustment(Listed):
    """One line beside a bill: a credit or a further charge. Minor units, gross, positive; `tax_minor` is inside.

    A credit is of the bill, or of the charge `of_id`. `reason` is for whoever pays, `note` for the operator's people.
    """

    __tablename__ = "bill_adjustments"
    __table_args__ = (CheckConstraint("amount_minor > 0", name="positive"),)

    bill_id: Mapped[uuid.UUID] = mapped_column(index=True)
    kind: Mapped[str] = mapped_column(String(10))  # credit | charge
    cause: Mapped[str] = mapped_column(String(20))
    of_id: Mapped[uuid.UUID | None]
    currency: Mapped[str] = mapped_column(String(3))
    amount_minor: Mapped[int]
    tax_minor: Mapped[int]
    tax_bp: Mapped[int | None]  # a charge's rate, in hundredths of a per cent
    reason: Mapped[str] = mapped_column(Text)
    note: Mapped[str] = mapped_column(Text)
    made_by: Mapped[uuid.UUID]


async def lines_of(session: AsyncSession, bill_id: uuid.UUID) -> Sequence[Adjustment]:
    """A bill's lines, in the order they were made."""
    found = select(Adjustment).where(Adjustment.bill_id == bill_id)
    return (await session.scalars(found.order_by(Adjustment.created_at, Adjustment.id))).all()
