"""Keys of stations that are revoked, and what a station may do without contact."""

import sqlalchemy as sa
from alembic import op

from hub.kernel.columns import BigInt, UtcInstant

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_CAPS = {"offline_rentals": 50, "offline_rentals_per_account": 3, "stale_after_s": 604_800}


def upgrade() -> None:
    for column in (
        sa.Column("revoked_at", UtcInstant(), nullable=True),
        sa.Column("revoked_by", sa.Uuid(), nullable=True),
        sa.Column("revoked_why", sa.Text(), nullable=True),
    ):
        op.add_column("station_keys", column)
    op.add_column("stations", sa.Column("revoked_at", UtcInstant(), nullable=True))
    op.add_column("stations", sa.Column("offline_amount_minor", BigInt, nullable=True))
    for name, value in _CAPS.items():
        op.add_column("stations", sa.Column(name, BigInt, nullable=False, server_default=str(value)))
    with op.batch_alter_table("stations") as batch:
        for name in _CAPS:
            batch.alter_column(name, server_default=None)
