"""Alembic's entry: the same database as the app, from the same settings."""

from alembic import context
from sqlalchemy import Connection
from sqlmodel import SQLModel

import core.models  # noqa: F401 - fills SQLModel.metadata
from core.database.migrate import in_migration


def run(connection: Connection) -> None:
    context.configure(connection=connection, target_metadata=SQLModel.metadata, render_as_batch=True)
    with context.begin_transaction():
        context.run_migrations()


in_migration(run)
