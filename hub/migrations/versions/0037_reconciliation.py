"""Reports of gateways, reconciliations, and breaks."""

import sqlalchemy as sa
from alembic import op

from hub.kernel.columns import BigInt, Json, UtcInstant

revision = "0037"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "gateway_lines",
        sa.Column("gateway", sa.String(length=20), nullable=False),
        sa.Column("ref", sa.String(length=120), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("posting_key", sa.String(length=140), nullable=False),
        sa.Column("at", UtcInstant(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("amount_minor", BigInt, nullable=False),
        sa.Column("fee_minor", BigInt, nullable=False),
        sa.PrimaryKeyConstraint("gateway", "ref", name=op.f("pk_gateway_lines")),
    )
    op.create_index("ix_gateway_lines_gateway_at", "gateway_lines", ["gateway", "at"], unique=False)
    op.create_index(op.f("ix_gateway_lines_posting_key"), "gateway_lines", ["posting_key"], unique=False)
    op.create_table(
        "reconciliations",
        sa.Column("since", UtcInstant(), nullable=False),
        sa.Column("until", UtcInstant(), nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=True),
        sa.Column("finished_at", UtcInstant(), nullable=True),
        sa.Column("counts", Json, nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", UtcInstant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reconciliations")),
    )
    op.create_index(op.f("ix_reconciliations_created_at"), "reconciliations", ["created_at"], unique=False)
    op.create_table(
        "breaks",
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("about", sa.String(length=140), nullable=False),
        sa.Column("gateway", sa.String(length=20), nullable=True),
        sa.Column("subject_id", sa.Uuid(), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=True),
        sa.Column("expected_minor", BigInt, nullable=True),
        sa.Column("actual_minor", BigInt, nullable=True),
        sa.Column("since_at", UtcInstant(), nullable=False),
        sa.Column("seen_in", sa.Uuid(), nullable=False),
        sa.Column("closed_at", UtcInstant(), nullable=True),
        sa.Column("closed_by", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", UtcInstant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_breaks")),
        sa.UniqueConstraint("kind", "about", name=op.f("uq_breaks_kind_about")),
    )
    op.create_index(op.f("ix_breaks_created_at"), "breaks", ["created_at"], unique=False)
    op.create_index(op.f("ix_breaks_subject_id"), "breaks", ["subject_id"], unique=False)
    op.create_index(
        "ix_breaks_open", "breaks", ["created_at"], unique=False, postgresql_where=sa.text("closed_at IS NULL"),
        sqlite_where=sa.text("closed_at IS NULL"),
    )  # fmt: skip


def downgrade() -> None:
    for name in ("breaks", "reconciliations", "gateway_lines"):
        op.drop_table(name)
