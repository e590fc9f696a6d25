"""The front door alone, asked by somebody with a key."""

from collections.abc import AsyncIterator

import httpx
import pytest

from core.models import User
from tests.ui.api.openai.programs import client_of


@pytest.fixture
async def door(alice: User) -> AsyncIterator[httpx.AsyncClient]:
    """Alice's program."""
    async with await client_of(alice) as client:
        yield client


@pytest.fixture
async def others(charlie: User) -> AsyncIterator[httpx.AsyncClient]:
    """Charlie's program."""
    async with await client_of(charlie) as client:
        yield client
