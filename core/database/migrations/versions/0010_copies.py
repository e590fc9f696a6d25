"""Small copies for the web, and what they were made from"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # plain ALTER TABLE: a batch would build the table anew, and every other table points at it
    for name in ("preview_key", "original_key"):
        op.add_column("videos", sa.Column(name, sa.String(length=300), nullable=True))


def downgrade() -> None:
    for name in ("original_key", "preview_key"):
        op.drop_column("videos", name)
