"""Invoices and credit notes: numbered without a gap, never changed (triggers on both databases)."""

import sqlalchemy as sa
from alembic import op

from hub.kernel.columns import BigInt, Json, UtcInstant

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None

_SQLITE = [
    f"""
    CREATE TRIGGER invoices_{what} BEFORE {what} ON invoices BEGIN
        SELECT RAISE(ABORT, 'an invoice never changes');
    END
    """
    for what in ("update", "delete")
]
_POSTGRES = [
    """
    CREATE FUNCTION invoices_immutable() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION 'an invoice never changes'; END $$
    """,
    """
    CREATE TRIGGER invoices_immutable BEFORE UPDATE OR DELETE ON invoices
    FOR EACH ROW EXECUTE FUNCTION invoices_immutable()
    """,
    "CREATE TRIGGER invoices_kept BEFORE TRUNCATE ON invoices EXECUTE FUNCTION invoices_immutable()",
]


def upgrade() -> None:
    op.create_table(
        "invoice_series",
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("last", BigInt, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_invoice_series")),
    )
    op.create_table(
        "invoices",
        sa.Column("series", sa.String(length=60), nullable=False),
        sa.Column("number", BigInt, nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("corrects_id", sa.Uuid(), nullable=True),
        sa.Column("bill_id", sa.Uuid(), nullable=False),
        sa.Column("bill_revision", BigInt, nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("total_minor", BigInt, nullable=False),
        sa.Column("tax_minor", BigInt, nullable=False),
        sa.Column("body", Json, nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", UtcInstant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invoices")),
        sa.UniqueConstraint("series", "number", name=op.f("uq_invoices_series_number")),
        sa.UniqueConstraint("corrects_id", name=op.f("uq_invoices_corrects_id")),
    )
    for name in ("account_id", "bill_id", "created_at"):
        op.create_index(op.f(f"ix_invoices_{name}"), "invoices", [name], unique=False)
    for statement in _SQLITE if op.get_bind().dialect.name == "sqlite" else _POSTGRES:
        op.execute(statement)


def downgrade() -> None:
    op.drop_table("invoices")
    op.drop_table("invoice_series")
    if op.get_bind().dialect.name != "sqlite":
        op.execute("DROP FUNCTION invoices_immutable()")
