"""What the stations' door keeps: keys, facts, cursors, quarantine, lists, changes, orders."""

import sqlalchemy as sa
from alembic import op

from hub.kernel.columns import BigInt, Json, UtcInstant

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "enrolment_codes",
        sa.Column("station_id", sa.Uuid(), nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("expires_at", UtcInstant(), nullable=False),
        sa.Column("used_at", UtcInstant(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", UtcInstant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enrolment_codes")),
        sa.UniqueConstraint("code_hash", name=op.f("uq_enrolment_codes_code_hash")),
    )
    op.create_index(op.f("ix_enrolment_codes_created_at"), "enrolment_codes", ["created_at"], unique=False)
    op.create_index(op.f("ix_enrolment_codes_station_id"), "enrolment_codes", ["station_id"], unique=False)
    op.create_table(
        "fact_cursors",
        sa.Column("station_id", sa.Uuid(), nullable=False),
        sa.Column("lane", sa.String(length=3), nullable=False),
        sa.Column("epoch", BigInt, nullable=False),
        sa.Column("nonce", sa.String(length=64), nullable=False),
        sa.Column("acked", BigInt, nullable=False),
        sa.Column("chain_hash", sa.String(length=64), nullable=True),
        sa.Column("forked_at", UtcInstant(), nullable=True),
        sa.PrimaryKeyConstraint("station_id", "lane", "epoch", name=op.f("pk_fact_cursors")),
    )
    op.create_table(
        "facts",
        sa.Column("station_id", sa.Uuid(), nullable=False),
        sa.Column("lane", sa.String(length=3), nullable=False),
        sa.Column("epoch", BigInt, nullable=False),
        sa.Column("seq", BigInt, nullable=False),
        sa.Column("fact_id", sa.Uuid(), nullable=True),
        sa.Column("type", sa.String(length=80), nullable=False),
        sa.Column("v", BigInt, nullable=False),
        sa.Column("hlc", BigInt, nullable=False),
        sa.Column("at_ms", BigInt, nullable=False),
        sa.Column("record", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", UtcInstant(), nullable=False),
        sa.PrimaryKeyConstraint("station_id", "lane", "epoch", "seq", name=op.f("pk_facts")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "list_items",
        sa.Column("list", sa.String(length=40), nullable=False),
        sa.Column("scope", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(length=120), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("list", "scope", "key", name=op.f("pk_list_items")),
    )
    op.create_table(
        "orders",
        sa.Column("station_id", sa.Uuid(), nullable=False),
        sa.Column("rev", BigInt, nullable=False),
        sa.Column("type", sa.String(length=40), nullable=False),
        sa.Column("v", BigInt, nullable=False),
        sa.Column("body", Json, nullable=False),
        sa.Column("not_after", UtcInstant(), nullable=False),
        sa.Column("ordered_by", sa.Uuid(), nullable=True),
        sa.Column("outcome", sa.String(length=20), nullable=True),
        sa.Column("detail", sa.String(length=500), nullable=False),
        sa.Column("ended_at", UtcInstant(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", UtcInstant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_orders")),
    )
    op.create_index(op.f("ix_orders_created_at"), "orders", ["created_at"], unique=False)
    op.create_index(op.f("ix_orders_station_id"), "orders", ["station_id"], unique=False)
    op.create_table(
        "quarantine",
        sa.Column("station_id", sa.Uuid(), nullable=False),
        sa.Column("lane", sa.String(length=3), nullable=False),
        sa.Column("epoch", BigInt, nullable=False),
        sa.Column("seq", BigInt, nullable=False),
        sa.Column("type", sa.String(length=80), nullable=False),
        sa.Column("code", sa.String(length=80), nullable=False),
        sa.Column("detail", sa.String(length=500), nullable=False),
        sa.Column("record", sa.LargeBinary(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", UtcInstant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quarantine")),
    )
    op.create_index(op.f("ix_quarantine_created_at"), "quarantine", ["created_at"], unique=False)
    op.create_index("uq_quarantine_place", "quarantine", ["station_id", "lane", "epoch", "seq"], unique=True)
    op.create_table(
        "station_changes",
        sa.Column("station_id", sa.Uuid(), nullable=False),
        sa.Column("rev", BigInt, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("not_after_ms", BigInt, nullable=True),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("station_id", "rev", name=op.f("pk_station_changes")),
    )
    op.create_table(
        "station_feeds",
        sa.Column("station_id", sa.Uuid(), nullable=False),
        sa.Column("rev", BigInt, nullable=False),
        sa.Column("lists", Json, nullable=False),
        sa.PrimaryKeyConstraint("station_id", name=op.f("pk_station_feeds")),
    )
    op.create_table(
        "station_keys",
        sa.Column("station_id", sa.Uuid(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(length=32), nullable=False),
        sa.Column("enrolled_at", UtcInstant(), nullable=False),
        sa.Column("sync_number", BigInt, nullable=False),
        sa.Column("live_number", BigInt, nullable=False),
        sa.PrimaryKeyConstraint("station_id", name=op.f("pk_station_keys")),
    )
