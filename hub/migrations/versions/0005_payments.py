"""Tariffs and their versions."""

import sqlalchemy as sa
from alembic import op

from hub.kernel.columns import BigInt, UtcInstant

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "tariff_versions",
        sa.Column("tariff_id", sa.Uuid(), nullable=False),
        sa.Column("version", BigInt, nullable=False),
        sa.Column("valid_from", UtcInstant(), nullable=False),
        sa.Column("unlock_minor", BigInt, nullable=False),
        sa.Column("per_minute_minor", BigInt, nullable=False),
        sa.Column("free_minutes", BigInt, nullable=False),
        sa.Column("day_cap_minor", BigInt, nullable=True),
        sa.Column("per_kwh_minor", BigInt, nullable=False),
        sa.Column("deposit_minor", BigInt, nullable=False),
        sa.Column("tax_pct", sa.Double(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", UtcInstant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tariff_versions")),
        sa.UniqueConstraint("tariff_id", "version", name=op.f("uq_tariff_versions_tariff_id_version")),
    )
    op.create_index(op.f("ix_tariff_versions_created_at"), "tariff_versions", ["created_at"], unique=False)
    op.create_table(
        "tariffs",
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("use", sa.String(length=10), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("version", BigInt, nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", UtcInstant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tariffs")),
    )
    op.create_index(op.f("ix_tariffs_created_at"), "tariffs", ["created_at"], unique=False)
