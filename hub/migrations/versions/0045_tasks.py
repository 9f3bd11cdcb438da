"""Restocking plans and staff tasks."""

import sqlalchemy as sa
from alembic import op

from hub.kernel.columns import BigInt, Json, UtcInstant

revision = "0045"
down_revision = "0022"
branch_labels = None
depends_on = None

_UNDER_WAY = sa.text("state IN ('open', 'assigned', 'started')")


def upgrade() -> None:
    op.create_table(
        "restock_plans",
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("engine", sa.String(length=10), nullable=False),
        sa.Column("horizon_h", BigInt, nullable=False),
        sa.Column("valid_until", UtcInstant(), nullable=False),
        sa.Column("shortage_before", sa.Double(), nullable=False),
        sa.Column("shortage_after", sa.Double(), nullable=False),
        sa.Column("body", Json, nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=False),
        sa.Column("decided_at", UtcInstant(), nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", UtcInstant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_restock_plans")),
    )
    op.create_index(op.f("ix_restock_plans_created_at"), "restock_plans", ["created_at"], unique=False)
    op.create_table(
        "staff_tasks",
        sa.Column("what", sa.String(length=20), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("plan_id", sa.Uuid(), nullable=True),
        sa.Column("station_id", sa.Uuid(), nullable=False),
        sa.Column("to_station_id", sa.Uuid(), nullable=True),
        sa.Column("vehicle_id", sa.Uuid(), nullable=True),
        sa.Column("soc_pct", sa.Double(), nullable=True),
        sa.Column("assigned_to", sa.Uuid(), nullable=True),
        sa.Column("due_at", UtcInstant(), nullable=True),
        sa.Column("checklist", Json, nullable=False),
        sa.Column("started_at", UtcInstant(), nullable=True),
        sa.Column("picked_at", UtcInstant(), nullable=True),
        sa.Column("ended_at", UtcInstant(), nullable=True),
        sa.Column("ended_by", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", UtcInstant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_tasks")),
    )
    op.create_index(op.f("ix_staff_tasks_created_at"), "staff_tasks", ["created_at"], unique=False)
    op.create_index(op.f("ix_staff_tasks_plan_id"), "staff_tasks", ["plan_id"], unique=False)
    op.create_index(op.f("ix_staff_tasks_station_id"), "staff_tasks", ["station_id"], unique=False)
    op.create_index("ix_staff_tasks_assigned_to_state", "staff_tasks", ["assigned_to", "state"], unique=False)
    op.create_index(
        "uq_staff_tasks_vehicle_id", "staff_tasks", ["vehicle_id"], unique=True, postgresql_where=_UNDER_WAY,
        sqlite_where=_UNDER_WAY,
    )  # fmt: skip
