"""The double-entry ledger: sums to zero and never changes, by the database itself.

A transaction's row is inserted after its entries and seals them. Works alike on both databases: a trigger before
that insert sums the entries; triggers refuse entries for a sealed transaction, and every update and delete; a
deferred foreign key refuses entries that nothing sealed.
"""

import sqlalchemy as sa
from alembic import op

from hub.kernel.columns import BigInt, UtcInstant

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

_SQLITE = (
    """
    CREATE TRIGGER ledger_sealing BEFORE INSERT ON ledger_transactions BEGIN
        SELECT RAISE(ABORT, 'ledger_unbalanced') WHERE
            (SELECT count(*) FROM ledger_entries WHERE transaction_id = NEW.id) < 2
            OR EXISTS (SELECT 1 FROM ledger_entries WHERE transaction_id = NEW.id
                       GROUP BY currency HAVING sum(amount_minor) <> 0);
    END
    """,
    """
    CREATE TRIGGER ledger_sealed BEFORE INSERT ON ledger_entries BEGIN
        SELECT RAISE(ABORT, 'ledger_sealed') WHERE
            EXISTS (SELECT 1 FROM ledger_transactions WHERE id = NEW.transaction_id);
    END
    """,
    *(
        f"""
        CREATE TRIGGER {table}_{what} BEFORE {what} ON {table} BEGIN
            SELECT RAISE(ABORT, 'ledger_immutable');
        END
        """
        for table in ("ledger_transactions", "ledger_entries")
        for what in ("UPDATE", "DELETE")
    ),
)
_POSTGRESQL = (
    """
    CREATE FUNCTION ledger_sealing() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF (SELECT count(*) FROM ledger_entries WHERE transaction_id = NEW.id) < 2
            OR EXISTS (SELECT 1 FROM ledger_entries WHERE transaction_id = NEW.id
                       GROUP BY currency HAVING sum(amount_minor) <> 0)
        THEN RAISE EXCEPTION 'ledger_unbalanced' USING ERRCODE = 'check_violation'; END IF;
        RETURN NEW;
    END $$
    """,
    """
    CREATE FUNCTION ledger_sealed() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF EXISTS (SELECT 1 FROM ledger_transactions WHERE id = NEW.transaction_id)
        THEN RAISE EXCEPTION 'ledger_sealed' USING ERRCODE = 'check_violation'; END IF;
        RETURN NEW;
    END $$
    """,
    """
    CREATE FUNCTION ledger_immutable() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION 'ledger_immutable' USING ERRCODE = 'check_violation'; END $$
    """,
    "CREATE TRIGGER ledger_sealing BEFORE INSERT ON ledger_transactions FOR EACH ROW EXECUTE FUNCTION ledger_sealing()",
    "CREATE TRIGGER ledger_sealed BEFORE INSERT ON ledger_entries FOR EACH ROW EXECUTE FUNCTION ledger_sealed()",
    *(
        f"CREATE TRIGGER {table}_immutable BEFORE UPDATE OR DELETE ON {table} "
        "FOR EACH ROW EXECUTE FUNCTION ledger_immutable()"
        for table in ("ledger_transactions", "ledger_entries")
    ),
    *(
        f"CREATE TRIGGER {table}_kept BEFORE TRUNCATE ON {table} EXECUTE FUNCTION ledger_immutable()"
        for table in ("ledger_transactions", "ledger_entries")
    ),
)


def upgrade() -> None:
    op.create_table(
        "ledger_transactions",
        sa.Column("key", sa.String(length=120), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", UtcInstant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_transactions")),
        sa.UniqueConstraint("key", name=op.f("uq_ledger_transactions_key")),
    )
    op.create_index(op.f("ix_ledger_transactions_created_at"), "ledger_transactions", ["created_at"], unique=False)
    op.create_index(op.f("ix_ledger_transactions_subject_id"), "ledger_transactions", ["subject_id"], unique=False)
    op.create_table(
        "ledger_entries",
        sa.Column("transaction_id", sa.Uuid(), nullable=False),
        sa.Column("account", sa.String(length=80), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("amount_minor", BigInt, nullable=False),
        sa.ForeignKeyConstraint(
            ["transaction_id"],
            ["ledger_transactions.id"],
            name=op.f("fk_ledger_entries_transaction_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("transaction_id", "account", "currency", name=op.f("pk_ledger_entries")),
    )
    op.create_index(
        "ix_ledger_entries_account_transaction_id", "ledger_entries", ["account", "transaction_id"], unique=False
    )
    statements = _SQLITE if op.get_bind().dialect.name == "sqlite" else _POSTGRESQL
    for statement in statements:
        op.execute(statement)
