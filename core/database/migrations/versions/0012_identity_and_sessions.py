"""An identity is an issuer and a subject, each in a column of its own; sessions end on the server"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

USERS = sa.table("users", sa.column("id"), sa.column("issuer"), sa.column("subject"))


def upgrade() -> None:
    op.add_column("users", sa.Column("issuer", sa.String(length=600), nullable=True))
    op.drop_index("ix_users_subject", table_name="users")
    for user_id, both in _identities(USERS.c.subject):
        issuer, _, subject = both.partition("|")  # an issuer is a URL, which has no | in it; a subject may have some
        _set(user_id, issuer=issuer, subject=subject)
    op.create_index("ix_users_identity", "users", ["issuer", "subject"], unique=True)
    op.create_table(
        "browser_sessions",
        sa.Column("id", sa.String(length=36), primary_key=True),
        sa.Column("user_id", sa.Integer(), sa.ForeignKey("users.id"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("ix_browser_sessions_user_id", "browser_sessions", ["user_id"])
    op.create_index("ix_browser_sessions_created_at", "browser_sessions", ["created_at"])


def downgrade() -> None:
    op.drop_table("browser_sessions")
    op.drop_index("ix_users_identity", table_name="users")
    for user_id, both in _identities(USERS.c.issuer + "|" + USERS.c.subject):
        _set(user_id, subject=both)
    op.drop_column("users", "issuer")
    op.create_index("ix_users_subject", "users", ["subject"], unique=True)


def _identities(column: sa.ColumnElement[str]) -> list[tuple[int, str]]:
    rows = op.get_bind().execute(sa.select(USERS.c.id, column).where(USERS.c.subject.is_not(None)))
    return [(row[0], row[1]) for row in rows]


def _set(user_id: int, **values: str) -> None:
    op.get_bind().execute(USERS.update().where(USERS.c.id == user_id).values(**values))
