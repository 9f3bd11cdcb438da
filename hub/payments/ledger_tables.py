"""The ledger's tables. The database itself keeps them balanced and unchanged (see the migration's triggers).

Entries are written first, their transaction last: its insert seals them. From then on nothing is added, changed or
removed, and entries without a transaction do not survive the commit.
"""

import uuid

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from hub.kernel.columns import Base
from hub.kernel.pages import Listed


class LedgerTransaction(Listed):
    """A posting. `key` says what it came of, and is there once."""

    __tablename__ = "ledger_transactions"

    key: Mapped[str] = mapped_column(String(120), unique=True)
    kind: Mapped[str] = mapped_column(String(40))
    subject_id: Mapped[uuid.UUID] = mapped_column(index=True)
    note: Mapped[str] = mapped_column(Text)


class LedgerEntry(Base):
    """One side of a posting: minor units, a debit positive."""

    __tablename__ = "ledger_entries"
    __table_args__ = (Index("ix_ledger_entries_account_transaction_id", "account", "transaction_id"),)

    transaction_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("ledger_transactions.id", deferrable=True, initially="DEFERRED"), primary_key=True
    )
    account: Mapped[str] = mapped_column(String(80), primary_key=True)
    currency: Mapped[str] = mapped_column(String(3), primary_key=True)
    amount_minor: Mapped[int]
