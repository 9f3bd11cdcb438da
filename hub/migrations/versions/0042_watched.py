"""What stations say of themselves when they sync, and when something worth seeing changed."""

import sqlalchemy as sa
from alembic import op

from hub.kernel.columns import Json, UtcInstant

revision = "0042"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("stations", sa.Column("report", Json, nullable=True))
    op.add_column("stations", sa.Column("reported_at", UtcInstant(), nullable=True))
    op.add_column("stations", sa.Column("counts", Json, nullable=True))
    op.add_column("stations", sa.Column("devices", Json, nullable=True))
    op.add_column("stations", sa.Column("changed_at", UtcInstant(), nullable=True))
