"""Batches: many videos asked for at once"""

import sqlalchemy as sa
from alembic import op

import core.models

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "batches",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("user_id", sa.Integer(), sa.ForeignKey("users.id"), nullable=False),
        sa.Column("cost_credits", sa.Integer(), nullable=False),
        sa.Column("idempotency_key", sa.String(200), nullable=True),
        sa.Column("request_sha256", sa.String(64), nullable=True),
        sa.Column("created_at", core.models.UTCDateTime(timezone=True), nullable=False),
    )
    op.create_index("ix_batches_user", "batches", ["user_id", "id"])
    op.create_index("ix_batches_idempotency", "batches", ["user_id", "idempotency_key"], unique=True)
    op.create_table(
        "batch_rows",
        sa.Column("batch_id", sa.Integer(), sa.ForeignKey("batches.id"), primary_key=True),
        sa.Column("position", sa.Integer(), primary_key=True),
        sa.Column("video_id", sa.Integer(), sa.ForeignKey("videos.id"), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
    )
    op.create_index("ix_batch_rows_video", "batch_rows", ["video_id"])
    batch = sa.Column("batch_id", sa.Integer(), sa.ForeignKey("batches.id"), nullable=True)
    op.add_column("videos", batch, inline_references=True)
    op.create_index("ix_videos_batch", "videos", ["batch_id", "id"])


def downgrade() -> None:
    op.drop_index("ix_videos_batch", table_name="videos")
    op.drop_column("videos", "batch_id")
    for table in ("batch_rows", "batches"):
        op.drop_table(table)
