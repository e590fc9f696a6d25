"""Edits: what a video is made from, music of one's own, pictures with their transparency"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("videos", sa.Column("kind", sa.String(16), nullable=False, server_default="generated"))
    op.add_column("videos", sa.Column("made_from", sa.String(300), nullable=False, server_default=""))
    op.add_column("videos", sa.Column("edit", sa.JSON(), nullable=True))
    op.add_column("videos", sa.Column("title", sa.String(100), nullable=True))
    op.add_column("videos", sa.Column("has_ai", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_index("ix_videos_user_kind", "videos", ["user_id", "kind", "id"])
    op.add_column("pictures", sa.Column("alpha_key", sa.String(300), nullable=True))
    op.create_table(
        "audio",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("user_id", sa.Integer(), sa.ForeignKey("users.id"), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("key", sa.String(300), nullable=False),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.Column("lufs", sa.Float(), nullable=False),
        sa.Column("bytes", sa.Integer(), nullable=False),
        sa.Column("peaks", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
    )
    op.create_index("ix_audio_user", "audio", ["user_id", "id"])


def downgrade() -> None:
    op.drop_table("audio")
    op.drop_column("pictures", "alpha_key")
    op.drop_index("ix_videos_user_kind", table_name="videos")
    for column in ("has_ai", "title", "edit", "made_from", "kind"):
        op.drop_column("videos", column)
