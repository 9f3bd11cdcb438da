"""How far rides went, how late they came back, and what docked vehicles had run."""

import sqlalchemy as sa
from alembic import op

from hub.kernel.columns import BigInt

revision = "0068"
down_revision = "0062"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("rentals", sa.Column("distance_m", BigInt, nullable=True))
    op.add_column("rentals", sa.Column("late_s", sa.Double(), nullable=True))
    op.add_column("vehicle_sightings", sa.Column("odometer_m", BigInt, nullable=True))
