"""Since when a finished video's file has been kept back"""

import sqlalchemy as sa
from alembic import op

from core.models import UTCDateTime

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("videos", sa.Column("no_file_since", UTCDateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column("videos", "no_file_since")
