"""The form in which a webhook gets its events: ours, or that of OpenAI's API"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("webhook_endpoints", sa.Column("form", sa.String(16), nullable=False, server_default="adsvideo"))


def downgrade() -> None:
    op.drop_column("webhook_endpoints", "form")
