"""A user is somebody at an identity provider, and can be signed out everywhere"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # plain ALTER TABLE and an index: a batch would build the table anew, and every other table points at it
    op.add_column("users", sa.Column("subject", sa.String(length=600), nullable=True))
    op.add_column("users", sa.Column("epoch", sa.Integer(), nullable=False, server_default=sa.text("0")))
    op.create_index("ix_users_subject", "users", ["subject"], unique=True)


def downgrade() -> None:
    op.drop_index("ix_users_subject", table_name="users")
    op.drop_column("users", "epoch")
    op.drop_column("users", "subject")
