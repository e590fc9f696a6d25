"""Ads with their shots, and the brands they are made in"""

import sqlalchemy as sa
from alembic import op

import core.models

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    moment = core.models.UTCDateTime(timezone=True)
    op.create_table(
        "brands",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("user_id", sa.Integer(), sa.ForeignKey("users.id"), nullable=False),
        sa.Column("group_id", sa.Integer(), sa.ForeignKey("groups.id"), nullable=True),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("logo_id", sa.Integer(), sa.ForeignKey("pictures.id"), nullable=True),
        sa.Column("colors", sa.JSON(), nullable=False),
        sa.Column("font", sa.String(30), nullable=False),
        sa.Column("call_to_action", sa.String(40), nullable=False),
        sa.Column("end_card_text", sa.String(120), nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("deleted_at", moment, nullable=True),
    )
    op.create_index("ix_brands_user_id", "brands", ["user_id"])
    op.create_index("ix_brands_group_id", "brands", ["group_id"])
    op.create_table(
        "ads",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("user_id", sa.Integer(), sa.ForeignKey("users.id"), nullable=False),
        sa.Column("template", sa.String(50), nullable=False),
        sa.Column("storyboard", sa.JSON(), nullable=False),
        sa.Column("sizes", sa.JSON(), nullable=False),
        sa.Column("cost_credits", sa.Integer(), nullable=False),
        sa.Column("idempotency_key", sa.String(200), nullable=True),
        sa.Column("request_sha256", sa.String(64), nullable=True),
        sa.Column("canceled_at", moment, nullable=True),
        sa.Column("created_at", moment, nullable=False),
    )
    op.create_index("ix_ads_user", "ads", ["user_id", "id"])
    op.create_index("ix_ads_idempotency", "ads", ["user_id", "idempotency_key"], unique=True)
    op.create_table(
        "ad_shots",
        sa.Column("ad_id", sa.Integer(), sa.ForeignKey("ads.id"), primary_key=True),
        sa.Column("position", sa.Integer(), primary_key=True),
        sa.Column("size", sa.String(16), primary_key=True),
        sa.Column("video_id", sa.Integer(), sa.ForeignKey("videos.id"), nullable=False),
    )
    op.create_index("ix_ad_shots_video", "ad_shots", ["video_id"])
    ad = sa.Column("ad_id", sa.Integer(), sa.ForeignKey("ads.id"), nullable=True)
    op.add_column("videos", ad, inline_references=True)
    op.create_index("ix_videos_ad", "videos", ["ad_id", "id"])


def downgrade() -> None:
    op.drop_index("ix_videos_ad", table_name="videos")
    op.drop_column("videos", "ad_id")
    for table in ("ad_shots", "ads", "brands"):
        op.drop_table(table)
