"""How far a station's feed is pruned: who is behind it gets whole lists."""

import sqlalchemy as sa
from alembic import op

from hub.kernel.columns import BigInt

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("station_feeds", sa.Column("pruned_rev", BigInt, nullable=False, server_default="0"))
    with op.batch_alter_table("station_feeds") as batch:
        batch.alter_column("pruned_rev", server_default=None)
