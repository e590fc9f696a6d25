"""The library's filters, a picture's videos and the files to remove are found by an index"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

FILTERS = {
    "ix_videos_user_status": ["user_id", "status", "id"],
    "ix_videos_user_model": ["user_id", "model", "id", "size"],
    "ix_videos_user_favorite": ["user_id", "favorite", "id"],
    "ix_videos_picture": ["picture_id", "id"],
}
REMOVABLE = sa.text("deleted_at IS NOT NULL AND key IS NOT NULL")


def upgrade() -> None:
    for name, columns in FILTERS.items():
        op.create_index(name, "videos", columns)
    op.create_index("ix_videos_removable", "videos", ["deleted_at"], sqlite_where=REMOVABLE, postgresql_where=REMOVABLE)


def downgrade() -> None:
    for name in ("ix_videos_removable", *FILTERS):
        op.drop_index(name, table_name="videos")
