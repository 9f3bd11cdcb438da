"""Alarms and how their rules are set."""

import sqlalchemy as sa
from alembic import op

from hub.kernel.columns import BigInt, Json, UtcInstant

revision = "0043"
down_revision = "0031"
branch_labels = None
depends_on = None

_LIVING = sa.text("state <> 'cleared'")


def upgrade() -> None:
    op.create_table(
        "alarms",
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("rule", sa.String(length=40), nullable=False),
        sa.Column("station_id", sa.Uuid(), nullable=True),
        sa.Column("organisation_id", sa.Uuid(), nullable=True),
        sa.Column("subject", sa.String(length=120), nullable=False),
        sa.Column("severity", sa.String(length=10), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("since", UtcInstant(), nullable=False),
        sa.Column("raised_at", UtcInstant(), nullable=True),
        sa.Column("other_since", UtcInstant(), nullable=True),
        sa.Column("cleared_at", UtcInstant(), nullable=True),
        sa.Column("times", BigInt, nullable=False),
        sa.Column("seen", Json, nullable=False),
        sa.Column("acknowledged_at", UtcInstant(), nullable=True),
        sa.Column("acknowledged_by", sa.Uuid(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("muted_until", UtcInstant(), nullable=True),
        sa.Column("muted_by", sa.Uuid(), nullable=True),
        sa.Column("mute_reason", sa.Text(), nullable=False),
        sa.Column("history", Json, nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", UtcInstant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alarms")),
    )
    op.create_index(op.f("ix_alarms_created_at"), "alarms", ["created_at"], unique=False)
    op.create_index(op.f("ix_alarms_station_id"), "alarms", ["station_id"], unique=False)
    op.create_index("ix_alarms_state_cleared_at", "alarms", ["state", "cleared_at"], unique=False)
    op.create_index("uq_alarms_living", "alarms", ["key"], unique=True, postgresql_where=_LIVING, sqlite_where=_LIVING)
    op.create_table(
        "alarm_settings",
        sa.Column("key", sa.String(length=120), nullable=False),
        sa.Column("rule", sa.String(length=40), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=True),
        sa.Column("station_id", sa.Uuid(), nullable=True),
        sa.Column("enabled", sa.Boolean(), nullable=True),
        sa.Column("severity", sa.String(length=10), nullable=True),
        sa.Column("after_s", BigInt, nullable=True),
        sa.Column("clear_s", BigInt, nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", UtcInstant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alarm_settings")),
        sa.UniqueConstraint("key", name=op.f("uq_alarm_settings_key")),
    )
    op.create_index(op.f("ix_alarm_settings_created_at"), "alarm_settings", ["created_at"], unique=False)
