"""Where else a vehicle is held for nobody yet: found without reading every lease that there ever was."""

import sqlalchemy as sa
from alembic import op

revision = "0061"
down_revision = "0077"
branch_labels = None
depends_on = None

_FREE = sa.text("state = 'granted' AND reservation_id IS NULL")


def upgrade() -> None:
    op.create_index(
        "ix_leases_free", "leases", ["granted_until_at"], postgresql_where=_FREE, sqlite_where=_FREE, unique=False
    )
