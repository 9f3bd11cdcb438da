"""Sessions: one row for each log-in, also for those that are under way."""

import sqlalchemy as sa
from alembic import op

from hub.kernel.columns import UtcInstant

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "sessions",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("device", sa.String(80), nullable=False),
        sa.Column("address", sa.String(64), nullable=False),
        sa.Column("network", sa.String(64), nullable=False),
        sa.Column("last_used_at", UtcInstant(), nullable=False),
        sa.Column("ended_at", UtcInstant(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", UtcInstant(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_sessions_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sessions")),
    )
    op.create_index(op.f("ix_sessions_account_id"), "sessions", ["account_id"])
    op.create_index(op.f("ix_sessions_created_at"), "sessions", ["created_at"])
    op.create_index(op.f("ix_sessions_last_used_at"), "sessions", ["last_used_at"])
    op.execute(
        "INSERT INTO sessions (id, account_id, created_at, last_used_at, ended_at, device, address, network) "
        "SELECT family_id, account_id, min(created_at), max(created_at), "
        "CASE WHEN count(*) = count(revoked_at) THEN max(revoked_at) END, '', '', '' "
        "FROM refresh_tokens GROUP BY family_id, account_id"
    )
