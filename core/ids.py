"""The bound of our rows' ids; apart from models.py, for processes that need no database."""

MAX_ID = 2**31 - 1
"""The largest id; PostgreSQL refuses a query for a larger one."""
