"""A provider's own failure is tried once more; a webhook names a video by the provider's id"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # plain ALTER TABLE: a batch would build the table anew, and the ledger's rows point at it
    op.add_column("videos", sa.Column("retried", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_index("ix_videos_provider", "videos", ["provider_id"])


def downgrade() -> None:
    op.drop_index("ix_videos_provider", table_name="videos")
    op.drop_column("videos", "retried")
