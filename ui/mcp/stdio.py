"""The same tools over stdin and stdout, for an assistant that starts us itself, beside the running app."""

import logging

from core.accounts import users
from core.database.session import close_database, session
from core.errors import Misconfigured
from core.ops.startup import address
from core.processes import pool
from core.redis.client import close_redis
from core.settings import settings

from .caller import Caller, calling
from .server import create

log = logging.getLogger(__name__)
WHOSE = "Whose videos? Where people sign in at an identity provider, name somebody: uv run main.py mcp EMAIL"


async def serve(email: str) -> None:
    """Answer until stdin ends, as the user of that e-mail; without one as the local user. Raises Misconfigured."""
    if not email and settings().has_provider:
        raise Misconfigured(WHOSE)
    try:
        async with session() as db:
            user = await users.find_or_create(db, email or users.LOCAL_EMAIL)
        calling.set(Caller(user.id, address(settings())))
        log.info("serving an assistant as %s", user.email)
        await create().run_stdio_async()
    finally:
        pool.close()
        await close_redis()
        await close_database()
