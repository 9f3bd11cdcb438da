"""Charging sessions and meter values."""

import sqlalchemy as sa
from alembic import op

from hub.kernel.columns import BigInt, Json, UtcInstant

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "charging_sessions",
        sa.Column("station_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("charger_id", sa.Text(), nullable=True),
        sa.Column("connector_no", BigInt, nullable=True),
        sa.Column("transaction_id", BigInt, nullable=True),
        sa.Column("id_token", sa.Text(), nullable=True),
        sa.Column("verdict", sa.Text(), nullable=True),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("offline", sa.Boolean(), nullable=True),
        sa.Column("tariff_id", sa.Uuid(), nullable=True),
        sa.Column("tariff_version", BigInt, nullable=True),
        sa.Column("meter_start_wh", BigInt, nullable=True),
        sa.Column("meter_stop_wh", BigInt, nullable=True),
        sa.Column("energy_wh", BigInt, nullable=True),
        sa.Column("started_at", UtcInstant(), nullable=True),
        sa.Column("stopped_at", UtcInstant(), nullable=True),
        sa.Column("stop_reason", sa.Text(), nullable=True),
        sa.Column("stop_hlc", BigInt, nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=True),
        sa.Column("total_minor", BigInt, nullable=True),
        sa.Column("tax_minor", BigInt, nullable=True),
        sa.Column("bill", Json, nullable=True),
        sa.Column("price_checked", sa.Boolean(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", UtcInstant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_charging_sessions")),
    )
    op.create_index(op.f("ix_charging_sessions_account_id"), "charging_sessions", ["account_id"], unique=False)
    op.create_index(op.f("ix_charging_sessions_created_at"), "charging_sessions", ["created_at"], unique=False)
    op.create_index(op.f("ix_charging_sessions_station_id"), "charging_sessions", ["station_id"], unique=False)
    op.create_table(
        "meter_values",
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("sampled_ms", BigInt, nullable=False),
        sa.Column("fact_id", sa.Uuid(), nullable=False),
        sa.Column("station_id", sa.Uuid(), nullable=False),
        sa.Column("energy_wh", BigInt, nullable=True),
        sa.Column("power_w", sa.Double(), nullable=True),
        sa.Column("current_a", sa.Double(), nullable=True),
        sa.Column("voltage_v", sa.Double(), nullable=True),
        sa.Column("soc_pct", sa.Double(), nullable=True),
        sa.PrimaryKeyConstraint("session_id", "sampled_ms", "fact_id", name=op.f("pk_meter_values")),
        sqlite_with_rowid=False,
    )
