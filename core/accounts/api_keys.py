"""Creates, finds and revokes API keys. Only their hash is stored."""

import hashlib
import secrets
from datetime import timedelta

from sqlalchemy import update as sql_update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from core.database.session import after_commit
from core.errors import (
    NotFound,
    NotSignedIn,
)
from core.models import ApiKey, User, now
from core.phrase import Phrase
from core.redis.news import KEYS, News, publish

KEY_START = "ads_"


def _sha256(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


async def make_key(session: AsyncSession, user: User, name: str) -> str:
    """Create an API key and return it; it can't be read again later."""
    key = KEY_START + secrets.token_urlsafe(32)
    session.add(ApiKey(user_id=user.id, name=name, start=key[:8], sha256=_sha256(key)))
    await session.flush()
    return key


async def by_key(session: AsyncSession, key: str) -> tuple[User, ApiKey]:
    """The user of an API key and its row. Raises NotSignedIn if it is unknown, revoked or its user blocked."""
    query = (
        select(User, ApiKey)
        .join(ApiKey, col(ApiKey.user_id) == col(User.id))
        .where(ApiKey.sha256 == _sha256(key), col(ApiKey.revoked_at).is_(None), col(User.blocked_at).is_(None))
    )
    row = (await session.exec(query)).first()
    if row is None:
        raise NotSignedIn()
    return row[0], row[1]


async def keys(session: AsyncSession, user_id: int) -> list[ApiKey]:
    """The user's API keys that are not revoked, newest first."""
    query = select(ApiKey).where(ApiKey.user_id == user_id, col(ApiKey.revoked_at).is_(None))
    return list((await session.exec(query.order_by(col(ApiKey.id).desc()))).all())


async def revoke_key(session: AsyncSession, user_id: int, key_id: int) -> None:
    """Revoke a key. Raises NotFound."""
    mine = (col(ApiKey.id) == key_id, col(ApiKey.user_id) == user_id, col(ApiKey.revoked_at).is_(None))
    changed = await session.exec(sql_update(ApiKey).where(*mine).values(revoked_at=now()).returning(col(ApiKey.id)))
    if changed.first() is None:
        raise NotFound(Phrase("key"))
    after_commit(session, lambda: publish(News(user_id=user_id, status=KEYS)))


def is_stale(key: ApiKey) -> bool:
    """Whether `last_used_at` is more than a minute old; so a poll does not write every time."""
    return key.last_used_at is None or now() - key.last_used_at > timedelta(minutes=1)


async def touch_key(session: AsyncSession, key: ApiKey) -> None:
    """Set `last_used_at` to now."""
    await session.exec(sql_update(ApiKey).where(col(ApiKey.id) == key.id).values(last_used_at=now()))
