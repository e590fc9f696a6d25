"""What a provider billed for a video, and what that was in USD"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

TOLD = sa.text("provider_usd IS NOT NULL AND completed_at IS NOT NULL")


def upgrade() -> None:
    op.add_column("videos", sa.Column("billed_amount", sa.Float(), nullable=True))
    op.add_column("videos", sa.Column("billed_unit", sa.String(32), nullable=False, server_default=""))
    op.add_column("videos", sa.Column("provider_usd", sa.Float(), nullable=True))
    op.create_index(
        "ix_videos_provider_usd",
        "videos",
        ["completed_at", "model"],
        sqlite_where=TOLD,
        postgresql_where=TOLD,
    )


def downgrade() -> None:
    op.drop_index("ix_videos_provider_usd", table_name="videos")
    for column in ("provider_usd", "billed_unit", "billed_amount"):
        op.drop_column("videos", column)
