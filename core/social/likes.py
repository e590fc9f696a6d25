"""Likes: one of each user for each shared video."""

from typing import Any

from sqlalchemy import delete as sql_delete
from sqlalchemy import update as sql_update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from core.database.session import insert_once
from core.models import Like, Video, now
from core.social import sharing

_likes: Any = Like.__table__  # type: ignore[attr-defined]


async def like(session: AsyncSession, user_id: int, slug: str) -> int:
    """Like a shared video, once; returns how many do. Raises NotFound."""
    video = await sharing.shared(session, slug)
    adding = insert_once(_likes, "user_id", "video_id").returning(_likes.c.user_id)
    row = {"user_id": user_id, "video_id": video.id, "created_at": now()}
    is_new = (await (await session.connection()).execute(adding, row)).scalar() is not None
    return await _count(session, video, 1 if is_new else 0)


async def unlike(session: AsyncSession, user_id: int, slug: str) -> int:
    """Take a like back; returns how many are left. Raises NotFound."""
    video = await sharing.shared(session, slug)
    mine = (col(Like.user_id) == user_id, col(Like.video_id) == video.id)
    gone = (await session.exec(sql_delete(Like).where(*mine).returning(col(Like.user_id)))).first()
    return await _count(session, video, -1 if gone is not None else 0)


async def _count(session: AsyncSession, video: Video, change: int) -> int:
    counting = sql_update(Video).where(col(Video.id) == video.id).values(likes=col(Video.likes) + change)
    if change:
        sharing.tell(session, video)
    return int((await session.exec(counting.returning(col(Video.likes)))).scalar_one())


async def is_liked(session: AsyncSession, user_id: int, video_id: int) -> bool:
    """Whether that user likes it."""
    query = select(Like.user_id).where(Like.user_id == user_id, Like.video_id == video_id)
    return (await session.exec(query)).first() is not None
