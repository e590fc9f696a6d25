"""Lanes, and turns between users"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # plain ALTER TABLE: a batch would build the table anew, and every other table points at it
    for name in ("lane", "turn"):
        op.add_column("videos", sa.Column(name, sa.Integer(), nullable=False, server_default=sa.text("0")))
    op.create_index("ix_videos_turn", "videos", ["status", "model", "lane", "turn"])


def downgrade() -> None:
    op.drop_index("ix_videos_turn", table_name="videos")
    for name in ("turn", "lane"):
        op.drop_column("videos", name)
