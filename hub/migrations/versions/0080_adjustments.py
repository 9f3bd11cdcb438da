"""Bills are corrected by hand: lines of their own, never changed (triggers on both databases)."""

import sqlalchemy as sa
from alembic import op

from hub.kernel.columns import BigInt, UtcInstant

revision = "0080"
down_revision = "0079"
branch_labels = None
depends_on = None

_SUMS = ("credited_minor", "charged_minor", "charged_tax_minor", "posted_adjusted_minor", "posted_adjusted_tax_minor")
_SQLITE = [
    f"""
    CREATE TRIGGER bill_adjustments_{what} BEFORE {what} ON bill_adjustments BEGIN
        SELECT RAISE(ABORT, 'an adjustment never changes');
    END
    """
    for what in ("update", "delete")
]
_POSTGRES = [
    """
    CREATE FUNCTION bill_adjustments_immutable() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION 'an adjustment never changes'; END $$
    """,
    """
    CREATE TRIGGER bill_adjustments_immutable BEFORE UPDATE OR DELETE ON bill_adjustments
    FOR EACH ROW EXECUTE FUNCTION bill_adjustments_immutable()
    """,
    """
    CREATE TRIGGER bill_adjustments_kept BEFORE TRUNCATE ON bill_adjustments
    EXECUTE FUNCTION bill_adjustments_immutable()
    """,
]


def upgrade() -> None:
    op.create_table(
        "bill_adjustments",
        sa.Column("bill_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("cause", sa.String(length=20), nullable=False),
        sa.Column("of_id", sa.Uuid(), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("amount_minor", BigInt, nullable=False),
        sa.Column("tax_minor", BigInt, nullable=False),
        sa.Column("tax_bp", BigInt, nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", UtcInstant(), nullable=False),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_bill_adjustments_positive")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bill_adjustments")),
    )
    for name in ("bill_id", "created_at"):
        op.create_index(op.f(f"ix_bill_adjustments_{name}"), "bill_adjustments", [name], unique=False)
    for statement in _SQLITE if op.get_bind().dialect.name == "sqlite" else _POSTGRES:
        op.execute(statement)
    # Hubs of the version before run on for a while and do not know them.
    for name in _SUMS:
        op.add_column("bills", sa.Column(name, BigInt, nullable=False, server_default="0"))


def downgrade() -> None:
    for name in _SUMS:
        op.drop_column("bills", name)
    op.drop_table("bill_adjustments")
    if op.get_bind().dialect.name != "sqlite":
        op.execute("DROP FUNCTION bill_adjustments_immutable()")
