"""Cut-outs of pictures, and the studio camera's options of a video"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("pictures", sa.Column("cutout_key", sa.String(300), nullable=True))
    op.add_column("pictures", sa.Column("cutout_confidence", sa.Float(), nullable=True))
    op.add_column("videos", sa.Column("options", sa.JSON(), nullable=False, server_default=sa.text("'{}'")))


def downgrade() -> None:
    op.drop_column("videos", "options")
    op.drop_column("pictures", "cutout_confidence")
    op.drop_column("pictures", "cutout_key")
