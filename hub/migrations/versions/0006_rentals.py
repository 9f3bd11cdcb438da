"""Rentals, reservations without overlaps, vouchers, cards."""

import sqlalchemy as sa
from alembic import op

from hub.kernel.columns import BigInt, Json, UtcInstant

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_TRIGGER = """
CREATE TRIGGER <name> BEFORE <event> ON reservations
WHEN NEW.vehicle_id IS NOT NULL AND NEW.state IN ('booked', 'used')
BEGIN
    SELECT RAISE(ABORT, 'reservation_overlap') WHERE EXISTS (
        SELECT 1 FROM reservations AS other
        WHERE other.vehicle_id = NEW.vehicle_id AND other.id <> NEW.id AND other.state IN ('booked', 'used')
        AND other.from_at < NEW.until_at AND NEW.from_at < other.until_at
    );
END
"""


def upgrade() -> None:
    op.create_table(
        "cards",
        sa.Column("uid", sa.String(length=40), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("may", Json, nullable=False),
        sa.Column("valid_to", UtcInstant(), nullable=True),
        sa.Column("blocked", sa.Boolean(), nullable=False),
        sa.Column("version", BigInt, nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", UtcInstant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cards")),
        sa.UniqueConstraint("uid", name=op.f("uq_cards_uid")),
    )
    op.create_index(op.f("ix_cards_account_id"), "cards", ["account_id"], unique=False)
    op.create_index(op.f("ix_cards_created_at"), "cards", ["created_at"], unique=False)
    op.create_table(
        "rentals",
        sa.Column("station_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("vehicle_id", sa.Uuid(), nullable=True),
        sa.Column("dock_no", BigInt, nullable=True),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("renter_by", sa.Text(), nullable=True),
        sa.Column("voucher_id", sa.Uuid(), nullable=True),
        sa.Column("reservation_id", sa.Uuid(), nullable=True),
        sa.Column("card_uid", sa.Text(), nullable=True),
        sa.Column("tariff_id", sa.Uuid(), nullable=True),
        sa.Column("tariff_version", BigInt, nullable=True),
        sa.Column("offline", sa.Boolean(), nullable=True),
        sa.Column("started_at", UtcInstant(), nullable=True),
        sa.Column("undocked_at", UtcInstant(), nullable=True),
        sa.Column("ended_at", UtcInstant(), nullable=True),
        sa.Column("ended_dock_no", BigInt, nullable=True),
        sa.Column("voided_at", UtcInstant(), nullable=True),
        sa.Column("void_reason", sa.Text(), nullable=True),
        sa.Column("duration_s", sa.Double(), nullable=True),
        sa.Column("duration_by", sa.Text(), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=True),
        sa.Column("total_minor", BigInt, nullable=True),
        sa.Column("tax_minor", BigInt, nullable=True),
        sa.Column("bill", Json, nullable=True),
        sa.Column("price_checked", sa.Boolean(), nullable=True),
        sa.Column("soc_start_pct", sa.Double(), nullable=True),
        sa.Column("soc_end_pct", sa.Double(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", UtcInstant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rentals")),
    )
    op.create_index(op.f("ix_rentals_account_id"), "rentals", ["account_id"], unique=False)
    op.create_index(op.f("ix_rentals_created_at"), "rentals", ["created_at"], unique=False)
    op.create_index(op.f("ix_rentals_station_id"), "rentals", ["station_id"], unique=False)
    op.create_index(op.f("ix_rentals_vehicle_id"), "rentals", ["vehicle_id"], unique=False)
    op.create_table(
        "reservations",
        sa.Column("station_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("vehicle_id", sa.Uuid(), nullable=True),
        sa.Column("vehicle_kind", sa.String(length=20), nullable=True),
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("pin_hash", sa.String(length=120), nullable=False),
        sa.Column("from_at", UtcInstant(), nullable=False),
        sa.Column("until_at", UtcInstant(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("rental_id", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", UtcInstant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reservations")),
        sa.UniqueConstraint("code", name=op.f("uq_reservations_code")),
    )
    op.create_index(op.f("ix_reservations_account_id"), "reservations", ["account_id"], unique=False)
    op.create_index(op.f("ix_reservations_created_at"), "reservations", ["created_at"], unique=False)
    op.create_index(op.f("ix_reservations_station_id"), "reservations", ["station_id"], unique=False)
    op.create_table(
        "voucher_keys",
        sa.Column("kid", sa.String(length=16), nullable=False),
        sa.Column("public_key", sa.String(length=64), nullable=False),
        sa.Column("valid_from", UtcInstant(), nullable=False),
        sa.Column("valid_to", UtcInstant(), nullable=False),
        sa.PrimaryKeyConstraint("kid", name=op.f("pk_voucher_keys")),
    )
    op.create_table(
        "vouchers",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("may", Json, nullable=False),
        sa.Column("stations", Json, nullable=False),
        sa.Column("not_before", UtcInstant(), nullable=False),
        sa.Column("expires", UtcInstant(), nullable=False),
        sa.Column("max_uses", BigInt, nullable=False),
        sa.Column("vehicle_id", sa.Uuid(), nullable=True),
        sa.Column("kid", sa.String(length=16), nullable=False),
        sa.Column("revoked_at", UtcInstant(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", UtcInstant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vouchers")),
    )
    op.create_index(op.f("ix_vouchers_account_id"), "vouchers", ["account_id"], unique=False)
    op.create_index(op.f("ix_vouchers_created_at"), "vouchers", ["created_at"], unique=False)
    _refuse_overlaps()


def _refuse_overlaps() -> None:
    """No vehicle is promised twice at one time, whoever writes: half-open periods [from_at, until_at)."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")
        op.execute(
            "ALTER TABLE reservations ADD CONSTRAINT reservation_overlap EXCLUDE USING gist "
            "(vehicle_id WITH =, tstzrange(from_at, until_at, '[)') WITH &&) "
            "WHERE (vehicle_id IS NOT NULL AND state IN ('booked', 'used'))"
        )
        return
    op.execute(_TRIGGER.replace("<event>", "INSERT").replace("<name>", "reservation_overlap_insert"))
    op.execute(_TRIGGER.replace("<event>", "UPDATE").replace("<name>", "reservation_overlap_update"))
