"""Tells an SDK's own retry of a request from a new request.

The SDKs for OpenAI's API repeat a request whose answer was lost, without an idempotency key. But a retry has the same
body as the first try and says so in a header. So the first try of a body leaves the key that it used in Redis, for as
long as an SDK waits for an answer, and the retry uses the same one.
"""

import secrets
from datetime import timedelta

from redis.exceptions import RedisError
from sqlmodel import col, select

from core.database.session import reading
from core.models import Video, now
from core.redis.client import redis

KEPT = timedelta(minutes=15)
START = "sdk:"


async def idempotency_key(user_id: int, sha256: str, *, is_retry: bool) -> str:
    """The idempotency key of a request with that hash: a new one, or for a retry that of the first try.

    If Redis is away the first try is looked for among the user's videos. Opens its own session.
    """
    new = START + secrets.token_hex(16)
    name = f"adsvideo:first:{user_id}:{sha256}"
    try:
        client = await redis()
        if not is_retry:
            await client.set(name, new, ex=KEPT)
            return new
        first = await client.set(name, new, ex=KEPT, nx=True, get=True)
    except (RedisError, OSError):
        return await _of_video(user_id, sha256) or new if is_retry else new
    return bytes(first).decode() if first else new


async def _of_video(user_id: int, sha256: str) -> str | None:
    query = select(Video.idempotency_key).where(
        Video.user_id == user_id,
        Video.request_sha256 == sha256,
        col(Video.idempotency_key).startswith(START),
        col(Video.created_at) > now() - KEPT,
    )
    async with reading() as db:
        return (await db.exec(query.order_by(col(Video.id).desc()).limit(1))).first()
