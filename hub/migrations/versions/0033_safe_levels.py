"""How many charged vehicles of each kind must stay at a station."""

import sqlalchemy as sa
from alembic import op

from hub.kernel.columns import Json

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("lease_stations", sa.Column("safe", Json, nullable=True))
    op.execute("UPDATE lease_stations SET safe = '{}'")
    with op.batch_alter_table("lease_stations") as batch:
        batch.alter_column("safe", nullable=False)
