"""Cases: what a person must look at."""

import sqlalchemy as sa
from alembic import op

from hub.kernel.columns import Json, UtcInstant

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "cases",
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("about", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("standing", sa.Boolean(), nullable=False),
        sa.Column("station_id", sa.Uuid(), nullable=True),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("rental_id", sa.Uuid(), nullable=True),
        sa.Column("station_ids", Json, nullable=False),
        sa.Column("subjects", Json, nullable=False),
        sa.Column("seen", Json, nullable=False),
        sa.Column("seen_at", UtcInstant(), nullable=False),
        sa.Column("opened_at", UtcInstant(), nullable=False),
        sa.Column("resolved_at", UtcInstant(), nullable=True),
        sa.Column("resolved_by", sa.Uuid(), nullable=True),
        sa.Column("resolution", sa.Text(), nullable=True),
        sa.Column("history", Json, nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", UtcInstant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cases")),
    )
    op.create_index("ix_cases_state_kind", "cases", ["state", "kind"], unique=False)
    for column in ("station_id", "account_id", "rental_id", "created_at"):
        op.create_index(op.f(f"ix_cases_{column}"), "cases", [column], unique=False)
