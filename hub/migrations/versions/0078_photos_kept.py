"""Pictures are deleted when their time is over; the row says when."""

import sqlalchemy as sa
from alembic import op

from hub.kernel.columns import UtcInstant

revision = "0078"
down_revision = "0068"
branch_labels = None
depends_on = None

_KEPT = sa.text("here_at IS NOT NULL AND deleted_at IS NULL")
_TO_ERASE = sa.text("deleted_at IS NOT NULL AND erased_at IS NULL")


def upgrade() -> None:
    for column in ("counts_at", "deleted_at", "erased_at"):
        op.add_column("photos", sa.Column(column, UtcInstant(), nullable=True))
    op.execute("UPDATE photos SET counts_at = CASE WHEN taken_at < created_at THEN taken_at ELSE created_at END")
    with op.batch_alter_table("photos") as photos:
        photos.alter_column("counts_at", existing_type=UtcInstant(), nullable=False)
    op.create_index("ix_photos_kept", "photos", ["counts_at"], postgresql_where=_KEPT, sqlite_where=_KEPT)
    op.create_index("ix_photos_to_erase", "photos", ["counts_at"], postgresql_where=_TO_ERASE, sqlite_where=_TO_ERASE)
