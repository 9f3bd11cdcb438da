"""What waits for a payer to act, and what is given back of it."""

import sqlalchemy as sa
from alembic import op

from hub.kernel.columns import BigInt, UtcInstant

revision = "0064"
down_revision = "0067"
branch_labels = None
depends_on = None

_UNCLEAR = "state IN ('open', 'suspect')"


def upgrade() -> None:
    op.create_table(
        "pay_requests",
        sa.Column("gateway", sa.String(length=20), nullable=False),
        sa.Column("key", sa.String(length=120), nullable=False),
        sa.Column("token", sa.String(length=200), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("amount_minor", BigInt, nullable=False),
        sa.Column("open_until", UtcInstant(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("purpose", sa.String(length=10), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", UtcInstant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pay_requests")),
        sa.UniqueConstraint("key", name=op.f("uq_pay_requests_key")),
    )
    for name in ("account_id", "created_at"):
        op.create_index(op.f(f"ix_pay_requests_{name}"), "pay_requests", [name], unique=False)
    op.create_table(
        "pay_attempts",
        sa.Column("ref", sa.String(length=34), nullable=False),
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("begun_at", UtcInstant(), nullable=False),
        sa.Column("expires_at", UtcInstant(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("stray", sa.Boolean(), nullable=False),
        sa.Column("transaction_no", sa.String(length=20), nullable=False),
        sa.Column("code", sa.String(length=8), nullable=False),
        sa.Column("paid_at", UtcInstant(), nullable=True),
        sa.Column("confirmed_at", UtcInstant(), nullable=True),
        sa.PrimaryKeyConstraint("ref", name=op.f("pk_pay_attempts")),
    )
    for name in ("request_id", "begun_at"):
        op.create_index(op.f(f"ix_pay_attempts_{name}"), "pay_attempts", [name], unique=False)
    op.create_index(
        "ix_pay_attempts_unclear", "pay_attempts", ["expires_at"], unique=False,
        postgresql_where=sa.text(_UNCLEAR), sqlite_where=sa.text(_UNCLEAR),
    )  # fmt: skip
    op.create_table(
        "pay_refunds",
        sa.Column("key", sa.String(length=140), nullable=False),
        sa.Column("ref", sa.String(length=34), nullable=False),
        sa.Column("amount_minor", BigInt, nullable=False),
        sa.Column("request_no", sa.String(length=32), nullable=False),
        sa.Column("asked_at", UtcInstant(), nullable=False),
        sa.Column("tries", BigInt, nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("code", sa.String(length=12), nullable=False),
        sa.Column("transaction_no", sa.String(length=20), nullable=False),
        sa.Column("ended_at", UtcInstant(), nullable=True),
        sa.Column("confirmed_at", UtcInstant(), nullable=True),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_pay_refunds")),
    )
    for name in ("ref", "ended_at"):
        op.create_index(op.f(f"ix_pay_refunds_{name}"), "pay_refunds", [name], unique=False)
