"""Share links and the gallery. A video is private until its owner shares it."""

import secrets

from sqlalchemy import func
from sqlalchemy import update as sql_update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from core.errors import Conflict, NotFound
from core.models import Video
from core.phrase import Phrase
from core.videos import queries


async def share(session: AsyncSession, user_id: int, video_id: int, *, in_gallery: bool = False) -> str:
    """Share a video; returns the slug of its link `/v/{slug}`. Raises NotFound, and Conflict if it is not completed."""
    video = await queries.owned(session, user_id, video_id)
    if video.status != "completed":
        raise Conflict(Phrase("Only a finished video can be shared."))
    slug = func.coalesce(Video.slug, secrets.token_urlsafe(9))  # two requests at once get the same link
    sharing = sql_update(Video).where(col(Video.id) == video_id).values(slug=slug, in_gallery=in_gallery)
    return str((await session.exec(sharing.returning(col(Video.slug)))).scalar_one())


async def unshare(session: AsyncSession, user_id: int, video_id: int) -> None:
    """Remove the share link and take the video out of the gallery. Raises NotFound."""
    await queries.owned(session, user_id, video_id)
    await session.exec(sql_update(Video).where(col(Video.id) == video_id).values(slug=None, in_gallery=False))


async def shared(session: AsyncSession, slug: str) -> Video:
    """The video behind a share link. Raises NotFound."""
    query = select(Video).where(Video.slug == slug, Video.status == "completed", col(Video.deleted_at).is_(None))
    if video := (await session.exec(query)).first():
        return video
    raise NotFound(Phrase("video"))


async def gallery(session: AsyncSession, before: int | None = None, limit: int = 24) -> list[Video]:
    """The videos that their owners show in the gallery, newest first, with an id below `before`."""
    shown = (col(Video.in_gallery).is_(True), col(Video.slug).is_not(None), col(Video.deleted_at).is_(None))
    query = select(Video).where(*shown)
    if before is not None:
        query = query.where(col(Video.id) < before)
    return list((await session.exec(query.order_by(col(Video.id).desc()).limit(limit))).all())
