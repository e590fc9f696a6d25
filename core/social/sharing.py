"""Share links: a video is private until its owner shares it, and anybody who has the link can watch it."""

import secrets

from sqlalchemy import bindparam, func
from sqlalchemy import update as sql_update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from core import webhooks
from core.database.session import after_commit
from core.errors import Conflict, NotFound
from core.models import User, Video, now
from core.phrase import Phrase
from core.redis.news import News, publish
from core.videos import queries

CHANGED = "social"
"""The status of news about likes, comments and sharing of a video."""
_IS_SHARED = (
    col(Video.slug) == bindparam("slug"),
    col(Video.status) == "completed",
    col(Video.deleted_at).is_(None),
)
_SHARED = select(Video).where(*_IS_SHARED)
_SHARED_BY = select(Video, User.public_name).join(User, col(User.id) == col(Video.user_id)).where(*_IS_SHARED)
"""Built once, as building takes a third of the time."""
TAKEN_DOWN = Phrase("An administrator has taken this video down, so it can't be shared any more.")


def tell(session: AsyncSession, video: Video) -> None:
    """Whoever has the video's page open sees it anew."""
    after_commit(session, lambda: publish(News(user_id=video.user_id, video_id=video.id, status=CHANGED)))


async def share(
    session: AsyncSession, user_id: int, video_id: int, *, in_gallery: bool = False, allow_picture: bool = False
) -> str:
    """Share a video; returns the slug of its link `/v/{slug}`. With `allow_picture` others may use its picture too.

    Raises NotFound, and Conflict if it is not completed or was taken down.
    """
    video = await queries.owned(session, user_id, video_id)
    if video.status != "completed":
        raise Conflict(Phrase("Only a finished video can be shared."))
    was_private = video.slug is None
    slug = func.coalesce(Video.slug, secrets.token_urlsafe(9))  # two requests at once get the same link
    shared_at = func.coalesce(Video.shared_at, now())
    values = {"slug": slug, "in_gallery": in_gallery, "allow_picture": allow_picture, "shared_at": shared_at}
    allowed = (col(Video.id) == video_id, col(Video.taken_down_at).is_(None))
    shared = sql_update(Video).where(*allowed).values(**values).returning(col(Video.slug))
    made = (await session.exec(shared)).scalar_one_or_none()
    if made is None:
        raise Conflict(TAKEN_DOWN)
    if was_private:
        await webhooks.announce_shared(session, user_id, video_id)
    tell(session, video)
    return str(made)


async def unshare(session: AsyncSession, user_id: int, video_id: int) -> None:
    """Remove the share link and take the video out of the gallery. Raises NotFound."""
    video = await queries.owned(session, user_id, video_id)
    await withdraw(session, video)


async def withdraw(session: AsyncSession, video: Video, **more: object) -> None:
    """The link leads nowhere any more; a new one is another."""
    values = {"slug": None, "in_gallery": False, "shared_at": None, **more}
    await session.exec(sql_update(Video).where(col(Video.id) == video.id).values(**values))
    tell(session, video)


async def shared(session: AsyncSession, slug: str) -> Video:
    """The video behind a share link. Raises NotFound."""
    if video := (await session.exec(_SHARED, params={"slug": slug})).first():
        return video
    raise NotFound(Phrase("video"))


async def shared_by(session: AsyncSession, slug: str) -> tuple[Video, str]:
    """The video behind a share link, and its maker's public name; empty for none. Raises NotFound."""
    if found := (await session.exec(_SHARED_BY, params={"slug": slug})).first():
        return found
    raise NotFound(Phrase("video"))


async def close_comments(session: AsyncSession, user_id: int, video_id: int, *, closed: bool) -> None:
    """Whether nobody may comment any more; what is there stays. Raises NotFound."""
    video = await queries.owned(session, user_id, video_id)
    await session.exec(sql_update(Video).where(col(Video.id) == video_id).values(comments_closed=closed))
    tell(session, video)
