"""The pages as a visitor sees them, without a browser: NiceGUI's simulated user on the app that main.py builds."""

from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import pytest
from nicegui.testing import User as Visitor
from nicegui.testing import user_simulation

from core.accounts import users
from core.database.session import session
from core.models import User
from core.settings import ROOT

PATIENCE = 600
"""How often a visitor looks before giving up, ten or twenty times a second: what is there is seen at once."""


@pytest.fixture
async def visitor(place: Path) -> AsyncIterator[Visitor]:
    """Somebody with a browser, not signed in."""
    async with user_simulation(main_file=ROOT / "main.py") as simulated:
        for name in ("should_see", "should_not_see"):
            setattr(simulated, name, partial(getattr(simulated, name), retries=PATIENCE))
        yield simulated


@pytest.fixture
async def me(visitor: Visitor) -> User:
    """The visitor has signed in with a click: the local user, with 100 credits."""
    await visitor.http_client.get("/auth/login")
    async with session() as db:
        return await users.find_or_create(db, users.LOCAL_EMAIL)
