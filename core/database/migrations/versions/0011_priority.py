"""Groups whose videos come first, and an index of what is at the providers"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("groups", sa.Column("priority", sa.Boolean(), nullable=False, server_default=sa.false()))
    there = sa.text("submitted_at IS NOT NULL AND completed_at IS NULL")
    op.create_index("ix_videos_at_provider", "videos", ["model"], sqlite_where=there, postgresql_where=there)


def downgrade() -> None:
    op.drop_index("ix_videos_at_provider", table_name="videos")
    op.drop_column("groups", "priority")
