"""Blocked accounts; staff at the stations; status numbers of vouchers; rentals found by voucher."""

import sqlalchemy as sa
from alembic import op

from hub.kernel.columns import BigInt, Json, UtcInstant

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "account_blocks",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=True),
        sa.Column("by", sa.Uuid(), nullable=True),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", UtcInstant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_blocks")),
    )
    for column in ("account_id", "case_id", "created_at"):
        op.create_index(op.f(f"ix_account_blocks_{column}"), "account_blocks", [column], unique=False)
    op.create_table(
        "station_staff",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("may", Json, nullable=False),
        sa.Column("pin_hash", sa.String(length=120), nullable=False),
        sa.Column("badge", sa.String(length=40), nullable=False),
        sa.Column("valid_to", UtcInstant(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", UtcInstant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_station_staff")),
        sa.UniqueConstraint("account_id", name=op.f("uq_station_staff_account_id")),
    )
    op.create_index(op.f("ix_station_staff_created_at"), "station_staff", ["created_at"], unique=False)
    with op.batch_alter_table("vouchers") as batch:
        batch.add_column(sa.Column("status", BigInt, nullable=True))
        batch.create_unique_constraint(op.f("uq_vouchers_status"), ["status"])
    op.create_index("ix_rentals_voucher_id", "rentals", ["voucher_id"], unique=False)
