"""Social: likes, comments, reports, and what a shared video allows"""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None
MOMENTS = ("shared_at", "hidden_at", "reviewed_at", "taken_down_at")
SWITCHES = ("allow_picture", "comments_closed")


def upgrade() -> None:
    op.add_column("users", sa.Column("public_name", sa.String(40), nullable=False, server_default=""))
    for name in MOMENTS:
        op.add_column("videos", sa.Column(name, sa.DateTime(timezone=True), nullable=True))
    for name in SWITCHES:
        op.add_column("videos", sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("videos", sa.Column("likes", sa.Integer(), nullable=False, server_default="0"))
    op.create_table(
        "likes",
        sa.Column("user_id", sa.Integer(), sa.ForeignKey("users.id"), primary_key=True),
        sa.Column("video_id", sa.Integer(), sa.ForeignKey("videos.id"), primary_key=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "comments",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("video_id", sa.Integer(), sa.ForeignKey("videos.id"), nullable=False),
        sa.Column("user_id", sa.Integer(), sa.ForeignKey("users.id"), nullable=False),
        sa.Column("text", sa.String(500), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "reports",
        sa.Column("video_id", sa.Integer(), sa.ForeignKey("videos.id"), primary_key=True),
        sa.Column("user_id", sa.Integer(), sa.ForeignKey("users.id"), primary_key=True),
        sa.Column("reason", sa.String(20), nullable=False),
        sa.Column("note", sa.String(500), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
    )
    op.create_index("ix_likes_video", "likes", ["video_id"])
    op.create_index("ix_likes_created", "likes", ["created_at", "video_id"])
    op.create_index("ix_comments_video", "comments", ["video_id", "id"])
    op.create_index("ix_comments_user", "comments", ["user_id", "created_at"])
    op.create_index("ix_reports_open", "reports", ["decided_at", "created_at"])
    _deliveries("endpoint_id", "video_id", "event")


def _deliveries(*columns: str) -> None:
    op.drop_index("ix_webhook_deliveries_once", table_name="webhook_deliveries")
    op.create_index("ix_webhook_deliveries_once", "webhook_deliveries", list(columns), unique=True)


def downgrade() -> None:
    op.execute("DELETE FROM webhook_deliveries WHERE event = 'video.shared'")
    _deliveries("endpoint_id", "video_id")
    for table in ("reports", "comments", "likes"):
        op.drop_table(table)
    for name in ("likes", *SWITCHES, *MOMENTS):
        op.drop_column("videos", name)
    op.drop_column("users", "public_name")
