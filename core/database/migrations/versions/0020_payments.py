"""Payments: customers, subscriptions, payments and what comes back of them, alarms, debts"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def _moment(name: str, *, nullable: bool = True) -> sa.Column[Any]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _user(*, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column("user_id", sa.Integer(), sa.ForeignKey("users.id"), nullable=nullable)


def _at_stripe() -> list[sa.Column[Any]]:
    return [sa.Column(name, sa.String(255), nullable=True) for name in ("payment_intent", "charge")]


def upgrade() -> None:
    op.add_column("users", sa.Column("debt", sa.Integer(), nullable=False, server_default="0"))
    op.create_table(
        "stripe_customers",
        sa.Column("user_id", sa.Integer(), sa.ForeignKey("users.id"), primary_key=True, autoincrement=False),
        sa.Column("id", sa.String(255), nullable=False, unique=True),
    )
    op.create_table(
        "subscriptions",
        sa.Column("id", sa.String(255), primary_key=True),
        _user(),
        sa.Column("plan", sa.String(100), nullable=False),
        sa.Column("status", sa.String(40), nullable=False),
        *(_moment(name) for name in ("renews_at", "ends_at", "failed_at")),
    )
    op.create_index("ix_subscriptions_user_id", "subscriptions", ["user_id"])
    op.create_table(
        "payments",
        sa.Column("id", sa.String(180), primary_key=True),
        _user(),
        sa.Column("label", sa.String(100), nullable=False),
        sa.Column("credits", sa.Integer(), nullable=False),
        sa.Column("amount", sa.Integer(), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        *_at_stripe(),
        sa.Column("receipt_url", sa.String(2000), nullable=False),
        sa.Column("returned", sa.Integer(), nullable=False),
        _moment("created_at", nullable=False),
    )
    op.create_table(
        "payment_returns",
        sa.Column("id", sa.String(180), primary_key=True),
        sa.Column("payment_id", sa.String(180), sa.ForeignKey("payments.id"), nullable=True),
        *_at_stripe(),
        sa.Column("amount", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        _moment("created_at", nullable=False),
    )
    for table, columns in {
        "payments": ("user_id", "payment_intent", "charge"),
        "payment_returns": ("payment_id", "payment_intent", "charge"),
    }.items():
        for column in columns:
            op.create_index(f"ix_{table}_{column}", table, [column])
    op.create_table(
        "billing_alarms",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("about", sa.String(255), nullable=False),
        sa.Column("detail", sa.String(200), nullable=False),
        _user(nullable=True),
        _moment("created_at", nullable=False),
        _moment("closed_at"),
    )
    op.create_index("ix_billing_alarms_once", "billing_alarms", ["kind", "about"], unique=True)


def downgrade() -> None:
    for table in ("billing_alarms", "payment_returns", "payments", "subscriptions", "stripe_customers"):
        op.drop_table(table)
    op.drop_column("users", "debt")
