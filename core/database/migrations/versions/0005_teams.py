"""Groups and budgets, people who are blocked or erased, and what administrators did"""

import sqlalchemy as sa
from alembic import op

import core.models

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

USER_COLUMNS = ("group_id", "monthly_budget", "blocked_at", "erased_at", "erased_as")


def upgrade() -> None:
    moment = core.models.UTCDateTime(timezone=True)
    op.create_table(
        "groups",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("monthly_budget", sa.Integer(), nullable=True),
        sa.Column("created_at", moment, nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name"),
    )
    # plain ALTER TABLE: a batch would build the table anew, and every other table points at it
    group = sa.Column("group_id", sa.Integer(), sa.ForeignKey("groups.id"), nullable=True)
    op.add_column("users", group, inline_references=True)
    op.add_column("users", sa.Column("monthly_budget", sa.Integer(), nullable=True))
    op.add_column("users", sa.Column("blocked_at", moment, nullable=True))
    op.add_column("users", sa.Column("erased_at", moment, nullable=True))
    op.add_column("users", sa.Column("erased_as", sa.String(length=64), nullable=True))
    op.create_index("ix_users_group_id", "users", ["group_id"])
    op.create_index("ix_users_erased_as", "users", ["erased_as"])
    op.create_index("ix_ledger_user_created", "ledger", ["user_id", "created_at"])
    op.create_table(
        "audit_log",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=True),
        sa.Column("act", sa.String(length=40), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("group_id", sa.Integer(), nullable=True),
        sa.Column("video_id", sa.Integer(), nullable=True),
        sa.Column("before", sa.JSON(), nullable=False),
        sa.Column("after", sa.JSON(), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["users.id"]),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_audit_log_user_id", "audit_log", ["user_id"])


def downgrade() -> None:
    op.drop_table("audit_log")
    op.drop_index("ix_ledger_user_created", table_name="ledger")
    op.drop_index("ix_users_erased_as", table_name="users")
    op.drop_index("ix_users_group_id", table_name="users")
    for name in USER_COLUMNS:
        op.drop_column("users", name)
    op.drop_table("groups")
